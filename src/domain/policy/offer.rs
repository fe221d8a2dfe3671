//! What can be offered in the catalog: which actions there are, on which kinds of resources they can be granted, and
//! what an approver should know about them.

use std::collections::BTreeSet;

use super::action_lookup::Services;
use super::fit::{Fit, fit};
use super::verdict::{ActionClass, flags};
use crate::domain::arn::Arn;
use crate::domain::identifier::ActionName;
use crate::domain::reference::{self, AccessLevel, Action, Service};

/// What is known of an action before anybody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionFacts {
    /// Its name in AWS's spelling, with the prefix.
    pub name: String,
    /// What it does.
    pub level: AccessLevel,
    /// Whether it reads data or credentials that are worth protecting.
    pub sensitive: bool,
    /// Whether it gives the caller somebody's role when `iam:PassRole` is allowed too.
    pub pass_role: bool,
    /// Whether it can leave something that outlives the grant.
    pub leaves_behind: bool,
    /// Whether IAM cannot limit it to a resource.
    pub account_wide: bool,
    /// Whether only the configuration can allow it.
    pub denied: bool,
    /// The kinds of resources that it works on, alone or together with others that it needs, sorted; see [`kind_of`].
    pub kinds: Vec<String>,
}

impl ActionFacts {
    /// Returns what marks the action for whoever approves it, in words.
    pub fn flags(&self) -> Vec<&'static str> {
        let classes = [
            (self.sensitive, ActionClass::Sensitive),
            (self.pass_role, ActionClass::PassRole),
            (self.leaves_behind, ActionClass::LeavesBehind),
        ];
        let classes: Vec<ActionClass> = classes.into_iter().filter(|(has, _)| *has).map(|(_, class)| class).collect();
        flags(&classes, self.account_wide, self.denied)
    }
}

/// Returns the kind of a resource, such as `bucket` or `instance`: the name of its type in AWS's Service Authorization
/// Reference, in lower case. None when the ARN has the form of no resource.
pub fn kind_of(arn: &Arn) -> Option<String> {
    let kind = |service: &Service| {
        let (index, _) = service.types_of(arn).into_iter().next()?;
        Some(service.types.get(index)?.name.to_lowercase())
    };
    let own = reference::service(arn.service());
    own.and_then(kind).or_else(|| reference::services_of_arns(arn.service()).into_iter().find_map(kind))
}

/// Returns what is known of an action; none when AWS has none such.
pub fn action_facts(action: &ActionName) -> Option<ActionFacts> {
    let services = Services::read(std::iter::once(action.as_str()));
    let (service, action) = services.find(action.as_str(), false).ok()?;
    Some(facts(service, action))
}

/// Returns every action of the service with this prefix, in the order of their names.
pub fn actions_of(prefix: &str) -> Vec<ActionFacts> {
    let service = reference::service(&prefix.to_ascii_lowercase());
    service.map_or_else(Vec::new, |service| service.actions.iter().map(|action| facts(service, action)).collect())
}

/// Returns the actions that have to do with a resource: those that can be granted on it alone, whatever the
/// configuration would have to allow first, and the account-wide ones of its own service.
pub fn actions_on(arn: &Arn) -> Vec<ActionFacts> {
    let mut all = Vec::new();
    for service in reference::services_of_arns(arn.service()) {
        let found = service.types_of(arn);
        for action in &service.actions {
            let is_whole = matches!(fit(service, action, arn, &found), Fit::Fits { missing, .. } if missing.is_empty());
            let is_account_wide = action.types.is_empty() && service.prefix == arn.service();
            if is_whole || is_account_wide {
                all.push(facts(service, action));
            }
        }
    }
    all
}

fn facts(service: &Service, action: &Action) -> ActionFacts {
    ActionFacts {
        name: format!("{}:{}", service.prefix, action.name),
        level: action.level,
        sensitive: action.is_sensitive,
        pass_role: action.with_pass_role,
        leaves_behind: action.leaves_behind,
        account_wide: action.types.is_empty(),
        denied: action.is_denied,
        kinds: kinds(service, action),
    }
}

/// Asks how the action fits an example of each type that could do.
fn kinds(service: &Service, action: &Action) -> Vec<String> {
    let taken: BTreeSet<usize> = action.types.iter().map(|used| used.index).collect();
    let mut candidates = taken.clone();
    candidates.extend(service.parentages.iter().filter(|entry| taken.contains(&entry.child)).map(|entry| entry.parent));
    candidates.extend(service.is_a.iter().filter(|(_, general)| taken.contains(general)).map(|(one, _)| *one));
    let patterns = candidates.into_iter().filter_map(|index| service.types.get(index)).flat_map(|kind| &kind.patterns);
    let examples = patterns.filter_map(|pattern| Arn::parse("resource", &pattern.example(str::to_owned)).ok());
    let kinds: BTreeSet<String> = examples.filter_map(|example| kind_if_it_fits(service, action, &example)).collect();
    kinds.into_iter().collect()
}

fn kind_if_it_fits(service: &Service, action: &Action, arn: &Arn) -> Option<String> {
    let found = service.types_of(arn);
    // What is missing can be named in the same form, under the additional resources.
    let Fit::Fits { .. } = fit(service, action, arn, &found) else { return None };
    if arn.service() != service.prefix {
        return kind_of(arn);
    }
    found.first().and_then(|(index, _)| service.types.get(*index)).map(|kind| kind.name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(text: &str) -> Arn {
        Arn::parse("entity", text).unwrap()
    }

    fn kinds_of(action: &str) -> Vec<String> {
        action_facts(&ActionName::parse(action).unwrap()).unwrap().kinds
    }

    #[test]
    fn a_resource_has_the_kind_that_aws_names() {
        for (text, kind) in [
            ("arn:aws:s3:::b", "bucket"),
            ("arn:aws:s3:::b/k/l", "object"),
            ("arn:aws:ec2:us-east-1:123456789012:instance/i-1", "instance"),
            ("arn:aws:dynamodb:us-east-1:123456789012:table/T", "table"),
            ("arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/n/1", "loadbalancer/app/"),
        ] {
            assert_eq!(kind_of(&arn(text)).as_deref(), Some(kind), "{text}");
        }
        assert_eq!(kind_of(&arn("arn:aws:nosuch:us-east-1:123456789012:thing/1")), None);
    }

    #[test]
    fn an_action_is_offered_for_the_kinds_that_it_works_on() {
        assert_eq!(kinds_of("s3:PutObject"), ["accesspoint", "accesspointobject", "bucket", "object"]);
        assert_eq!(kinds_of("s3:ListBucket"), ["accesspoint", "bucket"]);
        assert_eq!(kinds_of("ec2:StopInstances"), ["instance"]);
        // It needs both, and the form takes further resources.
        assert_eq!(kinds_of("ec2:AttachVolume"), ["instance", "volume"]);
        assert!(kinds_of("ec2:DescribeInstances").is_empty());
        // EBS reads snapshots of EC2.
        assert_eq!(kinds_of("ebs:GetSnapshotBlock"), ["snapshot"]);
    }

    #[test]
    fn what_can_be_asked_for_a_resource_is_what_the_compiler_would_grant() {
        let bucket = actions_on(&arn("arn:aws:s3:::b"));
        let find = |name: &str| bucket.iter().find(|facts| facts.name == name);
        assert!(find("s3:PutObject").is_some_and(|facts| !facts.denied && !facts.account_wide));
        assert!(find("s3:PutBucketPolicy").is_some_and(|facts| facts.denied));
        assert!(find("s3:ListAllMyBuckets").is_some_and(|facts| facts.account_wide));
        assert!(find("s3:PutAccessPointPolicy").is_none());
        let snapshot = actions_on(&arn("arn:aws:ec2:us-east-1::snapshot/snap-1"));
        assert!(snapshot.iter().any(|facts| facts.name == "ebs:GetSnapshotBlock"));
    }
}
