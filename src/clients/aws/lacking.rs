//! Whose credentials they are that AWS does not take or that are not there: the SDK does not tell which profile it looked
//! for, and a forgotten AWS_PROFILE is seldom the one that is meant.

use super::credentials::AwsCredentials;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::refusal::quoted;
use crate::world::World;

// Names that the SDK itself goes by.
const AWS_PROFILE: &str = "AWS_PROFILE";
const AWS_CONFIG_FILE: &str = "AWS_CONFIG_FILE";
const AWS_SHARED_CREDENTIALS_FILE: &str = "AWS_SHARED_CREDENTIALS_FILE";

/// Returns the error of credentials that come from a profile, which it names with who named it and with where profiles are
/// kept.
pub(super) fn naming_profile(error: ApiError, credentials: &AwsCredentials, world: &World) -> ApiError {
    let AwsCredentials::Profile(named) = credentials else { return error };
    if error.kind != ApiErrorKind::Unauthorized {
        return error;
    }
    let of_flag = named.as_ref().map(|named| (named.name.as_str(), named.named_by));
    let named = of_flag.or_else(|| Some((world.variable(AWS_PROFILE)?, AWS_PROFILE)));
    let whose = named.map(|(name, by)| format!("the AWS profile {} of {by}", quoted(name)));
    let message = match (whose, error.status) {
        (Some(whose), Some(_)) => format!("{}; the credentials are those of {whose}", error.message),
        (Some(whose), None) => format!("{whose} gives no credentials: {}", error.message),
        (None, _) => error.message.clone(),
    };
    let file = |variable, usual: &'static str| world.variable(variable).unwrap_or(usual).to_owned();
    let files = (file(AWS_CONFIG_FILE, "~/.aws/config"), file(AWS_SHARED_CREDENTIALS_FILE, "~/.aws/credentials"));
    let remedy = format!(
        "profiles are kept in {} and {}: name one of `aws configure list-profiles`, and sign in where it wants that",
        files.0, files.1
    );
    ApiError { message, remedy: Some(remedy), ..error }
}
