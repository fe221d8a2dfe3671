//! `port-iam sandbox`: serves Port, GitHub and AWS on loopback.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Surroundings;
use super::serving::{self, Files};
use crate::failure::Failure;
use crate::report::Report;

/// Serve Port, GitHub and AWS IAM on loopback, to try commands by hand.
///
/// Prints the environment to work in. In another terminal, with a file of it (--env-file FILE): `set -a && . FILE && set +a &&
/// port-iam init --yes --aws-setup`, then `port-iam seed --yes`. Every new terminal needs the first part: without it your
/// own Port, GitHub and AWS are meant. There are two AWS accounts: `AWS_ACCESS_KEY_ID=$SANDBOX_SECOND_AWS_ACCESS_KEY_ID
/// AWS_SECRET_ACCESS_KEY=$SANDBOX_SECOND_AWS_SECRET_ACCESS_KEY` in front of a command is its engineer in the second. Nothing is
/// kept; it ends with Ctrl-C.
#[derive(Clone, Debug, clap::Args)]
pub struct SandboxArgs {
    /// Where environment and exchanges go.
    #[command(flatten)]
    files: Files,
    /// Execute dispatched workflows, as GitHub's runners would. Without it they stay queued.
    #[arg(long)]
    run_workflows: bool,
    /// Serve a page of the portal on loopback too, and execute dispatched workflows. Its address is the first line.
    #[arg(long)]
    serve: bool,
}

/// Runs the command until it is stopped.
///
/// # Errors
///
/// Fails when it cannot listen or write its files.
pub async fn run(surroundings: &Surroundings<'_>, args: SandboxArgs) -> Result<Report, Failure> {
    let run_workflows = args.run_workflows || args.serve;
    let sandbox = Arc::new(serving::start(surroundings.world, &surroundings.names, &args.files, run_workflows)?);
    let environment = sandbox.environment().into_iter().chain(serving::second_account());
    let fields: serde_json::Map<String, Value> =
        environment.map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let (mut text, mut json) = (serving::environment(&sandbox, ""), json!({ "environment": fields }));
    let portal = args.serve.then(|| serving::open_portal(&sandbox, &surroundings.names)).transpose()?;
    if let Some((portal, _)) = &portal {
        // Still a file that a shell can source.
        text = format!("# The portal: {}\n{text}", portal.address());
        json["portal"] = portal.address().into();
    }
    // Whoever reads it wants it now, and not when the sandbox is gone.
    Report::done(text, json).print(surroundings.world, surroundings.global.output, false);
    surroundings.ui.status("The sandbox listens. Stop it with Ctrl-C.");
    let serving = async {
        match portal {
            Some((portal, listener)) => serving::serve_portal(portal, listener).await,
            None => std::future::pending().await,
        }
    };
    serving::until_stopped(surroundings.world, serving).await
}
