//! `port-iam extend`: go on with a grant from the command line.

use serde_json::json;

use super::given;
use super::named_grant::named;
use super::{Surroundings, through_port};
use crate::domain::extension::ExtensionForm;
use crate::failure::Failure;
use crate::report::Report;

const EXAMPLE: &str = "\
Example:

  port-iam extend Permission-r_k86OUzq80jRlxFV0 --duration 2h --reason \"the import is still running\"";
const WHEN_MISSING: &str = "only live grants can be extended; `port-iam request` asks for a new one, and `port-iam init` \
                            makes the action where it is missing";

/// Go on with a live grant that is yours.
///
/// Executes the action `Extend permissions` in Port and follows its run to the end. It makes a new grant of the same,
/// with a role of its own, which is decided anew; the old one ends when it would have ended. The rules count the time
/// from the beginning of the first grant. It needs your own credentials of Port (PORT_CLIENT_ID, PORT_CLIENT_SECRET).
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub struct ExtendArgs {
    /// The grant as the catalog calls it, for example Permission-r_k86OUzq80jRlxFV0.
    #[arg(value_name = "GRANT")]
    grant: String,
    /// How long, counted from now, from 15m to 7d.
    #[arg(long, value_name = "DURATION", default_value = "4h")]
    duration: String,
    /// Why you need it for longer.
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
pub async fn run(surroundings: &Surroundings<'_>, args: ExtendArgs) -> Result<Report, Failure> {
    let grant = named(&args.grant)?;
    given::duration(&args.duration)?;
    let mut form = json!({ "duration": args.duration });
    if let Some(reason) = &args.reason {
        form["reason"] = json!(reason);
    }
    ExtensionForm::parse(&form).map_err(given::of_form)?;
    let action = &surroundings.names.extend_permissions;
    through_port::grant(surroundings, action, grant.as_str(), &form, WHEN_MISSING, args.timeout).await
}
