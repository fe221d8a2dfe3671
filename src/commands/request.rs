//! `port-iam request`: ask for permissions from the command line.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Surroundings, connected};
use crate::domain::arn::Arn;
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::RunId;
use crate::domain::request::RequestForm;
use crate::domain::time::{relative, utc};
use crate::engine::following::Followed;
use crate::failure::Failure;
use crate::report::Report;

const EXAMPLE: &str = "\
Example:

  port-iam request --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject --duration 1h";
const WHEN_MISSING: &str =
    "`port-iam init` makes the action, and `port-iam seed` puts resources and permissions into the catalog";

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
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    timeout: u64,
}

/// Runs the command.
///
/// # Errors
///
/// Fails on wrong arguments before anything is sent, and as the run does.
pub async fn run(surroundings: &Surroundings<'_>, args: RequestArgs) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    Arn::parse("--resource", &args.resource)?;
    GrantDuration::parse("--duration", &args.duration)?;
    let form = form(&args);
    RequestForm::parse(&form)?;
    let port = connected::port(surroundings.world)?;
    let action = &surroundings.names.request_permissions;
    let run =
        port.execute(action, &args.resource, &form).await.map_err(|error| Failure::of_call(error, WHEN_MISSING))?;
    ui.status(&format!("Started {action} on {}: run {}", args.resource, run.id));
    let Followed { run_id, lines } = port.follow(world, &run.id, args.timeout, &|line: &str| ui.status(line)).await?;
    let grant = RunId::parse(&run_id)?.grant_id();
    let Some(entity) = port.entity(&surroundings.names.provisioned_permissions, grant.as_str()).await? else {
        return Err(Failure::failed(format!("the run {run_id} ended well, but {grant} is not in the catalog"))
            .hint("something else than the grant workflow ended the run; look at the run in Port"));
    };
    let text = |name: &str| entity.text(name).unwrap_or_default().to_owned();
    let (url, expires, role) = (text("sign_in_url"), text("expiry_time"), text("role_arn"));
    let how = if url.is_empty() { format!("Assume the role {role}") } else { format!("Sign in: {url}") };
    Ok(Report::done(
        format!("{grant} is live until {}\n{how}", until(&expires, world.now())),
        json!({ "run": run_id, "grant": grant.as_str(), "sign_in_url": url, "expires": expires, "role_arn": role, "log": lines }),
    ))
}

/// Returns the end as Port has it, and how far away that is.
fn until(expires: &str, now: Timestamp) -> String {
    expires.parse().map_or_else(|_| expires.to_owned(), |end| format!("{} ({})", utc(end), relative(end, now)))
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
