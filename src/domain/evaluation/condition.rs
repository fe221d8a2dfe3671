//! The `Condition` element: operators, keys and values of a statement against the context of a request.

use serde_json::Value;

use super::context::Context;
use super::element;
use super::error::{PolicyDocumentError, Problem};
use super::operand::Operand;
use super::operator::{Operator, SetOperator};
use super::truth::Truth;

/// One key under one operator, with the values that it may have.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    operator: Operator,
    key: String,
    operands: Vec<Operand>,
}

/// Reads a `Condition` element; `at` names it in errors.
pub(super) fn parse(value: &Value, at: &str, variables: bool) -> Result<Vec<Condition>, PolicyDocumentError> {
    let mut conditions = Vec::new();
    for (name, keys) in element::object(value, at)? {
        let at = format!("{at}.{name}");
        let operator = Operator::parse(name).ok_or_else(|| Problem::UnknownOperator.at(&at))?;
        for (key, values) in element::object(keys, &at)? {
            let at = format!("{at}.{key}");
            if !key.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty()) {
                return Err(Problem::value(key, "a condition key is prefix:name").at(at));
            }
            let operands = element::scalars(values, &at)?
                .iter()
                .map(|text| Operand::parse(text, operator.comparison, variables).map_err(|problem| problem.at(&at)))
                .collect::<Result<Vec<_>, _>>()?;
            conditions.push(Condition { operator, key: key.clone(), operands });
        }
    }
    Ok(conditions)
}

impl Condition {
    /// Returns whether the condition holds for a request.
    pub(super) fn holds(&self, context: &Context) -> Truth {
        let values = context.values(&self.key);
        let nulls: Vec<bool> = self
            .operands
            .iter()
            .filter_map(|operand| if let Operand::Null(null) = operand { Some(*null) } else { None })
            .collect();
        if !nulls.is_empty() {
            return Truth::any(nulls.into_iter().map(|null| is_null(values, null)));
        }
        let Some(values) = values.filter(|values| !values.is_empty()) else {
            return self.holds_without_key();
        };
        match self.operator.set {
            Some(set) if values.iter().all(String::is_empty) => Truth::from(set == SetOperator::ForAllValues),
            Some(SetOperator::ForAllValues) => Truth::all(values.iter().map(|value| self.holds_for(value, context))),
            Some(SetOperator::ForAnyValue) => Truth::any(values.iter().map(|value| self.holds_for(value, context))),
            None => match values {
                [value] => self.holds_for(value, context),
                // AWS demands a set operator here and documents no result without one.
                _ => Truth::Unknown,
            },
        }
    }

    fn holds_without_key(&self) -> Truth {
        match self.operator {
            // AWS calls a missing key true for IfExists and false for ForAnyValue, and not which of the two wins.
            Operator { set: Some(SetOperator::ForAnyValue), if_exists: true, .. } => Truth::Unknown,
            Operator { set: Some(SetOperator::ForAnyValue), .. } => Truth::No,
            Operator { set: Some(SetOperator::ForAllValues), .. } | Operator { if_exists: true, .. } => Truth::Yes,
            Operator { set: None, negated, .. } => negated.into(),
        }
    }

    /// Returns whether one value satisfies the operator: equals one of the policy's values, or none for a negated one.
    fn holds_for(&self, value: &str, context: &Context) -> Truth {
        // A variable without a value is like no text. That makes a negated operator true by AWS's word ("no equal or
        // like value"), or the statement invalid by another word of AWS's: an Allow must not build on that.
        let unresolved = if self.operator.negated { Truth::Unknown } else { Truth::No };
        let any = Truth::any(self.operands.iter().map(|operand| operand.test(value, context, unresolved)));
        if self.operator.negated { !any } else { any }
    }
}

/// Returns whether a key is missing (`null`) or there. A key with nothing but empty text is called both by AWS.
fn is_null(values: Option<&[String]>, null: bool) -> Truth {
    match values {
        Some(values) if !values.is_empty() && values.iter().all(String::is_empty) => Truth::Unknown,
        values => (values.is_none_or(<[String]>::is_empty) == null).into(),
    }
}
