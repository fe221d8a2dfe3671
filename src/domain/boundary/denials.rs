//! What a boundary denies: identities and the audit trail always, of the allowed services what the reference denies.

use std::collections::BTreeSet;

use super::compaction::patterns;
use crate::domain::glob::{Case, text_matches};
use crate::domain::identifier::ActionName;
use crate::domain::reference::{self, Service};

/// What stops or hollows out the records of who did what. The reference denies the plainest of them; these are more.
const AUDIT: [&str; 21] = [
    "access-analyzer:Delete*",
    "cloudtrail:Delete*",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:PutInsightSelectors",
    "cloudtrail:PutResourcePolicy",
    "cloudtrail:StopEventDataStoreIngestion",
    "cloudtrail:StopLogging",
    "cloudtrail:Update*",
    "config:Delete*",
    "config:Stop*",
    "ec2:DeleteFlowLogs",
    "guardduty:Delete*",
    "guardduty:Disassociate*",
    "guardduty:Stop*",
    "guardduty:Update*",
    "macie2:Disable*",
    "securityhub:BatchDisable*",
    "securityhub:Disable*",
    "securityhub:Delete*",
    "wafv2:DeleteLoggingConfiguration",
    "detective:DeleteGraph",
];
/// Ways to somebody else's power in allowed services, beyond those that the reference denies: an instance profile is a
/// role, and access grants hand out data past the grant's own policy.
pub(super) const WIDENING: [&str; 4] = [
    "ec2:AssociateIamInstanceProfile",
    "ec2:DisassociateIamInstanceProfile",
    "ec2:ReplaceIamInstanceProfileAssociation",
    "s3:GetDataAccess",
];

/// The services of which the reference denies every action: those of identities and of accounts. They stand here so that a
/// grant need not read all services to find them; a test holds them to the reference.
pub(super) const IDENTITY_SERVICES: [&str; 12] = [
    "account",
    "iam",
    "identity-sync",
    "identitystore",
    "identitystore-auth",
    "organizations",
    "ram",
    "rolesanywhere",
    "signin",
    "sso",
    "sso-directory",
    "sts",
];

/// Returns the patterns that deny every action of a service that `lifted` does not name.
pub(super) fn whole(prefix: &str, lifted: &[ActionName]) -> Vec<String> {
    if !lifted.iter().any(|action| is_of(action.as_str(), prefix)) {
        return vec![format!("{prefix}:*")];
    }
    let service = reference::service(prefix);
    service.map_or_else(|| vec![format!("{prefix}:*")], |service| written(service, lifted, |_| true))
}

/// Returns the patterns that keep the audit trail, of all services, except what `lifted` names.
pub(super) fn audit(lifted: &[ActionName]) -> Vec<String> {
    let prefixes: BTreeSet<&str> = AUDIT.iter().filter_map(|glob| Some(glob.split_once(':')?.0)).collect();
    let services = prefixes.into_iter().filter_map(reference::service);
    services.flat_map(|service| written(service, lifted, |action| is_listed(&AUDIT, action))).collect()
}

/// Returns the patterns that deny what the reference denies of `service`, and the ways to more power.
pub(super) fn widening(service: &Service, lifted: &[ActionName]) -> Vec<String> {
    let denied: BTreeSet<String> =
        service.actions.iter().filter(|action| action.is_denied).map(|action| full(service, action.name)).collect();
    written(service, lifted, |action| denied.contains(action) || is_listed(&WIDENING, action))
}

fn written(service: &Service, lifted: &[ActionName], is_denied: impl Fn(&str) -> bool) -> Vec<String> {
    let names: Vec<&'static str> = service.actions.iter().map(|action| action.name).collect();
    let stays = |name: &&'static str| {
        let action = full(service, name);
        is_denied(&action) && !lifted.iter().any(|lifted| lifted.as_str().eq_ignore_ascii_case(&action))
    };
    let wanted: BTreeSet<&'static str> = names.iter().copied().filter(stays).collect();
    patterns(&names, &wanted).into_iter().map(|pattern| full(service, &pattern)).collect()
}

fn is_listed(globs: &[&str], action: &str) -> bool {
    let prefix = action.split(':').next().unwrap_or_default();
    globs.iter().any(|glob| is_of(glob, prefix) && text_matches(glob, action, Case::Insensitive))
}

/// Returns whether an action, or a glob of some, is the service's.
fn is_of(action: &str, prefix: &str) -> bool {
    action.split_once(':').is_some_and(|(service, _)| service.eq_ignore_ascii_case(prefix))
}

fn full(service: &Service, name: &str) -> String {
    format!("{}:{name}", service.prefix)
}
