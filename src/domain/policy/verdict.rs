//! What becomes of one action on one resource.

use crate::domain::reference::{AccessLevel, Action};
use crate::domain::refusal::RefusalCode;

/// The nine answers, in the order in which they are decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The resource is not one exact ARN.
    InvalidArn,
    /// The action holds a wildcard.
    WildcardAction,
    /// AWS has no such action.
    UnknownAction,
    /// The action gives away more than itself; only the configuration may allow it.
    PrivilegeEscalation,
    /// The action takes no resource: IAM grants it on the whole account or not at all.
    NeedsWildcard,
    /// The action does not work on this kind of resource.
    WrongType,
    /// The action needs further resources that were not named.
    Incomplete,
    /// The action works on what lies under the resource.
    AllowChildren,
    /// The action works on this very resource.
    Allow,
}

impl Verdict {
    /// Returns the word for machines, in snake case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidArn => "invalid_arn",
            Self::WildcardAction => "wildcard_action",
            Self::UnknownAction => "unknown_action",
            Self::PrivilegeEscalation => "privilege_escalation",
            Self::NeedsWildcard => "needs_wildcard",
            Self::WrongType => "wrong_type",
            Self::Incomplete => "incomplete",
            Self::AllowChildren => "allow_children",
            Self::Allow => "allow",
        }
    }

    /// Returns the code of the refusal that it leads to.
    const fn refusal_code(self) -> RefusalCode {
        match self {
            Self::InvalidArn => RefusalCode::InvalidArn,
            Self::WildcardAction => RefusalCode::WildcardAction,
            Self::UnknownAction => RefusalCode::UnknownAction,
            Self::PrivilegeEscalation => RefusalCode::PrivilegeEscalation,
            Self::NeedsWildcard => RefusalCode::NeedsWildcard,
            Self::WrongType => RefusalCode::WrongType,
            // What allows leads to none; were it asked, something else would be missing.
            Self::Incomplete | Self::AllowChildren | Self::Allow => RefusalCode::Incomplete,
        }
    }

    /// Returns whether the verdict alone lets the action be granted.
    pub const fn allows(self) -> bool {
        matches!(self, Self::Allow | Self::AllowChildren)
    }
}

/// A class of actions that are granted with a warning, or refused where the configuration says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActionClass {
    /// Reads data or credentials that are worth protecting.
    Sensitive,
    /// Gives the caller another role's power when `iam:PassRole` is allowed too.
    PassRole,
    /// Can leave something that outlives the grant.
    LeavesBehind,
}

impl ActionClass {
    /// Every class.
    pub const ALL: [Self; 3] = [Self::Sensitive, Self::PassRole, Self::LeavesBehind];

    /// Returns the word of the rules file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sensitive => "sensitive",
            Self::PassRole => "pass-role",
            Self::LeavesBehind => "leaves-behind",
        }
    }

    /// Returns what a person should know about actions of this class.
    pub const fn warning(self) -> &'static str {
        match self {
            Self::Sensitive => "reads data or credentials that are worth protecting",
            Self::PassRole => "would act with another role's power if iam:PassRole were allowed too",
            Self::LeavesBehind => "can leave something behind that outlives the grant",
        }
    }
}

impl Action {
    /// Returns the classes of the action.
    pub fn classes(&self) -> Vec<ActionClass> {
        let classes = [
            (self.is_sensitive, ActionClass::Sensitive),
            (self.with_pass_role, ActionClass::PassRole),
            (self.leaves_behind, ActionClass::LeavesBehind),
        ];
        classes.into_iter().filter(|(has, _)| *has).map(|(_, class)| class).collect()
    }
}

/// What keeps an action from being granted on a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The verdict.
    Verdict,
    /// The configuration refuses actions of this class.
    RefusedClass(ActionClass),
    /// Neither the ARN nor a request tells the account of the resource, so that nothing could bind the grant to it.
    NoOwner,
    /// The resource holds a character that IAM takes in no policy.
    Alphabet(char),
}

/// One action on one resource, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The resource, as it was named.
    pub arn: String,
    /// The action in AWS's spelling; as it was named when AWS has none such.
    pub action: String,
    /// The answer.
    pub verdict: Verdict,
    /// What a policy would name: the resource, or what lies under it; sorted.
    pub resources: Vec<String>,
    /// Resource types that the action needs and nobody named; sorted.
    pub missing_types: Vec<String>,
    /// Further actions that AWS may ask for. They are told, and never granted with this one.
    pub dependent_actions: Vec<&'static str>,
    /// What the action does; none when AWS has none such.
    pub level: Option<AccessLevel>,
    /// The classes of the action.
    pub classes: Vec<ActionClass>,
    /// Whether nobody is granted it unless the configuration names it.
    pub is_denied_by_default: bool,
    /// Whether the action takes no resource.
    pub is_account_wide: bool,
    /// Whether a statement has to name the account, since the ARNs do not.
    pub leaves_account_open: bool,
    /// What to ask for instead, best first: actions or ARNs.
    pub suggestions: Vec<String>,
    /// Why, in a sentence for people.
    pub reason: String,
    /// What to do, in a sentence for people; empty when nothing is to be done.
    pub remedy: String,
    /// What keeps it from being granted; none when it is.
    pub obstacle: Option<Obstacle>,
}

/// Returns what marks an action, in words.
pub(super) fn flags(classes: &[ActionClass], is_account_wide: bool, is_denied: bool) -> Vec<&'static str> {
    let mut flags: Vec<&str> = classes.iter().map(|class| class.as_str()).collect();
    flags.extend(is_account_wide.then_some("account-wide"));
    flags.extend(is_denied.then_some("denied-by-default"));
    flags
}

impl Judged {
    /// Returns what marks the action for whoever reads the verdict, in words.
    pub fn flags(&self) -> Vec<&'static str> {
        flags(&self.classes, self.is_account_wide, self.is_denied_by_default)
    }

    /// Returns whether it is granted on this resource: the verdict, and what the configuration allows or refuses beyond
    /// it.
    pub const fn is_granted(&self) -> bool {
        self.obstacle.is_none()
    }

    /// Returns the code of the refusal that this leads to.
    pub(super) const fn refusal_code(&self) -> RefusalCode {
        match self.obstacle {
            Some(Obstacle::RefusedClass(_)) => RefusalCode::RefusedClass,
            Some(Obstacle::NoOwner) => RefusalCode::NoOwner,
            Some(Obstacle::Alphabet(_)) => RefusalCode::PolicyAlphabet,
            Some(Obstacle::Verdict) | None => self.verdict.refusal_code(),
        }
    }
}
