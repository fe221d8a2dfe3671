//! What was there before `init` and was taken over by it: it stays, without the power that `init` gave it.
//!
//! What it was before is not known, so it is not made anew: it is named, with what can be done about it.

use serde_json::Value;

use super::plan::{Plan, Removal};
use super::seen::RoleSeen;
use crate::domain::account::AwsAccount;
use crate::domain::names::{GRANTER_ROLE, REVOKER_ROLE};
use crate::domain::setup::{System, writable_action};

/// What can be done about a blueprint that stays.
pub(super) const BLUEPRINT_REMEDY: &str =
    "look at it in https://app.port.io/settings/data-model, and delete it there if nobody needs it any more";

/// An action that starts a workflow that is taken away is switched off: nobody shall ask for what nobody would end.
pub(super) fn action(subject: &str, identifier: &str, theirs: &Value, plan: &mut Plan) {
    if theirs["publish"] != false {
        let mut body = writable_action(theirs);
        body["publish"] = false.into();
        let lines = vec!["it was there before `init`, so it is not deleted; what it starts is taken away".to_owned()];
        let removal = Removal::SwitchOff { identifier: identifier.to_owned(), body };
        plan.take(System::Port, format!("{subject}, which is switched off"), lines, removal);
    }
    let reason = "it does not bear the mark of what `init` makes (it was there before, or an earlier version made it, or its \
                  description was edited), and stays switched off, with what `init` has set in it (what \
                  it starts, its form, who may execute it)";
    let remedy =
        "look at it in https://app.port.io/self-serve; let it start what it started before, or delete it there";
    plan.leave(System::Port, subject.to_owned(), reason.to_owned(), Some(remedy.to_owned()));
}

/// Returns why a blueprint stays.
pub(super) fn blueprint() -> String {
    "it does not bear the mark of what `init` makes (it was there before, or an earlier version made it, or its description was \
     edited), and stays with the properties and relations that `init` has added"
        .to_owned()
}

/// A role that was there before keeps whom it trusts, and loses what `init` has attached to it. Returns whether it is
/// without our policies then.
pub(super) fn role(account: &AwsAccount, subject: &str, role: &RoleSeen, plan: &mut Plan) -> bool {
    let ours = [GRANTER_ROLE, REVOKER_ROLE].map(|name| account.iam_arn("policy", name));
    let attached: Vec<String> = role.attached.iter().filter(|arn| ours.contains(arn)).cloned().collect();
    if !attached.is_empty() {
        let lines = vec!["it was there before `init --adopt`, so it is not deleted".to_owned()];
        let removal = Removal::Power { account: account.id.clone(), name: role.name.clone(), attached };
        plan.take(System::Aws, format!("{subject}, which loses our policies"), lines, removal);
    }
    let reason = "`init --adopt` took it over: it was there before, and stays without our policies, trusting whom `init` has \
                  set; what it held before is not known";
    let remedy = format!(
        "aws iam get-role --role-name {} (its trust policy names the repository's workflows: set the one that it shall have, or delete the role)",
        role.name
    );
    plan.leave(System::Aws, subject.to_owned(), reason.to_owned(), Some(remedy));
    true
}
