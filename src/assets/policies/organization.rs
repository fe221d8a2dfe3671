//! Guardrails for an AWS organisation: who writes under our path, and who assumes what lies there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::assets::{AssetError, checked::Checked, embedded, placeholders::Placeholders, rendering};
use crate::domain::names::{GRANTER_ROLE, Names, REVOKER_ROLE};

/// Whom the service control policy lets through.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// ARNs of the roles or users that may change everything it guards; `*` stands for any text.
    pub administrators: Vec<String>,
    /// ARNs of roles that grant, besides those of the usual name.
    pub granters: Vec<String>,
    /// ARNs of roles that take away, besides those of the usual name.
    pub revokers: Vec<String>,
    /// Name of the IAM user of workflows with an access key.
    pub user: String,
    /// Whether the workflows use that key.
    pub is_user_admitted: bool,
}

/// Returns the service control policy: under our path nobody writes but the workflows' identities and administrators,
/// nobody but the granter and administrators attaches what lies there to anything, and these identities, the boundary and
/// the administrators themselves only administrators change.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or the embedded file cannot be used.
pub fn service_control_policy(names: &Names, partition: &str, admitted: &Admitted) -> Result<Value, AssetError> {
    let values = values(names, partition)?
        .with("<YOUR_BOUNDARY>", Checked::name("permissions boundary", &names.boundary)?)
        .with("<YOUR_GRANTER_ROLE>", Checked::name("role", GRANTER_ROLE)?)
        .with("<YOUR_REVOKER_ROLE>", Checked::name("role", REVOKER_ROLE)?)
        .with("<YOUR_AWS_USER>", Checked::name("user", &admitted.user)?);
    for administrator in &admitted.administrators {
        Checked::principal(administrator)?;
    }
    let in_any_account = |name: &str| format!("arn:{partition}:iam::*:{name}");
    let with_usual = |usual: &str, further: &[String]| {
        let mut all = vec![in_any_account(&format!("role/{usual}"))];
        // Accounts in which they have the same name are told once.
        let further = further.iter().filter_map(|arn| arn.split(':').next_back());
        all.extend(further.map(in_any_account));
        all.sort_unstable();
        all.dedup();
        all
    };
    let user = in_any_account(&format!("user/{}", admitted.user));
    let lists = BTreeMap::from([
        ("<YOUR_ADMINISTRATORS>", admitted.administrators.clone()),
        ("<YOUR_GRANTERS>", with_usual(GRANTER_ROLE, &admitted.granters)),
        ("<YOUR_REVOKERS>", with_usual(REVOKER_ROLE, &admitted.revokers)),
        ("<YOUR_AWS_USERS>", admitted.is_user_admitted.then_some(user).into_iter().collect()),
    ]);
    let path = "workflows/aws/scp.json";
    values.fill_json(path, with_each(embedded::json(path)?, &lists))
}

/// Returns the resource control policy: nobody outside the organisation assumes a role under our path, whatever its
/// trust says.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely or the embedded file cannot be used.
pub fn resource_control_policy(names: &Names, partition: &str, organization: &str) -> Result<Value, AssetError> {
    let values = values(names, partition)?.with("<YOUR_AWS_ORGANIZATION>", Checked::aws_organization(organization)?);
    let path = "workflows/aws/rcp.json";
    values.fill_json(path, embedded::json(path)?)
}

fn values(names: &Names, partition: &str) -> Result<Placeholders, AssetError> {
    Ok(rendering::partition_value(partition)?.with("<YOUR_IAM_PATH>", Checked::iam_path(&names.iam_path)?))
}

/// Returns a document in whose lists all the values of a placeholder stand in its place.
fn with_each(document: Value, lists: &BTreeMap<&str, Vec<String>>) -> Value {
    let items = |item: Value| match item.as_str().and_then(|text| lists.get(text)) {
        Some(values) => values.iter().cloned().map(Value::String).collect(),
        None => vec![with_each(item, lists)],
    };
    match document {
        Value::Array(all) => all.into_iter().flat_map(items).collect(),
        Value::Object(fields) => fields.into_iter().map(|(key, field)| (key, with_each(field, lists))).collect(),
        other => other,
    }
}
