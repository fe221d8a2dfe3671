//! What the trust policy of a workflows' role asks of GitHub's tokens: the values, and whose workflows they name.

use serde_json::{Map, Value};

use super::written::Job;
use super::written_trust::WrittenTrust;
use crate::domain::names::Names;

const FOLDER: &str = "/.github/workflows/";

/// Whose workflows a role is to trust.
#[derive(Clone, Copy, Debug)]
pub struct Ours<'a> {
    /// What the role is for.
    pub job: Job,
    /// The installation's names.
    pub names: &'a Names,
    /// The target repository as `OWNER/NAME`, where it is known.
    pub repository: Option<&'a str>,
    /// What `init --aws-setup` would write, or why that is not known: then it is only looked whether the values fit
    /// each other, which those of a stranger do too.
    pub written: Result<&'a WrittenTrust, &'a str>,
}

/// The values that a trust policy's `StringEquals` lets a claim have.
struct Claims<'a> {
    equal: &'a Map<String, Value>,
    provider: &'a str,
}

impl<'a> Claims<'a> {
    fn of(&self, claim: &str) -> Vec<&'a str> {
        match self.equal.get(&format!("{}:{claim}", self.provider)) {
            Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
            Some(value) => value.as_str().into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Returns the one value; none when there are more, which would admit tokens of more than one kind.
    fn one(&self, claim: &str) -> Option<&'a str> {
        match self.of(claim)[..] {
            [value] => Some(value),
            _ => None,
        }
    }
}

/// Returns how the values of a `StringEquals` that asks for every needed claim admit other workflows than ours;
/// sentences that go on from "statement 1 of the trust policy".
pub(super) fn of_others(equal: &Map<String, Value>, provider: &str, ours: Ours<'_>) -> Vec<String> {
    let claims = Claims { equal, provider };
    let mut sentences = Vec::new();
    if claims.one("aud") != Some("sts.amazonaws.com") {
        sentences.push("admits tokens for another audience than sts.amazonaws.com".to_owned());
    }
    for claim in ["sub", "repository_id", "ref"] {
        if claims.one(claim).is_none() {
            sentences.push(format!("does not ask for one {claim} alone"));
        }
    }
    let repository = repository_of(&claims, ours, &mut sentences);
    if let Some(repository) = repository {
        check_subject(&claims, repository, ours.names, &mut sentences);
    }
    if ours.job == Job::Granter && claims.of("actor").is_empty() {
        sentences.push("does not ask for the actor of the token by StringEquals".to_owned());
    }
    sentences
}

/// Returns the one repository whose workflows are named, after a look at which ones they are.
fn repository_of<'a>(claims: &Claims<'a>, ours: Ours<'_>, sentences: &mut Vec<String>) -> Option<&'a str> {
    let Names { create_workflow, delete_workflow, sweep_workflow, .. } = ours.names;
    let files: &[&String] = match ours.job {
        Job::Granter => &[create_workflow],
        Job::Revoker => &[delete_workflow, sweep_workflow],
        Job::Both => &[create_workflow, delete_workflow, sweep_workflow],
    };
    let branch = claims.one("ref").unwrap_or_default();
    let mut repositories = Vec::new();
    for workflow in claims.of("job_workflow_ref") {
        let split = workflow.split_once(FOLDER).and_then(|(of, rest)| Some((of, rest.split_once('@')?)));
        let known = split.filter(|(_, (file, at))| files.iter().any(|ours| ours == file) && *at == branch);
        match known {
            Some((repository, _)) => repositories.push(repository),
            None => sentences.push(format!("trusts the workflow {workflow:?}, which is none of its own")),
        }
    }
    repositories.sort_unstable();
    repositories.dedup();
    let [repository] = repositories[..] else {
        sentences.push(format!("names workflows of {} repositories, and not of one", repositories.len()));
        return None;
    };
    if let Some(known) = ours.repository.filter(|known| !known.eq_ignore_ascii_case(repository)) {
        sentences.push(format!("trusts workflows of {repository:?}, and not of {known}"));
    }
    Some(repository)
}

/// A subject is `repo:OWNER/NAME:PLACE`, in newer repositories with numbers: `repo:OWNER@1/NAME@42:PLACE`. Of a form
/// that an organisation has made for itself only the end is known.
fn check_subject(claims: &Claims<'_>, repository: &str, names: &Names, sentences: &mut Vec<String>) {
    let Some(subject) = claims.one("sub") else { return };
    let (environment, branch) = (claims.of("environment"), claims.one("ref").unwrap_or_default());
    let in_environment = format!(":environment:{}", names.environment);
    let is_in_environment = subject.ends_with(&in_environment);
    if !is_in_environment && !subject.ends_with(&format!(":ref:{branch}")) {
        sentences.push(format!("admits the subject {subject:?}, of neither our environment nor the default branch"));
    }
    if (is_in_environment || !environment.is_empty()) && environment != [names.environment.as_str()] {
        sentences.push(format!("does not ask for the environment {} alone", names.environment));
    }
    let Some(named) = subject.strip_prefix("repo:").and_then(|rest| rest.split(':').next()) else { return };
    let (plain, number) = without_numbers(named);
    if !plain.eq_ignore_ascii_case(repository) {
        sentences.push(format!("admits the subject {subject:?}, which is not of {repository}"));
    }
    if number.is_some_and(|number| claims.one("repository_id") != Some(number)) {
        sentences.push(format!("admits the subject {subject:?}, whose number is not its repository_id"));
    }
}

fn without_numbers(named: &str) -> (String, Option<&str>) {
    let split = |part: &'_ str| part.split_once('@').map_or(part.len(), |(plain, _)| plain.len());
    let Some((owner, name)) = named.split_once('/') else { return (named.to_owned(), None) };
    let plain = format!("{}/{}", &owner[..split(owner)], &name[..split(name)]);
    (plain, name.split_once('@').map(|(_, number)| number))
}
