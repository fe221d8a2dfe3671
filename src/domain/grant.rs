//! A grant: one role, one policy, one entity, all of one name, all with one end.

use std::sync::LazyLock;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use regex::Regex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::arn::Arn;
use super::break_glass;
use super::duration::GrantDuration;
use super::identifier::{AccountId, GrantId, RunId};
use super::names::Names;
use super::policy::together;
use super::refusal::Refusal;
use super::time::utc;
use super::trust;

/// Everything that `encodeURIComponent` escapes: identifiers are one path segment, whatever they hold.
pub const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What a tag's value may consist of; of the separators, the plain blank alone.
static TAG_CHARACTER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[\p{L}\p{N} _.:/=+@-]$").ok());
const LONGEST_TAG_VALUE: usize = 256;

/// The account that a caller's credentials belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsAccount {
    /// The account id.
    pub id: AccountId,
    /// The partition, for example `aws`.
    pub partition: String,
}

impl AwsAccount {
    /// Returns the ARN of an IAM object: `kind` is `role` or `policy`, `name` begins behind the slash.
    pub fn iam_arn(&self, kind: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}/{name}", self.partition, self.id)
    }

    /// Returns the ARN of the account as a principal (IAM User Guide, "AWS JSON policy elements: Principal").
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.id)
    }

    /// Returns the ARN of a role under our path.
    pub fn role_arn(&self, names: &Names, grant: &GrantId) -> String {
        self.iam_arn(&format!("role{}", names.iam_path.trim_end_matches('/')), grant.as_str())
    }

    /// Returns the ARN of the first of a grant's policies under our path.
    pub fn policy_arn(&self, names: &Names, grant: &GrantId) -> String {
        self.part_arn(names, grant, 1)
    }

    /// Returns the ARN of one of a grant's policies under our path, counted from 1: the first bears the grant's name,
    /// the others `.2`, `.3` … behind it: a run's id holds no dot, so that no other grant bears such a name.
    pub fn part_arn(&self, names: &Names, grant: &GrantId, number: usize) -> String {
        self.iam_arn(&format!("policy{}", names.iam_path.trim_end_matches('/')), &part_name(grant, number))
    }

    /// Returns the ARN of the permissions boundary.
    pub fn boundary_arn(&self, names: &Names) -> String {
        self.iam_arn("policy", &names.boundary)
    }

    /// Returns the ARN of AWS's managed policy that denies everything.
    pub fn deny_all_arn(&self) -> String {
        format!("arn:{}:iam::aws:policy/AWSDenyAll", self.partition)
    }

    /// Returns the host of the console's sign-in pages; none where it is not known.
    ///
    /// Sources: IAM User Guide, "Switching to a role" (aws); AWS General Reference, "AWS Sign-In endpoints" and the
    /// endpoint rules of AWS's SDKs for the service `signin` (all); the sign-in addresses for SAML of AWS's CDK
    /// (aws-cn, aws-us-gov, aws-iso, aws-iso-b); AWS Marketplace Seller Guide (aws-eusc, which has one region and no
    /// host without it). For aws-iso-e and aws-iso-f only hosts with a region are documented. Nobody here could open
    /// the pages of the isolated partitions.
    fn sign_in_host(&self) -> Option<&'static str> {
        match self.partition.as_str() {
            "aws" => Some("signin.aws.amazon.com"),
            "aws-cn" => Some("signin.amazonaws.cn"),
            "aws-us-gov" => Some("signin.amazonaws-us-gov.com"),
            "aws-eusc" => Some("eusc-de-east-1.signin.amazonaws-eusc.eu"),
            "aws-iso" => Some("signin.c2shome.ic.gov"),
            "aws-iso-b" => Some("signin.sc2shome.sgov.gov"),
            _ => None,
        }
    }

    /// Returns the link with which the console switches to the role of a grant (IAM User Guide, "Switching to a role");
    /// none where its host is not known.
    pub fn switch_role_url(&self, names: &Names, grant: &GrantId) -> Option<String> {
        let host = self.sign_in_host()?;
        let encode = |text: &str| utf8_percent_encode(text, COMPONENT).to_string();
        let role = encode(&format!("{}{grant}", names.iam_path.trim_start_matches('/')));
        let (account, shown) = (&self.id, encode(grant.as_str()));
        Some(format!("https://{host}/switchrole?account={account}&roleName={role}&displayName={shown}"))
    }

    /// Checks that it is the account that a workflow is for, where that is known.
    ///
    /// # Errors
    ///
    /// Refuses another one.
    pub fn check_expected(&self, expected: Option<&AccountId>) -> Result<(), Refusal> {
        match expected {
            Some(expected) if *expected != self.id => {
                let reason = format!("the credentials belong to {}, the workflow is for {expected}", self.id);
                Err(Refusal::new("other-account", "AWS_ACCOUNT_ID", reason, "check the secrets of the workflow"))
            }
            _ => Ok(()),
        }
    }
}

/// Whom and what the installation is: two installations in one account do not touch each other's grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope(pub String);

/// Everything about a grant, decided before anything is made.
#[derive(Clone, Debug, PartialEq)]
pub struct Grant {
    /// Its name, which role, policy and entity bear.
    pub id: GrantId,
    /// The run that asked for it.
    pub run_id: RunId,
    /// The grants that it goes on from: the one that it extends first; none for a grant of its own.
    pub extends: Vec<GrantId>,
    /// E-mail of the person who asked.
    pub requester: String,
    /// E-mail of the person who approved, when somebody had to.
    pub approver: Option<String>,
    /// Why, in the requester's words.
    pub reason: Option<String>,
    /// The account.
    pub account: AwsAccount,
    /// The resource that was named.
    pub resource: Arn,
    /// Further resources.
    pub additional_resources: Vec<Arn>,
    /// Identifiers of the permission entities, as the catalog spells them.
    pub permissions: Vec<String>,
    /// How long it lasts.
    pub duration: GrantDuration,
    /// When it ends.
    pub expires: Timestamp,
    /// The policy documents, one for each managed policy.
    pub policies: Vec<Value>,
    /// The trust document.
    pub trust: Value,
    /// What people should know of it: warnings about actions, and what the rules grant beside; each a sentence.
    pub notes: Vec<String>,
    /// Name of the rule that let it through.
    pub rule: String,
    /// One sentence on what the trust proves.
    pub trust_sentence: &'static str,
    /// The installation.
    pub scope: Scope,
    /// ARN of the AWS identity that granted it without Port; none when a run asked for it.
    pub break_glass_by: Option<String>,
}

impl Grant {
    /// Returns the longest session of the role in seconds: IAM takes 1 to 12 hours, the dates end it earlier.
    pub fn max_session_seconds(&self) -> i32 {
        i32::try_from(self.duration.seconds().clamp(3_600, 43_200)).unwrap_or(3_600)
    }

    /// Returns the tags of role and policy. They are an index for people and sweeps, never evidence.
    pub fn tags(&self) -> Vec<(String, String)> {
        let mut tags = [
            ("managed-by", "port-iam".to_owned()),
            ("port-iam:run", self.run_id.to_string()),
            ("port-iam:requester", self.requester.clone()),
            ("port-iam:resource", self.resource.to_string()),
            ("port-iam:expires", utc(self.expires)),
            ("port-iam:scope", self.scope.0.clone()),
        ]
        .map(|(key, value)| (key.to_owned(), tag_value(&value)))
        .to_vec();
        // Without a run there is nobody else who could tell what was asked for.
        tags.extend(self.break_glass_by.iter().flat_map(|person| break_glass::tags(self, person)));
        tags
    }

    /// Returns one document that says what all policies say, for people.
    pub fn policy(&self) -> Value {
        together(&self.policies)
    }

    /// Returns the ARNs of all policies, the first one first.
    pub fn policy_arns(&self, names: &Names) -> Vec<String> {
        (1..=self.policies.len()).map(|number| self.account.part_arn(names, &self.id, number)).collect()
    }

    /// Returns the link with which the console switches to the role (IAM User Guide, "Switching to a role"); none where
    /// its host is not known, and for a trust in a source identity, which the console cannot bring.
    pub fn sign_in_url(&self, names: &Names) -> Option<String> {
        self.account.switch_role_url(names, &self.id).filter(|_| !trust::wants_source_identity(&self.trust))
    }

    /// Returns how the requester gets at the role: the link, or the command where there is none.
    pub fn how_to_sign_in(&self, names: &Names) -> String {
        self.sign_in_url(names).unwrap_or_else(|| {
            let role = self.account.role_arn(names, &self.id);
            format!("aws sts assume-role --role-arn {role} --role-session-name {}", self.id)
        })
    }

    /// Returns the body of the entity of the live grants. Its end is in UTC alone: how far away that is would be wrong a
    /// minute later, and Port shows dates so by itself.
    pub fn entity(&self, names: &Names) -> Value {
        self.with_what_it_extends(json!({
            "identifier": self.id.as_str(),
            "title": self.id.as_str(),
            "properties": {
                "requester": self.requester,
                "iam_policy": self.policy(),
                "sign_in_url": self.sign_in_url(names),
                "policy_arn": self.account.policy_arn(names, &self.id),
                "role_arn": self.account.role_arn(names, &self.id),
                "expiry_time": utc(self.expires),
                "run_id": self.run_id.as_str(),
                "state": "live",
                "reason": self.reason,
                "duration": self.duration.to_string(),
                "notes": self.notes,
                "account": self.account.id.as_str(),
            },
            "relations": {
                "aws_resource": self.resource.as_str(),
                "permissions": self.permissions,
            },
        }))
    }

    /// Returns the body of the permanent record, which outlives the grant; `now` is when access begins.
    pub fn record(&self, now: Timestamp) -> Value {
        self.with_what_it_extends(json!({
            "identifier": self.id.as_str(),
            "title": self.id.as_str(),
            "properties": {
                "grant": self.id.as_str(),
                "run": self.run_id.as_str(),
                "requester": self.requester,
                "approver": self.approver,
                "reason": self.reason,
                "resource": self.resource.as_str(),
                "additional_resources": self.additional_resources.iter().map(Arn::as_str).collect::<Vec<_>>(),
                "actions": self.permissions,
                "account": self.account.id.as_str(),
                "notes": self.notes,
                "policy_digest": policies_digest(&self.policies),
                "trust_digest": digest(&self.trust),
                "granted_from": utc(now),
                "granted_until": utc(self.expires),
                "state": "live",
                "break_glass_by": self.break_glass_by,
                "review_due": self.break_glass_by.as_ref().map(|_| true),
            },
        }))
    }

    fn with_what_it_extends(&self, mut body: Value) -> Value {
        if let Some(extended) = self.extends.first() {
            body["properties"]["extends"] = json!(extended.as_str());
        }
        body
    }
}

/// Returns the name of one of a grant's policies, counted from 1.
pub fn part_name(grant: &GrantId, number: usize) -> String {
    if number <= 1 { grant.to_string() } else { format!("{grant}.{number}") }
}

/// Returns which of a grant's policies bears this name, counted from 1; none when it is none of them.
pub fn part_number(grant: &GrantId, name: &str) -> Option<usize> {
    let number = match name.strip_prefix(grant.as_str())? {
        "" => 1,
        rest => rest.strip_prefix('.')?.parse().ok()?,
    };
    (part_name(grant, number) == name).then_some(number)
}

/// Returns the SHA-256 of a document as `sha256:` and hexadecimal digits, whatever the order of its keys.
pub fn digest(document: &Value) -> String {
    let hash = Sha256::digest(canonical(document).to_string());
    let hexadecimal: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hexadecimal}")
}

/// Returns the digest of a grant's policies as its record holds it: of the one document, or of the list of all.
pub fn policies_digest(policies: &[Value]) -> String {
    match policies {
        [policy] => digest(policy),
        policies => digest(&Value::from(policies)),
    }
}

/// Returns `value` with all keys sorted, so that two equal documents are equal text.
pub fn canonical(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), canonical(value))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(canonical).collect()),
        other => other.clone(),
    }
}

/// Returns `text` as a tag's value may be: at most 256 characters of IAM's alphabet (IAM API reference, "Tag"),
/// anything else as `_`. Characters are counted as UTF-16 does, which is never fewer than IAM counts.
pub fn tag_value(text: &str) -> String {
    let mut value = String::new();
    let mut length = 0;
    for character in text.chars() {
        let mut buffer = [0; 4];
        let is_legal = TAG_CHARACTER.as_ref().is_some_and(|legal| legal.is_match(character.encode_utf8(&mut buffer)));
        let character = if is_legal { character } else { '_' };
        length += character.len_utf16();
        if length > LONGEST_TAG_VALUE {
            break;
        }
        value.push(character);
    }
    value
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::arn::PARTITIONS;

    fn link(partition: &str) -> Option<String> {
        let id = AccountId::parse("account", "123456789012").expect("an account");
        let account = AwsAccount { id, partition: partition.to_owned() };
        account.switch_role_url(&Names::default(), &RunId::parse("r_1").expect("a run id").grant_id())
    }

    #[test]
    fn every_partition_signs_in_at_its_own_host_or_at_none() {
        let links: Vec<String> = PARTITIONS.iter().filter_map(|partition| link(partition)).collect();
        let hosts: std::collections::BTreeSet<_> = links
            .iter()
            .filter_map(|link| {
                link.strip_suffix(
                    "/switchrole?account=123456789012&roleName=port-iam%2FPermission-r_1&displayName=Permission-r_1",
                )
            })
            .collect();
        assert_eq!((links.len(), hosts.len()), (6, 6), "{links:?}");
        assert!(hosts.iter().all(|host| host.starts_with("https://") && host.contains("signin.")), "{hosts:?}");
        assert_eq!(link("aws-new"), None);
    }

    #[test]
    fn another_account_than_the_workflow_s_is_refused() {
        let id = |text: &str| AccountId::parse("account", text).unwrap();
        let account = AwsAccount { id: id("123456789012"), partition: "aws".to_owned() };
        assert!(account.check_expected(None).is_ok() && account.check_expected(Some(&account.id)).is_ok());
        assert_eq!(account.check_expected(Some(&id("210987654321"))).unwrap_err().code, "other-account");
    }

    #[test]
    fn the_first_policy_bears_the_grant_s_name_and_the_others_a_number() {
        let grant = GrantId::parse("Permission-r_1").unwrap();
        for (number, name) in [(1, "Permission-r_1"), (2, "Permission-r_1.2"), (10, "Permission-r_1.10")] {
            assert_eq!(part_name(&grant, number), name);
            assert_eq!(part_number(&grant, name), Some(number));
        }
    }

    #[test]
    fn a_name_that_we_would_not_give_is_none_of_the_grant_s_policies() {
        let grant = GrantId::parse("Permission-r_1").unwrap();
        let others =
            ["Permission-r_10", "Permission-r_1.", "Permission-r_1.0", "Permission-r_1.1", "Permission-r_1.02"];
        for name in others.into_iter().chain([
            "Permission-r_1..2",
            "Permission-r_1.2.2",
            "Permission-r_1.x",
            "Permission-r_1-2",
        ]) {
            assert_eq!(part_number(&grant, name), None, "{name}");
        }
    }

    #[test]
    fn the_digest_of_one_policy_is_that_of_its_document() {
        let (one, other) = (json!({ "b": 1, "a": 2 }), json!({ "a": 2, "b": 1 }));
        assert_eq!(digest(&one), digest(&other));
        assert_eq!(policies_digest(std::slice::from_ref(&one)), digest(&one));
        assert_ne!(policies_digest(&[one.clone(), json!({})]), digest(&one));
        assert_ne!(policies_digest(&[one.clone(), json!({})]), policies_digest(&[json!({}), one]));
    }

    proptest! {
        /// Pattern and length of the IAM API reference, "Tag".
        #[test]
        fn a_tag_s_value_is_within_iam_s_alphabet_and_length_whatever_it_was(text in "\\PC{0,300}|.{0,20}|[\\p{M}\\p{So}]{0,9}") {
            let alphabet = Regex::new(r"^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$").unwrap();
            let value = tag_value(&text);
            prop_assert!(alphabet.is_match(&value) && value.chars().count() <= 256, "{:?}", value);
            let is_legal = alphabet.is_match(&text) && !text.contains(char::is_whitespace) && text.len() <= 256;
            prop_assert!(!is_legal || value == text, "{:?}", value);
        }

        /// IAM API reference, CreateRole and CreatePolicy.
        #[test]
        fn names_of_role_and_policy_are_within_iam_s_limits(run in "[A-Za-z0-9_-]{1,44}") {
            let grant = RunId::parse(&run).unwrap().grant_id();
            let path = Names::default().iam_path;
            let name = Regex::new(r"^[A-Za-z0-9_+=,.@-]{1,64}$").unwrap();
            prop_assert!(name.is_match(grant.as_str()));
            prop_assert!(path.trim_start_matches('/').len() + grant.as_str().len() <= 64);
            prop_assert!(path.starts_with('/') && path.ends_with('/') && path.len() <= 512);
        }
    }
}
