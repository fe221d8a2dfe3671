//! Which accounts were looked at for the grants of a person or on a resource, and what that leaves open.

use serde_json::{Value, json};

use crate::domain::identifier::AccountId;
use crate::failure::Failure;

/// Where the grants were looked for.
pub(super) struct Reach {
    /// The accounts that were looked at, the one of the caller first.
    looked_at: Vec<AccountId>,
    /// Those that could not be, with the reason.
    unreached: Vec<(AccountId, Failure)>,
    /// Whether Port answered, which knows of the grants of every account but for those without it that are on no record.
    pub(super) port_told: bool,
}

impl Reach {
    /// `home` is the account of the caller, `further` are those with credentials of their own.
    pub(super) fn new<'a>(
        home: &'a AccountId,
        further: impl Iterator<Item = &'a AccountId>,
        unreached: Vec<(AccountId, Failure)>,
        port_told: bool,
    ) -> Self {
        let is_reached = |account: &&AccountId| unreached.iter().all(|(one, _)| one != *account);
        let looked_at = std::iter::once(home).chain(further.filter(is_reached)).cloned().collect();
        Self { looked_at, unreached, port_told }
    }

    /// Returns 1 where an account that was named could not be looked at.
    pub(super) fn exit_code(&self) -> u8 {
        u8::from(!self.unreached.is_empty())
    }

    /// Returns what was not looked at, for people, each on a line that begins with a line break.
    ///
    /// Without Port nobody knows of the accounts to which no credentials were given, and Port itself knows of no grant without
    /// it that no sweep has put on record yet.
    pub(super) fn unlooked(&self) -> String {
        let line =
            |(account, failure): &(AccountId, Failure)| format!("\nThe account {account} was not looked at: {failure}");
        let unreached: String = self.unreached.iter().map(line).collect();
        let accounts: Vec<&str> = self.looked_at.iter().map(AccountId::as_str).collect();
        if self.port_told {
            return format!(
                "\nPort tells of every grant but those without it that no sweep has put on record yet: these were looked for \
                 in {} alone (--account-profile adds an account).{unreached}",
                accounts.join(", ")
            );
        }
        format!(
            "\nWithout Port it was looked for in {} alone: in another account a grant would be live (--account-profile \
             adds an account).{unreached}",
            accounts.join(", ")
        )
    }

    pub(super) fn json(&self, revoked: Vec<Value>, left: Vec<Value>) -> Value {
        let unreached = |(account, failure): &(AccountId, Failure)| json!({ "account": account.as_str(), "message": failure.message });
        let accounts: Vec<&str> = self.looked_at.iter().map(AccountId::as_str).collect();
        json!({
            "revoked": revoked,
            "left": left,
            "accounts": accounts,
            "port_told": self.port_told,
            "not_looked_at": self.unreached.iter().map(unreached).collect::<Vec<_>>(),
        })
    }
}
