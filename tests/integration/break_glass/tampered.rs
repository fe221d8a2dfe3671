//! A role that was changed, or that only claims to be such a grant.

use super::*;

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
        let mut trust = crate::harness::decoded(role.assume_role_policy_document().unwrap());
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
                it.set_rules(|rules| rules.replace("break-glass: { longest: 1h, people: [ada], webhook: none }", ""));
            },
            "has no `break-glass`",
        ),
    ];
    for (what, tamper, words) in tamperings {
        let installed = Installed::new();
        let grant = granted(&installed);
        tamper(&installed, &grant);
        let ran = installed.sweep(&[]).exits(1);
        assert_eq!(found(&ran), [format!("tampered {}", role_arn(&grant))], "{what}");
        assert!(ran.stdout.contains(words), "{what}: {}", ran.stdout);
        assert!(installed.is_denied(&grant), "{what}");
        let record = installed.record(&grant)["properties"].clone();
        assert_eq!((&record["review_due"], &record["trust_digest"]), (&json!(true), &Value::Null), "{what}: {record}");
    }
}

/// Whatever has become of that one: a record of this one would be written over it.
#[test]
fn one_whose_name_is_on_record_of_another_account_is_denied_though_that_one_has_ended() {
    let installed = Installed::new();
    let grant = granted(&installed);
    let ended = json!({ "grant": grant, "account": "999999999999", "state": "revoked", "review_due": false,
        "granted_from": "2026-11-23T10:00:00Z", "revoked_at": "2026-11-23T11:00:00Z" });
    let record = json!({ "identifier": grant, "title": grant, "properties": ended });
    installed.harness.upsert("permission_records", &record);
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(
        (done(&ran), found(&ran)),
        (vec![format!("deny {grant}")], vec![format!("tampered {}", role_arn(&grant))])
    );
    assert!(ran.stdout.contains("the record of its name is of a grant in another account"), "{}", ran.stdout);
    assert!(installed.is_denied(&grant));
    let record = installed.record(&grant)["properties"].clone();
    assert_eq!(
        (&record["receipt"]["later"][0]["resource"], &record["review_due"]),
        (&json!(BUCKET), &json!(true)),
        "{record}"
    );
    let ran = installed.sweep(&[]).exits(1);
    assert_eq!(done(&ran), [""; 0]);
    assert!(found(&ran).contains(&format!("tampered {}", role_arn(&grant))), "{}", ran.stdout);
}
