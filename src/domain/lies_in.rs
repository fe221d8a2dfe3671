//! In which account a resource of the catalog lies.

use super::arn::Arn;
use super::catalog::Entity;
use super::identifier::AccountId;
use super::refusal::{Refusal, RefusalCode, quoted};

/// The property of a resource that names its account, for ARNs that do not.
pub const ACCOUNT: &str = "account";

/// Returns the account of a resource: the one of its ARN, else the one that its entity names; none where neither tells,
/// which means the workflows' own account.
///
/// # Errors
///
/// Refuses an entity that names another account than the ARN, or something that is no account.
pub fn account_of(field: &'static str, arn: &Arn, entity: &Entity) -> Result<Option<AccountId>, Refusal> {
    let remedy = "mend or remove `account` of the entity in the catalog";
    let by_arn = Some(arn.account()).filter(|account| !account.is_empty());
    let named = match &entity.properties[ACCOUNT] {
        serde_json::Value::Null => None,
        serde_json::Value::String(text) if text.is_empty() => None,
        serde_json::Value::String(text) => Some(text.as_str()),
        _ => {
            let reason = format!("the entity {} has an `account` that is no text", quoted(arn.as_str()));
            return Err(Refusal::new(RefusalCode::InvalidAccount, field, reason, remedy));
        }
    };
    if let (Some(of_arn), Some(named)) = (by_arn, named)
        && of_arn != named
    {
        let reason = format!("{} lies in {of_arn}, and its entity says {}", quoted(arn.as_str()), quoted(named));
        return Err(Refusal::new(RefusalCode::ContradictoryAccount, field, reason, remedy));
    }
    // AWS's own things have an account that is none.
    match by_arn.or(named) {
        Some("aws") | None => Ok(None),
        Some(account) => AccountId::parse(ACCOUNT, account).map(Some).map_err(|refusal| {
            let reason = format!("of the entity {}: {}", quoted(arn.as_str()), refusal.reason);
            Refusal::new(RefusalCode::InvalidAccount, field, reason, remedy)
        }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const BUCKET: &str = "arn:aws:s3:::team-a";
    const TABLE: &str = "arn:aws:dynamodb:us-east-1:123456789012:table/t";

    fn of(arn: &str, account: Value) -> Result<Option<String>, &'static str> {
        let properties = json!({ "account": account });
        let entity = Entity { identifier: arn.to_owned(), title: None, properties, relations: Value::Null };
        let found = account_of("entity", &Arn::parse("entity", arn).unwrap(), &entity);
        found.map(|account| account.map(|account| account.to_string())).map_err(|refusal| refusal.code.as_str())
    }

    #[test]
    fn the_arn_tells_before_the_entity_and_neither_means_the_workflows_own() {
        let (one, two) = ("123456789012", "210987654321");
        assert_eq!(of(BUCKET, Value::Null), Ok(None));
        assert_eq!(of(BUCKET, json!("")), Ok(None));
        assert_eq!(of(BUCKET, json!(two)), Ok(Some(two.to_owned())));
        assert_eq!(of(TABLE, Value::Null), Ok(Some(one.to_owned())));
        assert_eq!(of(TABLE, json!(one)), Ok(Some(one.to_owned())));
    }

    #[test]
    fn what_contradicts_the_arn_or_is_no_account_is_refused() {
        assert_eq!(of(TABLE, json!("210987654321")), Err("contradictory-account"));
        for account in [json!("12"), json!("1234567890123"), json!("*"), json!("21098765432１")] {
            assert_eq!(of(BUCKET, account.clone()), Err("invalid-account"), "{account}");
        }
        for account in [json!(210_987_654_321_u64), json!(["210987654321"]), json!(true)] {
            assert_eq!(of(BUCKET, account.clone()), Err("invalid-account"), "{account}");
        }
    }
}
