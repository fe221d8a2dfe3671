//! Values from outside that are written into JSON, YAML, a shell step and Port's templates.
//!
//! Each has its own alphabet, taken from what GitHub, AWS or Port allow for it and narrowed where that would let it
//! end a quotation or begin an expression: no quotes, no `$`, no `{`, no `<`, no back-slash, no control character.

use regex::Regex;
use url::{Host, Url};

use super::AssetError;
use crate::domain::printable::is_hidden;
use crate::domain::resource_types::ResourceTypes;
use crate::domain::rules::ApprovalsNeeded;

/// A value that may be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Checked(String);

impl Checked {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    fn by_pattern(what: &'static str, value: &str, pattern: &str, expected: &'static str) -> Result<Self, AssetError> {
        // `\A` and `\z`: a line break at the end must not pass.
        match Regex::new(&format!(r"\A(?:{pattern})\z")) {
            Ok(pattern) if pattern.is_match(value) => Ok(Self(value.to_owned())),
            _ => Err(AssetError::Value { what, value: value.to_owned(), expected }),
        }
    }

    /// Returns a minute of the hour.
    pub(super) fn minute(minute: u8) -> Self {
        Self((minute % 60).to_string())
    }

    /// Returns a login of a GitHub organisation or user; those of enterprise-managed users hold an underscore.
    pub(super) fn organization(value: &str) -> Result<Self, AssetError> {
        let expected = "1 to 39 letters, digits, - and _, and begin with a letter or digit";
        Self::by_pattern("GitHub organisation", value, "[A-Za-z0-9][A-Za-z0-9_-]{0,38}", expected)
    }

    /// Returns the name of a GitHub repository, without its owner.
    pub(super) fn repository(value: &str) -> Result<Self, AssetError> {
        let expected = "1 to 100 letters, digits, ., - and _, without the organisation";
        if value == "." || value == ".." {
            return Err(AssetError::Value { what: "GitHub repository", value: value.to_owned(), expected });
        }
        Self::by_pattern("GitHub repository", value, "[A-Za-z0-9._-]{1,100}", expected)
    }

    /// Returns the name of a branch. git allows more: `{{` would be an expression for Port, which evaluates it.
    pub(super) fn branch(value: &str) -> Result<Self, AssetError> {
        let expected = "a git branch of at most 244 letters, digits and ._/@+#=%-";
        let refused = value.len() > 244
            || [r"..", "//"].iter().any(|part| value.contains(part))
            || ["/", ".", ".lock"].iter().any(|end| value.ends_with(end));
        if refused {
            return Err(AssetError::Value { what: "default branch", value: value.to_owned(), expected });
        }
        Self::by_pattern("default branch", value, r"[\p{L}\p{N}_][\p{L}\p{N}._/@+#=%-]*", expected)
    }

    /// Returns the identifier of an integration in Port.
    pub(super) fn installation(value: &str) -> Result<Self, AssetError> {
        let expected = "1 to 200 letters, digits and @_.+:/=-";
        Self::by_pattern("Port integration", value, "[A-Za-z0-9@_.+:/=-]{1,200}", expected)
    }

    /// Returns an AWS account: twelve digits, of which the first may be 0.
    pub(super) fn account(value: &str) -> Result<Self, AssetError> {
        Self::by_pattern("AWS account", value, "[0-9]{12}", "twelve digits")
    }

    /// Returns the ARNs of roles, with a comma between two; none of them is an empty text.
    pub(super) fn roles(arns: &[&str]) -> Result<Self, AssetError> {
        let expected = "the ARN of a role, such as arn:aws:iam::123456789012:role/port-iam-granter";
        let pattern = "arn:aws(-[a-z]{1,6}){0,2}:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}";
        for arn in arns {
            if arn.contains(',') {
                return Err(AssetError::Value { what: "AWS role", value: (*arn).to_owned(), expected });
            }
            Self::by_pattern("AWS role", arn, pattern, expected)?;
        }
        Ok(Self(arns.join(",")))
    }

    /// Returns an AWS region, of any partition.
    pub(super) fn region(value: &str) -> Result<Self, AssetError> {
        let expected = "a region such as us-east-1";
        Self::by_pattern("AWS region", value, "[a-z]{2,4}(-[a-z]{2,12}){1,3}-[0-9]{1,2}", expected)
    }

    /// Returns an AWS partition.
    pub(super) fn partition(value: &str) -> Result<Self, AssetError> {
        Self::by_pattern("AWS partition", value, "aws(-[a-z]{1,6}){0,2}", "a partition such as aws or aws-us-gov")
    }

    /// Returns the base address of an API: `https`, or `http` on this machine; no query, no password.
    pub(super) fn address(what: &'static str, value: &str) -> Result<Self, AssetError> {
        let expected = "an https:// address (http:// on this machine only) without user, query and fragment";
        let refused = || AssetError::Value { what, value: value.to_owned(), expected };
        let url = Url::parse(value).map_err(|_| refused())?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => return Err(refused()),
        };
        let plain = url.username().is_empty() && url.password().is_none();
        let allowed = plain && (url.scheme() == "https" || (url.scheme() == "http" && loopback));
        if !allowed {
            return Err(refused());
        }
        Self::by_pattern(what, value, r"https?://[A-Za-z0-9.:\[\]_-]+[A-Za-z0-9._~/%-]*", expected)
    }

    /// Returns the tag of a release. A leading letter or digit, so that no program takes it for an option.
    pub(super) fn tag(value: &str) -> Result<Self, AssetError> {
        let expected = "1 to 100 letters, digits, ., _ and -, and begin with a letter or digit";
        Self::by_pattern("release tag", value, "[A-Za-z0-9][A-Za-z0-9._-]{0,99}", expected)
    }

    /// Returns the name of a release asset, which `gh` reads as a pattern: nothing that a pattern gives a meaning to.
    pub(super) fn asset(value: &str) -> Result<Self, AssetError> {
        let expected = "1 to 100 letters, digits, ., _ and -, and begin with a letter or digit";
        Self::by_pattern("release asset", value, "[A-Za-z0-9][A-Za-z0-9._-]{0,99}", expected)
    }

    /// Returns a SHA-256 as `sha256sum` writes it.
    pub(super) fn sha256(value: &str) -> Result<Self, AssetError> {
        Self::by_pattern("SHA-256", value, "[0-9a-f]{64}", "64 lower-case hexadecimal digits")
    }

    /// Returns a version of this program.
    pub(super) fn version(value: &str) -> Result<Self, AssetError> {
        let expected = "a version such as 1.2.3";
        Self::by_pattern("version", value, r"[0-9]+\.[0-9]+\.[0-9]+[0-9A-Za-z.+-]{0,60}", expected)
    }

    /// Returns a name of the installation: environment, prefix, boundary. [`Names`](crate::domain::names::Names) has
    /// public fields, so its word alone is not enough.
    pub(super) fn name(what: &'static str, value: &str) -> Result<Self, AssetError> {
        let expected = "1 to 128 letters, digits, ., _ and -";
        Self::by_pattern(what, value, "[A-Za-z0-9][A-Za-z0-9._-]{0,127}", expected)
    }

    /// Returns an AWS organisation (Organizations API reference, "Organization").
    pub(super) fn aws_organization(value: &str) -> Result<Self, AssetError> {
        let expected = "an organisation such as o-a1b2c3d4e5";
        Self::by_pattern("AWS organisation", value, "o-[a-z0-9]{10,32}", expected)
    }

    /// Returns the ARN of a role or user, in which `*` stands for any text behind the account and for any account.
    pub(super) fn principal(value: &str) -> Result<Self, AssetError> {
        let expected = "the ARN of an IAM role or user, such as arn:aws:iam::123456789012:role/Admin";
        let pattern =
            r"arn:aws(-[a-z]{1,6}){0,2}:iam::([0-9]{12}|\*):(role|user)/[A-Za-z0-9+=,.@_/-][A-Za-z0-9+=,.@_/*-]{0,510}";
        Self::by_pattern("administrator", value, pattern, expected)
    }

    /// Returns a number of GitHub's.
    pub(super) fn number(what: &'static str, value: &str) -> Result<Self, AssetError> {
        Self::by_pattern(what, value, "[1-9][0-9]{0,18}", "a number")
    }

    /// Returns a login of a person or of an app, whose logins end in `[bot]`.
    pub(super) fn dispatcher(value: &str) -> Result<Self, AssetError> {
        let expected = "a GitHub login such as getport-io[bot]";
        Self::by_pattern("dispatcher", value, r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}(\[bot\])?", expected)
    }

    /// Returns the subject of a token. No wildcard: it would let other repositories in.
    pub(super) fn subject(value: &str) -> Result<Self, AssetError> {
        let expected = "a subject such as repo:acme/tools:environment:port-iam, without wildcards";
        if value.len() > 500 {
            return Err(AssetError::Value { what: "OIDC subject", value: value.to_owned(), expected });
        }
        Self::by_pattern("OIDC subject", value, r"[\p{L}\p{N}][\p{L}\p{N}._/@+#=%:-]*", expected)
    }

    /// Returns the resource types as a list without its brackets. They were checked when they were parsed, and again
    /// here, since they go into a YAML list without quotes.
    pub(super) fn resource_types(types: &ResourceTypes) -> Result<Self, AssetError> {
        let list = types.to_string();
        match ResourceTypes::parse("resource types", &list) {
            Ok(parsed) if parsed == *types => Ok(Self(list)),
            _ => Err(AssetError::Value { what: "resource types", value: list, expected: "1 to 50 plain names" }),
        }
    }

    /// Returns code owners, one behind the other ("About code owners", GitHub Docs).
    pub(super) fn code_owners(owners: &[String]) -> Result<Self, AssetError> {
        const OWNER: &str =
            r"@[A-Za-z0-9][A-Za-z0-9_-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+";
        let expected = "@login, @organisation/team or an e-mail address";
        if owners.is_empty() {
            return Err(AssetError::Value { what: "code owners", value: String::new(), expected });
        }
        let checked = owners.iter().map(|owner| Self::by_pattern("code owner", owner, OWNER, expected));
        let checked: Vec<String> = checked.map(|owner| Ok(owner?.0)).collect::<Result<_, AssetError>>()?;
        Ok(Self(checked.join(" ")))
    }

    /// Returns what a rule says of approval: nobody has to, or one of these people. They are e-mail addresses without a
    /// character that could end a quotation.
    pub(super) fn approval(approvers: &[String], needed: ApprovalsNeeded) -> Result<Self, AssetError> {
        const EMAIL: &str = r#"[^\s\p{C}"'\\<>{}@]+@[^\s\p{C}"'\\<>{}@]+"#;
        if approvers.is_empty() {
            return Ok(Self("none".to_owned()));
        }
        const EXPECTED: &str = "an e-mail address";
        let quoted = |email: &String| {
            if email.contains(is_hidden) {
                return Err(AssetError::Value { what: "approver", value: email.clone(), expected: EXPECTED });
            }
            Self::by_pattern("approver", email, EMAIL, EXPECTED).map(|Self(email)| format!("\"{email}\""))
        };
        let quoted = approvers.iter().map(quoted).collect::<Result<Vec<_>, _>>()?;
        let word = match needed {
            ApprovalsNeeded::One => "required",
            ApprovalsNeeded::All => "all",
        };
        Ok(Self(format!("{word}\n    approvers: [{}]", quoted.join(", "))))
    }

    /// Returns an IAM path with a slash at both ends; the root path would give the identities every role.
    pub(super) fn iam_path(value: &str) -> Result<Self, AssetError> {
        let expected = "a path such as /port-iam/, with a slash at both ends and a name between";
        Self::by_pattern("IAM path", value, "(/[A-Za-z0-9._-]+)+/", expected)
    }
}
