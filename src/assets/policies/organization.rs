//! Guardrails for an AWS organisation: who writes under our path, and who assumes what lies there.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::assets::{AssetError, checked::Checked, embedded, placeholders::Placeholders, rendering};
use crate::domain::names::{GRANTER_ROLE, Names, REVOKER_ROLE};
use crate::domain::role_arn::RoleArn;

/// Characters of a service control policy (AWS Organizations User Guide, "Quotas").
pub(in crate::assets) const LARGEST: usize = 5_120;

/// Whom the service control policy lets through.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// ARNs of the roles or users that may change everything it guards; `*` stands for any text.
    pub administrators: Vec<String>,
    /// Roles that grant, besides those of the usual name.
    pub granters: Vec<RoleArn>,
    /// Roles that take away, besides those of the usual name.
    pub revokers: Vec<RoleArn>,
    /// Name of the IAM user of workflows with an access key.
    pub user: String,
    /// Whether the workflows use that key.
    pub is_user_admitted: bool,
}

/// Returns the service control policy: under our path nobody writes but the workflows' identities and administrators,
/// nobody but the granter and administrators attaches what lies there to anything, and these identities, the boundary and
/// the administrators themselves only administrators change; nor does anybody else take away the provider that the
/// workflows come in by.
///
/// # Errors
///
/// Fails when a value cannot be rendered safely, when the policy is larger than AWS takes, and when the embedded file
/// cannot be used.
pub fn service_control_policy(names: &Names, partition: &str, admitted: &Admitted) -> Result<Value, AssetError> {
    let values = values(names, partition)?
        .with("<YOUR_BOUNDARY>", Checked::name("permissions boundary", &names.boundary)?)
        .with("<YOUR_GRANTER_ROLE>", Checked::name("role", GRANTER_ROLE)?)
        .with("<YOUR_REVOKER_ROLE>", Checked::name("role", REVOKER_ROLE)?)
        .with("<YOUR_AWS_USER>", Checked::name("user", &admitted.user)?);
    let administrators: Vec<Checked> =
        admitted.administrators.iter().map(|arn| Checked::principal(arn)).collect::<Result<_, _>>()?;
    let of_roles = admitted.granters.iter().chain(&admitted.revokers).map(RoleArn::as_str);
    let all = of_roles.chain(admitted.administrators.iter().map(String::as_str));
    if let Some(other) = all.into_iter().find(|arn| arn.split(':').nth(1) != Some(partition)) {
        let (value, expected) = (other.to_owned(), "of the partition that is printed for");
        return Err(AssetError::Value { what: "ARN of whom the policy lets through", value, expected });
    }
    let in_any_account = |name: &str| format!("arn:{partition}:iam::*:{name}");
    let with_usual = |usual: &str, further: &[RoleArn]| {
        let further = further.iter().map(|arn| arn.as_str().to_owned());
        std::iter::once(in_any_account(&format!("role/{usual}"))).chain(further).collect::<Vec<String>>()
    };
    let user = in_any_account(&format!("user/{}", admitted.user));
    let lists = BTreeMap::from([
        ("<YOUR_ADMINISTRATORS>", administrators.iter().map(|arn| arn.as_str().to_owned()).collect()),
        ("<YOUR_GRANTERS>", with_usual(GRANTER_ROLE, &admitted.granters)),
        ("<YOUR_REVOKERS>", with_usual(REVOKER_ROLE, &admitted.revokers)),
        ("<YOUR_AWS_USERS>", admitted.is_user_admitted.then_some(user).into_iter().collect()),
    ]);
    let path = "workflows/aws/scp.json";
    let policy = values.fill_json(path, with_each(embedded::json(path)?, &lists))?;
    let length = policy.to_string().len();
    if length > LARGEST {
        let value = format!("{length} of {LARGEST} characters");
        let expected = "no larger than AWS takes: name fewer administrators, or several by one ARN with `*`";
        return Err(AssetError::Value { what: "service control policy", value, expected });
    }
    Ok(policy)
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
