//! `port-iam aws --emit`: a template that makes the identities, their policies and the boundary.

use serde_json::json;

use super::arguments::{AwsArgs, AwsAuth, Emit, Which};
use super::{boundary, one};
use crate::assets::{Identities, Infrastructure};
use crate::commands::Surroundings;
use crate::domain::account::AwsAccount;
use crate::failure::Failure;
use crate::report::Report;

pub(super) fn run(
    surroundings: &Surroundings<'_>,
    args: &AwsArgs,
    account: &AwsAccount,
    form: Emit,
) -> Result<Report, Failure> {
    let infrastructure = Infrastructure {
        names: surroundings.names.clone(),
        granter: one(surroundings, args, Some(account.id.as_str()), Which::Granter)?,
        revoker: one(surroundings, args, Some(account.id.as_str()), Which::Revoker)?,
        boundary: boundary(surroundings, args)?,
        identities: match args.aws_auth {
            AwsAuth::AccessKey => Identities::User,
            AwsAuth::Oidc => Identities::Roles(args.oidc.trust(surroundings, account.clone())?),
        },
    };
    let template = match form {
        Emit::Cloudformation => infrastructure.cloudformation(),
        Emit::Terraform => infrastructure.terraform(),
    };
    Ok(Report::done(format!("{template:#}"), json!({ "template": template })))
}
