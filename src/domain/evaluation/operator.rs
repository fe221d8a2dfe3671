//! Names of condition operators, as the policy grammar spells them.

use std::cmp::Ordering;

use crate::domain::glob::Case;

/// A condition operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    /// How several values of one key are taken.
    pub(super) set: Option<SetOperator>,
    /// What is compared.
    pub(super) comparison: Comparison,
    /// Whether the operator holds when the comparison does not (`…Not…`).
    pub(super) negated: bool,
    /// Whether the operator holds when the key is missing (`…IfExists`).
    pub(super) if_exists: bool,
}

/// How several values of one key are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SetOperator {
    /// Every value of the request must satisfy the operator; no value at all does.
    ForAllValues,
    /// One value of the request must satisfy the operator; no value at all does not.
    ForAnyValue,
}

/// What an operator compares, before any negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    /// The same text.
    Text(Case),
    /// Text with wildcards.
    Like,
    /// ARNs, segment by segment, with wildcards. `ArnEquals` and `ArnLike` are the same.
    Arn,
    /// Numbers in this relation to the policy's.
    Number(Relation),
    /// Moments in this relation to the policy's.
    Date(Relation),
    /// Truth values.
    Bool,
    /// Bytes, base64 on both sides.
    Binary,
    /// An address in a range.
    IpAddress,
    /// Whether the key is missing.
    Null,
}

/// How the request's value stands to the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Relation {
    /// Returns whether the relation holds for values that compare so.
    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Operator {
    /// Returns the operator of this name, or nothing when the grammar has none such.
    ///
    /// `Null` takes neither a set operator nor `IfExists`.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (set, name) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(SetOperator::ForAllValues), rest),
            Some(("ForAnyValue", rest)) => (Some(SetOperator::ForAnyValue), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (if_exists, name) = match name.strip_suffix("IfExists") {
            Some(rest) => (true, rest),
            None => (false, name),
        };
        let (comparison, negated) = comparison(name)?;
        if comparison == Comparison::Null && (if_exists || set.is_some()) {
            return None;
        }
        Some(Self { set, comparison, negated, if_exists })
    }
}

fn comparison(name: &str) -> Option<(Comparison, bool)> {
    Some(match name {
        "StringEquals" => (Comparison::Text(Case::Sensitive), false),
        "StringNotEquals" => (Comparison::Text(Case::Sensitive), true),
        "StringEqualsIgnoreCase" => (Comparison::Text(Case::Insensitive), false),
        "StringNotEqualsIgnoreCase" => (Comparison::Text(Case::Insensitive), true),
        "StringLike" => (Comparison::Like, false),
        "StringNotLike" => (Comparison::Like, true),
        "ArnEquals" | "ArnLike" => (Comparison::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Comparison::Arn, true),
        "Bool" => (Comparison::Bool, false),
        "BinaryEquals" => (Comparison::Binary, false),
        "IpAddress" => (Comparison::IpAddress, false),
        "NotIpAddress" => (Comparison::IpAddress, true),
        "Null" => (Comparison::Null, false),
        _ => {
            if let Some(relation) = name.strip_prefix("Numeric") {
                let (relation, negated) = relation_of(relation)?;
                (Comparison::Number(relation), negated)
            } else {
                let (relation, negated) = relation_of(name.strip_prefix("Date")?)?;
                (Comparison::Date(relation), negated)
            }
        }
    })
}

fn relation_of(name: &str) -> Option<(Relation, bool)> {
    Some(match name {
        "Equals" => (Relation::Equal, false),
        "NotEquals" => (Relation::Equal, true),
        "LessThan" => (Relation::Less, false),
        "LessThanEquals" => (Relation::LessOrEqual, false),
        "GreaterThan" => (Relation::Greater, false),
        "GreaterThanEquals" => (Relation::GreaterOrEqual, false),
        _ => return None,
    })
}
