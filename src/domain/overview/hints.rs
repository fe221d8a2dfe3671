//! How the requester gets at what was granted.

use percent_encoding::utf8_percent_encode;

use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::identifier::GrantId;
use crate::domain::names::Names;
use crate::domain::url::COMPONENT;

/// AWS's limit for a session of a role that a session of another role asked for (IAM User Guide, "Roles terms and
/// concepts", role chaining).
const ROLE_CHAINING: &str = "whoever is a role themselves (IAM Identity Center is one) gets a session of one hour at most (role chaining); `port-iam credentials` gets the next one by itself";

/// How the requester gets at what was granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hints {
    /// The link with which the console switches to the role.
    pub switch_role: Option<String>,
    /// A block for `~/.aws/config`.
    pub profile: String,
    /// Link to the resource in the console.
    pub console: Option<String>,
    /// What should be known.
    pub notes: Vec<String>,
}

impl Hints {
    /// Returns the hints for a grant. `wants_source_identity` says that its trust does, which the console cannot bring.
    pub fn new(
        names: &Names,
        account: &AwsAccount,
        grant: &GrantId,
        resource: Option<&str>,
        region: Option<&str>,
        wants_source_identity: bool,
    ) -> Self {
        let link = account.switch_role_url(names, grant).filter(|_| !wants_source_identity);
        let arn = resource.and_then(|text| Arn::parse("resource", text).ok());
        // Buckets are of no region, and the CLI wants one.
        let of_resource = arn.as_ref().map(Arn::region).filter(|region| !region.is_empty());
        let region = of_resource.or(region).map(|region| format!("region = {region}\n")).unwrap_or_default();
        let mut notes = vec![ROLE_CHAINING.to_owned()];
        if wants_source_identity {
            notes.push("the role lets in nobody without a source identity: the session that asks has to carry it, which the console cannot".to_owned());
        }
        Self {
            switch_role: link,
            // Without `--profile` the program would be given this very profile, whose credentials it is to bring.
            profile: format!(
                "[profile {grant}]\ncredential_process = port-iam credentials {grant} --account {account} --profile default\n{region}",
                account = account.id
            ),
            console: arn.as_ref().and_then(console_link),
            notes,
        }
    }
}

/// Returns the address of a resource in the console: a bucket, an object, an instance; none for others, and where the
/// console's host is not known.
///
/// Sources: the addresses that the console of S3 and EC2 shows; hosts as in the AWS China and GovCloud User Guides.
pub fn console_link(arn: &Arn) -> Option<String> {
    let host = match arn.partition() {
        "aws" => "console.aws.amazon.com",
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => return None,
    };
    let encode = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
    match (arn.service(), arn.region(), arn.resource().split_once('/')) {
        ("s3", "", None) => Some(format!("https://{host}/s3/buckets/{}", encode(arn.resource()))),
        ("s3", "", Some((bucket, key))) => {
            Some(format!("https://{host}/s3/object/{}?prefix={}", encode(bucket), encode(key)))
        }
        ("ec2", region, Some(("instance", id))) if !region.is_empty() => {
            Some(format!("https://{region}.{host}/ec2/home?region={region}#InstanceDetails:instanceId={}", encode(id)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identifier::{AccountId, RunId};

    #[test]
    fn a_bucket_an_object_and_an_instance_have_a_page_in_the_console_of_their_partition() {
        for (arn, link) in [
            ("arn:aws:s3:::b", Some("https://console.aws.amazon.com/s3/buckets/b")),
            ("arn:aws-cn:s3:::b/k e/y?", None),
            ("arn:aws-cn:s3:::b/key?x", None),
            ("arn:aws-cn:s3:::b/k/y&z", Some("https://console.amazonaws.cn/s3/object/b?prefix=k%2Fy%26z")),
            (
                "arn:aws:ec2:eu-west-1:123456789012:instance/i-1",
                Some(
                    "https://eu-west-1.console.aws.amazon.com/ec2/home?region=eu-west-1#InstanceDetails:instanceId=i-1",
                ),
            ),
            ("arn:aws-iso:s3:::b", None),
            ("arn:aws:sqs:eu-west-1:123456789012:q", None),
        ] {
            let found = Arn::parse("x", arn).ok().and_then(|arn| console_link(&arn));
            assert_eq!(found.as_deref(), link, "{arn}");
        }
    }

    #[test]
    fn the_profile_names_another_one_than_itself_and_the_region_of_the_resource() {
        let account = AwsAccount { id: AccountId::parse("x", "123456789012").unwrap(), partition: "aws".to_owned() };
        let grant = RunId::parse("r_1").unwrap().grant_id();
        let hints = |resource: &str, source: bool| {
            Hints::new(&Names::default(), &account, &grant, Some(resource), Some("us-east-1"), source)
        };
        let of_instance = hints("arn:aws:ec2:eu-west-1:123456789012:instance/i-1", false);
        assert_eq!(
            of_instance.profile,
            "[profile Permission-r_1]\ncredential_process = port-iam credentials Permission-r_1 --account 123456789012 --profile default\nregion = eu-west-1\n"
        );
        assert!(of_instance.switch_role.is_some());
        let of_bucket = hints("arn:aws:s3:::b", true);
        assert!(of_bucket.profile.ends_with("region = us-east-1\n"), "{}", of_bucket.profile);
        assert_eq!((of_bucket.switch_role, of_bucket.notes.len()), (None, 2));
    }
}
