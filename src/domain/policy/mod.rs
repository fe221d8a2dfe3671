//! Compiles (resources, actions, end) into a least-privilege policy document.
//!
//! This is the seam of the policy compiler: it knows buckets, objects and instances, and refuses everything else.
//! The stance is never to widen: a resource is named exactly, or by the objects under the bucket that was named.

mod document;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub(in crate::domain) use document::check_alphabet_of;
pub use document::{LONGEST_POLICY, Room, documents, documents_within, length_without_white_space, together};

use super::arn::Arn;
use super::identifier::ActionName;
use super::refusal::{Refusal, quoted};

/// What of a resource an action works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Bucket,
    Object,
    Instance,
}

/// Actions of `s3` on a bucket (AWS Service Authorization Reference), without those that change permissions.
const BUCKET_ACTIONS: [&str; 36] = [
    "DeleteBucket",
    "DeleteBucketWebsite",
    "GetAccelerateConfiguration",
    "GetAnalyticsConfiguration",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetEncryptionConfiguration",
    "GetIntelligentTieringConfiguration",
    "GetInventoryConfiguration",
    "GetLifecycleConfiguration",
    "GetMetricsConfiguration",
    "GetReplicationConfiguration",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "PutAccelerateConfiguration",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutEncryptionConfiguration",
    "PutLifecycleConfiguration",
];

/// Actions of `s3` on an object (same source and exception).
const OBJECT_ACTIONS: [&str; 24] = [
    "AbortMultipartUpload",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionTagging",
    "ListMultipartUploadParts",
    "PutObject",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionTagging",
    "RestoreObject",
    "UpdateObjectEncryption",
];

/// Actions of `ec2` on an instance alone (same source), without those that hand out a role, a shell or credentials.
const INSTANCE_ACTIONS: [&str; 12] = [
    "DescribeInstanceAttribute",
    "GetConsoleOutput",
    "GetConsoleScreenshot",
    "ModifyInstanceCreditSpecification",
    "ModifyInstanceEventStartTime",
    "MonitorInstances",
    "RebootInstances",
    "ReportInstanceStatus",
    "StartInstances",
    "StopInstances",
    "TerminateInstances",
    "UnmonitorInstances",
];

/// One Allow: some actions on one set of resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Action names in AWS's own spelling, sorted.
    pub actions: Vec<String>,
    /// Resource ARNs, sorted; `*` only at the end of `bucket/*`.
    pub resources: Vec<String>,
    /// What must hold besides the end: operator, key, values.
    pub conditions: Map<String, Value>,
}

/// Returns the statements that allow `actions` on `resources` and nothing else, one for each set of resources.
///
/// # Errors
///
/// Refuses an action that is not known here, one that none of the resources takes, and a resource that no action uses.
pub fn compile(resources: &[Arn], actions: &[ActionName]) -> Result<Vec<Statement>, Refusal> {
    let mut by_resources: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
    let mut used = vec![false; resources.len()];
    for action in actions {
        let (name, kind) = known_action(action)?;
        if by_resources.values().flatten().any(|known| *known == name) {
            let reason = format!("names {name} twice");
            return Err(Refusal::new("duplicate", "permissions", reason, "name each permission once"));
        }
        let mut forms: Vec<String> = Vec::new();
        for (arn, used) in resources.iter().zip(&mut used) {
            if let Some(form) = resource_form(arn, kind) {
                forms.push(form);
                *used = true;
            }
        }
        if forms.is_empty() {
            let named: Vec<_> = resources.iter().map(|arn| quoted(arn.as_str())).collect();
            let reason = format!("{name} does not work on {}", named.join(" or "));
            return Err(Refusal::new("wrong-type", "permissions", reason, wrong_type_remedy(kind)));
        }
        forms.sort();
        forms.dedup();
        by_resources.entry(forms).or_default().push(name);
    }
    if let Some((unused, _)) = resources.iter().zip(&used).find(|(_, used)| !**used) {
        let reason = format!("{} is used by none of the permissions", quoted(unused.as_str()));
        return Err(Refusal::new("unused-resource", "additional_resources", reason, "leave it out"));
    }
    Ok(by_resources
        .into_iter()
        .map(|(resources, mut actions)| {
            actions.sort();
            Statement { actions, resources, conditions: Map::new() }
        })
        .collect())
}

/// Returns AWS's own spelling of an action that can be granted.
///
/// # Errors
///
/// Refuses an action that no request is granted, whatever the resource.
pub fn grantable(action: &ActionName) -> Result<String, Refusal> {
    known_action(action).map(|(name, _)| name)
}

/// Returns whether there is an action that can be granted on this resource.
pub fn is_grantable_on(arn: &Arn) -> bool {
    [Kind::Bucket, Kind::Object, Kind::Instance].into_iter().any(|kind| resource_form(arn, kind).is_some())
}

fn known_action(action: &ActionName) -> Result<(String, Kind), Refusal> {
    let (service, name) = action.as_str().split_once(':').unwrap_or((action.as_str(), ""));
    let lists: [(&str, &[&str], Kind); 3] = [
        ("s3", &BUCKET_ACTIONS, Kind::Bucket),
        ("s3", &OBJECT_ACTIONS, Kind::Object),
        ("ec2", &INSTANCE_ACTIONS, Kind::Instance),
    ];
    for (prefix, names, kind) in lists {
        let known = names.iter().find(|known| known.eq_ignore_ascii_case(name));
        if let Some(known) = known.filter(|_| prefix.eq_ignore_ascii_case(service)) {
            return Ok((format!("{prefix}:{known}"), kind));
        }
    }
    let reason = format!("{} cannot be granted", quoted(action.as_str()));
    let remedy =
        "ask for an action of S3 on a bucket or its objects, or of EC2 on an instance, that changes no permissions";
    Err(Refusal::new("unknown-action", "permissions", reason, remedy))
}

/// Returns how `arn` is written in a statement for actions of `kind`; none when they do not work on it.
fn resource_form(arn: &Arn, kind: Kind) -> Option<String> {
    let is_bucket_service = arn.service() == "s3" && arn.region().is_empty() && arn.account().is_empty();
    let is_object = arn.resource().contains('/');
    match kind {
        Kind::Bucket => (is_bucket_service && !is_object).then(|| arn.to_string()),
        Kind::Object if is_bucket_service && is_object => Some(arn.to_string()),
        Kind::Object => is_bucket_service.then(|| format!("{arn}/*")),
        Kind::Instance => {
            let id = arn.resource().strip_prefix("instance/")?;
            let is_instance = arn.service() == "ec2" && !arn.region().is_empty() && arn.account().len() == 12;
            (is_instance && !id.is_empty() && !id.contains('/')).then(|| arn.to_string())
        }
    }
}

fn wrong_type_remedy(kind: Kind) -> &'static str {
    match kind {
        Kind::Bucket => "ask for it on the bucket (arn:aws:s3:::NAME)",
        Kind::Object => "ask for it on a bucket or on an object (arn:aws:s3:::NAME or arn:aws:s3:::NAME/KEY)",
        Kind::Instance => "ask for it on an instance (arn:aws:ec2:REGION:ACCOUNT:instance/ID)",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Actions and resources of each statement.
    type Compiled = Vec<(Vec<String>, Vec<String>)>;

    fn compiled(arns: &[&str], actions: &[&str]) -> Result<Compiled, Refusal> {
        let arns: Vec<_> = arns.iter().map(|arn| Arn::parse("entity", arn).unwrap()).collect();
        let actions: Vec<_> = actions.iter().map(|action| ActionName::parse(action).unwrap()).collect();
        Ok(compile(&arns, &actions)?.into_iter().map(|statement| (statement.actions, statement.resources)).collect())
    }

    const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";
    const INSTANCE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-abc123456789";

    #[test]
    fn an_object_action_on_a_bucket_names_its_objects_and_a_bucket_action_the_bucket() {
        let statements = compiled(&[BUCKET], &["s3:ListBucket", "S3:putobject", "s3:GetObject"]).unwrap();
        let own = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            statements,
            [
                (own(&["s3:ListBucket"]), own(&[BUCKET])),
                (own(&["s3:GetObject", "s3:PutObject"]), own(&["arn:aws:s3:::my-s3-bucket/*"])),
            ]
        );
    }

    #[test]
    fn an_instance_action_names_the_instance_itself() {
        assert_eq!(compiled(&[INSTANCE], &["ec2:StopInstances"]).unwrap()[0].1, [INSTANCE]);
    }

    #[test]
    fn one_object_stays_one_object() {
        assert_eq!(compiled(&["arn:aws:s3:::b/k"], &["s3:GetObject"]).unwrap()[0].1, ["arn:aws:s3:::b/k"]);
    }

    #[test]
    fn what_does_not_fit_is_refused_and_never_widened() {
        for (arns, action, code) in [
            (&[BUCKET][..], "ec2:StopInstances", "wrong-type"),
            (&[INSTANCE][..], "s3:PutObject", "wrong-type"),
            (&["arn:aws:s3:::b/k"][..], "s3:ListBucket", "wrong-type"),
            (&["arn:aws:ec2:us-east-1:123456789012:volume/vol-1"][..], "ec2:StopInstances", "wrong-type"),
            (&[BUCKET][..], "s3:PutBucketPolicy", "unknown-action"),
            (&[INSTANCE][..], "ec2:ModifyInstanceAttribute", "unknown-action"),
            (&[BUCKET][..], "iam:PassRole", "unknown-action"),
            (&[BUCKET][..], "ec2:PutObject", "unknown-action"),
            (&[BUCKET, INSTANCE][..], "s3:PutObject", "unused-resource"),
        ] {
            assert_eq!(compiled(arns, &[action]).unwrap_err().code, code, "{arns:?} {action}");
        }
        assert_eq!(compiled(&[BUCKET], &["s3:PutObject", "s3:putobject"]).unwrap_err().code, "duplicate");
    }

    #[test]
    fn the_order_of_the_request_changes_nothing() {
        let one = compiled(&[BUCKET, "arn:aws:s3:::other"], &["s3:GetObject", "s3:PutObject"]).unwrap();
        let two = compiled(&["arn:aws:s3:::other", BUCKET], &["s3:PutObject", "s3:GetObject"]).unwrap();
        assert_eq!(one, two);
    }
}
