//! What the run of a role says of it.

use crate::domain::identifier::GrantId;
use crate::domain::refusal::{Refusal, RefusalCode};

/// Whether a role is what the compiler makes of its verified run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In every part.
    Equal,
    /// Its run stands, and what the rules and the catalog of today make of it is something else; a sentence.
    OtherRules(String),
    /// As far as it is there, and a part of it is missing, as while it is taken away; a sentence.
    Incomplete(String),
    /// Its run stands, and what it asks for would be refused today for another reason; a sentence.
    Differs(String),
    /// Its run stands, and it reaches further than what the configuration of today makes of it: a trust mode, a companion,
    /// an account-wide action or a template may have been another one when it was made, or Port may have lost the run that
    /// tells what was asked for; a sentence.
    Beyond(String),
    /// Its run has ended, and not well; a sentence.
    RunOver(String),
    /// No run that could ever have made it: Port does not know it, or it is of another action, person or resource, or
    /// was never approved; a sentence.
    Unvouched(String),
}

impl Verdict {
    /// Returns what speaks against the role, a sentence; nothing where nothing does.
    pub(super) fn why(&self) -> &str {
        match self {
            Self::Equal => "",
            Self::OtherRules(why)
            | Self::Incomplete(why)
            | Self::Differs(why)
            | Self::Beyond(why)
            | Self::RunOver(why)
            | Self::Unvouched(why) => why,
        }
    }

    /// Returns what it says of the role of `grant` that its run, or the tags of a break-glass grant, would be refused
    /// today.
    pub fn of_refusal(refusal: &Refusal, grant: &GrantId) -> Self {
        let what = if grant.is_break_glass() {
            "it is not what `grant --break-glass` makes of its tags"
        } else {
            "its run does not vouch for it"
        };
        let what = format!("{what} ({refusal})");
        match refusal.code {
            RefusalCode::RunOver => Self::RunOver(what),
            RefusalCode::PartMissing => Self::Incomplete(what),
            // No other rules, catalog or version of the program would turn it into a grant: it is what Port answers about
            // the run itself, or the tags of a grant without Port, which the rules file has to provide for.
            RefusalCode::UnknownRun
            | RefusalCode::OtherRun
            | RefusalCode::OtherAction
            | RefusalCode::OtherEntity
            | RefusalCode::OtherRequester
            | RefusalCode::Impersonated
            | RefusalCode::NeverApproved
            | RefusalCode::TooOld
            | RefusalCode::MadeAfterItsRun
            | RefusalCode::UnknownRequester
            | RefusalCode::BeyondItsRequest
            | RefusalCode::FurtherVersion
            | RefusalCode::TagMissing
            | RefusalCode::BreakGlassOff => Self::Unvouched(what),
            RefusalCode::BeyondTodaysConfiguration => Self::Beyond(what),
            // A reviewed change of rules, templates or catalog is enough for it. What a grant without Port was asked for its
            // own tags alone tell, which are no measure of how far it may go.
            RefusalCode::NotOurs
            | RefusalCode::NoRule
            | RefusalCode::TooLongForRule
            | RefusalCode::UnknownPermission
            | RefusalCode::UnknownResource => {
                if grant.is_break_glass() {
                    Self::Differs(what)
                } else {
                    Self::OtherRules(what)
                }
            }
            // Whatever speaks of a person, an approval or a shape stays in doubt, and so does what no run is refused for.
            RefusalCode::AlreadyGranted
            | RefusalCode::Boundary
            | RefusalCode::BoundaryTooLong
            | RefusalCode::BreakGlassInActions
            | RefusalCode::BreakGlassPerson
            | RefusalCode::ContradictoryAccount
            | RefusalCode::ControlCharacter
            | RefusalCode::DebugBuild
            | RefusalCode::Duplicate
            | RefusalCode::DurationOutOfRange
            | RefusalCode::ExtendsNothing
            | RefusalCode::ForeignAccount
            | RefusalCode::ForeignPartition
            | RefusalCode::ForeignRegion
            | RefusalCode::FurtherAccounts
            | RefusalCode::GrantEnded
            | RefusalCode::GrantedElsewhere
            | RefusalCode::GrantsLive
            | RefusalCode::HomeUnknown
            | RefusalCode::InactiveRequester
            | RefusalCode::Incomplete
            | RefusalCode::InputTooLong
            | RefusalCode::InvalidAccount
            | RefusalCode::InvalidArn
            | RefusalCode::InvalidDuration
            | RefusalCode::InvalidIdentifier
            | RefusalCode::InvalidResourceTypes
            | RefusalCode::InvalidRole
            | RefusalCode::InvalidRunId
            | RefusalCode::LooserThanTemplate
            | RefusalCode::MissingField
            | RefusalCode::MissingFile
            | RefusalCode::NeedsWildcard
            | RefusalCode::NoAwsName
            | RefusalCode::NoBoundary
            | RefusalCode::NoOwner
            | RefusalCode::NoPermissions
            | RefusalCode::NoReason
            | RefusalCode::NotAGrant
            | RefusalCode::NotApproved
            | RefusalCode::NotExpired
            | RefusalCode::NotExtendable
            | RefusalCode::NotForTags
            | RefusalCode::NotJson
            | RefusalCode::NotTheManager
            | RefusalCode::NotYours
            | RefusalCode::OfTheFuture
            | RefusalCode::OtherAccount
            | RefusalCode::OtherBranch
            | RefusalCode::OtherDispatcher
            | RefusalCode::OtherForm
            | RefusalCode::OtherOrganisation
            | RefusalCode::OtherRepository
            | RefusalCode::OtherResourceType
            | RefusalCode::OtherScope
            | RefusalCode::OwnKey
            | RefusalCode::Placeholder
            | RefusalCode::PolicyAlphabet
            | RefusalCode::PolicyTooLong
            | RefusalCode::PrivilegeEscalation
            | RefusalCode::Quota
            | RefusalCode::Reason
            | RefusalCode::RefusedClass
            | RefusalCode::Revoked
            | RefusalCode::RootKey
            | RefusalCode::Rules
            | RefusalCode::RulesUnusable
            | RefusalCode::ScopeUnknown
            | RefusalCode::TakenAwsName
            | RefusalCode::Template
            | RefusalCode::TemporaryKey
            | RefusalCode::TooLong
            | RefusalCode::TooMany
            | RefusalCode::TooManyOpen
            | RefusalCode::TrustAlphabet
            | RefusalCode::TrustTooLong
            | RefusalCode::TwoKeys
            | RefusalCode::UnknownAction
            | RefusalCode::UnknownResourceType
            | RefusalCode::UnusedResource
            | RefusalCode::WildcardAction
            | RefusalCode::WrongShape
            | RefusalCode::WrongType => Self::Differs(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: RefusalCode, grant: &str) -> Verdict {
        let refusal = Refusal::new(code, "runId", "no", "look at it");
        Verdict::of_refusal(&refusal, &GrantId::parse(grant).unwrap())
    }

    #[test]
    fn whatever_port_answers_about_the_run_itself_vouches_for_nothing() {
        let what = || "its run does not vouch for it (runId: no)".to_owned();
        for (code, expected) in [
            (RefusalCode::UnknownRun, Verdict::Unvouched(what())),
            (RefusalCode::OtherRun, Verdict::Unvouched(what())),
            (RefusalCode::OtherAction, Verdict::Unvouched(what())),
            (RefusalCode::OtherEntity, Verdict::Unvouched(what())),
            (RefusalCode::OtherRequester, Verdict::Unvouched(what())),
            (RefusalCode::Impersonated, Verdict::Unvouched(what())),
            (RefusalCode::NeverApproved, Verdict::Unvouched(what())),
            (RefusalCode::TooOld, Verdict::Unvouched(what())),
            (RefusalCode::MadeAfterItsRun, Verdict::Unvouched(what())),
            (RefusalCode::UnknownRequester, Verdict::Unvouched(what())),
            (RefusalCode::BeyondItsRequest, Verdict::Unvouched(what())),
            (RefusalCode::FurtherVersion, Verdict::Unvouched(what())),
            (RefusalCode::PartMissing, Verdict::Incomplete(what())),
            (RefusalCode::BeyondTodaysConfiguration, Verdict::Beyond(what())),
            (RefusalCode::RunOver, Verdict::RunOver(what())),
            (RefusalCode::InactiveRequester, Verdict::Differs(what())),
            (RefusalCode::Revoked, Verdict::Differs(what())),
            (RefusalCode::NotApproved, Verdict::Differs(what())),
            (RefusalCode::ForeignAccount, Verdict::Differs(what())),
            (RefusalCode::WrongShape, Verdict::Differs(what())),
            (RefusalCode::LooserThanTemplate, Verdict::Differs(what())),
            (RefusalCode::NotOurs, Verdict::OtherRules(what())),
            (RefusalCode::NoRule, Verdict::OtherRules(what())),
            (RefusalCode::TooLongForRule, Verdict::OtherRules(what())),
            (RefusalCode::UnknownPermission, Verdict::OtherRules(what())),
            (RefusalCode::UnknownResource, Verdict::OtherRules(what())),
        ] {
            assert_eq!(verdict(code, "Permission-r_1"), expected, "{code}");
        }
    }

    #[test]
    fn a_break_glass_grant_has_tags_in_the_place_of_a_run() {
        let what = || "it is not what `grant --break-glass` makes of its tags (runId: no)".to_owned();
        assert_eq!(verdict(RefusalCode::BreakGlassOff, "Permission-bg-1"), Verdict::Unvouched(what()));
        for code in [
            RefusalCode::NotOurs,
            RefusalCode::NoRule,
            RefusalCode::TooLongForRule,
            RefusalCode::UnknownPermission,
            RefusalCode::UnknownResource,
        ] {
            assert_eq!(verdict(code, "Permission-bg-1"), Verdict::Differs(what()), "{code}");
        }
    }
}
