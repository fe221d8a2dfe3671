//! A grant that has ended: why, when, and the receipt.

use jiff::Timestamp;

use super::facts;
use crate::domain::identifier::GrantId;
use crate::domain::markdown::{code, folded, sentence, text};
use crate::domain::own_command::Invocation;
use crate::domain::receipt::{Cause, Revoked};
use crate::domain::time::utc;

/// The row of the receipt whose values are many and of use to few.
const REQUESTS: &str = "AWS requests";

/// Returns the summary of the step that ended a grant, or found it ended.
pub fn revoked(revoked: &Revoked, prefix: &str) -> String {
    let Revoked { grant, cause, removed, now, aws_request_ids, .. } = revoked;
    let word = match cause {
        _ if removed.is_nothing() => "Gone already",
        Cause::Expired => "Expired",
        Cause::Returned(_) => "Returned",
        Cause::Person(_) | Cause::Direct(_) | Cause::Sweep { .. } => "Revoked",
    };
    let mut parts = vec![format!("### ✅ {word}: {}", text(grant.as_str())), told(grant, revoked, *now)];
    parts.extend(revoked.line_of_tampering().map(|line| format!("⚠️ {}", sentence(&line))));
    parts.extend(revoked.lines_of_namesakes().iter().map(|line| sentence(line)));
    let extensions: Vec<String> =
        revoked.lines_of_live_extensions().iter().map(|line| format!("- {}", sentence(line))).collect();
    if !extensions.is_empty() {
        parts.push(extensions.join("\n"));
    }
    let receipt = revoked.receipt(aws_request_ids.join(", "));
    let (requests, rows): (Vec<_>, Vec<_>) = receipt.into_iter().partition(|(name, _)| *name == REQUESTS);
    if !rows.is_empty() {
        parts.push(facts(rows));
        parts.extend(requests.iter().map(|_| {
            let ids: Vec<String> = aws_request_ids.iter().map(|id| format!("- {}", code(id))).collect();
            folded(&format!("The {} requests to AWS that CloudTrail shows", ids.len()), &ids.join("\n"))
        }));
    }
    Invocation::new(prefix).completed(&parts.join("\n\n"))
}

fn told(grant: &GrantId, revoked: &Revoked, now: Timestamp) -> String {
    let (grant, at) = (code(grant.as_str()), utc(now));
    let who = text(revoked.cause.who());
    match &revoked.cause {
        _ if revoked.removed.is_nothing() => format!("Nothing of {grant} was left in AWS at {at}."),
        Cause::Expired => format!("The time of {grant} was over. It is gone from AWS since **{at}**."),
        Cause::Sweep { why, .. } => format!("A sweep took {grant} away at **{at}**: {}.", sentence(why)),
        Cause::Returned(_) => format!("{who} returned {grant}. It is gone from AWS since **{at}**."),
        Cause::Person(_) | Cause::Direct(_) => format!("{who} took {grant} away. It is gone from AWS since **{at}**."),
    }
}
