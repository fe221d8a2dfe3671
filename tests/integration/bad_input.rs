//! The body of the fuzz target `decide`, on what the fixtures hold and on some thousand changes of it.

#[allow(unreachable_pub, reason = "a crate of its own where it is fuzzed")]
#[path = "../fuzz/fuzz_targets/decide/mod.rs"]
mod decide;

use std::process::Command;
use std::time::Duration;

use port_iam::domain::refusal::Refusal;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed};

use decide::known::{KNOWN, pointers};
use decide::{LONGEST_INPUT, NAMES, Outcome, Story, check, slowest};

/// Each change of the good request, under the code that it comes to.
const CHANGES: &str = concat!(
    include_str!("../fixtures/request/changes.txt"),
    include_str!("../fixtures/request/changes-of-resources.txt"),
    include_str!("../fixtures/request/changes-of-rules.txt"),
    include_str!("../fixtures/request/changes-of-templates.txt"),
    include_str!("../fixtures/request/changes-of-extensions.txt"),
);

/// It says how many there are.
const RELIABILITY: &str = include_str!("../../docs/reliability.md");

/// A build without optimisation is slow, and so is a busy machine.
const LIMIT: Duration = Duration::from_secs(3);

/// As many as take half a minute, where `PORT_IAM_BAD_INPUT_CASES` does not say otherwise.
const CASES: u32 = 1_000;

/// What it comes to on the way that the heading of a change names, or else on that of a grant.
fn code(outcome: &Outcome, way: &str) -> &'static str {
    fn told<T>(result: Option<&Result<T, Refusal>>, done: &'static str) -> &'static str {
        result.map_or("undecodable", |result| result.as_ref().map_or_else(|refusal| refusal.code.as_str(), |_| done))
    }
    match (&outcome.configuration, &outcome.dispatch, way) {
        (Err(refusal), ..) | (_, Err(refusal), _) => refusal.code.as_str(),
        (.., "revocation") => told(outcome.revoked.as_ref(), "ended"),
        (.., "return") => told(outcome.returned.as_ref(), "ended"),
        (.., "timer") => told(outcome.over.as_ref(), "ended"),
        (.., "extension") => told(outcome.extended.as_ref(), "granted"),
        _ => told(outcome.decided.as_ref(), "granted"),
    }
}

/// Each change with the way that it goes, and what it comes to there.
fn changes() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    CHANGES.split("# ").filter(|change| !change.is_empty()).map(|change| {
        let (heading, story) = change.split_once('\n').unwrap();
        let (way, expected) = heading.split_once(": ").unwrap_or(("grant", heading));
        (way, expected, story.trim_end())
    })
}

#[test]
fn every_change_of_a_good_request_comes_to_what_it_should() {
    let (mut seen, mut wrong) = (0, Vec::new());
    for (way, expected, story) in changes() {
        let outcome = check(story, LIMIT);
        let code = code(&outcome, way);
        if code != expected {
            let (configuration, decided) = (outcome.configuration.as_ref().err(), &outcome.decided);
            let of_grants = (&outcome.revoked, &outcome.returned, &outcome.over, &outcome.extended);
            wrong.push(format!("{way}: {code} for {expected}\n{story}\n{configuration:?} {decided:?} {of_grants:?}"));
        }
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let (table, told) = (format!("| {seen} changes, "), format!("| {seen} changes |"));
    assert!(RELIABILITY.contains(&table) && RELIABILITY.contains(&told), "{seen} changes");
}

/// What libFuzzer begins with: the changes, the cases of the policy tests as requests, every rules file there is.
#[test]
fn every_seed_of_the_fuzzer_is_decided_and_keeps_the_promises() {
    let folder = tempfile::tempdir().unwrap();
    let python = std::env::var_os("PORT_IAM_PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/fuzz-seeds");
    let (seeds, words) = (folder.path().join("seeds"), folder.path().join("words"));
    std::fs::create_dir(&seeds).unwrap();
    let mut writing = Command::new(python);
    writing.args([script, "decide"]).args([&seeds, &words]).env("PYTHONDONTWRITEBYTECODE", "1");
    assert!(writing.status().unwrap().success());
    let (mut rules, mut requests, mut granted) = (0, 0, 0);
    for seed in std::fs::read_dir(&seeds).unwrap() {
        let story = std::fs::read_to_string(seed.unwrap().path()).unwrap();
        let outcome = check(&story, LIMIT);
        if story.contains("  - name: everything\n") {
            requests += 1;
            granted += usize::from(matches!(outcome.decided, Some(Ok(_))));
        } else {
            rules += usize::from(story.starts_with("@rules\n") && outcome.configuration.is_ok());
        }
    }
    // Some cases are of actions that nobody is granted on that resource, and some modes do not go with the template.
    assert!(
        rules > 1 && requests > 150 && granted * 3 > requests,
        "{rules} rules files, {granted} of {requests} granted"
    );
    assert!(std::fs::read_to_string(words).unwrap().lines().any(|word| word == "\"s3:PutObject\""));
}

#[test]
fn two_mistakes_of_the_rules_file_are_told_at_once_whichever_they_are() {
    // A line of the good file, and what is wrong with it by itself.
    let mistakes = [
        (3, "  \"12345678\": {}"),
        (6, "  path: people"),
        (10, "dispatchers: [\"a person\"]"),
        (12, "  read-objects: []"),
        (13, "allow-actions: [\"ssm:*\"]"),
        (14, "account-wide-actions: [\"*\"]"),
        (15, "refuse-classes: [harmless]"),
        (16, "open-grants: { per-requester: 0 }"),
        (19, "  - kind: buckets"),
        (26, "    requesters: [\"Storage*\"]"),
        (28, "    resources: [team]"),
        (30, "    longest-duration: forever"),
        (31, "    approval: maybe"),
        (34, "    ticket: \"[\""),
    ];
    for (first, (line, text)) in mistakes.iter().enumerate() {
        for (other_line, other_text) in &mistakes[first + 1..] {
            let outcome = check(&format!("@rules #{line} {text}\n@rules #{other_line} {other_text}"), LIMIT);
            let told: Vec<u64> = outcome.mistakes.unwrap().mistakes.iter().map(|mistake| mistake.line).collect();
            assert!(told.contains(line) && told.contains(other_line), "{text} and {other_text}: {told:?}");
        }
    }
}

fn values() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(KNOWN).prop_map(str::to_owned), 1 => "\\PC{0,40}", 1 => "[a-z:*?/-]{0,12}"]
}

/// Runs about a grant that is there.
fn about_grants() -> Vec<&'static str> {
    changes().filter(|(way, ..)| *way != "grant").map(|(.., story)| story).collect()
}

/// One change, in the words of the target.
fn change() -> impl Strategy<Value = String> {
    let good = Story::good();
    // Of a good request, and of a good extension what that has besides.
    let extension = changes().find(|(way, ..)| *way == "extension").map(|(.., story)| Story::parse(story)).unwrap();
    let all = |story: &Story, name: &'static str| story.json(name).map(|it| pointers(&it)).unwrap_or_default();
    let named = |story: &Story, name: &'static str| -> Vec<String> {
        all(story, name).into_iter().map(|place| format!("{name} {place}")).collect()
    };
    let of_grants = ["before", "old", "role"].into_iter().flat_map(|name| named(&extension, name));
    let places: Vec<String> = NAMES.into_iter().flat_map(|name| named(&good, name)).chain(of_grants).collect();
    let lines: Vec<String> = good.text("rules").lines().map(str::to_owned).collect();
    let texts: Vec<(&'static str, String)> = NAMES.map(|name| (name, good.text(name).to_owned())).to_vec();
    let place = (select(places), prop::option::weighted(0.85, values()))
        .prop_map(|(place, value)| format!("@{place}{}", value.map_or_else(String::new, |value| format!(" {value}"))));
    let line = (any::<Index>(), select(lines.clone()), values(), 0..4_u8).prop_map(move |(at, other, value, how)| {
        let at = at.index(lines.len());
        let (key, _) = lines[at].split_once(": ").unwrap_or((&lines[at], ""));
        match how {
            0 => format!("@rules #{}", at + 1),
            1 => format!("@rules #{} {other}", at + 1),
            2 => format!("@rules #{} {key}: {value}", at + 1),
            _ => format!("@rules #{} {key}: [{value}, \"{value}\"]", at + 1),
        }
    });
    // A document that was cut, or in which something was put somewhere.
    let raw = (select(texts), any::<Index>(), any::<Index>(), values()).prop_map(|((name, text), from, to, value)| {
        let text: Vec<char> = text.chars().collect();
        let (from, to) = (from.index(text.len() + 1), to.index(text.len() + 1));
        let (start, end): (String, String) = (text[..from].iter().collect(), text[to.max(from)..].iter().collect());
        format!("@{name}\n{start}{value}{end}")
    });
    prop_oneof![5 => place, 3 => line, 1 => raw]
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap())
}

/// The same changes each time, unless `PORT_IAM_BAD_INPUT_SEED` says otherwise.
fn config() -> Config {
    let cases = number("PORT_IAM_BAD_INPUT_CASES").map_or(CASES, |cases| u32::try_from(cases).unwrap());
    Config {
        cases,
        rng_seed: RngSeed::Fixed(number("PORT_IAM_BAD_INPUT_SEED").unwrap_or(4)),
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_is_changed_is_decided_in_time_and_nothing_is_granted_that_nobody_vouches_for(
        // One in three is about a grant that is there.
        base in prop_oneof![2 => Just(""), 1 => select(about_grants())],
        changes in prop::collection::vec(change(), 1..5)
    ) {
        let story = format!("{base}\n{}", changes.join("\n"));
        prop_assert!(story.len() <= LONGEST_INPUT);
        check(&story, LIMIT);
        prop_assert!(slowest() <= LIMIT);
    }
}
