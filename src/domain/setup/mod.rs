//! What `init` has to do: what is wanted, compared with what was seen, as a plan that is data.
//!
//! The same [`Plan`] is printed and applied. Nothing here reads or writes anything, and nothing that is not ours is
//! ever part of a write, unless the operator said `--adopt` after seeing the difference.

mod access;
mod action;
mod approvers;
pub mod beside;
mod blueprint;
mod boundary;
mod code_owners;
mod difference;
mod emitted;
mod emitted_commands;
mod entering;
mod files;
mod finding;
mod findings;
mod first_rule;
mod generated;
mod guard;
mod home;
mod identities;
mod likeness;
mod made_here;
mod manager;
pub(in crate::domain) mod page;
mod permission_lines;
mod permissions;
mod plan;
mod release_found;
mod repository;
mod rules_accounts;
mod rules_file;
mod seen;
mod share;
mod subject;
mod templates;
#[cfg(test)]
mod tests;
mod text_difference;
mod unadorned;
mod upgrade;
mod wanted;

pub use access::{AccessSource, takes_access_key};
pub use action::repository_of;
pub(in crate::domain) use action::writable as writable_action;
pub use approvers::approvers_that_moved;
pub(in crate::domain) use blueprint::is_ours as is_our_blueprint;
pub use difference::differences;
pub use emitted::{EmittedFile, asset_path, emitted};
pub use entering::{is_workflow, may_enter, may_read};
pub use files::{cannot_be_told, is_misattributed};
pub use finding::{
    BOUNDARY_PENDING, BYPASS_HIDDEN, Finding, PAGE_PENDING, SECRETS_EXPOSED, Severity, WAITING_FOR_PULL_REQUEST,
};
pub use findings::{PERSONAL_PAIR, SHARED_PAIR, weakness_of_pair};
pub use generated::{Origin, SETUP_COMMIT, first_version, is_setup_commit, sealed};
pub use guard::{RULESET, environment, is_our_ruleset};
pub use home::Home;
pub use identities::{
    IdentitiesSeen, ProviderSeen, RoleFound, RoleSeen, WantedIdentities, WantedPolicy, WantedRole, WantedTrust,
    WantedUser, WorkflowUserSeen,
};
pub use likeness::{Likeness, likeness};
pub(in crate::domain) use made_here::is_made_here;
pub use manager::{AwsIdentity, check_manager, check_manager_key};
pub use page::{PageChoice, PageSeen};
pub use permissions::People;
pub use plan::{FileChange, OTHER_RELEASE, Outcome, Plan, Step, System, Write};
pub use release_found::ReleasesFound;
pub use repository::holds_strange_workflow;
pub use rules_accounts::with_account;
pub use rules_file::RulesFile;
pub use seen::{
    App, BoundarySeen, BranchRules, BranchesSeen, DifferingFile, ReleaseSeen, RepositorySeen, Seen, Visibility,
};
pub use share::Systems;
pub use subject::{Subject, Thing};
pub use templates::{TemplateSeen, template_paths};
pub use unadorned::is_within_our_ruleset;
pub use wanted::{
    AWS_SECRETS, Approval, ApprovalNotification, Consent, PORT_SECRETS, RuntimeConsent, SecretStore, Wanted,
    WantedApproval, WantedFile, WantedRelease, WorkflowAccess,
};

/// Returns the steps from what was seen to what is wanted, in the order in which they are safe: what a later step
/// needs comes first, and what people can execute comes last.
pub fn plan(wanted: &Wanted, seen: &Seen) -> Plan {
    let mut steps = vec![boundary::step(wanted, &seen.boundary)];
    steps.extend(identities::ground(&wanted.identities, &seen.identities));
    steps.extend(wanted.blueprints.iter().map(|ours| blueprint::step(wanted, ours, &seen.blueprints)));
    steps.extend(wanted.blueprints.iter().filter_map(|ours| blueprint::demands(&wanted.names, ours, &seen.blueprints)));
    steps.extend(permissions::of_blueprints(wanted, seen));
    steps.extend(repository::steps(wanted, seen.repository.as_ref()));
    let distrust = repository::distrust(wanted, seen.repository.as_ref());
    steps.extend(identities::roles(wanted, seen).into_iter().map(|role| match &distrust {
        Some(distrust) => repository::only_taking(role, distrust),
        None => role,
    }));
    for ours in &wanted.actions {
        // It links to the actions, and the automation behind it says that a set-up has come to its end.
        if ours["trigger"]["type"] == "automation" {
            steps.extend(page::step(wanted, seen));
        }
        steps.push(action::step(wanted, ours, &seen.actions));
    }
    steps.extend(permissions::of_actions(wanted, seen));
    let findings = findings::findings(wanted, seen, &steps);
    share::shared_out(Plan { steps, findings }, wanted, seen).completed(&wanted.invocation)
}
