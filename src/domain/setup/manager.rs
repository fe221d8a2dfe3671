//! Whose access key the workflows may get.

use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode};

/// What begins the id of a temporary access key (IAM User Guide, "Unique identifiers").
const TEMPORARY: &str = "ASIA";
const FIELD: &str = "PORT_IAM_MANAGER_ACCESS_KEY_ID";
const REMEDY: &str =
    "create an IAM user for the workflows with the policies that `port-iam aws` prints, and use its access key";

/// An AWS identity, as AWS tells it.
#[derive(Clone, Copy, Debug)]
pub struct AwsIdentity<'a> {
    /// Its ARN.
    pub arn: &'a str,
    /// AWS's unique id of it.
    pub user_id: &'a str,
    /// Its account.
    pub account: &'a AccountId,
}

/// Checks the id of an access key before anything is asked with it.
///
/// # Errors
///
/// Refuses a temporary key.
pub fn check_manager_key(access_key_id: &str) -> Result<(), Refusal> {
    if access_key_id.trim().to_uppercase().starts_with(TEMPORARY) {
        return Err(refusal(RefusalCode::TemporaryKey, "it is a temporary key, which would end within hours"));
    }
    Ok(())
}

/// Checks whether the workflows may act as `manager` in `account`, where `caller` sets them up; none is known where AWS
/// is set up by somebody else.
///
/// # Errors
///
/// Refuses root, the caller's own identity, and identities of another account.
pub fn check_manager(
    manager: AwsIdentity<'_>,
    account: &AccountId,
    caller: Option<AwsIdentity<'_>>,
) -> Result<(), Refusal> {
    if manager.arn.ends_with(":root") {
        return Err(refusal(RefusalCode::RootKey, "it is the account's root user, whom nothing can restrain"));
    }
    if manager.account != account {
        let reason = format!("it belongs to the account {}, not to {}", manager.account, account);
        return Err(refusal(RefusalCode::OtherAccount, &reason));
    }
    if caller.is_some_and(|caller| manager.arn == caller.arn || manager.user_id == caller.user_id) {
        let reason = "it is your own identity; the workflows need one that can do no more than they must";
        return Err(refusal(RefusalCode::OwnKey, reason));
    }
    Ok(())
}

fn refusal(code: RefusalCode, reason: &str) -> Refusal {
    Refusal::new(code, FIELD, reason, REMEDY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(arn: &str, user_id: &str, account: &str) -> Result<(), &'static str> {
        let (own, other) =
            (AccountId::parse("account", "123456789012").unwrap(), AccountId::parse("account", account).unwrap());
        let caller = AwsIdentity { arn: "arn:aws:iam::123456789012:user/ada", user_id: "AIDAADA", account: &own };
        check_manager(AwsIdentity { arn, user_id, account: &other }, &own, Some(caller))
            .map_err(|refusal| refusal.code.as_str())
    }

    #[test]
    fn a_user_of_its_own_may_be_the_manager() {
        assert_eq!(check("arn:aws:iam::123456789012:user/manager", "AIDAMANAGER", "123456789012"), Ok(()));
    }

    #[test]
    fn root_is_refused() {
        assert_eq!(check("arn:aws:iam::123456789012:root", "123456789012", "123456789012"), Err("root-key"));
    }

    #[test]
    fn the_caller_s_own_identity_is_refused_by_either_of_its_names() {
        assert_eq!(check("arn:aws:iam::123456789012:user/ada", "AIDAOTHER", "123456789012"), Err("own-key"));
        assert_eq!(check("arn:aws:iam::123456789012:user/renamed", "AIDAADA", "123456789012"), Err("own-key"));
    }

    #[test]
    fn another_account_is_refused() {
        assert_eq!(check("arn:aws:iam::999999999999:user/m", "AIDAM", "999999999999"), Err("other-account"));
    }

    #[test]
    fn a_temporary_key_is_refused_however_it_is_written() {
        assert!(check_manager_key("AKIASANDBOXMANAGER01").is_ok());
        for id in ["ASIAIOSFODNN7EXAMPLE", " asiaIOSFODNN7EXAMPLE"] {
            assert_eq!(check_manager_key(id).unwrap_err().code.as_str(), "temporary-key");
        }
    }
}
