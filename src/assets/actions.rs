//! The self-service actions and the expiry automation, as bodies of `POST /v1/actions`.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{AssetError, Backend, Rendering, checked::Checked, embedded, identifiers};
use crate::domain::names::Names;

const FILES: [&str; 5] = [
    "actions/request_permissions.json",
    "actions/extend_permissions.json",
    "actions/return_permissions.json",
    "actions/revoke_permissions.json",
    "actions/revoke_expired_permissions.json",
];

/// The branch that Port's GitHub App dispatches on when the inputs name none.
const BRANCH_OF_THE_APP: &str = "main";

/// Returns the actions and the automation of an installation.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or an embedded file cannot be used.
pub fn actions(rendering: &Rendering) -> Result<Vec<Value>, AssetError> {
    let values = rendering.action_values()?;
    let branch = Checked::branch(&rendering.default_branch)?;
    FILES
        .iter()
        .map(|path| {
            let mut action = values.fill_json(path, embedded::json(path)?)?;
            identifiers::rename(path, &rendering.names, &mut action)?;
            let invocation =
                action.get_mut("invocationMethod").ok_or_else(|| malformed(path, "invocationMethod is missing"))?;
            name_the_branch(path, invocation, &branch)?;
            if let Backend::IntegrationAction { installation_id } = &rendering.backend {
                through_the_integration(path, invocation, &Checked::installation(installation_id)?)?;
            }
            Ok(action)
        })
        .collect()
}

/// Returns what people fill in to run each action of an installation, by the action's identifier, whatever it starts.
///
/// # Errors
///
/// Fails when an embedded file cannot be used.
pub fn action_forms(names: &Names) -> Result<BTreeMap<String, Value>, AssetError> {
    let form = |path: &&str| {
        let mut action = embedded::json(path)?;
        identifiers::rename(path, names, &mut action)?;
        let identifier = action["identifier"].as_str().unwrap_or_default().to_owned();
        Ok((identifier, action["trigger"]["userInputs"].take()))
    };
    FILES.iter().map(form).collect()
}

/// Adds `ref` to the inputs where the app would dispatch on a branch that does not exist. Port takes it out again.
fn name_the_branch(path: &str, invocation: &mut Value, branch: &Checked) -> Result<(), AssetError> {
    if branch.as_str() == BRANCH_OF_THE_APP {
        return Ok(());
    }
    let inputs = invocation
        .get_mut("workflowInputs")
        .and_then(Value::as_object_mut)
        .ok_or_else(|| malformed(path, "workflowInputs is no object"))?;
    inputs.insert("ref".to_owned(), json!(branch.as_str()));
    Ok(())
}

/// Turns the `GITHUB` form, which the files have, into the `INTEGRATION_ACTION` form of the same dispatch.
fn through_the_integration(path: &str, invocation: &mut Value, installation: &Checked) -> Result<(), AssetError> {
    let Value::Object(dispatch) = invocation.take() else {
        return Err(malformed(path, "invocationMethod is no object"));
    };
    let dispatch: Map<_, _> = dispatch.into_iter().filter(|(key, _)| key != "type").collect();
    *invocation = json!({
        "type": "INTEGRATION_ACTION",
        "installationId": installation.as_str(),
        "integrationActionType": "dispatch_workflow",
        "integrationActionExecutionProperties": dispatch,
    });
    Ok(())
}

fn malformed(path: &str, problem: &str) -> AssetError {
    AssetError::Malformed { path: path.to_owned(), problem: problem.to_owned() }
}
