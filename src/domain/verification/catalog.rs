//! What is asked for, held against the catalog.

use std::collections::BTreeMap;

use crate::domain::arn::Arn;
use crate::domain::catalog::Entity;
use crate::domain::identifier::{AccountId, ActionName, EntityIdentifier};
use crate::domain::lies_in::account_of;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::request::RequestForm;
use crate::domain::resource_types::{can_be_of, service_of_type};

/// The resources that are asked for, the run's own first.
pub(super) struct Resources {
    pub(super) arns: Vec<Arn>,
    pub(super) accounts: Vec<Option<AccountId>>,
    /// In the same order, without repetition.
    pub(super) types: Vec<String>,
}

pub(super) fn verify_resources(resource: &str, form: &RequestForm, entities: &[Entity]) -> Result<Resources, Refusal> {
    let by_identifier: BTreeMap<&str, &Entity> =
        entities.iter().map(|entity| (entity.identifier.as_str(), entity)).collect();
    let asked = std::iter::once(("entity", resource))
        .chain(form.additional_resources.iter().map(|identifier| ("additional_resources", identifier.as_str())));
    let (mut arns, mut accounts, mut types): (Vec<Arn>, Vec<_>, Vec<String>) = Default::default();
    for (field, identifier) in asked {
        let Some(entity) = by_identifier.get(identifier) else {
            let reason = format!("{} is not in the catalog", quoted(identifier));
            return Err(Refusal::new(
                RefusalCode::UnknownResource,
                field,
                reason,
                "add the resource to the catalog first",
            ));
        };
        let Some(resource_type) = entity.resource_type() else {
            let reason = format!("{} has no resource type", quoted(identifier));
            return Err(Refusal::new(RefusalCode::UnknownResource, field, reason, "set `resource_type` of the entity"));
        };
        let arn = Arn::parse(field, identifier)?;
        // The rules allow types, and the reviewed file decides: whoever may edit the catalog must not make a bucket of
        // an instance.
        if !can_be_of(resource_type, &arn) {
            let service = service_of_type(resource_type).unwrap_or(resource_type);
            let reason = format!(
                "{} is in the catalog as {}, which is for resources of AWS's service {service}",
                quoted(identifier),
                quoted(resource_type)
            );
            return Err(Refusal::new(
                RefusalCode::OtherResourceType,
                field,
                reason,
                "mend `resource_type` of the entity",
            ));
        }
        if arns.contains(&arn) {
            let reason = format!("names {} twice", quoted(identifier));
            return Err(Refusal::new(RefusalCode::Duplicate, field, reason, "name each resource once"));
        }
        accounts.push(account_of(field, &arn, entity)?);
        arns.push(arn);
        if !types.iter().any(|known| known == resource_type) {
            types.push(resource_type.to_owned());
        }
    }
    Ok(Resources { arns, accounts, types })
}

pub(super) fn verify_permissions(
    form: &RequestForm,
    entities: &[Entity],
    resource_type: &str,
) -> Result<Vec<ActionName>, Refusal> {
    let by_identifier: BTreeMap<&str, &Entity> =
        entities.iter().map(|entity| (entity.identifier.as_str(), entity)).collect();
    form.permissions
        .iter()
        .map(|identifier| verify_permission(identifier, by_identifier.get(identifier.as_str()), resource_type))
        .collect()
}

fn verify_permission(
    identifier: &EntityIdentifier,
    entity: Option<&&Entity>,
    resource_type: &str,
) -> Result<ActionName, Refusal> {
    let action = ActionName::parse(identifier.as_str())?;
    let Some(entity) = entity else {
        let reason = format!("{} is not in the catalog", quoted(identifier.as_str()));
        return Err(Refusal::new(
            RefusalCode::UnknownPermission,
            "permissions",
            reason,
            "pick one that the form offers",
        ));
    };
    if entity.resource_type() != Some(resource_type) {
        let kind = entity.resource_type().unwrap_or("none");
        let reason =
            format!("{action} is a permission for {}, the resource is of type {}", quoted(kind), quoted(resource_type));
        return Err(Refusal::new(
            RefusalCode::OtherResourceType,
            "permissions",
            reason,
            "pick one that the form offers",
        ));
    }
    Ok(action)
}
