//! The rules file as it stands: its first rule, to be shown, or why no grant can be decided by it.

use super::finding::{Finding, Severity};
use super::first_rule::first_rule;
use crate::domain::glob::{Case, text_matches};
use crate::domain::refusal::quoted;
use crate::domain::resource_types::{GUIDE, ResourceTypes, service_of_type};
use crate::domain::rules::{Rule, Rules};

/// What the rules file on the default branch says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesFile {
    /// The lines of its first rule; none when it holds none, or cannot be used.
    pub first_rule: Option<String>,
    /// What its trust proves, in a sentence; none when it cannot be used.
    pub trust_sentence: Option<&'static str>,
    /// Why it cannot be used; none when it can.
    pub unusable: Option<Finding>,
    /// That types of the catalog occur in none of its rules, so that nobody will be granted anything on them.
    pub types_without_rule: Option<Finding>,
    /// That rules say of no account, although there are several and an ARN need not tell which one is meant.
    pub of_any_account: Option<Finding>,
}

impl RulesFile {
    /// Reads the `text` of the file `path` on `branch`, as the grant workflow will. `types` are those of the catalog.
    pub fn read(path: &str, branch: &str, text: &str, types: &ResourceTypes) -> Self {
        let error = match Rules::parse(text) {
            Ok(rules) => {
                let types_without_rule = types_without_rule(path, &rules, types);
                let of_any_account = of_any_account(path, &rules);
                let trust_sentence = Some(rules.trust.what_it_proves());
                let first_rule = first_rule(text);
                return Self { first_rule, trust_sentence, unusable: None, types_without_rule, of_any_account };
            }
            Err(error) => error,
        };
        let mistakes: Vec<String> = error.mistakes.iter().map(ToString::to_string).collect();
        let unusable = Finding::new(
            Severity::Warning,
            "rules-unusable",
            format!("every grant is refused, since {path} cannot be used: {}", mistakes.join("; ")),
            format!("mend {path} on the branch {branch}"),
        );
        Self { unusable: Some(unusable), ..Self::default() }
    }

    /// Returns what should be known about it.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.unusable.iter().chain(&self.types_without_rule).chain(&self.of_any_account)
    }
}

/// The file is the operator's, so a type that is added to the catalog later has to be added to it by hand. Whoever
/// took the guide's types out of the rules has meant it.
fn types_without_rule(path: &str, rules: &Rules, types: &ResourceTypes) -> Option<Finding> {
    let is_ruled = |name: &str| {
        rules.rules.iter().flat_map(|rule| &rule.resource_types).any(|known| known == "*" || known == name)
    };
    let missing: Vec<&str> =
        types.names().iter().map(String::as_str).filter(|name| !GUIDE.contains(name) && !is_ruled(name)).collect();
    if missing.is_empty() {
        return None;
    }
    let missing = missing.join(", ");
    Some(Finding::new(
        Severity::Warning,
        "types-without-rule",
        format!("no rule in {path} names the resource type {missing}: every request for it is refused"),
        format!("add {missing} to `resource-types` of a rule in {path}"),
    ))
}

/// The ARN of a bucket tells no account: of several it is the catalog that does, and whoever edits it chooses.
fn of_any_account(path: &str, rules: &Rules) -> Option<Finding> {
    let may_be_a_bucket = |pattern: &String| {
        let fields: Vec<&str> = pattern.splitn(6, ':').collect();
        !matches!(fields.as_slice(), ["arn", _, service, ..] if !text_matches(service, "s3", Case::Sensitive))
    };
    let is_of_buckets = |rule: &&Rule| {
        // A word of the operator's own may mean a bucket, `*` among them; a service's name means that service.
        let is_of_type =
            rule.resource_types.iter().any(|name| service_of_type(name).is_none_or(|prefix| prefix == "s3"));
        rule.accounts.is_empty() && is_of_type && rule.resources.iter().any(may_be_a_bucket)
    };
    let names: Vec<String> = rules.rules.iter().filter(is_of_buckets).map(|rule| quoted(&rule.name)).collect();
    if rules.accounts.len() < 2 || names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(Finding::new(
        Severity::Warning,
        "rule-of-any-account",
        format!(
            "{names} in {path} covers buckets in every account of the file: their ARNs name none, so that whoever edits the \
             property `account` in the catalog chooses it"
        ),
        format!("say under `accounts` of the rule in {path} which ones it is for, all of them where that is meant"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "version: 1\naccounts:\n  \"123456789012\": {}\ntrust:\n  mode: account\nrules: []\n";

    fn read(text: &str) -> RulesFile {
        RulesFile::read("rules.yaml", "main", text, &ResourceTypes::default())
    }

    #[test]
    fn a_type_that_no_rule_names_is_told_once_it_is_more_than_the_guide_s() {
        let types = ResourceTypes::parse("f", "S3,EC2,Lambda,Step Functions").unwrap();
        let rule = |types: &str| {
            let rule = format!(
                "rules:\n  - {{name: r, requesters: ['*'], resource-types: [{types}], resources: ['*'], actions: ['*'], longest-duration: 1h, approval: none}}\n"
            );
            FILE.replace("rules: []\n", &rule)
        };
        let told = |file: &str| RulesFile::read("rules.yaml", "main", file, &types).types_without_rule;
        assert!(told(FILE).unwrap().message.contains("resource type Lambda, Step Functions:"));
        assert!(told(&rule("S3, Lambda")).unwrap().remedy.contains("add Step Functions to"));
        assert_eq!(told(&rule("Lambda, Step Functions")), None);
        assert_eq!(told(&rule("'*'")), None);
    }

    #[test]
    fn a_rule_for_buckets_that_says_of_no_account_is_told_where_there_are_several() {
        let several = FILE.replace("{}\n", "{}\n  \"210987654321\": {}\n");
        let rule = |more: &str, types: &str, arn: &str| {
            format!(
                "rules:\n  - {{name: r, requesters: ['*'], resource-types: [{types}], {more}resources: ['{arn}'], actions: ['*'], longest-duration: 1h, approval: none}}\n"
            )
        };
        let told = |file: &str, rule: &str| read(&file.replace("rules: []\n", rule)).of_any_account;
        for (types, arn) in [("S3", "*"), ("'*'", "arn:aws:s3:::team-*"), ("S3", "arn:aws:*"), ("S3", "?rn:*")] {
            assert!(told(&several, &rule("", types, arn)).unwrap().message.starts_with("`r` in rules.yaml"), "{arn}");
            assert_eq!(told(FILE, &rule("", types, arn)), None, "one account");
            assert_eq!(told(&several, &rule("accounts: ['210987654321'], ", types, arn)), None);
        }
        assert_eq!(told(&several, &rule("", "EC2", "*")), None);
        assert_eq!(told(&several, &rule("", "'*'", "arn:aws:ec2:*")), None);
    }

    #[test]
    fn a_file_that_can_be_used_is_no_finding_even_without_a_rule() {
        let read = read(FILE);
        assert_eq!((read.first_rule.as_ref(), read.findings().next()), (None, None));
    }

    #[test]
    fn the_trust_of_the_file_is_told_whichever_it_is() {
        let sentence = |file: &str| read(file).trust_sentence.unwrap_or_default();
        assert!(sentence(FILE).contains("proves nothing about the requester"));
        assert!(sentence(&FILE.replace("account\nrules", "iam-user\n  name: email\nrules")).contains("IAM user"));
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_no_rule_is_shown() {
        let broken = FILE.replace("version: 1", "version: 2").replace("mode: account", "mode: nobody");
        let read = read(&broken);
        let finding = read.unusable.unwrap();
        assert!(finding.message.contains("line 1: ") && finding.message.contains("; line 5: "), "{finding}");
        assert_eq!((finding.remedy.as_str(), read.first_rule), ("mend rules.yaml on the branch main", None));
    }

    #[test]
    fn a_file_that_is_no_yaml_or_is_empty_cannot_be_used() {
        for text in ["", "rules: [", "- name: one\n"] {
            assert!(read(text).unusable.is_some(), "{text:?}");
        }
    }
}
