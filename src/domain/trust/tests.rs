//! Who may assume the role of a grant, in every mode: the requester until the end, and nobody else.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::domain::account::AwsAccount;
use crate::domain::evaluation::{Context, PolicyDocument, Principal, may_assume};
use crate::domain::identifier::AccountId;
use crate::domain::refusal::Refusal;
use crate::domain::template::TrustTemplate;

const ACCOUNT: &str = "123456789012";
const ROLE: &str = "arn:aws:iam::123456789012:role/port-iam/Permission-r_1";
const END: &str = "2026-11-23T20:00:00Z";
const BEFORE: &str = "2026-11-23T19:59:59Z";
const DANA: &str = "dana@acme.example";
const SET_ROLE: &str = "AWSReservedSSO_Dev_0123456789abcdef";

fn account(partition: &str) -> AwsAccount {
    AwsAccount { id: AccountId::parse("account", ACCOUNT).expect("an account"), partition: partition.to_owned() }
}

fn guide() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}]})
}

fn written(template: &Value, trust: &Trust, requester: &str) -> Result<Value, Refusal> {
    let template = TrustTemplate::parse(template)?;
    document(&template, trust, &account("aws"), requester, END.parse::<Timestamp>().expect("a date"))
}

fn by_email() -> NameMapping {
    NameMapping { common: Some(CommonName::Email), names: BTreeMap::new() }
}

fn by_local_part() -> NameMapping {
    let common = CommonName::LocalPart { domains: vec!["acme.example".to_owned()] };
    NameMapping { common: Some(common), names: BTreeMap::new() }
}

fn with_role() -> Trust {
    Trust::IdentityCenter { permission_set: PermissionSet::Role(SET_ROLE.to_owned()), names: by_email() }
}

fn with_set() -> Trust {
    Trust::IdentityCenter { permission_set: PermissionSet::Name("Dev".to_owned()), names: by_email() }
}

fn iam_user(path: &str) -> Trust {
    Trust::IamUser { path: path.to_owned(), names: by_local_part() }
}

/// Somebody who tries: the principal, and what his session carries.
struct Caller(Principal, Context);

impl Caller {
    fn session(account: &str, path: &str, role: &str, name: &str) -> Self {
        let session = format!("arn:aws:sts::{account}:assumed-role/{role}/{name}");
        let role = format!("arn:aws:iam::{account}:role{path}{role}");
        let principal = Principal::assumed_role(&session, &role, &format!("AROA1:{name}"));
        Self(principal.expect("a session of the role"), Context::new())
    }

    fn user(account: &str, path_and_name: &str) -> Self {
        let arn = format!("arn:aws:iam::{account}:user{path_and_name}");
        Self(Principal::from_arn(&arn, "AIDA1").expect("a user"), Context::new())
    }

    fn carrying(self, source_identity: &str) -> Self {
        Self(self.0, self.1.with("aws:SourceIdentity", source_identity))
    }

    fn asking_for(self, source_identity: &str) -> Self {
        Self(self.0, self.1.with("sts:SourceIdentity", source_identity))
    }

    /// Returns whether the caller may assume the role at this time; his own policies allow everything, or nothing.
    fn may(&self, trust: &Value, now: &str, may_himself: bool) -> bool {
        let text =
            json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]});
        let own: Vec<_> = may_himself.then(|| PolicyDocument::parse(&text).expect("a policy")).into_iter().collect();
        let trust = PolicyDocument::parse(trust).expect("IAM takes the document");
        let context = self.1.clone().with("aws:CurrentTime", now);
        may_assume(&trust, ROLE, &self.0, &own, None, &context).is_allowed()
    }
}

const RESERVED: &str = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
const RESERVED_IN_VIRGINIA: &str = "/aws-reserved/sso.amazonaws.com/";
const OTHER: &str = "999999999999";

/// Asserts that these callers may use a grant to Dana until its end, and those never, whatever their own policies say.
fn assert_only(trust: &Trust, template: &Value, these: &[Caller], those: &[Caller]) {
    let document = written(template, trust, DANA).expect("a document");
    assert_eq!(end_of(&document), Some(END.parse().expect("a date")));
    for Caller(principal, context) in these {
        let caller = Caller(principal.clone(), context.clone());
        assert!(caller.may(&document, BEFORE, true), "{principal:?} may not, by {document}");
        assert!(!caller.may(&document, END, true), "{principal:?} still may at the end, by {document}");
    }
    for caller in those {
        assert!(!caller.may(&document, BEFORE, true), "{:?} may, by {document}", caller.0);
    }
}

#[test]
fn the_whole_account_may_in_mode_account_and_no_other_account() {
    let these =
        [Caller::user(ACCOUNT, "/dana"), Caller::user(ACCOUNT, "/max"), Caller::session(ACCOUNT, "/", "Ops", "x1")];
    assert_only(&Trust::Account, &guide(), &these, &[Caller::user(OTHER, "/dana")]);
    let document = written(&guide(), &Trust::Account, DANA).unwrap();
    assert!(!Caller::user(ACCOUNT, "/dana").may(&document, BEFORE, false), "a policy of her own is needed");
}

#[test]
fn the_requester_s_session_of_the_role_may_and_nobody_else() {
    let dana = |account: &str, role: &str| Caller::session(account, RESERVED, role, DANA);
    let those = [
        Caller::session(ACCOUNT, RESERVED, SET_ROLE, "max@acme.example"),
        Caller::session(ACCOUNT, RESERVED, SET_ROLE, "Dana@acme.example"),
        dana(ACCOUNT, "AWSReservedSSO_Dev_fedcba9876543210"),
        dana(ACCOUNT, "AWSReservedSSO_Dev_Admin_0123456789abcdef"),
        dana(OTHER, SET_ROLE),
        Caller::user(ACCOUNT, "/dana@acme.example"),
    ];
    assert_only(&with_role(), &guide(), &[dana(ACCOUNT, SET_ROLE)], &those);
    let document = written(&guide(), &with_role(), DANA).unwrap();
    assert!(dana(ACCOUNT, SET_ROLE).may(&document, BEFORE, false), "being named is enough");
}

#[test]
fn the_requester_s_session_of_the_permission_set_may_whatever_its_suffix_and_nobody_else() {
    let these = [
        Caller::session(ACCOUNT, RESERVED, SET_ROLE, DANA),
        Caller::session(ACCOUNT, RESERVED, "AWSReservedSSO_Dev_fedcba9876543210", DANA),
        Caller::session(ACCOUNT, RESERVED_IN_VIRGINIA, SET_ROLE, DANA),
    ];
    let those = [
        Caller::session(ACCOUNT, RESERVED, SET_ROLE, "max@acme.example"),
        Caller::session(ACCOUNT, RESERVED, SET_ROLE, "xdana@acme.example"),
        // Another permission set whose name begins alike.
        Caller::session(ACCOUNT, RESERVED, "AWSReservedSSO_Dev_Admin_0123456789abcdef", DANA),
        Caller::session(ACCOUNT, RESERVED, "AWSReservedSSO_Developer_0123456789abcdef", DANA),
        // A role that anybody with iam:CreateRole can make, and whose callers choose their session's name.
        Caller::session(ACCOUNT, "/", SET_ROLE, DANA),
        Caller::session(ACCOUNT, "/sso.amazonaws.com/eu-west-1/", SET_ROLE, DANA),
        Caller::session(OTHER, RESERVED, SET_ROLE, DANA),
        Caller::user(ACCOUNT, "/dana@acme.example"),
    ];
    assert_only(&with_set(), &guide(), &these, &those);
}

#[test]
fn the_requester_s_user_may_and_nobody_else() {
    let those = [
        Caller::user(ACCOUNT, "/max"),
        Caller::user(ACCOUNT, "/people/dana"),
        Caller::user(ACCOUNT, "/dana2"),
        Caller::user(OTHER, "/dana"),
        Caller::session(ACCOUNT, "/", "dana", "dana"),
    ];
    assert_only(&iam_user("/"), &guide(), &[Caller::user(ACCOUNT, "/dana")], &those);
    let those = [Caller::user(ACCOUNT, "/dana"), Caller::user(ACCOUNT, "/people/ops/dana")];
    assert_only(&iam_user("/people/"), &guide(), &[Caller::user(ACCOUNT, "/people/dana")], &those);
}

#[test]
fn a_session_that_carries_the_requester_s_source_identity_may_and_nobody_else() {
    let session = |account: &str| Caller::session(account, "/", "Ops", "dana");
    let those = [
        session(ACCOUNT),
        session(ACCOUNT).carrying("max"),
        session(ACCOUNT).carrying("Dana"),
        // Whoever asks for a source identity in this very request proves nothing.
        session(ACCOUNT).asking_for("dana"),
        session(OTHER).carrying("dana"),
        Caller::user(ACCOUNT, "/dana"),
    ];
    let trust = Trust::SourceIdentity { names: by_local_part() };
    assert_only(&trust, &guide(), &[session(ACCOUNT).carrying("dana")], &those);
    // AWS judges the second for every session that carries a source identity. Tags are the caller's own choice.
    let action = |template: &Value| written(template, &trust, DANA).unwrap()["Statement"][0]["Action"].clone();
    assert_eq!(action(&guide()), json!(["sts:AssumeRole", "sts:SetSourceIdentity"]));
    let mut tagging = guide();
    tagging["Statement"][0]["Action"] = json!(["sts:AssumeRole", "sts:TagSession"]);
    assert_eq!(action(&tagging), json!(["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"]));
}

#[test]
fn whom_the_reviewed_template_names_may_and_nobody_else() {
    let mut template = guide();
    template["Statement"][0]["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:user/people/<REQUESTER>"});
    let named = Trust::Template { names: Some(by_local_part()) };
    let those = [Caller::user(ACCOUNT, "/people/max"), Caller::user(OTHER, "/people/dana")];
    assert_only(&named, &template, &[Caller::user(ACCOUNT, "/people/dana")], &those);
    let refusal = written(&template, &Trust::Template { names: None }, DANA).unwrap_err();
    assert_eq!(refusal.code.as_str(), "template");
    template["Statement"][0]["Principal"] = json!({"AWS": "arn:aws:iam::999999999999:user/auditor"});
    let those = [Caller::user(ACCOUNT, "/dana"), Caller::user(OTHER, "/dana")];
    assert_only(&Trust::Template { names: None }, &template, &[Caller::user(OTHER, "/auditor")], &those);
}

#[test]
fn an_identity_of_another_account_in_the_template_is_told_where_it_counts() {
    let mut template = guide();
    template["Statement"][0]["Principal"] = json!({"AWS": "arn:aws:iam::999999999999:user/auditor"});
    let template = TrustTemplate::parse(&template).unwrap();
    let told = notes(&template, &Trust::Template { names: None }, &account("aws"));
    assert!(matches!(told.as_slice(), [sentence] if sentence.contains("999999999999:user/auditor")), "{told:?}");
    // The other modes write a principal of their own.
    assert!(notes(&template, &Trust::Account, &account("aws")).is_empty());
    let own = TrustTemplate::parse(&guide()).unwrap();
    assert!(notes(&own, &Trust::Template { names: None }, &account("aws")).is_empty());
}

#[test]
fn the_template_s_own_end_is_the_grant_s_where_it_is_earlier() {
    for (theirs, stands) in [("2026-11-23T19:00:00Z", "2026-11-23T19:00:00Z"), ("2099-01-01T00:00:00Z", END)] {
        let mut template = guide();
        template["Statement"][0]["Condition"] = json!({"DateLessThan": {"aws:CurrentTime": theirs}});
        let document = written(&template, &Trust::Account, DANA).unwrap();
        assert_eq!(end_of(&document), Some(stands.parse().unwrap()));
    }
}

#[test]
fn only_a_trust_in_a_person_wants_the_requester_s_name() {
    let names_somebody = |trust: &Trust, template: &Value| wants_name(&TrustTemplate::parse(template).unwrap(), trust);
    let mut named = guide();
    named["Statement"][0]["Principal"] = json!({"AWS": "arn:aws:iam::123456789012:user/<REQUESTER>"});
    assert!(!names_somebody(&Trust::Account, &guide()) && !names_somebody(&Trust::Account, &named));
    assert!(names_somebody(&iam_user("/"), &guide()) && names_somebody(&with_role(), &guide()));
    let template = Trust::Template { names: Some(by_local_part()) };
    assert!(names_somebody(&template, &named) && !names_somebody(&template, &guide()));
}

#[test]
fn conditions_of_the_template_narrow_every_mode() {
    let mut template = guide();
    template["Statement"][0]["Condition"] = json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}});
    for trust in [Trust::Account, iam_user("/")] {
        let document = written(&template, &trust, DANA).unwrap();
        let Caller(dana, _) = Caller::user(ACCOUNT, "/dana");
        let from = |address: &str| Caller(dana.clone(), Context::new().with("aws:SourceIp", address));
        assert!(from("10.1.2.3").may(&document, BEFORE, true));
        assert!(!from("203.0.113.7").may(&document, BEFORE, true));
    }
}

#[test]
fn who_has_no_name_in_aws_is_refused_in_every_mode_that_needs_one() {
    let modes = [with_role(), with_set(), iam_user("/"), Trust::SourceIdentity { names: by_local_part() }];
    for trust in modes {
        let refusal = written(&guide(), &trust, "dana*@evil.example").unwrap_err();
        assert_eq!((refusal.code.as_str(), refusal.field), ("no-aws-name", "requester"), "{trust:?}");
    }
    assert!(written(&guide(), &Trust::Account, "dana*@evil.example").is_ok());
}

#[test]
fn a_document_that_iam_would_not_take_is_refused_with_the_arithmetic() {
    let mut template = guide();
    template["Statement"][0]["Condition"] = json!({"StringEquals": {"aws:PrincipalTag/team": "x".repeat(2_000)}});
    let refusal = written(&template, &Trust::Account, DANA).unwrap_err();
    assert_eq!(refusal.code.as_str(), "trust-too-long");
    let numbers = refusal.reason.split(|character: char| !character.is_ascii_digit());
    let numbers: Vec<usize> = numbers.filter_map(|number| number.parse().ok()).collect();
    let [length, over, most, of_template] = numbers[..] else { panic!("{refusal}") };
    assert_eq!((most, over), (2_048, length - 2_048));
    assert!(2_000 < of_template && of_template < length, "{refusal}");
    template["Statement"][0]["Condition"] = json!({"StringEquals": {"aws:PrincipalTag/team": "Größe"}});
    assert!(written(&template, &Trust::Account, DANA).is_ok());
    template["Statement"][0]["Condition"] = json!({"StringEquals": {"aws:PrincipalTag/team": "Łódź"}});
    assert_eq!(written(&template, &Trust::Account, DANA).unwrap_err().code.as_str(), "trust-alphabet");
}

#[test]
fn every_mode_of_every_partition_names_no_other_partition() {
    let modes =
        [Trust::Account, with_role(), with_set(), iam_user("/"), Trust::SourceIdentity { names: by_local_part() }];
    for partition in crate::domain::arn::PARTITIONS {
        for trust in &modes {
            let template = TrustTemplate::parse(&guide()).unwrap();
            let document = document(&template, trust, &account(partition), DANA, END.parse().unwrap()).unwrap();
            let text = document.to_string();
            let own = format!("arn:{partition}:");
            assert_eq!(text.matches("arn:").count(), text.matches(&own).count(), "{text}");
        }
    }
}

#[test]
fn the_same_document_is_recognized_as_iam_answers_it_and_every_other_is_not() {
    let modes =
        [Trust::Account, with_role(), with_set(), iam_user("/"), Trust::SourceIdentity { names: by_local_part() }];
    let documents: Vec<Value> = modes.iter().map(|trust| written(&guide(), trust, DANA).unwrap()).collect();
    for (index, one) in documents.iter().enumerate() {
        for (other_index, other) in documents.iter().enumerate() {
            assert_eq!(is_same(one, other), index == other_index);
        }
        let mut answered = one.clone();
        let statement = &mut answered["Statement"][0];
        statement["Principal"]["AWS"] = json!([statement["Principal"]["AWS"].clone()]);
        if let Some(actions) = statement["Action"].as_array_mut() {
            actions.reverse();
        }
        if let Some(roles) = statement.pointer_mut("/Condition/ArnLike/aws:PrincipalArn").and_then(Value::as_array_mut)
        {
            roles.reverse();
        }
        assert!(is_same(one, &answered), "{answered}");
        assert_eq!(digest_of(one), digest_of(&answered), "a record holds one digest of both");
        // The user or session's role was deleted meanwhile.
        answered["Statement"][0]["Principal"]["AWS"] = json!("AIDACKCEVSQ6C2EXAMPLE");
        assert!(!is_same(one, &answered) && digest_of(one) != digest_of(&answered));
        assert!(!is_same(one, &written(&guide(), &modes[index], "max@acme.example").unwrap()) || index == 0);
    }
}

#[test]
fn every_mode_says_what_it_proves() {
    for trust in [
        Trust::Account,
        with_role(),
        with_set(),
        iam_user("/"),
        Trust::SourceIdentity { names: by_email() },
        Trust::Template { names: None },
    ] {
        let sentence = trust.what_it_proves();
        assert!(Trust::MODES.iter().any(|mode| sentence.starts_with(&format!("trust `{mode}`: "))), "{sentence}");
        assert!(sentence.contains("proves"), "{sentence}");
    }
}

#[test]
fn only_a_trust_in_a_source_identity_wants_one() {
    let source_identity = Trust::SourceIdentity { names: by_local_part() };
    for (trust, wants) in [
        (Trust::Account, false),
        (with_role(), false),
        (with_set(), false),
        (iam_user("/"), false),
        (source_identity, true),
    ] {
        assert_eq!(wants_source_identity(&written(&guide(), &trust, DANA).unwrap()), wants, "{trust:?}");
    }
    let mut template = guide();
    template["Statement"][0]["Condition"] = json!({"StringLike": {"AWS:SourceIdentity": "<REQUESTER>"}});
    let trust = Trust::Template { names: Some(by_local_part()) };
    assert!(wants_source_identity(&written(&template, &trust, DANA).unwrap()));
}
