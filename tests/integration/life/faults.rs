//! Fifteen faults of an installation that is there, each with what turns red and how it is mended.

use port_iam::sandbox::cast;
use port_iam::sandbox::github::Conclusion;
use serde_json::{Value, json};

use super::planted::asked;
use super::{blueprint, edit, not_green};
use crate::harness::Harness;
use crate::installed::REPOSITORY;
use crate::oidc;

/// Puts right what `init` can put right, which is also the remedy of `doctor` where no narrower command is.
const INIT: [&str; 3] = ["init", "--yes", "--aws-setup"];
const SWEEP: &str = "sweep-iam-permissions.yaml";

/// What goes wrong.
pub(super) struct Fault {
    /// The check that turns red.
    check: &'static str,
    /// How it comes about.
    inject: fn(&Harness),
    /// How it is mended, where `init` alone does not do it.
    undo: Option<fn(&Harness)>,
}

const fn mended_by_init(check: &'static str, inject: fn(&Harness)) -> Fault {
    Fault { check, inject, undo: None }
}

const fn undone(check: &'static str, inject: fn(&Harness), undo: fn(&Harness)) -> Fault {
    Fault { check, inject, undo: Some(undo) }
}

/// All of them, each of another check.
pub(super) const FAULTS: [Fault; 15] = [
    undone("blueprints", |it| demand_a_note(it, true), |it| demand_a_note(it, false)),
    mended_by_init("expiry-automation", |it| {
        it.with_port(async |port| {
            let body = edit(port.action("revoke_expired_permissions").await.unwrap(), |body| {
                body["publish"] = json!(false);
            });
            port.replace_action("revoke_expired_permissions", &body).await.unwrap();
        });
    }),
    mended_by_init("port-permissions", |it| {
        let body = json!({ "execute": { "roles": ["Admin", "Member"], "policy": null } });
        it.with_port(async |port| port.set_action_permissions("revoke_permissions", &body).await.unwrap());
    }),
    undone(
        "port-app",
        |it| it.sandbox.github.set_port_app_installed(false),
        |it| it.sandbox.github.set_port_app_installed(true),
    ),
    undone(
        "repository",
        |it| drop(of_repository(it, "PATCH", "", &json!({ "private": false }))),
        |it| drop(of_repository(it, "PATCH", "", &json!({ "private": true }))),
    ),
    mended_by_init("branch-rules", |it| {
        let rulesets = of_repository(it, "GET", "/rulesets", &json!({}));
        let is_ours = |ruleset: &&Value| ruleset["name"] == "port-iam";
        let id = &rulesets.as_array().unwrap().iter().find(is_ours).unwrap()["id"];
        of_repository(it, "DELETE", &format!("/rulesets/{id}"), &json!({}));
    }),
    undone(
        "workflows",
        |it| {
            let text = b"on: push\njobs: { take: { environment: port-iam, runs-on: ubuntu-latest, steps: [] } }\n";
            commit(it, ".github/workflows/strange.yaml", Some(text));
        },
        |it| commit(it, ".github/workflows/strange.yaml", None),
    ),
    mended_by_init("workflow-state", |it| {
        assert!(it.sandbox.github.disable_workflow(REPOSITORY, "create-iam-permissions.yaml"));
    }),
    mended_by_init("sweep-workflow", |it| assert!(it.sandbox.github.disable_workflow(REPOSITORY, SWEEP))),
    undone(
        "environment",
        |it| {
            of_repository(it, "PUT", "/environments/port-iam", &json!({ "deployment_branch_policy": null }));
        },
        |it| {
            let named =
                json!({ "deployment_branch_policy": { "protected_branches": false, "custom_branch_policies": true } });
            of_repository(it, "PUT", "/environments/port-iam", &named);
        },
    ),
    mended_by_init("secrets", |it| {
        of_repository(it, "DELETE", "/environments/port-iam/secrets/PORT_CLIENT_ID", &json!({}));
    }),
    undone(
        "sweep-outcome",
        |it| _ = it.sandbox.github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Failure).unwrap(),
        |it| _ = it.sandbox.github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Success).unwrap(),
    ),
    mended_by_init("boundary", |it| {
        it.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": "*", "Resource": "*" }] });
            let arn = format!("arn:aws:iam::{}:policy/port-iam-boundary", cast::AWS_ACCOUNT_ID);
            let version = iam.create_policy_version().policy_arn(arn).policy_document(document.to_string());
            version.set_as_default(true).send().await.unwrap();
        });
    }),
    mended_by_init("workflow-roles", |it| {
        it.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": "iam:*", "Resource": "*" }] });
            let more = iam.put_role_policy().role_name("port-iam-revoker").policy_name("More");
            more.policy_document(document.to_string()).send().await.unwrap();
        });
    }),
    mended_by_init("identity-provider", |it| {
        it.with_aws(async |iam| {
            iam.delete_open_id_connect_provider().open_id_connect_provider_arn(oidc::PROVIDER).send().await.unwrap();
        });
    }),
];

impl Fault {
    /// Lets it come about, looks and mends it. Returns what of it was not as it shall be.
    pub(super) fn is_found_and_mended(&self, harness: &Harness) -> Option<String> {
        let Self { check, inject, undo } = self;
        inject(harness);
        let found = not_green(harness);
        let remedy = remedy_of(harness, check);
        if let Some(undo) = undo {
            undo(harness);
        }
        if !["port-iam ", "gh ", "git ", "aws ", "open https://"].iter().any(|program| remedy.starts_with(program)) {
            return Some(format!("{check}: its remedy is no command: {remedy}"));
        }
        let ran = harness.run(&INIT);
        let behind = not_green(harness);
        let is_right = found == [format!("error {check}")] && ran.exit_code == 0 && behind.is_empty();
        (!is_right).then(|| format!("{check}: {found:?}, then {} {} {behind:?}", ran.exit_code, ran.stderr))
    }
}

/// Returns what `doctor` says is to be done about a check.
fn remedy_of(harness: &Harness, check: &str) -> String {
    let told = harness.run(&["doctor", "--output", "json"]).json();
    let findings = told["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["check"] == check && finding["severity"] == "error");
    found.and_then(|finding| finding["remedy"].as_str()).unwrap_or_default().to_owned()
}

/// Asks of every grant what no grant says, or takes it back.
fn demand_a_note(harness: &Harness, is_demanded: bool) {
    let body = edit(blueprint(harness, "provisioned_permissions"), |body| {
        let properties = body["schema"]["properties"].as_object_mut().unwrap();
        if is_demanded {
            properties.insert("note".to_owned(), json!({ "type": "string" }));
        } else {
            properties.shift_remove("note");
        }
        body["schema"]["required"] = if is_demanded { json!(["note"]) } else { json!([]) };
    });
    harness.with_port(async |port| port.replace_blueprint("provisioned_permissions", &body).await.unwrap());
}

fn of_repository(harness: &Harness, method: &str, path: &str, body: &Value) -> Value {
    asked(harness, method, &format!("/repos/{REPOSITORY}{path}"), body)
}

fn commit(harness: &Harness, path: &str, text: Option<&[u8]>) {
    harness.sandbox.github.commit_file(REPOSITORY, "main", path, text).unwrap();
}
