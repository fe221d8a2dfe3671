//! The generated workflows, executed by a runner that we did not write, with the inputs that Port rendered.

use port_iam::sandbox::github::{RunStatus, WorkflowRun};
use port_iam::sandbox::request_log::Exchange;

use crate::act_runner::Act;
use crate::counterparts::named;
use crate::installed::{BUCKET, REPOSITORY};
use crate::live_installation::LiveInstallation;
use crate::patience::until;

/// A title that does harm wherever it is put into a shell.
const CRAFTED: &str = "'; touch pwned; echo '";
const PATH: &str = "/port-iam/";
/// How act names the step that downloads the runtime, and the one that executes it.
const INSTALL_STEP: &str = "Main Install the runtime, pinned by SHA-256";
const GRANT_STEP: &str = "Run Main Grant";

#[test]
fn the_committed_workflows_grant_and_revoke_under_act() {
    let Some(program) = named("PORT_IAM_ACT", "the generated workflows under act") else { return };
    let installation = LiveInstallation::empty(false).set_up();
    // act removes the folder in which a relative path would make its file; so one of the two is absolute.
    let crafted = Crafted::new();
    installation.rename("aws_resource", BUCKET, CRAFTED);
    installation.rename("iam_permissions", "s3:PutObject", &crafted.quoted);
    let act = Act::new(program);
    let aws = &installation.sandbox.aws;

    let words = ["request", "--resource", BUCKET, "--permission", "s3:PutObject", "--reason", CRAFTED];
    let request = installation.start_as_dana(&words);
    let run = dispatched(&installation, 1);
    assert_eq!(run.workflow_path, ".github/workflows/create-iam-permissions.yaml");
    assert!(run.inputs["port_context"].contains(CRAFTED), "{:?}", run.inputs);
    assert!(run.inputs["properties"].contains(&crafted.quoted), "{:?}", run.inputs);
    let ended = act.execute(&installation, &run);
    assert!(ended.succeeded && ended.log.contains(GRANT_STEP), "{}", ended.log);
    let told = request.result();
    let grant = told["grant"].as_str().unwrap();
    assert!(told["sign_in_url"].as_str().unwrap().contains(grant), "{told}");
    assert_eq!(aws.role_names(PATH), [grant]);
    assert_eq!(aws.policy_arns(PATH).len(), 1);
    let entities = installation.sandbox.port.entities("provisioned_permissions");
    assert_eq!(entities[0]["properties"]["reason"], CRAFTED, "what was crafted is text: {entities:?}");

    let revoke = installation.start_as_dana(&["revoke", grant]);
    let run = dispatched(&installation, 2);
    assert_eq!(run.workflow_path, ".github/workflows/delete-iam-permissions.yaml");
    let ended = act.execute(&installation, &run);
    assert!(ended.succeeded, "{}", ended.log);
    assert_eq!(revoke.result()["grant"], grant);
    assert_eq!((aws.role_names(PATH), aws.policy_arns(PATH)), (Vec::new(), Vec::new()));
    assert!(installation.sandbox.port.entities("provisioned_permissions").is_empty());
    assert!(!act.holds_file("pwned") && !crafted.has_been_executed(), "a title was executed");
}

#[test]
fn a_runtime_that_is_not_the_pinned_one_is_refused_before_it_runs() {
    let Some(program) = named("PORT_IAM_ACT", "the pinned digest under act") else { return };
    let installation = LiveInstallation::empty(false).set_up();
    let path = ".github/workflows/create-iam-permissions.yaml";
    let workflow = installation.sandbox.github.file(REPOSITORY, "main", path).unwrap();
    let pin = workflow.split("RUNTIME_SHA256: \"").nth(1).unwrap().split('"').next().unwrap();
    let other = workflow.replace(pin, &pin.chars().rev().collect::<String>());
    assert_ne!(workflow, other);
    installation.sandbox.github.commit_file(REPOSITORY, "main", path, Some(other.as_bytes())).unwrap();

    // Nobody tells Port of the end here, as GitHub's app would; so nobody waits for it.
    let _request =
        installation.start_as_dana(&["request", "--resource", BUCKET, "--permission", "s3:PutObject", "--reason", "x"]);
    let is_download = |exchange: &Exchange| {
        exchange.method == "GET" && exchange.path.contains("/releases/assets/") && exchange.status == 200
    };
    let downloads = || installation.sandbox.log.exchanges().into_iter().filter(is_download).count();
    let before = downloads();
    let ended = Act::new(program).execute(&installation, &dispatched(&installation, 1));
    // act loses the last lines of a step that ends at once; so what the step did is read off the wire: it had the whole file,
    // and there it ended. The test above differs in nothing but the digest.
    assert!(!ended.succeeded && ended.log.contains(&format!("Failure - {INSTALL_STEP}")), "{}", ended.log);
    assert_eq!(downloads(), before + 1, "{}", ended.log);
    assert!(!ended.log.contains(GRANT_STEP), "{}", ended.log);
    assert!(installation.sandbox.aws.role_names(PATH).is_empty());
}

#[test]
fn crafted_titles_reach_no_shell_of_the_sandbox_s_runner() {
    let crafted = Crafted::new();
    let installation = crafted.installation();
    let grant = crafted.request(&installation);
    let ran = installation.as_dana(&["revoke", &grant]);
    assert_eq!(ran.exit_code, 0, "{}", ran.told);
    let runs = installation.sandbox.github.runs(REPOSITORY);
    assert_eq!(runs.len(), 2);
    assert!(runs[0].inputs["port_context"].contains(&crafted.quoted), "{:?}", runs[0].inputs);
    assert!(!crafted.has_been_executed());
}

/// The control of the test above: its titles are dangerous, and it would see the harm.
#[test]
fn the_same_titles_do_harm_in_a_workflow_that_puts_inputs_into_a_shell() {
    let crafted = Crafted::new();
    let installation = crafted.installation();
    let path = ".github/workflows/create-iam-permissions.yaml";
    let workflow = installation.sandbox.github.file(REPOSITORY, "main", path).unwrap();
    let careless = workflow.replace("run: exec ", "run: echo '${{ inputs.port_context }}'; exec ");
    assert_ne!(workflow, careless);
    installation.sandbox.github.commit_file(REPOSITORY, "main", path, Some(careless.as_bytes())).unwrap();
    crafted.request(&installation);
    assert!(crafted.has_been_executed());
}

/// Titles that make a file where a shell takes them for words of its own.
struct Crafted {
    folder: tempfile::TempDir,
    quoted: String,
    substituted: String,
}

impl Crafted {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pwned");
        let path = path.display();
        let quoted = format!("'; touch {path}; echo '");
        let substituted = format!("$(touch {path})`touch {path}`\"; touch {path} #");
        Self { folder, quoted, substituted }
    }

    fn installation(&self) -> LiveInstallation {
        let installation = LiveInstallation::empty(true).set_up();
        installation.rename("aws_resource", BUCKET, &self.quoted);
        installation.rename("iam_permissions", "s3:PutObject", &self.substituted);
        installation
    }

    /// Asks for the permission and returns the grant.
    fn request(&self, installation: &LiveInstallation) -> String {
        let words = ["request", "--resource", BUCKET, "--permission", "s3:PutObject", "--reason", &self.quoted];
        let ran = installation.as_dana(&words);
        assert_eq!(ran.exit_code, 0, "{}", ran.told);
        ran.json["grant"].as_str().unwrap().to_owned()
    }

    fn has_been_executed(&self) -> bool {
        self.folder.path().join("pwned").exists()
    }
}

/// Waits until Port's app has dispatched the run with this number of all.
fn dispatched(installation: &LiveInstallation, number: usize) -> WorkflowRun {
    until("Port has dispatched a workflow", || {
        let runs = installation.sandbox.github.runs(REPOSITORY);
        runs.into_iter().nth(number - 1).filter(|run| run.status == RunStatus::Queued)
    })
}
