//! The workflows' identities in AWS: made with the operator's word, kept when they are right, never taken from others.

use serde_json::json;

use super::*;

const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
const POLICY: &str = "arn:aws:iam::123456789012:policy/port-iam-granter";

fn trust() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Federated": PROVIDER },
        "Action": "sts:AssumeRoleWithWebIdentity", "Condition": { "StringEquals": { "x:ref": "refs/heads/main" } } }] })
}

pub(super) fn with_identities(set_up: bool, adopt: bool) -> Wanted {
    let policy = WantedPolicy {
        name: "port-iam-granter",
        arn: POLICY.to_owned(),
        document: json!({ "Version": "2012-10-17", "Statement": [] }),
        printed_by: "port-iam aws granter".to_owned(),
    };
    let role = WantedRole {
        name: "port-iam-granter",
        trust: WantedTrust::Known {
            document: trust(),
            scope: "org_1/42".to_owned(),
            printed_by: "port-iam aws oidc-granter".to_owned(),
        },
        policy_arn: POLICY.to_owned(),
    };
    let identities = WantedIdentities {
        set_up,
        adopt,
        provider_arn: Some(PROVIDER.to_owned()),
        policies: vec![policy],
        roles: vec![role],
        user: None,
    };
    Wanted { identities, access: WorkflowAccess::Oidc, ..wanted() }
}

/// A role of ours as it shall be.
pub(super) fn found() -> RoleFound {
    RoleFound {
        trust: trust(),
        tags: vec![
            ("managed-by".to_owned(), "port-iam".to_owned()),
            ("port-iam:scope".to_owned(), "org_1/42".to_owned()),
        ],
        attached: vec![POLICY.to_owned()],
        inline: Vec::new(),
    }
}

fn role_of(wanted: &Wanted, found: Option<RoleFound>) -> Step {
    let mut seen = everything(wanted);
    let role = found.map_or(RoleSeen::Absent, RoleSeen::Present);
    seen.identities.roles.insert("port-iam-granter".to_owned(), role);
    step(&plan(wanted, &seen), "role port-iam-granter")
}

#[test]
fn with_the_operator_s_word_they_are_made_what_is_needed_first_and_then_nothing_is_left() {
    let wanted = with_identities(true, false);
    let mut seen = everything(&wanted);
    let after = plan(&wanted, &seen);
    assert!(after.is_done() && after.pending().next().is_none(), "{after}");
    seen.identities = IdentitiesSeen::default();
    let plan = plan(&wanted, &seen);
    let subjects: Vec<String> = plan.writes().map(|(step, _)| step.subject.to_string()).collect();
    assert_eq!(
        subjects,
        ["identity provider token.actions.githubusercontent.com", "policy port-iam-granter", "role port-iam-granter"]
    );
}

#[test]
fn without_it_nothing_is_written_in_aws_and_each_waits_with_its_commands() {
    let wanted = with_identities(false, false);
    let plan = plan(&wanted, &everything(&wanted));
    assert!(plan.is_done(), "{plan}");
    let commands: Vec<String> = plan
        .pending()
        .flat_map(|step| match &step.outcome {
            Outcome::Pending { commands, .. } => commands.clone(),
            _ => Vec::new(),
        })
        .collect();
    assert_eq!(
        commands,
        [
            "aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com --client-id-list sts.amazonaws.com --tags Key=managed-by,Value=port-iam",
            "port-iam aws granter > port-iam-granter.json",
            "aws iam create-policy --policy-name port-iam-granter --policy-document file://port-iam-granter.json --tags Key=managed-by,Value=port-iam",
            "port-iam aws oidc-granter > port-iam-granter-trust.json",
            "aws iam create-role --role-name port-iam-granter --assume-role-policy-document file://port-iam-granter-trust.json --tags Key=managed-by,Value=port-iam Key=port-iam:scope,Value=org_1/42",
            "aws iam attach-role-policy --role-name port-iam-granter --policy-arn arn:aws:iam::123456789012:policy/port-iam-granter",
        ]
    );
}

#[test]
fn a_provider_that_is_there_is_never_changed() {
    for set_up in [true, false] {
        let wanted = with_identities(set_up, true);
        let mut seen = everything(&wanted);
        let provider = |seen: &Seen| step(&plan(&wanted, seen), "identity provider");
        seen.identities.provider = ProviderSeen::Present(vec!["other".to_owned(), "sts.amazonaws.com".to_owned()]);
        assert_eq!(provider(&seen).outcome, Outcome::Keep);
        seen.identities.provider = ProviderSeen::Present(vec!["other".to_owned()]);
        let Outcome::Pending { commands, .. } = provider(&seen).outcome else { panic!() };
        assert_eq!(
            commands,
            [format!(
                "aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn {PROVIDER} --client-id sts.amazonaws.com"
            )]
        );
        seen.identities.provider = ProviderSeen::Hidden;
        assert!(matches!(provider(&seen).outcome, Outcome::Hidden { .. }));
    }
}

#[test]
fn a_role_of_ours_is_made_what_it_shall_be_and_what_is_beyond_that_goes() {
    let wanted = with_identities(true, false);
    assert_eq!(role_of(&wanted, Some(found())).outcome, Outcome::Keep);
    let mut wider = found();
    wider.trust["Statement"][0]["Condition"] = json!({});
    wider.attached = vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()];
    wider.inline = vec!["more".to_owned()];
    let changed = role_of(&wanted, Some(wider));
    let Outcome::Change(Write::Role { trust: to, attach, detach, delete_inline, .. }) = &changed.outcome else {
        panic!("{changed}")
    };
    assert_eq!(to.as_ref(), Some(&trust()));
    assert_eq!(
        (attach.as_slice(), delete_inline.as_slice()),
        ([POLICY.to_owned()].as_slice(), ["more".to_owned()].as_slice())
    );
    assert_eq!(detach, &["arn:aws:iam::aws:policy/AdministratorAccess"]);
    assert!(changed.lines.iter().any(|line| line.starts_with("trust: ")), "{changed}");
    assert!(changed.lines.contains(&"- inline policy more".to_owned()), "{changed}");
}

#[test]
fn a_foreign_role_is_kept_when_it_is_right_and_changed_only_when_the_operator_adopts_it() {
    let foreign = |change: fn(&mut RoleFound)| {
        let mut found = RoleFound { tags: Vec::new(), ..found() };
        change(&mut found);
        Some(found)
    };
    let wider = |found: &mut RoleFound| found.trust["Statement"][0]["Condition"] = json!({});
    assert_eq!(role_of(&with_identities(true, false), foreign(|_| ())).outcome, Outcome::Keep);
    let left = role_of(&with_identities(true, false), foreign(wider));
    assert!(matches!(&left.outcome, Outcome::Pending { reason, .. } if reason.contains("--adopt")), "{left}");
    assert!(!left.lines.is_empty(), "{left}");
    assert!(matches!(role_of(&with_identities(true, true), foreign(wider)).outcome, Outcome::Change(_)));
    assert!(matches!(role_of(&with_identities(false, true), foreign(wider)).outcome, Outcome::Pending { .. }));
}

#[test]
fn another_installation_s_role_is_not_taken_from_it_whatever_the_operator_says() {
    let mut other = found();
    other.tags[1].1 = "org_2/7; rm -rf /".to_owned();
    other.trust["Statement"][0]["Condition"] = json!({});
    let step = role_of(&with_identities(true, true), Some(other));
    let Outcome::Pending { reason, commands } = &step.outcome else { panic!("{step}") };
    assert!(reason.contains("another installation (org_2/7"), "{step}");
    assert!(!commands.iter().any(|command| command.contains("rm -rf")), "{step}");
}

#[test]
fn what_others_named_is_one_word_of_a_printed_command() {
    let mut wider = found();
    wider.attached.push("arn:aws:iam::123456789012:policy/$(touch x)/p".to_owned());
    let step = role_of(&with_identities(false, false), Some(wider));
    let Outcome::Pending { commands, .. } = &step.outcome else { panic!("{step}") };
    assert_eq!(
        commands,
        &[
            "aws iam detach-role-policy --role-name port-iam-granter --policy-arn 'arn:aws:iam::123456789012:policy/$(touch x)/p'"
        ]
    );
}

#[test]
fn a_policy_that_differs_is_changed_where_it_is_ours_and_shown_where_it_is_not() {
    let policy_of = |adopt: bool, seen: BoundarySeen| {
        let wanted = with_identities(true, adopt);
        let mut all = everything(&wanted);
        all.identities.policies.insert("port-iam-granter".to_owned(), seen);
        step(&plan(&wanted, &all), "policy port-iam-granter")
    };
    let other =
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    assert!(matches!(
        policy_of(false, BoundarySeen::Present(other.clone())).outcome,
        Outcome::Change(Write::IdentityPolicyDocument { .. })
    ));
    let left = policy_of(false, BoundarySeen::Foreign(other.clone()));
    assert!(matches!(left.outcome, Outcome::Pending { .. }) && !left.lines.is_empty(), "{left}");
    assert!(matches!(policy_of(true, BoundarySeen::Foreign(other)).outcome, Outcome::Change(_)));
}

#[test]
fn before_there_is_a_repository_the_trust_is_not_made_up() {
    let mut wanted = with_identities(true, false);
    wanted.identities.roles[0].trust = WantedTrust::NoRepository;
    let role = step(&plan(&wanted, &nothing()), "role port-iam-granter");
    assert!(matches!(&role.outcome, Outcome::Create(Write::NewRole { trust: None, .. })), "{role}");
    wanted.identities.roles[0].trust = WantedTrust::CustomSubject { repository: "acme/tools".to_owned() };
    assert!(matches!(role_of(&wanted, None).outcome, Outcome::Pending { .. }));
}

#[test]
fn keys_that_are_used_no_more_are_told_and_so_is_that_a_key_is_kept() {
    let codes = |wanted: &Wanted, seen: &Seen| -> Vec<&'static str> {
        plan(wanted, seen).findings.iter().map(|finding| finding.code).collect()
    };
    let with_key = wanted();
    let mut seen = everything(&with_key);
    let kept = Wanted { access_source: AccessSource::Kept, ..wanted() };
    assert!(codes(&kept, &seen).contains(&"aws-access-key") && !codes(&with_key, &seen).contains(&"aws-access-key"));
    let oidc = with_identities(true, false);
    assert!(codes(&oidc, &seen).contains(&"aws-secrets-unused"));
    seen.repository.as_mut().unwrap().environment_secrets.retain(|name| !name.starts_with("AWS_"));
    assert!(!codes(&oidc, &seen).contains(&"aws-secrets-unused"));
}
