//! The policy's side of a comparison: read once, so that a value of the wrong type is an error and never an answer.

use std::net::IpAddr;

use jiff::Timestamp;

use super::context::Context;
use super::error::Problem;
use super::operator::{Comparison, Relation};
use super::pattern::{Pattern, Syntax};
use super::quantity::{self, Decimal, Network};
use super::truth::Truth;
use crate::domain::glob::{self, Case, Token};

/// The parts of an ARN: `arn`, partition, service, region, account, and the resource with all its further colons.
const ARN_PARTS: usize = 6;

/// One value of a condition.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Text(Pattern, Case),
    Arn(Pattern),
    Number(Decimal, Relation),
    Date(Timestamp, Relation),
    Bool(bool),
    Binary(Vec<u8>),
    Network(Network),
    Null(bool),
}

impl Operand {
    /// Reads a value of the policy for a comparison. Only texts and ARNs take policy variables, as AWS documents.
    pub(super) fn parse(text: &str, comparison: Comparison, variables: bool) -> Result<Self, Problem> {
        let wrong = |expected| Problem::value(text, expected);
        let boolean = || quantity::boolean(text).ok_or_else(|| wrong("it must be true or false"));
        Ok(match comparison {
            Comparison::Text(case) => Self::Text(Pattern::parse(text, Syntax { wildcards: false, variables })?, case),
            Comparison::Like => {
                Self::Text(Pattern::parse(text, Syntax { wildcards: true, variables })?, Case::Sensitive)
            }
            Comparison::Arn => Self::Arn(arn_pattern(text, variables)?),
            Comparison::Number(relation) => {
                Self::Number(Decimal::parse(text).ok_or_else(|| wrong("it must be a decimal number"))?, relation)
            }
            Comparison::Date(relation) => Self::Date(
                quantity::moment(text)
                    .ok_or_else(|| wrong("it must be an ISO 8601 date and time with offset, or seconds since 1970"))?,
                relation,
            ),
            Comparison::Bool => Self::Bool(boolean()?),
            Comparison::Binary => Self::Binary(quantity::bytes(text).ok_or_else(|| wrong("it must be base64"))?),
            Comparison::IpAddress => {
                Self::Network(Network::parse(text).ok_or_else(|| wrong("it must be an IP address or a CIDR range"))?)
            }
            Comparison::Null => Self::Null(boolean()?),
        })
    }

    /// Returns whether a value of the request compares so; `unresolved` is the answer when a variable has no value.
    pub(super) fn test(&self, value: &str, context: &Context, unresolved: Truth) -> Truth {
        // A value of the request that is no number, date, … cannot be judged: it must not satisfy an Allow.
        match self {
            Self::Text(pattern, case) => match pattern.resolve(context) {
                Some(tokens) => glob::matches(&tokens, &value.chars().collect::<Vec<_>>(), *case).into(),
                None => unresolved,
            },
            Self::Arn(pattern) => match pattern.resolve(context) {
                Some(tokens) => arn_matches(&tokens, value).unwrap_or(unresolved),
                None => unresolved,
            },
            Self::Number(own, relation) => {
                Decimal::parse(value).map_or(Truth::Unknown, |other| relation.holds(other.cmp(own)).into())
            }
            Self::Date(own, relation) => {
                quantity::moment(value).map_or(Truth::Unknown, |other| relation.holds(other.cmp(own)).into())
            }
            Self::Bool(own) => quantity::boolean(value).map_or(Truth::Unknown, |other| (other == *own).into()),
            Self::Binary(own) => quantity::bytes(value).map_or(Truth::Unknown, |other| (other == *own).into()),
            Self::Network(own) => {
                value.parse::<IpAddr>().map_or(Truth::Unknown, |address| own.contains(address).into())
            }
            // Asks for the key and not for its value: the condition answers it.
            Self::Null(_) => Truth::Unknown,
        }
    }
}

fn arn_pattern(text: &str, variables: bool) -> Result<Pattern, Problem> {
    let pattern = Pattern::parse(text, Syntax { wildcards: true, variables })?;
    // With a variable the parts can only be counted once it has a value.
    if pattern.colons_before_variable().is_none() && text.splitn(ARN_PARTS, ':').count() < ARN_PARTS {
        return Err(Problem::value(text, "an ARN has six parts, each of which may be *"));
    }
    Ok(pattern)
}

/// Compares an ARN part by part, so that no wildcard crosses from one part to the next; nothing when the pattern is no
/// ARN once its variables are known.
fn arn_matches(pattern: &[Token], value: &str) -> Option<Truth> {
    let patterns: Vec<_> = pattern.splitn(ARN_PARTS, |token| *token == Token::Character(':')).collect();
    if patterns.len() < ARN_PARTS {
        return None;
    }
    let parts: Vec<_> = value.splitn(ARN_PARTS, ':').collect();
    let same = parts.len() == ARN_PARTS
        && patterns
            .iter()
            .zip(&parts)
            .all(|(pattern, part)| glob::matches(pattern, &part.chars().collect::<Vec<_>>(), Case::Sensitive));
    Some(same.into())
}
