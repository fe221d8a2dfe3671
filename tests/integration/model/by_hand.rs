//! What people with rights of their own do behind the program's back: in the catalog, and in AWS.

use aws_sdk_iam::Client as Iam;
use jiff::SignedDuration;
use port_iam::domain::time::utc;
use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::ground::{Developer, Wanted};
use super::operation::{EntityEdit, RecordEdit, RoleEdit};
use crate::installed::Installed;

/// Changes an entity of the live grants; `another` is a grant to name in it.
pub(super) fn edit_entity(installed: &Installed, grant: &str, edit: EntityEdit, another: &str) {
    let hours_from_now = |hours| utc(installed.harness.sandbox.clock.now() + SignedDuration::from_hours(hours));
    let properties = match edit {
        EntityEdit::Removed => {
            return installed.harness.delete_entity("provisioned_permissions", grant);
        }
        EntityEdit::OtherRelations => {
            let relations = json!({ "aws_resource": Wanted::Archive.arn(), "permissions": ["s3:DeleteObject"] });
            let body = json!({ "identifier": grant, "relations": relations });
            return installed.harness.upsert("provisioned_permissions", &body);
        }
        EntityEdit::ArnsOfAnother(_) => json!({
            "policy_arn": format!("arn:aws:iam::123456789012:policy/port-iam/{another}"),
            "role_arn": format!("arn:aws:iam::123456789012:role/port-iam/{another}"),
        }),
        EntityEdit::ExpiryInThePast => json!({ "expiry_time": hours_from_now(-1) }),
        EntityEdit::ExpiryInTheFuture => json!({ "expiry_time": hours_from_now(999) }),
        EntityEdit::Requester(developer) => json!({ "requester": developer.person().email }),
        EntityEdit::RequesterWhoLeft => json!({ "requester": cast::GONE.email }),
        EntityEdit::State(state) => json!({ "state": state }),
    };
    installed.harness.upsert("provisioned_permissions", &json!({ "identifier": grant, "properties": properties }));
}

/// Changes the permanent record of a grant.
pub(super) fn edit_record(installed: &Installed, grant: &str, edit: RecordEdit) {
    let now = utc(installed.harness.sandbox.clock.now());
    let properties = match edit {
        RecordEdit::Removed => return installed.harness.delete_entity("permission_records", grant),
        RecordEdit::Ended => json!({ "state": "revoked", "revoked_at": now, "revoked_by": cast::ADA.email }),
        RecordEdit::NeverEnded => json!({ "state": "live", "revoked_at": null, "revoked_by": null }),
        RecordEdit::LaterEnd => json!({ "granted_until": "2999-01-01T00:00:00Z" }),
        RecordEdit::Requester(developer) => json!({ "requester": developer.person().email }),
        RecordEdit::OtherActions => json!({ "actions": ["s3:DeleteObject"], "resource": Wanted::Archive.arn() }),
        RecordEdit::OtherDigests => json!({ "trust_digest": "0", "policy_digest": "0" }),
    };
    installed.harness.upsert("permission_records", &json!({ "identifier": grant, "properties": properties }));
}

/// Sets the type of a resource in the catalog.
pub(super) fn retype(installed: &Installed, wanted: Wanted, resource_type: &str) {
    let body = json!({ "identifier": wanted.arn(), "properties": { "resource_type": resource_type } });
    installed.harness.upsert("aws_resource", &body);
}

/// Changes a role that is there. What cannot be done to it, because it was done before, is left undone.
pub(super) fn edit_role(installed: &Installed, grant: &str, by: Developer, edit: RoleEdit) {
    installed.harness.with_aws(async |iam| match edit {
        RoleEdit::AdministratorAttached => {
            let arn = "arn:aws:iam::aws:policy/AdministratorAccess";
            iam.attach_role_policy().role_name(grant).policy_arn(arn).send().await.unwrap();
        }
        RoleEdit::InlinePolicy => {
            let put = iam.put_role_policy().role_name(grant).policy_name("more").policy_document(everything());
            put.send().await.unwrap();
        }
        RoleEdit::PolicyWidened => widen(iam, grant).await,
        RoleEdit::BoundaryRemoved => {
            iam.delete_role_permissions_boundary().role_name(grant).send().await.unwrap();
        }
        RoleEdit::TrustsAnother => {
            let other = if by == Developer::Dana { Developer::Max } else { Developer::Dana };
            let mut trust = trust_of(iam, grant).await;
            trust["Statement"][0]["Principal"] =
                json!({ "AWS": format!("arn:aws:iam::123456789012:user/{}", other.person().iam_user) });
            set_trust(iam, grant, &trust).await;
        }
        RoleEdit::TrustWithoutEnd => {
            let mut trust = trust_of(iam, grant).await;
            trust["Statement"][0].as_object_mut().unwrap().remove("Condition");
            set_trust(iam, grant, &trust).await;
        }
        RoleEdit::TrustWithLaterEnd => {
            let mut trust = trust_of(iam, grant).await;
            trust["Statement"][0]["Condition"] =
                json!({ "DateLessThan": { "aws:CurrentTime": "2999-01-01T00:00:00Z" } });
            set_trust(iam, grant, &trust).await;
        }
        RoleEdit::PolicyDetached => {
            // It may not be attached.
            let _ = iam.detach_role_policy().role_name(grant).policy_arn(policy(grant)).send().await;
        }
        RoleEdit::Removed => remove(iam, grant).await,
    });
}

fn policy(grant: &str) -> String {
    format!("arn:aws:iam::123456789012:policy/port-iam/{grant}")
}

fn everything() -> String {
    let statement = json!({ "Effect": "Allow", "Action": "s3:*", "Resource": "*" });
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

async fn widen(iam: &Iam, grant: &str) {
    let create = iam.create_policy_version().policy_arn(policy(grant)).policy_document(everything());
    // Five versions are as many as there can be, and a grant that was cut off may have no policy.
    let _ = create.set_as_default(true).send().await;
}

async fn trust_of(iam: &Iam, grant: &str) -> Value {
    let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
    crate::harness::decoded(role.assume_role_policy_document().unwrap())
}

async fn set_trust(iam: &Iam, grant: &str, trust: &Value) {
    let update = iam.update_assume_role_policy().role_name(grant).policy_document(trust.to_string());
    update.send().await.unwrap();
}

async fn remove(iam: &Iam, grant: &str) {
    for attached in iam.list_attached_role_policies().role_name(grant).send().await.unwrap().attached_policies() {
        iam.detach_role_policy().role_name(grant).policy_arn(attached.policy_arn().unwrap()).send().await.unwrap();
    }
    for name in iam.list_role_policies().role_name(grant).send().await.unwrap().policy_names() {
        iam.delete_role_policy().role_name(grant).policy_name(name).send().await.unwrap();
    }
    iam.delete_role().role_name(grant).send().await.unwrap();
    let Ok(versions) = iam.list_policy_versions().policy_arn(policy(grant)).send().await else { return };
    for version in versions.versions().iter().filter(|version| !version.is_default_version()) {
        let delete = iam.delete_policy_version().policy_arn(policy(grant));
        delete.version_id(version.version_id().unwrap()).send().await.unwrap();
    }
    iam.delete_policy().policy_arn(policy(grant)).send().await.unwrap();
}
