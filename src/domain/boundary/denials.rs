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
    let service = reference::service(prefix);
    service.map_or_else(|| vec![format!("{prefix}:*")], |service| written(service, lifted, |_| true))
}

/// Returns the patterns that keep the audit trail, of all services, except what `lifted` names.
pub(super) fn audit(lifted: &[ActionName]) -> Vec<String> {
    let prefixes: BTreeSet<&str> = AUDIT.iter().filter_map(|glob| Some(glob.split_once(':')?.0)).collect();
    let services = prefixes.into_iter().filter_map(reference::service);
    services.flat_map(|service| written(service, lifted, |name| is_listed(&AUDIT, service, name))).collect()
}

/// Returns the patterns that deny what the reference denies of `service`, and the ways to more power.
pub(super) fn widening(service: &Service, lifted: &[ActionName]) -> Vec<String> {
    let denied: BTreeSet<&str> =
        service.actions.iter().filter(|action| action.is_denied).map(|action| action.name).collect();
    written(service, lifted, |name| denied.contains(name) || is_listed(&WIDENING, service, name))
}

fn written(service: &Service, lifted: &[ActionName], is_denied: impl Fn(&str) -> bool) -> Vec<String> {
    let names: Vec<&'static str> = service.actions.iter().map(|action| action.name).collect();
    let is_lifted = |action: &str| lifted.iter().any(|lifted| lifted.as_str().eq_ignore_ascii_case(action));
    let stays = |name: &&'static str| is_denied(name) && !is_lifted(&full(service, name));
    let wanted: BTreeSet<&'static str> = names.iter().copied().filter(stays).collect();
    patterns(&names, &wanted).into_iter().map(|pattern| full(service, &pattern)).collect()
}

/// Returns whether one of the globs is of this action of the service.
fn is_listed(globs: &[&str], service: &Service, name: &str) -> bool {
    let mut of_service = globs.iter().filter_map(|glob| glob.strip_prefix(service.prefix)?.strip_prefix(':'));
    of_service.any(|glob| text_matches(glob, name, Case::Insensitive))
}

fn full(service: &Service, name: &str) -> String {
    format!("{}:{name}", service.prefix)
}
