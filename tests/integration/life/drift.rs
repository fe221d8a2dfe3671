//! What `init` puts right again when it has drifted behind its back: the plan names it, and behind `init` everything is as
//! it was before.

use port_iam::sandbox::cast;
use serde_json::json;

use super::planted::asked;
use crate::harness::Harness;
use crate::installed::REPOSITORY;
use crate::oidc;

/// What has drifted.
struct Drift {
    /// How it came about.
    happens: fn(&Harness),
    /// What names it in the plan.
    subject: &'static str,
    /// What is another thing behind the repair, though it says the same.
    made_anew: &'static [&'static str],
}

const ALL: [Drift; 6] = [
    Drift {
        happens: |it| {
            let releases = asked(it, "GET", &format!("/repos/{REPOSITORY}/releases"), &json!({}));
            asked(it, "DELETE", &format!("/repos/{REPOSITORY}/releases/{}", releases[0]["id"]), &json!({}));
        },
        subject: "GitHub release port-iam-v",
        // GitHub gives no release the tag of an immutable one again, so that the workflows pin another.
        made_anew: &[
            "- github acme/port-iam-permissions release port-iam-v",
            "+ github acme/port-iam-permissions release port-iam-v",
            "+ github acme/port-iam-permissions used tag port-iam-v",
            "+ github acme/port-iam-permissions reference refs/tags/port-iam-v",
            "~ github acme/port-iam-permissions file .github/workflows/",
            "~ github acme/port-iam-permissions history",
            "~ github acme/port-iam-permissions reference refs/heads/main",
            "+ github acme/port-iam-permissions reference refs/heads/port-iam/",
            "+ github acme/port-iam-permissions pull request ",
        ],
    },
    Drift {
        happens: |it| drop(asked(it, "DELETE", &format!("/repos/{REPOSITORY}/immutable-releases"), &json!({}))),
        subject: "GitHub immutable releases",
        made_anew: &[],
    },
    Drift {
        happens: |it| {
            it.with_aws(async |iam| {
                let request = iam.delete_open_id_connect_provider().open_id_connect_provider_arn(oidc::PROVIDER);
                request.send().await.unwrap();
            });
        },
        subject: "AWS    identity provider token.actions.githubusercontent.com",
        made_anew: &[],
    },
    Drift {
        happens: |it| {
            it.with_aws(async |iam| {
                let request = iam.attach_role_policy().role_name("port-iam-granter");
                request.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess").send().await.unwrap();
            });
        },
        subject: "AWS    role port-iam-granter\n      - attached arn:aws:iam::aws:policy/AdministratorAccess",
        made_anew: &[],
    },
    Drift {
        happens: |it| {
            it.with_aws(async |iam| {
                let document = json!({ "Version": "2012-10-17", "Statement": [
                    { "Effect": "Allow", "Action": "iam:*", "Resource": "*" }] });
                let more = iam.put_role_policy().role_name("port-iam-revoker").policy_name("More");
                more.policy_document(document.to_string()).send().await.unwrap();
            });
        },
        subject: "AWS    role port-iam-revoker\n      - inline policy More",
        made_anew: &[],
    },
    Drift {
        happens: |it| {
            it.with_aws(async |iam| {
                let document = json!({ "Version": "2012-10-17", "Statement": [
                    { "Effect": "Allow", "Action": "*", "Resource": "*" }] });
                let arn = format!("arn:aws:iam::{}:policy/port-iam-boundary", cast::AWS_ACCOUNT_ID);
                let version = iam.create_policy_version().policy_arn(arn).policy_document(document.to_string());
                version.set_as_default(true).send().await.unwrap();
            });
        },
        subject: "AWS    policy port-iam-boundary",
        // Its versions have other numbers.
        made_anew: &["~ aws 123456789012 policy /port-iam-boundary"],
    },
];

#[test]
fn whatever_drifts_is_named_by_the_plan_and_put_right_by_init() {
    let installed = oidc::installed();
    let harness = &installed.harness;
    for Drift { happens, subject, made_anew } in ALL {
        let before = harness.sandbox.inventory();
        happens(harness);
        assert_ne!(before.changes(&harness.sandbox.inventory()), [""; 0], "{subject}");
        let plan = harness.run(&["plan", "--aws-setup"]).exits(3).stdout;
        let named = |mark: &str| plan.contains(&format!("{mark} {subject}"));
        assert!(named("+") || named("~"), "{subject}: {plan}");
        let mut ran = harness.run(&["init", "--yes", "--aws-setup"]);
        // A rule of the branch forbids the push of files.
        if let [(number, head, _)] = harness.sandbox.github.open_pull_requests(REPOSITORY).as_slice() {
            assert_eq!((ran.exit_code, head.starts_with("port-iam/")), (3, true), "{subject}: {}", ran.stderr);
            assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, *number));
            ran = harness.run(&["init", "--yes", "--aws-setup"]);
        }
        assert_eq!(ran.exit_code, 0, "{subject}: {}", ran.stderr);
        harness.run(&["plan", "--aws-setup"]).exits(0);
        let mut changes = before.changes(&harness.sandbox.inventory());
        changes.retain(|change| !made_anew.iter().any(|begins| change.starts_with(begins)));
        assert_eq!(changes, [""; 0], "{subject}");
    }
}
