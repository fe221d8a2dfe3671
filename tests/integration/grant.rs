//! `port-iam grant` against the sandbox, as the workflow runs it.

use port_iam::clients::port::{RunPatch, Upsert};
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::Ran;
use crate::installed::{BUCKET, Dispatched, INSTANCE, Installed};

#[test]
fn a_request_becomes_a_role_a_policy_an_entity_and_a_record() {
    let installed = Installed::new();
    let request = installed.request();
    let ran = installed.grant(&request).exits(0);
    let grant = request.grant();
    assert!(ran.stdout.contains(&format!("{grant}: s3:PutObject on {BUCKET} for dana@acme.example")), "{}", ran.stdout);
    assert_eq!(installed.roles(), [grant.as_str()]);
    assert_eq!(installed.policies(), [format!("arn:aws:iam::123456789012:policy/port-iam/{grant}")]);
    let entity = &installed.entities()[0];
    assert_eq!(entity["properties"]["requester"], "dana@acme.example");
    assert_eq!(entity["properties"]["policy_arn"], json!(installed.policies()[0]));
    assert_eq!(entity["properties"]["role_arn"], format!("arn:aws:iam::123456789012:role/port-iam/{grant}"));
    assert_eq!(entity["properties"]["iam_policy"]["Statement"][0]["Resource"], json!([format!("{BUCKET}/*")]));
    assert_eq!(
        entity["properties"]["sign_in_url"],
        format!(
            "https://signin.aws.amazon.com/switchrole?account=123456789012&roleName=port-iam%2F{grant}&displayName={grant}"
        )
    );
    assert_eq!(entity["relations"], json!({ "aws_resource": BUCKET, "permissions": ["s3:PutObject"] }));
    assert_eq!(installed.record(&grant)["properties"]["granted_until"], entity["properties"]["expiry_time"]);
    assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
    let log = installed.log_of(&request.run_id);
    assert!(log.contains(&format!("Created permission for the AWS resource \"{BUCKET}\"🚀")), "{log}");
    assert!(log.contains("Requester for this permission is: dana@acme.example"), "{log}");
    assert!(log.contains("The sign-in URL: https://signin.aws.amazon.com/switchrole?"), "{log}");
}

#[test]
fn nothing_is_live_before_it_is_on_record_and_the_status_comes_last() {
    let installed = Installed::new();
    let request = installed.request();
    let since = installed.harness.sandbox.log.len();
    installed.grant(&request).exits(0);
    let steps: Vec<String> = installed
        .exchanges_since(since)
        .iter()
        .filter(|exchange| exchange.is_write())
        .map(|exchange| match exchange.aws_action() {
            Some(action) => action.to_owned(),
            None => format!("{} {}", exchange.method, exchange.path.split('/').nth(3).unwrap_or_default()),
        })
        .collect();
    let at =
        |step: &str| steps.iter().position(|found| found == step).unwrap_or_else(|| panic!("no {step} in {steps:?}"));
    let last_record =
        steps.iter().rposition(|step| step.ends_with("_permissions") || step.ends_with("_records")).unwrap();
    assert!(at("CreateRole").max(at("CreatePolicy")) < at("POST provisioned_permissions"), "{steps:?}");
    assert!(last_record < at("AttachRolePolicy"), "{steps:?}");
    assert_eq!(at("PATCH runs"), steps.len() - 1, "{steps:?}");
    assert_eq!(steps.iter().filter(|step| *step == "POST runs").count(), 1, "one line for the log: {steps:?}");
}

#[test]
fn a_grant_that_aws_does_not_show_yet_is_told_as_propagating_to_the_run_and_in_the_summary() {
    let installed = Installed::new();
    let request = installed.request();
    let path = installed.harness.folder.path().join("summary.md");
    installed.harness.sandbox.aws.delay_visibility(1_000);
    let since = installed.harness.sandbox.log.len();
    let ran = installed.step("grant", &request, &[("GITHUB_STEP_SUMMARY", path.to_str().unwrap())]).exits(0);
    let sentence = "Granted, still propagating in AWS: try again in a minute if access is denied.";
    assert!(ran.stdout.contains(sentence), "{}", ran.stdout);
    assert!(installed.log_of(&request.run_id).ends_with(&format!("\n{sentence}")));
    let summary = std::fs::read_to_string(path).unwrap();
    assert!(summary.contains(&format!("| Note | {sentence} |")), "{summary}");
    assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
    let writes = installed.harness.writes(Api::Port, since);
    let ends = writes.last().unwrap();
    assert_eq!(
        (ends.method.as_str(), ends.body["status"].as_str()),
        ("PATCH", Some("SUCCESS")),
        "the status comes last"
    );
}

#[test]
fn the_end_is_told_in_utc_and_as_a_distance_to_the_run_and_in_the_summary() {
    let installed = Installed::new();
    let path = installed.harness.folder.path().join("summary.md");
    let told = |dispatched: &Dispatched, distance: &str| {
        let _ = std::fs::remove_file(&path);
        installed.step("grant", dispatched, &[("GITHUB_STEP_SUMMARY", path.to_str().unwrap())]).exits(0);
        let end = installed.record(&dispatched.grant())["properties"]["granted_until"].as_str().unwrap().to_owned();
        assert!(installed.log_of(&dispatched.run_id).contains(&format!("Until: {end} ({distance})\n")));
        let summary = std::fs::read_to_string(&path).unwrap();
        assert!(summary.contains(&format!("| Until | {end} \\({distance}\\) |\n")), "{summary}");
    };
    let request = installed.request();
    told(&request, "in 1 hour");
    told(&installed.extend(&request.grant(), "4h"), "in 4 hours");
}

#[test]
fn a_second_grant_for_one_run_changes_nothing() {
    let installed = Installed::new();
    let request = installed.granted();
    let entity = installed.entities();
    let since = installed.harness.sandbox.log.len();
    let ran = installed.grant(&request).exits(0);
    assert!(ran.stdout.contains("It was granted before; nothing was changed."), "{}", ran.stdout);
    for api in [Api::Aws, Api::Port, Api::Github] {
        assert!(installed.harness.writes(api, since).is_empty());
    }
    assert_eq!(installed.roles().len(), 1);
    assert_eq!(installed.entities(), entity);
}

#[test]
fn two_grants_at_once_for_one_run_make_one_role_with_one_end() {
    let installed = Installed::new();
    for person in cast::CROWD.into_iter().chain([cast::DANA, cast::MAX]) {
        let request = installed.request_by(person);
        installed.grant_twice_at_once(&request);
        assert!(installed.roles().contains(&request.grant()));
        assert_eq!(installed.harness.sandbox.aws.attached_policies(&request.grant()).unwrap().len(), 1);
        assert_eq!(installed.run(&request.run_id)["status"], "SUCCESS");
    }
    assert_eq!(installed.roles().len(), 12);
}

#[test]
fn the_end_comes_from_the_request() {
    let installed = Installed::new();
    for (form, seconds) in [(json!({ "duration": "15m" }), 900), (json!({}), 14_400)] {
        let mut all = json!({ "permissions": ["ec2:StopInstances"] });
        all.as_object_mut().unwrap().extend(form.as_object().unwrap().clone());
        let request = installed.execute(cast::DANA, "request_permissions", INSTANCE, &all);
        installed.grant(&request).exits(0);
        let record = installed.record(&request.grant());
        let moment =
            |name: &str| record["properties"][name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second();
        assert_eq!(moment("granted_until") - moment("granted_from"), seconds);
    }
}

/// What is changed in a dispatch, and the field that the refusal names.
type Forgery = (fn(&Dispatched) -> Dispatched, &'static str);

#[test]
fn a_forged_dispatch_is_refused_told_to_the_run_and_changes_nothing_in_aws() {
    let forgeries: [Forgery; 11] = [
        (|it| it.forged(|context| context["entity"]["identifier"] = json!("arn:aws:s3:::other")), "entity"),
        (|it| it.forged(|context| context["trigger"]["by"]["user"]["email"] = json!("ada@acme.example")), "requester"),
        (
            |it| it.forged(|context| context["trigger"]["by"]["user"]["email"] = json!("nobody@acme.example")),
            "requester",
        ),
        (|it| it.forged(|context| context["trigger"] = json!({})), "requester"),
        (|it| it.with_form(|form| form["permissions"] = json!(["ec2:StopInstances"])), "properties"),
        (|it| it.with_form(|form| form["permissions"] = json!([])), "permissions"),
        (|it| it.with_form(|form| form["permissions"] = json!(["s3:PutObject", "s3:putobject"])), "permissions"),
        (|it| it.with_form(|form| form["permissions"] = json!(["s3:*"])), "permissions"),
        (|it| it.with_form(|form| form["duration"] = json!("7d")), "properties"),
        (|it| it.with_form(|form| *form = json!("x".repeat(60_000))), "properties"),
        (|it| it.with_form(|form| form["reason"] = json!("\u{7}")), "reason"),
    ];
    let installed = Installed::new();
    for (forge, field) in forgeries {
        let request = installed.request();
        let since = installed.harness.sandbox.log.len();
        let ran = installed.grant(&forge(&request)).exits(5);
        assert!(
            ran.stdout.contains(&format!("::error title=port-iam%3A refused::{field}:")),
            "{field}: {}",
            ran.stdout
        );
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{field}");
        assert_eq!(installed.run(&request.run_id)["status"], "FAILURE", "{field}");
        assert!(installed.log_of(&request.run_id).contains("What to do:"), "{field}");
    }
}

#[test]
fn a_form_that_is_missing_or_empty_is_refused_whatever_its_shape() {
    let installed = Installed::new();
    for properties in [None, Some(""), Some("null"), Some("{}")] {
        let mut request = installed.request();
        request.inputs.remove("properties");
        request.inputs.extend(properties.map(|text| ("properties".to_owned(), text.to_owned())));
        let ran = installed.grant(&request).exits(5);
        assert!(ran.stdout.contains("permissions: is empty"), "{properties:?}: {}", ran.stdout);
        assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
    }
    assert!(installed.roles().is_empty());
}

#[test]
fn a_run_of_another_action_is_neither_granted_nor_touched() {
    let installed = Installed::new();
    let granted = installed.granted();
    let revocation = installed.give_back(&granted.grant());
    let request = installed.request();
    let stolen = request.forged(|context| context["runId"] = json!(revocation.run_id));
    let ran = installed.grant(&stolen).exits(5);
    assert!(ran.stdout.contains("runId: the run belongs to the action"), "{}", ran.stdout);
    assert_eq!(installed.run(&revocation.run_id)["status"], "IN_PROGRESS");
    assert_eq!(installed.roles(), [granted.grant()]);
}

#[test]
fn an_unknown_run_is_refused() {
    let installed = Installed::new();
    let request = installed.request().forged(|context| context["runId"] = json!("r_nobodyKnowsThis"));
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("runId: Port knows no run `r_nobodyKnowsThis`"), "{}", ran.stdout);
    assert!(installed.roles().is_empty());
}

#[test]
fn the_rules_on_the_default_branch_decide() {
    let installed = Installed::new();
    let refused = |field: &str, words: &str| {
        let request = installed.request();
        let ran = installed.grant(&request).exits(5);
        assert!(ran.stdout.contains(&format!("{field}: ")) && ran.stdout.contains(words), "{words}: {}", ran.stdout);
        assert!(installed.roles().is_empty());
    };
    installed.set_rules(|rules| rules.replace("longest-duration: 12h", "longest-duration: 30m"));
    refused("duration", "longer than the 30m");
    installed.set_rules(|rules| {
        rules
            .replace("longest-duration: 30m", "longest-duration: 12h")
            .replace("requesters: [\"*\"]", "requesters: [\"ada@acme.example\"]")
    });
    refused("requester", "no rule speaks of");
    installed.set_rules(|rules| rules.replace("\"123456789012\"", "\"210987654321\""));
    refused("entity", "does not name");
    installed.set_rules(|rules| rules.replace("version: 1", "version: 1\nsurprise: true"));
    refused("port-iam.yaml", "unknown field `surprise`");
    installed
        .harness
        .sandbox
        .github
        .commit_file(crate::installed::REPOSITORY, "main", ".github/port-iam.yaml", None)
        .unwrap();
    refused("port-iam.yaml", "is not on the default branch");
}

#[test]
fn approval_is_demanded_by_the_file_whatever_the_run_s_flag_says() {
    let installed = Installed::new();
    installed.set_rules(|rules| {
        rules.replace("approval: none", "approval: required\n    approvers: [\"ada@acme.example\"]")
    });
    let request = installed.request();
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("approval: rule"), "{}", ran.stdout);
    assert!(installed.roles().is_empty());
}

#[test]
fn a_workflow_on_another_branch_or_for_another_account_is_refused() {
    let installed = Installed::new();
    let request = installed.request();
    for (changes, field) in [
        (&[("GITHUB_REF", "refs/heads/mine")][..], "GITHUB_REF"),
        (&[("AWS_ACCOUNT_ID", "210987654321")][..], "AWS_ACCOUNT_ID"),
    ] {
        let request = if field == "GITHUB_REF" { request.clone() } else { installed.request() };
        let ran = installed.step("grant", &request, changes).exits(5);
        assert!(ran.stdout.contains(&format!("{field}:")), "{}", ran.stdout);
    }
    assert!(installed.roles().is_empty());
}

#[test]
fn a_resource_type_that_no_rule_names_is_refused() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replace("resource-types: [S3, EC2]", "resource-types: [EC2]"));
    let request = installed.request();
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("refused::entity:"), "{}", ran.stdout);
    assert!(installed.roles().is_empty());
}

#[test]
fn what_the_catalog_does_not_bear_out_is_refused() {
    let installed = Installed::new();
    for (blueprint, id, kind) in [
        ("aws_resource", "arn:aws:ec2:us-east-1:210987654321:instance/i-1", "EC2"),
        ("aws_resource", "not-an-arn", "S3"),
        ("iam_permissions", "s3:PutBucketPolicy", "S3"),
    ] {
        let body = json!({ "identifier": id, "properties": { "resource_type": kind } });
        installed.harness.upsert(blueprint, &body);
    }
    for (entity, permission, field) in [
        (BUCKET, "ec2:StopInstances", "permissions"),
        (BUCKET, "s3:PutBucketPolicy", "permissions"),
        ("arn:aws:ec2:us-east-1:210987654321:instance/i-1", "ec2:StopInstances", "entity"),
        ("not-an-arn", "s3:PutObject", "entity"),
    ] {
        let form = json!({ "permissions": [permission] });
        let request = installed.execute(cast::DANA, "request_permissions", entity, &form);
        let ran = installed.grant(&request).exits(5);
        assert!(ran.stdout.contains(&format!("refused::{field}:")), "{entity} {permission}: {}", ran.stdout);
        assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
    }
    assert!(installed.roles().is_empty());
}

#[test]
fn a_crafted_title_does_nothing_but_appear_as_text() {
    let installed = Installed::new();
    let title = "'; touch pwned; echo '";
    let body = json!({ "identifier": BUCKET, "title": title, "properties": { "resource_type": "S3" } });
    installed.harness.upsert("aws_resource", &body);
    let request = installed.request();
    assert!(request.inputs["port_context"].contains(title));
    installed.grant(&request).exits(0);
    assert!(!std::path::Path::new("pwned").exists());
}

/// Asks Port something that no command of ours asks, as somebody.
pub(crate) fn ask_port(
    installed: &Installed,
    person: cast::Person,
    method: reqwest::Method,
    path: &str,
    body: &serde_json::Value,
) {
    let url = installed.harness.environment.iter().find(|(name, _)| *name == "PORT_API_URL").unwrap().1.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let login = json!({ "clientId": person.port_client_id, "clientSecret": person.port_client_secret });
        let answer = http.post(format!("{url}/v1/auth/access_token")).json(&login).send().await.unwrap();
        let token = answer.json::<serde_json::Value>().await.unwrap()["accessToken"].as_str().unwrap().to_owned();
        let request = http.request(method, format!("{url}/v1{path}")).bearer_auth(token).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        assert!(status.is_success(), "{path}: {status} {}", answer.text().await.unwrap());
    });
}

/// Lets somebody approve a run.
pub(crate) fn approve(installed: &Installed, person: cast::Person, run_id: &str) {
    let path = format!("/actions/runs/{run_id}/approval?version=v2");
    ask_port(installed, person, reqwest::Method::PATCH, &path, &json!({ "status": "APPROVE" }));
}

/// Dana's request, which Port has somebody approve. Returns its run.
pub(crate) fn waiting(installed: &Installed) -> String {
    installed.harness.with_port(async |port| {
        let mut action = port.action("request_permissions").await.unwrap().unwrap();
        for read_only in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
            action.as_object_mut().unwrap().remove(read_only);
        }
        action["requiredApproval"] = json!({ "type": "ANY" });
        port.replace_action("request_permissions", &action).await.unwrap();
    });
    let mut run_id = String::new();
    installed.harness.with_port_as(cast::DANA.port_client_id, cast::DANA.port_client_secret, async |port| {
        let run =
            port.execute("request_permissions", BUCKET, &json!({ "permissions": ["s3:PutObject"] })).await.unwrap();
        assert_eq!(run.status, "WAITING_FOR_APPROVAL");
        run_id = run.id;
    });
    run_id
}

#[test]
fn the_age_counts_from_the_approval_although_only_port_asks_for_one() {
    let installed = Installed::new();
    let run_id = waiting(&installed);
    installed.pass(25 * 60);
    approve(&installed, cast::ADA, &run_id);
    let request = Dispatched { run_id, inputs: installed.next_dispatch(0).inputs };
    installed.grant(&request).exits(0);
    assert!(installed.is_live(&request.grant()));
}

#[test]
fn what_somebody_of_the_rule_s_list_approved_is_granted_and_recorded_with_the_name() {
    let installed = Installed::new();
    installed.set_rules(|rules| {
        rules.replace("approval: none", "approval: required\n    approvers: [\"ADA@acme.example\"]")
    });
    let run_id = waiting(&installed);
    approve(&installed, cast::ADA, &run_id);
    let request = Dispatched { run_id, inputs: installed.next_dispatch(0).inputs };
    installed.grant(&request).exits(0);
    assert_eq!(installed.record(&request.grant())["properties"]["approver"], "ada@acme.example");
}

/// Makes a grant whose run ends badly once it is live, and its record may say something else.
fn failed_meanwhile(installed: &Installed, recorded_meanwhile: Option<&Value>) -> (String, Ran) {
    let request = installed.request();
    let grant = request.grant();
    // It is live and on record, and is not reported before it could be read back.
    let unavailable = Fault::Status { status: 503, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("Action=ListAttachedRolePolicies&", 0, 1, unavailable);
    let pause = installed.harness.held_pause.hold_next();
    let ran = std::thread::scope(|scope| {
        let granting = scope.spawn(|| installed.grant(&request));
        pause.meanwhile(|| {
            assert!(installed.is_live(&grant));
            installed.harness.with_port(async |port| {
                if let Some(properties) = recorded_meanwhile {
                    let record = json!({ "identifier": grant, "properties": properties });
                    port.upsert_entity("permission_records", &record, Upsert { run_id: None }).await.unwrap();
                }
                let patch = RunPatch { succeeded: Some(false), label: None };
                port.report(&request.run_id, &patch).await.unwrap();
            });
        });
        granting.join().unwrap()
    });
    assert_eq!(installed.run(&request.run_id)["status"], "FAILURE");
    assert!(!installed.roles().contains(&grant), "the run has failed, and its grant is live");
    (grant, ran)
}

#[test]
fn a_run_that_ends_badly_meanwhile_takes_its_grant_with_it() {
    let installed = Installed::new();
    let (grant, ran) = failed_meanwhile(&installed, None);
    assert_eq!(ran.exit_code, 1, "{}", ran.stdout);
    assert_eq!(installed.record(&grant)["properties"]["state"], "grant-failed");
}

/// Whoever revokes it records its end before Port's run is over.
#[test]
fn a_grant_that_is_revoked_before_its_run_has_ended_stays_on_record_as_revoked() {
    let installed = Installed::new();
    let end = json!({ "state": "revoked", "revoked_at": "2026-11-23T20:00:00Z", "receipt": { "at": "then" } });
    let (grant, ran) = failed_meanwhile(&installed, Some(&end));
    assert_eq!(ran.exit_code, 1, "{}", ran.stdout);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["receipt"]), (&end["state"], &end["receipt"]), "{record}");
}

#[test]
fn a_grant_that_is_being_taken_away_is_not_told_as_granted() {
    let installed = Installed::new();
    let request = installed.granted();
    installed.harness.with_aws(async |iam| {
        let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
        iam.attach_role_policy().role_name(request.grant()).policy_arn(deny).send().await.unwrap();
    });
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("no longer as it was made"), "{}", ran.stdout);
}

#[test]
fn a_template_that_narrows_a_grant_does_not_stop_it() {
    let installed = Installed::new();
    let template = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": [], "Resource": "",
        "Condition": { "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } }] });
    let path = ".github/templates/iamPolicyDocument.json";
    let github = &installed.harness.sandbox.github;
    github.commit_file(crate::installed::REPOSITORY, "main", path, Some(template.to_string().as_bytes())).unwrap();
    installed.grant(&installed.request()).exits(0);
}

#[test]
fn a_run_that_ended_well_without_a_grant_is_not_told_as_live() {
    let installed = Installed::new();
    let before = installed.runs().len();
    let ran = std::thread::scope(|scope| {
        let asking =
            scope.spawn(|| installed.harness.run(&["request", "--resource", BUCKET, "--permission", "s3:PutObject"]));
        let context: Value = serde_json::from_str(&installed.next_dispatch(before).inputs["port_context"]).unwrap();
        installed.harness.with_port(async |port| {
            let patch = port_iam::clients::port::RunPatch { succeeded: Some(true), label: None };
            port.report(context["runId"].as_str().unwrap(), &patch).await.unwrap();
        });
        asking.join().unwrap()
    });
    assert!(ran.stderr.contains("is not in the catalog"), "{} {}", ran.stdout, ran.stderr);
    ran.exits(1);
}

#[test]
fn a_request_by_hand_that_is_refused_exits_with_five_and_tells_why_once() {
    let installed = Installed::new();
    let ran = std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let arguments = ["request", "--resource", BUCKET, "--permission", "s3:PutObject", "--duration", "1d"];
            installed.harness.run(&arguments)
        });
        let inputs = installed.next_dispatch(0).inputs;
        let context: serde_json::Value = serde_json::from_str(&inputs["port_context"]).unwrap();
        let request = Dispatched { run_id: context["runId"].as_str().unwrap().to_owned(), inputs };
        installed.grant(&request).exits(5);
        asking.join().unwrap()
    });
    let ran = ran.exits(5);
    assert_eq!(ran.stderr.matches("longer than the 12h").count(), 1, "{}", ran.stderr);
}

#[test]
fn a_further_resource_that_is_refused_is_named_by_its_own_field() {
    let installed = Installed::new();
    let foreign = "arn:aws:ec2:us-east-1:999999999999:instance/i-1";
    let body = json!({ "identifier": foreign, "properties": { "resource_type": "S3" } });
    installed.harness.upsert("aws_resource", &body);
    let form = json!({ "permissions": ["s3:PutObject"], "additional_resources": [foreign] });
    let request = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("refused::additional_resources:"), "{}", ran.stdout);
}

#[test]
fn a_grant_that_somebody_took_away_by_hand_gains_no_time_by_a_repeated_workflow() {
    let installed = Installed::new();
    let request = installed.request();
    let grant = request.grant();
    let closing = format!("PATCH /v1/actions/runs/{}", request.run_id);
    installed.harness.sandbox.faults.plan_matching(&closing, 0, 999, port_iam::sandbox::fault::Fault::DropBefore);
    installed.grant(&request).exits(1);
    installed.harness.sandbox.faults.clear();
    let of_record = |property: &str| installed.record(&grant)["properties"][property].clone();
    let (begin, end) = (of_record("granted_from"), of_record("granted_until"));
    let remove_by_hand = || {
        installed.harness.with_aws(async |iam| {
            let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
            iam.detach_role_policy().role_name(&grant).policy_arn(&arn).send().await.unwrap();
            iam.delete_role().role_name(&grant).send().await.unwrap();
            iam.delete_policy().policy_arn(&arn).send().await.unwrap();
        });
    };
    remove_by_hand();
    installed.pass(30);
    installed.harness.sandbox.faults.plan_matching(&closing, 0, 999, port_iam::sandbox::fault::Fault::DropBefore);
    installed.grant(&request).exits(1);
    installed.harness.sandbox.faults.clear();
    assert_eq!((of_record("granted_from"), of_record("granted_until")), (begin, end));
    remove_by_hand();
    installed.pass(31);
    let since = installed.harness.sandbox.log.len();
    let ran = installed.grant(&request).exits(5);
    assert!(ran.stdout.contains("runId: the grant of this run has already ended"), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

/// The grant was live all the while.
#[test]
fn a_repeated_workflow_moves_no_beginning_on_the_permanent_record() {
    let installed = Installed::new();
    let request = installed.request();
    let closing = format!("PATCH /v1/actions/runs/{}", request.run_id);
    let faults = &installed.harness.sandbox.faults;
    faults.plan_matching(&closing, 0, 999, port_iam::sandbox::fault::Fault::DropBefore);
    installed.grant(&request).exits(1);
    faults.clear();
    let record = installed.record(&request.grant());
    installed.pass(10);
    let export = installed.harness.run(&["audit", "export"]).exits(0).stdout;
    let export = installed.harness.file("export.jsonl", &export);
    installed.pass(10);
    installed.grant(&request).exits(0);
    assert_eq!(installed.record(&request.grant())["properties"], record["properties"]);
    let verified = installed.harness.run(&["audit", "verify", &export]).exits(0);
    assert!(verified.stdout.contains("1 unchanged"), "{}", verified.stdout);
}
