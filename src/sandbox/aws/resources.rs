//! What is in the account besides IAM: resources of which only the ARN, the region and the tags are known.

use super::state::State;
use crate::sandbox::cast::{AWS_REGION, SECOND_AWS_ACCOUNT_ID};

/// Keys and values of tags.
type Tags = [(&'static str, &'static str)];

/// A resource of some service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) arn: String,
    pub(super) region: String,
    /// The account, which not every ARN names.
    pub(super) owner: String,
    /// None when it never had a tag: the tagging API does not know it then.
    pub(super) tags: Option<Vec<(String, String)>>,
}

impl Resource {
    pub(super) fn new(account: &str, region: &str, arn: &str, tags: Option<&[(&str, &str)]>) -> Self {
        let own = |tags: &[(&str, &str)]| tags.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        let owner = arn.split(':').nth(4).filter(|account| !account.is_empty()).unwrap_or(account).to_owned();
        Self { arn: arn.to_owned(), region: region.to_owned(), owner, tags: tags.map(own) }
    }

    /// Returns whether a filter, `service` or `service:kind`, means it.
    pub(super) fn is_meant_by(&self, filter: &str) -> bool {
        let mut parts = self.arn.splitn(6, ':').skip(2);
        let service = parts.next().unwrap_or_default();
        let resource = parts.nth(2).unwrap_or_default();
        let (of, kind) = filter.split_once(':').map_or((filter, None), |(of, kind)| (of, Some(kind)));
        // The ARN of a bucket does not say that it is one.
        let own_kind = if service == "s3" { "bucket" } else { resource.split(['/', ':']).next().unwrap_or_default() };
        of == service && kind.is_none_or(|kind| kind == own_kind)
    }
}

/// Puts into the account what the guide's samples name, and a few things more.
pub(super) fn furnish(state: &mut State) {
    const RESOURCES: [(&str, Option<&Tags>); 6] = [
        ("arn:aws:s3:::my-s3-bucket", Some(&[("team", "data")])),
        ("arn:aws:s3:::never-tagged-bucket", None),
        ("arn:aws:ec2:us-east-1:123456789012:instance/i-abc123456789", Some(&[("Name", "build-agent")])),
        ("arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0", Some(&[])),
        ("arn:aws:lambda:us-east-1:123456789012:function:orders", Some(&[("team", "shop")])),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/orders", Some(&[("Name", "Orders")])),
    ];
    const IN_THE_SECOND: [(&str, Option<&Tags>); 2] = [
        ("arn:aws:s3:::second-bucket", Some(&[("team", "data")])),
        ("arn:aws:ec2:us-east-1:210987654321:instance/i-0second", Some(&[("Name", "runner")])),
    ];
    let account = state.account;
    let resource = |(arn, tags)| Resource::new(account, AWS_REGION, arn, tags);
    if account == SECOND_AWS_ACCOUNT_ID {
        state.resources.extend(IN_THE_SECOND.map(resource));
    } else {
        state.resources.extend(RESOURCES.map(resource));
    }
}
