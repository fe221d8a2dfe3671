//! Why a policy document cannot be judged.

use std::fmt;

/// A policy document that cannot be judged, with the place of the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyDocumentError {
    /// Where, such as `Statement[1].Condition.StringEquals`; empty for the document as a whole.
    pub at: String,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a policy document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The text is no JSON, is nested too deeply, or has one key twice in one object.
    #[error("is not usable JSON: {0}")]
    Json(String),
    /// Another JSON type was expected.
    #[error("must be {0}")]
    WrongType(&'static str),
    /// An element that the policy grammar does not know.
    #[error("has the element {0:?}, which the policy grammar does not know")]
    UnknownElement(String),
    /// A required element is missing.
    #[error("must have {0}")]
    Missing(&'static str),
    /// Two elements exclude each other.
    #[error("has both {0} and {1}")]
    Both(&'static str, &'static str),
    /// A list that must not be empty.
    #[error("must not be empty")]
    Empty,
    /// An element with a value that the grammar does not allow.
    #[error("is {value:?}; {expected}")]
    Value {
        /// The value found.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
    /// Two statements with the same Sid.
    #[error("has the Sid {0:?} a second time")]
    RepeatedSid(String),
    /// A condition operator that the grammar does not know.
    #[error("is no condition operator")]
    UnknownOperator,
    /// An element that this kind of document must not have.
    #[error("must not have {element} in {kind}")]
    Prohibited {
        /// The element.
        element: &'static str,
        /// The kind of document.
        kind: &'static str,
    },
}

impl fmt::Display for PolicyDocumentError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, problem } = self;
        if at.is_empty() {
            write!(formatter, "policy document {problem}")
        } else {
            write!(formatter, "policy document: {at} {problem}")
        }
    }
}

impl std::error::Error for PolicyDocumentError {}

impl Problem {
    /// Returns the error that names the place of this problem.
    pub(super) fn at(self, at: impl Into<String>) -> PolicyDocumentError {
        PolicyDocumentError { at: at.into(), problem: self }
    }

    /// Returns the problem of a value that is not what it should be.
    pub(super) fn value(value: &str, expected: &'static str) -> Self {
        Self::Value { value: value.to_owned(), expected }
    }
}
