//! Inputs that Port did not send.

use serde_json::{Value, json};

use super::ground::{Developer, Wanted};
use super::operation::{Ask, Forgery};
use crate::installed::Dispatched;

/// Returns the form of a request as Port keeps it.
pub(super) fn form(ask: &Ask) -> Value {
    let permissions: Vec<&str> = ask.deeds.iter().map(|deed| deed.action()).collect();
    let mut form = json!({ "permissions": permissions, "duration": ask.span.text() });
    if let Some(further) = ask.further {
        form["additional_resources"] = json!([further.arn()]);
    }
    form
}

/// Returns inputs for a run that Port has not dispatched: somebody with the right to start workflows made them up.
pub(super) fn made_up(ask: &Ask, run_id: &str) -> Dispatched {
    let context = json!({
        "blueprint": "aws_resource",
        "entity": { "identifier": ask.wanted.arn() },
        "runId": run_id,
        "trigger": { "by": { "user": { "email": ask.by.person().email } } },
    });
    let inputs = [("properties", form(ask).to_string()), ("port_context", context.to_string())];
    Dispatched { run_id: run_id.to_owned(), inputs: inputs.map(|(name, text)| (name.to_owned(), text)).into() }
}

/// Returns the forged inputs and what is different around them.
pub(super) fn forge(
    ask: &Ask,
    dispatched: &Dispatched,
    forgery: Forgery,
    other_run: &str,
) -> (Dispatched, Vec<(&'static str, &'static str)>) {
    let context = |change: &dyn Fn(&mut Value)| dispatched.forged(change);
    let forged = match forgery {
        Forgery::OtherResource => {
            let other = if ask.wanted == Wanted::Bucket { Wanted::Archive } else { Wanted::Bucket };
            context(&|it| it["entity"]["identifier"] = json!(other.arn()))
        }
        Forgery::OtherRequester => {
            let other = if ask.by == Developer::Dana { Developer::Max } else { Developer::Dana };
            context(&|it| it["trigger"]["by"]["user"]["email"] = json!(other.person().email))
        }
        Forgery::NobodyAsked => context(&|it| it["trigger"] = json!({})),
        Forgery::MoreActions => dispatched.with_form(|form| {
            form["permissions"].as_array_mut().unwrap().push(json!("s3:PutObjectAcl"));
        }),
        Forgery::LongerDuration => dispatched.with_form(|form| form["duration"] = json!("3h")),
        Forgery::OtherRun(_) => context(&|it| it["runId"] = json!(other_run)),
        Forgery::UnknownRun => context(&|it| it["runId"] = json!("r_nobodyKnowsThis")),
        Forgery::OtherBranch => return (dispatched.clone(), vec![("GITHUB_REF", "refs/heads/mine")]),
        Forgery::OtherAccount => return (dispatched.clone(), vec![("AWS_ACCOUNT_ID", "210987654321")]),
    };
    (forged, Vec::new())
}
