//! Who may do what in Port.

use super::*;

const LEAD: &str = "lead@acme.example";

/// What is wanted where the rules name an approver.
fn approved() -> Wanted {
    let approval = WantedApproval::Demanded { approval: None, notification: None };
    Wanted { approval, approvers: vec![LEAD.to_owned()], ..wanted() }
}

fn held<'a>(seen: &'a mut Seen, identifier: &str) -> &'a mut Value {
    seen.blueprint_permissions.get_mut(identifier).map(|permissions| &mut permissions["entities"]).unwrap()
}

#[test]
fn people_are_e_mail_addresses_and_teams_and_nothing_else() {
    let people = People::parse(["Lead@acme.example", " team:Platform Core ", ""]).unwrap();
    assert_eq!(people, People { users: vec![LEAD.to_owned()], teams: vec!["Platform Core".to_owned()] });
    for entry in ["lead", "*", "team:", "*@acme.example", "a b@c", "a\"@b", "team:<b>", "@acme.example", "lead@"] {
        assert_eq!(People::parse([entry]), Err(entry.to_owned()), "{entry}");
    }
}

#[test]
fn nobody_but_administrators_edits_what_the_portal_shows() {
    let seen = everything(&wanted());
    for name in Names::default().blueprints() {
        let permissions = &seen.blueprint_permissions[name]["entities"];
        for operation in ["register", "update", "unregister"] {
            assert_eq!(permissions[operation]["roles"], json!(["Admin"]), "{name} {operation}");
        }
        assert_eq!(permissions.get("read"), None, "everybody may look as before");
    }
    let grants = &seen.blueprint_permissions["provisioned_permissions"]["entities"];
    let ours = wanted().blueprints.into_iter().find(|it| it["identifier"] == "provisioned_permissions").unwrap();
    for (key, section) in [("updateProperties", "/schema/properties"), ("updateRelations", "/relations")] {
        for name in ours.pointer(section).unwrap().as_object().unwrap().keys() {
            assert_eq!(grants[key][name]["roles"], json!(["Admin"]), "{name}");
        }
    }
    assert!(grants["updateProperties"]["sign_in_url"].is_object());
}

#[test]
fn a_role_that_was_let_in_is_taken_out_and_people_whom_somebody_named_stay() {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    held(&mut seen, "aws_resource")["update"] = json!({ "roles": ["Admin", "Member"], "users": [LEAD], "teams": [] });
    let found = step(&plan(&wanted, &seen), "permissions of the blueprint aws_resource");
    let changed = format!("~ update: roles Admin, Member · user {LEAD} -> role Admin · user {LEAD}");
    assert_eq!(found.lines, [changed]);
    let Outcome::Change(Write::BlueprintPermissions { body, .. }) = found.outcome else { panic!() };
    assert_eq!(body["entities"]["update"]["users"], json!([LEAD]));
    let named = Wanted { administrators: Some(People::default()), ..wanted };
    let found = step(&plan(&named, &seen), "permissions of the blueprint aws_resource");
    assert_eq!(found.lines, [format!("~ update: roles Admin, Member · user {LEAD} -> role Admin")]);
}

#[test]
fn what_others_may_edit_of_their_own_properties_stays() {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    let theirs = json!({ "roles": ["Member"], "users": [], "teams": [] });
    held(&mut seen, "permission_records")["updateProperties"]["ticket"] = theirs.clone();
    assert!(plan(&wanted, &seen).is_done());
    held(&mut seen, "permission_records")["updateProperties"]["receipt"] = theirs.clone();
    let found = step(&plan(&wanted, &seen), "permissions of the blueprint permission_records");
    let Outcome::Change(Write::BlueprintPermissions { body, .. }) = found.outcome else { panic!() };
    assert_eq!(body["entities"]["updateProperties"]["ticket"], theirs);
    assert_eq!(found.lines, ["~ update of the property receipt: role Member -> role Admin"]);
}

#[test]
fn every_permission_is_told_in_words_and_whole() {
    let wanted = approved();
    let created = plan(&wanted, &nothing());
    for step in created.steps.iter().filter(|step| step.subject.to_string().starts_with("permissions of")) {
        assert!(!step.lines.is_empty(), "{step}");
        for line in &step.lines {
            assert!(!line.contains(['{', '…']) || line.contains(": condition "), "{line}");
        }
    }
    let records = step(&created, "permissions of the blueprint permission_records");
    assert_eq!(records.lines[..3], ["+ register: role Admin", "+ update: role Admin", "+ unregister: role Admin"]);
    assert!(records.lines[3].starts_with("+ update of the property grant, run, "), "{records}");
    assert_eq!(records.lines.len(), 4, "it has no relation: {records}");

    let mut seen = everything(&wanted);
    let execute = &mut seen.action_permissions.get_mut("revoke_permissions").unwrap()["execute"];
    execute["policy"] = json!({ "queries": {}, "conditions": ["true"] });
    let found = step(&plan(&wanted, &seen), "permissions of the action revoke_permissions");
    assert_eq!(found.lines[0], "- execute, policy: condition true");
    let query = "+ execute, policy: administrators = those with $blueprint = _user and port_role = Admin";
    assert_eq!(found.lines[1], query);
    assert!(found.lines[2].ends_with("| any(ascii_downcase == $person))"), "whole: {found}");
}

#[test]
fn members_that_port_adds_to_its_answer_are_no_difference() {
    let wanted = approved();
    let mut seen = everything(&wanted);
    held(&mut seen, "aws_resource")["update"]["policy"] = json!(null);
    held(&mut seen, "aws_resource")["update"].as_object_mut().unwrap().shift_remove("teams");
    seen.action_permissions.get_mut("revoke_permissions").unwrap()["approve"] = json!({ "roles": ["Admin"] });
    seen.action_permissions.get_mut("revoke_permissions").unwrap()["execute"]["ownedByTeam"] = json!(null);
    assert!(plan(&wanted, &seen).is_done(), "{}", plan(&wanted, &seen));
}

#[test]
fn an_action_that_nobody_may_execute_is_told_and_who_may_is_left_to_the_organisation() {
    let wanted = wanted();
    let with = |rule: Value| {
        let mut seen = everything(&wanted);
        seen.action_permissions.insert("request_permissions".to_owned(), json!({ "execute": rule }));
        let plan = plan(&wanted, &seen);
        assert!(plan.is_done(), "nothing of it is written: {plan}");
        plan.left().map(|step| step.subject.to_string()).collect::<Vec<_>>()
    };
    let subject = "permissions of the action request_permissions: execute";
    assert_eq!(with(json!({ "users": [], "roles": [], "teams": [], "ownedByTeam": false, "policy": null })), [subject]);
    for somebody in [
        json!({ "users": [], "roles": ["Admin"], "teams": [] }),
        json!({ "users": [], "roles": [], "teams": [], "ownedByTeam": true }),
        json!({ "users": [], "roles": [], "teams": [], "policy": { "queries": {}, "conditions": ["true"] } }),
        // Port has not said who may.
        Value::Null,
        json!({}),
    ] {
        assert_eq!(with(somebody.clone()), [""; 0], "{somebody}");
    }
}

#[test]
fn port_asks_for_approval_where_a_rule_wants_one_and_else_as_the_operator_does() {
    let asked = |wanted: &Wanted, edit: &dyn Fn(&mut Value)| {
        let mut seen =
            everything(&Wanted { approval: WantedApproval::AsItIs, approvers: Vec::new(), ..wanted.clone() });
        edit(find(&mut seen.actions, "request_permissions"));
        carry_out(wanted, &mut seen);
        let action = find(&mut seen.actions, "request_permissions").clone();
        (action["requiredApproval"].clone(), action["approvalNotification"].clone())
    };
    let (any, all, mail) = (json!({ "type": "ANY" }), json!({ "type": "ALL" }), json!({ "type": "email" }));
    assert_eq!(asked(&wanted(), &|_| {}), (json!(false), Value::Null));
    assert_eq!(asked(&wanted(), &|action| action["requiredApproval"] = all.clone()).0, all);
    assert_eq!(asked(&approved(), &|_| {}), (any.clone(), mail));
    assert_eq!(asked(&approved(), &|action| action["requiredApproval"] = all.clone()).0, all);
    let url = "https://hooks.acme.example/approvals".to_owned();
    let said = Wanted {
        approval: WantedApproval::Demanded {
            approval: Some(Approval::All),
            notification: Some(ApprovalNotification::Webhook(url.clone())),
        },
        ..approved()
    };
    assert_eq!(
        asked(&said, &|action| action["requiredApproval"] = any.clone()),
        (all, json!({ "type": "webhook", "url": url }))
    );
}

#[test]
fn an_approval_that_nobody_needs_is_not_asked_for_a_revocation() {
    let seen = everything(&approved());
    for name in ["revoke_permissions", "return_permissions", "revoke_expired_permissions"] {
        let action = seen.actions.iter().find(|action| action["identifier"] == name).unwrap();
        assert!(!action["requiredApproval"].is_object(), "{name}");
    }
    assert_eq!(seen.action_permissions["extend_permissions"]["approve"]["users"], json!([LEAD]));
}

#[test]
fn a_text_of_the_rules_cannot_break_out_of_a_condition() {
    let wanted = Wanted { approvers: vec![r#"a\(env)"b@acme.example"#.to_owned()], ..approved() };
    let seen = everything(&wanted);
    let condition =
        seen.action_permissions["revoke_permissions"]["execute"]["policy"]["conditions"][0].as_str().unwrap();
    assert!(condition.contains(r#"["a\\(env)\"b@acme.example"]"#), "{condition}");
}
