//! AWS's address, region and credentials.

use super::variables::{
    AWS_ACCESS_KEY_ID, AWS_DEFAULT_REGION, AWS_ENDPOINT_URL, AWS_REGION, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
};
use super::{Setting, Source, flag_or_variable, trace_credentials};
use crate::clients::aws::{AwsCredentials, AwsSettings};
use crate::clients::http::ApiUrl;
use crate::failure::Failure;
use crate::world::World;

/// Reads how AWS is reached: a key from the environment, else what the SDK finds.
///
/// # Errors
///
/// Fails on a wrong address, and when only half of a key is set.
pub fn read(world: &World) -> Result<AwsSettings, Failure> {
    let region = flag_or_variable(world, None, &[AWS_REGION, AWS_DEFAULT_REGION]).map(|setting| setting.value);
    let endpoint = endpoint(world)?.value;
    let credentials = match (world.variable(AWS_ACCESS_KEY_ID), world.variable(AWS_SECRET_ACCESS_KEY)) {
        (Some(id), Some(secret)) => AwsCredentials::Keys {
            access_key_id: id.to_owned(),
            secret_access_key: secret.to_owned().into(),
            session_token: world.variable(AWS_SESSION_TOKEN).map(|token| token.to_owned().into()),
        },
        (None, None) => AwsCredentials::Profile,
        _ => {
            return Err(Failure::login("only one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is set")
                .hint("set both, or neither"));
        }
    };
    trace_credentials(
        "AWS",
        match credentials {
            AwsCredentials::Keys { .. } => Source::Variable(AWS_ACCESS_KEY_ID),
            AwsCredentials::Profile => Source::Program("the AWS SDK"),
        },
    );
    Ok(AwsSettings { credentials, region, endpoint })
}

/// Returns the address that takes the place of AWS's own, if there is one.
///
/// # Errors
///
/// Fails on a wrong address.
pub fn endpoint(world: &World) -> Result<Setting<Option<ApiUrl>>, Failure> {
    match world.variable(AWS_ENDPOINT_URL) {
        Some(text) => {
            Ok(Setting::new(Some(ApiUrl::parse(AWS_ENDPOINT_URL, text)?), Source::Variable(AWS_ENDPOINT_URL)))
        }
        None => Ok(Setting::new(None, Source::Default)),
    }
}
