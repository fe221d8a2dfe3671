//! A grant that an administrator makes with AWS credentials of their own while Port or GitHub is down.
//!
//! The rules decide as on any request, for the person who is to have the access; nobody can approve. Since there is no
//! run that could vouch for it later, what was asked for stands in the tags of the role. Tags are claims: a sweep
//! compiles them once more, and the documents in AWS have to be what comes of it.

mod unverified;

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::account::AwsAccount;
use super::arn::Arn;
use super::catalog::User;
use super::decision::{Circumstances, Configuration, check_place, decide_without_approval};
use super::duration::GrantDuration;
use super::grant::Grant;
use super::identifier::{ActionName, RunId};
use super::policy::Room;
use super::refusal::{Refusal, RefusalCode, quoted};
use super::request::{MOST_PERMISSIONS, MOST_RESOURCES};
use super::resource_types::{type_of_service, usual_name};
use super::rules::{BreakGlassRules, Rules};
use super::tags::{ACTIONS, DURATION, PERSON, REASON, REQUESTER, RESOURCE, Scope, tag_value};
use super::verification::VerifiedRequest;
pub use unverified::{is_record_of_what_ends, record_of_what_ends, record_with_claims, unverified_record};

/// The most tags of a role (IAM User Guide, "IAM and AWS STS quotas").
const MOST_TAGS: usize = 50;

/// What is to be granted without Port.
#[derive(Clone, Debug, PartialEq)]
pub struct BreakGlass {
    /// What stands in the place of a run's id.
    pub id: RunId,
    /// ARN of the AWS identity that grants.
    pub person: String,
    /// Why, in that person's words, as far as a tag can hold them.
    pub reason: String,
    /// Who is to have the access.
    pub requester: User,
    /// The resources, that of the record first.
    pub resources: Vec<Arn>,
    /// The actions.
    pub actions: Vec<ActionName>,
    /// How long.
    pub duration: GrantDuration,
}

/// Everything besides the wish that decides.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// The reviewed files.
    pub configuration: &'a Configuration,
    /// The account of the credentials.
    pub account: &'a AwsAccount,
    /// The installation.
    pub scope: &'a Scope,
    /// How long the policies may be, and how many.
    pub room: Room,
    /// The time by AWS's clock.
    pub now: Timestamp,
    /// The end that the role bears already.
    pub first_end: Option<Timestamp>,
}

impl BreakGlass {
    /// Decides as on a request in Port, apart from the approval, which nobody can give.
    ///
    /// # Errors
    ///
    /// Refuses where the rules file does not switch it on, people whom it does not name, what is longer than it allows,
    /// what tags cannot hold, and whatever a request would be refused for.
    pub fn decide(&self, surroundings: &Surroundings<'_>) -> Result<Grant, Refusal> {
        let Surroundings { configuration, account, scope, room, now, first_end } = *surroundings;
        let rules = switched_on(&configuration.rules)?;
        check_person(rules, &self.person)?;
        if self.duration > rules.longest {
            let reason = format!("{} is longer than the {} of `break-glass: longest`", self.duration, rules.longest);
            let remedy = format!("pass --duration {}", rules.longest);
            return Err(Refusal::new(RefusalCode::TooLongForRule, "duration", reason, remedy));
        }
        self.check_form()?;
        check_place(&self.resources, account)?;
        let request = self.request(&configuration.rules)?;
        let (approvals, users) = (&[], &[]);
        let circumstances =
            Circumstances { configuration, account, home: &account.id, scope, approvals, users, room, now, first_end };
        let grant = decide_without_approval(&request, &circumstances)?;
        let grant = Grant { break_glass_by: Some(self.person.clone()), ..grant };
        if grant.tags().len() > MOST_TAGS {
            let reason = "is more than the tags of a role can hold";
            return Err(Refusal::new(RefusalCode::TooMany, "permissions", reason, "grant it in two parts"));
        }
        Ok(grant)
    }

    /// What a request in Port is checked for as well, and what has to be readable from the tags later.
    fn check_form(&self) -> Result<(), Refusal> {
        let repeated = |texts: Vec<String>| texts.iter().enumerate().any(|(at, text)| texts[..at].contains(text));
        if self.reason.chars().all(|character| !character.is_alphanumeric()) {
            let reason = "says nothing that a tag can hold";
            return Err(Refusal::new(RefusalCode::NoReason, "reason", reason, "say why in letters and digits"));
        }
        if self.resources.is_empty() || self.resources.len() > MOST_RESOURCES + 1 {
            let reason = format!("names {} resources", self.resources.len());
            return Err(Refusal::new(RefusalCode::TooMany, "entity", reason, "name one to twenty-one"));
        }
        if self.actions.is_empty() || self.actions.len() > MOST_PERMISSIONS {
            let reason = format!("names {} actions", self.actions.len());
            return Err(Refusal::new(RefusalCode::TooMany, "permissions", reason, "name one to a hundred"));
        }
        if repeated(self.resources.iter().map(ToString::to_string).collect())
            || repeated(self.actions.iter().map(|action| action.as_str().to_lowercase()).collect())
        {
            return Err(Refusal::new(
                RefusalCode::Duplicate,
                "permissions",
                "names something twice",
                "name each thing once",
            ));
        }
        let resources = self.resources.iter().map(Arn::as_str);
        let kept = resources.chain([self.person.as_str(), self.requester.email.as_str()]);
        match kept.into_iter().find(|text| tag_value(text) != **text) {
            None => Ok(()),
            Some(text) => {
                let reason = format!("{} cannot be kept in a tag", quoted(text));
                let remedy = "tags hold 256 letters, digits, blanks and _.:/=+-@ at most";
                Err(Refusal::new(RefusalCode::NotForTags, "break-glass", reason, remedy))
            }
        }
    }

    fn request(&self, rules: &Rules) -> Result<VerifiedRequest, Refusal> {
        let known: Vec<String> = rules.rules.iter().flat_map(|rule| rule.resource_types.iter().cloned()).collect();
        let mut resource_types: Vec<String> = Vec::new();
        for arn in &self.resources {
            let kind = type_of_service(arn.service(), &known).map_or_else(|| usual_name(arn.service()), str::to_owned);
            if !resource_types.contains(&kind) {
                resource_types.push(kind);
            }
        }
        let mut resources = self.resources.iter().cloned();
        let missing = || Refusal::new(RefusalCode::UnknownResource, "entity", "is missing", "pass --resource ARN");
        Ok(VerifiedRequest {
            run_id: self.id.clone(),
            grant_id: self.id.grant_id(),
            requester: self.requester.clone(),
            resource: resources.next().ok_or_else(missing)?,
            additional_resources: resources.collect(),
            // Whoever grants says by the credentials in which account.
            accounts: Vec::new(),
            resource_types,
            actions: self.actions.clone(),
            duration: self.duration,
            reason: Some(self.reason.clone()),
            extends: None,
        })
    }

    /// Reads what was asked for from the tags of a role. `requester` is the user in Port whom they name.
    ///
    /// # Errors
    ///
    /// Refuses tags of another form, and tags that are missing, by their name.
    pub fn from_tags(id: RunId, tags: &[(String, String)], requester: User) -> Result<Self, Refusal> {
        let tags: BTreeMap<&str, &str> = tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let tag = |key: &'static str| {
            let missing = || Refusal::new(RefusalCode::TagMissing, "tags", format!("the tag {key} is missing"), LOOK);
            tags.get(key).copied().filter(|value| !value.is_empty()).ok_or_else(missing)
        };
        // `port-iam:resource`, `port-iam:resource.2` and so on.
        let all = |key: &'static str| -> Result<Vec<&str>, Refusal> {
            let further = (2..).map_while(|number| tags.get(format!("{key}.{number}").as_str()).copied());
            Ok(std::iter::once(tag(key)?).chain(further).collect())
        };
        tag(REQUESTER)?;
        let actions = all(ACTIONS)?.into_iter().flat_map(|value| value.split(' '));
        Ok(Self {
            id,
            person: tag(PERSON)?.to_owned(),
            reason: tag(REASON)?.to_owned(),
            requester,
            resources: all(RESOURCE)?.into_iter().map(|arn| Arn::parse("tags", arn)).collect::<Result<_, _>>()?,
            actions: actions.map(ActionName::parse).collect::<Result<_, _>>()?,
            duration: GrantDuration::parse("tags", tag(DURATION)?)?,
        })
    }
}

const LOOK: &str = "look at the role in IAM, and at CloudTrail for who made it";

/// Returns what the rules file says of it.
///
/// # Errors
///
/// Refuses where it says nothing: then it is switched off.
pub fn switched_on(rules: &Rules) -> Result<&BreakGlassRules, Refusal> {
    rules.break_glass.as_ref().ok_or_else(|| {
        let reason = "the rules file has no `break-glass`, so that nothing is granted without Port";
        let remedy = "have `break-glass: { longest: 1h, people: [NAME], webhook: ADDRESS }` reviewed and merged into the rules file";
        Refusal::new(RefusalCode::BreakGlassOff, "break-glass", reason, remedy)
    })
}

/// Checks that the rules file names the AWS identity that grants.
///
/// # Errors
///
/// Refuses everybody else.
pub fn check_person(rules: &BreakGlassRules, identity: &str) -> Result<(), Refusal> {
    if rules.names(identity) {
        return Ok(());
    }
    let reason = format!("the rules file does not name {}", quoted(identity));
    let remedy = "ask one of `break-glass: people`, or use other AWS credentials";
    Err(Refusal::new(RefusalCode::BreakGlassPerson, "break-glass", reason, remedy))
}

#[cfg(test)]
mod tests;
