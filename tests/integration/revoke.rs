//! `port-iam revoke` against the sandbox, as the workflow runs it and by hand.

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::installed::{Dispatched, Installed};

#[test]
fn a_grant_that_is_given_back_is_gone_everywhere_but_on_record() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.revoke(&revocation).exits(0);
    installed.assert_no_grant();
    let record = installed.record(&grant);
    assert_eq!(record["properties"]["state"], "revoked");
    assert_eq!(record["properties"]["revoked_by"], "dana@acme.example");
    assert_eq!(record["properties"]["receipt"]["role"], format!("arn:aws:iam::123456789012:role/port-iam/{grant}"));
    assert_eq!(installed.run(&revocation.run_id)["status"], "SUCCESS");
    let log = installed.log_of(&revocation.run_id);
    assert!(log.contains(&format!("Permission \"{grant}\" has been deleted.")), "{log}");
    assert!(log.contains("contact \"dana@acme.example\""), "{log}");
}

#[test]
fn aws_comes_first_and_denial_before_anything_else() {
    let installed = Installed::new();
    let revocation = installed.give_back(&installed.granted().grant());
    let since = installed.harness.sandbox.log.len();
    installed.revoke(&revocation).exits(0);
    let writes: Vec<String> = installed
        .exchanges_since(since)
        .iter()
        .filter(|exchange| exchange.is_write())
        .map(|exchange| exchange.aws_action().map_or_else(|| exchange.method.clone(), str::to_owned))
        .collect();
    // Both at once: each of them alone takes everything away.
    let mut first: Vec<&str> = writes[..2].iter().map(String::as_str).collect();
    first.sort_unstable();
    assert_eq!(first, ["AttachRolePolicy", "DetachRolePolicy"]);
    let last_of_aws = writes.iter().rposition(|write| write.contains("Role") || write.contains("Policy")).unwrap();
    let first_of_port = writes.iter().position(|write| matches!(write.as_str(), "DELETE" | "POST" | "PATCH")).unwrap();
    assert!(last_of_aws < first_of_port, "{writes:?}");
    assert_eq!(writes.last().unwrap(), "PATCH");
}

#[test]
fn a_second_revocation_succeeds_and_leaves_the_receipt() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.revoke(&revocation).exits(0);
    let record = installed.record(&grant);
    let ran = installed.revoke(&revocation).exits(0);
    assert!(ran.stdout.contains("was gone already"), "{}", ran.stdout);
    assert_eq!(installed.record(&grant), record);
    installed.assert_no_grant();
}

#[test]
fn what_somebody_hung_on_the_role_goes_with_it() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        iam.attach_role_policy().role_name(&grant).policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess").send().await.unwrap();
        iam.put_role_policy().role_name(&grant).policy_name("mine").policy_document(json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}).to_string()).send().await.unwrap();
        iam.create_instance_profile().instance_profile_name("p").path("/port-iam/").send().await.unwrap();
        iam.add_role_to_instance_profile().instance_profile_name("p").role_name(&grant).send().await.unwrap();
        let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}).to_string();
        iam.create_policy_version().policy_arn(arn).policy_document(document).set_as_default(true).send().await.unwrap();
    });
    let revocation = installed.give_back(&grant);
    installed.revoke(&revocation).exits(0);
    installed.assert_no_grant();
    let receipt = installed.record(&grant)["properties"]["receipt"].clone();
    assert!(
        receipt["detached"].to_string().contains("ReadOnlyAccess") && receipt["inline"] == json!(["mine"]),
        "{receipt}"
    );
}

#[test]
fn an_entity_that_names_another_policy_moves_nothing_else() {
    let installed = Installed::new();
    let (victim, mine) = (installed.granted_to(cast::MAX).grant(), installed.granted().grant());
    let properties = json!({
        "policy_arn": format!("arn:aws:iam::123456789012:policy/port-iam/{victim}"),
        "role_arn": format!("arn:aws:iam::123456789012:role/port-iam/{victim}"),
    });
    let body = json!({ "identifier": mine, "properties": properties });
    installed.harness.upsert("provisioned_permissions", &body);
    let revocation = installed.give_back(&mine);
    installed.revoke(&revocation).exits(0);
    assert_eq!(installed.roles(), [victim]);
}

#[test]
fn a_role_of_that_name_outside_our_path_is_not_touched() {
    let installed = Installed::new();
    crate::sweep::namesakes::take_the_name(&installed, "Permission-r_theirs", "/");
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["revoke", "Permission-r_theirs", "--direct"]).exits(0);
    for told in ["was gone already", "role/Permission-r_theirs bears its name, is none of ours and was not touched"] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn a_dispatch_for_another_grant_than_the_run_s_is_refused() {
    let installed = Installed::new();
    let (victim, mine) = (installed.granted_to(cast::MAX).grant(), installed.granted().grant());
    let revocation = installed.give_back(&mine);
    let forged = revocation.forged(|context| context["entity"]["identifier"] = json!(victim));
    installed.revoke(&forged).exits(5);
    assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    assert_eq!(installed.roles().len(), 2);
    for name in ["my-admin-role", "Permission-", "Permission-../x", "AWSServiceRoleForSupport"] {
        let forged = revocation.forged(|context| context["entity"]["identifier"] = json!(name));
        let ran = installed.revoke(&forged).exits(5);
        assert!(ran.stdout.contains("is not the name of a grant"), "{}", ran.stdout);
    }
}

/// Lets time pass until the timer of the one live grant fires, and returns what the automation dispatched.
fn expired(installed: &Installed, grant: &str) -> Dispatched {
    installed.pass(61);
    installed.expired(grant)
}

#[test]
fn the_timer_ends_a_grant_and_the_log_names_no_user() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let dispatch = expired(&installed, &grant);
    installed.revoke(&dispatch).exits(0);
    installed.assert_no_grant();
    assert_eq!(installed.record(&grant)["properties"]["state"], "expired");
    let log = installed.log_of(&dispatch.run_id);
    assert!(log.contains("Its time was over: it expired.") && !log.contains("contact"), "{log}");
    assert_eq!(installed.run(&dispatch.run_id)["status"], "SUCCESS");
}

#[test]
fn a_timer_s_dispatch_cannot_end_a_grant_whose_time_is_not_over() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let dispatch = expired(&installed, &grant);
    let later = installed.granted().grant();
    let forged = dispatch.forged(|context| context["entity"]["identifier"] = json!(later));
    let ran = installed.revoke(&forged).exits(5);
    assert!(ran.stdout.contains("is not over"), "{}", ran.stdout);
    assert!(installed.roles().contains(&later));
}

#[test]
fn an_open_grant_run_is_closed_with_its_grant() {
    let installed = Installed::new();
    let request = installed.request();
    // The answer to the very last request of the grant is lost for good: live, on record, and the run still open.
    installed.harness.sandbox.faults.plan_matching(
        &format!("PATCH /v1/actions/runs/{}", request.run_id),
        0,
        99,
        Fault::DropBefore,
    );
    assert_ne!(installed.grant(&request).exit_code, 0);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.roles(), [request.grant()]);
    assert_eq!(installed.run(&request.run_id)["status"], "IN_PROGRESS");
    let revocation = installed.give_back(&request.grant());
    installed.revoke(&revocation).exits(0);
    installed.assert_no_grant();
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
}

#[test]
fn when_port_is_down_aws_is_cleaned_all_the_same_and_the_exit_code_says_so() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.harness.sandbox.faults.plan(Some(Api::Port), 0, 999, Fault::DropBefore);
    let ran = installed.revoke(&revocation).exits(1);
    assert!(ran.stdout.contains("is gone from AWS, but Port could not be told"), "{}", ran.stdout);
    assert_eq!(installed.roles(), [""; 0]);
    installed.harness.sandbox.faults.clear();
    installed.revoke(&revocation).exits(0);
    installed.assert_no_grant();
}

#[test]
fn a_half_done_revocation_is_marked_and_finished_by_the_next() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    installed.harness.sandbox.faults.plan_matching(
        "Action=DeleteRole&",
        0,
        99,
        Fault::Status { status: 503, retry_after: None },
    );
    installed.revoke(&revocation).exits(1);
    assert_eq!(installed.entities()[0]["properties"]["state"], "revoke-failed");
    assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    installed.harness.sandbox.faults.clear();
    installed.revoke(&installed.give_back(&grant)).exits(0);
    installed.assert_no_grant();
}

#[test]
fn a_role_that_iam_does_not_show_yet_is_not_taken_for_gone() {
    let installed = Installed::new();
    installed.harness.sandbox.remember();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    // IAM tells of the time before the grant, for some seconds.
    for read in ["Action=GetRole&", "Action=ListPolicyVersions&"] {
        installed.harness.sandbox.faults.plan_matching(read, 0, 4, Fault::StaleRead);
    }
    installed.revoke(&revocation).exits(0);
    installed.assert_no_grant();
    assert!(installed.harness.sandbox.faults.hits() > 4);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!(record["receipt"]["role"], format!("arn:aws:iam::123456789012:role/port-iam/{grant}"), "{record}");
}

/// IAM may answer with a moment from before the role was made, however long that is ago.
#[test]
fn no_old_answer_about_a_role_lets_a_timer_call_it_gone() {
    let mut hits = 0;
    for number in 0..6 {
        let installed = Installed::new();
        installed.harness.sandbox.remember();
        let grant = installed.granted().grant();
        let dispatch = expired(&installed, &grant);
        installed.harness.sandbox.faults.plan_matching("Action=GetRole&", number, 1, Fault::StaleRead);
        installed.revoke(&dispatch).exits(0);
        hits += installed.harness.sandbox.faults.hits();
        installed.assert_no_grant();
        let record = installed.record(&grant)["properties"].clone();
        let role = format!("arn:aws:iam::123456789012:role/port-iam/{grant}");
        assert_eq!((&record["state"], &record["receipt"]["role"]), (&json!("expired"), &json!(role)), "{number}");
    }
    assert!(hits > 1, "{hits}");
}

#[test]
fn an_engineer_can_revoke_directly() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let ran = installed.harness.run(&["revoke", &grant, "--direct", "--output", "json"]).exits(0);
    assert_eq!(ran.json()["revoked"]["grant"], json!(grant));
    installed.assert_no_grant();
    let by = installed.record(&grant)["properties"]["revoked_by"].clone();
    assert_eq!(by, format!("arn:aws:iam::123456789012:user/{}", cast::ADA.iam_user));
}

#[test]
fn a_timer_s_dispatch_cannot_end_a_request_that_is_not_granted_yet() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let dispatch = expired(&installed, &grant);
    let request = installed.request();
    let forged = dispatch.forged(|context| context["entity"]["identifier"] = json!(request.grant()));
    installed.revoke(&forged).exits(5);
    assert_eq!(installed.run(&request.run_id)["status"], "IN_PROGRESS");
    installed.grant(&request).exits(0);
}

#[test]
fn a_revocation_that_nobody_has_approved_yet_revokes_nothing() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let dispatch = installed.give_back(&grant);
    let mut waiting = String::new();
    installed.harness.with_port(async |port| {
        let mut action = port.action("revoke_permissions").await.unwrap().unwrap();
        for field in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
            action.as_object_mut().unwrap().remove(field);
        }
        action["requiredApproval"] = json!(true);
        port.replace_action("revoke_permissions", &action).await.unwrap();
        let run = port.execute("revoke_permissions", &grant, &json!({})).await.unwrap();
        assert_eq!(run.status, "WAITING_FOR_APPROVAL");
        waiting = run.id;
    });
    let forged = dispatch.forged(|context| context["runId"] = json!(waiting));
    let ran = installed.revoke(&forged).exits(5);
    assert!(ran.stdout.contains("runId: the run is `WAITING_FOR_APPROVAL`"), "{}", ran.stdout);
    assert_eq!(installed.roles(), [grant]);
}

#[test]
fn revoking_by_hand_what_is_gone_succeeds_and_what_never_was_does_not() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.revoke(&installed.give_back(&grant)).exits(0);
    let ran = installed.harness.run(&["revoke", &grant]).exits(0);
    assert!(ran.stdout.contains("was gone already"), "{}", ran.stdout);
    installed.harness.run(&["revoke", "Permission-r_neverWas"]).exits(1);
}

#[test]
fn an_old_workflow_cannot_bring_back_what_was_revoked_even_when_its_run_is_still_open() {
    let installed = Installed::new();
    let request = installed.request();
    let closing = format!("PATCH /v1/actions/runs/{}", request.run_id);
    // Port loses every word on the end of the grant's run: the grant goes live, is revoked, and its run stays open.
    installed.harness.sandbox.faults.plan_matching(&closing, 0, 999, Fault::DropBefore);
    installed.grant(&request);
    assert_eq!(installed.roles(), [request.grant()]);
    installed.revoke(&installed.give_back(&request.grant())).exits(0);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.run(&request.run_id)["status"], "IN_PROGRESS");
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("runId: the grant of this run ended at"), "{}", ran.stdout);
    installed.assert_no_grant();
}

#[test]
fn an_old_workflow_does_not_tell_a_half_revoked_role_as_granted() {
    let installed = Installed::new();
    let request = installed.request();
    let closing = format!("PATCH /v1/actions/runs/{}", request.run_id);
    installed.harness.sandbox.faults.plan_matching(&closing, 0, 999, Fault::DropBefore);
    installed.grant(&request);
    installed.harness.sandbox.faults.clear();
    // A revocation was killed behind its first step.
    installed.harness.with_aws(async |iam| {
        let deny_all = "arn:aws:iam::aws:policy/AWSDenyAll";
        iam.attach_role_policy().role_name(request.grant()).policy_arn(deny_all).send().await.unwrap();
    });
    let since = installed.harness.sandbox.log.len();
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("AWSDenyAll` is attached to it"), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn a_timer_that_somebody_moved_ends_nothing_before_its_time() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    // Whoever may edit the catalog sets the timer to a time that has passed: Port calls the grant expired and fires.
    let before = installed.runs().len();
    let body = json!({ "identifier": grant, "properties": { "expiry_time": "2020-01-01T00:00:00.000Z" } });
    installed.harness.upsert("provisioned_permissions", &body);
    installed.pass(1);
    let inputs = installed.next_dispatch(before).inputs;
    let context: Value = serde_json::from_str(&inputs["port_context"]).unwrap();
    let dispatch = Dispatched { run_id: context["runId"].as_str().unwrap().to_owned(), inputs };
    let since = installed.harness.sandbox.log.len();
    let ran = installed.revoke(&dispatch).exits(5);
    assert!(ran.stdout.contains("refused::entity: the time of"), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    assert_eq!(installed.run(&dispatch.run_id)["status"], "FAILURE");
    assert!(installed.log_of(&dispatch.run_id).contains("What to do:"));
    // When the time has really passed, the same dispatch does it: AWS's clock decides.
    installed.pass(60);
    installed.revoke(&dispatch).exits(0);
    installed.assert_no_grant();
}

#[test]
fn a_role_whose_end_somebody_took_away_is_ended_by_port_s_timer() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let dispatch = expired(&installed, &grant);
    installed.harness.with_aws(async |iam| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" }] });
        let update = iam.update_assume_role_policy().role_name(&grant).policy_document(trust.to_string());
        update.send().await.unwrap();
    });
    installed.revoke(&dispatch).exits(0);
    installed.assert_no_grant();
}

#[test]
fn a_revocation_that_was_withdrawn_ends_nothing_until_the_time_is_over() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let withdrawn = installed.give_back(&grant);
    installed.harness.with_port(async |port| {
        let patch = port_iam::clients::port::RunPatch { succeeded: Some(false), label: None };
        port.report(&withdrawn.run_id, &patch).await.unwrap();
    });
    let since = installed.harness.sandbox.log.len();
    let ran = installed.revoke(&withdrawn).exits(5);
    assert!(ran.stdout.contains("refused::runId: the run is `FAILURE`"), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    assert_eq!(installed.roles(), [grant.as_str()]);
    installed.pass(61);
    installed.revoke(&withdrawn).exits(0);
    installed.assert_no_grant();
}

#[test]
fn a_workflow_that_is_repeated_finishes_a_revocation_that_had_begun() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    let fault = Fault::Status { status: 503, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=DetachRolePolicy&", 0, 99, fault);
    installed.revoke(&revocation).exits(1);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    installed.revoke(&revocation).exits(0);
    installed.assert_no_grant();
}

#[test]
fn while_port_does_not_answer_whoever_dispatches_ends_the_grant() {
    // Towards removal: what the dispatch says cannot be checked, and access that ends too early is the smaller harm.
    for status in [500, 503] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        let revocation = installed.give_back(&grant);
        let forged = revocation.forged(|context| context["runId"] = json!("r_nobodyKnowsThis"));
        let run = "GET /v1/actions/runs/r_nobodyKnowsThis";
        let fault = Fault::Status { status, retry_after: None };
        installed.harness.sandbox.faults.plan_exactly(run, fault);
        let ran = installed.revoke(&forged).exits(1);
        assert!(ran.stdout.contains("is gone from AWS, but Port could not be told"), "{status}: {}", ran.stdout);
        assert_eq!(installed.roles(), [""; 0], "{status}");
        // The record is completed when Port is back.
        installed.harness.sandbox.faults.clear();
        installed.revoke(&revocation).exits(0);
        installed.assert_no_grant();
    }
}

#[test]
fn while_port_limits_requests_a_dispatch_that_nobody_vouches_for_ends_nothing() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let revocation = installed.give_back(&grant);
    let forged = revocation.forged(|context| context["runId"] = json!("r_nobodyKnowsThis"));
    let run = "GET /v1/actions/runs/r_nobodyKnowsThis";
    installed.harness.sandbox.faults.plan_exactly(run, Fault::Status { status: 429, retry_after: Some(290) });
    let before = installed.harness.sandbox.aws.attached_policies(&grant);
    let ran = installed.revoke(&forged).exits(1);
    assert!(ran.stdout.contains("(HTTP 429)"), "{}", ran.stdout);
    assert_eq!(installed.harness.sandbox.aws.attached_policies(&grant), before);
    assert_eq!(installed.roles(), std::slice::from_ref(&grant));
    installed.harness.sandbox.faults.clear();
    installed.revoke(&revocation).exits(0);
    installed.assert_no_grant();
}

#[test]
fn the_receipt_goes_to_the_run_and_to_the_summary_as_well() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let foreign = "arn:aws:iam::aws:policy/ReadOnlyAccess";
        iam.attach_role_policy().role_name(&grant).policy_arn(foreign).send().await.unwrap();
        let statement = json!({ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" });
        let document = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        iam.put_role_policy().role_name(&grant).policy_name("mine").policy_document(document).send().await.unwrap();
    });
    let revocation = installed.give_back(&grant);
    let path = installed.harness.folder.path().join("summary.md");
    installed.step("revoke", &revocation, &[("GITHUB_STEP_SUMMARY", path.to_str().unwrap())]).exits(0);
    let receipt = installed.record(&grant)["properties"]["receipt"].clone();
    let policy = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
    let at = receipt["at"].as_str().unwrap();
    let requests = receipt["aws_request_ids"].as_array().unwrap();
    assert!(requests.len() > 5, "{receipt}");
    let rows = [
        ("Deleted role", format!("arn:aws:iam::123456789012:role/port-iam/{grant}")),
        ("At", at.to_owned()),
        ("Asked by", "dana@acme.example".to_owned()),
        ("Deleted policies", policy.clone()),
        ("Detached policies", format!("{policy}, arn:aws:iam::aws:policy/ReadOnlyAccess")),
        ("Deleted inline policies", "mine".to_owned()),
    ];
    let log = installed.log_of(&revocation.run_id);
    let summary = std::fs::read_to_string(path).unwrap();
    for (name, value) in rows {
        assert!(log.contains(&format!("\n{name}: {value}\n")) || log.ends_with(&format!("\n{name}: {value}")), "{log}");
        // Nothing in a cell is markup.
        assert!(
            summary.replace('\\', "").replace("&#8203;", "").contains(&format!("| {name} | {value} |\n")),
            "{summary}"
        );
    }
    let count = requests.len();
    assert!(log.contains(&format!("\nAWS requests: {count}, listed in the record \"{grant}\"\n")), "{log}");
    for request in requests {
        assert!(summary.contains(request.as_str().unwrap()), "{summary}");
    }
}
