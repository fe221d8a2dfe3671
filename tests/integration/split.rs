//! Grants that need several managed policies, against the sandbox.

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::installed::{Dispatched, Installed, REPOSITORY};

/// Objects with names so long that six of them fill a policy.
pub(crate) fn long_objects(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("arn:aws:s3:::archive/{index:02}{}", "k".repeat(900))).collect()
}

/// Puts long names into the catalog, which must be there before they are asked for.
pub(crate) fn catalog(installed: &Installed, objects: &[String]) {
    for object in objects {
        let body = json!({ "identifier": object, "properties": { "resource_type": "S3" } });
        installed.harness.upsert("aws_resource", &body);
    }
}

/// Dana asks for an action on all of `objects`, which are in the catalog.
pub(crate) fn ask(installed: &Installed, objects: &[String]) -> Dispatched {
    let (resource, further) = objects.split_first().unwrap();
    let form = json!({ "permissions": ["s3:PutObject"], "duration": "1h", "additional_resources": further });
    installed.execute(cast::DANA, "request_permissions", resource, &form)
}

/// What `ask` needs, and the request.
pub(crate) fn long_request(count: usize) -> (Installed, Dispatched, Vec<String>) {
    let installed = Installed::new();
    let objects = long_objects(count);
    catalog(&installed, &objects);
    let request = ask(&installed, &objects);
    (installed, request, objects)
}

/// ARNs of the first `count` policies of a grant, sorted as the sandbox tells them.
pub(crate) fn arns(grant: &str, count: usize) -> Vec<String> {
    let arn = |number: usize| match number {
        1 => format!("arn:aws:iam::123456789012:policy/port-iam/{grant}"),
        _ => format!("arn:aws:iam::123456789012:policy/port-iam/{grant}.{number}"),
    };
    (1..=count).map(arn).collect()
}

/// Returns whether the role of a grant may do this now, as the policy simulator of the account judges it.
fn may(installed: &Installed, grant: &str, action: &str, resource: &str, now: &str) -> bool {
    use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, PolicyEvaluationDecisionType};
    let now = ContextEntry::builder()
        .context_key_name("aws:CurrentTime")
        .context_key_type(ContextKeyTypeEnum::Date)
        .context_key_values(now)
        .build();
    let mut allowed = false;
    installed.harness.with_aws(async |iam| {
        let arn = format!("arn:aws:iam::123456789012:role/port-iam/{grant}");
        let question = iam.simulate_principal_policy().policy_source_arn(arn).action_names(action);
        // The account that owns the bucket, which S3 sends with every request.
        let owner = ContextEntry::builder()
            .context_key_name("s3:ResourceAccount")
            .context_key_type(ContextKeyTypeEnum::String)
            .context_key_values("123456789012")
            .build();
        let question = question.resource_arns(resource).context_entries(now).context_entries(owner);
        let answer = question.send().await.unwrap();
        allowed = answer.evaluation_results()[0].eval_decision() == &PolicyEvaluationDecisionType::Allowed;
    });
    allowed
}

#[test]
fn a_grant_that_is_too_long_for_one_policy_gets_several_that_allow_what_was_asked() {
    let (installed, request, objects) = long_request(21);
    let grant = request.grant();
    let ran = installed.grant(&request).exits(0);
    assert_eq!(installed.policies(), arns(&grant, 4));
    assert_eq!(installed.attached(&grant), arns(&grant, 4));
    let end = installed.record(&grant)["properties"]["granted_until"].as_str().unwrap().to_owned();
    let from = installed.record(&grant)["properties"]["granted_from"].as_str().unwrap().to_owned();
    for object in &objects {
        assert!(may(&installed, &grant, "s3:PutObject", object, &from), "{object}");
    }
    assert!(!may(&installed, &grant, "s3:PutObject", &objects[0], &end));
    assert!(!may(&installed, &grant, "s3:GetObject", &objects[0], &from));
    assert!(!may(&installed, &grant, "s3:PutObject", &format!("{}k", objects[20]), &from));
    let entity = &installed.entities()[0]["properties"];
    assert_eq!(entity["policy_arn"], arns(&grant, 1)[0]);
    let shown: Vec<&Value> = entity["iam_policy"]["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|statement| statement["Resource"].as_array().unwrap())
        .collect();
    assert_eq!(shown.len(), 21);
    assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
    assert!(ran.stdout.contains(&grant), "{}", ran.stdout);
    // Told once more, it is found complete.
    let since = installed.harness.sandbox.log.len();
    let again = installed.grant(&request).exits(0);
    assert!(again.stdout.contains("It was granted before; nothing was changed."), "{}", again.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn the_further_policies_are_made_in_their_order_and_nothing_is_live_before_the_record() {
    let (installed, request, _) = long_request(21);
    let grant = request.grant();
    let since = installed.harness.sandbox.log.len();
    installed.grant(&request).exits(0);
    let exchanges = installed.exchanges_since(since);
    let made: Vec<&str> = exchanges
        .iter()
        .filter(|exchange| exchange.aws_action() == Some("CreatePolicy"))
        .map(|exchange| exchange.body["PolicyName"].as_str().unwrap())
        .collect();
    assert_eq!(made, [grant.clone(), format!("{grant}.2"), format!("{grant}.3"), format!("{grant}.4")]);
    let at = |action: &str| exchanges.iter().position(|exchange| exchange.aws_action() == Some(action)).unwrap();
    let recorded = exchanges.iter().rposition(|exchange| exchange.path.contains("permission_records/entities"));
    let last_made = exchanges.iter().rposition(|exchange| exchange.aws_action() == Some("CreatePolicy"));
    assert!(last_made < recorded && recorded < Some(at("AttachRolePolicy")));
}

#[test]
fn a_grant_of_one_policy_asks_once_whether_there_is_a_second() {
    let installed = Installed::new();
    let since = installed.harness.sandbox.log.len();
    let grant = installed.granted().grant();
    let asked = |since: usize, action: &str| -> usize {
        let second = &arns(&grant, 2)[1];
        let exchanges = installed.exchanges_since(since);
        let about = exchanges.iter().filter(|exchange| exchange.body["PolicyArn"] == second.as_str());
        about.inspect(|exchange| assert_eq!(exchange.aws_action(), Some(action))).count()
    };
    assert_eq!(asked(since, "GetPolicy"), 1);
    let since = installed.harness.sandbox.log.len();
    installed.revoke(&installed.give_back(&grant)).exits(0);
    assert_eq!(asked(since, "ListPolicyVersions"), 1);
}

#[test]
fn a_revocation_takes_every_policy_and_the_receipt_names_them() {
    let (installed, request, _) = long_request(21);
    let grant = request.grant();
    installed.grant(&request).exits(0);
    let since = installed.harness.sandbox.log.len();
    installed.revoke(&installed.give_back(&grant)).exits(0);
    installed.assert_no_grant();
    let receipt = installed.record(&grant)["properties"]["receipt"].clone();
    assert_eq!(receipt["policies"], json!(arns(&grant, 4)));
    assert_eq!(receipt["policy"], json!(arns(&grant, 1)[0]));
    let deleted: Vec<Value> = installed
        .exchanges_since(since)
        .iter()
        .filter(|exchange| exchange.aws_action() == Some("DeletePolicy"))
        .map(|exchange| exchange.body["PolicyArn"].clone())
        .collect();
    let mut last_first = arns(&grant, 4);
    last_first.reverse();
    assert_eq!(json!(deleted), json!(last_first));
}

#[test]
fn policies_behind_a_gap_go_too_where_they_are_attached() {
    let (installed, request, _) = long_request(21);
    let grant = request.grant();
    installed.grant(&request).exits(0);
    let second = arns(&grant, 2)[1].clone();
    installed.harness.with_aws(async |iam| {
        iam.detach_role_policy().role_name(&grant).policy_arn(&second).send().await.unwrap();
        iam.delete_policy().policy_arn(&second).send().await.unwrap();
    });
    installed.revoke(&installed.give_back(&grant)).exits(0);
    installed.assert_no_grant();
}

#[test]
fn a_policy_of_another_grant_that_was_attached_is_detached_and_stays() {
    let (installed, request, _) = long_request(8);
    let (grant, other) = (request.grant(), installed.granted().grant());
    installed.grant(&request).exits(0);
    let theirs = arns(&other, 1)[0].clone();
    installed.harness.with_aws(async |iam| {
        iam.attach_role_policy().role_name(&grant).policy_arn(&theirs).send().await.unwrap();
    });
    installed.revoke(&installed.give_back(&grant)).exits(0);
    assert_eq!(installed.policies(), [theirs]);
    assert_eq!(installed.attached(&other), arns(&other, 1));
}

#[test]
fn a_policy_of_it_that_was_changed_is_not_told_as_granted() {
    let (installed, request, _) = long_request(8);
    let grant = request.grant();
    installed.grant(&request).exits(0);
    installed.harness.with_aws(async |iam| {
        let document = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
        let version = iam.create_policy_version().policy_arn(&arns(&grant, 2)[1]);
        version.policy_document(document.to_string()).set_as_default(true).send().await.unwrap();
    });
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("no longer as it was made"), "{}", ran.stdout);
}

#[test]
fn two_grants_at_once_for_one_long_request_make_one_set_of_policies() {
    let installed = Installed::new();
    let objects = long_objects(21);
    catalog(&installed, &objects);
    for _ in 0..6 {
        let request = ask(&installed, &objects);
        installed.grant_twice_at_once(&request);
        assert_eq!(installed.attached(&request.grant()), arns(&request.grant(), 4));
        assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
        // While it lives, nobody is given the same twice.
        installed.revoke(&installed.give_back(&request.grant())).exits(0);
    }
}

/// How a process that is killed looks from outside: from one request on, nothing arrives any more.
fn kill_at(installed: &Installed, action: &str, number: usize) {
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching(&format!("Action={action}&"), number, 999, Fault::DropBefore);
    // Neither the undoing nor Port's run hears of it.
    for dead in
        ["Action=DetachRolePolicy&", "Action=DeletePolicy&", "Action=DeleteRole&", "AWSDenyAll", "/v1/actions/runs/"]
    {
        faults.plan_matching(dead, if dead.starts_with('/') { 1 } else { 0 }, 999, Fault::DropBefore);
    }
}

#[test]
fn a_grant_that_is_killed_between_its_policies_is_completed_by_a_re_run() {
    let installed = Installed::new();
    let objects = long_objects(21);
    catalog(&installed, &objects);
    for (action, done) in [("CreatePolicy", 1), ("CreatePolicy", 2), ("CreatePolicy", 3), ("AttachRolePolicy", 2)] {
        let request = ask(&installed, &objects);
        let grant = request.grant();
        kill_at(&installed, action, done);
        installed.grant(&request).exits(1);
        installed.harness.sandbox.faults.clear();
        assert_eq!(installed.run(&request.run_id)["status"], "IN_PROGRESS", "{action} {done}");
        let there = installed.policies().iter().filter(|arn| arn.contains(&grant)).count();
        assert_eq!(there, if action == "CreatePolicy" { done } else { 4 });
        installed.grant(&request).exits(0);
        assert_eq!(installed.attached(&grant), arns(&grant, 4), "{action} {done}");
        installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        installed.assert_no_grant();
    }
}

#[test]
fn a_grant_that_is_killed_between_its_policies_can_be_taken_away() {
    let installed = Installed::new();
    let objects = long_objects(21);
    catalog(&installed, &objects);
    for (action, done) in [("CreatePolicy", 2), ("AttachRolePolicy", 1), ("AttachRolePolicy", 3)] {
        let request = ask(&installed, &objects);
        kill_at(&installed, action, done);
        installed.grant(&request).exits(1);
        installed.harness.sandbox.faults.clear();
        assert!(!installed.policies().is_empty());
        installed.harness.run(&["revoke", &request.grant(), "--direct"]).exits(0);
        installed.assert_no_grant();
    }
}

#[test]
fn the_account_s_own_quota_decides_how_many_policies_there_may_be() {
    let (installed, request, _) = long_request(21);
    installed.harness.sandbox.aws.set_attached_policies_quota(4);
    let since = installed.harness.sandbox.log.len();
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("IAM takes 6,144 in each of at most 3 policies of a role"), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
    installed.harness.sandbox.aws.set_attached_policies_quota(5);
    let request = ask(&installed, &long_objects(21));
    installed.grant(&request).exits(0);
    // Four policies and AWSDenyAll: a revocation can begin with it.
    let since = installed.harness.sandbox.log.len();
    installed.revoke(&installed.give_back(&request.grant())).exits(0);
    let exchanges = installed.harness.writes(Api::Aws, since);
    assert!(exchanges.iter().all(|exchange| exchange.status == 200), "{exchanges:?}");
    installed.assert_no_grant();
}

#[test]
fn what_fills_more_policies_than_any_role_takes_is_refused_with_the_arithmetic() {
    let (installed, request, _) = long_request(21);
    let guarded: Vec<String> = (0..4).map(|index| format!("arn:aws:s3:::{}{index}/*", "g".repeat(950))).collect();
    let template = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": [], "Resource": "" },
        { "Effect": "Deny", "Action": "s3:*", "Resource": guarded }] });
    let path = ".github/templates/iamPolicyDocument.json";
    let github = &installed.harness.sandbox.github;
    github.commit_file(REPOSITORY, "main", path, Some(template.to_string().as_bytes())).unwrap();
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("IAM takes 6,144 in each of at most 9 policies of a role"), "{}", ran.stdout);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn the_first_policy_does_not_stay_when_its_role_is_refused() {
    let installed = Installed::new();
    let refusal = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=CreateRole&", 0, 999, refusal);
    installed.grant(&installed.request()).exits(1);
    installed.harness.sandbox.faults.clear();
    installed.assert_no_grant();
}
