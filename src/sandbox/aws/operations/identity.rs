//! Who one is: `GetCallerIdentity`, `GetAccessKeyInfo`, `GetUser`.

use super::super::asked::Asked;
use super::super::call::Call;
use super::super::constraint::{ACCESS_KEY_ID, USER_NAME};
use super::super::failure::Failure;
use super::super::xml::Xml;

pub(super) fn get_caller_identity(call: &mut Call<'_>) -> Result<Xml, Failure> {
    Ok(Xml::new()
        .text("Arn", &call.caller.arn)
        .text("UserId", &call.caller.user_id)
        .text("Account", call.state().account))
}

pub(super) fn get_access_key_info(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let key = call.parameters.required("AccessKeyId", &ACCESS_KEY_ID)?;
    let state = call.authorize(&[Asked::on_everything("sts:GetAccessKeyInfo")])?;
    if state.access_keys.contains_key(&key) || state.sessions.contains_key(&key) {
        return Ok(Xml::new().text("Account", state.account));
    }
    Err(Failure::validation_error("The access key ID provided does not belong to any account."))
}

pub(super) fn get_user(call: &mut Call<'_>) -> Result<Xml, Failure> {
    let name =
        match call.parameters.optional("UserName", &USER_NAME)? {
            Some(name) => name,
            None => call.caller.user_name.clone().ok_or_else(|| {
                Failure::validation_error("Must specify userName when calling with non-User credentials")
            })?,
        };
    let arn = format!("arn:aws:iam::{}:user/{name}", call.state().account);
    let asked = Asked::on("iam:GetUser", arn).shown_as(format!("user {name}"));
    let state = call.authorize(&[asked])?;
    let user = state.users.get(&name);
    let user = user.ok_or_else(|| Failure::no_such_entity(format!("The user with name {name} cannot be found.")))?;
    let user = Xml::new()
        .text("Path", "/")
        .text("UserName", &user.name)
        .text("UserId", &user.id)
        .text("Arn", user.arn())
        .time("CreateDate", user.created);
    Ok(Xml::new().element("User", user))
}
