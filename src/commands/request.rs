//! `port-iam request`: ask for permissions from the command line.

use serde_json::{Value, json};

use super::given;
use super::{Surroundings, through_port};
use crate::domain::request::RequestForm;
use crate::failure::Failure;
use crate::report::Report;

const EXAMPLE: &str = "\
Example:

  port-iam request --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject --duration 1h";
const WHEN_MISSING: &str = "ask an administrator: `port-iam seed` puts resources and permissions into the catalog, and \
                            `port-iam init` makes the action where it is missing";

/// Ask for permissions on an AWS resource.
///
/// Executes the action `Request permissions` in Port, as the form in the portal would, and follows its run to the end.
/// It needs your own credentials of Port (PORT_CLIENT_ID, PORT_CLIENT_SECRET) and nothing else. Resource and
/// permissions must stand in the catalog.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub struct RequestArgs {
    /// ARN of the resource, as it stands in the catalog.
    #[arg(long, value_name = "ARN")]
    resource: String,
    /// IAM action, such as s3:PutObject; repeat it for more.
    #[arg(long = "permission", value_name = "ACTION", required = true, num_args = 1..)]
    permissions: Vec<String>,
    /// A further resource that the actions need; repeat it for more.
    #[arg(long = "additional-resource", value_name = "ARN", num_args = 1..)]
    additional_resources: Vec<String>,
    /// How long, from 15m to 7d.
    #[arg(long, value_name = "DURATION", default_value = "4h")]
    duration: String,
    /// Why you need it.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// How long to follow the run, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = given::seconds)]
    timeout: u64,
}

/// Runs the command.
///
/// # Errors
///
/// Fails on wrong arguments before anything is sent, and as the run does.
pub async fn run(surroundings: &Surroundings<'_>, args: RequestArgs) -> Result<Report, Failure> {
    given::arn("--resource", &args.resource)?;
    given::duration(&args.duration)?;
    let form = form(&args);
    args.permissions.iter().try_for_each(|action| given::action(action).map(|_| ()))?;
    RequestForm::parse(&form).map_err(given::of_form)?;
    let action = &surroundings.names.request_permissions;
    through_port::grant(surroundings, action, &args.resource, &form, WHEN_MISSING, args.timeout).await
}

fn form(args: &RequestArgs) -> Value {
    let mut form = json!({ "permissions": args.permissions, "duration": args.duration });
    if let Some(reason) = &args.reason {
        form["reason"] = json!(reason);
    }
    if !args.additional_resources.is_empty() {
        form["additional_resources"] = json!(args.additional_resources);
    }
    form
}
