//! Grants that were made a moment ago: IAM may not show their role everywhere yet.

use jiff::Timestamp;

use super::Engine;
use super::role_by_name::RoleByName;
use crate::clients::error::ApiError;
use crate::clients::patience::Patience;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::Entity;
use crate::domain::identifier::GrantId;
use crate::domain::receipt::Removed;
use crate::domain::time::SHOWN_WITHIN;
use crate::failure::Failure;

/// How often such a role is looked for again.
const PATIENCE: Patience = Patience::OF_IAM;

/// Returns whether the record tells of a grant that was made a moment before `now` and has not ended.
pub(super) fn is_young(record: &Entity, now: Timestamp) -> bool {
    let made: Option<Timestamp> = record.text("granted_from").and_then(|time| time.parse().ok());
    !record.has_ended() && made.is_some_and(|made| now.duration_since(made) < SHOWN_WITHIN)
}

impl Engine<'_> {
    /// Takes the role of a young grant apart once it shows.
    pub(super) async fn take_apart_when_it_shows(
        &self,
        account: &AwsAccount,
        grant: &GrantId,
        removed: &mut Removed,
    ) -> Result<(), Failure> {
        let is_settled = |named: &Result<RoleByName, ApiError>| !matches!(named, Ok(RoleByName::Missing));
        match PATIENCE.until(self.world, is_settled, async || self.role_by_name(account, grant).await).await? {
            RoleByName::Own(_) => self.take_apart(account, grant, 1, removed).await,
            RoleByName::Missing | RoleByName::Namesake(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(properties: Value) -> Entity {
        let identifier = "Permission-r_1".to_owned();
        Entity { identifier, title: None, properties, relations: Value::Null }
    }

    #[test]
    fn a_grant_is_young_for_half_a_minute_unless_it_has_ended() {
        let record = |extra: Option<&str>| {
            record(json!({ "granted_from": "2026-11-23T20:00:00Z", "revoked_at": extra, "state": "live" }))
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert!(is_young(&record(None), at("2026-11-23T20:00:29Z")));
        assert!(!is_young(&record(None), at("2026-11-23T20:00:30Z")));
        assert!(!is_young(&record(Some("2026-11-23T20:00:10Z")), at("2026-11-23T20:00:20Z")));
    }
}
