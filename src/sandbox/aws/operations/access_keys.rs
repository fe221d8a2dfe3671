//! Access keys of users.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ACCESS_KEY_ID, ANY, USER_NAME};
use super::super::failure::Failure;
use super::super::state::{AccessKey, State, quota};
use super::super::xml::Xml;
use super::attached_elsewhere::{asked_of_user, user_mut};

pub(super) fn create(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (user, now) = (user(call)?, call.now);
    let state = call.authorize(&[asked_of_user("iam:CreateAccessKey", call.state(), &user)])?;
    user_mut(state, &user)?;
    if state.access_keys.values().filter(|key| key.user == user).count() >= quota::ACCESS_KEYS_PER_USER {
        let message = format!("Cannot exceed quota for AccessKeysPerUser: {}", quota::ACCESS_KEYS_PER_USER);
        return Err(Failure::limit_exceeded(message));
    }
    let id = format!("AKIA{}", state.characters(16));
    let secret = state.secret_access_key();
    let key = AccessKey { user: user.clone(), is_active: true, created: now, last_used: None };
    state.access_keys.insert(id.clone(), key);
    let described = Xml::new()
        .text("UserName", &user)
        .text("AccessKeyId", &id)
        .text("Status", "Active")
        .text("SecretAccessKey", &secret)
        .time("CreateDate", now);
    Ok(Xml::new().element("AccessKey", described))
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let user = user(call)?;
    let state = call.authorize(&[asked_of_user("iam:ListAccessKeys", call.state(), &user)])?;
    user_mut(state, &user)?;
    let keys = state.access_keys.iter().filter(|(_, key)| key.user == user).map(|(id, key)| {
        Xml::new()
            .text("UserName", &key.user)
            .text("AccessKeyId", id)
            .text("Status", if key.is_active { "Active" } else { "Inactive" })
            .time("CreateDate", key.created)
    });
    Ok(Xml::new().list("AccessKeyMetadata", keys).text("IsTruncated", "false"))
}

pub(super) fn update(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (user, id) = (user(call)?, call.parameters.required("AccessKeyId", &ACCESS_KEY_ID)?);
    let status = call.parameters.required("Status", &ANY)?;
    let is_active = match status.as_str() {
        "Active" => true,
        "Inactive" => false,
        _ => return Err(Failure::validation_error("Member must satisfy enum value set: [Active, Inactive, Expired]")),
    };
    let state = call.authorize(&[asked_of_user("iam:UpdateAccessKey", call.state(), &user)])?;
    key_mut(state, &user, &id)?.is_active = is_active;
    Ok(Xml::new())
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let (user, id) = (user(call)?, call.parameters.required("AccessKeyId", &ACCESS_KEY_ID)?);
    let state = call.authorize(&[asked_of_user("iam:DeleteAccessKey", call.state(), &user)])?;
    key_mut(state, &user, &id)?;
    state.access_keys.remove(&id);
    Ok(Xml::new())
}

pub(super) fn last_used(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let id = call.parameters.required("AccessKeyId", &ACCESS_KEY_ID)?;
    let state = call.authorize(&[Asked::on_everything("iam:GetAccessKeyLastUsed")])?;
    let key = state.access_keys.get(&id).ok_or_else(|| missing(&id))?;
    let used = match key.last_used {
        Some(at) => Xml::new().time("LastUsedDate", at).text("ServiceName", "iam").text("Region", "us-east-1"),
        None => Xml::new().text("ServiceName", "N/A").text("Region", "N/A"),
    };
    Ok(Xml::new().text("UserName", &key.user).element("AccessKeyLastUsed", used))
}

fn user(call: &Call<'_>) -> Result<String, Failure> {
    call.parameters.required("UserName", &USER_NAME)
}

fn missing(id: &str) -> Failure {
    Failure::no_such_entity(format!("The Access Key with id {id} cannot be found."))
}

fn key_mut<'a>(state: &'a mut State, user: &str, id: &str) -> Result<&'a mut AccessKey, Failure> {
    state.access_keys.get_mut(id).filter(|key| key.user == user).ok_or_else(|| missing(id))
}
