//! `port-iam revoke` by an administrator: without Port, and several grants at once.

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::installed::{BUCKET, Installed};

fn untouched_by_port(installed: &Installed, since: usize) -> bool {
    installed.exchanges_since(since).iter().all(|exchange| exchange.api != Api::Port)
}

#[test]
fn without_port_a_grant_ends_in_aws_and_the_next_revocation_tells_port() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let since = installed.harness.sandbox.log.len();
    let ran = installed
        .harness
        .run_with(&["revoke", &grant, "--direct", "--aws-only"], &[("PORT_CLIENT_ID", ""), ("PORT_CLIENT_SECRET", "")])
        .exits(0);
    assert!(untouched_by_port(&installed, since));
    assert_eq!(installed.roles(), [""; 0]);
    assert_eq!(installed.policies(), [""; 0]);
    let role = format!("deleted arn:aws:iam::123456789012:role/port-iam/{grant}");
    for told in [role.as_str(), "It was granted until", "(in ", "Port has not been told"] {
        assert!(ran.stdout.contains(told), "{told}: {}", ran.stdout);
    }
    assert_eq!(installed.entities().len(), 1);
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert_eq!(installed.entities(), [Value::Null; 0]);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
}

#[test]
fn leaving_port_out_needs_to_be_told_what_to_take_away() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.run(&["revoke", &grant, "--aws-only"]).exits(2);
    installed.harness.run(&["revoke", "--aws-only"]).exits(2);
    assert_eq!(installed.roles(), [grant]);
}

#[test]
fn what_is_no_arn_and_no_address_is_refused_before_anything_is_asked() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let since = installed.harness.sandbox.log.len();
    for (flag, wrong, told) in [
        ("--resource", "my-s3-bucket", "--resource: `my-s3-bucket` is not an ARN"),
        ("--resource", "foo", "--resource: `foo` is not an ARN"),
        ("--requester", "nobody", "--requester: `nobody` is not an e-mail address"),
        ("--requester", "dana @acme.example", "--requester: `dana @acme.example` is not an e-mail address"),
    ] {
        for more in [&["--yes"][..], &["--yes", "--aws-only"], &[]] {
            let ran = installed.harness.run(&[&["revoke", flag, wrong], more].concat()).exits(2);
            assert!(ran.stdout.is_empty() && ran.stderr.contains(told), "{flag} {wrong}: {ran:?}");
        }
    }
    let ran = installed.harness.run(&["list", "--requester", "nobody"]).exits(2);
    assert!(ran.stderr.contains("--requester: `nobody` is not an e-mail address"), "{ran:?}");
    assert_eq!(installed.harness.sandbox.log.len(), since, "nothing was asked");
    assert_eq!(installed.roles(), [grant]);
}

#[test]
fn a_name_that_nobody_knows_is_not_called_gone() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let never = "Permission-r_nosuch";
    let ran = installed.harness.run(&["revoke", never, "--direct"]).exits(1);
    let told = "nothing of the name Permission-r_nosuch is known: there is no role of it in 123456789012, and in Port \
                neither entity nor record nor run";
    assert!(ran.stderr.contains(told) && ran.stderr.contains("`port-iam list`"), "{ran:?}");
    assert!(!ran.stdout.contains("gone") && !ran.stdout.contains("revoked"), "{ran:?}");
    let by_port = installed.harness.run(&["revoke", never]);
    assert_eq!(by_port.exit_code, ran.exit_code, "{by_port:?}");
    let ran = installed.harness.run(&["revoke", never, "--direct", "--aws-only"]).exits(0);
    let told = "There is nothing of the name Permission-r_nosuch in AWS. Whether there ever was such a grant was not \
                asked of Port.\nIt was looked for in 123456789012 alone: in another account it would be live.";
    assert_eq!(ran.stdout.trim_end(), told);
    // What has ended is known: by its record, and without one by its run.
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    for _ in 0..2 {
        let ran = installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        assert!(ran.stdout.contains("was gone already"), "{ran:?}");
    }
    installed.harness.delete_entity("permission_records", &grant);
    let ran = installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert!(ran.stdout.contains("was gone already"), "{ran:?}");
}

#[test]
fn a_role_outside_our_path_is_not_touched_without_port_either() {
    let installed = Installed::new();
    installed.harness.with_aws(async |iam| {
        let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]});
        iam.create_role().role_name("Permission-r_theirs").assume_role_policy_document(trust.to_string()).send().await.unwrap();
    });
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["revoke", "Permission-r_theirs", "--direct", "--aws-only"]).exits(0);
    // AWS has a name once, whatever the path: the grant's own role is gone, and this one is told.
    let theirs = format!("arn:aws:iam::{}:role/Permission-r_theirs", cast::AWS_ACCOUNT_ID);
    assert!(ran.stdout.contains("gone from AWS already") && ran.stdout.contains(&theirs), "{}", ran.stdout);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn what_a_failure_says_to_run_takes_the_rest_away() {
    const FOR_GOOD: usize = usize::MAX;
    let installed = Installed::new();
    let since = installed.harness.sandbox.log.len();
    let first = installed.granted().grant();
    let requests = installed.exchanges_since(since).iter().filter(|exchange| exchange.api == Api::Aws).count();
    installed.harness.run(&["revoke", &first, "--direct"]).exits(0);
    let mut told = 0;
    for outage in [Fault::DropBefore, Fault::DropAfter, Fault::Status { status: 500, retry_after: None }] {
        for index in 0..requests {
            let request = installed.request();
            let grant = request.grant();
            let what = format!("{outage:?} from the request {index} to AWS on");
            installed.harness.sandbox.faults.plan(Some(Api::Aws), index, FOR_GOOD, outage.clone());
            let ran = installed.grant(&request);
            installed.harness.sandbox.faults.clear();
            if ran.stdout.contains("not undone:") {
                told += 1;
                assert!(ran.stdout.contains(&format!("port-iam revoke {grant} --direct")), "{what}: {}", ran.stdout);
            }
            // Before any sweep, and whether or not the failure knew of something.
            let direct = installed.harness.run(&["revoke", &grant, "--direct"]);
            assert_eq!(direct.exit_code, 0, "{what}: {ran:?}, then {direct:?}");
            assert_eq!((installed.roles(), installed.policies()), (vec![], vec![]), "{what}");
            assert_eq!(installed.entities(), [Value::Null; 0], "{what}");
        }
    }
    assert!(requests > 5 && told > 5, "{told} failures told of something, with {requests} requests");
}

#[test]
fn all_grants_of_a_person_go_at_once_and_nobody_else_s() {
    let installed = Installed::new();
    let form = json!({ "permissions": ["s3:PutObject"], "duration": "2h" });
    let longer = installed.execute(cast::DANA, "request_permissions", BUCKET, &form);
    let mine = [installed.granted().grant(), longer.grant()];
    installed.grant(&longer).exits(0);
    let theirs = installed.granted_to(cast::ADA);
    let arguments = ["revoke", "--requester", "DANA@acme.example"];
    // Nobody is there to be asked.
    let ran = installed.harness.run(&arguments).exits(2);
    assert!(mine.iter().all(|grant| ran.stderr.contains(grant.as_str())), "{}", ran.stderr);
    assert_eq!(installed.roles().len(), 3);
    let ran = installed.harness.run(&[&arguments[..], &["--yes", "--output", "json"]].concat()).exits(0);
    assert_eq!(ran.json()["revoked"].as_array().unwrap().len(), 2);
    assert_eq!(installed.roles(), [theirs.grant()]);
    assert_eq!(installed.entities().len(), 1);
    for grant in &mine {
        assert_eq!(installed.record(grant)["properties"]["state"], "revoked");
    }
}

#[test]
fn a_no_takes_nothing_away_and_a_yes_does() {
    let mut installed = Installed::new();
    let grant = installed.granted().grant();
    let script = installed.harness.answers(&["n", "y"]);
    installed.harness.run(&["revoke", "--resource", BUCKET]).exits(3);
    assert_eq!(installed.roles(), [grant.as_str()]);
    let ran = installed.harness.run(&["revoke", "--resource", BUCKET]).exits(0);
    assert_eq!(script.asked(), ["Take 1 grant away?"; 2]);
    assert!(ran.stdout.contains(&format!("{grant} is revoked")) && ran.stdout.contains("(in "), "{}", ran.stdout);
    assert_eq!(installed.roles(), [""; 0]);
    let ran = installed.harness.run(&["revoke", "--resource", BUCKET]).exits(0);
    assert!(ran.stdout.contains("No live grant was found"), "{}", ran.stdout);
}

#[test]
fn when_port_does_not_answer_the_tags_tell_and_port_hears_of_it_later() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.sandbox.faults.plan(Some(Api::Port), 0, 999, Fault::DropBefore);
    let ran = installed.harness.run(&["revoke", "--requester", "dana@acme.example", "--yes"]).exits(0);
    assert!(ran.stdout.contains("Port has not been told"), "{}", ran.stdout);
    assert_eq!(installed.roles(), [""; 0]);
    installed.harness.sandbox.faults.clear();
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
}

#[test]
fn a_grant_that_vanished_from_the_catalog_is_found_by_its_tags() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    installed.harness.delete_entity("provisioned_permissions", &grant);
    installed.harness.run(&["revoke", "--requester", "dana@acme.example", "--yes"]).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
    assert_eq!(installed.record(&grant)["properties"]["state"], "revoked");
}

#[test]
fn a_grant_that_stays_is_named_and_the_exit_code_says_so() {
    let installed = Installed::new();
    let (stays, goes) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    installed.harness.sandbox.faults.plan_matching(
        &format!("Action=DeleteRole&Version=2010-05-08&RoleName={stays}"),
        0,
        99,
        Fault::Status { status: 503, retry_after: None },
    );
    let arguments = ["revoke", "--resource", BUCKET, "--aws-only", "--yes", "--output", "json"];
    let ran = installed.harness.run(&arguments);
    assert_eq!(installed.roles(), [stays.as_str()], "{}", ran.stdout);
    let ran = ran.exits(1);
    assert_eq!(ran.json()["left"][0]["grant"], json!(stays));
    assert_eq!(ran.json()["revoked"][0]["grant"], json!(goes));
}

/// Which grants `revoke --resource` would take away without Port.
fn found_without_port(installed: &Installed, resource: &str) -> Vec<String> {
    let ran = installed.harness.run(&["revoke", "--resource", resource, "--aws-only"]);
    if ran.exit_code == 0 {
        assert!(ran.stdout.contains("No live grant was found"), "{}", ran.stdout);
        return Vec::new();
    }
    let told = ran.exits(2).stderr;
    installed.roles().into_iter().filter(|role| told.contains(&format!("{role}: "))).collect()
}

#[test]
fn without_port_the_grants_with_it_as_an_additional_resource_are_found_too() {
    const OTHER: &str = "arn:aws:s3:::other-bucket";
    let installed = Installed::new();
    installed.harness.with_port(async |port| {
        let body = json!({ "identifier": OTHER, "properties": { "resource_type": "S3" } });
        port.upsert_entity("aws_resource", &body, port_iam::clients::port::Upsert { run_id: None }).await.unwrap();
    });
    let asked = |person, resource: &str, further: &[&str]| {
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "1h", "additional_resources": further });
        let request = installed.execute(person, "request_permissions", resource, &form);
        installed.grant(&request).exits(0);
        request.grant()
    };
    let first = asked(cast::DANA, BUCKET, &[]);
    let both = asked(cast::MAX, OTHER, &[BUCKET]);
    let other = asked(cast::ADA, OTHER, &[]);
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    let on_bucket = sorted(vec![first, both.clone()]);
    assert_eq!(sorted(found_without_port(&installed, BUCKET)), on_bucket);
    assert_eq!(sorted(found_without_port(&installed, OTHER)), sorted(vec![both.clone(), other]));
    // One of an older version, whose tags name one resource, is found by what its policy allows.
    installed.harness.with_aws(async |iam| {
        iam.untag_role().role_name(&both).tag_keys("port-iam:resource.2").send().await.unwrap();
    });
    assert_eq!(sorted(found_without_port(&installed, BUCKET)), on_bucket);
    assert_eq!(found_without_port(&installed, "arn:aws:s3:::my-s3-buck"), [""; 0]);
    let arguments = ["revoke", "--resource", BUCKET, "--aws-only", "--yes", "--output", "json"];
    let ran = installed.harness.run(&arguments).exits(0);
    assert_eq!(ran.json()["revoked"].as_array().unwrap().len(), 2);
    assert!(!ran.stderr.contains("not found without Port"), "{}", ran.stderr);
    assert_eq!(installed.roles().len(), 1);
}

/// What somebody has put on a role is gone with it: whoever ends the grant is the last one who can tell.
#[test]
fn what_was_found_on_a_role_is_told_whatever_becomes_of_its_revocation() {
    const TOLD: &str = "not as it was made: it had an inline policy `more`";
    let refused = Fault::Status { status: 403, retry_after: None };
    type Disturb = Box<dyn Fn(&Installed)>;
    let cases: [(&[&str], Disturb, u8); 3] = [
        (&["--aws-only"], Box::new(|_| ()), 0),
        (&[], Box::new(|it| it.harness.sandbox.faults.plan(Some(Api::Port), 0, 999, Fault::DropBefore)), 1),
        (
            &["--aws-only"],
            Box::new(move |it| it.harness.sandbox.faults.plan_matching("Action=DeleteRole&", 0, 999, refused.clone())),
            1,
        ),
    ];
    for (arguments, disturb, exit_code) in cases {
        let installed = Installed::new();
        let grant = installed.granted().grant();
        installed.put_inline_policy(&grant);
        disturb(&installed);
        let ran = installed.harness.run(&[&["revoke", &grant, "--direct"], arguments].concat()).exits(exit_code);
        assert!(format!("{}{}", ran.stdout, ran.stderr).contains(TOLD), "{arguments:?}: {ran:?}");
        assert_eq!(installed.roles().is_empty(), exit_code == 0 || arguments.is_empty(), "{arguments:?}: {ran:?}");
    }
}
