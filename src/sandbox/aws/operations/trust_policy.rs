//! Trust policies of existing roles.

use serde_json::Value;

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{DOCUMENT, ROLE_NAME};
use super::super::failure::Failure;
use super::super::grammar;
use super::super::role::{Role, find_mut};
use super::super::state::State;
use super::super::xml::Xml;

pub(super) fn update(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name = call.parameters.required("RoleName", &ROLE_NAME)?;
    let document = call.parameters.required("PolicyDocument", &DOCUMENT)?;
    let asked = Asked::on_role("iam:UpdateAssumeRolePolicy", call.state(), &name);
    let state = call.authorize(&[asked])?;
    let document = grammar::check_trust(&document, state)?;
    find_mut(state, &name)?.trust = document;
    Ok(Xml::new())
}

/// Replaces the ARN of a deleted role by its unique id wherever it is trusted.
///
/// IAM keeps the id behind the ARN, so that a role made later under the same name is not trusted in its place
/// (IAM User Guide, "AWS JSON policy elements: Principal").
pub(super) fn forget_principal(state: &mut State, deleted: &Role) {
    let arn = deleted.arn();
    for role in state.roles.values_mut().filter(|role| role.trust.contains(&arn)) {
        let Ok(mut document) = serde_json::from_str::<Value>(&role.trust) else { continue };
        let statements = match document.get_mut("Statement") {
            Some(Value::Array(statements)) => statements.iter_mut().collect(),
            Some(statement) => vec![statement],
            None => Vec::new(),
        };
        for statement in statements {
            if let Some(principal) = statement.pointer_mut("/Principal/AWS") {
                replace(principal, &arn, &deleted.id);
            }
        }
        role.trust = document.to_string();
    }
}

fn replace(principal: &mut Value, arn: &str, id: &str) {
    match principal {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, arn, id)),
        Value::String(text) if text == arn => id.clone_into(text),
        _ => {}
    }
}
