//! The whole job under a runner, the download of the runtime included, beside the guide's shell steps under the same runner.

use std::time::Instant;

use port_iam::sandbox::cast;
use port_iam::sandbox::github::{RunStatus, WorkflowRun};

use crate::act_runner::Act;
use crate::guide;
use crate::installed::{BUCKET, REPOSITORY};
use crate::live_installation::LiveInstallation;
use crate::moto_server::Moto;
use crate::patience::until;
use crate::program::{installed, runtime};
use crate::table::{Table, median};

const ROUNDS: usize = 3;
/// The most of the guide's time that ours may take.
const SHARE: f64 = 1.0 / 6.0;

/// An installation whose runtime is the program that is measured, whose AWS is moto, and whose repository also holds the
/// guide's workflows.
struct Stage {
    _moto: Moto,
    installation: LiveInstallation,
    act: Act,
    dispatched: usize,
}

impl Stage {
    fn new() -> Self {
        let moto = Moto::start(&installed("PORT_IAM_MOTO_SERVER"));
        let mut installation = LiveInstallation::empty(false);
        moto.serve(&mut installation);
        let runtime = runtime();
        for arguments in [&["init", "--yes", "--runtime-binary", runtime.to_str().unwrap()][..], &["seed", "--yes"]] {
            let ran = installation.as_ada(arguments);
            assert_eq!(ran.exit_code, 0, "{arguments:?}: {}", ran.told);
        }
        let stage = Self { act: Act::new(installed("PORT_IAM_ACT")), installation, dispatched: 0, _moto: moto };
        stage.commit_guide();
        stage
    }

    fn commit_guide(&self) {
        let commit = |path: &str, text: &str| {
            let github = &self.installation.sandbox.github;
            github.commit_file(REPOSITORY, "main", path, Some(text.as_bytes())).unwrap();
        };
        let expression = |text: &str| format!("${{{{ {text} }}}}");
        let context = |of: &str| expression(&format!("fromJson(inputs.port_context).{of}"));
        let own = |name: &str| self.installation.environment[name].clone();
        let of_all = |grant: String| {
            let secret = |name: &'static str| (name, expression(&format!("secrets.{name}")));
            vec![
                ("GRANT", grant),
                ("PROPERTIES", expression("inputs.properties")),
                ("RESOURCE", context("entity.identifier")),
                ("EMAIL", context("trigger.by.user.email")),
                ("POLICY_ARN", context("entity.properties.policy_arn")),
                ("RUN", context("runId")),
                ("PORT_API_URL", own("PORT_API_URL")),
                ("AWS_ENDPOINT_URL", own("AWS_ENDPOINT_URL")),
                ("AWS_REGION", own("AWS_REGION")),
                ("AWS_ACCOUNT_ID", cast::AWS_ACCOUNT_ID.to_owned()),
                secret("PORT_CLIENT_ID"),
                secret("PORT_CLIENT_SECRET"),
                secret("AWS_ACCESS_KEY_ID"),
                secret("AWS_SECRET_ACCESS_KEY"),
            ]
        };
        let grant =
            guide::workflow("grant", guide::GRANT, &of_all(format!("Permission-{}", expression("github.run_id"))));
        let revoke = guide::workflow("revoke", guide::REVOKE, &of_all(context("entity.identifier")));
        commit(".github/workflows/guide-grant.yaml", &grant);
        commit(".github/workflows/guide-revoke.yaml", &revoke);
    }

    /// Lets Dana do something in Port, and returns the run that it dispatches, in this workflow where one is named.
    fn asked(&mut self, words: &[&str], workflow: Option<&str>) -> WorkflowRun {
        // Nobody tells Port of the end of a run here, as GitHub's app would; so nobody waits for it.
        let _command = self.installation.start_as_dana(words);
        self.dispatched += 1;
        let mut run = until("Port has dispatched a workflow", || {
            let runs = self.installation.sandbox.github.runs(REPOSITORY);
            runs.into_iter().nth(self.dispatched - 1).filter(|run| run.status == RunStatus::Queued)
        });
        if let Some(workflow) = workflow {
            run.workflow_path = format!(".github/workflows/{workflow}.yaml");
        }
        run
    }

    /// Executes a run; returns how long the runner took, in milliseconds.
    fn execute(&self, run: &WorkflowRun) -> f64 {
        self.act.prepare(&self.installation);
        let began = Instant::now();
        let ended = self.act.run(&self.installation, run);
        let took = began.elapsed();
        assert!(ended.succeeded, "{}", ended.log);
        took.as_secs_f64() * 1_000.0
    }

    /// Grants and revokes; returns how long each took.
    fn round(&mut self, workflows: [Option<&str>; 2]) -> [f64; 2] {
        let words = ["request", "--resource", BUCKET, "--permission", "s3:PutObject", "--reason", "a benchmark"];
        let run = self.asked(&words, workflows[0]);
        let granted = self.execute(&run);
        let entities = self.installation.sandbox.port.entities("provisioned_permissions");
        let grant = entities[0]["identifier"].as_str().unwrap().to_owned();
        let run = self.asked(&["revoke", &grant], workflows[1]);
        let revoked = self.execute(&run);
        assert!(self.installation.sandbox.port.entities("provisioned_permissions").is_empty());
        [granted, revoked]
    }
}

/// Measures both sides.
pub(crate) fn measure(table: &mut Table) {
    let mut stage = Stage::new();
    table.about(&format!("The job under act, {ROUNDS} times in turns, the download of the runtime included"));
    let (mut ours, mut theirs) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
    for _ in 0..ROUNDS {
        let took = stage.round([None, None]);
        (0..2).for_each(|which| ours[which].push(took[which]));
        let took = stage.round([Some("guide-grant"), Some("guide-revoke")]);
        (0..2).for_each(|which| theirs[which].push(took[which]));
    }
    for (which, what) in ["grant", "revoke"].into_iter().enumerate() {
        let (ours, theirs) = (median(&ours[which]), median(&theirs[which]));
        table.figure(&format!("the guide's shell steps of a {what} under act"), theirs, "ms");
        table.figure(&format!("our job of a {what} under act"), ours, "ms");
        table.at_most(&format!("our job of a {what} beside the guide's"), ours / theirs, SHARE, "of it");
    }
}
