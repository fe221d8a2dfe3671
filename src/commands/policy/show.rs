//! The verdicts on a request, and the documents that `grant` would write for it.

use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;

use super::reviewed::Reviewed;
use super::telling;
use crate::commands::Surroundings;
use crate::config::variables::AWS_ACCOUNT_ID;
use crate::domain::adoption::Limits;
use crate::domain::arn::Arn;
use crate::domain::duration::GrantDuration;
use crate::domain::grant::AwsAccount;
use crate::domain::identifier::AccountId;
use crate::domain::policy::{Compiled, Judged, assemble, documents, judge};
use crate::domain::refusal::Refusal;
use crate::domain::request::{MOST_PERMISSIONS, MOST_RESOURCES};
use crate::domain::trust;
use crate::failure::Failure;
use crate::report::Report;

/// The account of AWS's own examples, for documents whose account nobody has told.
const EXAMPLE_ACCOUNT: &str = "123456789012";

#[derive(Clone, Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// ARN of a resource; repeat it for more.
    #[arg(long = "resource", value_name = "ARN", required = true, num_args = 1..)]
    resources: Vec<String>,
    /// IAM action, such as s3:PutObject; repeat it for more.
    #[arg(long = "permission", value_name = "ACTION", required = true, num_args = 1..)]
    permissions: Vec<String>,
    /// How long, from 15m to 7d.
    #[arg(long, value_name = "DURATION", default_value = "4h")]
    duration: String,
    /// E-mail of the person who asks; needed where the rules trust persons.
    #[arg(long, value_name = "EMAIL")]
    requester: Option<String>,
    /// Account of the grant, for resources whose ARN names none [environment: AWS_ACCOUNT_ID].
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// A checkout of the target repository, whose rules file and templates then count; the first ones of `init`
    /// otherwise.
    #[arg(long, value_name = "FOLDER")]
    repository: Option<PathBuf>,
}

/// What would be written.
pub(super) struct Documents {
    pub(super) policies: Vec<Value>,
    pub(super) trust: Value,
    pub(super) compiled: Compiled,
}

/// Everything that is shown.
pub(super) struct Shown {
    pub(super) verdicts: Vec<Judged>,
    pub(super) documents: Result<Documents, Refusal>,
    pub(super) account: AwsAccount,
    /// Whether nobody named the account.
    pub(super) is_example: bool,
    pub(super) trust_sentence: &'static str,
    pub(super) limits: Limits,
    pub(super) end: Timestamp,
}

pub(super) fn run(surroundings: &Surroundings<'_>, args: ShowArgs) -> Result<Report, Failure> {
    let usage = |refusal: Refusal| Failure::usage(refusal.to_string()).hint(refusal.remedy);
    let duration = GrantDuration::parse("--duration", &args.duration).map_err(usage)?;
    check_counts(&args)?;
    let reviewed = Reviewed::read(args.repository.as_deref(), &surroundings.names)?;
    let named = args.account.as_deref().or_else(|| surroundings.world.variable(AWS_ACCOUNT_ID));
    let named = named.map(|text| AccountId::parse("--account", text)).transpose().map_err(usage)?;
    let (account, is_example) = account(named, &args.resources).map_err(usage)?;
    let end = duration.after(surroundings.world.now());
    let verdicts = judge(&texts(&args.resources), &texts(&args.permissions), &reviewed.allowances);
    let documents = assemble(&verdicts, args.resources.len(), &account.id, &reviewed.allowances).and_then(|compiled| {
        let requester = args.requester.as_deref().unwrap_or_default();
        let limits = Limits::default();
        Ok(Documents {
            policies: documents(&reviewed.policy_template, &compiled.statements, end, limits.room().documents)?,
            trust: trust::document(&reviewed.trust_template, &reviewed.trust, &account, requester, end)?,
            compiled,
        })
    });
    let trust_sentence = reviewed.trust.what_it_proves();
    let shown = Shown { verdicts, documents, account, is_example, trust_sentence, limits: Limits::default(), end };
    let report = Report::done(telling::text(&shown), telling::json(&shown));
    if shown.is_example {
        surroundings.ui.warning(&format!(
            "no ARN names an account: the documents are written for the example account {EXAMPLE_ACCOUNT}; pass --account ID"
        ));
    }
    Ok(match shown.documents {
        Ok(_) => report,
        Err(refusal) => {
            let failure = Failure::from(refusal);
            surroundings.ui.failure(&failure);
            report.with_exit_code(failure.kind.exit_code())
        }
    })
}

/// The same limits as those of a request in Port.
fn check_counts(args: &ShowArgs) -> Result<(), Failure> {
    for (flag, count, most) in [
        // The resource that the run is about, and the additional ones.
        ("--resource", args.resources.len(), MOST_RESOURCES + 1),
        ("--permission", args.permissions.len(), MOST_PERMISSIONS),
    ] {
        if count > most {
            return Err(Failure::usage(format!("{flag} is given {count} times; a request has at most {most}")));
        }
    }
    match args.requester.as_deref() {
        Some(email) if !email.contains('@') => {
            Err(Failure::usage("--requester is not an e-mail address").hint("give the address of the user in Port"))
        }
        _ => Ok(()),
    }
}

/// Returns the account that the documents are for, and whether it is only an example. The partition is the ARNs'.
fn account(named: Option<AccountId>, resources: &[String]) -> Result<(AwsAccount, bool), Refusal> {
    let arns: Vec<Arn> = resources.iter().filter_map(|text| Arn::parse("resource", text).ok()).collect();
    let partition = arns.first().map_or("aws", Arn::partition).to_owned();
    let of_arns = arns.iter().find_map(|arn| AccountId::parse("resource", arn.account()).ok());
    let is_example = named.is_none() && of_arns.is_none();
    let id = match named.or(of_arns) {
        Some(id) => id,
        None => AccountId::parse("--account", EXAMPLE_ACCOUNT)?,
    };
    Ok((AwsAccount { id, partition }, is_example))
}

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}
