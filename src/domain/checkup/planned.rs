//! The plan of `init`, shared out among the checks: every open part of it turns exactly one of them.

use super::{Outcome, Seen, Severity, Unseen, bad, fine, shares, unknown};
use crate::domain::setup::{
    self, FileChange, RulesFile, Severity as Weight, Subject, System, Thing, Wanted, WantedTrust,
};

/// How many lines of a difference are told; `plan` tells all.
const MOST_LINES: usize = 3;

/// What is wanted, what is there, and the plan between them.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What is wanted.
    pub wanted: Wanted,
    /// What is there.
    pub seen: setup::Seen,
    /// The plan, as `port-iam plan` makes it.
    pub plan: setup::Plan,
    /// What the rules file says.
    pub rules: RulesFile,
}

/// The share of one check in what `init` would do.
pub(super) struct Share {
    /// The system that it is about.
    pub(super) system: System,
    /// What is said when nothing of it is open.
    pub(super) fine: &'static str,
    /// How grave it is that something is there and differs. What is missing is always an error.
    pub(super) differing: Severity,
    /// Whether a part is this check's. The first check of the table that takes a part has it.
    pub(super) takes: fn(&Part<'_>, &Planned) -> bool,
    /// Codes of the plan's findings that are this check's.
    pub(super) codes: &'static [&'static str],
    /// The command that mends it, where the plan names none.
    pub(super) remedy: &'static str,
}

/// One thing that is not as it shall be.
pub(super) struct Part<'a> {
    pub(super) system: System,
    /// What it is; each file that is committed is one of its own.
    pub(super) subject: Subject,
    lines: Vec<String>,
    outcome: &'a setup::Outcome,
    /// The file, where it is one of those that are committed at once.
    committed: Option<&'a FileChange>,
}

impl Part<'_> {
    /// Returns the path of the file that it is about.
    pub(super) fn file(&self) -> Option<&str> {
        match &self.subject.thing {
            Thing::File(path) | Thing::Template(path) => Some(path),
            _ => None,
        }
    }

    /// Returns whether it is about the text of a workflow.
    pub(super) fn is_workflow_file(&self) -> bool {
        self.file().is_some_and(|path| path.starts_with(".github/workflows/"))
    }

    /// Returns whether a workflow differs in the tag alone of the release from which it takes the same program: that release is
    /// looked at by a check of its own.
    pub(super) fn is_about_the_release(&self) -> bool {
        self.committed.is_some_and(|file| file.note == Some(setup::OTHER_RELEASE))
    }

    /// Returns whether all that differs is the subject of GitHub's tokens, in whom a role trusts.
    pub(super) fn is_about_the_subject(&self, planned: &Planned) -> bool {
        let Thing::Role(name) = &self.subject.thing else { return false };
        let is_custom = self.subject.account.is_none()
            && planned
                .wanted
                .identities
                .roles
                .iter()
                .any(|role| role.name == name && matches!(role.trust, WantedTrust::CustomSubject { .. }));
        let of_subject = |line: &String| line.starts_with("trust: ") && line.contains("githubusercontent.com:sub:");
        is_custom || (!self.lines.is_empty() && self.lines.iter().all(of_subject))
    }

    /// Returns whether an action starts its workflow another way than the organisation's integration does.
    pub(super) fn is_about_the_backend(&self, planned: &Planned) -> bool {
        let (Thing::Action(identifier) | Thing::Automation(identifier)) = &self.subject.thing else { return false };
        let of = |all: &[serde_json::Value]| {
            let found = all.iter().find(|action| action["identifier"] == identifier.as_str())?;
            let method = &found["invocationMethod"];
            Some((method["type"].clone(), method["installationId"].clone()))
        };
        let there = of(&planned.seen.actions);
        there.is_some() && there != of(&planned.wanted.actions)
    }

    fn said(&self) -> String {
        let Self { subject, lines, outcome, committed, .. } = self;
        let verb = match outcome {
            setup::Outcome::Create(_) => "is missing",
            setup::Outcome::Change(_) if committed.is_some() => "is missing or of another version",
            setup::Outcome::Change(_) | setup::Outcome::Keep => "differs",
            setup::Outcome::Refused { reason, .. }
            | setup::Outcome::Pending { reason, .. }
            | setup::Outcome::Hidden { reason, .. }
            | setup::Outcome::Left { reason, .. } => reason,
        };
        let mut told: Vec<String> =
            lines.iter().take(MOST_LINES).map(|line| line.trim().chars().take(160).collect()).collect();
        if lines.len() > MOST_LINES {
            told.push("…".to_owned());
        }
        let told = if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) };
        match self.file() {
            Some(path) => format!("{path}: {verb}{told}"),
            None => format!("{subject}: {verb}{told}"),
        }
    }

    fn severity(&self, share: &Share, planned: &Planned) -> Severity {
        let of_workflow = |is_so: fn(&Wanted, &setup::Seen, &str) -> bool| {
            self.is_workflow_file() && self.file().is_some_and(|path| is_so(&planned.wanted, &planned.seen, path))
        };
        let is_forged = || of_workflow(|_, seen, path| seen.is_forged(path)) || of_workflow(setup::is_misattributed);
        match self.outcome {
            setup::Outcome::Keep => Severity::Fine,
            // It only shows.
            _ if matches!(self.subject.thing, Thing::Page(_)) => share.differing,
            setup::Outcome::Change(_) if is_forged() => Severity::Error,
            setup::Outcome::Change(_) if self.committed.is_none_or(|file| !file.is_new) => share.differing,
            // Of an older version nobody can say more.
            setup::Outcome::Left { .. } if of_workflow(setup::cannot_be_told) => Severity::Warning,
            // Whatever somebody has put into a workflow runs with its secrets.
            setup::Outcome::Left { .. } if self.is_workflow_file() => Severity::Error,
            // Port refuses every grant.
            setup::Outcome::Left { .. } if matches!(self.subject.thing, Thing::Demands(_) | Thing::Template(_)) => {
                Severity::Error
            }
            setup::Outcome::Left { .. } => share.differing.min(Severity::Warning),
            _ => Severity::Error,
        }
    }

    fn remedy<'b>(&'b self, share: &Share) -> &'b str
    where
        Self: 'b,
    {
        match self.outcome {
            setup::Outcome::Refused { remedy, .. } | setup::Outcome::Left { remedy, .. } => remedy,
            setup::Outcome::Pending { commands, .. } | setup::Outcome::Hidden { commands, .. } => {
                commands.first().map_or(share.remedy, String::as_str)
            }
            _ => share.remedy,
        }
    }
}

/// Returns everything of the plan that is not as it shall be; a file of the one commit is a part of its own.
fn parts(plan: &setup::Plan) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for step in plan.steps.iter().filter(|step| step.outcome != setup::Outcome::Keep) {
        let part =
            |subject, lines, committed| Part { system: step.system, subject, lines, outcome: &step.outcome, committed };
        if step.files.is_empty() {
            parts.push(part(step.subject.clone(), step.lines.clone(), None));
        }
        parts
            .extend(step.files.iter().map(|file| part(Thing::File(file.path.clone()).into(), file.told(), Some(file))));
    }
    parts
}

/// Returns whether a part is not known for want of rights: nobody can call it wrong.
fn is_hidden(part: &Part<'_>, planned: &Planned) -> bool {
    matches!(part.outcome, setup::Outcome::Hidden { .. })
        || !planned.seen.looked_at.contains(part.system)
        // The boundary follows from the rules; what is wrong with those is told by their own check.
        || (planned.rules.unusable.is_some()
            && part.subject == Thing::Policy(planned.wanted.names.boundary.clone()).into())
}

/// Returns why nothing can be said of a share.
fn why_unseen(share: &Share, seen: &Seen) -> Option<String> {
    let planned = match &seen.planned {
        Ok(planned) => planned,
        Err(Unseen::Elsewhere(why) | Unseen::Here(why)) => return Some(why.clone()),
    };
    if planned.seen.looked_at.contains(share.system) {
        return None;
    }
    let barred = match share.system {
        System::Port => seen.port.as_ref().err(),
        System::GitHub => seen.github.as_ref().err(),
        System::Aws => seen.aws.as_ref().err(),
    };
    Some(barred.map_or_else(|| format!("{} failed while it was looked at", share.system), |barred| barred.why.clone()))
}

/// Judges what of the plan is a check's.
pub(super) fn judge(share: &Share, seen: &Seen) -> Outcome {
    let planned = match (&seen.planned, why_unseen(share, seen)) {
        (Ok(planned), None) => planned,
        (_, why) => return unknown(format!("not looked at: {}", why.unwrap_or_default())),
    };
    let is_ours = |part: &Part<'_>| {
        let first = shares().find(|other| (other.takes)(part, planned));
        first.is_some_and(|first| std::ptr::eq(first, share))
    };
    let parts = parts(&planned.plan);
    let (hidden, open): (Vec<&Part<'_>>, Vec<&Part<'_>>) =
        parts.iter().filter(|part| is_ours(part)).partition(|part| is_hidden(part, planned));
    let findings = findings(planned).filter(|it| share.codes.contains(&it.code));
    let (untold, findings): (Vec<&setup::Finding>, Vec<&setup::Finding>) =
        findings.partition(|it| it.code == setup::BYPASS_HIDDEN);
    let open_parts = open.iter().map(|part| (part.severity(share, planned), part.said(), part.remedy(share)));
    let open_findings = findings.iter().map(|it| (Severity::Warning, it.message.clone(), it.remedy.as_str()));
    let all: Vec<(Severity, String, &str)> = open_parts.chain(open_findings).collect();
    let Some((severity, _, remedy)) = all.iter().rev().max_by_key(|(severity, ..)| *severity) else {
        let cannot_be_told = untold.first().map(|finding| finding.message.clone());
        return match hidden.first().map(|part| part.said()).or(cannot_be_told) {
            Some(said) => unknown(said),
            None => fine(share.fine),
        };
    };
    let said: Vec<&str> = all.iter().map(|(_, said, _)| said.as_str()).collect();
    bad(*severity, said.join("; "), *remedy)
}

/// Returns what the plan says of an open part that a check of its own looks at.
pub(super) fn open(seen: &Seen, is_it: fn(&Thing) -> bool) -> Option<String> {
    let planned = seen.planned.as_ref().ok()?;
    let parts = parts(&planned.plan);
    parts.iter().find(|part| is_it(&part.subject.thing) && !is_hidden(part, planned)).map(Part::said)
}

/// Returns the same of a part that the plan leaves to the operator, with what to do.
pub(super) fn left(seen: &Seen, is_it: fn(&Thing) -> bool) -> Option<(String, String)> {
    let planned = seen.planned.as_ref().ok()?;
    let parts = parts(&planned.plan);
    let part = parts.iter().find(|part| is_it(&part.subject.thing) && !is_hidden(part, planned))?;
    match part.outcome {
        setup::Outcome::Left { remedy, .. } => Some((part.said(), remedy.clone())),
        _ => None,
    }
}

/// Returns what the plan finds beyond its steps, as far as it should be mended.
fn findings(planned: &Planned) -> impl Iterator<Item = &setup::Finding> {
    planned.plan.findings.iter().filter(|finding| finding.severity != Weight::Note)
}

/// Returns whether a check of its own looks closer at what the part is about.
fn has_its_own(part: &Part<'_>, planned: &Planned) -> bool {
    let names = &planned.wanted.names;
    if part.is_about_the_release() {
        return true;
    }
    match &part.subject.thing {
        Thing::File(path) => *path == names.rules_path,
        Thing::Workflow(file) => *file == names.sweep_workflow,
        Thing::Release(_) | Thing::Runtime | Thing::User(_) => true,
        _ => false,
    }
}

/// Judges whether a plan can be made at all, and what of it is no other check's.
pub(super) fn plan(seen: &Seen) -> Outcome {
    if let Some((system, why)) = seen.unplanned.first() {
        let what = format!("{system} cannot be looked at: {why}");
        return bad(Severity::Error, what, "port-iam plan");
    }
    let planned = match &seen.planned {
        Ok(planned) => planned,
        Err(Unseen::Elsewhere(why)) => return unknown(format!("not compared: {why}")),
        Err(Unseen::Here(why)) => return bad(Severity::Error, format!("no plan can be made: {why}"), "port-iam plan"),
    };
    let is_left = |part: &&Part<'_>| {
        !shares().any(|share| (share.takes)(part, planned)) && !is_hidden(part, planned) && !has_its_own(part, planned)
    };
    // These are judged by checks of their own, which look closer.
    const OWN: [&str; 8] = [
        "github-scopes",
        "port-app-missing",
        "port-app-powerless",
        "integrations-hidden",
        "approval-without-rule",
        setup::PERSONAL_PAIR,
        setup::SHARED_PAIR,
        "workflow-user-lacks",
    ];
    let known = |code: &str| OWN.contains(&code) || shares().any(|share| share.codes.contains(&code));
    let parts = parts(&planned.plan);
    let said: Vec<String> = parts
        .iter()
        .filter(is_left)
        .map(Part::said)
        .chain(findings(planned).filter(|it| !known(it.code)).map(|it| it.message.clone()))
        .collect();
    if said.is_empty() {
        return fine("nothing else is open in `port-iam plan`");
    }
    bad(Severity::Warning, said.join("; "), "port-iam plan")
}
