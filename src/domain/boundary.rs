//! The permissions boundary of every grant: what the rules call for, and whether the live one is that tight and lets a
//! grant do what it shall.

mod compaction;
mod comparison;
mod denials;
mod generated;
mod services;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::evaluation::{Context, PolicyDocument, Request, evaluate};
use super::refusal::{Refusal, RefusalCode};
use super::rules::Rules;
use super::time::utc;

pub use comparison::wider;
pub use generated::from_rules;

/// Checks that the live boundary, whose ARN is `arn`, is no wider than `rules` call for, and allows all that `policy`
/// grants at `now`.
///
/// A boundary that differs and is tighter passes: somebody may have good reasons. One that is wider would let a
/// mistake or an attack come to more than the reviewed rules say, so nothing is granted under it.
///
/// # Errors
///
/// Refuses a boundary that is missing, wider, not understood, or too tight for the grant.
pub fn check(live: Option<&Value>, rules: &Rules, policy: &Value, arn: &str, now: Timestamp) -> Result<(), Refusal> {
    let Some(live) = live else {
        let reason = format!("the permissions boundary {arn} does not exist");
        let remedy = "an administrator can create it: `port-iam aws boundary` prints it, `port-iam init` creates it where it may";
        return Err(Refusal::new(RefusalCode::NoBoundary, "boundary", reason, remedy));
    };
    if let Some((action, resource)) = first_forbidden(policy, live, now)? {
        let reason = format!("the permissions boundary {arn} does not allow {action} on {resource}");
        let remedy = "ask an administrator to bring the boundary up to the rules (`port-iam init`, or what `port-iam aws boundary --repository FOLDER` prints), or ask for something else";
        return Err(Refusal::new(RefusalCode::Boundary, "permissions", reason, remedy));
    }
    match wider(live, &from_rules(rules)?) {
        None => Ok(()),
        Some(difference) => {
            let reason = format!("the permissions boundary {arn} is wider than the rules call for: {difference}");
            let remedy = "an administrator has to set the default version of that policy to what `port-iam aws boundary --repository FOLDER` prints; `port-iam init` does it where it may";
            Err(Refusal::new(RefusalCode::Boundary, "boundary", reason, remedy))
        }
    }
}

/// Returns the first action and resource of `policy` that `boundary` does not allow at `now`.
///
/// # Errors
///
/// Refuses documents that cannot be judged: what is not understood is not taken for a yes.
pub fn first_forbidden(policy: &Value, boundary: &Value, now: Timestamp) -> Result<Option<(String, String)>, Refusal> {
    let unreadable = |error: super::evaluation::PolicyDocumentError| {
        let remedy = "an administrator can restore it: `port-iam aws boundary` prints it";
        Refusal::new(RefusalCode::Boundary, "boundary", format!("cannot be judged: {error}"), remedy)
    };
    // The boundary is judged alone: what the template's conditions and denials narrow is meant to be narrow.
    let everything = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let identity = [PolicyDocument::parse(&everything).map_err(unreadable)?];
    let boundary = PolicyDocument::parse(boundary).map_err(unreadable)?;
    let context = Context::new().with("aws:CurrentTime", utc(now));
    for (action, resource, through) in grants(policy) {
        // A resource that ends in `*` is judged by one of the things that it stands for.
        let example = resource.strip_suffix('*').map_or_else(|| resource.clone(), |prefix| format!("{prefix}example"));
        let context = match through {
            // The use of a key is granted through one service only, and so is it allowed.
            Some(service) => context.clone().with(VIA, service),
            None => context.clone(),
        };
        let request = Request { action: action.clone(), resource: example, context };
        if !evaluate(&identity, Some(&boundary), &request).is_allowed() {
            return Ok(Some((action, resource)));
        }
    }
    Ok(None)
}

const VIA: &str = "kms:ViaService";

/// Returns the actions and resources of a policy, with the service through which alone they are granted.
fn grants(policy: &Value) -> Vec<(String, String, Option<String>)> {
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_else(|| std::slice::from_ref(value));
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let statements = policy["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
    let allows = statements.iter().filter(|statement| statement["Effect"] == "Allow");
    allows
        .flat_map(|statement| {
            let resources = texts(&statement["Resource"]);
            let through = texts(&statement["Condition"]["StringEquals"][VIA]).into_iter().next();
            texts(&statement["Action"]).into_iter().flat_map(move |action| {
                let through = through.clone();
                resources.clone().into_iter().map(move |resource| (action.clone(), resource, through.clone()))
            })
        })
        .collect()
}
