//! Decides the examples of the rules file as a grant would be decided, apart from what only Port and AWS know: whether
//! the people and entities exist, and who approved.

use jiff::Timestamp;

use super::adoption::Limits;
use super::catalog::User;
use super::decision::Configuration;
use super::grant::AwsAccount;
use super::policy::{self, Allowances};
use super::refusal::Refusal;
use super::rules::{Example, Expectation, Question};
use super::trust;

/// How an example came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its name, or what it asks for.
    pub name: String,
    /// Its line in the rules file, counted from 1.
    pub line: u64,
    /// What the file expects.
    pub expected: String,
    /// What the file decides.
    pub got: String,
    /// Whether the two agree.
    pub is_as_expected: bool,
}

/// Decides one example at `now`.
pub fn rehearse(configuration: &Configuration, example: &Example, now: Timestamp) -> Outcome {
    let decided = decide(configuration, example, now);
    let is_as_expected = match (&example.expectation, &decided) {
        (Expectation::Granted, Ok(_)) => true,
        (Expectation::Refused { code }, Err(refusal)) => code.as_deref().is_none_or(|code| code == refusal.code),
        _ => false,
    };
    Outcome {
        name: example.name.clone().unwrap_or_else(|| described(example)),
        line: example.line,
        expected: match &example.expectation {
            Expectation::Granted => "granted".to_owned(),
            Expectation::Refused { code: None } => "refused".to_owned(),
            Expectation::Refused { code: Some(code) } => format!("refused ({code})"),
        },
        got: match decided {
            Ok(rule) => format!("granted by rule {rule:?}"),
            Err(refusal) => format!("refused ({}): {refusal}", refusal.code),
        },
        is_as_expected,
    }
}

fn described(example: &Example) -> String {
    let actions: Vec<&str> = example.actions.iter().map(|action| action.as_str()).collect();
    let resources: Vec<&str> = example.resources.iter().map(|arn| arn.as_str()).collect();
    format!("{} asks for {} on {}", example.requester, actions.join(", "), resources.join(", "))
}

/// Returns the name of the rule that lets the example through.
fn decide(configuration: &Configuration, example: &Example, now: Timestamp) -> Result<String, Refusal> {
    let account = account_of(configuration, example)?;
    let requester = User {
        id: example.requester.clone(),
        email: example.requester.clone(),
        status: "ACTIVE".to_owned(),
        kind: None,
        teams: example.teams.clone(),
    };
    let rule = configuration.rules.judge(&Question {
        requester: &requester,
        account: &account.id,
        resource_types: std::slice::from_ref(&example.resource_type),
        resources: &example.resources,
        actions: &example.actions,
        duration: example.duration,
        reason: example.reason.as_deref(),
    })?;
    let allowances = Allowances::from(&configuration.rules);
    let compiled = policy::compile(&example.resources, &example.actions, &account.id, &allowances)?;
    let end = example.duration.after(now);
    let room = Limits::default().room();
    policy::documents_within(&configuration.policy_template, &compiled.statements, end, room)?;
    trust::document(&configuration.trust_template, &configuration.rules.trust, &account, &example.requester, end)?;
    Ok(rule.name.clone())
}

/// The account that the resources name, or the first one of the file where they name none.
fn account_of(configuration: &Configuration, example: &Example) -> Result<AwsAccount, Refusal> {
    let partition = example.resources.first().map_or("aws", |arn| arn.partition()).to_owned();
    let accounts = configuration.rules.accounts.keys();
    let named = example.resources.iter().map(|arn| arn.account()).find(|account| !account.is_empty());
    let id = match named {
        None => accounts.clone().next(),
        Some(named) => accounts.clone().find(|id| id.as_str() == named).or_else(|| accounts.clone().next()),
    };
    let id = id.cloned().ok_or_else(|| {
        Refusal::new("foreign-account", "accounts", "the rules file names no account", "name one under `accounts`")
    })?;
    Ok(AwsAccount { id, partition })
}
