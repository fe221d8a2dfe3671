//! What a command line, or the environment, gives and a command cannot use.

use crate::domain::arn::Arn;
use crate::domain::duration::GrantDuration;
#[cfg(feature = "full")]
use crate::domain::identifier::AccountId;
use crate::domain::identifier::ActionName;
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::rules::is_address;
use crate::failure::{Failure, FailureKind};

/// Returns the failure of whoever has written a value that is malformed: a usage error. The same value in a request is
/// refused.
pub(super) fn malformed(refusal: Refusal) -> Failure {
    Failure { kind: FailureKind::Usage, ..Failure::from(refusal) }
}

/// Returns the ARN that a flag gives.
///
/// # Errors
///
/// Fails on what is no ARN.
pub(super) fn arn(flag: &'static str, text: &str) -> Result<Arn, Failure> {
    Arn::parse(flag, text).map_err(malformed)
}

/// Returns the account that a flag gives.
///
/// # Errors
///
/// Fails on what is no account id.
#[cfg(feature = "full")]
pub(super) fn account(flag: &'static str, text: &str) -> Result<AccountId, Failure> {
    AccountId::parse(flag, text).map_err(malformed)
}

/// Returns the action that `--permission` gives.
///
/// # Errors
///
/// Fails on what is no name of one action.
pub(super) fn action(text: &str) -> Result<ActionName, Failure> {
    ActionName::parse(text).map_err(of_form)
}

/// Returns the length that `--duration` gives.
///
/// # Errors
///
/// Fails on what is no length of a grant.
pub(super) fn duration(text: &str) -> Result<GrantDuration, Failure> {
    GrantDuration::parse("--duration", text).map_err(malformed)
}

/// Returns the failure of what flags give for a form, named by the flag where the form names its field.
pub(super) fn of_form(refusal: Refusal) -> Failure {
    let flag = match refusal.field {
        "permissions" => "--permission",
        "additional_resources" => "--additional-resource",
        "duration" => "--duration",
        "reason" => "--reason",
        other => other,
    };
    malformed(Refusal { field: flag, ..refusal })
}

/// Checks the e-mail address that `--requester` gives.
///
/// # Errors
///
/// Fails on what is no address.
pub(super) fn check_requester(email: &str) -> Result<(), Failure> {
    if is_address(email) {
        return Ok(());
    }
    let message = format!("--requester: {} is not an e-mail address", quoted(email));
    Err(Failure::usage(message).hint("give the address of the user in Port"))
}

/// Reads the value of `--timeout`.
///
/// # Errors
///
/// Fails on what is no number.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a number of seconds, such as 600".to_owned())
}
