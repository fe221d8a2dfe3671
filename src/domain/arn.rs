//! Amazon Resource Names.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use super::printable::is_hidden;
use super::refusal::{Refusal, RefusalCode, quoted};

/// The partitions of AWS.
pub const PARTITIONS: [&str; 8] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"];

/// A bucket's name holds no `/`, `:` or `$` (S3 User Guide, "Bucket naming rules", the former ones included); a key is
/// any text.
static BUCKET_OR_OBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("(?s)^[A-Za-z0-9._-]+(/.+)?$").ok());

const FORM: &str = "arn:partition:service:region:account:resource";

/// The longest ARN that IAM takes (IAM API reference, `arnType`).
const LONGEST: usize = 2_048;

fn is_log_group(text: &str) -> bool {
    let mut parts = text.splitn(6, ':').skip(2);
    let service = parts.next();
    let resource = parts.nth(2).unwrap_or_default();
    service == Some("logs") && resource.starts_with("log-group:") && !resource.contains(":log-stream:")
}

// Every command reads ARNs, and what is this simple takes longer to make a regular expression of than to ask by itself.

fn is_of(text: &str, is_allowed: fn(&u8) -> bool) -> bool {
    !text.is_empty() && text.as_bytes().iter().all(is_allowed)
}

fn is_service(text: &str) -> bool {
    is_of(text, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-')
}

/// Twelve digits, or `aws` for what belongs to AWS itself.
fn is_account(text: &str) -> bool {
    text == "aws" || (text.len() == 12 && is_of(text, u8::is_ascii_digit))
}

/// Returns whether a text is written as a region is: words with `-` between them, and a number.
pub fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let mut words = words.split('-').peekable();
    let first = words.next().unwrap_or_default();
    let is_word = |word: &str| is_of(word, u8::is_ascii_lowercase);
    first.len() >= 2
        && is_word(first)
        && words.peek().is_some()
        && words.all(is_word)
        && is_of(number, u8::is_ascii_digit)
}

/// Returns whether a text still holds a placeholder such as `<BUCKET>`.
pub(in crate::domain) fn holds_placeholder(text: &str) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || b"_ -".contains(byte);
    let begun = text.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    begun
        .into_iter()
        .any(|(name, _)| name.starts_with(|first: char| first.is_ascii_uppercase()) && is_of(name, is_name))
}

/// Checks what stands in an ARN, before it is taken apart.
fn check_characters(text: &str) -> Result<(), (&'static str, String)> {
    if text.chars().any(|character| character.is_whitespace() || is_hidden(character)) {
        let remedy = "copy it again, without blanks and invisible characters";
        return Err(("holds white space or an invisible character", remedy.to_owned()));
    }
    if text.chars().count() > LONGEST {
        return Err((
            "is longer than the 2,048 characters that an ARN has at most",
            "check what was copied".to_owned(),
        ));
    }
    if text.contains(['*', '?']) {
        let whole = text.strip_suffix("/*").filter(|whole| !whole.contains(['*', '?']));
        let remedy = whole.map_or_else(
            || "name one resource exactly, and each further one by itself".to_owned(),
            |whole| format!("leave out `/*`: ask for {}, which covers what lies in it", quoted(whole)),
        );
        return Err(("holds a wildcard, which would name more than one resource", remedy));
    }
    if text.contains("${") {
        let remedy = "write the value itself instead of the variable";
        return Err(("holds a policy variable, which IAM would fill in", remedy.to_owned()));
    }
    if holds_placeholder(text) {
        return Err(("still holds a placeholder", "put the real value in its place".to_owned()));
    }
    Ok(())
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
        let refuse = |(reason, remedy): (&str, String)| {
            Refusal::new(RefusalCode::InvalidArn, field, format!("{} {reason}", quoted(text)), remedy)
        };
        // CloudWatch Logs itself shows a log group so; what is meant is the log group.
        let plain = text.strip_suffix(":*").filter(|plain| is_log_group(plain)).unwrap_or(text);
        check_characters(plain).map_err(refuse)?;
        let mut colons = plain.match_indices(':').map(|(index, _)| index);
        let (Some(prefix), Some(partition), Some(service), Some(region), Some(account)) =
            (colons.next(), colons.next(), colons.next(), colons.next(), colons.next())
        else {
            let remedy = format!("an ARN has the form {FORM}; the AWS console shows it with the resource");
            return Err(refuse(("is not an ARN", remedy)));
        };
        let arn = Self { text: plain.to_owned(), ends: [partition, service, region, account] };
        arn.check_fields(&plain[..prefix]).map_err(refuse)?;
        Ok(arn)
    }

    fn check_fields(&self, prefix: &str) -> Result<(), (&'static str, String)> {
        if prefix != "arn" || !PARTITIONS.contains(&self.partition()) {
            return Err(("does not begin with `arn:` and a partition of AWS", "begin with `arn:aws:`".to_owned()));
        }
        if !is_service(self.service()) {
            return Err(("has no service", format!("an ARN has the form {FORM}")));
        }
        if !self.region().is_empty() && !is_region(self.region()) {
            return Err(("has a region that is none", "a region is written like `us-east-1`".to_owned()));
        }
        if !self.account().is_empty() && !is_account(self.account()) {
            let remedy = "an account id has 12 digits; `aws sts get-caller-identity` prints yours";
            return Err(("has an account that is not 12 digits", remedy.to_owned()));
        }
        if self.resource().is_empty() {
            return Err(("names no resource", "put the resource's name behind the last colon".to_owned()));
        }
        let is_storage = self.service() == "s3" && self.region().is_empty() && self.account().is_empty();
        if is_storage && !BUCKET_OR_OBJECT.as_ref().is_some_and(|pattern| pattern.is_match(self.resource())) {
            let remedy = "a bucket is arn:aws:s3:::NAME, an object arn:aws:s3:::NAME/KEY";
            return Err(("names neither a bucket nor an object", remedy.to_owned()));
        }
        Ok(())
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
    fn whoever_appends_a_star_is_told_to_leave_it_out() {
        let refusal = Arn::parse("entity", "arn:aws:s3:::my-bucket/*").unwrap_err();
        assert!(refusal.remedy.contains("`arn:aws:s3:::my-bucket`"), "{}", refusal.remedy);
    }

    #[test]
    fn an_arn_has_2048_characters_at_most() {
        let of = |length: usize| format!("arn:aws:s3:::{}", "a".repeat(length - 13));
        assert!(Arn::parse("entity", &of(2_048)).is_ok());
        assert!(Arn::parse("entity", &of(2_049)).is_err());
        // Characters are counted, not what they take in memory.
        assert!(Arn::parse("entity", &format!("arn:aws:s3:::b/{}", "é".repeat(2_033))).is_ok());
    }

    #[test]
    fn a_region_is_words_and_a_number() {
        for text in ["us-east-1", "us-gov-west-1", "cn-north-1", "ap-southeast-12", "us-isob-east-1", "eusc-de-east-1"]
        {
            assert!(is_region(text), "{text}");
        }
        for text in [
            "",
            "-",
            "us",
            "us-1",
            "u-east-1",
            "us-east-",
            "us-east",
            "us--1",
            "US-east-1",
            "us-e4st-1",
            "us-east-1a",
            "-east-1",
        ] {
            assert!(!is_region(text), "{text}");
        }
    }

    #[test]
    fn a_placeholder_is_capitals_between_angle_brackets() {
        for text in ["<BUCKET>", "arn:aws:s3:::<YOUR_BUCKET>/x", "a<b<C-1 D>", "<A>"] {
            assert!(holds_placeholder(text), "{text}");
        }
        for text in ["", "<>", "<b>", "<1A>", "<Ab>", "BUCKET>", "<BUCKET", "> <A", "<A<b>"] {
            assert!(!holds_placeholder(text), "{text}");
        }
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
            "arn:aws:S3:::b",
            "arn:aws::::b",
            "arn:aws:ec2:us-east-1:12345678901a:instance/i-abc123456789",
            "arn:aws:ec2:us-east-1:1234567890123:instance/i-abc123456789",
            "arn:aws:ec2:us-east-1:12345678:instance/i-abc123456789",
            "arn:aws:ec2:nowhere:123456789012:instance/i-abc",
            "xarn:aws:s3:::b",
            "arn:aws:s3:::<YOUR_BUCKET>",
            "arn:aws:s3:::bucket/",
            "arn:aws:s3:::a:b",
            "arn:aws:s3:::$",
            "arn:aws:s3:::bu\u{ad}cket",
            "arn:aws:s3:::bu\u{180e}cket",
            "arn:aws:s3:::bu\u{3164}cket",
            "arn:aws:s3:::bucket/a\u{202e}b",
        ] {
            let refusal = Arn::parse("entity", text).unwrap_err();
            assert_eq!((refusal.code.as_str(), refusal.field), ("invalid-arn", "entity"), "{text:?}");
        }
    }
}
