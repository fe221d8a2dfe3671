//! The actions of a statement.

use super::malformed;
use crate::sandbox::aws::failure::Failure;

pub(super) const WITHOUT_VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";

/// What a trust policy may be about.
const TRUST_ACTIONS: [&str; 6] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// Refuses what is neither `*` nor `vendor:Name`.
pub(super) fn check(action: &str) -> Result<(), Failure> {
    if action == "*" {
        return Ok(());
    }
    let (vendor, name) = action.split_once(':').ok_or_else(|| malformed(WITHOUT_VENDOR))?;
    if name.contains(':') {
        return Err(malformed("Actions/Condition can contain only one colon."));
    }
    let letters = |text: &str, others: &str| {
        !text.is_empty()
            && text.chars().all(|character| character.is_ascii_alphanumeric() || others.contains(character))
    };
    if !letters(vendor, "-") {
        return Err(malformed(format!("Vendor {vendor} is not valid")));
    }
    if !letters(name, "-*?") {
        return Err(malformed(format!("Action {action} is not valid")));
    }
    Ok(())
}

/// Refuses what is not about assuming roles.
pub(super) fn check_for_trust(action: &str) -> Result<(), Failure> {
    check(action)?;
    let action = action.to_lowercase();
    let wildcard = action.starts_with("sts:") && action.contains(['*', '?']);
    if wildcard || TRUST_ACTIONS.contains(&action.as_str()) {
        return Ok(());
    }
    Err(malformed("AssumeRole policy may only specify STS AssumeRole actions."))
}
