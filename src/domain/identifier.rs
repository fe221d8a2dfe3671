//! Identifiers, parsed once at the border: whoever holds one of these types holds a value that is safe to use.

use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use regex::Regex;

use super::refusal::{Refusal, RefusalCode, quoted};

/// What a role name may consist of (IAM API reference, CreateRole), and Port's run ids fit into it.
static RUN_ID: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[A-Za-z0-9_-]{1,44}$").ok());
/// Port's rule for entity identifiers (Port OpenAPI, POST entities), without the two that are path segments.
static ENTITY: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}0-9@_.+:\\/=-]+$").ok());

/// Port's limit, in code points (Port OpenAPI, `maxLength`).
const LONGEST_ENTITY_IDENTIFIER: usize = 1000;

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

macro_rules! text_type {
    ($(#[$documentation:meta])* $name:ident) => {
        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        pub struct $name(String);

        impl $name {
            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_type! {
    /// Id of a Port action run: 1 to 44 characters that an IAM role name can hold behind `Permission-`.
    RunId
}
text_type! {
    /// Name of a grant, of its role, its policy and its entity: `Permission-<Port run id>`.
    GrantId
}
text_type! {
    /// Identifier of a Port entity.
    EntityIdentifier
}
text_type! {
    /// AWS account id, 12 digits.
    AccountId
}
text_type! {
    /// Name of an IAM action, `service:Name`, without wildcards.
    ActionName
}

impl RunId {
    /// Parses a run id.
    ///
    /// # Errors
    ///
    /// Refuses an id that is empty, too long for a role name, or made of other characters.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if matches(&RUN_ID, text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            RefusalCode::InvalidRunId,
            "runId",
            format!("{} is not a run id of Port (1 to 44 letters, digits, _ or -)", quoted(text)),
            "start the action in Port; do not dispatch the workflow by hand",
        ))
    }

    /// What an id begins with that stands in the place of a run's, since Port was not asked. Port's own begin with
    /// `r_`.
    const BREAK_GLASS: &'static str = "bg-";

    /// Returns the id of a grant that is made at `now` without Port. Ids sort by their time; `word`, at least eight
    /// random letters or digits, tells those of one second apart.
    ///
    /// # Errors
    ///
    /// Refuses a word that no id can hold.
    pub fn break_glass(now: Timestamp, word: &str) -> Result<Self, Refusal> {
        let word: String = word.chars().take(8).collect();
        Self::parse(&format!("{}{}-{word}", Self::BREAK_GLASS, now.strftime("%Y%m%dT%H%M%SZ")))
    }

    /// Returns whether it stands in the place of a run's id.
    pub fn is_break_glass(&self) -> bool {
        self.0.starts_with(Self::BREAK_GLASS)
    }

    /// Returns the name of the grant of this run.
    pub fn grant_id(&self) -> GrantId {
        GrantId(format!("{}{}", GrantId::PREFIX, self.0))
    }
}

impl GrantId {
    /// What every grant's name begins with. Part of the format of names, which never changes.
    pub const PREFIX: &'static str = "Permission-";

    /// Parses the name of a grant.
    ///
    /// # Errors
    ///
    /// Refuses every name that [`RunId::grant_id`] cannot have made.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let ours = text.strip_prefix(Self::PREFIX).is_some_and(|run| RunId::parse(run).is_ok());
        if ours {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            RefusalCode::NotAGrant,
            "entity",
            format!("{} is not the name of a grant ({}<run id>)", quoted(text), Self::PREFIX),
            "name the entity of `provisioned_permissions` whose access shall end",
        ))
    }

    /// Returns whether it was made without Port (`grant --break-glass`).
    pub fn is_break_glass(&self) -> bool {
        self.run_id().is_break_glass()
    }

    /// Returns whether the account that its permanent record names is the one in which it was made. The record of a grant
    /// without Port is of the first role of its name that was found, whoever had made that one.
    pub fn is_where_its_record_says(&self) -> bool {
        !self.is_break_glass()
    }

    /// Returns the id of the Port run that made this grant.
    pub fn run_id(&self) -> RunId {
        RunId(self.0.strip_prefix(Self::PREFIX).unwrap_or(&self.0).to_owned())
    }
}

impl EntityIdentifier {
    /// Parses an entity identifier of the form field `field`.
    ///
    /// # Errors
    ///
    /// Refuses what Port refuses: wildcards, blanks, control characters, more than 1,000 characters.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let legal = matches(&ENTITY, text) && text != "." && text != "..";
        if legal && text.chars().count() <= LONGEST_ENTITY_IDENTIFIER {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            RefusalCode::InvalidIdentifier,
            field,
            format!("{} cannot be the identifier of an entity in Port", quoted(text)),
            "use letters, digits and @ _ . + : \\ / = - only, at most 1,000 of them, and no wildcard",
        ))
    }
}

impl AccountId {
    /// Parses an account id; `field` names where it stands.
    ///
    /// # Errors
    ///
    /// Refuses anything but 12 digits.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::new(
            RefusalCode::InvalidAccount,
            field,
            format!("{} is not an AWS account id", quoted(text)),
            "an account id has 12 digits; `aws sts get-caller-identity` prints yours",
        ))
    }
}

impl ActionName {
    /// Parses the name of an IAM action.
    ///
    /// # Errors
    ///
    /// Refuses wildcards and everything that is not `service:Name`.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if text.split_once(':').is_some_and(|(service, name)| is_name(service) && is_name(name)) {
            return Ok(Self(text.to_owned()));
        }
        let (code, reason) = if text.contains(['*', '?']) {
            (
                RefusalCode::WildcardAction,
                format!("{} holds a wildcard, which would grant more than one action", quoted(text)),
            )
        } else {
            (RefusalCode::UnknownAction, format!("{} is not an IAM action of the form `service:Name`", quoted(text)))
        };
        Err(Refusal::new(code, "permissions", reason, "ask for single actions such as `s3:PutObject`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_grant_fits_the_console_s_limit_for_switching_roles() {
        let longest = RunId::parse(&"r".repeat(44)).unwrap();
        assert_eq!(format!("port-iam/{}", longest.grant_id()).len(), 64);
        assert!(RunId::parse(&"r".repeat(45)).is_err());
    }

    #[test]
    fn a_grant_leads_back_to_its_run() {
        let run = RunId::parse("r_k86OUzq80jRlxFV0").unwrap();
        assert_eq!(run.grant_id().as_str(), "Permission-r_k86OUzq80jRlxFV0");
        // The prefix is taken off once: an id may begin with it too.
        for run in [run, RunId::parse("Permission-Permission-r").unwrap()] {
            assert_eq!(run.grant_id().run_id(), run);
        }
    }

    #[test]
    fn ids_that_stand_for_a_run_sort_by_their_time_and_are_told_apart() {
        let at = |second: i64, word: &str| {
            RunId::break_glass(Timestamp::from_second(second).unwrap(), word).unwrap().grant_id()
        };
        let (first, second) = (at(1_764_292_499, "ffffffffff"), at(1_764_292_500, "0000000000"));
        assert_eq!(first.as_str(), "Permission-bg-20251128T011459Z-ffffffff");
        assert!(first < second && first.is_break_glass());
        assert!(!GrantId::parse("Permission-r_bg-1").unwrap().is_break_glass());
        assert!(RunId::break_glass(Timestamp::UNIX_EPOCH, "a b").is_err());
    }

    #[test]
    fn names_that_are_more_than_a_name_are_no_run_ids() {
        for text in ["", "r 1", "r/1", "../r", "r\n1", "r*", "'; touch pwned; echo '", "ä"] {
            assert!(RunId::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn entity_identifiers_follow_port_s_rule() {
        for text in ["arn:aws:ec2:us-east-1:123456789012:instance/i-abc", "s3:PutObject", "Größe", "a\\b=c"] {
            assert!(EntityIdentifier::parse("entity", text).is_ok(), "{text:?}");
        }
        let long = "a".repeat(1001);
        for text in ["", ".", "..", "s3:*", "a b", "a$b", "a\u{7}", "'; touch pwned; echo '", long.as_str()] {
            assert!(EntityIdentifier::parse("entity", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_account_id_has_twelve_digits() {
        assert!(AccountId::parse("account", "123456789012").is_ok());
        for text in ["12345678", "1234567890123", "12345678901a", "１２３４５６７８９０１２", ""] {
            assert!(AccountId::parse("account", text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn wildcards_are_refused_by_name() {
        assert_eq!(ActionName::parse("s3:*").unwrap_err().code.as_str(), "wildcard-action");
        assert_eq!(ActionName::parse("PutObject").unwrap_err().code.as_str(), "unknown-action");
    }
}
