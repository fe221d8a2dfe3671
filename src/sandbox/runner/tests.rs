//! Whole runs: a workflow is committed, dispatched and executed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::{Value, json};

use super::Runner;
use crate::sandbox::cast;
use crate::sandbox::github::tests::settings::{environment, sealed};
use crate::sandbox::github::tests::{REPOSITORY, Sandbox};
use crate::sandbox::github::{Conclusion, RunStatus, WorkflowRun};

const HEAD: &str = "
name: Grant
run-name: \"Grant - ${{ fromJSON(inputs.port_context).entity.identifier }}\"
on:
  workflow_dispatch:
    inputs:
      properties: {required: false, default: '{}', type: string}
      port_context: {required: true, type: string}
permissions: {}
concurrency:
  group: grant-${{ fromJSON(inputs.port_context).runId }}
  cancel-in-progress: false
  queue: max
defaults: {run: {shell: bash}}
jobs:
  grant:
    runs-on: ubuntu-latest
";

const CONTEXT: &str = r#"{"runId":"r_1","entity":{"identifier":"it's a bucket"}}"#;

fn runner(sandbox: &Sandbox) -> Runner {
    Runner::new(sandbox.github.clone(), PathBuf::from("/bin/false"))
}

/// Commits a workflow whose job goes on with `job`, and dispatches it as Port's app.
async fn dispatch(sandbox: &Sandbox, job: &str) {
    let text = format!("{HEAD}{job}");
    let path = ".github/workflows/grant.yaml";
    sandbox.github.commit_file(REPOSITORY, "main", path, Some(text.as_bytes())).unwrap();
    let path = format!("/repos/{REPOSITORY}/actions/workflows/grant.yaml/dispatches");
    let body = json!({ "ref": "main", "inputs": { "port_context": CONTEXT } });
    let (status, answer) = sandbox.call(cast::PORT_APP_TOKEN, Method::POST, &path, Some(body)).await;
    assert_eq!(status, 204, "{answer}");
}

async fn run(sandbox: &Sandbox, job: &str) -> WorkflowRun {
    dispatch(sandbox, job).await;
    runner(sandbox).run_next().await.unwrap()
}

#[tokio::test]
async fn a_step_has_the_environment_of_a_runner_and_nothing_else() {
    let sandbox = Sandbox::start().await;
    let job = r#"
    env: {FROM_JOB: "${{ github.actor }}"}
    steps:
      - id: look
        env: {FROM_STEP: "${{ env.FROM_JOB }}!"}
        run: |
          { echo "event<<END"; cat "$GITHUB_EVENT_PATH"; echo; echo END; } >> "$GITHUB_OUTPUT"
          { echo "env<<END"; env; echo END; } >> "$GITHUB_OUTPUT"
          echo "LATER=of the first" >> "$GITHUB_ENV"
          echo Done >> "$GITHUB_STEP_SUMMARY"
      - run: echo "$LATER and ${{ steps.look.outcome }}"
"#;
    let run = run(&sandbox, job).await;
    assert_eq!(run.conclusion, Some(Conclusion::Success), "{}", run.log());
    assert_eq!(run.title, "Grant - it's a bucket");
    assert_eq!(run.summary(), "Done\n");
    assert_eq!(run.steps[1].log, "of the first and success\n");
    let event: Value = serde_json::from_str(&run.steps[0].outputs["event"]).unwrap();
    assert_eq!(event["inputs"], json!({ "port_context": CONTEXT, "properties": "{}" }));
    assert_eq!(event["sender"]["login"], cast::PORT_APP_LOGIN);
    assert_eq!(event["repository"]["default_branch"], "main");
    let lines: Vec<&str> = run.steps[0].outputs["env"].lines().collect();
    for line in [
        "GITHUB_ACTIONS=true",
        "CI=true",
        "RUNNER_OS=Linux",
        "GITHUB_EVENT_NAME=workflow_dispatch",
        "GITHUB_REF=refs/heads/main",
        "GITHUB_RUN_ATTEMPT=1",
        "GITHUB_JOB=grant",
        "FROM_JOB=getport-io[bot]",
        "FROM_STEP=getport-io[bot]!",
        &format!("GITHUB_REPOSITORY={REPOSITORY}"),
        &format!("GITHUB_ACTOR={}", cast::PORT_APP_LOGIN),
        &format!("GITHUB_TRIGGERING_ACTOR={}", cast::PORT_APP_LOGIN),
        &format!("GITHUB_SHA={}", sandbox.head()),
        &format!("GITHUB_RUN_ID={}", run.id),
        &format!("GITHUB_API_URL={}", sandbox.server.url()),
        &format!("GITHUB_WORKFLOW_REF={REPOSITORY}/.github/workflows/grant.yaml@refs/heads/main"),
    ] {
        assert!(lines.contains(&line), "{line} is not in {lines:#?}");
    }
    // Cargo sets this for the tests; a runner would not have it.
    assert!(!lines.iter().any(|line| line.starts_with("CARGO")), "{lines:#?}");
}

#[tokio::test]
async fn secrets_of_an_environment_go_to_jobs_that_name_it_on_its_branch() {
    let sandbox = Sandbox::start().await;
    environment(&sandbox, "main").await;
    let body = sealed(&sandbox, "environments/port-iam", "s3cret").await;
    sandbox.put(&format!("/repos/{REPOSITORY}/environments/port-iam/secrets/TOKEN"), body).await;
    let steps = r#"
    steps:
      - env: {TOKEN: "${{ secrets.TOKEN }}"}
        run: echo "it is $TOKEN"; printf '%s' "$TOKEN" | wc -c
"#;
    let outside = run(&sandbox, steps).await;
    assert_eq!(outside.conclusion, Some(Conclusion::Failure));
    assert!(outside.message.as_ref().unwrap().contains("`secrets.TOKEN` is not there"), "{}", outside.log());

    let named = format!("    environment: {{name: port-iam, deployment: false}}{steps}");
    let inside = run(&sandbox, &named).await;
    assert_eq!(inside.steps[0].log, "it is ***\n6\n");

    let body = json!({ "ref": "refs/heads/side", "sha": sandbox.head() });
    sandbox.post(&format!("/repos/{REPOSITORY}/git/refs"), body).await;
    let body = json!({ "ref": "side", "inputs": { "port_context": CONTEXT } });
    let path = format!("/repos/{REPOSITORY}/actions/workflows/grant.yaml/dispatches");
    assert_eq!(sandbox.post(&path, body).await.0, 204);
    let elsewhere = runner(&sandbox).run_next().await.unwrap();
    assert!(elsewhere.message.unwrap().starts_with("Branch \"side\" is not allowed to deploy to port-iam"));
    assert!(elsewhere.steps.is_empty());
}

#[tokio::test]
async fn a_failed_step_skips_those_after_it_unless_they_ask_for_failure() {
    let sandbox = Sandbox::start().await;
    let job = r"
    steps:
      - run: |
          echo out
          echo err >&2
          false | true
      - run: echo never
      - if: failure()
        run: echo cleaned
";
    let run = run(&sandbox, job).await;
    assert_eq!(run.conclusion, Some(Conclusion::Failure));
    assert_eq!((run.steps[0].exit_code, run.steps[0].log.as_str()), (Some(1), "out\nerr\n"));
    assert_eq!((run.steps[1].conclusion, run.steps[1].exit_code), (Conclusion::Skipped, None));
    assert_eq!(run.steps[2].log, "cleaned\n");
    assert_eq!(sandbox.github.run(REPOSITORY, run.id).unwrap().status, RunStatus::Completed);
    let (_, shown) = sandbox.get(&format!("/repos/{REPOSITORY}/actions/runs/{}", run.id)).await;
    assert_eq!((&shown["status"], &shown["conclusion"]), (&json!("completed"), &json!("failure")));
}

#[tokio::test]
async fn a_job_that_runs_too_long_is_ended_and_may_still_clean_up() {
    let sandbox = Sandbox::start().await;
    let job = "
    timeout-minutes: 0.005
    steps:
      - run: exec sleep 600
      - run: echo never
      - if: always()
        run: echo cleaned
";
    let run = run(&sandbox, job).await;
    assert_eq!(run.conclusion, Some(Conclusion::Cancelled), "{}", run.log());
    assert_eq!(run.message.as_deref(), Some("The job has exceeded the maximum execution time."));
    assert_eq!((run.steps[1].conclusion, run.steps[2].log.as_str()), (Conclusion::Skipped, "cleaned\n"));
}

#[tokio::test]
async fn a_cancelled_run_interrupts_its_step() {
    let sandbox = Sandbox::start().await;
    dispatch(&sandbox, "    steps: [{run: 'exec sleep 600'}]\n").await;
    let queued = sandbox.github.runs(REPOSITORY).remove(0);
    let runner = runner(&sandbox);
    let cancel = async { assert!(sandbox.github.cancel_run(REPOSITORY, queued.id)) };
    // The run is taken first: `join!` polls in this order.
    let (run, ()) = tokio::join!(runner.run_next(), cancel);
    let run = run.unwrap();
    assert_eq!(run.conclusion, Some(Conclusion::Cancelled));
    assert_eq!(run.steps[0].exit_code, None);
}

#[tokio::test]
async fn the_token_of_a_job_ends_with_the_job() {
    let sandbox = Sandbox::start().await;
    let job = r#"
    steps:
      - env: {GH_TOKEN: "${{ github.token }}"}
        run: echo "token=$(printf '%s' "$GH_TOKEN" | base64 --wrap 0)" >> "$GITHUB_OUTPUT"
"#;
    let run = run(&sandbox, job).await;
    let token = String::from_utf8(STANDARD.decode(&run.steps[0].outputs["token"]).unwrap()).unwrap();
    assert!(token.starts_with("ghs_"), "{token}");
    assert_eq!(sandbox.call(&token, Method::GET, &format!("/repos/{REPOSITORY}"), None).await.0, 401);
}

#[tokio::test]
async fn what_the_runner_cannot_do_fails_the_run_with_a_sentence() {
    let sandbox = Sandbox::start().await;
    for (job, sentence) in [
        ("    steps: [{uses: actions/checkout@v4}]\n", "the runner executes no actions"),
        ("    container: debian\n    steps: [{run: 'true'}]\n", "the runner does not know `container`"),
        ("    steps: [{run: 'true', shell: pwsh}]\n", "the runner has no shell but bash"),
        ("    steps: [{run: 'true'}]\n  other: {runs-on: x, steps: []}\n", "exactly one job"),
        ("    env: {X: '${{ vars.UNSET }}'}\n    steps: [{run: 'true'}]\n", "`vars.UNSET` is not there"),
        ("    steps: [{run: 'echo X >> \"$GITHUB_OUTPUT\"'}]\n", "Invalid format 'X'"),
    ] {
        let run = run(&sandbox, job).await;
        assert_eq!(run.conclusion, Some(Conclusion::Failure), "{job}");
        assert!(run.message.as_ref().is_some_and(|message| message.contains(sentence)), "{:?}", run.message);
    }
}

/// The hole of the guide's own workflow must be open here as it is there, or no test could find it.
#[tokio::test]
async fn an_expression_in_a_script_is_put_in_as_text_of_the_script() {
    let sandbox = Sandbox::start().await;
    let job = "    steps: [{run: \"echo '${{ fromJSON(inputs.port_context).entity.identifier }}' a'\"}]\n";
    let run = run(&sandbox, job).await;
    assert_eq!(run.steps[0].log, "its a bucket a\n");
}

#[tokio::test]
async fn runs_are_taken_oldest_first_and_their_end_is_told() {
    let sandbox = Sandbox::start().await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let ended = Arc::clone(&told);
    let runner = runner(&sandbox).on_completed(move |run| ended.lock().unwrap().push((run.id, run.conclusion)));
    dispatch(&sandbox, "    steps: [{run: 'true'}]\n").await;
    dispatch(&sandbox, "    steps: [{run: 'false'}]\n").await;
    let ids: Vec<u64> = sandbox.github.runs(REPOSITORY).iter().map(|run| run.id).collect();
    while runner.run_next().await.is_some() {}
    let expected = vec![(ids[0], Some(Conclusion::Success)), (ids[1], Some(Conclusion::Failure))];
    assert_eq!(*told.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_rerun_is_the_same_run_with_the_next_attempt_and_another_starter() {
    let sandbox = Sandbox::start().await;
    let job =
        r#"    steps: [{run: 'echo "$GITHUB_RUN_ID $GITHUB_RUN_ATTEMPT $GITHUB_ACTOR $GITHUB_TRIGGERING_ACTOR"'}]"#;
    let first = run(&sandbox, job).await;
    assert!(sandbox.github.rerun(REPOSITORY, first.id, "dana"));
    let second = runner(&sandbox).run_next().await.unwrap();
    assert_eq!(second.steps[0].log, format!("{} 2 getport-io[bot] dana\n", first.id));
}

#[tokio::test]
async fn a_variable_of_the_machine_is_below_those_of_the_workflow() {
    let sandbox = Sandbox::start().await;
    dispatch(&sandbox, "    env: {B: workflow}\n    steps: [{run: 'echo $A $B'}]\n").await;
    let runner = runner(&sandbox).with_variable("A", "machine").with_variable("B", "machine");
    assert_eq!(runner.run_next().await.unwrap().steps[0].log, "machine workflow\n");
}
