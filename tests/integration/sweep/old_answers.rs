//! Old answers about one role and its policy, one to each look that a sweep takes at them.

use super::*;

/// The looks that a sweep takes at a role of which Port does not know.
const LOOKS: [&str; 5] = ["GetRole", "GetPolicy", "GetPolicyVersion", "ListAttachedRolePolicies", "ListRolePolicies"];

/// One of the looks at a grant: the call of AWS, and how many of the same come before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) action: &'static str,
    pub(crate) number: usize,
}

impl Look {
    /// Returns the parameters of the call. Of other roles and policies a sweep asks at the same time, in any order.
    fn parameters(self, grant: &str) -> Vec<(&'static str, String)> {
        let mut parameters = vec![("Action", self.action.to_owned()), ("Version", "2010-05-08".to_owned())];
        match self.action {
            "GetPolicy" => parameters.push(("PolicyArn", policy_arn(grant))),
            "GetPolicyVersion" => {
                parameters.extend([("PolicyArn", policy_arn(grant)), ("VersionId", "v1".to_owned())]);
            }
            _ => parameters.push(("RoleName", grant.to_owned())),
        }
        parameters
    }
}

/// Sweeps, and returns each look that was taken at a grant. A sweep that is answered otherwise takes the same ones up to
/// that answer.
pub(crate) fn looks_of_a_sweep(installed: &Installed, grant: &str) -> Vec<Look> {
    let since = installed.harness.sandbox.log.len();
    installed.sweep(&[]).exits(0);
    let exchanges = installed.exchanges_since(since);
    let of_action = |action: &'static str| {
        let call: serde_json::Map<String, Value> = (Look { action, number: 0 }.parameters(grant).into_iter())
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        let call = Value::Object(call);
        let asked = exchanges.iter().filter(|exchange| exchange.body == call).count();
        assert!(asked > 0, "no sweep asks {action}");
        (0..asked).map(move |number| Look { action, number })
    };
    LOOKS.into_iter().flat_map(of_action).collect()
}

/// Sweeps while one look at a grant is answered from when the sandbox remembered, and checks that it was.
#[track_caller]
pub(crate) fn swept_with_an_old_answer(installed: &Installed, grant: &str, look: Look) -> Ran {
    let faults = &installed.harness.sandbox.faults;
    let hits = faults.hits();
    let parameters = look.parameters(grant);
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    faults.plan_call(&parameters, look.number, 1, Fault::StaleRead);
    let ran = installed.sweep(&[]);
    faults.clear();
    assert_eq!(faults.hits() - hits, 1, "{look:?} was not answered from before: {ran:?}");
    ran
}
