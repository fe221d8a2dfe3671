//! Request + catalog + rules + identity + time = a grant, or a refusal that says what to change and who can.

use jiff::Timestamp;
use serde_json::Value;

use super::account::AwsAccount;
use super::arn::Arn;
use super::catalog::{Approval, User};
use super::evaluation;
use super::grant::Grant;
use super::identifier::AccountId;
use super::policy::{self, Allowances, Compiled, Room};
use super::refusal::{Refusal, RefusalCode, quoted};
use super::rules::{Question, Rule, Rules};
use super::tags::Scope;
use super::template::{PolicyTemplate, TrustTemplate};
use super::time::utc;
use super::trust::{self, Trust};
use super::verification::{VerifiedRequest, verify_approval};

/// The reviewed files of the target repository.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// The rules.
    pub rules: Rules,
    /// The policy template.
    pub policy_template: PolicyTemplate,
    /// The trust template.
    pub trust_template: TrustTemplate,
}

/// Everything besides the request that decides.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The reviewed files.
    pub configuration: &'a Configuration,
    /// The account of the credentials, in which the grant is made.
    pub account: &'a AwsAccount,
    /// The account that the workflows are set up in: that of resources of which nothing else tells theirs.
    pub home: &'a AccountId,
    /// The installation.
    pub scope: &'a Scope,
    /// The decisions on the run.
    pub approvals: &'a [Approval],
    /// The users who may have approved.
    pub users: &'a [User],
    /// How long the policies may be, and how many.
    pub room: Room,
    /// The time, by AWS's clock.
    pub now: Timestamp,
    /// The end that an earlier attempt for the same run has written into the role, which is never moved.
    pub first_end: Option<Timestamp>,
}

/// Decides on a verified request.
///
/// # Errors
///
/// Refuses what no rule allows, what nobody approved who had to, what cannot be compiled, and a re-run whose first
/// attempt has already ended.
pub fn decide(request: &VerifiedRequest, circumstances: &Circumstances<'_>) -> Result<Grant, Refusal> {
    let Circumstances { approvals, users, .. } = *circumstances;
    decide_when(request, circumstances, |rule| verify_approval(rule, &request.requester, approvals, users))
}

/// Decides on a request that nobody can approve, since Port cannot be asked. Everything else is as in [`decide`].
///
/// # Errors
///
/// Refuses what no rule allows, and what cannot be compiled.
pub(super) fn decide_without_approval(
    request: &VerifiedRequest,
    circumstances: &Circumstances<'_>,
) -> Result<Grant, Refusal> {
    decide_when(request, circumstances, |_| Ok(None))
}

/// Decides on a request that `approved` says yes to, which returns who has approved it.
fn decide_when(
    request: &VerifiedRequest,
    circumstances: &Circumstances<'_>,
    approved: impl FnOnce(&Rule) -> Result<Option<String>, Refusal>,
) -> Result<Grant, Refusal> {
    let Circumstances { configuration, account, scope, room, now, first_end, .. } = *circumstances;
    let mut resources = vec![request.resource.clone()];
    resources.extend(request.additional_resources.iter().cloned());
    check_partition(&resources, account)?;
    check_lies_in(request, circumstances)?;
    // The first attempt's end stands, even when this attempt would come to a later one.
    let asked = request.duration.after(now);
    let no_later = |end: Timestamp| first_end.map_or(end, |first| first.min(end));
    let extends = request.extends.as_ref();
    let question = Question {
        requester: &request.requester,
        account: &account.id,
        resource_types: &request.resource_types,
        resources: &resources,
        actions: &request.actions,
        duration: extends.map_or(request.duration, |extends| extends.total(no_later(asked))),
        reason: request.reason.as_deref(),
    };
    let explained = |refusal| match extends {
        Some(extends) => extends.explained(refusal),
        None => refusal,
    };
    let rule = configuration.rules.judge(&question).map_err(explained)?;
    let approver = approved(rule)?;
    let compiled = policy::compile(&resources, &request.actions, &account.id, &Allowances::from(&configuration.rules))?;
    let expires =
        no_later(end_by_templates(&configuration.policy_template, &configuration.trust_template, asked, now)?);
    if expires <= now {
        let reason = "the grant of this run has already ended";
        return Err(Refusal::new(RefusalCode::RunOver, "runId", reason, "ask again in Port"));
    }
    let written = configuration.shape().write(compiled, account, &request.requester.email, expires, room)?;
    Ok(Grant {
        id: request.grant_id.clone(),
        run_id: request.run_id.clone(),
        extends: extends.map(|extends| extends.grants.clone()).unwrap_or_default(),
        requester: request.requester.email.clone(),
        approver,
        reason: request.reason.clone(),
        account: account.clone(),
        resource: request.resource.clone(),
        additional_resources: request.additional_resources.clone(),
        permissions: request.actions.iter().map(ToString::to_string).collect(),
        duration: request.duration,
        expires,
        notes: written.notes(),
        policies: written.policies,
        trust: written.trust,
        rule: rule.name.clone(),
        trust_sentence: configuration.rules.trust.what_it_proves(),
        scope: scope.clone(),
        break_glass_by: None,
    })
}

/// Checks that the resources lie in the account of the grant and in its partition, as far as their ARNs tell.
///
/// # Errors
///
/// Refuses the first that lies elsewhere.
pub fn check_place(resources: &[Arn], account: &AwsAccount) -> Result<(), Refusal> {
    check_partition(resources, account)?;
    let is_foreign = |arn: &&Arn| !arn.account().is_empty() && arn.account() != account.id.as_str();
    match resources.iter().find(is_foreign) {
        None => Ok(()),
        Some(arn) => {
            let (name, theirs) = (quoted(arn.as_str()), arn.account());
            let reason = format!("{name} belongs to account {theirs}, and the grant would be made in {}", account.id);
            Err(Refusal::new(
                RefusalCode::ForeignAccount,
                "entity",
                reason,
                "ask for the resources of one account at a time",
            ))
        }
    }
}

/// Checks that all resources lie in the account of the grant, as Port's catalog tells where the ARNs do not. An account
/// that an ARN names and the rules do not is left to the rules.
fn check_lies_in(request: &VerifiedRequest, circumstances: &Circumstances<'_>) -> Result<(), Refusal> {
    let Circumstances { configuration, account, home, .. } = *circumstances;
    let lies_in = |of: &Option<AccountId>| of.clone().unwrap_or_else(|| home.clone());
    let is_here = request.accounts.first().is_none_or(|of| lies_in(of) == account.id);
    let resources = std::iter::once(&request.resource).chain(&request.additional_resources);
    for (arn, of) in resources.zip(&request.accounts) {
        let theirs = lies_in(of);
        if theirs == account.id {
            continue;
        }
        let name = quoted(arn.as_str());
        let is_ruled = configuration.rules.accounts.contains_key(&theirs);
        let (reason, remedy) = if !is_ruled && !arn.account().is_empty() {
            continue;
        } else if !is_ruled {
            let reason = format!("{name} lies in the account {theirs}, which the rules file does not name");
            (reason, format!("have it added with `port-iam init --add-account {theirs}`"))
        } else if is_here || account.id != *home {
            let reason = format!("{name} lies in the account {theirs}, and the grant would be made in {}", account.id);
            (reason, "ask for the resources of one account at a time".to_owned())
        } else {
            let reason = format!("{name} lies in the account {theirs}, in which the workflow has no role");
            (reason, format!("run `port-iam init --add-account {theirs}` with credentials of that account"))
        };
        return Err(Refusal::new(RefusalCode::ForeignAccount, "entity", reason, remedy));
    }
    Ok(())
}

/// Returns the end of a grant that was asked for until `asked`: the templates may have an earlier one of their own.
///
/// # Errors
///
/// Refuses when the templates' own end is over: it lies in a reviewed file, and no request can mend it.
pub fn end_by_templates(
    policy: &PolicyTemplate,
    trust: &TrustTemplate,
    asked: Timestamp,
    now: Timestamp,
) -> Result<Timestamp, Refusal> {
    let end = [policy.own_end()?, trust.own_end()?].into_iter().flatten().fold(asked, Timestamp::min);
    if end > now {
        return Ok(end);
    }
    let reason = format!("a reviewed template ends every grant at {}, which is over", utc(end));
    Err(Refusal::new(RefusalCode::Template, "templates", reason, "mend DateLessThan aws:CurrentTime in the templates"))
}

/// A bucket's ARN names no account, so that its partition alone can tell that it lies elsewhere.
fn check_partition(resources: &[Arn], account: &AwsAccount) -> Result<(), Refusal> {
    match resources.iter().find(|arn| arn.partition() != account.partition) {
        None => Ok(()),
        Some(arn) => {
            let reason = format!(
                "{} lies in the partition {}, and the account {} in {}",
                quoted(arn.as_str()),
                arn.partition(),
                account.id,
                account.partition
            );
            Err(Refusal::new(RefusalCode::ForeignPartition, "entity", reason, "ask for a resource of this account"))
        }
    }
}

/// What of the reviewed files shapes the documents of a grant.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// The policy template.
    pub policy_template: &'a PolicyTemplate,
    /// The trust template.
    pub trust_template: &'a TrustTemplate,
    /// The trust mode.
    pub trust: &'a Trust,
}

/// The documents of a grant, and what is to be known of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The policies.
    pub policies: Vec<Value>,
    /// The trust policy.
    pub trust: Value,
    /// What people should know before they use or approve it, each a sentence.
    pub warnings: Vec<String>,
    /// What is granted beside what was asked for, because the configuration says so; each a sentence.
    pub companions: Vec<String>,
}

impl Written {
    /// Returns warnings and companions, as log, record and summary show them.
    pub fn notes(&self) -> Vec<String> {
        self.warnings.iter().chain(&self.companions).cloned().collect()
    }
}

impl Shape<'_> {
    /// Returns the documents that allow what was compiled to the person with this e-mail until `end`.
    ///
    /// # Errors
    ///
    /// Refuses what does not fit into the account, and whom the trust cannot name.
    pub fn write(
        self,
        compiled: Compiled,
        account: &AwsAccount,
        requester: &str,
        end: Timestamp,
        room: Room,
    ) -> Result<Written, Refusal> {
        let Self { policy_template, trust_template, trust } = self;
        let mut warnings = compiled.warnings;
        warnings.extend(policy_template.notes());
        warnings.extend(trust::notes(trust_template, trust, account));
        Ok(Written {
            policies: policy::documents_within(policy_template, &compiled.statements, end, room)?,
            trust: trust::document(trust_template, trust, account, requester, end)?,
            warnings,
            companions: compiled.companions,
        })
    }
}

impl Configuration {
    /// Returns what of the files shapes the documents of a grant.
    pub fn shape(&self) -> Shape<'_> {
        let Self { rules, policy_template, trust_template } = self;
        Shape { policy_template, trust_template, trust: &rules.trust }
    }

    /// Reads the three files from their text.
    ///
    /// # Errors
    ///
    /// Refuses files that cannot be used; the refusal names the file, and the line where there is one.
    pub fn parse(
        rules: Option<&str>,
        policy_template: Option<&str>,
        trust_template: Option<&str>,
    ) -> Result<Self, Refusal> {
        let rules = self::rules(rules)?;
        let policy_template = self::policy_template(policy_template, rules.template_may_widen)?;
        let trust_template = self::trust_template(trust_template)?;
        Ok(Self { rules, policy_template, trust_template })
    }
}

/// Reads the rules file from its text.
///
/// # Errors
///
/// Refuses one that cannot be used.
pub fn rules(text: Option<&str>) -> Result<Rules, Refusal> {
    Rules::parse(present("port-iam.yaml", text)?).map_err(|error| {
        let remedy = "mend the rules file on the default branch of the repository";
        Refusal::new(RefusalCode::Rules, "port-iam.yaml", error.to_string(), remedy)
    })
}

/// Reads the policy template from its text; `may_widen` is what the rules say.
///
/// # Errors
///
/// Refuses one that cannot be used.
pub fn policy_template(text: Option<&str>, may_widen: bool) -> Result<PolicyTemplate, Refusal> {
    PolicyTemplate::parse(&json("iamPolicyDocument.json", text)?, may_widen)
}

/// Reads the trust template from its text.
///
/// # Errors
///
/// Refuses one that cannot be used.
pub fn trust_template(text: Option<&str>) -> Result<TrustTemplate, Refusal> {
    TrustTemplate::parse(&json("iamTrustPolicy.json", text)?)
}

fn present<'a>(file: &'static str, text: Option<&'a str>) -> Result<&'a str, Refusal> {
    text.ok_or_else(|| {
        let reason = "is not on the default branch of the repository";
        Refusal::new(
            RefusalCode::MissingFile,
            file,
            reason,
            "run `port-iam init`; --prefix tells which one is meant, where there are several",
        )
    })
}

/// Of a key that stands twice in one object the usual parser takes the last alone: a condition, or a denial, would be lost.
fn json(file: &'static str, text: Option<&str>) -> Result<Value, Refusal> {
    evaluation::json::parse(present(file, text)?).map_err(|error| {
        Refusal::new(
            RefusalCode::Template,
            file,
            format!("is not JSON ({error})"),
            "restore the file that `port-iam init` commits",
        )
    })
}

#[cfg(test)]
mod tests;
