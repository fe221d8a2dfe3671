//! `port-iam return`: give a grant back before it ends.

use super::given;
use super::{Surroundings, through_port};
use crate::failure::Failure;
use crate::report::Report;

/// Give a grant back before it ends.
///
/// Executes the action `Return permissions` in Port and follows its run. It is for whoever asked for the grant, for its
/// approvers and for administrators of Port, and needs your own credentials of Port (PORT_CLIENT_ID,
/// PORT_CLIENT_SECRET). A grant that is gone already is no failure.
#[derive(Clone, Debug, clap::Args)]
pub struct ReturnArgs {
    /// The grant as the catalog calls it, for example Permission-r_k86OUzq80jRlxFV0.
    #[arg(value_name = "GRANT")]
    grant: String,
    /// How long to follow the run, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = given::seconds)]
    timeout: u64,
}

/// Runs the command.
///
/// # Errors
///
/// Fails as the run does.
pub async fn run(surroundings: &Surroundings<'_>, args: ReturnArgs) -> Result<Report, Failure> {
    let action = &surroundings.names.return_permissions;
    through_port::revocation(surroundings, action, &args.grant, "given back", args.timeout).await
}
