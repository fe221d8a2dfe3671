//! What `uninstall` takes away, and what it leaves: from what was seen to a plan that is data.
//!
//! Nothing that is not ours is ever part of a removal. Ours is what bears our mark and has our form and nobody has changed
//! or uses besides; all else is left and named. What was there before `init` and was taken over has our form alone.

mod accounts;
mod additions;
mod aws;
mod before;
mod github;
mod guard;
mod obstacle;
mod permissions;
mod plan;
mod port;
mod seen;
#[cfg(test)]
mod tests;

pub use accounts::{Naming, further_accounts};
pub use github::CODEOWNERS;
pub use obstacle::Obstacle;
pub use plan::{Left, Plan, Removal, Step, grants_made_meanwhile};
pub use seen::{
    AwsSeen, Consent, EntitiesSeen, EnvironmentSeen, FileSeen, Holder, Originals, PolicySeen, ProviderSeen,
    ReleaseSeen, RepositorySeen, RoleSeen, RulesetSeen, Seen,
};

use super::identifier::AccountId;
use super::overview::{Row, State};
use super::printable::one_line;
use super::setup::System;

/// Returns what is to be taken away, in an order in which nobody can ask for what nobody would end any more: first the
/// actions in Port, then the grants, then what they were made with. Whatever has power goes before what guards the
/// repository: the secrets, then the identities in AWS, which trust the environment, then environment, rules and files.
/// The repository is the last, whose number names the rest.
pub fn plan(seen: &Seen, consent: Consent) -> Plan {
    let mut plan = Plan::default();
    port::actions(seen, &mut plan);
    grants(seen, consent, &mut plan);
    port::page(seen, &mut plan);
    port::catalog(seen, consent, &mut plan);
    github::power(seen, consent, &mut plan);
    aws::identities(seen, &mut plan);
    github::inside(seen, consent, &mut plan);
    github::repository(seen, consent, &mut plan);
    plan.left.push(Left {
        system: System::Port,
        subject: "audit log, and the runs of the actions".to_owned(),
        reason: "Port keeps them; nobody can delete them".to_owned(),
        remedy: None,
    });
    plan
}

/// Every grant is ended properly. One that can be used is only with the operator's word.
fn grants(seen: &Seen, consent: Consent, plan: &mut Plan) {
    for row in seen.grants.iter().filter(|row| seen.is_ours(row)) {
        // Whoever may edit an entity has written these; a line of the plan is one line.
        let first = |names: &[String]| names.first().map_or_else(|| "unknown".to_owned(), |name| one_line(name));
        let (who, on) = (first(&row.requesters), first(&row.resources));
        let told = format!("{}: {who} on {on}", row.state.word());
        let is_looked_at = |account: &str| seen.accounts().any(|aws| aws.account.id.as_str() == account);
        if row.account.as_deref().is_some_and(|account| !is_looked_at(account)) {
            let named = row.account.clone().unwrap_or_default();
            let account = AccountId::parse("account", &named).ok();
            plan.obstacles.push(Obstacle::GrantElsewhere { grant: row.grant.clone(), account, named });
            continue;
        }
        if matches!(row.state, State::Live | State::Granting) && !consent.revoke_all {
            plan.obstacles.push(Obstacle::LiveGrant { grant: row.grant.clone(), told: told.clone() });
        }
        plan.steps.push(Step {
            system: System::Aws,
            subject: format!("grant {}", row.grant),
            lines: vec![told],
            removal: Removal::Grant { grant: row.grant.clone(), is_listed: row.is_listed },
        });
    }
    for row in seen.grants.iter().filter(|row| !seen.is_ours(row)) {
        plan.left.push(Left {
            system: System::Aws,
            subject: format!("grant {}", row.grant),
            reason: other_installation(row),
            remedy: None,
        });
    }
}

fn other_installation(row: &Row) -> String {
    format!("another installation made it, or may have ({})", row.scope.as_deref().unwrap_or("unknown"))
}
