//! `port-iam version`: which version this is, and which one the workflows of a repository run.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::{Surroundings, connected};
use crate::config;
use crate::config::variables::PORT_IAM_RUNTIME_BINARY;
use crate::domain::reference;
use crate::domain::runtime::Version;
use crate::domain::runtime_check::{Own, Verdict, check};
use crate::domain::workflow_settings::KnownAddresses;
use crate::engine::runtime_check::{RuntimeCheck, RuntimesFound};
use crate::engine::setup::runtime::pack;
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

/// Tell the version, and whether the workflows of a repository pin this program.
///
/// With --check-runtime it reads what the workflows on the default branch pin, whether their release holds just that, and
/// whether each is what this program writes with that pin and with the account, the region and the addresses that it names.
/// It exits with 0 when all of them are, and pin this very program; with 3 when they pin another one (older, newer, or
/// another build of this version: `port-iam init --upgrade` moves them to this one), and when the version is the same and the
/// bytes could not be compared; and with 1 when a workflow is something
/// else, or the newest commit to it is not one of `port-iam init`, or a release does not hold what a workflow pins.
#[derive(Clone, Debug, clap::Args)]
pub struct VersionArgs {
    /// The repository of the workflows. It takes a GitHub token that may read it.
    #[arg(long, value_name = "OWNER/NAME")]
    check_runtime: Option<String>,
    /// The program that the workflows should pin; this program itself by default
    /// [environment: PORT_IAM_RUNTIME_BINARY].
    #[arg(long, value_name = "PATH", requires = "check_runtime")]
    runtime_binary: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
///
/// Fails when the repository is not there or holds no workflow of ours, and when GitHub cannot be asked.
pub async fn run(surroundings: &Surroundings<'_>, args: VersionArgs) -> Result<Report, Failure> {
    let own = Version::own();
    let edition = reference::edition();
    let Some(place) = &args.check_runtime else {
        let told = edition.map_or_else(String::new, |edition| format!("\nAWS actions: {}", edition.describe()));
        let json = json!({
            "program": { "version": own.to_string() },
            "aws_reference": edition.map(|edition| json!({
                "version": edition.version, "updated_at": edition.updated_at.to_string() })),
        });
        return Ok(Report::done(format!("port-iam {own}{told}"), json));
    };
    let checking = checked(surroundings, &args, place);
    surroundings.world.stop.within(Duration::ZERO, checking).await
}

async fn checked(surroundings: &Surroundings<'_>, args: &VersionArgs, place: &str) -> Result<Report, Failure> {
    let Surroundings { world, ui, names, .. } = surroundings;
    let Some((owner, name)) = place.split_once('/').filter(|(owner, name)| !owner.is_empty() && !name.is_empty())
    else {
        return Err(Failure::usage("--check-runtime takes a repository as OWNER/NAME"));
    };
    let on_loopback = config::github::address(world)?.value.is_loopback();
    let named = world.variable(PORT_IAM_RUNTIME_BINARY).map(PathBuf::from);
    let binary = args.runtime_binary.clone().or(named);
    let own = match pack(world, binary.as_deref(), on_loopback) {
        Ok(packed) => {
            let pinned = crate::domain::runtime::PinnedRuntime {
                tag: packed.runtime.tag,
                asset: packed.runtime.asset,
                sha256: packed.runtime.sha256.clone(),
            };
            Own { version: pinned.version(), sha256: Some(packed.runtime.sha256) }
        }
        Err(failure) if binary.is_some() => return Err(failure),
        // It cannot be published from here, so that there are no bytes to compare.
        Err(failure) => {
            ui.status(&format!("Versions alone are compared: {}", failure.message));
            Own { version: Some(Version::own()), sha256: None }
        }
    };
    let github = connected::github(world)?;
    let repository = github.repository(owner, name).await?.ok_or_else(|| {
        Failure::failed(format!("there is no repository {place}, or the token may not see it"))
            .hint("name the repository of the workflows, and use a token that may read it")
    })?;
    let place = repository.full_name();
    let known = KnownAddresses {
        port: config::port::address(world)?.value.as_str().to_owned(),
        aws: config::aws::endpoint(world)?.value.map(|url| url.as_str().to_owned()),
    };
    let (repository, own_program) = (&repository, &own);
    let host = config::github::host(&config::github::address(world)?.value);
    let looking = RuntimeCheck { github: &github, repository, host, names, own: own_program, known: &known };
    let RuntimesFound { workflows, settings } = looking.look().await?;
    if workflows.is_empty() {
        return Err(Failure::failed(format!("{place} holds no workflow of this installation"))
            .hint("`port-iam init` sets it up; --prefix names a second installation"));
    }
    let checked = check(&place, &own, &workflows);
    let told = own.version.as_ref().map_or_else(|| "which tells no version".to_owned(), Version::to_string);
    let sentence = match checked.verdict {
        Verdict::Same => {
            format!("The workflows of {place} are as this program, {told}, writes them, and pin this program.")
        }
        Verdict::SameVersion => {
            format!("The workflows of {place} pin this version, {told}; the bytes were not compared.")
        }
        Verdict::OtherBuild => format!("The workflows of {place} pin another build than this program, {told}."),
        Verdict::UpgradeAvailable => format!("The workflows of {place} pin an older version than {told}."),
        Verdict::Newer => format!("The workflows of {place} pin a newer version than {told}."),
        Verdict::Mismatch => format!(
            "A workflow of {place} is not as `port-iam init` wrote it, or its release does not hold what the workflows pin."
        ),
    };
    let remedy = checked.remedy.iter().map(|remedy| format!("\n{remedy}"));
    let named = settings.iter().map(|it| {
        let endpoint = it.aws_endpoint_url.iter().map(|url| format!(", AWS at {url}")).collect::<String>();
        format!(
            "\n  They name the account {} in {}, Port at {}{endpoint}; `port-iam plan` holds that against yours.",
            it.account, it.region, it.port_api_url
        )
    });
    let (named, remedy) = (named.collect::<String>(), remedy.collect::<String>());
    let text = format!("{sentence}\n{}{named}{remedy}", checked.lines.join("\n"));
    let exit_code = match checked.verdict {
        Verdict::Same => 0,
        Verdict::SameVersion | Verdict::OtherBuild | Verdict::UpgradeAvailable | Verdict::Newer => {
            FailureKind::ChangesPending.exit_code()
        }
        Verdict::Mismatch => FailureKind::Failed.exit_code(),
    };
    let invocation = surroundings.invocation.clone().at(Some(owner), Some(name));
    let report = Report::done(crate::domain::printable::printable_lines(&text), checked.json(&place, &own, &workflows));
    Ok(report.completed(&invocation).with_exit_code(exit_code).with_marks())
}
