//! What `grant` would write for a request, or why it would refuse.

use jiff::Timestamp;

use super::reviewed::Reviewed;
use super::show::ShowArgs;
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::decision::{Configuration, Shape, Written, check_place, end_by_templates};
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::{AccountId, ActionName};
use crate::domain::policy::Compiled;
use crate::domain::quotas::Limits;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::rehearsal::{Supposed, account_of};
use crate::domain::resource_types::{type_of_service, usual_name};

/// The account of AWS's own examples, for documents whose account nobody has told.
pub(super) const EXAMPLE_ACCOUNT: &str = "123456789012";

/// What would be written.
pub(super) struct Documents {
    pub(super) written: Written,
    /// When the grant would end.
    pub(super) end: Timestamp,
    /// The rule that lets the request through, and whether it wants an approval; none when no rules were judged.
    pub(super) rule: Option<(String, bool)>,
}

/// What is asked, once it is known what each part of it means.
pub(super) struct Asked<'a> {
    pub(super) args: &'a ShowArgs,
    pub(super) arns: &'a [Arn],
    pub(super) account: &'a AwsAccount,
    pub(super) duration: GrantDuration,
}

impl Asked<'_> {
    /// Returns what a grant would write, or why it would refuse.
    pub(super) fn documents(
        &self,
        reviewed: &Reviewed,
        compiled: Compiled,
        now: Timestamp,
    ) -> Result<Documents, Refusal> {
        refuse_repeated(self.arns)?;
        check_place(self.arns, self.account)?;
        if let Some(configuration) = &reviewed.configuration {
            configuration.rules.check_place(&self.account.id, self.arns)?;
            if let Some(requester) = self.args.requester.as_deref() {
                return self.judged(configuration, requester, compiled, now);
            }
        }
        let Reviewed { policy_template, trust_template, trust, .. } = reviewed;
        let end = end_by_templates(policy_template, trust_template, self.duration.after(now), now)?;
        let requester = self.args.requester.as_deref().unwrap_or_default();
        let shape = Shape { policy_template, trust_template, trust };
        let written = shape.write(compiled, self.account, requester, end, Limits::default().room())?;
        Ok(Documents { written, end, rule: None })
    }

    /// The rules are judged too: the very way of a request in Port.
    fn judged(
        &self,
        configuration: &Configuration,
        requester: &str,
        compiled: Compiled,
        now: Timestamp,
    ) -> Result<Documents, Refusal> {
        let actions =
            self.args.permissions.iter().map(|text| ActionName::parse(text)).collect::<Result<Vec<_>, _>>()?;
        let resources: Vec<_> =
            self.arns.iter().map(|arn| (arn.clone(), self.resource_type(configuration, arn))).collect();
        let supposed = Supposed {
            requester,
            teams: &self.args.teams,
            account: Some(&self.account.id),
            resources: &resources,
            actions: &actions,
            duration: self.duration,
            reason: self.args.reason.as_deref(),
        };
        let grant = supposed.decide(configuration, now)?;
        // A grant holds the same documents, and its notes in one list.
        let room = Limits::default().room();
        let written = configuration.shape().write(compiled, self.account, requester, grant.expires, room)?;
        Ok(Documents { written, end: grant.expires, rule: Some((grant.rule, grant.approver.is_some())) })
    }

    /// Returns the type that the catalog would have: of those that the rules speak of, the one of the ARN's service.
    fn resource_type(&self, configuration: &Configuration, arn: &Arn) -> String {
        if let Some(named) = &self.args.resource_type {
            return named.clone();
        }
        let known: Vec<String> =
            configuration.rules.rules.iter().flat_map(|rule| rule.resource_types.iter().cloned()).collect();
        type_of_service(arn.service(), &known).map_or_else(|| usual_name(arn.service()), str::to_owned)
    }
}

fn refuse_repeated(arns: &[Arn]) -> Result<(), Refusal> {
    let is_repeated = |(at, arn): &(usize, &Arn)| arns.iter().take(*at).any(|before| before == *arn);
    match arns.iter().enumerate().find(is_repeated) {
        None => Ok(()),
        Some((_, arn)) => {
            let reason = format!("names {} twice", quoted(arn.as_str()));
            Err(Refusal::new(RefusalCode::Duplicate, "resource", reason, "name each resource once"))
        }
    }
}

/// Returns the account that the documents are for, and whether it is only an example. Without rules the partition is
/// the ARNs'.
pub(super) fn account(
    named: Option<AccountId>,
    arns: &[Arn],
    reviewed: &Reviewed,
) -> Result<(AwsAccount, bool), Refusal> {
    if let Some(configuration) = &reviewed.configuration {
        return Ok((account_of(&configuration.rules, arns, named.as_ref())?, false));
    }
    let partition = arns.first().map_or("aws", Arn::partition).to_owned();
    let of_arns = arns.iter().find_map(|arn| AccountId::parse("resource", arn.account()).ok());
    let is_example = named.is_none() && of_arns.is_none();
    let id = match named.or(of_arns) {
        Some(id) => id,
        None => AccountId::parse("--account", EXAMPLE_ACCOUNT)?,
    };
    Ok((AwsAccount { id, partition }, is_example))
}
