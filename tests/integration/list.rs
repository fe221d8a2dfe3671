//! `list` and `show`: what Port has and what AWS has, side by side.

use port_iam::sandbox::cast;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use crate::harness::Ran;
use crate::installed::{BUCKET, Installed};

const NO_PORT: [(&str, &str); 2] = [("PORT_CLIENT_ID", ""), ("PORT_CLIENT_SECRET", "")];
const NO_AWS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", "")];

fn listed(ran: &Ran) -> Vec<Value> {
    ran.json()["grants"].as_array().unwrap().clone()
}

fn list(installed: &Installed, flags: &[&str]) -> Vec<Value> {
    listed(&installed.harness.run(&[&["list", "--output", "json"], flags].concat()).exits(0))
}

#[test]
fn a_live_grant_is_listed_with_who_what_and_until_when_and_nothing_is_written() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["list"]).exits(0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.stdout);
    for part in [grant.as_str(), cast::DANA.email, BUCKET, "s3:PutObject", "in 60 minutes", "live"] {
        let part = if part == "in 60 minutes" { "(in " } else { part };
        assert!(lines[1].contains(part), "{part}: {}", ran.stdout);
    }
    let [row] = list(&installed, &[]).try_into().unwrap();
    assert_eq!((&row["state"], &row["differences"]), (&json!("live"), &json!([])));
    assert_eq!(row["until"], installed.record(&grant)["properties"]["granted_until"]);
    for api in [Api::Port, Api::Github, Api::Aws] {
        assert!(installed.harness.writes(api, since).is_empty(), "{api:?}");
    }
}

#[test]
fn the_list_is_narrowed_by_person_resource_and_state() {
    let installed = Installed::new();
    let (of_dana, of_max) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    installed.harness.run(&["revoke", &of_max, "--direct"]).exits(0);
    let names = |flags: &[&str]| -> Vec<String> {
        list(&installed, flags).iter().map(|row| row["grant"].as_str().unwrap().to_owned()).collect()
    };
    for (flags, expected) in [
        (&[][..], vec![&of_dana]),
        (&["--requester", "DANA@acme.example"], vec![&of_dana]),
        (&["--requester", cast::MAX.email], vec![]),
        (&["--requester", cast::MAX.email, "--expired"], vec![&of_max]),
        (&["--resource", BUCKET, "--live"], vec![&of_dana]),
        (&["--resource", "arn:aws:s3:::other"], vec![]),
        (&["--state", "revoked"], vec![&of_max]),
        (&["--live"], vec![&of_dana]),
        (&["--state", "denied,powerless"], vec![]),
    ] {
        assert_eq!(names(flags).iter().collect::<Vec<_>>(), expected, "{flags:?}");
    }
    installed.harness.run(&["list", "--state", "lively"]).exits(2);
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["list", "--resource", "my-s3-bucket"]).exits(2);
    assert!(ran.stderr.starts_with("error: --resource: `my-s3-bucket` is not an ARN"), "{}", ran.stderr);
    assert_eq!(installed.harness.sandbox.log.len(), since, "nothing was asked");
    // It was to last another hour, and somebody took it away.
    let [revoked] = list(&installed, &["--expired"]).try_into().unwrap();
    let moment = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(moment(&revoked["ended_at"]) < moment(&revoked["until"]), "{revoked}");
    let text = installed.harness.run(&["list", "--expired"]).exits(0).stdout;
    assert!(text.contains(&format!("ended {} (", revoked["ended_at"].as_str().unwrap())), "{text}");
    assert!(!text.contains(&revoked["until"].as_str().unwrap()[..16]), "{text}");
    let mut both = names(&["--live", "--expired"]);
    both.sort();
    let mut expected = [of_dana, of_max];
    expected.sort();
    assert_eq!(both, expected);
    installed.pass(61);
    let [over] = list(&installed, &["--state", "expired"]).try_into().unwrap();
    assert_eq!(over["grant"], json!(expected.iter().find(|name| **name == over["grant"]).unwrap()));
}

#[test]
fn a_malformed_profile_is_refused_before_anything_is_asked() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let since = installed.harness.sandbox.log.len();
    for command in [&["list"][..], &["show", &grant], &["report"]] {
        for wrong in ["garbage", "12=foo", "210987654321="] {
            let told = format!("--account-profile is not ID=PROFILE: {wrong:?}");
            let arguments = [command, &["--account-profile", wrong]].concat();
            // Half of a key is no credential: that is not what is told.
            for variables in [&[][..], &NO_PORT, &NO_AWS[..1]] {
                let ran = installed.harness.run_with(&arguments, variables).exits(2);
                assert!(ran.stdout.is_empty() && ran.stderr.contains(&told), "{arguments:?}: {ran:?}");
            }
        }
        let ran = installed.harness.run_with(command, &[("PORT_IAM_AWS_PROFILES", "garbage")]).exits(2);
        assert!(ran.stderr.contains("PORT_IAM_AWS_PROFILES is not ID=PROFILE"), "{command:?}: {ran:?}");
        let ran = installed.harness.run_with(command, &[("AWS_ENDPOINT_URL", "http://iam.internal")]).exits(2);
        assert!(ran.stderr.contains("AWS_ENDPOINT_URL uses plain http"), "{command:?}: {ran:?}");
    }
    assert_eq!(installed.harness.sandbox.log.len(), since, "nothing was asked");
}

#[test]
fn an_account_that_nobody_looked_at_is_told_by_its_number_and_what_is_none_is_refused() {
    let installed = Installed::new();
    installed.granted();
    let since = installed.harness.sandbox.log.len();
    let ran = installed.harness.run(&["list", "--account", "12"]).exits(2);
    assert!(ran.stderr.starts_with("error: --account: `12` is not an AWS account id"), "{}", ran.stderr);
    assert_eq!(installed.harness.sandbox.log.len(), since, "nothing was asked");
    let elsewhere = "999999999999";
    let ran = installed.harness.run(&["list", "--account", elsewhere]).exits(0);
    let told = "account 999999999999 not looked at: none of these credentials are of it; --account-profile \
                999999999999=PROFILE adds it\nNo grant was found.";
    assert_eq!(ran.stdout.trim_end(), told);
    let json = installed.harness.run(&["list", "--account", elsewhere, "--output", "json"]).exits(0).json();
    assert_eq!(json["aws"]["accounts_not_looked_at"][0]["account"], elsewhere, "{json}");
    let ran = installed.harness.run(&["list", "--account", cast::AWS_ACCOUNT_ID]).exits(0);
    assert!(!ran.stdout.contains("not looked at") && ran.stdout.contains("live"), "{}", ran.stdout);
}

#[test]
fn what_port_and_aws_say_differently_is_shown_and_aws_decides() {
    let installed = Installed::new();
    let (denied, gone) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    installed.harness.with_aws(async |iam| {
        let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
        iam.attach_role_policy().role_name(&denied).policy_arn(deny).send().await.unwrap();
    });
    installed.harness.with_aws(async |iam| {
        let arn = format!("arn:aws:iam::{}:policy/port-iam/{gone}", cast::AWS_ACCOUNT_ID);
        iam.detach_role_policy().role_name(&gone).policy_arn(&arn).send().await.unwrap();
        iam.delete_role().role_name(&gone).send().await.unwrap();
    });
    let unknown = installed.granted_to(cast::CROWD[0]).grant();
    installed.harness.delete_entity("provisioned_permissions", &unknown);
    let rows = list(&installed, &[]);
    let row = |grant: &str| rows.iter().find(|row| row["grant"] == grant).unwrap();
    assert_eq!(row(&denied)["state"], "denied");
    assert_eq!(row(&denied)["differences"], json!(["Port says live, and in AWS the role is denied"]));
    assert_eq!(row(&gone)["state"], "missing");
    assert_eq!(row(&gone)["differences"], json!(["Port says live, and AWS has no such role"]));
    assert_eq!((&row(&unknown)["state"], &row(&unknown)["requester"]), (&json!("live"), &json!(cast::CROWD[0].email)));
    let told = row(&unknown)["differences"][0].as_str().unwrap();
    assert!(told.starts_with("AWS has the role, Port lists no such grant, and its record says live"), "{told}");
    let ran = installed.harness.run(&["list"]).exits(0);
    assert!(ran.stdout.contains("\n  ! Port says live, and AWS has no such role\n"), "{}", ran.stdout);
    // A foreign policy on a role whose own one is attached nowhere makes it live, and no list of IAM says so.
    installed.harness.with_aws(async |iam| {
        let own = format!("arn:aws:iam::{}:policy/port-iam/{unknown}", cast::AWS_ACCOUNT_ID);
        iam.detach_role_policy().role_name(&unknown).policy_arn(own).send().await.unwrap();
    });
    let state = || list(&installed, &["--requester", cast::CROWD[0].email])[0]["state"].clone();
    assert_eq!(state(), "powerless");
    installed.harness.with_aws(async |iam| {
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        let put = iam.put_role_policy().role_name(&unknown).policy_name("x").policy_document(document);
        put.send().await.unwrap();
    });
    assert_eq!(state(), "live");
}

#[test]
fn without_credentials_of_one_system_the_other_tells_and_that_is_said() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let run = |variables: &[(&'static str, &str)]| {
        let text = installed.harness.run_with(&["list"], variables).exits(0);
        let json = installed.harness.run_with(&["list", "--output", "json"], variables).exits(0).json();
        let csv = installed.harness.run_with(&["list", "--output-format", "csv"], variables).exits(0);
        assert!(csv.stdout.starts_with("grant,requester,") && csv.stdout.contains(&grant), "{}", csv.stdout);
        (text.stdout, json, csv.stderr)
    };
    let (text, json, csv) = run(&NO_AWS);
    assert!(text.starts_with("AWS not looked at: no AWS credentials are set"), "{text}");
    assert!(csv.contains("AWS not looked at"), "{csv}");
    assert_eq!((&json["aws"]["looked_at"], &json["grants"][0]["state"]), (&json!(false), &json!("live")));
    let since = installed.harness.sandbox.log.len();
    let (text, json, _) = run(&NO_PORT);
    assert!(text.starts_with("Port not looked at: PORT_CLIENT_ID is not set"), "{text}");
    // Tags and policies tell who and what.
    let row = &json["grants"][0];
    assert_eq!((&row["requester"], &row["state"]), (&json!(cast::DANA.email), &json!("live")));
    assert_eq!((&row["resource"], &row["differences"]), (&json!(BUCKET), &json!([])));
    assert_eq!(row["additional_resources"], json!([]), "its own objects are no other resource");
    assert!(row["actions"].as_array().unwrap().contains(&json!("s3:PutObject")), "{row}");
    assert!(installed.exchanges_since(since).iter().all(|exchange| exchange.api == Api::Aws));
    let ran = installed.harness.run_with(&["list"], &[NO_PORT, NO_AWS].concat()).exits(4);
    assert!(ran.stderr.contains("neither Port nor AWS"), "{}", ran.stderr);
    // Credentials that AWS rejects are told like those that are not there.
    let ran = installed
        .harness
        .run_with(&["list"], &[("AWS_SECRET_ACCESS_KEY", "wrong"), ("AWS_ACCESS_KEY_ID", "AKIAWRONGWRONGWRONG0")]);
    assert!(ran.exits(0).stdout.starts_with("AWS not looked at: could not ask AWS"));
}

#[test]
fn the_revoker_s_rights_are_enough_and_whoever_has_fewer_is_told_what_port_says() {
    let installed = Installed::new();
    let (live, denied) = (installed.granted().grant(), installed.granted_to(cast::MAX).grant());
    installed.harness.with_aws(async |iam| {
        let deny = "arn:aws:iam::aws:policy/AWSDenyAll";
        iam.attach_role_policy().role_name(&denied).policy_arn(deny).send().await.unwrap();
    });
    let workflow = Installed::credentials_of_workflow();
    let ran = installed.harness.run_with(&["list", "--output", "json"], &workflow).exits(0);
    let state = |grant: &str| listed(&ran).into_iter().find(|row| row["grant"] == grant).unwrap()["state"].clone();
    assert_eq!(ran.json()["aws"]["looked_at"], true, "{}", ran.stdout);
    assert_eq!((state(&live), state(&denied)), (json!("live"), json!("denied")));
    installed.harness.run_with(&["show", &live], &workflow).exits(0);
    let dana = [
        ("AWS_ACCESS_KEY_ID", cast::DANA.aws_access_key_id),
        ("AWS_SECRET_ACCESS_KEY", cast::DANA.aws_secret_access_key),
    ];
    let ran = installed.harness.run_with(&["list"], &dana).exits(0);
    assert!(ran.stdout.starts_with("AWS not looked at: could not list the roles"), "{}", ran.stdout);
    assert!(ran.stdout.contains(&live), "{}", ran.stdout);
    let ran = installed.harness.run_with(&["show", &live], &dana).exits(0);
    assert!(ran.stdout.starts_with("AWS not looked at: "), "{}", ran.stdout);
    installed.harness.run_with(&["list"], &[&dana[..], &NO_PORT].concat()).exits(1);
}

#[test]
fn what_people_write_neither_drives_a_terminal_nor_begins_a_line_nor_a_formula() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    // The form refuses control characters; whoever may edit the catalog writes what they like.
    let reason = "=1+1\u{1b}[2J\nPermission-r_0  forged";
    installed.harness.upsert("permission_records", &json!({ "identifier": grant, "properties": { "reason": reason } }));
    let show = installed.harness.run(&["show", &grant]).exits(0);
    assert!(!show.stdout.contains('\u{1b}') && show.stdout.contains("=1+1"), "{}", show.stdout);
    assert!(!show.stdout.lines().any(|line| line.starts_with("Permission-r_0 ")), "{}", show.stdout);
    let csv = installed.harness.run(&["list", "--output-format", "csv"]).exits(0);
    assert!(csv.stdout.contains(",'=1+1") && !csv.stdout.contains('\u{1b}'), "{}", csv.stdout);
    assert!(!csv.stdout.lines().any(|line| line.starts_with("Permission-r_0 ")), "{}", csv.stdout);
}

#[test]
fn everything_of_a_grant_is_shown_with_how_it_is_used() {
    let installed = Installed::new();
    let request = installed.granted();
    let grant = request.grant();
    let since = installed.harness.sandbox.log.len();
    let json = installed.harness.run(&["show", &grant, "--output", "json"]).exits(0).json();
    assert_eq!(json["grant"]["state"], "live");
    assert_eq!(json["in_port"]["entity"]["identifier"], json!(grant));
    assert_eq!(json["in_port"]["record"]["properties"]["requester"], cast::DANA.email);
    assert_eq!(
        (&json["in_port"]["run"]["id"], &json["in_port"]["run"]["status"]),
        (&json!(request.run_id), &json!("SUCCESS"))
    );
    let role = &json["in_aws"]["role"];
    assert_eq!(role["attached"], json!([format!("arn:aws:iam::{}:policy/port-iam/{grant}", cast::AWS_ACCOUNT_ID)]));
    assert_eq!(role["until"], json["grant"]["until"]);
    assert!(role["trust"]["Statement"].is_array() && role["tags"]["managed-by"] == "port-iam", "{role}");
    assert_eq!(json["in_aws"]["policies"][0]["is_attached"], true);
    assert!(json["in_aws"]["policies"][0]["document"]["Statement"].is_array());
    let link = json["how_to_use_it"]["switch_role"].as_str().unwrap();
    assert!(link.contains("switchrole") && link.contains(&grant), "{link}");
    assert_eq!(json["how_to_use_it"]["console"], "https://console.aws.amazon.com/s3/buckets/my-s3-bucket");
    let text = installed.harness.run(&["show", &grant]).exits(0).stdout;
    for part in [
        &format!("{grant}: live, until "),
        "In Port",
        "In AWS, account 123456789012",
        "aws:CurrentTime",
        &format!("[profile {grant}]"),
        &format!("credential_process = port-iam credentials {grant} --account 123456789012 --profile default"),
        "role chaining",
        link,
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    for api in [Api::Port, Api::Github, Api::Aws] {
        assert!(installed.harness.writes(api, since).is_empty(), "{api:?}");
    }
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
    let json = installed.harness.run(&["show", &grant, "--output", "json"]).exits(0).json();
    assert_eq!((&json["grant"]["state"], &json["in_aws"]["role"]), (&json!("revoked"), &Value::Null));
    // It was to last another hour.
    let shown = installed.harness.run(&["show", &grant]).exits(0).stdout;
    let ended = json["grant"]["ended_at"].as_str().unwrap();
    let first = shown.lines().next().unwrap();
    assert!(first.starts_with(&format!("{grant}: revoked, ended {ended} (")), "{first}");
    let without_aws = installed.harness.run_with(&["show", &grant], &NO_AWS).exits(0).stdout;
    assert!(without_aws.contains(&format!("{grant}: revoked, ended {ended}\n")), "{without_aws}");
}

#[test]
fn a_grant_is_shown_from_one_system_alone_and_one_that_nobody_knows_is_a_failure() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    for (variables, told) in [(NO_AWS, "AWS not looked at"), (NO_PORT, "Port not looked at")] {
        let ran = installed.harness.run_with(&["show", &grant], &variables).exits(0);
        assert!(ran.stdout.starts_with(told) && ran.stdout.contains(&format!("{grant}: live")), "{}", ran.stdout);
    }
    let ran = installed.harness.run(&["show", "Permission-r_0"]).exits(1);
    assert!(ran.stderr.contains("no grant Permission-r_0 was found"), "{}", ran.stderr);
    for command in ["show", "credentials", "extend", "return"] {
        let ran = installed.harness.run(&["--prefix", "team-a", command, "my-role"]).exits(2);
        assert!(ran.stderr.starts_with("error: GRANT: `my-role` is not the name of a grant"), "{}", ran.stderr);
        let hint =
            "hint: `port-iam --prefix team-a list` and `port-iam --prefix team-a list --expired` tell which there are";
        assert!(ran.stderr.contains(hint), "{}", ran.stderr);
    }
}

#[test]
fn a_request_that_cannot_be_made_is_told_by_its_flags_and_whom_to_ask() {
    let installed = Installed::new();
    let since = installed.harness.sandbox.log.len();
    for (flags, told) in [
        (["--permission", "s3:*"], "error: --permission: "),
        (["--additional-resource", "a b"], "error: --additional-resource: "),
    ] {
        let words = ["request", "--resource", BUCKET, "--permission", "s3:PutObject"];
        let ran = installed.harness.run(&[&words[..], &flags].concat()).exits(2);
        assert!(ran.stderr.starts_with(told), "{}", ran.stderr);
    }
    assert_eq!(installed.harness.sandbox.log.len(), since);
    let unknown = ["request", "--resource", "arn:aws:s3:::unknown", "--permission", "s3:PutObject"];
    let ran = installed.harness.run(&[&["--prefix", "team-a"], &unknown[..]].concat()).exits(1);
    let hint =
        "hint: ask an administrator: `port-iam --prefix team-a seed` puts resources and permissions into the catalog";
    assert!(ran.stderr.contains(hint), "{}", ran.stderr);
}
