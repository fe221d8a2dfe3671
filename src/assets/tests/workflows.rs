//! The rendered files of the repository: valid, free of injection, and exactly what lies in `tests/golden/`.

use serde_json::Value;

use super::{rendering, yaml};
use crate::assets::{FurtherRoles, Keeper, Rendering, RepositoryFile, repository_files};
use crate::domain::github_host::GitHubHost;
use crate::domain::names::Names;
use crate::domain::setup::{SecretStore, WorkflowAccess};

/// The forms that are kept as golden files, by folder. `.ci/run` lets the linters judge the same files.
fn forms() -> Vec<(&'static str, Rendering)> {
    let environment = rendering();
    let role = |name: &str| format!("arn:aws:iam::210987654321:role/port-iam-{name}");
    let second = FurtherRoles { granter: role("granter"), revoker: role("revoker") };
    let repository_secrets = Rendering { store: SecretStore::Repository, ..rendering() };
    let enterprise_server = Rendering {
        names: Names::with_prefix("team-a").unwrap(),
        host: GitHubHost::EnterpriseServer,
        access: WorkflowAccess::AccessKey,
        aws_endpoint_url: Some("https://iam.vpce.example.com".to_owned()),
        ..rendering()
    };
    vec![
        ("environment", environment),
        ("repository-secrets", repository_secrets),
        ("access-key", Rendering { access: WorkflowAccess::AccessKey, ..rendering() }),
        ("several-accounts", Rendering { further_accounts: vec![second], ..rendering() }),
        ("enterprise-server", enterprise_server),
        ("ghe-com", Rendering { host: GitHubHost::GheCom, access: WorkflowAccess::AccessKey, ..rendering() }),
    ]
}

fn workflows(rendering: &Rendering) -> Vec<RepositoryFile> {
    let files = repository_files(rendering).unwrap();
    files.into_iter().filter(|file| file.path.starts_with(".github/workflows/")).collect()
}

fn the_job(workflow: &Value) -> &Value {
    let jobs = workflow["jobs"].as_object().unwrap();
    assert_eq!(jobs.len(), 1);
    jobs.values().next().unwrap()
}

/// After a wanted change: `PORT_IAM_WRITE_GOLDEN=1 cargo test --lib golden`, and read the difference.
#[test]
fn the_rendered_files_are_the_golden_files() {
    for (form, rendering) in forms() {
        for file in repository_files(&rendering).unwrap() {
            let golden = format!("{}/tests/golden/{form}/{}", env!("CARGO_MANIFEST_DIR"), file.path);
            if std::env::var_os("PORT_IAM_WRITE_GOLDEN").is_some() {
                std::fs::create_dir_all(std::path::Path::new(&golden).parent().unwrap()).unwrap();
                std::fs::write(&golden, &file.contents).unwrap();
            }
            let expected = std::fs::read_to_string(&golden).unwrap_or_else(|error| panic!("{golden}: {error}"));
            assert_eq!(file.contents, expected, "{golden}");
        }
    }
}

#[test]
fn no_workflow_uses_an_action_of_anybody() {
    for (_, rendering) in forms() {
        for file in workflows(&rendering) {
            for step in the_job(&yaml(&file.contents))["steps"].as_array().unwrap() {
                assert_eq!(step.get("uses"), None, "{step}");
                assert!(step["run"].is_string(), "{step}");
            }
        }
    }
}

#[test]
fn no_expression_reaches_a_shell_and_the_environment_gets_secrets_and_the_token_only() {
    let allowed = [
        "${{ github.token }}",
        "${{ secrets.PORT_CLIENT_ID }}",
        "${{ secrets.PORT_CLIENT_SECRET }}",
        "${{ secrets.AWS_ACCESS_KEY_ID }}",
        "${{ secrets.AWS_SECRET_ACCESS_KEY }}",
    ];
    for (_, rendering) in forms() {
        for file in workflows(&rendering) {
            let workflow = yaml(&file.contents);
            let job = the_job(&workflow);
            assert_eq!((workflow.get("env"), job.get("env")), (None, None));
            for step in job["steps"].as_array().unwrap() {
                assert!(!step["run"].as_str().unwrap().contains("${{"), "{step}");
                for value in step["env"].as_object().unwrap().values() {
                    let value = value.as_str().unwrap();
                    assert!(!value.contains("${{") || allowed.contains(&value), "{value}");
                }
            }
        }
    }
}

#[test]
fn the_digest_is_checked_before_anything_is_unpacked_or_executed() {
    for (_, rendering) in forms() {
        for file in workflows(&rendering) {
            let workflow = yaml(&file.contents);
            let install = &the_job(&workflow)["steps"][0];
            assert_eq!(install["env"]["RUNTIME_SHA256"], rendering.runtime.sha256.as_str());
            let script = install["run"].as_str().unwrap();
            let position = |part: &str| script.find(part).unwrap_or_else(|| panic!("{part}\n{script}"));
            assert!(position("gh release download") < position("sha256sum --check --strict"));
            assert!(position("sha256sum --check --strict") < position("gunzip"));
            assert!(position("gunzip") < position("chmod"));
            // `bash` as GitHub calls it stops at the first failure and in pipes too; the default shell does not.
            assert_eq!(workflow["defaults"]["run"]["shell"], "bash");
        }
    }
}

#[test]
fn the_last_step_becomes_the_runtime_so_that_it_hears_a_cancellation() {
    let runs: Vec<Value> = workflows(&rendering())
        .iter()
        .map(|file| the_job(&yaml(&file.contents))["steps"].as_array().unwrap().last().unwrap()["run"].clone())
        .collect();
    assert_eq!(runs, ["grant", "revoke", "sweep"].map(|command| format!("exec \"$RUNNER_TEMP/port-iam\" {command}")));
}

#[test]
fn a_workflow_gets_no_right_but_to_read_the_repository_and_where_it_has_a_role_to_name_itself() {
    for (_, rendering) in forms() {
        for file in workflows(&rendering) {
            let workflow = yaml(&file.contents);
            assert_eq!(workflow["permissions"], serde_json::json!({}));
            let mut rights = serde_json::json!({ "contents": "read" });
            if rendering.access == WorkflowAccess::Oidc {
                rights["id-token"] = "write".into();
            }
            assert_eq!(the_job(&workflow)["permissions"], rights);
        }
    }
}

#[test]
fn the_environment_is_there_where_it_guards_the_secrets_and_only_there() {
    for (form, rendering) in forms() {
        for file in workflows(&rendering) {
            let workflow = yaml(&file.contents);
            let environment = the_job(&workflow).get("environment");
            assert_eq!(environment.is_some(), rendering.store != SecretStore::Repository, "{form}");
            if let Some(environment) = environment {
                assert_eq!(environment["name"], rendering.names.environment.as_str());
                assert_eq!(environment["deployment"], false);
            }
        }
    }
}

/// `gh` asks github.com unless it is told otherwise, and takes the token for a server of somebody's own from a variable of
/// its own (GitHub CLI manual, "gh environment").
#[test]
fn the_runtime_is_downloaded_from_the_github_that_runs_the_workflow() {
    for (form, rendering) in forms() {
        let (elsewhere, own) =
            (rendering.host != GitHubHost::GithubCom, rendering.host == GitHubHost::EnterpriseServer);
        for file in workflows(&rendering) {
            let says = |text: &str| file.contents.contains(text);
            assert_eq!(says("export GH_HOST=\"${GITHUB_SERVER_URL#*://}\""), elsewhere, "{form}: {}", file.path);
            assert_eq!(says("GH_ENTERPRISE_TOKEN: ${{ github.token }}"), own, "{form}: {}", file.path);
        }
    }
}

/// A variable can be changed by whoever may write to the repository, and nobody reviews it.
#[test]
fn no_workflow_reads_a_variable_of_the_repository_or_of_the_organisation() {
    for (form, rendering) in forms() {
        for file in workflows(&rendering) {
            assert!(!file.contents.contains("vars."), "{form}: {}", file.path);
            assert!(!file.contents.contains("vars["), "{form}: {}", file.path);
        }
    }
}

#[test]
fn only_grants_of_one_run_wait_for_each_other_and_nobody_can_hold_up_what_takes_access_away() {
    for (_, rendering) in forms() {
        let files = workflows(&rendering);
        let groups: Vec<Value> = files
            .iter()
            .map(|file| {
                let concurrency = yaml(&file.contents)["concurrency"].clone();
                assert_eq!(concurrency["cancel-in-progress"], false);
                // GitHub Enterprise Server does not know the key and would refuse the whole file.
                // Where runs share a group, a third one would cancel the second, which waits.
                let is_shared = concurrency["group"].as_str().is_some_and(|group| group.starts_with("grant-"));
                assert_eq!(concurrency.get("queue").is_some(), rendering.host.is_cloud() && is_shared);
                concurrency["group"].clone()
            })
            .collect();
        assert_eq!(
            groups,
            [
                "grant-${{ fromJSON(inputs.port_context).runId }}".to_owned(),
                // A branch's workflow that takes the same group would block a revocation; nobody knows this number
                // before.
                "revoke-${{ github.run_id }}".to_owned(),
                "sweep-${{ github.run_id }}".to_owned(),
            ]
        );
    }
}

#[test]
fn the_sweep_has_a_minute_of_its_own_which_is_always_the_same_and_nobody_elses() {
    let minute = |rendering: &Rendering| {
        let workflow = yaml(&workflows(rendering)[2].contents);
        let cron = workflow["on"]["schedule"][0]["cron"].as_str().unwrap().to_owned();
        cron.strip_suffix(" * * * *").unwrap().parse::<u8>().unwrap()
    };
    let minutes: std::collections::BTreeSet<u8> = (0..60)
        .map(|number| {
            let rendering = Rendering { repository: format!("repository-{number}"), ..rendering() };
            assert_eq!(minute(&rendering), minute(&rendering));
            minute(&rendering)
        })
        .collect();
    assert!(minutes.len() > 10 && minutes.iter().all(|minute| minute % 2 == 1 && minute % 5 != 0 && *minute < 60));
}

#[test]
fn the_inputs_are_the_guides_and_the_revoke_needs_no_form() {
    for (file, required) in workflows(&rendering()).iter().zip([true, false]) {
        let workflow = yaml(&file.contents);
        let inputs = &workflow["on"]["workflow_dispatch"]["inputs"];
        assert_eq!(inputs.as_object().unwrap().len(), 2);
        assert_eq!(inputs["properties"]["required"], required);
        assert_eq!(inputs["port_context"]["required"], true);
        assert_eq!(inputs["properties"].get("default").and_then(Value::as_str), (!required).then_some("{}"));
    }
}

#[test]
fn optional_settings_are_written_only_where_they_are_set() {
    let last_environment =
        |rendering: &Rendering| the_job(&yaml(&workflows(rendering)[0].contents))["steps"][1]["env"].clone();
    let plain = last_environment(&rendering());
    assert_eq!((plain.get("AWS_ENDPOINT_URL"), plain.get("PORT_IAM_PREFIX")), (None, None));
    assert_eq!(plain["AWS_ACCOUNT_ID"], "012345678901");
    assert_eq!(plain["AWS_REGION"], "eu-west-1");
    assert_eq!(plain["PORT_API_URL"], "https://api.getport.io");
    let mut set = rendering();
    set.aws_endpoint_url = Some("http://127.0.0.1:4012".to_owned());
    set.names = Names::with_prefix("team-a").unwrap();
    let full = last_environment(&set);
    assert_eq!(full["AWS_ENDPOINT_URL"], "http://127.0.0.1:4012");
    assert_eq!(full["PORT_IAM_PREFIX"], "team-a");
}

#[test]
fn the_files_in_this_project_are_yaml_before_they_are_rendered() {
    for path in crate::assets::embedded::paths().iter().filter(|path| path.ends_with(".yaml")) {
        yaml(crate::assets::embedded::text(path).unwrap());
    }
}

#[test]
fn the_templates_are_the_guides_with_the_account_filled_in() {
    let files = repository_files(&rendering()).unwrap();
    let template = |path: &str| -> Value {
        serde_json::from_str(&files.iter().find(|file| file.path == path).unwrap().contents).unwrap()
    };
    assert_eq!(
        template(".github/templates/iamPolicyDocument.json"),
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{ "Effect": "Allow", "Action": [], "Resource": "" }]
        })
    );
    assert_eq!(
        template(".github/templates/iamTrustPolicy.json"),
        serde_json::json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow",
                "Principal": { "AWS": "arn:aws:iam::012345678901:root" },
                "Action": "sts:AssumeRole"
            }]
        })
    );
}

#[test]
fn the_operators_own_files_are_never_replaced() {
    let keepers: Vec<(String, Keeper)> =
        repository_files(&rendering()).unwrap().into_iter().map(|file| (file.path, file.keeper)).collect();
    for (path, keeper) in keepers {
        let generated = path.starts_with(".github/workflows/");
        assert_eq!(keeper == Keeper::Tool, generated, "{path}");
    }
}

#[test]
fn the_roles_of_further_accounts_are_literals_of_the_reviewed_files_where_there_are_any() {
    let role = |account: &str, name: &str| format!("arn:aws:iam::{account}:role/ci/{name}");
    let further = |account: &str| FurtherRoles { granter: role(account, "g"), revoker: role(account, "r") };
    let with = |further_accounts: Vec<FurtherRoles>, access| {
        repository_files(&Rendering { further_accounts, access, ..rendering() })
    };
    let accounts = || vec![further("111122223333"), further("210987654321")];
    let text = |files: &[RepositoryFile], name: &str| {
        let file = files.iter().find(|file| file.path.ends_with(&format!("{name}-iam-permissions.yaml")));
        file.map(|file| file.contents.clone()).unwrap_or_default()
    };
    let files = with(accounts(), WorkflowAccess::Oidc).unwrap();
    for (name, end) in [("create", "g"), ("delete", "r"), ("sweep", "r")] {
        let line = format!(
            "PORT_IAM_FURTHER_AWS_ROLE_ARNS: \"{},{}\"\n",
            role("111122223333", end),
            role("210987654321", end)
        );
        assert!(text(&files, name).contains(&line), "{name}");
        for plain in [with(Vec::new(), WorkflowAccess::Oidc), with(accounts(), WorkflowAccess::AccessKey)] {
            assert!(!text(&plain.unwrap(), name).contains("FURTHER"), "{name}");
        }
    }
    for wrong in [
        "arn:aws:iam::210987654321:role/a,b",
        "port-iam-granter",
        "arn:aws:iam::210987654321:role/\"x",
        "",
        "arn:aws:iam::2:role/x",
    ] {
        let roles = FurtherRoles { granter: wrong.to_owned(), revoker: role("210987654321", "r") };
        assert!(with(vec![roles], WorkflowAccess::Oidc).is_err(), "{wrong}");
    }
}
