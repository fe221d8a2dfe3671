//! Looks closer where the lists do not decide.

use std::collections::BTreeSet;

use futures_util::future::{join, join3};
use futures_util::stream::{self, StreamExt as _};

use super::{AT_ONCE, Known};
use crate::clients::aws::{Holder, HolderKind};
use crate::domain::counting::count;
use crate::domain::digest::policies_digest;
use crate::domain::grant::Grant;
use crate::domain::iam::{ListedPolicy, ListedRole};
use crate::domain::identifier::GrantId;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::request::Dispatch;
use crate::domain::sweep::{GRACE, Look, Plan, Question, Seen, Verdict};
use crate::domain::tags::{REQUESTER, SCOPE, tag_value, value_of};
use crate::engine::Engine;
use crate::engine::grant::Place;
use crate::engine::grant::again::check_is_shown;
use crate::engine::role_by_name::RoleByName;
use crate::failure::Failure;

/// What one question was answered with.
enum Answer {
    Look(String, Look),
    Held(String, bool),
    Run(String, Verdict, Option<Box<Grant>>),
    Nothing,
}

/// Returns a sentence for each kind of look: what a first one shows may have to be compared in a second.
fn told(questions: &BTreeSet<Question>) -> Vec<String> {
    let number = |is_it: fn(&Question) -> bool| questions.iter().filter(|question| is_it(question)).count();
    let roles = number(|question| matches!(question, Question::Role(_)));
    let policies = number(|question| matches!(question, Question::Policy(_) | Question::Holders(_)));
    let runs = number(|question| matches!(question, Question::Run(_)));
    let things: Vec<String> = [(roles, "role", "roles"), (policies, "policy", "policies")]
        .into_iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, several)| count(number, one, several))
        .collect();
    let looks = (!things.is_empty()).then(|| format!("Looking closer at {}", things.join(" and ")));
    let their = if runs == 1 { "its run" } else { "their runs" };
    let runs = (runs > 0).then(|| format!("Comparing {} with what {their} asked for", count(runs, "role", "roles")));
    looks.into_iter().chain(runs).collect()
}

impl Engine<'_> {
    /// Answers all questions of a plan. One that cannot be answered, which may be what somebody wants, is noted as such
    /// and keeps no other from being answered.
    ///
    /// # Errors
    ///
    /// Fails when the sweep is told to stop.
    pub(super) async fn answer(&self, plan: &Plan, known: &mut Known) -> Result<(), Failure> {
        told(&plan.questions).iter().for_each(|sentence| self.say(sentence));
        let (seen, place) = (&known.seen, &known.place);
        let answers = plan
            .questions
            .iter()
            .map(|question| async move { (question, self.answer_one(place, seen, question).await) });
        let answers: Vec<(&Question, Result<Answer, Failure>)> =
            stream::iter(answers).buffer_unordered(AT_ONCE).collect().await;
        for (question, answer) in answers {
            let answer = match answer {
                Err(failure) if failure.kind.is_of_a_signal() => return Err(failure),
                Err(failure) => {
                    known.seen.unanswered.insert(question.clone(), failure.message);
                    continue;
                }
                Ok(answer) => answer,
            };
            match answer {
                Answer::Nothing => {}
                Answer::Look(arn, look) => _ = known.seen.looks.insert(arn, look),
                Answer::Held(arn, is_elsewhere) => _ = known.seen.held_elsewhere.insert(arn, is_elsewhere),
                Answer::Run(name, verdict, grant) => {
                    known.seen.verdicts.insert(name.clone(), verdict);
                    known.grants.extend(grant.map(|grant| (name, *grant)));
                }
            }
        }
        Ok(())
    }

    async fn answer_one(&self, place: &Place, seen: &Seen, question: &Question) -> Result<Answer, Failure> {
        match question {
            Question::Role(name) => match seen.roles.get(name) {
                Some(role) => Ok(Answer::Look(role.arn.clone(), self.look_at_role(seen, role).await?)),
                None => Ok(Answer::Nothing),
            },
            Question::Policy(name) => match seen.policies.get(name) {
                Some(policy) => {
                    let found = self.aws.policy(&policy.arn).await?;
                    let look = match &found {
                        Some(found) => Look { scope: scope(&found.tags), ..Look::default() },
                        None => Look { is_settled: true, ..Look::default() },
                    };
                    Ok(Answer::Look(policy.arn.clone(), look))
                }
                None => Ok(Answer::Nothing),
            },
            Question::Holders(name) => match seen.policies.get(name) {
                Some(policy) => Ok(Answer::Held(policy.arn.clone(), self.is_held_elsewhere(seen, policy).await?)),
                None => Ok(Answer::Nothing),
            },
            Question::Run(name) => match seen.roles.get(name) {
                Some(role) => self.answer_of_run(place, seen, role).await,
                None => Ok(Answer::Nothing),
            },
        }
    }

    /// Holds a role against its run, unless it is gone: what was taken away since the lists were read is no riddle.
    async fn answer_of_run(&self, place: &Place, seen: &Seen, role: &ListedRole) -> Result<Answer, Failure> {
        let judged = self.verdict(place, seen, role).await;
        if !matches!(judged, Ok((Verdict::Equal, _))) {
            let grant = GrantId::parse(&role.name)?;
            if matches!(self.role_by_name(&seen.account, &grant).await, Ok(RoleByName::Missing)) {
                return Ok(Answer::Look(role.arn.clone(), Look { is_settled: true, ..Look::default() }));
            }
        }
        let (verdict, grant) = judged?;
        Ok(Answer::Run(role.name.clone(), verdict, grant.map(Box::new)))
    }

    /// Returns whether anybody but the grant's own role holds a policy.
    async fn is_held_elsewhere(&self, seen: &Seen, policy: &ListedPolicy) -> Result<bool, Failure> {
        let holders = self.aws.holders(&policy.arn).await?;
        let Some(grant) = policy.grant() else { return Ok(!holders.is_empty()) };
        let is_named_so =
            |holder: &Holder| holder.kind == HolderKind::Role && !holder.as_boundary && holder.name == grant.as_str();
        if holders.iter().any(|holder| !is_named_so(holder)) {
            return Ok(true);
        }
        // IAM tells no path here: a role under another one is not the grant's.
        let is_namesakes = !holders.is_empty() && self.role_by_name(&seen.account, &grant).await?.namesake().is_some();
        Ok(is_namesakes)
    }

    async fn look_at_role(&self, seen: &Seen, role: &ListedRole) -> Result<Look, Failure> {
        let settled = Look { is_settled: true, ..Look::default() };
        let documents = async {
            let mut documents = Vec::new();
            for part in seen.parts_of(&role.name) {
                documents.extend(self.aws.policy_document(&part.arn, &part.version).await?);
            }
            Ok::<_, crate::clients::error::ApiError>(documents)
        };
        let hangs = join(self.aws.attached_policies(&role.name), self.aws.inline_policies(&role.name));
        let (state, (attached, inline), documents) = join3(self.aws.role(&role.name), hangs, documents).await;
        let (Some(state), Some(attached), Some(inline)) = (state?, attached?, inline?) else { return Ok(settled) };
        if state.arn != role.arn {
            return Ok(settled);
        }
        // What works was put on record before: whoever made it meanwhile is told by Port. What was there when Port was asked,
        // or for long, is new by no entity that is written now.
        let blueprint = &self.names.provisioned_permissions;
        let is_known = seen.entities.contains_key(&role.name) || seen.records.contains_key(&role.name);
        let is_young = seen.now.duration_since(role.created) < GRACE;
        let is_new = GrantId::parse(&role.name).is_ok() && !is_known && is_young;
        if is_new && self.port.entity(blueprint, &role.name).await?.is_some() {
            return Ok(settled);
        }
        let (scope, boundary) = (scope(&state.tags), state.boundary.clone());
        let requester = value_of(&state.tags, REQUESTER).map(str::to_owned);
        let look = Look { is_settled: false, scope, requester, boundary, attached, inline, policy_digest: None };
        // What AWS does not tell of one document hides nothing that the rest tells.
        let documents = match documents {
            Err(_) if seen.is_unlike_a_grant(&role.name, &look) => return Ok(look),
            documents => documents?,
        };
        // A list that lags tells as little as one that is empty: the run decides.
        let grant = GrantId::parse(&role.name).ok();
        let parts = seen.parts_of(&role.name);
        let is_unlisted = |arn: &String| parts.iter().all(|part| part.arn != *arn);
        let lags =
            grant.is_some_and(|grant| look.attached.iter().any(|arn| seen.is_part_of(&grant, arn) && is_unlisted(arn)));
        let policy_digest = (!documents.is_empty() && !lags).then(|| policies_digest(&documents));
        Ok(Look { policy_digest, ..look })
    }

    /// Compiles the grant of the role's run once more, as of the moment when the role was made, and compares.
    async fn verdict(
        &self,
        place: &Place,
        seen: &Seen,
        role: &ListedRole,
    ) -> Result<(Verdict, Option<Grant>), Failure> {
        let grant = GrantId::parse(&role.name)?;
        match self.compiled(place, seen, role, &grant).await {
            Ok(grant) => Ok((Verdict::Equal, Some(grant))),
            Err(failure) => match &failure.refusal {
                Some(refusal) => Ok((Verdict::of_refusal(refusal, &grant), None)),
                None => Err(failure),
            },
        }
    }

    async fn compiled(&self, place: &Place, seen: &Seen, role: &ListedRole, grant: &GrantId) -> Result<Grant, Failure> {
        if grant.is_break_glass() {
            return self.compile_break_glass_again(place, grant, role.created).await;
        }
        let dispatch = self.dispatch_of(seen, grant).await?;
        self.compile_again(place.clone(), &dispatch, role.created).await
    }

    /// Returns the dispatch that a run must have had, from Port's own answer and, for the e-mail that runs do not hold,
    /// from the role's tag: a hint like any other, which verification compares with the run.
    async fn dispatch_of(&self, seen: &Seen, grant: &GrantId) -> Result<Dispatch, Failure> {
        let run_id = grant.run_id();
        let (run, role) = join(self.port.run(run_id.as_str()), self.role_by_name(&seen.account, grant)).await;
        let role = role?.own();
        check_is_shown(role.is_some(), grant)?;
        let tags = role.map(|role| role.tags).unwrap_or_default();
        let tag = value_of(&tags, REQUESTER).map(str::to_owned);
        // A tag cannot hold every e-mail as it is written; Port's catalog can.
        let written = seen.requesters(grant.as_str()).find(|email| tag.as_ref() == Some(&tag_value(email)));
        let requester = written.map(str::to_owned).or(tag);
        let remedy = "look at the role in IAM";
        let Some(run) = run? else {
            let reason = format!("Port knows no run {run_id}");
            return Err(Refusal::new(RefusalCode::UnknownRun, "runId", reason, remedy).into());
        };
        // Before anything of it is read: runs of other actions have whatever form they like.
        if !self.names.granting_actions().contains(&run.action.as_str()) {
            let reason = format!("the run belongs to the action {}", quoted(&run.action));
            return Err(Refusal::new(RefusalCode::OtherAction, "runId", reason, remedy).into());
        }
        let properties = run.form().clone();
        Ok(Dispatch { run_id, entity: run.entity.unwrap_or_default(), requester, properties })
    }
}

fn scope(tags: &[(String, String)]) -> Option<String> {
    value_of(tags, SCOPE).map(str::to_owned)
}
