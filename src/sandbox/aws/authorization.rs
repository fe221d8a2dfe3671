//! Is the caller allowed to do what a call asks for?

use jiff::Timestamp;

use super::asked::Asked;
use super::caller::Caller;
use super::failure::Failure;
use super::xml::seconds;
use crate::domain::evaluation::{
    Context, Decision, MatchedStatement, PolicyDocument, PolicySource, Principal, Request, evaluate,
};
use crate::sandbox::cast::AWS_REGION;

/// Which kind of policy refused, in the words of AWS's messages.
const IDENTITY: &str = "identity-based policy";
const BOUNDARY: &str = "permissions boundary";
const SESSION: &str = "session policy";

/// Refuses what the caller's identity policies, boundary and session policies do not allow together.
pub(super) fn judge(caller: &Caller, asked: &Asked, now: Timestamp) -> Result<(), Failure> {
    let own = documents(&caller.policies)?;
    let boundary = caller.boundary.as_deref().map(document).transpose()?;
    let request = Request::new(asked.action, asked.resource.as_str()).with_context(context(caller, asked, now)?);
    let decision = evaluate(&own, boundary.as_ref(), &request);
    refusal(&decision, asked.action, IDENTITY).map_or(Ok(()), |reason| Err(denied(caller, asked, &reason)))?;
    let session = documents(caller.session.as_ref().map_or(&[][..], |session| &session.policies))?;
    if session.is_empty() {
        return Ok(());
    }
    let decision = evaluate(&session, None, &request);
    refusal(&decision, asked.action, SESSION).map_or(Ok(()), |reason| Err(denied(caller, asked, &reason)))
}

/// Returns the condition keys of a request: those of the caller, of the moment, and of the call.
pub(super) fn context(caller: &Caller, asked: &Asked, now: Timestamp) -> Result<Context, Failure> {
    let of_call = asked.context.iter().fold(Context::new(), |context, (key, values)| context.with_all(key, values));
    let own = caller_context(caller, now)?;
    // What the caller is, he cannot say himself: his own keys stay.
    Ok(of_call.overlaid_with(own))
}

fn caller_context(caller: &Caller, now: Timestamp) -> Result<Context, Failure> {
    let context = Context::new()
        .with("aws:CurrentTime", seconds(now))
        .with("aws:EpochTime", now.as_second().to_string())
        // The endpoint stands for AWS's, which takes nothing but TLS.
        .with("aws:SecureTransport", "true")
        .with("aws:SourceIp", "127.0.0.1")
        .with("aws:RequestedRegion", AWS_REGION)
        .with("aws:ViaAWSService", "false")
        .overlaid_with(principal(caller)?.context());
    let Some(session) = &caller.session else { return Ok(context) };
    let context =
        context.with("aws:TokenIssueTime", seconds(session.issued)).with("aws:MultiFactorAuthPresent", "false");
    let context = session
        .tags
        .iter()
        .fold(context, |context, (key, value)| context.with(&format!("aws:PrincipalTag/{key}"), value));
    Ok(match &session.source_identity {
        Some(identity) => context.with("aws:SourceIdentity", identity),
        None => context,
    })
}

/// Returns the caller as trust policies see him.
pub(super) fn principal(caller: &Caller) -> Result<Principal, Failure> {
    let principal = if caller.session.is_some() {
        Principal::assumed_role(&caller.arn, &caller.principal_arn, &caller.user_id)
    } else {
        Principal::from_arn(&caller.arn, &caller.user_id)
    };
    principal.map_err(|error| Failure::service_failure(format!("{}: {error}", caller.arn)))
}

/// Reads documents that were accepted before.
pub(super) fn documents(texts: &[String]) -> Result<Vec<PolicyDocument>, Failure> {
    texts.iter().map(|text| document(text)).collect()
}

/// Reads a document that was accepted before; one that cannot be judged makes the call fail, never pass.
pub(super) fn document(text: &str) -> Result<PolicyDocument, Failure> {
    text.parse().map_err(|error| Failure::service_failure(format!("a stored policy cannot be judged: {error}")))
}

/// Returns why a decision is a refusal, in AWS's words, or nothing when it is none.
pub(super) fn refusal(decision: &Decision, action: &str, kind: &str) -> Option<String> {
    match decision {
        Decision::Allowed { .. } => None,
        Decision::NotAllowed => Some(format!("because no {kind} allows the {action} action")),
        Decision::OutsideBoundary { .. } => Some(format!("because no {BOUNDARY} allows the {action} action")),
        Decision::ExplicitlyDenied { statement: MatchedStatement { source: PolicySource::Boundary, .. } } => {
            Some(format!("with an explicit deny in a {BOUNDARY}"))
        }
        Decision::ExplicitlyDenied { .. } => {
            let article = if kind == IDENTITY { "an" } else { "a" };
            Some(format!("with an explicit deny in {article} {kind}"))
        }
    }
}

/// Returns AWS's refusal.
pub(super) fn denied(caller: &Caller, asked: &Asked, reason: &str) -> Failure {
    let (arn, action, resource) = (&caller.arn, asked.action, &asked.shown);
    let message = format!("User: {arn} is not authorized to perform: {action} on resource: {resource} {reason}");
    Failure::access_denied(message.trim_end())
}
