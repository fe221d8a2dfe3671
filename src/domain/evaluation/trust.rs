//! The judgement of a role's trust policy.

use std::fmt;

use super::context::Context;
use super::decision::{Judgement, MatchedStatement, PolicySource, judge};
use super::document::PolicyDocument;
use super::listed_principal::ListedPrincipal;
use super::principal::{Kind, Principal};
use super::statement::{Effect, Listing, Statement};
use super::truth::Truth;

/// Whom a trust policy lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustDecision {
    /// This very principal: in the role's own account it needs no identity policy.
    AllowedToPrincipal {
        /// The statement that allows it.
        statement: MatchedStatement,
        /// Whether the caller's boundary must allow it all the same: so when the role or everybody (`*`) is named,
        /// not so when the user or the session is.
        limited_by_boundary: bool,
    },
    /// The principal's account: the principal's own identity policies must allow it too.
    AllowedToAccount {
        /// The statement that allows it.
        statement: MatchedStatement,
    },
    /// Denied by a statement, whatever else allows it.
    ExplicitlyDenied {
        /// The statement that denies it.
        statement: MatchedStatement,
    },
    /// No statement allows it.
    NotAllowed,
}

/// How a listed principal is this one, from the least to the most exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Account,
    RoleOrEveryone,
    Itself,
}

/// Returns whether a trust policy lets a principal do an action such as `sts:AssumeRole`.
///
/// The keys that AWS fills in about the principal ([`Principal::context`]) take precedence over those in `context`.
///
/// `NotPrincipal`, which AWS does not support in trust policies, never helps: in an `Allow` it allows nobody, and in a
/// `Deny` it spares only a principal that it lists exactly.
#[must_use]
pub fn evaluate_trust(trust: &PolicyDocument, principal: &Principal, action: &str, context: &Context) -> TrustDecision {
    let context = context.clone().overlaid_with(principal.context());
    let covers = |statement: &Statement| {
        // A resource has no place in a trust policy: such a statement cannot be judged.
        let place = if statement.resources.is_some() { Truth::Unknown } else { Truth::Yes };
        Truth::all([place, covers_principal(statement, principal), statement.covers_action(action, &context)])
    };
    match judge(trust, PolicySource::Trust, covers) {
        Judgement::Denied(statement) => TrustDecision::ExplicitlyDenied { statement },
        Judgement::Silent => TrustDecision::NotAllowed,
        Judgement::Allowed(first) => {
            widest(trust, principal, covers).unwrap_or(TrustDecision::AllowedToAccount { statement: first })
        }
    }
}

/// Returns the most exact of the ways in which the statements that allow it name the principal.
fn widest(
    trust: &PolicyDocument,
    principal: &Principal,
    covers: impl Fn(&Statement) -> Truth,
) -> Option<TrustDecision> {
    let mut found: Option<(Reach, TrustDecision)> = None;
    for (index, statement) in trust.statements().iter().enumerate() {
        if statement.effect != Effect::Allow || !statement.takes_effect(covers(statement)) {
            continue;
        }
        let Some(Listing::Only(listed)) = &statement.principals else { continue };
        let Some(reach) = reach(listed, principal) else { continue };
        if found.as_ref().is_none_or(|(best, _)| reach > *best) {
            let statement = MatchedStatement::new(trust, PolicySource::Trust, index, statement);
            let decision = match reach {
                Reach::Account => TrustDecision::AllowedToAccount { statement },
                Reach::RoleOrEveryone => TrustDecision::AllowedToPrincipal { statement, limited_by_boundary: true },
                Reach::Itself => TrustDecision::AllowedToPrincipal { statement, limited_by_boundary: false },
            };
            found = Some((reach, decision));
        }
    }
    found.map(|(_, decision)| decision)
}

fn covers_principal(statement: &Statement, principal: &Principal) -> Truth {
    match &statement.principals {
        Some(Listing::Only(listed)) => reach(listed, principal).is_some().into(),
        // Listing only the role or only the account does not spare a session of it, nor everyone everyone.
        Some(Listing::AllBut(listed)) if reach(listed, principal) == Some(Reach::Itself) => Truth::No,
        Some(Listing::AllBut(_)) | None => Truth::Unknown,
    }
}

/// Returns the most exact way in which the principal is listed, if it is.
fn reach(listed: &[ListedPrincipal], principal: &Principal) -> Option<Reach> {
    listed.iter().filter_map(|listed| reach_of(listed, principal)).max()
}

fn reach_of(listed: &ListedPrincipal, principal: &Principal) -> Option<Reach> {
    match (listed, principal.kind()) {
        (ListedPrincipal::Everyone, _) => Some(Reach::RoleOrEveryone),
        (ListedPrincipal::Account { partition, id }, _) => {
            let own = principal.own_arn()?;
            let same_partition = partition.as_ref().is_none_or(|partition| *partition == own.partition);
            (own.account == *id && same_partition).then_some(Reach::Account)
        }
        (ListedPrincipal::Arn(arn), Kind::User { arn: own, .. }) => (*arn == own.text).then_some(Reach::Itself),
        (ListedPrincipal::Arn(arn), Kind::Role { role_arn, session_arn, .. }) => {
            if session_arn.as_ref() == Some(arn) {
                Some(Reach::Itself)
            } else {
                (*arn == role_arn.text).then_some(Reach::RoleOrEveryone)
            }
        }
        (ListedPrincipal::UniqueId(id), Kind::User { unique_id, .. }) => (id == unique_id).then_some(Reach::Itself),
        (ListedPrincipal::UniqueId(id), Kind::Role { unique_id, .. }) => {
            let role = unique_id.split_once(':').map_or(unique_id.as_str(), |(role, _)| role);
            (id == role).then_some(Reach::RoleOrEveryone)
        }
        (ListedPrincipal::Service(name), Kind::Service(own)) => (name == own).then_some(Reach::Itself),
        (ListedPrincipal::Federated(name), Kind::Federated(own)) => (name == own).then_some(Reach::Itself),
        _ => None,
    }
}

impl TrustDecision {
    /// Returns whether the trust policy lets the principal in, be it only together with its identity policies.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        matches!(self, Self::AllowedToPrincipal { .. } | Self::AllowedToAccount { .. })
    }
}

impl fmt::Display for TrustDecision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllowedToPrincipal { statement, .. } => write!(formatter, "trusted by {statement}"),
            Self::AllowedToAccount { statement } => {
                write!(formatter, "its account is trusted by {statement}, so its identity policies must allow it too")
            }
            Self::ExplicitlyDenied { statement } => write!(formatter, "explicitly denied by {statement}"),
            Self::NotAllowed => formatter.write_str("denied: the trust policy does not allow it"),
        }
    }
}
