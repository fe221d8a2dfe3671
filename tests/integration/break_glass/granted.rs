//! The grant itself: who may, who is told before, and what a failure leaves.

use super::*;

#[test]
fn while_port_and_github_are_down_an_administrator_grants_and_the_webhook_is_told_first() {
    let installed = Installed::new();
    installed.granted();
    let webhook = Webhook::answering(204, &installed.harness);
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
    installed.pass(61);
    assert_eq!(installed.assume(cast::DANA, id), "AccessDenied");
}

#[test]
fn a_later_one_bears_a_later_name() {
    let installed = Installed::new();
    let grant = granted(&installed);
    // Of one second the words are random, and in no order.
    installed.harness.sandbox.clock.advance(SignedDuration::from_secs(1));
    let again = break_glass(&installed, &checkout(&installed), &["--yes"]).exits(0);
    let again = again.json()["grant"]["id"].as_str().unwrap().to_owned();
    assert!(again > grant, "{again} after {grant}");
}

#[test]
fn whoever_is_not_told_the_rules_forbid_it_and_nothing_is_made() {
    let installed = Installed::new();
    installed.granted();
    let folder = checkout(&installed);
    let since = installed.harness.sandbox.log.len();
    let ran = break_glass(&installed, &folder, &["--yes"]).exits(5);
    assert!(ran.stderr.contains("break-glass: { longest: 1h, people: [NAME], webhook: ADDRESS }"), "{}", ran.stderr);
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
        let webhook = Webhook::answering(status, &installed.harness);
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
fn a_section_that_does_not_say_who_is_told_grants_nothing() {
    let installed = Installed::new();
    installed.granted();
    installed
        .set_rules(|rules| rules.replacen("\nrules:\n", "\nbreak-glass: { longest: 1h, people: [ada] }\nrules:\n", 1));
    let since = installed.harness.sandbox.log.len();
    let ran = break_glass(&installed, &checkout(&installed), &["--yes"]).exits(5);
    assert!(ran.stderr.contains("no `webhook`") && ran.stderr.contains("webhook: none"), "{}", ran.stderr);
    assert_eq!(installed.aws_writes_since(since), [""; 0]);
}

#[test]
fn a_no_grants_nothing_and_without_a_webhook_a_warning_says_so() {
    let mut installed = Installed::new();
    installed.granted();
    switch_on(&installed, "");
    let folder = checkout(&installed);
    let script = installed.harness.answers(&["n", "y"]);
    let roles = installed.roles().len();
    // Answered with no: what would be done is pending.
    let ran = break_glass(&installed, &folder, &[]).exits(3);
    assert!(ran.stdout.contains("Nothing was granted.") || ran.json()["grant"].is_null(), "{}", ran.stdout);
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
    up(&installed);
    // Nobody was asked: a folder tells no number of a repository.
    let up_again = installed.harness.sandbox.log.len();
    let ran = break_glass(&installed, &folder, &["--yes"]).exits(5);
    let asked = installed.exchanges_since(up_again);
    assert!(asked.iter().all(|exchange| exchange.api == Api::Aws), "{asked:?}");
    assert!(ran.stderr.contains("no role of it is in the account, and a folder tells no repository"), "{}", ran.stderr);
    assert!(ran.stderr.contains("--scope") && ran.stderr.contains("--repository OWNER/NAME"), "{}", ran.stderr);
    installed.harness.sandbox.faults.plan(Some(Api::Port), 0, 999, Fault::DropBefore);
    let ran = break_glass(&installed, REPOSITORY, &["--yes"]).exits(5);
    assert!(ran.stderr.contains("no role of it is in the account, and Port does not tell its organisation"), "{ran:?}");
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
                assert!(attached.is_empty() || installed.is_denied(&left), "{what}: {attached:?}");
                installed.harness.run(&["revoke", &left, "--direct"]).exits(0);
            }
            assert_eq!((installed.roles(), installed.policies()), before, "{what}");
        }
    }
}
