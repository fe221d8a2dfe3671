//! Whether a permissions boundary lets a grant do what it shall.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::evaluation::{Context, PolicyDocument, Request, evaluate};
use super::refusal::Refusal;
use super::time::utc;

/// Returns the first action and resource of `policy` that `boundary` does not allow at `now`.
///
/// # Errors
///
/// Refuses documents that cannot be judged: what is not understood is not taken for a yes.
pub fn first_forbidden(policy: &Value, boundary: &Value, now: Timestamp) -> Result<Option<(String, String)>, Refusal> {
    let unreadable = |error: super::evaluation::PolicyDocumentError| {
        let remedy = "an administrator can restore it: `port-iam aws boundary` prints it";
        Refusal::new("boundary", "boundary", format!("cannot be judged: {error}"), remedy)
    };
    // The boundary is judged alone: what the template's conditions and denials narrow is meant to be narrow.
    let everything = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": "*", "Resource": "*" }] });
    let identity = [PolicyDocument::parse(&everything).map_err(unreadable)?];
    let boundary = PolicyDocument::parse(boundary).map_err(unreadable)?;
    let context = Context::new().with("aws:CurrentTime", utc(now));
    for (action, resource) in grants(policy) {
        // A resource that ends in `*` is judged by one of the things that it stands for.
        let example = resource.strip_suffix('*').map_or_else(|| resource.clone(), |prefix| format!("{prefix}example"));
        let request = Request { action: action.clone(), resource: example, context: context.clone() };
        if !evaluate(&identity, Some(&boundary), &request).is_allowed() {
            return Ok(Some((action, resource)));
        }
    }
    Ok(None)
}

fn grants(policy: &Value) -> Vec<(String, String)> {
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().map(Vec::as_slice).unwrap_or_else(|| std::slice::from_ref(value));
        items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let statements = policy["Statement"].as_array().map(Vec::as_slice).unwrap_or_default();
    let allows = statements.iter().filter(|statement| statement["Effect"] == "Allow");
    allows
        .flat_map(|statement| {
            let resources = texts(&statement["Resource"]);
            texts(&statement["Action"])
                .into_iter()
                .flat_map(move |action| resources.clone().into_iter().map(move |resource| (action.clone(), resource)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boundary_is_not_blamed_for_what_the_template_narrows() {
        let now = "2026-11-23T20:00:00Z".parse().unwrap();
        let policy = json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::b/*"], "Condition": {
                "DateLessThan": { "aws:CurrentTime": "2026-11-23T21:00:00Z" },
                "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } } },
            { "Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {
                "Bool": { "aws:MultiFactorAuthPresent": "false" } } }] });
        let boundary = |action: &str| {
            json!({ "Version": "2012-10-17", "Statement": [
                { "Effect": "Allow", "Action": action, "Resource": "*" }] })
        };
        assert_eq!(first_forbidden(&policy, &boundary("s3:*"), now).unwrap(), None);
        assert!(first_forbidden(&policy, &boundary("s3:Get*"), now).unwrap().is_some());
    }
}
