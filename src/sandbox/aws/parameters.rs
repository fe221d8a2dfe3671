//! The parameters of one call: a form in the query protocol, read against the constraints of the service model.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::constraint::Constraint;
use super::failure::Failure;

/// The parameters as sent.
#[derive(Clone, Debug, Default)]
pub(super) struct Parameters(BTreeMap<String, String>);

impl Parameters {
    /// Reads the query string and the body; the query protocol allows both.
    pub(super) fn parse(query: &str, body: &[u8]) -> Self {
        let query = url::form_urlencoded::parse(query.as_bytes());
        let body = url::form_urlencoded::parse(body);
        Self(query.chain(body).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// Returns a parameter without looking at its form.
    pub(super) fn raw(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a parameter that must be there.
    pub(super) fn required(&self, name: &str, constraint: &Constraint) -> Result<String, Failure> {
        self.optional(name, constraint)?.ok_or_else(|| Failure::constraint(None, name, "Member must not be null"))
    }

    /// Returns a parameter that may be absent.
    pub(super) fn optional(&self, name: &str, constraint: &Constraint) -> Result<Option<String>, Failure> {
        self.raw(name).map(|value| checked(name, value, constraint)).transpose()
    }

    /// Returns a whole number within `range`.
    pub(super) fn number(&self, name: &str, range: RangeInclusive<u32>) -> Result<Option<u32>, Failure> {
        let Some(text) = self.raw(name) else { return Ok(None) };
        let Ok(number) = text.parse::<i64>() else {
            return Err(Failure::constraint(Some(text), name, "Member must be a number"));
        };
        if number < i64::from(*range.start()) {
            let limit = format!("Member must have value greater than or equal to {}", range.start());
            return Err(Failure::constraint(Some(text), name, &limit));
        }
        match u32::try_from(number) {
            Ok(number) if number <= *range.end() => Ok(Some(number)),
            _ => {
                let limit = format!("Member must have value less than or equal to {}", range.end());
                Err(Failure::constraint(Some(text), name, &limit))
            }
        }
    }

    /// Returns a boolean; absent is false.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Failure> {
        match self.raw(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Failure::constraint(Some(other), name, "Member must be a boolean")),
        }
    }

    /// Returns a parameter that must be one of `values`.
    pub(super) fn choice(&self, name: &str, values: &[&str]) -> Result<Option<&str>, Failure> {
        match self.raw(name) {
            Some(value) if !values.contains(&value) => {
                let set = format!("Member must satisfy enum value set: [{}]", values.join(", "));
                Err(Failure::constraint(Some(value), name, &set))
            }
            value => Ok(value),
        }
    }

    /// Returns the items of a list of texts, `NAME.member.1` and so on.
    pub(super) fn list(&self, name: &str, most: usize, constraint: &Constraint) -> Result<Vec<String>, Failure> {
        let items = self.members(name).map_while(|member| self.raw(&member).map(|value| (member.clone(), value)));
        let items = items.map(|(_, value)| checked(name, value, constraint)).collect::<Result<Vec<_>, _>>()?;
        counted(name, items, most)
    }

    /// Returns the parameters of each item of a list of structures, with the item's own names.
    pub(super) fn structures(&self, name: &str, most: usize) -> Result<Vec<Self>, Failure> {
        let items = self.members(name).map(|member| self.below(&member)).take_while(|item| !item.0.is_empty());
        counted(name, items.collect(), most)
    }

    fn members<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        // More members than parameters cannot have been sent.
        (1..=self.0.len()).map(move |number| format!("{name}.member.{number}"))
    }

    fn below(&self, member: &str) -> Self {
        let prefix = format!("{member}.");
        let fields =
            self.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(&prefix)?.to_owned(), value.clone())));
        Self(fields.collect())
    }
}

fn counted<T>(name: &str, items: Vec<T>, most: usize) -> Result<Vec<T>, Failure> {
    if items.len() > most {
        let limit = format!("Member must have length less than or equal to {most}");
        return Err(Failure::constraint(Some("[...]"), name, &limit));
    }
    Ok(items)
}

fn checked(name: &str, value: &str, constraint: &Constraint) -> Result<String, Failure> {
    let length = value.chars().count();
    if length < constraint.min {
        let limit = format!("Member must have length greater than or equal to {}", constraint.min);
        return Err(Failure::constraint(Some(value), name, &limit));
    }
    if length > constraint.max {
        let limit = format!("Member must have length less than or equal to {}", constraint.max);
        return Err(Failure::constraint(Some(value), name, &limit));
    }
    if !(constraint.allows)(value) {
        let message = format!("The specified value for {name} is invalid. {}", constraint.form);
        return Err(Failure::validation_error(message));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::aws::constraint::{ROLE_NAME, TAG_KEY};

    #[test]
    fn a_list_ends_at_its_first_gap() {
        let parameters = Parameters::parse("", b"K.member.1=a&K.member.2=b&K.member.4=d");
        assert_eq!(parameters.list("K", 50, &TAG_KEY), Ok(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn a_number_below_its_range_is_refused_with_the_limit() {
        let parameters = Parameters::parse("MaxSessionDuration=-60", b"");
        let failure = parameters.number("MaxSessionDuration", 3600..=43200).unwrap_err();
        assert_eq!(failure.code, "ValidationError");
        assert!(failure.message.ends_with(
            "at 'maxSessionDuration' failed to satisfy constraint: Member must have value greater than or equal to 3600"
        ));
    }

    #[test]
    fn a_name_counts_characters_and_knows_no_accents() {
        let long = format!("RoleName={}", "x".repeat(65));
        assert!(Parameters::parse(&long, b"").required("RoleName", &ROLE_NAME).is_err());
        assert!(Parameters::parse("RoleName=%C3%A9t%C3%A9", b"").required("RoleName", &ROLE_NAME).is_err());
        assert!(Parameters::parse("RoleName=A_b%2B=,.@-1", b"").required("RoleName", &ROLE_NAME).is_ok());
    }
}
