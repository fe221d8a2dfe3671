//! What is set up is green, and each thing that is wrong turns exactly its check.

use jiff::SignedDuration;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::github::Conclusion;
use port_iam::sandbox::request_log::Api;
use serde_json::{Value, json};

use super::{SWEEP, unhealthy};
use crate::harness::Harness;
use crate::installed::{Installed, REPOSITORY};
use crate::oidc;

/// Something that goes wrong after the set-up.
type Injury = fn(&mut Installed);

/// How the check turns that has to, and what goes wrong.
const FAULTS: [(&str, Injury); 58] = [
    ("warning clock", |it| it.harness.clock_ahead = Some(SignedDuration::from_mins(-2))),
    ("error clock", |it| it.harness.clock_ahead = Some(SignedDuration::from_mins(10))),
    ("error ip-allow-list", |it| it.harness.sandbox.port.set_allow_list(true)),
    ("error port-reachable", |it| it.harness.set("PORT_API_URL", Some("http://127.0.0.1:9"))),
    ("error port-reachable", |it| it.harness.sandbox.faults.plan(Some(Api::Port), 0, usize::MAX, Fault::DropBefore)),
    ("error github-reachable", |it| {
        it.harness.sandbox.faults.plan(Some(Api::Github), 0, usize::MAX, Fault::DropBefore);
    }),
    ("error aws-reachable", |it| it.harness.sandbox.faults.plan(Some(Api::Aws), 0, usize::MAX, Fault::Html)),
    ("error port-credentials", |it| it.harness.set("PORT_CLIENT_SECRET", Some("wrong"))),
    ("error port-credentials", |it| it.harness.set("PORT_CLIENT_SECRET", None)),
    ("error github-credentials", |it| it.harness.sandbox.github.revoke_token(cast::ADA.github_token)),
    ("error github-credentials", |it| it.harness.set("GH_TOKEN", None)),
    ("error aws-credentials", |it| it.harness.set("AWS_ACCESS_KEY_ID", Some("AKIANOBODY0000000000"))),
    ("error aws-region", |it| it.harness.set("AWS_REGION", None)),
    ("error aws-account", |it| it.harness.set("AWS_ACCOUNT_ID", Some("999999999999"))),
    ("warning github-token", |it| {
        it.harness.sandbox.github.set_token_scopes(cast::ADA.github_token, cast::ADA.github_login, "repo,admin:org");
    }),
    ("warning port-integration", |it| {
        let forbidden = Fault::Status { status: 403, retry_after: None };
        it.harness.sandbox.faults.plan_exactly("GET /v1/integration", forbidden);
    }),
    ("error port-backend", |it| drop(it.harness.sandbox.port.clone().with_ocean())),
    ("error port-app", |it| it.harness.sandbox.github.set_port_app_installed(false)),
    ("warning blueprints", |it| {
        let body = it.blueprint("provisioned_permissions", |body| {
            body["schema"]["properties"].as_object_mut().unwrap().shift_remove("reason");
        });
        it.harness.with_port(async |port| port.replace_blueprint("provisioned_permissions", &body).await.unwrap());
    }),
    ("error blueprints", |it| {
        let body = it.blueprint("provisioned_permissions", |body| {
            body["schema"]["properties"]["ticket"] = json!({ "type": "string", "title": "Ticket" });
            body["schema"]["required"] = json!(["ticket"]);
        });
        it.harness.with_port(async |port| port.replace_blueprint("provisioned_permissions", &body).await.unwrap());
    }),
    ("error blueprints", |it| {
        let body = it.blueprint("permission_records", |body| {
            body["schema"]["properties"]["requester"]["pattern"] = json!("^nobody");
        });
        it.harness.with_port(async |port| port.replace_blueprint("permission_records", &body).await.unwrap());
    }),
    ("error blueprints", |it| {
        let body = it.blueprint("provisioned_permissions", |body| {
            body["relations"]["aws_resource"]["required"] = json!(true);
        });
        it.harness.with_port(async |port| port.replace_blueprint("provisioned_permissions", &body).await.unwrap());
    }),
    ("warning actions", |it| {
        it.change_action("request_permissions", |body| body["invocationMethod"]["reportWorkflowStatus"] = json!(false));
    }),
    ("error expiry-automation", |it| {
        it.change_action("revoke_expired_permissions", |body| body["publish"] = json!(false));
    }),
    ("error port-permissions", |it| it.let_everybody_execute("revoke_permissions")),
    ("warning port-permissions", |it| {
        it.harness.with_port(async |port| {
            let nobody = json!({ "execute": { "users": [], "roles": [], "teams": [] } });
            port.set_action_permissions("request_permissions", &nobody).await.unwrap();
        });
    }),
    ("warning catalog-in-step", |it| {
        it.keep_in_step();
        it.change_action("seed_from_bucket_123456789012", |body| body["publish"] = json!(false));
    }),
    ("warning catalog-in-step", |it| {
        it.keep_in_step();
        it.change_action("seed_from_bucket_123456789012", |body| {
            body["trigger"]["condition"]["expressions"][1] = json!("true");
        });
    }),
    ("error repository", |it| it.github("PATCH", "", &json!({ "private": false }))),
    ("error branch-rules", |it| {
        let rulesets = it.read("/rulesets");
        it.github("DELETE", &format!("/rulesets/{}", rulesets[0]["id"]), &json!({}));
    }),
    ("error branch-rules", |it| {
        let always = json!([{ "actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always" }]);
        it.change_ruleset(|body| body["bypass_actors"] = always);
    }),
    ("error branch-rules", |it| {
        it.change_ruleset(|body| body["rules"][2]["parameters"]["dismiss_stale_reviews_on_push"] = json!(false));
    }),
    ("error branch-rules", |it| {
        it.change_ruleset(|body| body["rules"][2]["parameters"]["require_last_push_approval"] = json!(false));
    }),
    ("warning branch-rules", |it| it.edit(".github/CODEOWNERS", |_| "/docs/ @ada\n".to_owned())),
    ("warning branch-rules", |it| {
        it.edit(".github/CODEOWNERS", |text| format!("{text}/.github/workflows/\n"));
    }),
    ("warning workflow-approvals", |it| {
        it.github("PUT", "/actions/permissions/workflow", &json!({ "can_approve_pull_request_reviews": true }));
    }),
    ("error workflows", |it| {
        let text = b"on: push\njobs: { take: { environment: port-iam, runs-on: ubuntu-latest, steps: [] } }\n";
        let github = &it.harness.sandbox.github;
        github.commit_file(REPOSITORY, "main", ".github/workflows/theirs.yaml", Some(text)).unwrap();
    }),
    ("warning code-owners", |it| {
        it.edit(".github/CODEOWNERS", |text| format!("{text}/.github/ @nobody-of-this-name\n"));
    }),
    ("warning code-owners", |it| it.edit(".github/CODEOWNERS", |text| format!("{text}/docs/ ada\n"))),
    ("error workflows", |it| {
        it.edit(".github/workflows/create-iam-permissions.yaml", |text| {
            text.replace("timeout-minutes: 10", "timeout-minutes: 60")
        });
    }),
    ("error workflows", |it| {
        let path = ".github/workflows/delete-iam-permissions.yaml";
        it.harness.sandbox.github.commit_file(REPOSITORY, "main", path, None).unwrap();
    }),
    ("error workflow-state", |it| {
        assert!(it.harness.sandbox.github.disable_workflow(REPOSITORY, "create-iam-permissions.yaml"));
    }),
    ("error sweep-workflow", |it| assert!(it.harness.sandbox.github.disable_workflow(REPOSITORY, SWEEP))),
    ("error sweep-outcome", |it| {
        it.harness.sandbox.github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Failure).unwrap();
    }),
    ("error files", |it| {
        let path = ".github/templates/iamPolicyDocument.json";
        it.harness.sandbox.github.commit_file(REPOSITORY, "main", path, None).unwrap();
    }),
    ("warning page", |it| {
        it.harness.with_port(async |port| {
            let page = port.page("iam_permissions_dashboard").await.unwrap().unwrap();
            let body = changed(page, |body| body["widgets"][0]["widgets"][3]["dataset"]["rules"] = json!([]));
            port.replace_page("iam_permissions_dashboard", &body).await.unwrap();
        });
    }),
    ("warning reference-age", |it| {
        it.harness.sandbox.clock.advance(SignedDuration::from_hours(24 * 400));
        it.harness.sandbox.github.run_by_schedule(REPOSITORY, SWEEP, Conclusion::Success).unwrap();
    }),
    ("error rules-file", |it| it.edit(".github/port-iam.yaml", |text| text.replace("version: 1", "version: 2"))),
    ("error files", |it| it.edit(".github/templates/iamPolicyDocument.json", |_| "{ not json".to_owned())),
    ("warning rules-file", |it| {
        let body = it.blueprint("aws_resource", |body| {
            body["schema"]["properties"]["resource_type"]["enum"].as_array_mut().unwrap().push(json!("Lambda"));
        });
        it.harness.with_port(async |port| port.replace_blueprint("aws_resource", &body).await.unwrap());
    }),
    ("error runtime", |it| {
        let releases = it.read("/releases");
        it.github("DELETE", &format!("/releases/{}", releases[0]["id"]), &json!({}));
    }),
    ("warning immutable-releases", |it| it.github("DELETE", "/immutable-releases", &json!({}))),
    ("error environment", |it| {
        it.github("PUT", "/environments/port-iam", &json!({ "deployment_branch_policy": null }));
    }),
    ("error secrets", |it| it.github("DELETE", "/environments/port-iam/secrets/PORT_CLIENT_ID", &json!({}))),
    ("warning workflow-credentials", |it| {
        it.harness.set("PORT_IAM_WORKFLOW_PORT_CLIENT_ID", Some(cast::DANA.port_client_id));
        it.harness.set("PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET", Some(cast::DANA.port_client_secret));
    }),
    ("error oidc-subject", |it| {
        let was = it.read("/actions/oidc/customization/sub");
        assert!(it.harness.sandbox.github.set_immutable_subject(REPOSITORY, false), "{was}");
    }),
    ("error quotas", |it| {
        it.harness.sandbox.faults.plan_matching("Action=GetAccountSummary&", 0, usize::MAX, Fault::Html);
    }),
    ("error plan", |it| {
        it.harness.sandbox.faults.plan_exactly("GET /v1/blueprints", Fault::Status { status: 500, retry_after: None });
    }),
];

/// What goes wrong in AWS.
const FAULTS_IN_AWS: [(&str, Injury); 4] = [
    ("error boundary", |it| it.change_policy("port-iam-boundary")),
    ("error workflow-roles", |it| it.change_policy("port-iam-granter")),
    ("error workflow-roles", |it| {
        it.harness.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": "iam:*", "Resource": "*" }] });
            let more = iam.put_role_policy().role_name("port-iam-revoker").policy_name("More");
            more.policy_document(document.to_string()).send().await.unwrap();
        });
    }),
    ("error identity-provider", |it| {
        it.harness.with_aws(async |iam| {
            iam.delete_open_id_connect_provider().open_id_connect_provider_arn(oidc::PROVIDER).send().await.unwrap();
        });
    }),
];

impl Installed {
    fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        let github = &self.harness.sandbox.github;
        let text = github.file(REPOSITORY, "main", path).unwrap();
        let changed = change(text.clone());
        assert_ne!(text, changed, "{path} did not change");
        github.commit_file(REPOSITORY, "main", path, Some(changed.as_bytes())).unwrap();
    }

    /// Has an automation keep the catalog in step with a blueprint of buckets.
    fn keep_in_step(&self) {
        let arn = json!({ "properties": { "arn": { "type": "string" } } });
        let blueprint = json!({ "identifier": "bucket", "title": "Bucket", "schema": arn });
        self.harness.with_port(async |port| port.create_blueprint(&blueprint).await.unwrap());
        self.harness.run(&["seed", "--yes", "--from-blueprint", "bucket", "--keep-in-step"]).exits(0);
        assert_eq!(unhealthy(self, 0), [""; 0], "as it was made");
    }

    fn blueprint(&self, identifier: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut all = Vec::new();
        self.harness.with_port(async |port| all = port.blueprints().await.unwrap());
        changed(all.into_iter().find(|blueprint| blueprint["identifier"] == identifier).unwrap(), change)
    }

    /// Changes the ruleset as an administrator of the repository can.
    fn change_ruleset(&self, change: impl FnOnce(&mut Value)) {
        let path = format!("/rulesets/{}", self.read("/rulesets")[0]["id"]);
        let mut body = self.read(&path);
        change(&mut body);
        self.github("PUT", &path, &body);
    }

    fn change_action(&self, identifier: &str, change: impl FnOnce(&mut Value)) {
        self.harness.with_port(async |port| {
            let body = changed(port.action(identifier).await.unwrap().unwrap(), change);
            port.replace_action(identifier, &body).await.unwrap();
        });
    }

    /// Changes the default version of a policy as somebody with IAM's rights can.
    fn change_policy(&self, name: &str) {
        self.harness.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": "*", "Resource": "*" }] });
            let arn = format!("arn:aws:iam::{}:policy/{name}", cast::AWS_ACCOUNT_ID);
            let version = iam.create_policy_version().policy_arn(arn).policy_document(document.to_string());
            version.set_as_default(true).send().await.unwrap();
        });
    }

    fn read(&self, path: &str) -> Value {
        asked(&self.harness, "GET", path, &json!({}))
    }

    fn github(&self, method: &str, path: &str, body: &Value) {
        asked(&self.harness, method, path, body);
    }
}

/// Returns a body that Port takes back, with `change` done to it.
fn changed(mut value: Value, change: impl FnOnce(&mut Value)) -> Value {
    for key in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
        value.as_object_mut().unwrap().shift_remove(key);
    }
    change(&mut value);
    value
}

/// Asks GitHub for something about the repository by hand, as the platform engineer.
fn asked(harness: &Harness, method: &str, path: &str, body: &Value) -> Value {
    let url = format!("{}/repos/{REPOSITORY}{path}", harness.variable("GITHUB_API_URL"));
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let client = reqwest::Client::builder().no_proxy().user_agent("by hand").build().unwrap();
        let request = client.request(method.parse().unwrap(), url).bearer_auth(cast::ADA.github_token).json(body);
        let answer = request.send().await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    })
}

fn installed() -> Installed {
    let mut installed = oidc::installed();
    installed.harness.clock_ahead = Some(SignedDuration::ZERO);
    installed
}

#[test]
fn what_is_set_up_is_green_by_every_check_and_nothing_is_changed() {
    let installed = installed();
    let since = installed.harness.sandbox.log.len();
    let told = installed.harness.run(&["doctor", "--output", "json"]).exits(0).json();
    assert!(installed.exchanges_since(since).iter().all(|exchange| !exchange.is_write()), "it changed something");
    let findings = told["findings"].as_array().unwrap();
    let odd: Vec<&Value> = findings.iter().filter(|finding| finding["severity"] != "ok").collect();
    assert!(odd.is_empty(), "{odd:#?}");
    assert!(findings.len() > 35, "{}", findings.len());
    assert_eq!((&told["healthy"], &told["errors"]), (&json!(true), &json!(0)));
    // Nor has the plan anything to say.
    installed.harness.run(&["plan"]).exits(0);
}

#[test]
fn each_fault_turns_exactly_its_check_and_no_other() {
    let mut wrong = Vec::new();
    for (check, injure) in FAULTS {
        let mut installed = installed();
        injure(&mut installed);
        let exit_code = u8::from(check.starts_with("error"));
        let found = unhealthy(&installed, exit_code);
        if found != [check] {
            wrong.push(format!("{check}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_fault_in_aws_turns_exactly_its_check_and_no_other() {
    for (check, injure) in FAULTS_IN_AWS {
        let mut installed = installed();
        injure(&mut installed);
        assert_eq!(unhealthy(&installed, 1), [check]);
    }
}

#[test]
fn the_user_of_an_access_key_is_held_against_the_written_policies() {
    let installed = Installed::new();
    assert_eq!(unhealthy(&installed, 0), [""; 0]);
    let more = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "iam:CreatePolicyVersion", "Resource": "*" }] });
    assert!(installed.harness.sandbox.aws.give_user_policy(cast::MANAGER_IAM_USER, "More", &more));
    assert_eq!(unhealthy(&installed, 1), ["error workflow-user"]);
    // The plan says the same.
    let plan = installed.harness.run(&["plan"]).exits(3).stdout;
    let told = format!("! AWS    user {}: its policies allow more than is written", cast::MANAGER_IAM_USER);
    assert!(plan.contains(&told) && plan.contains("iam:CreatePolicyVersion"), "{plan}");
}

#[test]
fn what_a_group_gives_the_user_of_an_access_key_is_in_the_plan_and_whose_key_it_is_not_is_said() {
    let installed = Installed::new();
    let name = cast::MANAGER_IAM_USER;
    let codes = |told: &Value| {
        let findings = told["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let plan = installed.harness.run(&["plan"]).exits(0).stdout;
    assert!(plan.contains(&format!("= AWS    user {name}\n")), "{plan}");
    installed.harness.with_aws(async |iam| {
        iam.create_group().group_name("people").send().await.unwrap();
        let policy = iam.attach_group_policy().group_name("people");
        policy.policy_arn("arn:aws:iam::aws:policy/AdministratorAccess").send().await.unwrap();
        iam.add_user_to_group().group_name("people").user_name(name).send().await.unwrap();
    });
    for plan in [&["plan"][..], &["init", "--dry-run"], &["plan", "--aws-setup"], &["plan", "--only", "port"]] {
        let plan = installed.harness.run(plan).exits(3).stdout;
        assert!(plan.contains(&format!("! AWS    user {name}: its policies allow more")), "{plan}");
        assert!(plan.contains("is not written: ") && plan.contains("aws iam list-groups-for-user"), "{plan}");
    }
    assert_eq!(unhealthy(&installed, 1), ["error workflow-user"]);
    // `init` writes nothing of it, and says that it did not look.
    let told = installed.harness.run(&["init", "--yes", "--output", "json"]).exits(0).json();
    assert!(codes(&told).contains(&"workflow-user-unseen".to_owned()), "{told}");
    let told = installed.harness.run(&["plan", "--output", "json"]).exits(3).json();
    assert!(!codes(&told).contains(&"workflow-user-unseen".to_owned()), "{told}");
}

#[test]
fn a_part_is_looked_at_with_the_credentials_of_that_part_alone() {
    let mut installed = installed();
    for name in ["PORT_CLIENT_SECRET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        installed.harness.set(name, None);
    }
    // What could not be checked fails nothing, and is not called healthy.
    let ran = installed.harness.run(&["doctor", "--only", "github"]).exits(0);
    assert!(
        ran.stdout.trim_end().ends_with("could not be checked: this does not say that all is well"),
        "{}",
        ran.stdout
    );
    let told = installed.harness.run(&["doctor", "--only", "github", "--output", "json"]).exits(0).json();
    assert!(told["healthy"].is_null() && told["unknown"].as_u64().unwrap() > 3, "{told}");
    installed.harness.run(&["doctor"]).exits(1);
    assert!(installed.harness.sandbox.github.disable_workflow(REPOSITORY, "create-iam-permissions.yaml"));
    let ran = installed.harness.run(&["doctor", "--only", "github"]).exits(1);
    assert!(ran.stdout.contains("error    workflow-state: workflow create-iam-permissions.yaml"), "{}", ran.stdout);
    assert!(ran.stdout.contains("unknown  port-credentials: "), "{}", ran.stdout);
    assert!(ran.stdout.contains(": 1 error, 0 warnings, "), "{}", ran.stdout);
}

#[test]
fn what_mends_it_is_told_with_everything_that_was_said_about_the_installation() {
    let installed = installed();
    let said = [
        "--resource-types",
        "S3,EC2,Lambda",
        "--backend",
        "github",
        "--approval",
        "any",
        "--approvers",
        "ada@acme.example",
        "--administrators",
        "ada@acme.example",
        "--code-owners",
        "@ada",
    ];
    let ran = installed.harness.run(&[&["plan"], &said[..]].concat()).exits(3);
    let (_, rest) = ran.stdout.split_once("Nothing was changed. `").unwrap();
    let (command, _) = rest.split_once('`').unwrap();
    let told = "--resource-types S3,EC2,Lambda --backend github --approval any --approvers ada@acme.example";
    assert!(command.starts_with("port-iam init ") && command.contains(told), "{command}");
    let ran = installed.harness.run(&[&["doctor", "--output", "json"], &said[..]].concat());
    let findings = ran.json()["findings"].as_array().unwrap().clone();
    let remedies = findings.iter().filter_map(|finding| finding["remedy"].as_str());
    let inits: Vec<&str> = remedies.filter(|remedy| remedy.contains("port-iam init")).collect();
    assert!(!inits.is_empty(), "{}", ran.stdout);
    assert!(inits.iter().all(|remedy| remedy.contains(command)), "{command}: {inits:#?}");
}

#[test]
fn what_a_fine_grained_token_may_write_is_told_by_nobody_and_all_else_is_well() {
    let installed = installed();
    let (token, login) = (cast::ADA.github_token, cast::ADA.github_login);
    let read = ["administration", "contents", "secrets", "environments", "actions", "organization_administration"];
    let read: Vec<String> = read.iter().map(|right| format!("{right}=read")).collect();
    let read: Vec<&str> = read.iter().map(String::as_str).collect();
    installed.harness.sandbox.github.set_token_permissions(token, login, &read);
    let told = installed.harness.run(&["doctor", "--output", "json"]).json();
    let findings = told["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["check"] == "github-token").unwrap();
    assert_eq!(found["severity"], "unknown", "{found}");
    let others =
        |word: &str| findings.iter().filter(|it| it["severity"] == word && it["check"] != "github-token").count();
    assert_eq!(told["unknown"], json!(others("unknown")), "{findings:#?}");
    let healthy = (others("unknown") + others("error") == 0).then_some(true);
    assert_eq!(told["healthy"], if others("error") > 0 { json!(false) } else { json!(healthy) }, "{findings:#?}");
}

#[test]
fn port_s_app_is_looked_for_among_all_apps_of_the_organisation() {
    let installed = installed();
    let github = &installed.harness.sandbox.github;
    let app = |exit_code: u8| {
        let told = installed.harness.run(&["doctor", "--output", "json"]).exits(exit_code).json();
        told["findings"].as_array().unwrap().iter().find(|finding| finding["check"] == "port-app").unwrap().clone()
    };
    // More than GitHub tells in two answers, and just as many as in two.
    for others in [230, 200] {
        github.set_other_apps(others);
        assert_eq!(app(0)["severity"], "ok", "{others}");
    }
    github.set_port_app_installed(false);
    let missing = app(1);
    assert_eq!(missing["severity"], "error", "{missing}");
    assert!(missing["remedy"].as_str().unwrap().contains("apps/getport-io/installations/new"), "{missing}");
}

#[test]
fn whether_port_s_app_is_there_is_not_known_where_the_token_cannot_tell() {
    let installed = installed();
    // GitHub tells it to owners of the organisation alone.
    let forbidden = Fault::Status { status: 403, retry_after: None };
    installed.harness.sandbox.faults.plan_matching("GET /orgs/acme/installations", 0, usize::MAX, forbidden);
    let told = installed.harness.run(&["doctor", "--output", "json"]).exits(0).json();
    let findings = told["findings"].as_array().unwrap();
    let odd: Vec<&Value> = findings.iter().filter(|finding| finding["severity"] != "ok").collect();
    let [app] = odd[..] else { panic!("{odd:#?}") };
    assert_eq!((&app["check"], &app["severity"]), (&json!("port-app"), &json!("unknown")));
    assert!(
        app["what"].as_str().is_some_and(|what| what.contains("port-iam doctor") && what.contains("--probe")),
        "{app}"
    );
    assert_eq!((&told["healthy"], &told["unknown"]), (&Value::Null, &json!(1)));
}
