//! Tells the demo: for people step by step as it happens, for machines as one document at the end.

use serde_json::{Map, Value, json};

use super::access::Judged;
use super::child::Ran;
use crate::domain::printable::printable_lines;
use crate::report::Output;
use crate::report::Report;
use crate::world::World;

/// The most lines of a command that are shown: a step is one screenful.
const MOST_LINES: usize = 16;

/// The story so far.
pub(super) struct Story {
    world: World,
    output: Output,
    steps: Vec<Value>,
    judged: Vec<Judged>,
}

impl Story {
    pub(super) fn new(world: &World, output: Output) -> Self {
        Self { world: world.clone(), output, steps: Vec::new(), judged: Vec::new() }
    }

    /// Begins a step.
    pub(super) fn step(&mut self, title: &str, explanation: &str) {
        self.steps.push(json!({ "title": title, "commands": [], "facts": {}, "accesses": [] }));
        self.say(&format!("\n{}. {title}", self.steps.len()));
        if !explanation.is_empty() {
            self.say(&format!("   {explanation}"));
        }
    }

    /// Shows a command and what it told.
    pub(super) fn ran(&mut self, ran: &Ran) {
        self.say(&format!("   $ {}", ran.command));
        // Indented lines are details of the line above them.
        let lines: Vec<&str> = ran.told.lines().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
        for line in lines.iter().take(MOST_LINES) {
            self.say(&format!("     {}", printable_lines(line)));
        }
        if lines.len() > MOST_LINES {
            self.say(&format!("     … {} more lines", lines.len() - MOST_LINES));
        }
        if let Some(commands) = self.steps.last_mut().and_then(|step| step["commands"].as_array_mut()) {
            commands.push(json!({ "command": ran.command, "told": ran.told, "result": ran.json }));
        }
    }

    /// Shows something that was read back.
    pub(super) fn fact(&mut self, name: &str, value: Value) {
        self.say(&format!("   {name}: {}", summary(name, &value)));
        if let Some(facts) = self.steps.last_mut().and_then(|step| step["facts"].as_object_mut()) {
            facts.insert(name.to_owned(), value);
        }
    }

    /// Shows a judgement.
    pub(super) fn judged(&mut self, judged: Judged) {
        let mark = if judged.is_right() { "ok   " } else { "WRONG" };
        self.say(&format!("   {mark} {:8} {}", judged.got, judged.what));
        if let Some(accesses) = self.steps.last_mut().and_then(|step| step["accesses"].as_array_mut()) {
            accesses.push(judged_json(&judged));
        }
        self.judged.push(judged);
    }

    /// Returns how many judgements are not as expected. A story in which nothing was judged proves nothing.
    pub(super) fn wrong(&self) -> usize {
        if self.judged.is_empty() { 1 } else { self.judged.iter().filter(|judged| !judged.is_right()).count() }
    }

    /// Returns the whole story.
    pub(super) fn end(self) -> Report {
        let passed = self.wrong() == 0;
        let right = self.judged.iter().filter(|judged| judged.is_right()).count();
        let json = json!({
            "passed": passed,
            "steps": self.steps,
            "accesses": self.judged.iter().map(judged_json).collect::<Vec<_>>(),
        });
        Report::done(format!("\n{right} of {} judgements are as expected.", self.judged.len()), json)
    }

    fn say(&self, line: &str) {
        if self.output == Output::Text {
            self.world.stdout.write(&format!("{line}\n"));
        }
    }
}

fn judged_json(judged: &Judged) -> Value {
    let Judged { what, expected, got } = judged;
    json!({ "what": what, "expected": expected, "got": got })
}

/// Returns what of a fact fits into the story.
fn summary(name: &str, value: &Value) -> String {
    let pick = |keys: &[&str], from: &Value| -> String {
        let chosen: Map<String, Value> =
            keys.iter().filter_map(|key| Some(((*key).to_owned(), from.get(*key)?.clone()))).collect();
        Value::Object(chosen).to_string()
    };
    match name {
        "role" => pick(&["arn", "boundary", "trust"], value),
        "entity" => pick(&["requester", "sign_in_url", "expiry_time", "state", "reason"], &value["properties"]),
        "record" => pick(
            &["requester", "resource", "actions", "granted_from", "granted_until", "state", "revoked_at", "revoked_by"],
            value,
        ),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::world::Sink;

    fn story(judged: &[(&str, &str)]) -> Story {
        let sink = || Sink::new(std::io::sink());
        let world = World::isolated(BTreeMap::new(), "port-iam".into(), sink(), sink());
        let mut story = Story::new(&world, Output::Json);
        story.step("a step", "");
        for (expected, got) in judged {
            let judged = Judged { what: "x".to_owned(), expected: (*expected).to_owned(), got: (*got).to_owned() };
            story.judged(judged);
        }
        story
    }

    #[test]
    fn one_judgement_that_is_turned_round_spoils_the_story() {
        let right = story(&[("allowed", "allowed"), ("denied", "denied")]);
        assert_eq!((right.wrong(), right.end().json["passed"].clone()), (0, json!(true)));
        let turned = story(&[("allowed", "allowed"), ("denied", "allowed")]);
        assert_eq!(turned.wrong(), 1);
        let report = turned.end();
        assert_eq!(report.json["passed"], json!(false));
        assert_eq!(report.json["accesses"][1], json!({ "what": "x", "expected": "denied", "got": "allowed" }));
    }

    #[test]
    fn a_story_in_which_nothing_was_judged_proves_nothing() {
        assert_eq!(story(&[]).wrong(), 1);
    }
}
