//! The ARN of a role that a workflow assumes.

use super::identifier::AccountId;
use super::refusal::{Refusal, RefusalCode, quoted};

/// The ARN of a role, and the account that it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleArn {
    text: String,
    account: AccountId,
}

impl RoleArn {
    /// Parses `arn:PARTITION:iam::ACCOUNT:role/NAME`; `field` names where it stands.
    ///
    /// # Errors
    ///
    /// Refuses everything else.
    pub fn parse(field: &'static str, text: &str) -> Result<Self, Refusal> {
        let wrong = || {
            let reason = format!("{} is not the ARN of a role", quoted(text));
            let remedy = "it looks like arn:aws:iam::123456789012:role/port-iam-granter";
            Refusal::new(RefusalCode::InvalidRole, field, reason, remedy)
        };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let ["arn", partition, "iam", "", account, resource] = parts[..] else { return Err(wrong()) };
        let is_role = resource.strip_prefix("role/").is_some_and(|name| {
            let allowed = |character: char| character.is_ascii_alphanumeric() || "/+=,.@_-".contains(character);
            !name.is_empty() && name.chars().all(allowed)
        });
        if !partition.starts_with("aws") || !is_role {
            return Err(wrong());
        }
        let account = AccountId::parse(field, account).map_err(|_| wrong())?;
        Ok(Self { text: text.to_owned(), account })
    }

    /// Returns the whole ARN.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the account that the role is of.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// Returns the role's name, without its path.
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }
}
