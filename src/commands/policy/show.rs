//! The verdicts on a request, and the documents that `grant` would write for it.

use std::path::PathBuf;

use jiff::Timestamp;

use super::asked::{Asked, Documents, EXAMPLE_ACCOUNT, account};
use super::reviewed::Reviewed;
use super::telling;
use crate::commands::Surroundings;
use crate::config::variables::AWS_ACCOUNT_ID;
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::AccountId;
use crate::domain::policy::{Judgement, assemble, judge};
use crate::domain::quotas::Limits;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::request::{MOST_PERMISSIONS, MOST_RESOURCES};
use crate::domain::trust;
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

#[derive(Clone, Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// ARN of a resource; repeat it for more.
    #[arg(long = "resource", value_name = "ARN", required = true, num_args = 1..)]
    pub(super) resources: Vec<String>,
    /// IAM action, such as s3:PutObject; repeat it for more.
    #[arg(long = "permission", value_name = "ACTION", required = true, num_args = 1..)]
    pub(super) permissions: Vec<String>,
    /// How long, from 15m to 7d.
    #[arg(long, value_name = "DURATION", default_value = "4h")]
    duration: String,
    /// E-mail of the person who asks; needed where the rules trust persons. With --repository the rules are judged for
    /// this person.
    #[arg(long, value_name = "EMAIL")]
    pub(super) requester: Option<String>,
    /// Why, for rules that want a reason.
    #[arg(long, value_name = "TEXT")]
    pub(super) reason: Option<String>,
    /// Team in Port of the person who asks; repeat it for more.
    #[arg(long = "team", value_name = "NAME", requires_all = ["repository", "requester"])]
    pub(super) teams: Vec<String>,
    /// Type of the resources in the catalog, such as S3; the one that AWS's service would have otherwise.
    #[arg(long, value_name = "TYPE", requires_all = ["repository", "requester"])]
    pub(super) resource_type: Option<String>,
    /// Account of the grant, for resources whose ARN names none [environment: AWS_ACCOUNT_ID].
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// A checkout of the target repository, whose rules file and templates then count; the first ones of `init`
    /// otherwise.
    #[arg(long, value_name = "FOLDER")]
    repository: Option<PathBuf>,
}

/// Everything that is shown.
pub(super) struct Shown {
    pub(super) judgement: Judgement,
    pub(super) documents: Result<Documents, Refusal>,
    pub(super) account: AwsAccount,
    /// Whether nobody named the account.
    pub(super) is_example: bool,
    pub(super) trust_sentence: &'static str,
    pub(super) limits: Limits,
    pub(super) end: Timestamp,
}

pub(super) fn run(surroundings: &Surroundings<'_>, args: ShowArgs) -> Result<Report, Failure> {
    let duration = GrantDuration::parse("--duration", &args.duration).map_err(usage)?;
    check_counts(&args)?;
    let reviewed = Reviewed::read(args.repository.as_deref(), &surroundings.names)?;
    if args.requester.is_none() && trust::wants_name(&reviewed.trust_template, &reviewed.trust) {
        let message = "the rules trust persons, so it matters who asks";
        return Err(Failure::usage(message).hint("add --requester EMAIL"));
    }
    let named = args.account.as_deref().or_else(|| surroundings.world.variable(AWS_ACCOUNT_ID));
    let named = named.map(|text| AccountId::parse("--account", text)).transpose().map_err(usage)?;
    let arns: Vec<Arn> = args.resources.iter().filter_map(|text| Arn::parse("resource", text).ok()).collect();
    let (account, is_example) = account(named, &arns, &reviewed).map_err(usage)?;
    let now = surroundings.world.now();
    let judgement = judge(&texts(&args.resources), &texts(&args.permissions), &reviewed.allowances);
    let compiled = assemble(&judgement, &account.id, &reviewed.allowances);
    let refused = judgement.refused().len();
    let is_told = refused > 0 && compiled.as_ref().is_err_and(|refusal| refusal.code != RefusalCode::Duplicate);
    let asked = Asked { args: &args, arns: &arns, account: &account, duration };
    let documents = compiled.and_then(|compiled| asked.documents(&reviewed, compiled, now));
    let trust_sentence = reviewed.trust.what_it_proves();
    let (limits, end) = (Limits::default(), duration.after(now));
    let shown = Shown { judgement, documents, account, is_example, trust_sentence, limits, end };
    let report = Report::done(telling::text(&shown), telling::json(&shown));
    match shown.documents {
        Ok(documents) => {
            if is_example {
                surroundings.ui.warning(&format!(
                    "no ARN names an account: the documents are written for the example account {EXAMPLE_ACCOUNT}; pass --account ID"
                ));
            }
            if reviewed.configuration.is_some() && documents.rule.is_none() {
                surroundings
                    .ui
                    .warning("the rules were not judged, since nobody was named who asks: add --requester EMAIL");
            }
            Ok(report)
        }
        Err(refusal) => {
            let failure = if is_told { in_short(refused, shown.judgement.actions()) } else { Failure::from(refusal) };
            surroundings.ui.failure(&failure);
            Ok(report.with_exit_code(FailureKind::Refused.exit_code()))
        }
    }
}

fn usage(refusal: Refusal) -> Failure {
    Failure::usage(refusal.to_string()).hint(refusal.remedy)
}

/// The verdicts are printed with reason and remedy.
fn in_short(refused: usize, actions: usize) -> Failure {
    Failure::new(FailureKind::Refused, format!("{refused} of {actions} actions cannot be granted"))
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

fn texts(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}
