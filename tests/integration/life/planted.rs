//! What others have in the three systems before anything of ours is there: in the repository of the workflows too.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use port_iam::sandbox::cast;
use serde_json::{Value, json};

use crate::harness::Harness;
use crate::installed::REPOSITORY;

/// What everything of theirs is called, and nothing else.
pub(crate) const THEIRS: &str = "zzforeign";

/// Puts into each system one of everything.
pub(crate) fn plant(harness: &Harness) {
    in_port(harness);
    in_github(harness);
    in_aws(harness);
}

/// Asks GitHub for something by hand, as the platform engineer.
pub(crate) fn asked(harness: &Harness, method: &str, path: &str, body: &Value) -> Value {
    let url = format!("{}{path}", harness.variable("GITHUB_API_URL"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().user_agent("by hand").build().unwrap();
        let request = client.request(method.parse().unwrap(), url).bearer_auth(cast::ADA.github_token).json(body);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    })
}

fn in_port(harness: &Harness) {
    let blueprint = json!({ "identifier": "zzforeign_service", "title": "Service", "relations": {},
        "schema": { "properties": { "tier": { "type": "string" } }, "required": [] } });
    let action = json!({ "identifier": "zzforeign_deploy", "title": "Deploy",
        "trigger": { "type": "self-service", "operation": "DAY-2", "blueprintIdentifier": "zzforeign_service",
            "userInputs": { "properties": {}, "required": [] } },
        "invocationMethod": { "type": "WEBHOOK", "url": "https://example.com/deploy" } });
    let page = json!({ "identifier": "zzforeign_page", "type": "dashboard", "title": "Services", "widgets": [] });
    harness.with_port(async |port| {
        port.create_blueprint(&blueprint).await.unwrap();
        let rule = json!({ "roles": ["Admin", "Member"], "users": [], "teams": [] });
        let everybody = json!({ "entities": { "update": rule } });
        port.set_blueprint_permissions("zzforeign_service", &everybody).await.unwrap();
        port.create_action(&action).await.unwrap();
        let few = json!({ "execute": { "roles": ["Admin"], "users": ["dana@acme.example"], "teams": [] } });
        port.set_action_permissions("zzforeign_deploy", &few).await.unwrap();
        port.create_page(&page).await.unwrap();
    });
    harness.upsert("zzforeign_service", &json!({ "identifier": "zzforeign_shop", "properties": { "tier": "one" } }));
}

fn in_github(harness: &Harness) {
    asked(
        harness,
        "POST",
        "/orgs/acme/repos",
        &json!({ "name": "port-iam-permissions", "private": true, "auto_init": true }),
    );
    asked(
        harness,
        "POST",
        "/orgs/acme/repos",
        &json!({ "name": "zzforeign-other", "private": true, "auto_init": true }),
    );
    let github = &harness.sandbox.github;
    let ci = "on: workflow_dispatch\njobs: { test: { runs-on: ubuntu-latest, steps: [] } }\n";
    for (path, text) in [("src/zzforeign.rs", "fn main() {}\n"), (".github/workflows/zzforeign-ci.yaml", ci)] {
        github.commit_file(REPOSITORY, "main", path, Some(text.as_bytes())).unwrap();
    }
    let of =
        |method: &str, path: &str, body: Value| asked(harness, method, &format!("/repos/{REPOSITORY}{path}"), &body);
    let head = of("GET", "/git/ref/heads/main", json!({}))["object"]["sha"].clone();
    of("POST", "/git/refs", json!({ "ref": "refs/heads/zzforeign-topic", "sha": head }));
    github.commit_file(REPOSITORY, "zzforeign-topic", "zzforeign.md", Some(b"more\n")).unwrap();
    of("POST", "/pulls", json!({ "title": "zzforeign", "head": "zzforeign-topic", "base": "main" }));
    let policy = json!({ "deployment_branch_policy": null });
    of("PUT", "/environments/zzforeign-production", policy);
    for place in ["/environments/zzforeign-production", "/actions"] {
        of("POST", &format!("{place}/variables"), json!({ "name": "ZZFOREIGN_VARIABLE", "value": "x" }));
        keep_secret(harness, place, "ZZFOREIGN_SECRET");
    }
    of("POST", "/releases", json!({ "tag_name": "zzforeign-v1", "target_commitish": "main", "name": "One" }));
    of(
        "POST",
        "/rulesets",
        json!({ "name": "zzforeign", "target": "branch", "enforcement": "active",
            "conditions": { "ref_name": { "include": ["refs/heads/release/*"], "exclude": [] } },
            "bypass_actors": [], "rules": [{ "type": "deletion" }] }),
    );
    assert!(github.add_collaborator(REPOSITORY, cast::DANA.github_login, port_iam::sandbox::github::Level::Read));
}

/// Seals a secret as GitHub asks for it.
fn keep_secret(harness: &Harness, place: &str, name: &str) {
    let path = format!("/repos/{REPOSITORY}{place}/secrets");
    let key = asked(harness, "GET", &format!("{path}/public-key"), &json!({}));
    let bytes: [u8; 32] = STANDARD.decode(key["key"].as_str().unwrap()).unwrap().try_into().unwrap();
    let sealed = crypto_box::PublicKey::from(bytes).seal(&mut crypto_box::aead::OsRng, b"a secret of theirs").unwrap();
    let body = json!({ "encrypted_value": STANDARD.encode(sealed), "key_id": key["key_id"] });
    asked(harness, "PUT", &format!("{path}/{name}"), &body);
}

fn in_aws(harness: &Harness) {
    harness.with_aws(async |iam| {
        let document = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::zzforeign/*" }] })
        .to_string();
        let tag = aws_sdk_iam::types::Tag::builder().key("team").value("zzforeign").build().unwrap();
        let policy = iam.create_policy().policy_name("zzforeign-read").policy_document(&document).tags(tag.clone());
        let arn = policy.send().await.unwrap().policy.unwrap().arn.unwrap();
        let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" } }] });
        let role = iam.create_role().role_name("zzforeign-deployer").assume_role_policy_document(trust.to_string());
        role.permissions_boundary(&arn).tags(tag).send().await.unwrap();
        let attach = iam.attach_role_policy().role_name("zzforeign-deployer").policy_arn(&arn);
        attach.send().await.unwrap();
        let inline = iam.put_role_policy().role_name("zzforeign-deployer").policy_name("zzforeign-inline");
        inline.policy_document(&document).send().await.unwrap();
        iam.create_group().group_name("zzforeign-people").send().await.unwrap();
        let member = iam.add_user_to_group().group_name("zzforeign-people").user_name(cast::MAX.iam_user);
        member.send().await.unwrap();
        iam.create_instance_profile().instance_profile_name("zzforeign-machine").send().await.unwrap();
        iam.create_access_key().user_name(cast::MAX.iam_user).send().await.unwrap();
    });
}
