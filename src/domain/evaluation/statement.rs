//! One statement of a policy document.

use serde_json::{Map, Value};

use super::condition::{self, Condition};
use super::context::Context;
use super::decision::Request;
use super::element;
use super::error::{PolicyDocumentError, Problem};
use super::listed_principal::{self, ListedPrincipal};
use super::pattern::{Pattern, Syntax};
use super::truth::Truth;
use crate::domain::glob::{self, Case, Token};

const ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

/// What a statement does when it applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Allow,
    Deny,
}

/// An element together with its opposite: `Action` and `NotAction`, and so on.
#[derive(Clone, Debug)]
pub(super) enum Listing<T> {
    /// What is listed.
    Only(Vec<T>),
    /// Everything but what is listed (`Not…`).
    AllBut(Vec<T>),
}

/// A statement, read and checked.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sid: Option<String>,
    pub(super) effect: Effect,
    pub(super) principals: Option<Listing<ListedPrincipal>>,
    actions: Listing<Vec<Token>>,
    pub(super) resources: Option<Listing<Pattern>>,
    conditions: Vec<Condition>,
}

impl Statement {
    /// Reads a statement; `at` names it in errors, `variables` says whether the document's version has them.
    pub(super) fn parse(value: &Value, at: &str, variables: bool) -> Result<Self, PolicyDocumentError> {
        let object = element::object(value, at)?;
        if let Some(unknown) = object.keys().find(|key| !ELEMENTS.contains(&key.as_str())) {
            return Err(Problem::UnknownElement(unknown.clone()).at(at));
        }
        let actions = listing(object, at, ["Action", "NotAction"], action, element::texts)?
            .ok_or_else(|| Problem::Missing("Action or NotAction").at(at))?;
        let resources =
            listing(object, at, ["Resource", "NotResource"], |text| resource(text, variables), element::texts)?;
        let principals = listing(object, at, ["Principal", "NotPrincipal"], Ok::<_, Problem>, listed_principal::parse)?;
        let conditions = match object.get("Condition") {
            Some(value) => condition::parse(value, &format!("{at}.Condition"), variables)?,
            None => Vec::new(),
        };
        Ok(Self { sid: sid(object, at)?, effect: effect(object, at)?, principals, actions, resources, conditions })
    }

    /// Returns whether the statement is about this request, as part of an identity policy or a boundary.
    ///
    /// A statement with a principal, or without resources, has no place there and cannot be judged.
    pub(super) fn covers(&self, request: &Request) -> Truth {
        let place = if self.principals.is_some() { Truth::Unknown } else { Truth::Yes };
        Truth::all([place, self.covers_resource(request), self.covers_action(&request.action, &request.context)])
    }

    /// Returns whether the statement is about this action under these circumstances, whatever the resource.
    pub(super) fn covers_action(&self, action: &str, context: &Context) -> Truth {
        let action: Vec<char> = action.chars().collect();
        let listed =
            |actions: &[Vec<Token>]| actions.iter().any(|pattern| glob::matches(pattern, &action, Case::Insensitive));
        let acts = match &self.actions {
            Listing::Only(actions) => listed(actions),
            Listing::AllBut(actions) => !listed(actions),
        };
        if !acts {
            return Truth::No;
        }
        Truth::all(self.conditions.iter().map(|condition| condition.holds(context)))
    }

    fn covers_resource(&self, request: &Request) -> Truth {
        let resource: Vec<char> = request.resource.chars().collect();
        let listed = |patterns: &[Pattern], unresolved: Truth| {
            Truth::any(patterns.iter().map(|pattern| match pattern.resolve(&request.context) {
                Some(tokens) => glob::matches(&tokens, &resource, Case::Sensitive).into(),
                None => unresolved,
            }))
        };
        match &self.resources {
            Some(Listing::Only(patterns)) => listed(patterns, Truth::No),
            // "All but what nobody knows" must not become "all" in an Allow.
            Some(Listing::AllBut(patterns)) => !listed(patterns, Truth::Unknown),
            None => Truth::Unknown,
        }
    }

    /// Returns whether the statement takes effect, given whether it is about the request: in doubt an `Allow` does
    /// not, and a `Deny` does.
    pub(super) fn takes_effect(&self, covers: Truth) -> bool {
        match self.effect {
            Effect::Allow => covers == Truth::Yes,
            Effect::Deny => covers != Truth::No,
        }
    }
}

/// Reads an element or its opposite with `read`, and each of its members with `parse`.
fn listing<'v, M, T>(
    object: &'v Map<String, Value>,
    at: &str,
    [only, all_but]: [&'static str; 2],
    parse: impl Fn(M) -> Result<T, Problem>,
    read: impl Fn(&'v Value, &str) -> Result<Vec<M>, PolicyDocumentError>,
) -> Result<Option<Listing<T>>, PolicyDocumentError> {
    let members = |name: &str, value| {
        let at = format!("{at}.{name}");
        read(value, &at)?
            .into_iter()
            .map(|member| parse(member).map_err(|problem| problem.at(&at)))
            .collect::<Result<Vec<T>, _>>()
    };
    Ok(match (object.get(only), object.get(all_but)) {
        (Some(_), Some(_)) => return Err(Problem::Both(only, all_but).at(at)),
        (Some(value), None) => Some(Listing::Only(members(only, value)?)),
        (None, Some(value)) => Some(Listing::AllBut(members(all_but, value)?)),
        (None, None) => None,
    })
}

fn sid(object: &Map<String, Value>, at: &str) -> Result<Option<String>, PolicyDocumentError> {
    let Some(value) = object.get("Sid") else { return Ok(None) };
    let at = format!("{at}.Sid");
    let sid = element::text(value, &at)?;
    if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::value(sid, "a Sid is letters and digits").at(at));
    }
    Ok(Some(sid.to_owned()).filter(|sid| !sid.is_empty()))
}

fn effect(object: &Map<String, Value>, at: &str) -> Result<Effect, PolicyDocumentError> {
    let value = object.get("Effect").ok_or_else(|| Problem::Missing("Effect").at(at))?;
    let at = format!("{at}.Effect");
    match element::text(value, &at)? {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        other => Err(Problem::value(other, "an effect is Allow or Deny").at(at)),
    }
}

fn action(text: &str) -> Result<Vec<Token>, Problem> {
    let is_service =
        |service: &str| !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let named = text.split_once(':').is_some_and(|(service, name)| is_service(service) && !name.is_empty());
    if !matches!(text, "*" | "*:*") && !named {
        return Err(Problem::value(text, "an action is * or service:name, the service without wildcards"));
    }
    Ok(text
        .chars()
        .map(|character| match character {
            '*' => Token::AnyRun,
            '?' => Token::AnyCharacter,
            other => Token::Character(other),
        })
        .collect())
}

fn resource(text: &str, variables: bool) -> Result<Pattern, Problem> {
    let refused = |expected| Err(Problem::value(text, expected));
    if text != "*" {
        let mut parts = text.splitn(6, ':');
        if parts.next() != Some("arn") || !text.contains(':') {
            return refused("a resource is * or an ARN");
        }
        // Documented by AWS: no wildcard stands for the partition or the service.
        if parts.by_ref().take(2).any(|part| part.contains(['*', '?'])) {
            return refused("partition and service of a resource are named, without wildcards");
        }
    }
    let pattern = Pattern::parse(text, Syntax { wildcards: true, variables })?;
    if pattern.colons_before_variable().is_some_and(|colons| colons < 5) {
        return refused("a variable may stand only after the fifth colon of a resource");
    }
    Ok(pattern)
}
