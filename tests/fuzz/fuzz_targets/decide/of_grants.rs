//! Runs about a grant that is there: it ends by a person, by whoever gives it back or by the timer, or is gone on from.

use jiff::Timestamp;
use serde_json::Value;

use super::outcome::{Answers, account, decided, now};
use super::story::Story;
use crate::clients::port::decoding;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::{Approval, Run};
use crate::domain::decision::Configuration;
use crate::domain::extension::{Attempt, Extended, Owner, verify_extension};
use crate::domain::grant::Grant;
use crate::domain::iam::RoleState;
use crate::domain::identifier::GrantId;
use crate::domain::names::Names;
use crate::domain::refusal::Refusal;
use crate::domain::request::Dispatch;
use crate::domain::returning::Returner;
use crate::domain::revocation::{Remains, verify_over};
use crate::domain::tags::Scope;
use crate::domain::trust;
use crate::domain::verification::{ExpectedRun, RunStage, verify_age, verify_run};

/// Reads what Port and AWS hold of the grant that the run names; none where an answer is not what the API documents.
pub(crate) fn extended(story: &Story) -> Option<Extended> {
    let before = story.json("before")?;
    let runs = before.as_array()?.iter().map(|answer| decoding::run(&answer["run"])).collect::<Option<Vec<Run>>>()?;
    let record = match story.json("old")? {
        Value::Null => None,
        answer => Some(decoding::entity(&answer["entity"], &Names::default().permission_records).ok()?),
    };
    let role = story.json("role")?;
    let text = |key: &str| role[key].as_str().unwrap_or_default().to_owned();
    let texts = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let tags = role["tags"].as_object().into_iter().flatten();
    let state = RoleState {
        path: text("path"),
        arn: text("arn"),
        trust: role["trust"].clone(),
        created: None,
        boundary: None,
        max_session_seconds: None,
        tags: tags.map(|(key, value)| (key.clone(), texts(value))).collect(),
    };
    let attached = role["attached"].as_array().into_iter().flatten().map(texts).collect();
    let first_record = record.clone();
    Some(Extended { runs, record, first_record, role: (!role.is_null()).then_some(state), attached })
}

/// Returns whether whoever started the run may give the grant back that the dispatch names.
pub(crate) fn returned(grant: &GrantId, answers: &Answers) -> Option<Result<(), Refusal>> {
    let run = answers.evidence.run.as_ref()?;
    let has_started = |id: &str| run.created_by.as_deref() == Some(id);
    let granted = answers.extended.runs.iter().find(|granted| granted.id == grant.run_id().as_str());
    let returner = Returner {
        run,
        user: answers.evidence.requester.as_ref().filter(|user| has_started(&user.id)),
        granted,
        approvals: &answers.approvals,
        recorded: None,
        approvers: &[],
    };
    Some(returner.verify(grant))
}

/// Returns whether the timer may end the grant, where Port says nothing of its time.
pub(crate) fn over(grant: &GrantId, answers: &Answers) -> Result<(), Refusal> {
    let Extended { role, attached, .. } = &answers.extended;
    let end: Option<Timestamp> = role.as_ref().and_then(|role| trust::end_of(&role.trust));
    let remains = match role {
        None => Remains::Gone { is_asked_for: false },
        Some(_) if attached.contains(&account().deny_all_arn()) => Remains::Denied { end },
        Some(_) => Remains::Standing { end },
    };
    verify_over(grant, remains, false, now())
}

/// Takes the run the way of an extension.
pub(crate) fn extension(
    configuration: &Configuration,
    dispatch: &Dispatch,
    answers: &Answers,
) -> Result<Grant, Refusal> {
    let (names, account, scope): (_, AwsAccount, _) = (Names::default(), account(), Scope("org_1/7".to_owned()));
    let expected = ExpectedRun { action: &names.extend_permissions, stage: RunStage::Open };
    let run = verify_run(dispatch, answers.evidence.run.as_ref(), expected)?;
    verify_age(run, answers.approvals.iter().any(Approval::is_approved), now())?;
    let owner = Owner { names: &names, account: &account, scope: &scope };
    let attempt = Attempt { stage: RunStage::Open, first_end: None, now: now() };
    let request = verify_extension(dispatch, &answers.evidence, &answers.extended, owner, attempt)?;
    decided(&request, configuration, answers)
}
