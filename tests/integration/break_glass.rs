//! `port-iam grant --break-glass`: a grant without Port and GitHub, and what the next sweep makes of it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::{Api, RequestLog};
use serde_json::{Value, json};

use crate::harness::Ran;
use crate::installed::{BUCKET, Installed, REPOSITORY};
use crate::sweep::{done, found, is_denied, pass, role_arn, sweep, upsert};

const REASON: &str = "Port is down: OPS-7 (pager)";

/// A webhook that answers `status`, and what it was told at which point of the request log.
struct Webhook {
    address: String,
    told: Arc<Mutex<Vec<(Value, usize)>>>,
}

impl Webhook {
    fn answering(status: u16, log: &Arc<RequestLog>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hooks/a-secret-path", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Vec::new()));
        let (heard, log) = (Arc::clone(&told), Arc::clone(log));
        // It ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let (mut bytes, mut some) = (Vec::new(), [0; 4096]);
                let body = loop {
                    let count = stream.read(&mut some).unwrap();
                    bytes.extend_from_slice(&some[..count]);
                    let text = String::from_utf8_lossy(&bytes);
                    if let Some((_, body)) = text.split_once("\r\n\r\n")
                        && let Ok(body) = serde_json::from_str::<Value>(body)
                    {
                        break body;
                    }
                };
                heard.lock().unwrap().push((body, log.len()));
                write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
            }
        });
        Self { address, told }
    }
}

/// Switches it on, for Ada, with further lines.
fn switch_on(installed: &Installed, more: &str) {
    let section = format!("\nbreak-glass: {{ longest: 1h, people: [ada]{more} }}\nrules:\n");
    installed.set_rules(|rules| rules.replacen("\nrules:\n", &section, 1));
}

/// Puts a checkout of the default branch into a folder, and returns it.
fn checkout(installed: &Installed) -> String {
    let folder = installed.harness.folder.path().join("checkout");
    for (path, content) in installed.harness.sandbox.github.files(REPOSITORY, "main").unwrap() {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder.to_str().unwrap().to_owned()
}

fn down(installed: &Installed) {
    for api in [Api::Port, Api::Github] {
        installed.harness.sandbox.faults.plan(Some(api), 0, 999, Fault::DropBefore);
    }
}

fn up(installed: &Installed) {
    installed.harness.sandbox.faults.clear();
}

/// Breaks the glass for Dana, an hour on the sample bucket.
fn break_glass(installed: &Installed, repository: &str, more: &[&str]) -> Ran {
    let arguments = [
        "grant",
        "--break-glass",
        REASON,
        "--repository",
        repository,
        "--requester",
        "dana@acme.example",
        "--resource",
        BUCKET,
        "--permission",
        "s3:PutObject",
        "--output",
        "json",
    ];
    installed.harness.run(&[&arguments[..], more].concat())
}

/// The same with everything that it takes, and returns the grant.
fn granted(installed: &Installed) -> String {
    installed.granted();
    switch_on(installed, "");
    let ran = break_glass(installed, &checkout(installed), &["--yes"]).exits(0);
    ran.json()["grant"]["id"].as_str().unwrap().to_owned()
}

fn tags(installed: &Installed, role: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    installed.harness.with_aws(async |iam| {
        let tags = iam.list_role_tags().role_name(role).send().await.unwrap().tags;
        found = tags.iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
    });
    found
}

#[test]
fn while_port_and_github_are_down_an_administrator_grants_and_the_webhook_is_told_first() {
    let installed = Installed::new();
    installed.granted();
    let webhook = Webhook::answering(204, &installed.harness.sandbox.log);
    switch_on(&installed, &format!(", webhook: \"{}\"", webhook.address));
    let folder = checkout(&installed);
    down(&installed);
    let since = installed.harness.sandbox.log.len();
    let ran = break_glass(&installed, &folder, &["--yes"]).exits(0);
    let exchanges = installed.exchanges_since(since);
    assert!(exchanges.iter().all(|exchange| exchange.api == Api::Aws), "Port or GitHub were asked");
    let grant = ran.json()["grant"].clone();
    let id = grant["id"].as_str().unwrap();
    assert!(id.starts_with("Permission-bg-2"), "{id}");
    assert!(grant["sign_in_url"].as_str().unwrap().contains("switchrole"));
    // The webhook heard of it before AWS did.
    let (told, at) = webhook.told.lock().unwrap()[0].clone();
    assert_eq!(
        (told["person"].as_str(), told["reason"].as_str()),
        (Some("arn:aws:iam::123456789012:user/ada"), Some(REASON))
    );
    assert_eq!((&told["grant"], &told["requester"]), (&grant["id"], &json!("dana@acme.example")));
    let first_write = exchanges.iter().position(port_iam::sandbox::request_log::Exchange::is_write).unwrap();
    assert!(at <= since + first_write, "the webhook was told at {at}, AWS at {}", since + first_write);
    // The address may be a secret.
    assert!(!ran.stdout.contains("a-secret-path") && !ran.stderr.contains("a-secret-path"));
    let writes = installed.aws_writes_since(since);
    assert_eq!(writes.last().map(String::as_str), Some("AttachRolePolicy"), "{writes:?}");
    let tags = tags(&installed, id);
    for (key, value) in [
        ("port-iam:person", "arn:aws:iam::123456789012:user/ada"),
        ("port-iam:reason", "Port is down: OPS-7 _pager_"),
        ("port-iam:requester", "dana@acme.example"),
        ("port-iam:actions", "s3:PutObject"),
        ("port-iam:duration", "1h"),
    ] {
        assert!(tags.contains(&(key.to_owned(), value.to_owned())), "{key}: {tags:?}");
    }
    assert_eq!(installed.assume(cast::DANA, id), "ok");
    pass(&installed, 61);
    assert_eq!(installed.assume(cast::DANA, id), "AccessDenied");
}

#[test]
fn it_ends_by_a_revocation_without_port_and_with_it() {
    let installed = Installed::new();
    let grant = granted(&installed);
    down(&installed);
    installed.harness.run(&["revoke", &grant, "--direct", "--aws-only"]).exits(0);
    assert!(!installed.roles().contains(&grant));
    up(&installed);
    // Of one second the words are random, and in no order.
    installed.harness.sandbox.clock.advance(SignedDuration::from_secs(1));
    let again = break_glass(&installed, &checkout(&installed), &["--yes"]).exits(0);
    let again = again.json()["grant"]["id"].as_str().unwrap().to_owned();
    assert!(again > grant, "{again} after {grant}");
    down(&installed);
    // Port cannot be told, but AWS is clean.
    installed.harness.run(&["revoke", &again, "--direct"]).exits(1);
    assert!(!installed.roles().contains(&again));
    up(&installed);
}

#[test]
fn whoever_is_not_told_the_rules_forbid_it_and_nothing_is_made() {
    let installed = Installed::new();
    installed.granted();
    let folder = checkout(&installed);
    let since = installed.harness.sandbox.log.len();
    let ran = break_glass(&installed, &folder, &["--yes"]).exits(5);
    assert!(ran.stderr.contains("break-glass: { longest: 1h, people: [NAME] }"), "{}", ran.stderr);
    switch_on(&installed, "");
    let folder = checkout(&installed);
    for (more, words) in [
        (&["--duration", "61m"][..], "longer than the 1h of `break-glass: longest`"),
        (&["--permission", "s3:PutBucketPolicy"], "s3:PutBucketPolicy"),
        (&["--resource", "arn:aws:sqs:us-east-1:123456789012:queue"], "no rule lets"),
    ] {
        let ran = break_glass(&installed, &folder, &[more, &["--yes"][..]].concat()).exits(5);
        assert!(ran.stderr.contains(words), "{words}: {}", ran.stderr);
    }
    for (what, variables) in [
        ("inside Actions", [("GITHUB_ACTIONS", "true"), ("GITHUB_REF", "refs/heads/main")]),
        (
            "another person",
            [
                ("AWS_ACCESS_KEY_ID", cast::MAX.aws_access_key_id),
                ("AWS_SECRET_ACCESS_KEY", cast::MAX.aws_secret_access_key),
            ],
        ),
    ] {
        let arguments = [
            "grant",
            "--break-glass",
            REASON,
            "--repository",
            &folder,
            "--requester",
            "dana@acme.example",
            "--resource",
            BUCKET,
            "--permission",
            "s3:PutObject",
            "--yes",
        ];
        let ran = installed.harness.run_with(&arguments, &variables).exits(5);
        assert!(
            ran.stdout.contains("refused") || ran.stderr.contains("the rules file does not name"),
            "{what}: {}",
            ran.stderr
        );
    }
    // Nobody is there to be asked.
    break_glass(&installed, &folder, &[]).exits(2);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn a_webhook_that_does_not_answer_well_keeps_everything_from_being_made() {
    for status in [500, 302, 404] {
        let installed = Installed::new();
        installed.granted();
        let webhook = Webhook::answering(status, &installed.harness.sandbox.log);
        switch_on(&installed, &format!(", webhook: \"{}\"", webhook.address));
        let since = installed.harness.sandbox.log.len();
        let ran = break_glass(&installed, &checkout(&installed), &["--yes"]).exits(1);
        assert!(ran.stderr.contains(&format!("answered {status}")), "{}", ran.stderr);
        assert!(ran.stderr.contains("nothing was granted") && !ran.stderr.contains("a-secret-path"), "{}", ran.stderr);
        assert_eq!(installed.aws_writes_since(since), [""; 0]);
    }
    let installed = Installed::new();
    installed.granted();
    switch_on(&installed, ", webhook: \"http://127.0.0.1:9/a-secret-path\"");
    let ran = break_glass(&installed, &checkout(&installed), &["--yes"]).exits(1);
    assert!(ran.stderr.contains("did not answer") && !ran.stderr.contains("a-secret-path"), "{}", ran.stderr);
}

#[test]
fn a_no_grants_nothing_and_without_a_webhook_a_warning_says_so() {
    let mut installed = Installed::new();
    installed.granted();
    switch_on(&installed, "");
    let folder = checkout(&installed);
    let script = installed.harness.answers(&["n", "y"]);
    let roles = installed.roles().len();
    break_glass(&installed, &folder, &[]).exits(1);
    assert_eq!(installed.roles().len(), roles);
    let ran = break_glass(&installed, &folder, &[]).exits(0);
    assert_eq!(script.asked(), ["Grant it without Port?"; 2]);
    assert!(ran.stderr.contains("nobody is told of this"), "{}", ran.stderr);
}

#[test]
fn which_installation_it_is_is_told_by_its_roles_by_port_and_github_or_by_a_flag() {
    let installed = Installed::new();
    switch_on(&installed, "");
    let folder = checkout(&installed);
    down(&installed);
    let since = installed.harness.sandbox.log.len();
    let ran = break_glass(&installed, &folder, &["--yes"]).exits(5);
    assert!(ran.stderr.contains("pass --scope"), "{}", ran.stderr);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    up(&installed);
    // While both answer, they tell.
    let ran = break_glass(&installed, REPOSITORY, &["--yes"]).exits(0);
    let first = ran.json()["grant"]["id"].as_str().unwrap().to_owned();
    let scope = tags(&installed, &first).into_iter().find(|(key, _)| key == "port-iam:scope").unwrap().1;
    down(&installed);
    installed.harness.run(&["revoke", &first, "--direct", "--aws-only"]).exits(0);
    let ran = break_glass(&installed, &folder, &["--yes", "--scope", &scope]).exits(0);
    let second = ran.json()["grant"]["id"].as_str().unwrap().to_owned();
    assert!(tags(&installed, &second).contains(&("port-iam:scope".to_owned(), scope)));
    break_glass(&installed, &folder, &["--yes", "--scope", "org"]).exits(2);
}

#[test]
fn a_scope_that_no_sweep_of_this_installation_would_put_on_record_is_refused() {
    let installed = Installed::new();
    switch_on(&installed, "");
    installed.set_rules(|rules| format!("{rules}\nother-installations: [\"org_other/8\"]\n"));
    let folder = checkout(&installed);
    let since = installed.harness.sandbox.log.len();
    for (place, scope, told) in [
        (folder.as_str(), "org_other/8", "is another installation's"),
        (REPOSITORY, "org_sandboxacme/8", "is not the number of"),
    ] {
        let ran = break_glass(&installed, place, &["--yes", "--scope", scope]).exits(5);
        assert!(ran.stderr.contains(told), "{}", ran.stderr);
    }
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
    assert_eq!(installed.roles(), [""; 0]);
}

#[test]
fn what_fails_half_way_is_undone_or_named_and_never_live() {
    for action in ["CreateRole", "CreatePolicy", "AttachRolePolicy"] {
        for (fault, times) in [(Fault::DropBefore, 999), (Fault::DropAfter, 999), (Fault::DropAfter, 1)] {
            let installed = Installed::new();
            installed.granted();
            switch_on(&installed, "");
            let folder = checkout(&installed);
            let before = (installed.roles(), installed.policies());
            let pattern = format!("Action={action}&");
            installed.harness.sandbox.faults.plan_matching(&pattern, 0, times, fault.clone());
            let ran = break_glass(&installed, &folder, &["--yes"]);
            up(&installed);
            let what = format!("{action} {fault:?} x{times}: {}", ran.stderr);
            if ran.exit_code == 0 {
                assert_eq!(installed.roles().len(), before.0.len() + 1, "{what}");
                continue;
            }
            // Where nothing can be attached, `AWSDenyAll` cannot be either, and the rest is told.
            for left in installed.roles().into_iter().filter(|role| !before.0.contains(role)) {
                assert!(ran.stderr.contains(&format!("port-iam revoke {left} --direct")), "{what}");
                let attached = installed.harness.sandbox.aws.attached_policies(&left).unwrap();
                assert!(attached.is_empty() || is_denied(&installed, &left), "{what}: {attached:?}");
                installed.harness.run(&["revoke", &left, "--direct", "--aws-only"]).exits(0);
            }
            assert_eq!((installed.roles(), installed.policies()), before, "{what}");
        }
    }
}

#[test]
fn the_next_sweep_puts_it_on_record_for_review_and_a_later_one_ends_it() {
    let installed = Installed::new();
    let grant = granted(&installed);
    assert_eq!(installed.record(&grant), Value::Null);
    let ran = sweep(&installed).exits(0);
    assert_eq!(done(&ran), [format!("back-fill {grant}")]);
    assert_eq!(found(&ran), [format!("review-due {}", role_arn(&grant))]);
    let record = installed.record(&grant)["properties"].clone();
    for (property, value) in [
        ("review_due", json!(true)),
        ("break_glass_by", json!("arn:aws:iam::123456789012:user/ada")),
        ("requester", json!("dana@acme.example")),
        ("reason", json!("Port is down: OPS-7 _pager_")),
        ("resource", json!(BUCKET)),
        ("actions", json!(["s3:PutObject"])),
        ("state", json!("live")),
    ] {
        assert_eq!(record[property], value, "{property}");
    }
    let entity = installed.entities().into_iter().find(|entity| entity["identifier"] == grant.as_str()).unwrap();
    assert_eq!(entity["relations"]["aws_resource"], BUCKET);
    assert!(!is_denied(&installed, &grant));
    let ran = sweep(&installed).exits(0);
    assert_eq!((done(&ran), found(&ran)), (Vec::new(), vec![format!("review-due {}", role_arn(&grant))]));
    let export = installed.harness.run(&["audit", "export"]).exits(0).stdout;
    assert!(export.lines().any(|line| line.contains(&grant) && line.contains("\"review_due\":true")), "{export}");
    installed.harness.sandbox.clock.advance(SignedDuration::from_mins(61));
    let ran = sweep(&installed).exits(0);
    assert_eq!(found(&ran), [format!("review-due {}", role_arn(&grant))]);
    assert!(!installed.roles().contains(&grant));
    assert_eq!(installed.record(&grant)["properties"]["state"], "expired");
    // It is named until somebody has reviewed it, although nothing of it is left.
    assert_eq!(found(&sweep(&installed).exits(0)), [format!("review-due {grant}")]);
    let reviewed = json!({ "identifier": grant, "properties": { "review_due": false } });
    upsert(&installed, "permission_records", &reviewed);
    assert_eq!(found(&sweep(&installed).exits(0)), [""; 0]);
}

#[test]
fn the_webhook_of_the_default_branch_is_told_when_a_sweep_finds_one_that_it_was_not_told_of() {
    let installed = Installed::new();
    installed.granted();
    switch_on(&installed, "");
    let folder = checkout(&installed);
    let webhook = Webhook::answering(204, &installed.harness.sandbox.log);
    installed
        .set_rules(|rules| rules.replace("people: [ada]", &format!("people: [ada], webhook: \"{}\"", webhook.address)));
    let ran = break_glass(&installed, &folder, &["--yes"]).exits(0);
    let grant = ran.json()["grant"]["id"].as_str().unwrap().to_owned();
    assert!(webhook.told.lock().unwrap().is_empty());
    assert_eq!(done(&sweep(&installed).exits(0)), [format!("back-fill {grant}")]);
    sweep(&installed).exits(0);
    let told: Vec<Value> = webhook.told.lock().unwrap().iter().map(|(body, _)| body.clone()).collect();
    let [told] = &told[..] else { panic!("it is told once: {told:?}") };
    assert_eq!((&told["event"], &told["grant"]), (&json!("break-glass-found"), &json!(grant)));
    assert_eq!(told["person"], "arn:aws:iam::123456789012:user/ada");
}

#[test]
fn a_grant_on_what_the_catalog_does_not_hold_is_put_on_record_all_the_same() {
    let installed = Installed::new();
    installed.granted();
    switch_on(&installed, "");
    let folder = checkout(&installed);
    let ran = installed
        .harness
        .run(&[
            "grant",
            "--break-glass",
            REASON,
            "--repository",
            &folder,
            "--requester",
            "dana@acme.example",
            "--resource",
            "arn:aws:s3:::of-no-catalog",
            "--permission",
            "s3:GetBucketCORS",
            "--duration",
            "30m",
            "--yes",
            "--output",
            "json",
        ])
        .exits(0);
    let grant = ran.json()["grant"]["id"].as_str().unwrap().to_owned();
    assert_eq!(done(&sweep(&installed).exits(0)), [format!("back-fill {grant}")]);
    assert_eq!(installed.record(&grant)["properties"]["resource"], "arn:aws:s3:::of-no-catalog");
    // Nothing is left to be done but the review.
    let ran = sweep(&installed).exits(0);
    assert_eq!((done(&ran), found(&ran)), (Vec::new(), vec![format!("review-due {}", role_arn(&grant))]));
}

/// What somebody changed of it before the sweep came, and what the finding says.
type Tampering = (&'static str, fn(&Installed, &str), &'static str);

fn untag(installed: &Installed, grant: &str, key: &str) {
    installed.harness.with_aws(async |iam| {
        iam.untag_role().role_name(grant).tag_keys(key).send().await.unwrap();
    });
}

fn tag(installed: &Installed, grant: &str, key: &str, value: &str) {
    installed.harness.with_aws(async |iam| {
        let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap();
        iam.tag_role().role_name(grant).tags(tag).send().await.unwrap();
    });
}

fn set_end(installed: &Installed, grant: &str, end: &str) {
    installed.harness.with_aws(async |iam| {
        let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
        let text = percent_encoding::percent_decode_str(role.assume_role_policy_document().unwrap());
        let mut trust: Value = serde_json::from_str(&text.decode_utf8().unwrap()).unwrap();
        trust["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] = json!(end);
        iam.update_assume_role_policy().role_name(grant).policy_document(trust.to_string()).send().await.unwrap();
    });
}

#[test]
fn whatever_differs_from_what_its_tags_and_the_rules_make_is_denied_and_found() {
    let tamperings: [Tampering; 12] = [
        ("no person", |it, grant| untag(it, grant, "port-iam:person"), "port-iam:person is missing"),
        ("no reason", |it, grant| untag(it, grant, "port-iam:reason"), "port-iam:reason is missing"),
        (
            "another person",
            |it, grant| tag(it, grant, "port-iam:person", "arn:aws:iam::123456789012:user/max"),
            "does not name",
        ),
        (
            "a requester whom Port does not know",
            |it, grant| tag(it, grant, "port-iam:requester", "no@acme.example"),
            "no active person",
        ),
        (
            "a requester who has left",
            |it, grant| tag(it, grant, "port-iam:requester", "greta@acme.example"),
            "no active person",
        ),
        ("further actions", |it, grant| tag(it, grant, "port-iam:actions", "s3:PutObject s3:GetObject"), "document"),
        ("another resource", |it, grant| tag(it, grant, "port-iam:resource", "arn:aws:s3:::other"), "nobody asked for"),
        ("a longer time", |it, grant| tag(it, grant, "port-iam:duration", "4h"), "longest"),
        ("a later end", |it, grant| set_end(it, grant, "2099-01-01T00:00:00Z"), "trust policy"),
        (
            "an earlier end in the trust alone",
            |it, grant| {
                let end = it.harness.sandbox.clock.now() + SignedDuration::from_mins(30);
                set_end(it, grant, &end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
            },
            "tags",
        ),
        (
            "a wider policy",
            |it, grant| {
                it.harness.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
            let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
            iam.create_policy_version().policy_arn(arn).policy_document(document.to_string()).set_as_default(true).send().await.unwrap();
        })
            },
            "nobody asked for",
        ),
        (
            "rules that have switched it off",
            |it, _| {
                it.set_rules(|rules| rules.replace("break-glass: { longest: 1h, people: [ada] }", ""));
            },
            "has no `break-glass`",
        ),
    ];
    for (what, tamper, words) in tamperings {
        let installed = Installed::new();
        let grant = granted(&installed);
        tamper(&installed, &grant);
        let ran = sweep(&installed).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{what}");
        assert!(ran.stdout.contains(words), "{what}: {}", ran.stdout);
        assert!(is_denied(&installed, &grant), "{what}");
        assert_eq!(installed.record(&grant), Value::Null, "{what}");
    }
}

#[test]
fn one_that_ends_before_any_sweep_leaves_a_record_of_what_it_told_of_itself() {
    for by_hand in [true, false] {
        let installed = Installed::new();
        let grant = granted(&installed);
        if by_hand {
            installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
        } else {
            pass(&installed, 61);
            sweep(&installed).exits(0);
        }
        assert!(!installed.roles().contains(&grant));
        let record = installed.record(&grant)["properties"].clone();
        assert_eq!(record["state"], if by_hand { "revoked" } else { "expired" });
        assert_eq!(record["requester"], "dana@acme.example");
        assert_eq!((&record["resource"], &record["actions"]), (&json!(BUCKET), &json!(["s3:PutObject"])));
        assert_eq!(record["break_glass_by"], "arn:aws:iam::123456789012:user/ada");
        assert_eq!(record["review_due"], true);
    }
}
