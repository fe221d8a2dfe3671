//! `port-iam sweep` against the sandbox: AWS and Port compared both ways, and what is done about each difference.

use jiff::SignedDuration;
use port_iam::clients::port::Upsert;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::Ran;
use crate::installed::{BUCKET, Installed, REPOSITORY};

/// The credentials of the sweep's workflow, which are no others than the workflows'.
pub(crate) const VARIABLES: [(&str, &str); 6] = [
    ("PORT_CLIENT_ID", cast::WORKFLOW_PORT_CLIENT_ID),
    ("PORT_CLIENT_SECRET", cast::WORKFLOW_PORT_CLIENT_SECRET),
    ("AWS_ACCESS_KEY_ID", cast::MANAGER_ACCESS_KEY_ID),
    ("AWS_SECRET_ACCESS_KEY", cast::MANAGER_SECRET_ACCESS_KEY),
    ("AWS_ACCOUNT_ID", cast::AWS_ACCOUNT_ID),
    ("GITHUB_REPOSITORY", REPOSITORY),
];

/// Runs the sweep as its workflow does: with the workflows' credentials only.
pub(crate) fn sweep_with(installed: &Installed, flags: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["sweep", "--output", "json"].into_iter().chain(flags.iter().copied()).collect();
    installed.harness.run_with(&arguments, &VARIABLES)
}

pub(crate) fn sweep(installed: &Installed) -> Ran {
    sweep_with(installed, &[])
}

/// What the sweep says it did, as `action subject`.
pub(crate) fn done(ran: &Ran) -> Vec<String> {
    named(&ran.json()["sweep"]["done"], "action")
}

/// What the sweep found, as `kind subject`.
pub(crate) fn found(ran: &Ran) -> Vec<String> {
    named(&ran.json()["sweep"]["findings"], "kind")
}

fn named(list: &Value, what: &str) -> Vec<String> {
    let item = |item: &Value| format!("{} {}", item[what].as_str().unwrap(), item["subject"].as_str().unwrap());
    list.as_array().unwrap().iter().map(item).collect()
}

pub(crate) fn pass(installed: &Installed, minutes: i64) {
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(minutes));
}

pub(crate) fn role_arn(name: &str) -> String {
    format!("arn:aws:iam::123456789012:role/port-iam/{name}")
}

pub(crate) fn is_denied(installed: &Installed, role: &str) -> bool {
    let attached = installed.harness.sandbox.aws.attached_policies(role).unwrap_or_default();
    attached.iter().any(|arn| arn.ends_with(":aws:policy/AWSDenyAll"))
}

fn delete_entity(installed: &Installed, blueprint: &str, grant: &str) {
    installed.harness.with_port(async |port| port.delete_entity(blueprint, grant, None).await.unwrap());
}

pub(crate) fn upsert(installed: &Installed, blueprint: &str, body: &Value) {
    installed.harness.with_port(async |port| {
        port.upsert_entity(blueprint, body, Upsert { run_id: None }).await.unwrap();
    });
}

#[track_caller]
pub(crate) fn assert_quiet(installed: &Installed) {
    let since = installed.harness.sandbox.log.len();
    let ran = sweep(installed).exits(0);
    assert!(done(&ran).is_empty() && found(&ran).is_empty(), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn what_is_as_it_must_be_is_left_alone() {
    let installed = Installed::new();
    assert_quiet(&installed);
    installed.granted();
    assert_quiet(&installed);
    pass(&installed, 45);
    assert_quiet(&installed);
}

#[test]
fn what_has_expired_and_is_still_there_is_revoked_with_the_sweep_in_the_receipt() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    pass(&installed, 61);
    let would = sweep_with(&installed, &["--dry-run"]).exits(3);
    assert_eq!(named(&would.json()["sweep"]["steps"], "action"), [format!("revoke {grant}")]);
    assert_eq!(installed.roles(), std::slice::from_ref(&grant));
    let ran = sweep(&installed).exits(0);
    assert_eq!(done(&ran), [format!("revoke {grant}")]);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    assert_eq!(installed.entities(), [Value::Null; 0]);
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!((&record["state"], &record["revoked_by"]), (&json!("expired"), &json!("sweep")));
    assert_eq!(record["receipt"]["role"], role_arn(&grant));
    assert_quiet(&installed);
}

#[test]
fn an_expired_role_that_port_has_forgotten_is_revoked_by_its_tag() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    delete_entity(&installed, "provisioned_permissions", &grant);
    delete_entity(&installed, "permission_records", &grant);
    pass(&installed, 61);
    sweep(&installed).exits(0);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
}

#[test]
fn a_live_role_without_an_entity_is_put_on_record_again_when_its_run_vouches_for_it() {
    for forget_record in [false, true] {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        let before = (installed.entities(), installed.record(&grant)["properties"]["trust_digest"].clone());
        delete_entity(&installed, "provisioned_permissions", &grant);
        if forget_record {
            delete_entity(&installed, "permission_records", &grant);
        }
        let ran = sweep(&installed).exits(0);
        assert_eq!(done(&ran), [format!("record-again {grant}")]);
        let properties = |entity: &Value| {
            let mut properties = entity["properties"].clone();
            properties.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            properties
        };
        assert_eq!(properties(&installed.entities()[0]), properties(&before.0[0]));
        assert_eq!(installed.record(&grant)["properties"]["trust_digest"], before.1);
        assert!(!is_denied(&installed, &grant));
        assert_quiet(&installed);
    }
}

#[test]
fn an_extension_is_as_it_must_be_and_its_run_vouches_for_it_when_the_old_grant_is_gone() {
    let installed = Installed::new();
    let old = installed.granted().grant();
    let extension = installed.extend(&old, "2h");
    installed.grant(&extension).exits(0);
    let grant = extension.grant();
    assert_quiet(&installed);
    let trust = installed.record(&grant)["properties"]["trust_digest"].clone();
    for end_the_old_one in [false, true] {
        if end_the_old_one {
            installed.harness.run_with(&["revoke", &old, "--direct"], &[]).exits(0);
        }
        delete_entity(&installed, "provisioned_permissions", &grant);
        delete_entity(&installed, "permission_records", &grant);
        let ran = sweep(&installed).exits(0);
        assert_eq!(done(&ran), [format!("record-again {grant}")]);
        let record = installed.record(&grant)["properties"].clone();
        assert_eq!((&record["trust_digest"], &record["extends"]), (&trust, &json!(old)));
        assert!(!is_denied(&installed, &grant));
        assert_quiet(&installed);
    }
}

#[test]
fn an_extension_that_no_run_of_its_requester_vouches_for_is_denied_and_found() {
    let installed = Installed::new();
    let old = installed.granted();
    let extension = installed.extend(&old.grant(), "2h");
    installed.grant(&extension).exits(0);
    delete_entity(&installed, "provisioned_permissions", &extension.grant());
    let fault = Fault::Forged { pointer: "/run/createdBy".to_owned(), value: json!("auth0|max") };
    installed.harness.sandbox.faults.plan_exactly(&format!("GET /v1/actions/runs/{}", old.run_id), fault);
    // A close look would find out the old grant too, whose run this is.
    let ran = sweep_with(&installed, &["--close-looks", "0"]).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&extension.grant()))]);
    assert!(is_denied(&installed, &extension.grant()));
}

#[test]
fn a_live_role_that_no_run_vouches_for_is_denied_and_found() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    // Port never heard of this run; everything else is copied from a good grant.
    let role = "Permission-r_forged".to_owned();
    installed.harness.with_aws(async |iam| {
        let good = iam.get_role().role_name(&grant).send().await.unwrap().role.unwrap();
        let trust = percent_encoding::percent_decode_str(good.assume_role_policy_document().unwrap())
            .decode_utf8()
            .unwrap()
            .into_owned();
        let create = iam.create_role().path("/port-iam/").role_name(&role).assume_role_policy_document(trust);
        let create = create.permissions_boundary("arn:aws:iam::123456789012:policy/port-iam-boundary");
        create.set_tags(Some(good.tags().to_vec())).send().await.unwrap();
        let policy = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        let document = iam.get_policy_version().policy_arn(&policy).version_id("v1").send().await.unwrap();
        let document = document.policy_version.unwrap().document.unwrap();
        let document = percent_encoding::percent_decode_str(&document).decode_utf8().unwrap().into_owned();
        let created = iam.create_policy().path("/port-iam/").policy_name(&role).policy_document(document).send().await;
        let arn = created.unwrap().policy.unwrap().arn.unwrap();
        iam.attach_role_policy().role_name(&role).policy_arn(arn).send().await.unwrap();
    });
    let ran = sweep(&installed).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&role))]);
    assert!(ran.stdout.contains("Port knows no run"), "{}", ran.stdout);
    assert!(is_denied(&installed, &role) && !is_denied(&installed, &grant));
    // It stays found until somebody has looked, and nothing is done twice.
    let again = sweep(&installed).exits(1);
    assert_eq!((done(&again).len(), found(&again).len()), (0, 1));
}

#[test]
fn a_grant_that_was_widened_is_denied_and_found() {
    type Change = fn(&Installed, &str);
    let changes: [(&str, Change); 5] = [
        ("attached", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
                iam.attach_role_policy().role_name(grant).policy_arn(arn).send().await.unwrap();
            });
        }),
        ("inline policy", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
                let put = iam.put_role_policy().role_name(grant).policy_name("more");
                put.policy_document(document.to_string()).send().await.unwrap();
            });
        }),
        ("boundary", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                iam.delete_role_permissions_boundary().role_name(grant).send().await.unwrap();
            });
        }),
        ("documents", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
                let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
                let create = iam.create_policy_version().policy_arn(arn).set_as_default(true);
                create.policy_document(document.to_string()).send().await.unwrap();
            });
        }),
        ("no end", |installed, grant| {
            installed.harness.with_aws(async |iam| {
                let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" }] });
                let update = iam.update_assume_role_policy().role_name(grant);
                update.policy_document(trust.to_string()).send().await.unwrap();
            });
        }),
    ];
    let installed = Installed::new();
    for (word, change) in changes {
        let grant = installed.granted().grant();
        change(&installed, &grant);
        let ran = sweep(&installed).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{word}");
        assert!(ran.stdout.contains(word), "{word}: {}", ran.stdout);
        assert!(is_denied(&installed, &grant), "{word}");
        installed.harness.run_with(&["revoke", &grant, "--direct"], &[]).exits(0);
        assert_quiet(&installed);
    }
}

#[test]
fn a_grant_whose_end_was_moved_is_denied_and_found() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole",
            "Condition": { "DateLessThan": { "aws:CurrentTime": "2099-01-01T00:00:00Z" } } }] });
        let update = iam.update_assume_role_policy().role_name(&grant);
        update.policy_document(trust.to_string()).send().await.unwrap();
    });
    let ran = sweep(&installed).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))]);
    assert!(is_denied(&installed, &grant));
    assert_eq!(done(&sweep(&installed).exits(1)), [""; 0]);
}

#[test]
fn an_entity_without_a_role_is_marked_and_removed_after_an_hour() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.with_aws(async |iam| {
        let policy = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
        iam.detach_role_policy().role_name(&grant).policy_arn(&policy).send().await.unwrap();
        iam.delete_role().role_name(&grant).send().await.unwrap();
        iam.delete_policy().policy_arn(&policy).send().await.unwrap();
    });
    assert_eq!(done(&sweep(&installed).exits(0)), [format!("mark-missing {grant}")]);
    let entity = installed.entities()[0]["properties"].clone();
    assert!(entity["state"] == "missing" && entity["missing_since"].is_string(), "{entity}");
    assert_quiet(&installed);
    pass(&installed, 61);
    assert_eq!(done(&sweep(&installed).exits(0)), [format!("remove-entity {grant}")]);
    assert_eq!(installed.entities(), [Value::Null; 0]);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
    assert_quiet(&installed);
}

#[test]
fn what_was_left_over_is_removed_after_an_hour_and_not_before() {
    let installed = Installed::new();
    let request = installed.request();
    // A grant that is killed behind the creation of role and policies: Port never hears of it.
    installed.harness.sandbox.faults.plan_matching("/provisioned_permissions/entities?", 0, 999, Fault::DropBefore);
    installed.harness.sandbox.faults.plan_matching("Action=DeleteRole&", 0, 999, Fault::DropBefore);
    installed.harness.sandbox.faults.plan_matching("Action=DeletePolicy&", 0, 999, Fault::DropBefore);
    installed.grant(&request);
    installed.harness.sandbox.faults.clear();
    let part = "Permission-r_gone.2";
    installed.harness.with_aws(async |iam| {
        let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }] });
        let tags = iam.list_role_tags().role_name(request.grant()).send().await.map(|answer| answer.tags).unwrap_or_default();
        let create = iam.create_policy().path("/port-iam/").policy_name(part).policy_document(document.to_string());
        create.set_tags(Some(tags)).send().await.unwrap();
    });
    assert_eq!(installed.roles(), [request.grant()]);
    assert_quiet(&installed);
    pass(&installed, 61);
    sweep(&installed).exits(0);
    assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]));
    assert_quiet(&installed);
}

#[test]
fn the_grants_of_somebody_who_has_left_are_revoked() {
    let installed = Installed::new();
    let (grant, kept) = (installed.granted().grant(), installed.granted().grant());
    let body = json!({ "identifier": grant, "properties": { "requester": cast::GONE.email } });
    upsert(&installed, "provisioned_permissions", &body);
    assert_eq!(done(&sweep(&installed).exits(0)), [format!("revoke {grant}")]);
    assert_eq!(installed.roles(), [kept]);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
    let why = installed.record(&grant)["properties"]["receipt"]["why"].clone();
    assert_eq!(why, "its requester is no longer active in Port");
}

#[test]
fn an_unfinished_revocation_is_finished() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.sandbox.faults.plan_matching("Action=DeleteRole&", 0, 99, Fault::DropBefore);
    installed.revoke(&installed.give_back(&grant)).exits(1);
    installed.harness.sandbox.faults.clear();
    assert_eq!(installed.roles(), std::slice::from_ref(&grant));
    assert_eq!(done(&sweep(&installed).exits(0)), [format!("revoke {grant}")]);
    assert_eq!((installed.roles(), installed.entities()), (vec![], vec![]));
}

/// A role that somebody else keeps under our path.
fn foreign_role(installed: &Installed, name: &str, scope: Option<&str>) {
    installed.harness.with_aws(async |iam| {
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
        let create = iam.create_role().path("/port-iam/").role_name(name).assume_role_policy_document(trust.to_string());
        let tag = |scope: &str| aws_sdk_iam::types::Tag::builder().key("port-iam:scope").value(scope).build().unwrap();
        create.set_tags(scope.map(|scope| vec![tag(scope)])).send().await.unwrap();
    });
}

#[test]
fn what_is_not_ours_is_found_and_only_denied_when_that_is_asked_for() {
    let installed = Installed::new();
    foreign_role(&installed, "somebody-elses", None);
    foreign_role(&installed, "Permission-r_theirs", Some("org_other/7"));
    let since = installed.harness.sandbox.log.len();
    let ran = sweep(&installed).exits(1);
    let expected =
        [format!("foreign {}", role_arn("Permission-r_theirs")), format!("foreign {}", role_arn("somebody-elses"))];
    assert_eq!(found(&ran), expected);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    installed.set_rules(|rules| format!("{rules}\nother-installations: [\"org_other/7\"]\n"));
    assert_eq!(found(&sweep(&installed).exits(1)), expected[1..]);
    sweep_with(&installed, &["--deny-foreign"]).exits(1);
    assert!(is_denied(&installed, "somebody-elses") && !is_denied(&installed, "Permission-r_theirs"));
}

#[test]
fn a_sweep_that_would_take_too_much_takes_nothing_unless_it_is_forced() {
    let installed = Installed::new();
    let grants: Vec<String> = (0..6).map(|_| installed.granted().grant()).collect();
    // One person's grants would be one person's: these are two people's.
    for (number, grant) in grants.iter().enumerate() {
        let who = if number == 0 { "nobody@acme.example" } else { cast::GONE.email };
        let body = json!({ "identifier": grant, "properties": { "requester": who } });
        upsert(&installed, "provisioned_permissions", &body);
    }
    let since = installed.harness.sandbox.log.len();
    let ran = sweep(&installed).exits(5);
    assert!(ran.stderr.contains("6 of 6 live grants would be taken"), "{}", ran.stderr);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    let would = sweep_with(&installed, &["--dry-run"]).exits(3);
    assert_eq!(would.json()["sweep"]["steps"].as_array().unwrap().len(), 6);
    sweep_with(&installed, &["--force"]).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn another_account_than_the_rules_file_s_is_refused() {
    let installed = Installed::new();
    installed.set_rules(|rules| rules.replace("123456789012", "210987654321"));
    let ran = sweep(&installed).exits(5);
    assert!(ran.stderr.contains("not an account of this installation"), "{}", ran.stderr);
}

#[test]
fn a_role_that_only_bears_the_name_of_a_break_glass_grant_is_denied() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let role = "Permission-bg-01JDB0";
    installed.harness.with_aws(async |iam| {
        let good = iam.get_role().role_name(&grant).send().await.unwrap().role.unwrap();
        let trust = percent_encoding::percent_decode_str(good.assume_role_policy_document().unwrap()).decode_utf8().unwrap().into_owned();
        let create = iam.create_role().path("/port-iam/").role_name(role).assume_role_policy_document(trust);
        let create = create.permissions_boundary("arn:aws:iam::123456789012:policy/port-iam-boundary");
        create.set_tags(Some(good.tags().to_vec())).send().await.unwrap();
        let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*" }] });
        let create = iam.create_policy().path("/port-iam/").policy_name(role).policy_document(document.to_string());
        let arn = create.send().await.unwrap().policy.unwrap().arn.unwrap();
        iam.attach_role_policy().role_name(role).policy_arn(arn).send().await.unwrap();
    });
    let ran = sweep(&installed).exits(1);
    assert_eq!(found(&ran), [format!("tampered {}", role_arn(role))]);
    assert!(ran.stdout.contains("the tag port-iam:actions is missing"), "{}", ran.stdout);
    assert!(is_denied(&installed, role));
    assert_eq!(installed.record(role), Value::Null);
}

#[test]
fn a_sweep_that_is_cut_off_anywhere_is_finished_by_the_next() {
    let installed = Installed::new();
    let prepare = || {
        let expired = installed.granted().grant();
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "4h" });
        let longer = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
        installed.grant(&longer).exits(0);
        let (lost, before) = (longer.grant(), installed.runs().len());
        pass(&installed, 61);
        // Port's timer starts a workflow, which here never runs.
        installed.next_dispatch(before);
        delete_entity(&installed, "provisioned_permissions", &lost);
        (expired, lost)
    };
    let (_, first) = prepare();
    let since = installed.harness.sandbox.log.len();
    sweep(&installed).exits(0);
    let apis: Vec<Api> = installed.exchanges_since(since).iter().map(|exchange| exchange.api).collect();
    assert!(apis.len() > 25, "{}", apis.len());
    installed.harness.run_with(&["revoke", &first, "--direct"], &[]).exits(0);
    for (index, api) in apis.iter().enumerate() {
        let (expired, lost) = prepare();
        let before = apis[..index].iter().filter(|other| *other == api).count();
        // From there on this system is gone, as for a process that is gone.
        installed.harness.sandbox.faults.plan(Some(*api), before, 9_999, Fault::DropBefore);
        sweep(&installed);
        installed.harness.sandbox.faults.clear();
        sweep(&installed).exits(0);
        let what = format!("request {index} to {api:?}");
        assert_eq!(installed.roles(), std::slice::from_ref(&lost), "{what}");
        // Port may have missed the end of the revocation: that entity is removed after its grace period.
        pass(&installed, 61);
        sweep(&installed).exits(0);
        let state = installed.record(&expired)["properties"]["state"].clone();
        assert!(state == "expired" || state == "revoked", "{what}: {state}");
        assert_eq!(installed.entities().len(), 1, "{what}");
        assert_quiet(&installed);
        installed.harness.run_with(&["revoke", &lost, "--direct"], &[]).exits(0);
    }
}

/// Makes many grants without asking Port for each: role, policy, entity and record as the engine leaves them.
fn many(installed: &Installed, count: usize, end: &dyn Fn(usize) -> jiff::Timestamp) {
    use port_iam::domain::digest::{digest, policies_digest};
    let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*" }] });
    let boundary = "arn:aws:iam::123456789012:policy/port-iam-boundary";
    let name = |number: usize| format!("Permission-r_{number:05}");
    let trust = |number: usize| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Action": "sts:AssumeRole", "Condition": { "DateLessThan": { "aws:CurrentTime": end(number).to_string() } } }] })
    };
    let scope = {
        let first = installed.granted().grant();
        let mut scope = String::new();
        installed.harness.with_aws(async |iam| {
            let tags = iam.list_role_tags().role_name(&first).send().await.unwrap().tags;
            scope = tags.iter().find(|tag| tag.key() == "port-iam:scope").unwrap().value().to_owned();
        });
        scope
    };
    installed.harness.with_aws(async |iam| {
        let tag = aws_sdk_iam::types::Tag::builder().key("port-iam:scope").value(scope).build().unwrap();
        for number in 0..count {
            let create = iam.create_role().path("/port-iam/").role_name(name(number)).permissions_boundary(boundary);
            let create = create.assume_role_policy_document(trust(number).to_string()).tags(tag.clone());
            create.send().await.unwrap();
            let create = iam.create_policy().path("/port-iam/").policy_name(name(number)).tags(tag.clone());
            let arn = create.policy_document(document.to_string()).send().await.unwrap().policy.unwrap().arn.unwrap();
            iam.attach_role_policy().role_name(name(number)).policy_arn(arn).send().await.unwrap();
        }
    });
    installed.harness.with_port(async |port| {
        for some in (0..count).collect::<Vec<_>>().chunks(20) {
            let entity = |number: &usize| json!({ "identifier": name(*number), "title": name(*number), "properties": { "requester": cast::DANA.email, "state": "live" } });
            let record = |number: &usize| {
                json!({ "identifier": name(*number), "title": name(*number), "properties": { "grant": name(*number), "state": "live",
                    "trust_digest": digest(&trust(*number)), "policy_digest": policies_digest(std::slice::from_ref(&document)) } })
            };
            for (blueprint, bodies) in [
                ("provisioned_permissions", some.iter().map(entity).collect::<Vec<_>>()),
                ("permission_records", some.iter().map(record).collect()),
            ] {
                assert!(port.upsert_entities(blueprint, &bodies).await.unwrap().iter().all(Result::is_ok));
            }
        }
    });
}

#[test]
fn many_grants_are_swept_page_by_page_with_few_requests_even_when_iam_throttles() {
    const ALL: usize = 990;
    const EXPIRED: usize = 40;
    let installed = Installed::new();
    let now = installed.harness.sandbox.clock.now();
    let second = |time: jiff::Timestamp| jiff::Timestamp::from_second(time.as_second()).unwrap();
    let over = second(now - SignedDuration::from_mins(1));
    let live = second(now + SignedDuration::from_hours(4));
    many(&installed, ALL, &|number| if number < EXPIRED { over } else { live });
    let since = installed.harness.sandbox.log.len();
    let ran = sweep_with(&installed, &["--close-looks", "0"]).exits(0);
    assert_eq!(done(&ran).len(), EXPIRED);
    assert_eq!(installed.roles().len(), ALL + 1 - EXPIRED);
    // The lists and the searches have a page each; besides them login, users, rules, action, account and organisation.
    let requests = installed.exchanges_since(since).len();
    assert!(requests <= 6 + 4 + 12 * EXPIRED, "{requests} requests");
    installed.harness.sandbox.aws.throttle(5, 3);
    // No run vouches for these, which is what a close look would ask for.
    let ran = sweep_with(&installed, &["--close-looks", "0"]).exits(0);
    assert!(done(&ran).is_empty() && found(&ran).is_empty(), "{}", ran.stdout);
}
