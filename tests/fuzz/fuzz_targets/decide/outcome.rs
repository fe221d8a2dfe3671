//! What a request comes to: the way of a grant, without the requests that it sends.

use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::Value;

use super::of_grants;
use super::story::Story;
use crate::clients::port::decoding;
use crate::domain::account::AwsAccount;
use crate::domain::boundary;
use crate::domain::catalog::{Approval, Entity, User};
use crate::domain::decision::{Circumstances, Configuration, decide};
use crate::domain::extension::Extended;
use crate::domain::grant::Grant;
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::names::Names;
use crate::domain::quotas::Limits;
use crate::domain::refusal::Refusal;
use crate::domain::rehearsal::rehearse;
use crate::domain::request::{Dispatch, RequestForm};
use crate::domain::revocation::{Remains, verify_revocation};
use crate::domain::rules::{Rules, RulesError};
use crate::domain::tags::Scope;
use crate::domain::verification::{
    Evidence, ExpectedRun, RunStage, VerifiedRequest, verify_age, verify_request, verify_run,
};

/// The file asserts as much as its owners like; here a few of its examples are enough.
const MOST_EXAMPLES: usize = 10;

/// What Port's answers say, as far as they can be read.
pub(crate) struct Answers {
    pub(crate) evidence: Evidence,
    pub(crate) approvals: Vec<Approval>,
    pub(crate) users: Vec<User>,
    /// What there is of the grant that the run names.
    pub(crate) extended: Extended,
}

impl Answers {
    /// As the engine reads people, by the kinds that the rules count among them.
    fn by_kinds(mut self, kinds: &[String]) -> Self {
        self.evidence.requester = self.evidence.requester.map(|user| user.among_people(kinds));
        self.users = self.users.into_iter().map(|user| user.among_people(kinds)).collect();
        self
    }
}

/// What became of each step.
pub(crate) struct Outcome {
    /// What is wrong with the rules file.
    pub(crate) mistakes: Option<RulesError>,
    pub(crate) configuration: Result<Configuration, Refusal>,
    pub(crate) dispatch: Result<Dispatch, Refusal>,
    /// None when an answer is not what the API documents.
    pub(crate) answers: Option<Answers>,
    /// None when an earlier step did not end well.
    pub(crate) decided: Option<Result<Grant, Refusal>>,
    /// Whether the run would end the grant that it names, were it one of the action that revokes.
    pub(crate) revoked: Option<Result<(), Refusal>>,
    /// Whether whoever started the run may give that grant back.
    pub(crate) returned: Option<Result<(), Refusal>>,
    /// Whether its time is over.
    pub(crate) over: Option<Result<(), Refusal>>,
    /// What is granted if it is gone on from.
    pub(crate) extended: Option<Result<Grant, Refusal>>,
}

/// The reviewed files of the good request, which most changes leave alone.
static GOOD: LazyLock<Result<Configuration, Refusal>> = LazyLock::new(|| read(&Story::good()));

fn read(story: &Story) -> Result<Configuration, Refusal> {
    Configuration::parse(Some(story.text("rules")), Some(story.text("policy")), Some(story.text("trust")))
}

/// The time by AWS's clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_795_464_000).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The account of the credentials.
pub(crate) fn account() -> AwsAccount {
    AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() }
}

impl Outcome {
    /// Takes a request the way of a grant.
    pub(crate) fn of(story: &Story) -> Self {
        let configuration = if story.has_other_files() { read(story) } else { GOOD.clone() };
        let is_of_the_rules = configuration.as_ref().is_err_and(|refusal| refusal.code.as_str() == "rules");
        let mistakes = if is_of_the_rules { Rules::parse(story.text("rules")).err() } else { None };
        let event = story.json("event").unwrap_or_default();
        let dispatch = Dispatch::from_event(&event);
        let kinds = configuration.as_ref().map_or(&[][..], |configuration| &configuration.rules.kinds_of_people);
        let answers = answers(story).map(|answers| answers.by_kinds(kinds));
        let (decided, revoked, returned, over, extended) = (None, None, None, None, None);
        let mut outcome =
            Self { mistakes, configuration, dispatch, answers, decided, revoked, returned, over, extended };
        // Everything else that is made of the rules; of the good ones it is made elsewhere.
        if let (Ok(configuration), true) = (&outcome.configuration, story.has_other_rules()) {
            drop(boundary::from_rules(&configuration.rules));
            for example in configuration.rules.examples.iter().take(MOST_EXAMPLES) {
                drop(rehearse(configuration, example, now()));
            }
        }
        if let (Ok(configuration), Ok(dispatch), Some(answers)) =
            (&outcome.configuration, &outcome.dispatch, &outcome.answers)
        {
            outcome.decided = Some(decision(configuration, dispatch, answers));
        }
        if let (Ok(dispatch), Some(run)) =
            (&outcome.dispatch, outcome.answers.as_ref().and_then(|answers| answers.evidence.run.as_ref()))
        {
            let standing = Remains::Standing { end: None };
            outcome.revoked = Some(verify_revocation(dispatch, run, standing, now()));
        }
        if let (Ok(dispatch), Some(answers)) = (&outcome.dispatch, &outcome.answers)
            && let Ok(grant) = GrantId::parse(&dispatch.entity)
        {
            outcome.returned = of_grants::returned(&grant, answers);
            outcome.over = Some(of_grants::over(&grant, answers));
            if let Ok(configuration) = &outcome.configuration {
                outcome.extended = Some(of_grants::extension(configuration, dispatch, answers));
            }
        }
        outcome
    }
}

/// Reads Port's answers. What is `null` is not there.
fn answers(story: &Story) -> Option<Answers> {
    let names = Names::default();
    let entities = |name: &str, blueprint: &str| -> Option<Vec<Entity>> {
        let answer = story.json(name)?;
        let entities = answer["entities"].as_array()?;
        entities.iter().map(|value| decoding::entity(value, blueprint).ok()).collect()
    };
    let run = match story.json("run")? {
        Value::Null => None,
        answer => Some(decoding::run(&answer["run"])?),
    };
    let record = match story.json("record")? {
        Value::Null => None,
        answer => Some(decoding::entity(&answer["entity"], &names.permission_records).ok()?),
    };
    let users = story.json("users")?;
    let users = users.as_array()?.iter().filter_map(|answer| decoding::user(&answer["user"])).collect();
    let evidence = Evidence {
        run,
        requester: decoding::user(&story.json("requester")?["user"]),
        resources: entities("resources", &names.aws_resource)?,
        permissions: entities("permissions", &names.iam_permissions)?,
        record,
    };
    let approvals = decoding::approvals(&story.json("approvals")?)?;
    Some(Answers { evidence, approvals, users, extended: of_grants::extended(story)? })
}

fn decision(configuration: &Configuration, dispatch: &Dispatch, answers: &Answers) -> Result<Grant, Refusal> {
    let Answers { evidence, approvals, .. } = answers;
    let names = Names::default();
    let expected = ExpectedRun { action: &names.request_permissions, stage: RunStage::Open };
    let run = verify_run(dispatch, evidence.run.as_ref(), expected)?;
    let form = RequestForm::parse(run.form())?;
    verify_age(run, approvals.iter().any(Approval::is_approved), now())?;
    decided(&verify_request(dispatch, &form, evidence, expected)?, configuration, answers)
}

/// Decides on a request that Port bears out.
pub(crate) fn decided(
    request: &VerifiedRequest,
    configuration: &Configuration,
    answers: &Answers,
) -> Result<Grant, Refusal> {
    let Answers { evidence, approvals, users, .. } = answers;
    let (account, scope) = (account(), Scope("org_1/7".to_owned()));
    decide(
        request,
        &Circumstances {
            configuration,
            account: &account,
            home: &account.id,
            scope: &scope,
            approvals,
            users,
            room: Limits::default().room(),
            now: now(),
            first_end: recorded_end(evidence.record.as_ref()),
        },
    )
}

/// As the grant reads it.
pub(crate) fn recorded_end(record: Option<&Entity>) -> Option<Timestamp> {
    record.filter(|record| record.text("state") != Some("grant-failed"))?.text("granted_until")?.parse().ok()
}
