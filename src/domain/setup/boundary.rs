//! The permissions boundary, without which no grant works.

use super::difference::differences;
use super::plan::{Outcome, Step, System, Write};
use super::seen::BoundarySeen;
use super::wanted::Wanted;
use crate::domain::grant::canonical;

pub(super) fn step(wanted: &Wanted, seen: &BoundarySeen) -> Step {
    let name = &wanted.names.boundary;
    let (lines, outcome) = match seen {
        BoundarySeen::Absent => {
            let write = Write::Boundary { name: name.clone(), document: wanted.boundary.clone() };
            (Vec::new(), Outcome::Create(write))
        }
        BoundarySeen::Present(document) => {
            let (old, new) = (canonical(document), canonical(&wanted.boundary));
            if old == new {
                (Vec::new(), Outcome::Keep)
            } else {
                let outcome = Outcome::Left {
                    reason: "it differs from what this version would create; it is not changed".to_owned(),
                    remedy:
                        "compare it with `port-iam aws boundary`; an administrator can set that as its default version"
                            .to_owned(),
                };
                (differences(&old, &new), outcome)
            }
        }
        BoundarySeen::Hidden => {
            let outcome = Outcome::Left {
                reason: "these AWS credentials may not read it; without it no grant works".to_owned(),
                remedy: "have an administrator check it, or create it from `port-iam aws boundary`".to_owned(),
            };
            (Vec::new(), outcome)
        }
    };
    Step { system: System::Aws, subject: format!("policy {name}"), lines, outcome }
}
