//! Reads the rules file: strict, and every mistake with its line.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use super::actions::{action_globs, action_names, classes};
use super::break_glass::{BreakGlassEntry, break_glass};
use super::bundle::bundles;
use super::by_name::ByName;
use super::companion::{CompanionEntry, companion};
use super::entry::{RuleEntry, rules};
use super::example::{ExampleEntry, example};
use super::mistake::{Mistakes, RulesError};
use super::open_grants::{OpenGrantsEntry, open_grants};
use super::people::kinds_of_people;
use super::present::present;
use super::trust::{TrustEntry, trust};
use super::{Account, Rules};
use crate::domain::identifier::AccountId;
use crate::domain::role_arn::RoleArn;
use crate::domain::trust::Trust;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    version: Spanned<u32>,
    accounts: Spanned<ByName<Spanned<AccountEntry>>>,
    trust: TrustEntry,
    #[serde(default)]
    dispatchers: Vec<Spanned<String>>,
    #[serde(default)]
    allow_actions: Vec<Spanned<String>>,
    #[serde(default)]
    account_wide_actions: Vec<Spanned<String>>,
    #[serde(default)]
    refuse_classes: Vec<Spanned<String>>,
    #[serde(default)]
    companions: Vec<CompanionEntry>,
    #[serde(default)]
    open_grants: OpenGrantsEntry,
    #[serde(default, deserialize_with = "present")]
    break_glass: Option<BreakGlassEntry>,
    #[serde(default)]
    kinds_of_people: Vec<Spanned<String>>,
    #[serde(default)]
    template_may_widen: bool,
    #[serde(default)]
    other_installations: Vec<String>,
    #[serde(default)]
    examples: Vec<Spanned<ExampleEntry>>,
    #[serde(default)]
    bundles: ByName<Spanned<Vec<Spanned<String>>>>,
    rules: Vec<RuleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct AccountEntry {
    #[serde(default)]
    regions: Vec<String>,
    #[serde(default, deserialize_with = "present")]
    granter: Option<Spanned<String>>,
    #[serde(default, deserialize_with = "present")]
    revoker: Option<Spanned<String>>,
}

impl Rules {
    /// Parses a rules file.
    ///
    /// # Errors
    ///
    /// Fails with every mistake that was found, each with its line. A file that is no YAML, or holds unknown,
    /// missing or repeated keys, fails at the first of them.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        if let Some(error) = RulesError::of_line_ends(text) {
            return Err(error);
        }
        let file: File = serde_saphyr::from_str(text).map_err(|error| RulesError::of_syntax(text, &error))?;
        let mut mistakes = Mistakes::default();
        if file.version.value != 1 {
            mistakes.note(&file.version, "this program reads version 1 of the rules file");
        }
        if file.accounts.value.0.is_empty() {
            mistakes.note(&file.accounts, "`accounts` is empty: no account, no grant");
        }
        let accounts = accounts(file.accounts.value.0, &mut mistakes);
        let trust = trust(&file.trust, &mut mistakes);
        let bundles = bundles(&file.bundles.0, &mut mistakes);
        let rules = Self {
            rules: rules(&file.rules, &accounts, &bundles, &mut mistakes),
            accounts,
            // Without a trust there is a mistake, and the rules are not returned.
            trust: trust.unwrap_or(Trust::Account),
            dispatchers: dispatchers(&file.dispatchers, &mut mistakes),
            allow_actions: action_names("allow-actions", &file.allow_actions, &mut mistakes),
            account_wide_actions: action_globs("account-wide-actions", &file.account_wide_actions, &mut mistakes),
            refuse_classes: classes(&file.refuse_classes, &mut mistakes),
            companions: file.companions.iter().filter_map(|entry| companion(entry, &mut mistakes)).collect(),
            open_grants: open_grants(&file.open_grants, &mut mistakes),
            break_glass: file.break_glass.as_ref().and_then(|entry| break_glass(entry, &mut mistakes)),
            kinds_of_people: kinds_of_people(&file.kinds_of_people, &mut mistakes),
            template_may_widen: file.template_may_widen,
            other_installations: file.other_installations,
            examples: file.examples.iter().filter_map(|entry| example(entry, &mut mistakes)).collect(),
            bundles,
        };
        mistakes.none_or(rules)
    }
}

fn accounts(entries: BTreeMap<String, Spanned<AccountEntry>>, mistakes: &mut Mistakes) -> BTreeMap<AccountId, Account> {
    let mut accounts = BTreeMap::new();
    for (id, entry) in entries {
        match AccountId::parse("accounts", &id) {
            Ok(id) => {
                let AccountEntry { regions, granter, revoker } = &entry.value;
                let granter = role_of("granter", &id, granter.as_ref(), mistakes);
                let revoker = role_of("revoker", &id, revoker.as_ref(), mistakes);
                accounts.insert(id, Account { regions: regions.clone(), granter, revoker });
            }
            Err(refusal) => mistakes.note(&entry, refusal.to_string()),
        }
    }
    accounts
}

/// Reads the role of an account, which has to be a role of that very account.
fn role_of(
    key: &'static str,
    account: &AccountId,
    entry: Option<&Spanned<String>>,
    mistakes: &mut Mistakes,
) -> Option<RoleArn> {
    let entry = entry?;
    match RoleArn::parse(key, &entry.value) {
        Ok(role) if role.account() == account => return Some(role),
        Ok(role) => mistakes.note(
            entry,
            format!(
                "`{key}` of the account {account} is a role of {}: name a role of that very account",
                role.account()
            ),
        ),
        Err(refusal) => mistakes.note(entry, refusal.to_string()),
    }
    None
}

/// A name that nobody can have would let nobody start a workflow; an app's ends in `[bot]`.
fn dispatchers(entries: &[Spanned<String>], mistakes: &mut Mistakes) -> Vec<String> {
    let is_login = |text: &str| {
        let name = text.strip_suffix("[bot]").unwrap_or(text);
        !name.is_empty() && name.chars().all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
    };
    for entry in entries.iter().filter(|entry| !is_login(&entry.value)) {
        mistakes.note(entry, format!("{:?} is no GitHub login; write `octocat` or `an-app[bot]`", entry.value));
    }
    entries.iter().map(|entry| entry.value.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{ActionClass, ActionName, Expectation};
    use super::*;

    const FILE: &str = r#"version: 1
accounts:
  "123456789012": {}
trust: { mode: account }
allow-actions: [ssm:StartSession, "kms:CreateGrant"]
account-wide-actions: [ec2:DescribeInstances, "s3:List*"]
refuse-classes: [leaves-behind, sensitive]
companions:
  - kind: bucket
    resources: ["arn:aws:s3:::team-*"]
    actions: [s3:ListAllMyBuckets]
    keys: ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"]
  - kind: instance
    actions: [ec2:DescribeInstances]
template-may-widen: true
examples:
  - name: the team writes
    requester: dana@acme.example
    teams: [Storage]
    resource-type: S3
    resources: ["arn:aws:s3:::team-a"]
    actions: [s3:PutObject]
    duration: 1h
    expect: granted
    approval: required
  - requester: max@acme.example
    resource-type: S3
    resources: ["arn:aws:s3:::team-a"]
    actions: [s3:PutObject]
    duration: 1h
    expect: refused
    code: no-rule
rules: []
"#;

    /// Returns the line, counted from 1, on which `needle` begins for the first time.
    fn line_of(file: &str, needle: &str) -> u64 {
        1 + file[..file.find(needle).expect("it is in the file")].matches('\n').count() as u64
    }

    #[test]
    fn what_the_compiler_is_to_know_is_read_as_it_is_written() {
        let rules = Rules::parse(FILE).unwrap();
        let allowed: Vec<_> = rules.allow_actions.iter().map(ActionName::as_str).collect();
        assert_eq!(allowed, ["ssm:StartSession", "kms:CreateGrant"]);
        assert_eq!(rules.account_wide_actions, ["ec2:DescribeInstances", "s3:List*"]);
        assert_eq!(rules.refuse_classes, [ActionClass::LeavesBehind, ActionClass::Sensitive]);
        assert!(rules.template_may_widen);
        let [bucket, instance] = rules.companions.as_slice() else { panic!("two companions") };
        assert_eq!((bucket.kind.as_str(), bucket.resources.len(), bucket.keys.len()), ("bucket", 1, 1));
        assert_eq!(bucket.keys[0].region(), "us-east-1");
        assert_eq!((instance.resources.as_slice(), instance.keys.len()), (&["*".to_owned()][..], 0));
        let [granted, refused] = rules.examples.as_slice() else { panic!("two examples") };
        assert_eq!((granted.name.as_deref(), &granted.expectation), (Some("the team writes"), &Expectation::Granted));
        assert_eq!(refused.expectation, Expectation::Refused { code: Some("no-rule".to_owned()) });
        assert_eq!(refused.line, line_of(FILE, "requester: max"));
        assert_eq!((granted.needs_approval, refused.needs_approval), (Some(true), None));
    }

    #[test]
    fn a_file_that_says_nothing_of_them_allows_nothing_more() {
        let file = "version: 1\naccounts: { \"123456789012\": {} }\ntrust: { mode: account }\nrules: []\n";
        let rules = Rules::parse(file).unwrap();
        assert!(rules.allow_actions.is_empty() && rules.account_wide_actions.is_empty());
        assert!(rules.companions.is_empty() && rules.examples.is_empty() && rules.refuse_classes.is_empty());
        assert!(!rules.template_may_widen);
    }

    #[test]
    fn every_mistake_in_them_is_told_at_its_line() {
        for (from, to, word) in [
            ("ssm:StartSession", "\"ssm:*\"", "wildcard"),
            ("ssm:StartSession", "StartSession", "not an IAM action"),
            ("\"kms:CreateGrant\"", "SSM:startsession", "already"),
            ("ec2:DescribeInstances, \"s3:List*\"", "\"*\"", "one service"),
            ("ec2:DescribeInstances, \"s3:List*\"", "\"*:Describe*\"", "one service"),
            ("ec2:DescribeInstances, \"s3:List*\"", "\"s3:List*\", \"S3:list*\"", "twice"),
            ("[leaves-behind, sensitive]", "[harmless]", "`pass-role`"),
            ("[leaves-behind, sensitive]", "[sensitive, sensitive]", "twice"),
            ("kind: instance", "kind: \"*\"", "no kind"),
            ("[\"arn:aws:s3:::team-*\"]", "[\"\"]", "empty"),
            ("[s3:ListAllMyBuckets]", "[\"s3:List*\"]", "wildcard"),
            ("key/1234abcd", "alias/1234abcd", "alias"),
            ("arn:aws:kms:us-east-1:", "arn:aws:kms::", "KMS key"),
            ("arn:aws:kms:us-east-1:123456789012:", "arn:aws:kms:us-east-1::", "KMS key"),
            ("arn:aws:kms:us-east-1:", "arn:aws:sns:us-east-1:", "KMS key"),
            ("key/1234abcd", "key/x/1234abcd", "KMS key"),
            ("key/1234abcd-12ab-34cd-56ef-1234567890ab", "key/", "KMS key"),
            ("arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", "key/*", "wildcard"),
            ("requester: dana@acme.example", "requester: team:Storage", "e-mail"),
            ("actions: [s3:PutObject]", "actions: []", "empty"),
            ("duration: 1h", "duration: 1y", "not a duration"),
            ("expect: granted", "expect: yes", "`refused`"),
            ("expect: granted", "expect: granted\n    code: no-rule", "`code`"),
            ("approval: required", "approval: maybe", "`required`"),
            ("expect: refused", "expect: refused\n    approval: none", "`approval`"),
        ] {
            let file = FILE.replacen(from, to, 1);
            let error = Rules::parse(&file).unwrap_err();
            let [mistake] = error.mistakes.as_slice() else { panic!("{to}: {error}") };
            let last_line_of_change = line_of(FILE, from) + to.matches('\n').count() as u64;
            assert_eq!(mistake.line, last_line_of_change, "{to}: {error}");
            assert!(mistake.message.contains(word), "{to}: {error}");
        }
    }

    #[test]
    fn the_roles_of_an_account_are_roles_of_that_very_account() {
        let with = |roles: &str| FILE.replacen("\"123456789012\": {}", &format!("\"123456789012\": {{ {roles} }}"), 1);
        let own = "arn:aws:iam::123456789012:role/ci/port-iam-granter";
        let rules = Rules::parse(&with(&format!("granter: \"{own}\""))).unwrap();
        let account = rules.accounts.values().next().unwrap();
        assert_eq!((account.granter.as_ref().map(RoleArn::as_str), account.revoker.as_ref()), (Some(own), None));
        for (roles, word) in [
            ("granter: \"arn:aws:iam::210987654321:role/port-iam-granter\"", "`granter` of the account 123456789012"),
            ("revoker: \"arn:aws:iam::210987654321:role/port-iam-revoker\"", "`revoker` of the account 123456789012"),
            ("revoker: \"arn:aws:iam::123456789012:user/x\"", "revoker: `arn:aws:iam::123456789012:user/x` is not"),
            ("granter: port-iam-granter", "is not the ARN of a role"),
        ] {
            let error = Rules::parse(&with(roles)).unwrap_err();
            assert!(error.mistakes[0].line == 3 && error.to_string().contains(word), "{roles}: {error}");
        }
    }

    #[test]
    fn an_example_may_name_its_account_a_reason_and_that_nobody_has_to_approve() {
        let of = |more: &str| {
            let file = FILE.replacen("    approval: required\n", more, 1);
            Rules::parse(&file).unwrap().examples.remove(0)
        };
        let silent = of("");
        assert_eq!((silent.account, silent.reason, silent.needs_approval), (None, None, None));
        let told = of("    account: \"123456789012\"\n    reason: \" the report \"\n    approval: none\n");
        assert_eq!(told.account.map(|account| account.to_string()).as_deref(), Some("123456789012"));
        assert_eq!((told.reason.as_deref(), told.needs_approval), (Some("the report"), Some(false)));
        // As the form is read: what is empty is no reason.
        assert_eq!(of("    reason: \"  \"\n").reason, None);
    }

    #[test]
    fn a_companion_grants_something() {
        let file = FILE.replacen("    actions: [ec2:DescribeInstances]\n", "", 1);
        let error = Rules::parse(&file).unwrap_err();
        assert!(error.to_string().contains("needs `actions` or `keys`"), "{error}");
        assert_eq!(error.mistakes[0].line, line_of(&file, "kind: instance"));
    }

    #[test]
    fn a_companion_reads_only_and_is_of_a_kind_that_aws_has() {
        for (from, to, word) in [
            ("[ec2:DescribeInstances]", "[ec2:StopInstances]", "read-only"),
            ("[ec2:DescribeInstances]", "[s3:GetObject]", "sensitive"),
            ("[ec2:DescribeInstances]", "[iam:GetRole]", "read-only"),
            ("[ec2:DescribeInstances]", "[ec2:DescribeInstance]", "did you mean"),
            ("kind: instance", "kind: instances", "no kind of resource"),
            ("kind: instance", "kind: table", "`dynamodb:table`"),
            ("kind: instance", "kind: s3:instance", "no kind of resource"),
        ] {
            let error = Rules::parse(&FILE.replacen(from, to, 1)).unwrap_err();
            assert!(error.to_string().contains(word), "{to}: {error}");
        }
    }

    #[test]
    fn what_the_names_of_a_file_with_many_mistakes_could_mean_is_looked_for_ten_times() {
        let names: Vec<String> = (0..12).map(|number| format!("ec2:DescribeInstance{number}")).collect();
        let error =
            Rules::parse(&FILE.replacen("[ec2:DescribeInstances]", &format!("[{}]", names.join(", ")), 1)).unwrap_err();
        assert_eq!((error.mistakes.len(), error.to_string().matches("did you mean").count()), (12, 10), "{error}");
        let kinds: String =
            (0..12).map(|number| format!("  - {{kind: kind{number}, actions: [s3:ListBucket]}}\n")).collect();
        let error = Rules::parse(&FILE.replacen("companions:\n", &format!("companions:\n{kinds}"), 1)).unwrap_err();
        let told = error.to_string();
        let counted = ["AWS has no kind", "was not looked up"].map(|words| told.matches(words).count());
        assert_eq!((error.mistakes.len(), counted), (12, [10, 2]), "{error}");
    }

    #[test]
    fn a_kind_is_named_with_its_service_where_several_have_it() {
        for (kind, service, name) in [
            ("instance", "ec2", "instance"),
            ("ec2:instance", "ec2", "instance"),
            ("dynamodb:Table", "dynamodb", "table"),
            // One service alone has secrets.
            ("secret", "secretsmanager", "secret"),
        ] {
            let rules = Rules::parse(&FILE.replacen("kind: instance", &format!("kind: \"{kind}\""), 1)).unwrap();
            let companion = &rules.companions[1];
            assert_eq!((companion.service.as_str(), companion.kind.as_str()), (service, name), "{kind}");
        }
    }

    #[test]
    fn no_name_stands_twice_however_it_is_written() {
        let account = "  \"123456789012\": {}\n";
        for (from, to, line) in [
            (account, "  \"123456789012\": {regions: [eu-west-1]}\n  123456789012: {}\n", 4),
            (account, "  \"123456789012\": {regions: [eu-west-1]}\n  !own \"123456789012\": {}\n", 4),
            ("rules: []", "bundles: {\"7\": [\"s3:Get*\"], 7: [\"s3:*\"]}\nrules: []", line_of(FILE, "rules:")),
            ("{ mode: account }", "{ mode: iam-user, names: {\"7\": max, 7: dana} }", 4),
        ] {
            let error = Rules::parse(&FILE.replacen(from, to, 1)).unwrap_err();
            let told = format!("is there twice, again in line {line}; keep one of them");
            assert!(error.to_string().contains(&told), "{to}: {error}");
        }
    }

    #[test]
    fn unknown_words_are_errors_in_every_entry() {
        for (from, to) in [
            ("refuse-classes:", "refuse-class:"),
            ("    keys:", "    kms-keys:"),
            ("    expect: refused", "    expects: refused"),
            ("template-may-widen: true", "template-may-widen: perhaps"),
        ] {
            let file = FILE.replacen(from, to, 1);
            let error = Rules::parse(&file).unwrap_err();
            assert!(error.mistakes[0].line >= line_of(&file, to.trim_start()), "{to}: {error}");
        }
    }
}
