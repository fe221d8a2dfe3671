//! From the requester's e-mail in Port to the name by which AWS knows the same person.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

use crate::domain::refusal::{Refusal, RefusalCode, quoted};

/// Role session names and source identities (STS API reference, AssumeRole), in ASCII: no character of it means
/// anything to `StringLike`, to a policy variable or to an ARN.
static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new("^[A-Za-z0-9_+=,.@-]{2,64}$").ok());

/// The name of a person in AWS: an IAM user, the user of a session of Identity Center, a source identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AwsName(String);

impl AwsName {
    /// What a name may consist of, for people.
    pub const ALPHABET: &'static str = "2 to 64 letters, digits and _ + = , . @ -";

    /// Parses a name; none when it holds another character, or is too short or too long.
    pub fn parse(text: &str) -> Option<Self> {
        NAME.as_ref().is_some_and(|pattern| pattern.is_match(text)).then(|| Self(text.to_owned()))
    }

    /// Returns the name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether both are one name to IAM, whose user names ignore case.
    pub fn is_same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl fmt::Display for AwsName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The name of everybody whom the file does not name singly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommonName {
    /// The e-mail address, spelled as Port spells it.
    Email,
    /// What stands before the `@` of an address in one of these domains, which are written in lower case. A name must
    /// mean the same person in all of them.
    LocalPart {
        /// The domains.
        domains: Vec<String>,
    },
}

/// How the names of people in AWS follow from their e-mail in Port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameMapping {
    /// The name of everybody else; none when only the people under `names` have one.
    pub common: Option<CommonName>,
    /// Names of single people by e-mail in lower case. They win, and no two are the same.
    pub names: BTreeMap<String, AwsName>,
}

impl NameMapping {
    /// Returns the name of the person with this e-mail.
    ///
    /// # Errors
    ///
    /// Refuses whoever has no name by this mapping, whose name AWS would not take, and who would get the name that the
    /// file gives to somebody else.
    pub fn name_of(&self, email: &str) -> Result<AwsName, Refusal> {
        // Unicode folds letters of other scripts into ASCII ones; an address with one is another address.
        if let Some(name) = self.names.get(&email.to_ascii_lowercase()) {
            return Ok(name.clone());
        }
        let text = match &self.common {
            Some(CommonName::Email) => email,
            Some(CommonName::LocalPart { domains }) => local_part(email, domains)?,
            None => return Err(unnamed(email, "the rules file gives no name in AWS to")),
        };
        let Some(name) = AwsName::parse(text) else {
            let reason = format!("{} cannot be a name in AWS, which has {}", quoted(text), AwsName::ALPHABET);
            return Err(Refusal::new(RefusalCode::NoAwsName, "requester", reason, remedy(email)));
        };
        if self.names.values().any(|taken| taken.is_same(&name)) {
            let reason =
                format!("{} would be {name} in AWS, which the rules file says is somebody else", quoted(email));
            return Err(Refusal::new(RefusalCode::TakenAwsName, "requester", reason, remedy(email)));
        }
        Ok(name)
    }
}

fn local_part<'a>(email: &'a str, domains: &[String]) -> Result<&'a str, Refusal> {
    let parts = email.split_once('@').filter(|(_, domain)| domains.contains(&domain.to_ascii_lowercase()));
    let named = parts.map(|(local_part, _)| local_part);
    named.ok_or_else(|| unnamed(email, "the rules file names the domains whose people have a name in AWS, not that of"))
}

fn unnamed(email: &str, why: &str) -> Refusal {
    Refusal::new(RefusalCode::NoAwsName, "requester", format!("{why} {}", quoted(email)), remedy(email))
}

fn remedy(email: &str) -> String {
    let shown: String = email.chars().take(120).flat_map(char::escape_debug).collect();
    format!("an owner of the rules file can add it under `trust`: `names: {{ \"{shown}\": NAME }}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(common: Option<CommonName>) -> NameMapping {
        let names = [("dana@acme.example", "dana.k"), ("eve@acme.example", "max")];
        let names = names.map(|(email, name)| (email.to_owned(), AwsName::parse(name).expect("a name")));
        NameMapping { common, names: names.into() }
    }

    fn local_part() -> NameMapping {
        mapping(Some(CommonName::LocalPart { domains: vec!["acme.example".to_owned()] }))
    }

    fn outcome(mapping: &NameMapping, email: &str) -> Result<String, &'static str> {
        mapping.name_of(email).map(|name| name.to_string()).map_err(|refusal| {
            assert_eq!(refusal.field, "requester");
            assert!(refusal.remedy.contains("`names: {"), "{refusal}");
            refusal.code.as_str()
        })
    }

    #[test]
    fn a_name_of_the_file_wins_whatever_the_case_of_the_address() {
        for mapping in [mapping(None), mapping(Some(CommonName::Email)), local_part()] {
            assert_eq!(outcome(&mapping, "Dana@ACME.example"), Ok("dana.k".to_owned()));
        }
    }

    #[test]
    fn who_has_no_name_is_refused() {
        assert_eq!(outcome(&mapping(None), "bob@acme.example"), Err("no-aws-name"));
        assert_eq!(outcome(&mapping(Some(CommonName::Email)), "bob@acme.example"), Ok("bob@acme.example".to_owned()));
        assert_eq!(outcome(&local_part(), "bob@acme.example"), Ok("bob".to_owned()));
        assert_eq!(outcome(&local_part(), "Bob@Acme.Example"), Ok("Bob".to_owned()));
    }

    #[test]
    fn nobody_of_another_domain_becomes_a_person_of_ours() {
        for email in [
            "bob@evil.example",
            "bob@sub.acme.example",
            "bob@acme.example.evil",
            "bob@evil@acme.example",
            "bob@acme.example@evil.example",
            "bob",
            "@acme.example@acme.example",
            // The Kelvin sign, whose lower case is a plain k.
            "bob@acme.example\u{212a}",
        ] {
            assert_eq!(outcome(&local_part(), email), Err("no-aws-name"), "{email}");
        }
    }

    #[test]
    fn nobody_gets_the_name_of_somebody_else() {
        assert_eq!(outcome(&local_part(), "max@acme.example"), Err("taken-aws-name"));
        assert_eq!(outcome(&local_part(), "MAX@acme.example"), Err("taken-aws-name"));
        assert_eq!(outcome(&local_part(), "dana.k@acme.example"), Err("taken-aws-name"));
        let names = [("eve@acme.example".to_owned(), AwsName::parse("max@acme.example").expect("a name"))];
        let by_email = NameMapping { common: Some(CommonName::Email), names: names.into() };
        assert_eq!(outcome(&by_email, "max@acme.example"), Err("taken-aws-name"));
    }

    #[test]
    fn no_name_holds_what_a_policy_would_interpret() {
        for text in ["*", "d*", "d?", "${aws:username}", "d/e", "d:e", "d e", "d\n", "ä-ö", "d", "", "ı1", "d\u{212a}"]
        {
            assert_eq!(AwsName::parse(text), None, "{text:?}");
            assert_eq!(outcome(&local_part(), &format!("{text}@acme.example")), Err("no-aws-name"), "{text:?}");
        }
        let longest = "n".repeat(64);
        assert!(AwsName::parse(&longest).is_some() && AwsName::parse(&format!("{longest}n")).is_none());
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_address_is_the_name_is_harmless_and_the_domain_ours(email in "\\PC{0,80}(@\\PC{0,20}|@acme.example)?") {
            if let Ok(name) = local_part().name_of(&email) {
                let harmless = |character: char| character.is_ascii_alphanumeric() || "_+=,.@-".contains(character);
                proptest::prop_assert!(name.as_str().chars().all(harmless));
                proptest::prop_assert!(email.to_ascii_lowercase().ends_with("@acme.example"));
            }
        }
    }
}
