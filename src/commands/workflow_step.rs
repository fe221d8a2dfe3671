//! What `grant`, `revoke` and `sweep` share as the one step of a workflow: the event they read, the summary they leave.

use serde_json::Value;

use super::Surroundings;
use crate::config;
use crate::config::variables::{
    GITHUB_ACTOR, GITHUB_EVENT_PATH, GITHUB_OUTPUT, GITHUB_REPOSITORY, GITHUB_REPOSITORY_ID, GITHUB_STEP_SUMMARY,
    GITHUB_TRIGGERING_ACTOR, PORT_IAM_GITHUB_ORG,
};
use crate::domain::printable::printable_lines;
use crate::domain::refusal::quoted;
use crate::domain::step_summary::{AskedFor, NotDone};
use crate::failure::{Failure, FailureKind};
use crate::world::World;

/// Reads the event that started the workflow, from a file and never from a shell string. `by_hand` says what does without
/// one.
///
/// # Errors
///
/// Fails when no file is given, or it is no JSON.
pub(super) fn event(world: &World, flag: Option<&std::path::Path>, by_hand: &str) -> Result<Value, Failure> {
    let path = match (flag, world.variable(GITHUB_EVENT_PATH)) {
        (Some(path), _) => path.to_owned(),
        (None, Some(path)) => path.into(),
        (None, None) => {
            return Err(Failure::usage("no event is given")
                .hint(format!("this runs inside the workflow, where GITHUB_EVENT_PATH names it; by hand {by_hand}")));
        }
    };
    let text = std::fs::read_to_string(&path)
        .map_err(|error| Failure::usage(format!("could not read the event {}: {error}", path.display())))?;
    serde_json::from_str(&text)
        .map_err(|error| Failure::usage(format!("the event {} is not JSON: {error}", path.display())))
}

/// Returns owner and name of the target repository.
///
/// # Errors
///
/// Fails when nothing names it.
pub(super) fn repository(world: &World, repository: Option<&str>) -> Result<(String, String), Failure> {
    let full_name = repository.or_else(|| world.variable(GITHUB_REPOSITORY)).map(str::to_owned);
    // By hand the variables of `init` name it as well.
    let by_hand =
        || Some(format!("{}/{}", world.variable(PORT_IAM_GITHUB_ORG)?, config::github::repository(world, None).value));
    let full_name = full_name.or_else(by_hand).unwrap_or_default();
    // A name alone is of the organisation that the variables of `init` name.
    let owner = world.variable(PORT_IAM_GITHUB_ORG).filter(|_| !full_name.is_empty() && !full_name.contains('/'));
    let full_name = owner.map(|owner| format!("{owner}/{full_name}")).unwrap_or(full_name);
    let Some((owner, name)) = full_name.split_once('/').filter(|(owner, name)| !owner.is_empty() && !name.is_empty())
    else {
        let message = match full_name.trim_matches('/') {
            "" => "the target repository is not given".to_owned(),
            name => format!("the owner of the target repository {} is not given", quoted(name)),
        };
        return Err(Failure::usage(message).hint(format!(
            "inside Actions GITHUB_REPOSITORY names it; by hand pass --repository OWNER/NAME, or set {PORT_IAM_GITHUB_ORG}"
        )));
    };
    Ok((owner.to_owned(), name.to_owned()))
}

/// Returns GitHub's number of the target repository, where the runner and nobody else names it.
pub(super) fn repository_id(world: &World, repository: Option<&str>) -> Option<String> {
    let is_named_by_runner = repository.is_none() && world.variable(GITHUB_REPOSITORY).is_some();
    world.variable(GITHUB_REPOSITORY_ID).filter(|_| is_named_by_runner).map(str::to_owned)
}

/// Returns the GitHub logins that started or repeated the workflow, as the runner and the event tell them.
pub(super) fn starters(world: &World, event: &Value) -> Vec<String> {
    let logins = [GITHUB_ACTOR, GITHUB_TRIGGERING_ACTOR].into_iter().filter_map(|name| world.variable(name));
    logins.chain(event["sender"]["login"].as_str()).map(str::to_owned).collect()
}

/// Adds to the summary of the step, inside Actions.
pub(super) fn summarize(surroundings: &Surroundings<'_>, markdown: &str) {
    append(surroundings, GITHUB_STEP_SUMMARY, &format!("{markdown}\n"));
}

/// Says in the summary of the step what was not done, why, and what to do; `run` is Port's, as the event tells it, and
/// `asked` what Port says of it.
pub(super) fn summarize_failure(
    surroundings: &Surroundings<'_>,
    title: &str,
    run: Option<&str>,
    asked: Option<&AskedFor>,
    failure: &Failure,
) {
    let is_refused = failure.kind == FailureKind::Refused;
    let told = NotDone { title, is_refused, run, asked, why: &failure.message, remedies: &failure.hints };
    summarize(surroundings, &told.markdown(&surroundings.names.prefix));
}

/// Sets outputs of the step, inside Actions. A random delimiter keeps a value from ending itself.
pub(super) fn set_outputs(surroundings: &Surroundings<'_>, outputs: &[(&str, &str)]) {
    let delimiter = match surroundings.world.random_word() {
        Ok(delimiter) => delimiter,
        Err(error) => return surroundings.ui.warning(&format!("the step has no outputs: no random word: {error}")),
    };
    let text: String = outputs
        .iter()
        .map(|(name, value)| format!("{name}<<{delimiter}\n{}\n{delimiter}\n", printable_lines(value)))
        .collect();
    append(surroundings, GITHUB_OUTPUT, &text);
}

fn append(surroundings: &Surroundings<'_>, variable: &'static str, text: &str) {
    use std::io::Write as _;
    let Some(path) = surroundings.world.variable(variable) else { return };
    let written = std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = written {
        surroundings.ui.warning(&format!("could not write {variable}: {error}"));
    }
}
