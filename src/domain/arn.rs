//! Amazon Resource Names.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::refusal::{Refusal, quoted};

/// The partitions of AWS.
pub const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

static SERVICE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^[a-z0-9-]+$").ok());
static REGION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[a-z]{2,}(-[a-z]+)+-[0-9]+$").ok());
static ACCOUNT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^([0-9]{12}|aws)$").ok());

static PLACEHOLDER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("<[A-Z][A-Z0-9_ -]*>").ok());

/// The longest ARN that IAM takes (IAM API reference, `arnType`).
const LONGEST: usize = 2_048;

fn is_log_group(text: &str) -> bool {
    let mut parts = text.splitn(6, ':').skip(2);
    let service = parts.next();
    let resource = parts.nth(2).unwrap_or_default();
    service == Some("logs") && resource.starts_with("log-group:") && !resource.contains(":log-stream:")
}

/// One resource, named exactly: no wildcard, no policy variable.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: String,
    /// Ends of partition, service, region and account within `text`.
    ends: [usize; 4],
}

impl Arn {
    /// Parses an ARN of the form `arn:partition:service:region:account:resource`; `field` names where it stands.
    ///
    /// # Errors
    ///
    /// Refuses wildcards, policy variables, white space, control characters, unknown partitions, malformed regions
    /// and accounts, and an empty resource.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let refuse = |reason: &str| {
            let remedy = "use the resource's full ARN, as the AWS console shows it";
            Err(Refusal::new("invalid-arn", field, format!("{} {reason}", quoted(text)), remedy))
        };
        if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
            return refuse("holds white space or a control character");
        }
        if text.len() > LONGEST {
            return refuse("is longer than the 2,048 characters that an ARN has at most");
        }
        // CloudWatch Logs itself shows a log group so; what is meant is the log group.
        let text = text.strip_suffix(":*").filter(|text| is_log_group(text)).unwrap_or(text);
        if text.contains(['*', '?']) || text.contains("${") {
            return refuse("holds a wildcard or a policy variable, which would name more than one resource");
        }
        if PLACEHOLDER.as_ref().is_some_and(|placeholder| placeholder.is_match(text)) {
            return refuse("still holds a placeholder");
        }
        let mut colons = text.match_indices(':').map(|(index, _)| index);
        let (Some(prefix), Some(partition), Some(service), Some(region), Some(account)) =
            (colons.next(), colons.next(), colons.next(), colons.next(), colons.next())
        else {
            return refuse("is not an ARN (arn:partition:service:region:account:resource)");
        };
        let arn = Self { text: text.to_owned(), ends: [partition, service, region, account] };
        if &text[..prefix] != "arn" || !PARTITIONS.contains(&arn.partition()) {
            return refuse("does not begin with `arn:` and a partition of AWS");
        }
        let matches = |pattern: &LazyLock<Option<Regex>>, part: &str| {
            pattern.as_ref().is_some_and(|pattern| pattern.is_match(part))
        };
        if !matches(&SERVICE, arn.service()) {
            return refuse("has no service");
        }
        if !arn.region().is_empty() && !matches(&REGION, arn.region()) {
            return refuse("has a region that is none");
        }
        if !arn.account().is_empty() && !matches(&ACCOUNT, arn.account()) {
            return refuse("has an account that is not 12 digits");
        }
        if arn.resource().is_empty() {
            return refuse("names no resource");
        }
        Ok(arn)
    }

    /// Returns the whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the partition, for example `aws`.
    pub fn partition(&self) -> &str {
        &self.text[4..self.ends[0]]
    }

    /// Returns the service, for example `s3`.
    pub fn service(&self) -> &str {
        &self.text[self.ends[0] + 1..self.ends[1]]
    }

    /// Returns the region; empty for global resources and buckets.
    pub fn region(&self) -> &str {
        &self.text[self.ends[1] + 1..self.ends[2]]
    }

    /// Returns the account id; empty where the ARN names none.
    pub fn account(&self) -> &str {
        &self.text[self.ends[2] + 1..self.ends[3]]
    }

    /// Returns everything behind the account.
    pub fn resource(&self) -> &str {
        &self.text[self.ends[3] + 1..]
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_taken_apart_at_its_first_five_colons() {
        let arn = Arn::parse("entity", "arn:aws-cn:logs:cn-north-1:123456789012:log-group:a:b").unwrap();
        assert_eq!(
            (arn.partition(), arn.service(), arn.region(), arn.account(), arn.resource()),
            ("aws-cn", "logs", "cn-north-1", "123456789012", "log-group:a:b")
        );
    }

    #[test]
    fn a_bucket_names_neither_region_nor_account() {
        let arn = Arn::parse("entity", "arn:aws:s3:::my-s3-bucket").unwrap();
        assert_eq!((arn.region(), arn.account(), arn.resource()), ("", "", "my-s3-bucket"));
    }

    #[test]
    fn a_log_group_may_be_named_as_cloudwatch_shows_it_and_nothing_else_so() {
        let plain = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/orders";
        assert_eq!(Arn::parse("entity", &format!("{plain}:*")).unwrap().as_str(), plain);
        for text in [
            format!("{plain}:log-stream:a:*"),
            format!("{plain}:*:*"),
            "arn:aws:logs:us-east-1:123456789012:*".to_owned(),
            "arn:aws:sns:us-east-1:123456789012:log-group:a:*".to_owned(),
        ] {
            assert!(Arn::parse("entity", &text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_arn_has_2048_characters_at_most() {
        let of = |length: usize| format!("arn:aws:s3:::{}", "a".repeat(length - 13));
        assert!(Arn::parse("entity", &of(2_048)).is_ok());
        assert!(Arn::parse("entity", &of(2_049)).is_err());
    }

    #[test]
    fn what_is_no_exact_arn_is_refused_and_the_field_is_named() {
        for text in [
            "",
            "arn",
            "arn:::::",
            "arn:aws:s3:::",
            "arn:aws:s3:::bucket/*",
            "arn:aws:s3:::${aws:username}",
            "arn:aws:s3:::my bucket",
            "arn:aws:s3:::b\u{0}",
            "arn:amazon:s3:::b",
            "arn:aws:ec2:us-east-1:12345678:instance/i-abc123456789",
            "arn:aws:ec2:nowhere:123456789012:instance/i-abc",
            "xarn:aws:s3:::b",
            "arn:aws:s3:::<YOUR_BUCKET>",
        ] {
            let refusal = Arn::parse("entity", text).unwrap_err();
            assert_eq!((refusal.code, refusal.field), ("invalid-arn", "entity"), "{text:?}");
        }
    }
}
