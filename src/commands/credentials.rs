//! `port-iam credentials`: a `credential_process` for the AWS CLI and SDKs.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::named_grant::named;
use super::{Surroundings, connected, given};
use crate::clients::aws::{Aws, AwsCredentials, NamedProfile};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::Port;
use crate::config;
use crate::config::port::PortSettings;
use crate::domain::account::AwsAccount;
use crate::domain::identifier::GrantId;
use crate::domain::session::{SessionLimits, session_name, useful_until};
use crate::domain::time::utc;
use crate::domain::trust;
use crate::failure::Failure;
use crate::report::Report;

const HELP: &str = "\
In ~/.aws/config, where `default` is the profile that holds your own credentials:

  [profile upload]
  credential_process = port-iam credentials Permission-r_k86OUzq80jRlxFV0 --profile default

`port-iam show GRANT` prints the block for a grant.";

/// Print the credentials of a grant for the AWS CLI and SDKs, as a `credential_process`.
///
/// It assumes the grant's role with your own AWS credentials and prints the session's as JSON on standard output;
/// everything else goes to standard error, and nothing is written anywhere. The session ends with the grant, and after
/// an hour where your own credentials are those of a role (AWS's limit for role chaining): the CLI then asks anew. The
/// end of the grant is what the role says; where you may not read it, what Port says (PORT_CLIENT_ID,
/// PORT_CLIENT_SECRET); where neither tells it, sessions are of 15 minutes.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = HELP)]
pub struct CredentialsArgs {
    /// The grant, such as Permission-r_k86OUzq80jRlxFV0.
    #[arg(value_name = "GRANT")]
    grant: String,
    /// Profile that holds your own credentials [default: the access key of the environment, or AWS_PROFILE].
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// AWS account of the grant, where it is not that of your own credentials.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Source identity of the session, where the role's trust asks for one and your own session carries none.
    #[arg(long, value_name = "NAME")]
    source_identity: Option<String>,
}

/// What is known of a role that is to be assumed.
#[derive(Clone, Copy, Debug, Default)]
struct OfRole {
    end: Option<Timestamp>,
    longest: Option<i32>,
}

/// Runs the command.
///
/// # Errors
///
/// Refuses a grant whose time is over; fails when AWS does not let the caller assume the role.
pub async fn run(surroundings: &Surroundings<'_>, args: CredentialsArgs) -> Result<Report, Failure> {
    let world = surroundings.world;
    let grant = named(&args.grant)?;
    let account = args.account.as_deref().map(|id| given::account("--account", id)).transpose()?;
    config::aws_profile::check_is_not_our_own(world, args.profile.as_deref())?;
    let mut settings = config::aws::read(world, "credentials")?;
    if args.profile.is_some() {
        let named = args.profile.clone().map(|name| NamedProfile { name, named_by: "--profile" });
        settings.credentials = AwsCredentials::Profile(named);
    }
    let aws = Aws::new(world, &settings).await?;
    let caller = aws.caller().await?;
    let is_own = account.as_ref().is_none_or(|account| *account == caller.account.id);
    let account = AwsAccount { id: account.unwrap_or_else(|| caller.account.id.clone()), ..caller.account.clone() };
    let role_arn = account.role_arn(&surroundings.names, &grant);
    let of_role = if is_own { of_role(&aws, &grant, &role_arn).await? } else { None };
    let of_role = match of_role {
        Some(of_role) => of_role,
        None => OfRole { end: end_in_port(surroundings, &grant, args.profile.as_deref()).await, longest: None },
    };
    let OfRole { end, longest } = of_role;
    let seconds = SessionLimits { caller: &caller.arn, end, longest, now: aws.told_time()? }.seconds(&grant)?;
    let keys = aws
        .assume_role(&role_arn, &session_name(&caller.arn), seconds, args.source_identity.as_deref())
        .await
        .map_err(|error| not_assumed(error, &grant, &caller.arn))?;
    // The form is AWS's own (AWS SDKs and Tools Reference Guide, "Process credential provider").
    let form: Value = json!({
        "Version": 1,
        "AccessKeyId": keys.access_key_id,
        "SecretAccessKey": keys.secret_access_key.expose_secret(),
        "SessionToken": keys.session_token.expose_secret(),
        "Expiration": utc(useful_until(keys.end, end)),
    });
    world.stdout.write(&format!("{form:#}\n"));
    Ok(Report::done("", Value::Null))
}

/// Reads the role; none where that is not allowed.
async fn of_role(aws: &Aws, grant: &GrantId, arn: &str) -> Result<Option<OfRole>, Failure> {
    match aws.role(grant.as_str()).await {
        Ok(Some(role)) if role.arn == arn => {
            Ok(Some(OfRole { end: trust::end_of(&role.trust), longest: role.max_session_seconds }))
        }
        Ok(_) => Err(Failure::failed(format!("there is no role {arn}"))
            .hint(format!("if the grant has ended, `port-iam show {grant}` says when and by whom"))
            .hint("if it is of another account than your own credentials, pass --account ID")),
        Err(error) if error.kind == ApiErrorKind::Forbidden => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Asks Port for the end, where there are credentials; nobody is asked for any, since a program waits.
async fn end_in_port(surroundings: &Surroundings<'_>, grant: &GrantId, profile: Option<&str>) -> Option<Timestamp> {
    let world = surroundings.world;
    connected::check_port_and_aws(world, profile).await.ok()?;
    let settings = PortSettings::read(world).ok()?;
    let port = Port::new(world, &settings.url, settings.client_id, settings.client_secret).ok()?;
    match port.entity(&surroundings.names.provisioned_permissions, grant.as_str()).await {
        Ok(entity) => entity?.text("expiry_time")?.parse().ok(),
        Err(error) => {
            tracing::info!(%error, "Port does not tell the end of the grant");
            None
        }
    }
}

fn not_assumed(error: ApiError, grant: &GrantId, caller: &str) -> Failure {
    let is_refused = error.kind == ApiErrorKind::Forbidden;
    let mut failure = Failure::from(error);
    if is_refused {
        failure.hints = vec![
            format!(
                "you are {caller}, and the role lets in the person who asked for the grant, until it ends; `port-iam show {grant}` says who and until when"
            ),
            "your own AWS identity needs what `port-iam aws requester-policy` prints".to_owned(),
        ];
    }
    failure
}
