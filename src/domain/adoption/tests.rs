//! What is adopted, and what is not.

use serde_json::json;

use super::*;
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::{AccountId, RunId};
use crate::domain::tags::Scope;

fn grant(end: &str) -> Grant {
    let run_id = RunId::parse("r_1").unwrap();
    let condition = json!({ "DateLessThan": { "aws:CurrentTime": end } });
    Grant {
        id: run_id.grant_id(),
        run_id,
        extends: Vec::new(),
        requester: "dana@acme.example".to_owned(),
        approver: None,
        reason: None,
        account: AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() },
        resource: Arn::parse("entity", "arn:aws:s3:::b").unwrap(),
        additional_resources: vec![Arn::parse("entity", "arn:aws:s3:::c").unwrap()],
        permissions: vec!["s3:PutObject".to_owned()],
        duration: GrantDuration::DEFAULT,
        expires: end.parse().unwrap(),
        policies: ["s3:PutObject", "s3:GetObject"]
            .map(|action| json!({ "Statement": [{ "Effect": "Allow", "Action": [action], "Condition": condition }] }))
            .to_vec(),
        trust: json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Condition": condition }] }),
        notes: Vec::new(),
        rule: "r".to_owned(),
        trust_sentence: "",
        scope: Scope("org/1".to_owned()),
        break_glass_by: None,
    }
}

const END: &str = "2026-11-23T20:00:00Z";

fn made(grant: &Grant) -> Observed {
    let names = Names::default();
    Observed {
        role: Some(RoleState {
            path: "/port-iam/".to_owned(),
            arn: grant.account.role_arn(&names, &grant.id),
            trust: grant.trust.clone(),
            created: None,
            boundary: Some(grant.account.boundary_arn(&names)),
            max_session_seconds: Some(grant.max_session_seconds()),
            tags: grant.tags(),
        }),
        policies: std::iter::zip(grant.policy_arns(&names), &grant.policies)
            .map(|(arn, document)| PolicyState {
                arn,
                document: document.clone(),
                default_version: "v1".to_owned(),
                attachments: 0,
                tags: grant.tags(),
            })
            .map(Some)
            .collect(),
        attached: grant.policy_arns(&names),
        inline: Vec::new(),
    }
}

#[test]
fn what_equals_the_grant_in_every_part_is_adopted() {
    let grant = grant(END);
    assert!(steps(&grant, &Names::default(), &made(&grant)).unwrap().is_nothing());
    assert_eq!(made(&grant).first_end(), Some(END.parse().unwrap()));
}

#[test]
fn nothing_is_left_to_do_only_when_everything_is_kept() {
    for (create_role, step, is_nothing) in [
        (false, PolicyStep::Keep, true),
        (true, PolicyStep::Keep, false),
        (false, PolicyStep::Create, false),
        (false, PolicyStep::Replace, false),
        (true, PolicyStep::Create, false),
    ] {
        let steps = Steps { create_role, policies: vec![PolicyStep::Keep, step] };
        assert_eq!(steps.is_nothing(), is_nothing, "{steps:?}");
    }
}

#[test]
fn each_role_and_policy_that_is_missing_needs_room() {
    let grant = grant(END);
    let needed = |observed: &Observed| observed.needed(&grant);
    assert_eq!((needed(&Observed::default()).roles, needed(&Observed::default()).policies), (1, 2));
    let mut half = made(&grant);
    half.policies[0] = None;
    assert_eq!((needed(&half).roles, needed(&half).policies), (0, 1));
    assert_eq!((needed(&made(&grant)).roles, needed(&made(&grant)).policies), (0, 0));
}

#[test]
fn what_is_not_there_is_created() {
    let all = Steps { create_role: true, policies: vec![PolicyStep::Create; 2] };
    assert_eq!(steps(&grant(END), &Names::default(), &Observed::default()), Ok(all));
    let grant = grant(END);
    for missing in 0..2 {
        let mut observed = made(&grant);
        observed.policies[missing] = None;
        let mut wanted = vec![PolicyStep::Keep; 2];
        wanted[missing] = PolicyStep::Create;
        assert_eq!(steps(&grant, &Names::default(), &observed).unwrap().policies, wanted);
    }
}

/// What is forged and the word by which the refusal names it.
type Forgery = (fn(&mut Observed), &'static str);

fn first(observed: &mut Observed) -> &mut PolicyState {
    observed.policies[0].as_mut().unwrap()
}

#[test]
fn every_part_that_differs_is_named_and_nothing_is_adopted() {
    let forgeries: [Forgery; 15] = [
        (|it| it.role.as_mut().unwrap().path = "/".to_owned(), "path"),
        (|it| it.role.as_mut().unwrap().arn = "arn:aws:iam::123456789012:role/Permission-r_1".to_owned(), "path"),
        (|it| it.role.as_mut().unwrap().trust = json!({ "Statement": [] }), "trust policy"),
        (|it| it.role.as_mut().unwrap().boundary = None, "boundary"),
        (
            |it| it.role.as_mut().unwrap().boundary = Some("arn:aws:iam::aws:policy/AdministratorAccess".to_owned()),
            "boundary",
        ),
        (|it| it.role.as_mut().unwrap().max_session_seconds = Some(43_200), "session length"),
        (|it| it.role.as_mut().unwrap().tags.clear(), "tags"),
        (|it| first(it).arn = "arn:aws:iam::123456789012:policy/x".to_owned(), "path"),
        (|it| first(it).document["Statement"][0]["Action"] = json!(["s3:*"]), "document"),
        (|it| first(it).document["Statement"][0]["Condition"] = json!({}), "document"),
        (|it| it.policies[1].as_mut().unwrap().document["Statement"][0]["Action"] = json!(["s3:*"]), "document"),
        (|it| first(it).default_version = "v2".to_owned(), "default version"),
        (|it| it.policies[1].as_mut().unwrap().default_version = "v12".to_owned(), "default version"),
        (|it| it.policies.swap(0, 1), "path"),
        (|it| it.policies.push(it.policies[1].clone()), "number"),
    ];
    let grant = grant(END);
    for (forge, part) in forgeries {
        let mut forged = made(&grant);
        forge(&mut forged);
        let refusal = steps(&grant, &Names::default(), &forged).unwrap_err();
        assert!(refusal.code.as_str() == "not-ours" && refusal.reason.contains(part), "{part}: {refusal}");
    }
}

/// What becomes of tags.
type Change<'a> = &'a dyn Fn(&mut Vec<(String, String)>);

#[test]
fn a_tag_of_ours_with_another_value_is_refused_on_role_and_policy_and_so_is_one_that_is_missing() {
    let grant = grant(END);
    let wanted = grant.tags();
    let keys: Vec<&str> = wanted.iter().map(|(key, _)| key.as_str()).collect();
    assert!(keys.len() == 7 && keys[6] == "port-iam:resource.2", "{keys:?}");
    let tampered = |change: Change<'_>| {
        let (mut role, mut policy) = (made(&grant), made(&grant));
        change(&mut role.role.as_mut().unwrap().tags);
        change(&mut first(&mut policy).tags);
        [role, policy].map(|observed| steps(&grant, &Names::default(), &observed).map(|steps| steps.is_nothing()))
    };
    for (at, key) in keys.iter().enumerate() {
        for steps in tampered(&|tags| tags[at].1.push('x')) {
            assert!(
                steps.as_ref().is_err_and(|refusal| refusal.reason.contains("its tags are not")),
                "{key}: {steps:?}"
            );
        }
        for steps in tampered(&|tags| drop(tags.remove(at))) {
            // Older versions tagged one resource.
            assert_eq!(steps.is_ok(), *key == "port-iam:resource.2", "{key}: {steps:?}");
        }
    }
    let add = |key: &str| (key.to_owned(), "arn:aws:s3:::d".to_owned());
    assert!(tampered(&|tags| tags.push(add("port-iam:resource.3"))).iter().all(Result::is_err));
    // What an organisation tags of its own, or a newer version, says nothing of the grant.
    for foreign in ["cost-center", "port-iam:new"] {
        assert!(tampered(&|tags| tags.push(add(foreign))).iter().all(|steps| *steps == Ok(true)), "{foreign}");
    }
}

#[test]
fn a_policy_with_another_end_is_replaced_only_while_it_is_attached_to_nothing() {
    let (ours, theirs) = (grant(END), grant("2026-11-23T20:00:01Z"));
    let mut observed = Observed { role: made(&ours).role, policies: made(&theirs).policies, ..Observed::default() };
    assert_eq!(steps(&ours, &Names::default(), &observed).unwrap().policies, [PolicyStep::Replace; 2]);
    first(&mut observed).attachments = 1;
    assert!(steps(&ours, &Names::default(), &observed).is_err());
}

#[test]
fn a_policy_whose_tags_were_read_before_another_attempt_replaced_it_is_replaced_only_while_it_is_attached_to_nothing() {
    let (ours, theirs) = (grant(END), grant("2026-11-23T20:00:01Z"));
    let mut observed = made(&ours);
    first(&mut observed).tags = theirs.tags();
    let planned = |observed: &Observed| steps(&ours, &Names::default(), observed).map(|steps| steps.policies);
    assert_eq!(planned(&observed), Ok(vec![PolicyStep::Replace, PolicyStep::Keep]));
    first(&mut observed).attachments = 1;
    assert!(planned(&observed).is_err());
    first(&mut observed).attachments = 0;
    first(&mut observed).tags.retain(|(key, _)| key != REQUESTER);
    assert!(planned(&observed).is_err());
}

#[test]
fn a_policy_with_another_end_is_not_replaced_where_it_was_written_again() {
    let (ours, theirs) = (grant(END), grant("2026-11-23T20:00:01Z"));
    let mut observed = Observed { role: made(&ours).role, policies: made(&theirs).policies, ..Observed::default() };
    first(&mut observed).default_version = "v2".to_owned();
    let refusal = steps(&ours, &Names::default(), &observed).unwrap_err();
    assert!(refusal.reason.contains("default version"), "{refusal}");
}

#[test]
fn a_policy_that_has_a_version_beside_its_default_one_is_refused_by_its_name_with_those() {
    let grant = grant(END);
    let arn = grant.policy_arns(&Names::default())[1].clone();
    assert_eq!(has_one_version(&grant.id, &arn, &[]), Ok(()));
    let refusal = has_one_version(&grant.id, &arn, &["v2".to_owned(), "v7".to_owned()]).unwrap_err();
    let told = refusal.reason.contains("policy/port-iam/Permission-r_1.2") && refusal.reason.ends_with("v2, v7");
    assert!(refusal.code == RefusalCode::FurtherVersion && told, "{refusal}");
}

#[test]
fn a_role_that_holds_the_grant_s_own_policies_or_some_of_them_holds_nothing_else() {
    let grant = grant(END);
    let mut observed = made(&grant);
    for left in (0..=2).rev() {
        observed.attached.truncate(left);
        assert_eq!(holds_nothing_else(&grant, &Names::default(), &observed), Ok(()), "{left}");
    }
}

#[test]
fn a_role_that_holds_anything_else_is_refused_by_its_name() {
    let grant = grant(END);
    let forgeries: [Forgery; 4] = [
        (|it| it.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned()), "AdministratorAccess"),
        (|it| it.attached.push("arn:aws:iam::aws:policy/AWSDenyAll".to_owned()), "AWSDenyAll"),
        // Of the grant's name, and elsewhere.
        (|it| it.attached[0] = "arn:aws:iam::123456789012:policy/Permission-r_1".to_owned(), "policy/Permission"),
        (|it| it.inline.push("more".to_owned()), "inline policy `more`"),
    ];
    for (forge, told) in forgeries {
        let mut forged = made(&grant);
        forge(&mut forged);
        let refusal = holds_nothing_else(&grant, &Names::default(), &forged).unwrap_err();
        assert!(refusal.code.as_str() == "not-ours" && refusal.reason.contains(told), "{told}: {refusal}");
    }
}

#[test]
fn a_policy_that_is_attached_to_something_else_too_is_refused_by_its_name() {
    let grant = grant(END);
    let mut observed = made(&grant);
    // Whether the role holds it, and so accounts for one attachment.
    for (attachments, is_held, is_refused) in
        [(0, true, false), (1, true, false), (2, true, true), (0, false, false), (1, false, true)]
    {
        first(&mut observed).attachments = attachments;
        let attached = observed.attached.iter().filter(|_| is_held).cloned().collect();
        let observed = Observed { attached, ..observed.clone() };
        let told = hangs_on_nothing_else(&grant, &observed);
        assert_eq!(told.is_err(), is_refused, "{attachments}, {is_held}: {told:?}");
        assert!(
            told.err().is_none_or(|refusal| refusal.code == RefusalCode::NotOurs
                && refusal.reason.contains("policy/port-iam/Permission-r_1"))
        );
    }
}
