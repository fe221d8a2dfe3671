//! The judgement of identity policies and a permissions boundary.

use std::fmt;

use super::context::Context;
use super::document::PolicyDocument;
use super::statement::{Effect, Statement};
use super::truth::Truth;

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The action, `service:Name` in any case of letters.
    pub action: String,
    /// The ARN of the resource, or `*` for an action that has none. Taken literally: nothing in it is a wildcard.
    pub resource: String,
    /// All else that is known.
    pub context: Context,
}

impl Request {
    /// Returns a request about which nothing else is known.
    #[must_use]
    pub fn new(action: impl Into<String>, resource: impl Into<String>) -> Self {
        Self { action: action.into(), resource: resource.into(), context: Context::new() }
    }

    /// Returns the request with this context.
    #[must_use]
    pub fn with_context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }
}

/// The part that a document plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicySource {
    /// The identity policy at this index of those given.
    Identity(usize),
    /// The permissions boundary.
    Boundary,
    /// The trust policy of the role.
    Trust,
}

/// The statement that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MatchedStatement {
    /// The document's part.
    pub source: PolicySource,
    /// The document's name, when it was given one.
    pub document: Option<String>,
    /// The statement's index in the document, from 0.
    pub index: usize,
    /// The statement's Sid.
    pub sid: Option<String>,
}

/// Whether a request is allowed, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed by this statement, and by the boundary if there is one.
    Allowed {
        /// The first identity statement that allows it.
        statement: MatchedStatement,
    },
    /// Forbidden by this statement, whatever else allows it.
    ExplicitlyDenied {
        /// The first statement that denies it.
        statement: MatchedStatement,
    },
    /// No identity policy allows it.
    NotAllowed,
    /// An identity policy allows it, the boundary does not.
    OutsideBoundary {
        /// The identity statement that would allow it.
        statement: MatchedStatement,
    },
}

/// Returns whether identity policies, limited by a permissions boundary, allow a request.
///
/// A `Deny` in any document wins. Without one, an identity policy must allow the request, and the boundary too. An
/// unresolvable doubt counts against the caller.
#[must_use]
pub fn evaluate(identity: &[PolicyDocument], boundary: Option<&PolicyDocument>, request: &Request) -> Decision {
    decide(judge_identity(identity, request), boundary.map(|boundary| judge_boundary(boundary, request)))
}

/// Returns what follows from what the identity policies grant and what the boundary, if there is one, says.
pub(super) fn decide(granted: Judgement, limit: Option<Judgement>) -> Decision {
    match (granted, limit) {
        (Judgement::Denied(statement), _) | (_, Some(Judgement::Denied(statement))) => {
            Decision::ExplicitlyDenied { statement }
        }
        (Judgement::Silent, _) => Decision::NotAllowed,
        (Judgement::Allowed(statement), Some(Judgement::Silent)) => Decision::OutsideBoundary { statement },
        (Judgement::Allowed(statement), Some(Judgement::Allowed(_)) | None) => Decision::Allowed { statement },
    }
}

/// What documents of one kind say about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    Denied(MatchedStatement),
    Allowed(MatchedStatement),
    Silent,
}

/// Returns what identity policies say together.
pub(super) fn judge_identity(identity: &[PolicyDocument], request: &Request) -> Judgement {
    let mut result = Judgement::Silent;
    for (index, document) in identity.iter().enumerate() {
        match judge(document, PolicySource::Identity(index), |statement| statement.covers(request)) {
            denied @ Judgement::Denied(_) => return denied,
            allowed @ Judgement::Allowed(_) if result == Judgement::Silent => result = allowed,
            _ => {}
        }
    }
    result
}

/// Returns what a permissions boundary says.
pub(super) fn judge_boundary(boundary: &PolicyDocument, request: &Request) -> Judgement {
    judge(boundary, PolicySource::Boundary, |statement| statement.covers(request))
}

/// Returns what one document says, given which statements are about the request.
pub(super) fn judge(
    document: &PolicyDocument,
    source: PolicySource,
    covers: impl Fn(&Statement) -> Truth,
) -> Judgement {
    let first = |effect: Effect| {
        let mut statements = document.statements().iter().enumerate();
        let found =
            statements.find(|(_, statement)| statement.effect == effect && statement.takes_effect(covers(statement)));
        found.map(|(index, statement)| MatchedStatement::new(document, source, index, statement))
    };
    if let Some(statement) = first(Effect::Deny) {
        Judgement::Denied(statement)
    } else {
        first(Effect::Allow).map_or(Judgement::Silent, Judgement::Allowed)
    }
}

impl MatchedStatement {
    pub(super) fn new(document: &PolicyDocument, source: PolicySource, index: usize, statement: &Statement) -> Self {
        Self { source, document: document.name().map(str::to_owned), index, sid: statement.sid.clone() }
    }
}

impl Decision {
    /// Returns whether the request may go ahead.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed { statement } => write!(formatter, "allowed by {statement}"),
            Self::ExplicitlyDenied { statement } => write!(formatter, "explicitly denied by {statement}"),
            Self::NotAllowed => formatter.write_str("denied: no identity policy allows it"),
            Self::OutsideBoundary { statement } => {
                write!(formatter, "denied: the permissions boundary does not allow it, though {statement} does")
            }
        }
    }
}

impl fmt::Display for MatchedStatement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, document, index, sid } = self;
        write!(formatter, "statement {}", index + 1)?;
        if let Some(sid) = sid {
            write!(formatter, " ({sid})")?;
        }
        match source {
            PolicySource::Identity(_) if document.is_some() => formatter.write_str(" of the identity policy")?,
            PolicySource::Identity(index) => write!(formatter, " of identity policy {}", index + 1)?,
            PolicySource::Boundary => formatter.write_str(" of the permissions boundary")?,
            PolicySource::Trust => formatter.write_str(" of the trust policy")?,
        }
        if let Some(document) = document {
            write!(formatter, " {document}")?;
        }
        Ok(())
    }
}
