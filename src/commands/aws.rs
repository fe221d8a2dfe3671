//! `port-iam aws`: prints what an administrator of AWS needs: policies, trust, guardrails, and templates that make
//! them.

mod arguments;
mod emit;

use serde_json::{Map, Value, json};

use super::{Surroundings, checkout};
use crate::assets::{self, Admitted, AssetError};
use crate::config::variables::AWS_ACCOUNT_ID;
use crate::domain::account::AwsAccount;
use crate::domain::boundary;
use crate::domain::role_arn::RoleArn;
use crate::domain::rules::{Account, Rules};
use crate::failure::Failure;
use crate::report::Report;
pub use arguments::AwsArgs;
use arguments::{ACCOUNT, AwsAuth, Which, lacking};

/// A document, what it is called on the command line and in JSON, and what it is for.
type Printed = (&'static str, &'static str, &'static str, Value);

/// Runs the command.
///
/// # Errors
///
/// Fails when the account, or what the named document needs, is missing or wrong; refuses rules whose boundary does not
/// fit.
pub fn run(surroundings: &Surroundings<'_>, args: AwsArgs) -> Result<Report, Failure> {
    let account = args.account.as_deref().or_else(|| surroundings.world.variable(AWS_ACCOUNT_ID));
    if let Some(form) = args.emit {
        let of_trust = if args.aws_auth == AwsAuth::Oidc { args.oidc.missing() } else { Vec::new() };
        if account.is_none() {
            return Err(lacking("the template", &[&[ACCOUNT][..], &of_trust].concat()));
        }
        return emit::run(surroundings, &args, &required_account(&args, account)?, form);
    }
    let Some(which) = args.policy else { return everything(surroundings, &args, account) };
    let document = one(surroundings, &args, account, which)?;
    Ok(Report::done(format!("{document:#}"), json!({ "policy": document })))
}

fn everything(surroundings: &Surroundings<'_>, args: &AwsArgs, account: Option<&str>) -> Result<Report, Failure> {
    let mut wanted = vec![Which::Granter, Which::Revoker, Which::Boundary, Which::RequesterPolicy];
    for (is_given, which, flag) in [
        (!args.administrator.is_empty(), &[Which::Scp][..], "--administrator ARN"),
        (args.organization.is_some(), &[Which::Rcp], "--organization o-ID"),
        (
            args.oidc.is_given(),
            &[Which::OidcGranter, Which::OidcRevoker],
            "--github-repository-id NUMBER and what it names",
        ),
    ] {
        if is_given {
            wanted.extend(which);
        } else {
            let names: Vec<&str> = which.iter().map(|which| about(*which).0).collect();
            surroundings.ui.status(&format!("Left out, since it needs {flag}: {}", names.join(", ")));
        }
    }
    let printed = wanted
        .into_iter()
        .map(|which| {
            let (name, key, purpose) = about(which);
            Ok((name, key, purpose, one(surroundings, args, account, which)?))
        })
        .collect::<Result<Vec<Printed>, Failure>>()?;
    let texts = printed.iter().map(|(name, _, purpose, document)| format!("# {name}: {purpose}\n{document:#}"));
    let fields = printed.iter().map(|(_, key, _, document)| ((*key).to_owned(), document.clone()));
    Ok(Report::done(texts.collect::<Vec<_>>().join("\n\n"), Value::Object(fields.collect::<Map<_, _>>())))
}

fn about(which: Which) -> (&'static str, &'static str, &'static str) {
    match which {
        Which::Granter => ("granter", "granter", "for the workflows' identity, to make grants"),
        Which::Revoker => ("revoker", "revoker", "for the workflows' identity, to take grants away"),
        Which::Boundary => {
            ("boundary", "boundary", "the managed policy port-iam-boundary, the most that any grant can allow")
        }
        Which::RequesterPolicy => ("requester-policy", "requester_policy", "for the people who ask"),
        Which::Scp => ("scp", "scp", "service control policy, for the organisation or its units"),
        Which::Rcp => ("rcp", "rcp", "resource control policy, for the organisation or its units"),
        Which::OidcGranter => ("oidc-granter", "oidc_granter", "trust policy of the role port-iam-granter"),
        Which::OidcRevoker => ("oidc-revoker", "oidc_revoker", "trust policy of the role port-iam-revoker"),
    }
}

fn one(surroundings: &Surroundings<'_>, args: &AwsArgs, account: Option<&str>, which: Which) -> Result<Value, Failure> {
    let (names, partition) = (&surroundings.names, args.partition.as_str());
    let of_account = || required_account(args, account);
    let document = match which {
        Which::Boundary => return boundary(surroundings, args),
        Which::Scp => assets::service_control_policy(names, partition, &admitted(surroundings, args)?),
        Which::Rcp => {
            assets::resource_control_policy(names, partition, &needed(args.organization.as_ref(), "--organization")?)
        }
        Which::Granter => assets::granter_policy(names, &of_account()?),
        Which::Revoker => assets::revoker_policy(names, &of_account()?),
        Which::RequesterPolicy => assets::requester_policy(names, &of_account()?),
        Which::OidcGranter | Which::OidcRevoker => {
            let trust = args.oidc.trust(surroundings, of_account()?)?;
            Ok(if which == Which::OidcGranter { trust.granter } else { trust.revoker })
        }
    };
    document.map_err(wrong)
}

/// Returns the boundary of the rules in a checkout, or of the first rules file.
fn boundary(surroundings: &Surroundings<'_>, args: &AwsArgs) -> Result<Value, Failure> {
    match rules(surroundings, args)? {
        Some(rules) => Ok(boundary::from_rules(&rules)?),
        None => assets::boundary_policy().map_err(wrong),
    }
}

/// Returns whom the guardrail of the organisation lets through.
fn admitted(surroundings: &Surroundings<'_>, args: &AwsArgs) -> Result<Admitted, Failure> {
    needed(args.administrator.first(), "--administrator")?;
    let rules = rules(surroundings, args)?;
    let accounts = || rules.iter().flat_map(|rules| rules.accounts.values());
    let roles =
        |role: fn(&Account) -> &Option<RoleArn>| accounts().filter_map(|account| role(account).clone()).collect();
    if args.aws_auth == AwsAuth::Oidc {
        surroundings.ui.status(&format!(
            "The user {} is not let through: where the workflows have its key, pass --aws-auth access-key",
            args.user
        ));
    }
    Ok(Admitted {
        administrators: args.administrator.clone(),
        granters: roles(|account| &account.granter),
        revokers: roles(|account| &account.revoker),
        user: args.user.clone(),
        is_user_admitted: args.aws_auth == AwsAuth::AccessKey,
    })
}

/// Returns the rules in a checkout, where one is named.
fn rules(surroundings: &Surroundings<'_>, args: &AwsArgs) -> Result<Option<Rules>, Failure> {
    args.repository.as_deref().map(|folder| checkout::rules(folder, &surroundings.names)).transpose()
}

fn needed(value: Option<&String>, flag: &str) -> Result<String, Failure> {
    value.cloned().ok_or_else(|| Failure::usage(format!("{flag} is needed for this document")))
}

fn required_account(args: &AwsArgs, account: Option<&str>) -> Result<AwsAccount, Failure> {
    let account = account
        .ok_or_else(|| Failure::usage("the account is not given").hint("pass --account ID, or set AWS_ACCOUNT_ID"))?;
    AwsAccount::parse("--account", account, &args.partition)
        .map_err(|refusal| Failure::usage(refusal.to_string()).hint(refusal.remedy))
}

fn wrong(error: AssetError) -> Failure {
    Failure::usage(error.to_string())
}
