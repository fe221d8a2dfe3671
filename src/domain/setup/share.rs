//! Whose part of the set-up a run does: an administrator of one system has credentials of that one, often of no other.

use super::finding::{Finding, Severity};
use super::plan::{Outcome, Plan, Step, System};
use super::seen::Seen;
use super::subject::Thing;
use super::wanted::Wanted;

/// A set of systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Systems {
    aws: bool,
    port: bool,
    github: bool,
}

impl Systems {
    /// All three.
    pub const ALL: Self = Self { aws: true, port: true, github: true };

    /// Returns these systems; all where none is named.
    pub fn of(named: &[System]) -> Self {
        if named.is_empty() {
            return Self::ALL;
        }
        let has = |system: System| named.contains(&system);
        Self { aws: has(System::Aws), port: has(System::Port), github: has(System::GitHub) }
    }

    /// Returns whether a system is among them.
    pub fn contains(self, system: System) -> bool {
        match system {
            System::Aws => self.aws,
            System::Port => self.port,
            System::GitHub => self.github,
        }
    }

    /// Returns each of them.
    pub fn named(self) -> impl Iterator<Item = System> {
        [System::Aws, System::Port, System::GitHub].into_iter().filter(move |system| self.contains(*system))
    }

    /// Returns the same without a system.
    #[must_use]
    pub fn without(mut self, system: System) -> Self {
        match system {
            System::Aws => self.aws = false,
            System::Port => self.port = false,
            System::GitHub => self.github = false,
        }
        self
    }
}

/// Returns a plan of which only the share of this run is carried out. What is open in the other systems waits, each by
/// its name; one that was not looked at waits as a whole, since nobody knows.
pub(super) fn shared_out(plan: Plan, wanted: &Wanted, seen: &Seen) -> Plan {
    let Plan { steps, mut findings } = plan;
    let looked_at = seen.looked_at;
    let awaits_workflows = awaits_workflows(wanted, seen);
    if wanted.share.contains(System::Port) && !looked_at.contains(System::GitHub) {
        findings.push(Finding::new(
            Severity::Note,
            "workflows-unseen",
            "whether the workflows are there was not looked at: until they are, what people execute in Port fails",
            command(System::GitHub, false),
        ));
    }
    let makes_identities = wanted.identities.set_up;
    let mut shared: Vec<Step> = Vec::new();
    for step in steps {
        let system = step.system;
        if !looked_at.contains(system) {
            let unseen = unseen(system, makes_identities);
            if !shared.contains(&unseen) {
                shared.push(unseen);
            }
        } else if wanted.share.contains(system) && awaits_workflows && starts_them(&step) {
            shared.push(behind_the_workflows(step));
        } else if wanted.share.contains(system) {
            shared.push(step);
        } else {
            shared.push(for_another(step, makes_identities));
        }
    }
    Plan { steps: shared, findings }
}

/// Returns whether the workflows that actions start are another administrator's, and not there yet.
fn awaits_workflows(wanted: &Wanted, seen: &Seen) -> bool {
    let names = &wanted.names;
    let is_missing = |file: &String| !seen.holds(&format!(".github/workflows/{file}"));
    seen.looked_at.contains(System::GitHub)
        && !wanted.share.contains(System::GitHub)
        && [&names.create_workflow, &names.delete_workflow].into_iter().any(is_missing)
}

/// Returns whether people can start a workflow by what a step makes.
fn starts_them(step: &Step) -> bool {
    matches!(
        step.subject.thing,
        Thing::Action(_) | Thing::Automation(_) | Thing::Page(_) | Thing::ActionPermissions { .. }
    )
}

/// What people execute comes last: without its workflow it would fail, and nobody would know why.
fn behind_the_workflows(step: Step) -> Step {
    if !matches!(step.outcome, Outcome::Create(_) | Outcome::Change(_)) {
        return step;
    }
    let reason = "it starts a workflow that is not on the default branch yet".to_owned();
    let commands = vec![command(System::GitHub, false), command(System::Port, false)];
    Step { outcome: Outcome::Pending { reason, commands }, ..step }
}

/// Returns the command of the administrator of a system, who makes the workflows' identities where this run would.
fn command(system: System, makes_identities: bool) -> String {
    let identities = if makes_identities && system == System::Aws { " --aws-setup" } else { "" };
    format!("port-iam init --only {}{identities}", system.word())
}

fn unseen(system: System, makes_identities: bool) -> Step {
    let outcome = Outcome::Hidden {
        reason: format!("there are no credentials for {system} here, so that it was not looked at"),
        commands: vec![command(system, makes_identities)],
    };
    Step { system, subject: Thing::Everything.into(), lines: Vec::new(), files: Vec::new(), outcome }
}

/// What would be written, or is refused, is another administrator's.
fn for_another(step: Step, makes_identities: bool) -> Step {
    let reason = match &step.outcome {
        Outcome::Keep | Outcome::Pending { .. } | Outcome::Hidden { .. } | Outcome::Left { .. } => return step,
        Outcome::Create(_) => "it is not there, and not of this run's part".to_owned(),
        Outcome::Change(_) => "it differs, and is not of this run's part".to_owned(),
        Outcome::Refused { reason, .. } => reason.clone(),
    };
    let commands = vec![command(step.system, makes_identities)];
    Step { outcome: Outcome::Pending { reason, commands }, ..step }
}
