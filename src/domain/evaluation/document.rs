//! A policy document, read strictly: what we could misunderstand is refused.

use std::str::FromStr;

use serde_json::Value;

use super::element;
use super::error::{PolicyDocumentError, Problem};
use super::json;
use super::statement::Statement;

const ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];

/// A policy document that can be judged.
///
/// ```
/// use port_iam::domain::evaluation::PolicyDocument;
///
/// let text = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}"#;
/// assert!(text.parse::<PolicyDocument>().is_ok());
/// ```
#[derive(Clone, Debug)]
pub struct PolicyDocument {
    name: Option<String>,
    statements: Vec<Statement>,
}

impl PolicyDocument {
    /// Returns the document of a JSON value.
    ///
    /// # Errors
    ///
    /// Fails on whatever the [policy grammar] does not know: elements, effects, versions, operators, values of the
    /// wrong type.
    ///
    /// [policy grammar]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
    pub fn parse(value: &Value) -> Result<Self, PolicyDocumentError> {
        let object = element::object(value, "")?;
        if let Some(unknown) = object.keys().find(|key| !ELEMENTS.contains(&key.as_str())) {
            return Err(Problem::UnknownElement(unknown.clone()).at(""));
        }
        if let Some(id) = object.get("Id") {
            element::text(id, "Id")?;
        }
        // Documents without a version are of the older one, and have no variables.
        let variables = match object.get("Version").map(|version| element::text(version, "Version")).transpose()? {
            Some("2012-10-17") => true,
            Some("2008-10-17") | None => false,
            Some(other) => return Err(Problem::value(other, "a version is 2012-10-17 or 2008-10-17").at("Version")),
        };
        let statements = object.get("Statement").ok_or_else(|| Problem::Missing("Statement").at(""))?;
        let statements = element::one_or_many(statements, "Statement")?
            .iter()
            .enumerate()
            .map(|(index, value)| Statement::parse(value, &format!("Statement[{index}]"), variables))
            .collect::<Result<Vec<_>, _>>()?;
        let mut sids = std::collections::BTreeSet::new();
        if let Some(repeated) =
            statements.iter().filter_map(|statement| statement.sid.as_ref()).find(|sid| !sids.insert(*sid))
        {
            return Err(Problem::RepeatedSid(repeated.clone()).at(""));
        }
        Ok(Self { name: None, statements })
    }

    /// Returns the document with the name that explanations call it by.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Returns the name, when it was given one.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Checks that the document can be an identity policy or a boundary: resources everywhere, principals nowhere.
    ///
    /// # Errors
    ///
    /// Fails on the first statement that does not fit.
    pub fn require_identity_policy(&self) -> Result<(), PolicyDocumentError> {
        self.require(|statement| {
            if statement.principals.is_some() {
                Err(Problem::Prohibited { element: "a principal", kind: "an identity policy" })
            } else if statement.resources.is_none() {
                Err(Problem::Missing("Resource or NotResource"))
            } else {
                Ok(())
            }
        })
    }

    /// Checks that the document can be a role's trust policy: principals everywhere, resources nowhere.
    ///
    /// # Errors
    ///
    /// Fails on the first statement that does not fit.
    pub fn require_trust_policy(&self) -> Result<(), PolicyDocumentError> {
        self.require(|statement| {
            if statement.resources.is_some() {
                Err(Problem::Prohibited { element: "a resource", kind: "a trust policy" })
            } else if statement.principals.is_none() {
                Err(Problem::Missing("Principal"))
            } else {
                Ok(())
            }
        })
    }

    pub(super) fn statements(&self) -> &[Statement] {
        &self.statements
    }

    fn require(&self, fits: impl Fn(&Statement) -> Result<(), Problem>) -> Result<(), PolicyDocumentError> {
        self.statements.iter().enumerate().try_for_each(|(index, statement)| {
            fits(statement).map_err(|problem| problem.at(format!("Statement[{index}]")))
        })
    }
}

impl FromStr for PolicyDocument {
    type Err = PolicyDocumentError;

    /// Reads a document from text, in which no key may stand twice in one object.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value = json::parse(text).map_err(|error| Problem::Json(error.to_string()).at(""))?;
        Self::parse(&value)
    }
}
