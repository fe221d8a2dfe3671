//! The permissions boundary, without which no grant works, and under which none may do more than the rules say.

use serde_json::Value;

use super::difference::differences;
use super::plan::{Outcome, Step, System, Write};
use super::seen::BoundarySeen;
use super::subject::Thing;
use super::wanted::Wanted;
use crate::domain::digest::canonical;

pub(super) fn step(wanted: &Wanted, seen: &BoundarySeen) -> Step {
    let name = wanted.names.boundary.clone();
    let subject = Thing::Policy(name.clone()).into();
    let (lines, outcome) = match (&wanted.boundary, seen) {
        (Err(refusal), _) => {
            let (reason, remedy) = (refusal.to_string(), refusal.remedy.clone());
            // Rules that nobody can read are told elsewhere, and stop every grant by themselves.
            let unreadable = refusal.field == "rules";
            let left = Outcome::Left { reason: reason.clone(), remedy: remedy.clone() };
            (Vec::new(), if unreadable { left } else { Outcome::Refused { reason, remedy } })
        }
        (Ok(document), BoundarySeen::Absent) => {
            (Vec::new(), Outcome::Create(Write::Boundary { name, document: document.clone() }))
        }
        (Ok(document), BoundarySeen::Present(live)) => {
            differing(live, document, || Outcome::Change(Write::BoundaryDocument { name, document: document.clone() }))
        }
        (Ok(document), BoundarySeen::Foreign(live)) => differing(live, document, || {
            if wanted.consent.adopt {
                return Outcome::Change(Write::BoundaryDocument { name, document: document.clone() });
            }
            let reason = "it differs from what the rules call for, and this tool did not make it".to_owned();
            let remedy = "port-iam aws boundary --repository FOLDER prints what it should be: compare the two; an administrator can set that as its default version, or run `port-iam init --adopt`";
            Outcome::Left { reason, remedy: remedy.to_owned() }
        }),
        (Ok(_), BoundarySeen::Hidden) => {
            let outcome = Outcome::Hidden {
                reason: "these AWS credentials may not read it, and without it no grant works; have an administrator compare it with what this prints, or create it from that".to_owned(),
                commands: vec!["port-iam aws boundary".to_owned()],
            };
            (Vec::new(), outcome)
        }
    };
    Step { system: System::Aws, subject, lines, files: Vec::new(), outcome }
}

fn differing(live: &Value, wanted: &Value, outcome: impl FnOnce() -> Outcome) -> (Vec<String>, Outcome) {
    let (old, new) = (canonical(live), canonical(wanted));
    if old == new { (Vec::new(), Outcome::Keep) } else { (differences(&old, &new), outcome()) }
}
