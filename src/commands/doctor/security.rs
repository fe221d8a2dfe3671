//! `port-iam doctor --security`: what the workflows' identities can really do, against the written list.

use serde_json::{Value, json};

use crate::clients::aws::Aws;
use crate::commands::workflow_step::repository;
use crate::commands::{Surroundings, connected};
use crate::domain::account::AwsAccount;
use crate::domain::names::{GRANTER_ROLE, OIDC_ISSUER, REVOKER_ROLE};
use crate::domain::security::{Battery, Difference, Job, Ours, differences, expected, trusts_too_much};
use crate::engine::security::{Judge, what_is_allowed};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

const KNOWN: &str = "not to be told apart: IAM has no condition on the trust of a new role, so the granter's credentials can make a marked role within the boundary that trusts a stranger; the sweep and the organisation's guardrails (`port-iam aws scp`, `port-iam aws rcp`) answer that";

/// An identity and what was found about it.
struct Judged {
    arn: String,
    job: Job,
    judge: Judge,
    differences: Vec<Difference>,
    /// How its trust policy admits more than our workflows, for a role.
    trust: Vec<String>,
}

pub(super) async fn run(
    surroundings: &Surroundings<'_>,
    user: Option<&str>,
    place: Option<&str>,
) -> Result<Report, Failure> {
    let place = place.map(|place| repository(surroundings.world, Some(place))).transpose()?;
    // Without a word the workflow's own repository is meant, and outside a workflow none is known.
    let place =
        place.or_else(|| repository(surroundings.world, None).ok()).map(|(owner, name)| format!("{owner}/{name}"));
    let aws = connected::aws(surroundings.world).await?;
    let account = aws.caller().await?.account;
    let identities = identities(&aws, &account, user).await?;
    let arns: Vec<String> = identities.iter().map(|(arn, _)| arn.clone()).collect();
    let battery = Battery::new(&account, &surroundings.names, &arns);
    let mut judged = Vec::new();
    for (arn, job) in identities {
        surroundings.ui.status(&format!("Trying {} questions on behalf of {arn}", battery.len()));
        let (allowed, judge) = what_is_allowed(&aws, &arn, &battery).await?;
        let expected = expected(job, &battery).map_err(Failure::failed)?;
        let trust = {
            let ours = Ours { job, names: &surroundings.names, repository: place.as_deref() };
            too_much_trust(&aws, &account, &arn, ours).await?
        };
        judged.push(Judged { arn, job, judge, differences: differences(&allowed, &expected), trust });
    }
    Ok(report(&battery, &judged))
}

/// Returns the identities to be judged with what each is for.
async fn identities(aws: &Aws, account: &AwsAccount, user: Option<&str>) -> Result<Vec<(String, Job)>, Failure> {
    if let Some(name) = user {
        let arn = aws.user_arn(name).await?;
        let arn = arn.ok_or_else(|| Failure::usage(format!("the account {} has no IAM user {name}", account.id)))?;
        return Ok(vec![(arn, Job::Both)]);
    }
    let mut found = Vec::new();
    for (name, job) in [(GRANTER_ROLE, Job::Granter), (REVOKER_ROLE, Job::Revoker)] {
        if let Some(role) = aws.role(name).await? {
            found.push((role.arn, job));
        }
    }
    if found.len() == 2 {
        return Ok(found);
    }
    let message = format!("the account {} does not have both roles {GRANTER_ROLE} and {REVOKER_ROLE}", account.id);
    Err(Failure::usage(message).hint("where the workflows use an access key, name their IAM user with --user"))
}

/// Returns how a role's trust policy admits more than our workflows; users have none.
async fn too_much_trust(aws: &Aws, account: &AwsAccount, arn: &str, ours: Ours<'_>) -> Result<Vec<String>, Failure> {
    let Some((_, name)) = arn.split_once(":role/") else { return Ok(Vec::new()) };
    let role = aws.role(name).await?.ok_or_else(|| Failure::failed(format!("{arn} has just been deleted")))?;
    let provider = account.iam_arn("oidc-provider", OIDC_ISSUER.trim_start_matches("https://"));
    Ok(trusts_too_much(&role.trust, &provider, ours))
}

fn report(battery: &Battery, judged: &[Judged]) -> Report {
    let mut lines = Vec::new();
    for Judged { arn, judge, differences, trust, .. } in judged {
        let how = match judge {
            Judge::Simulator => "by AWS's simulator",
            Judge::Documents => "by its policies, since AWS's simulator may not be asked",
        };
        lines.push(if differences.is_empty() {
            format!("{arn} may do what is written and nothing else ({how})")
        } else {
            format!("{arn} differs from what is written in {} points ({how}):", differences.len())
        });
        lines.extend(differences.iter().map(|difference| format!("  {difference}")));
        if arn.contains(":role/") && trust.is_empty() {
            lines.push(format!("{arn} trusts the tokens of our workflows alone"));
        }
        lines.extend(trust.iter().map(|sentence| format!("{arn}: {sentence}")));
    }
    lines.push(format!("Known: {KNOWN}."));
    let sound = judged.iter().all(|one| one.differences.is_empty() && one.trust.is_empty());
    let json = json!({
        "sound": sound,
        "questions": battery.len(),
        "identities": judged.iter().map(Judged::json).collect::<Vec<_>>(),
        "known": [KNOWN],
    });
    let exit_code = if sound { 0 } else { FailureKind::Failed.exit_code() };
    Report::done(lines.join("\n"), json).with_exit_code(exit_code)
}

impl Judged {
    fn json(&self) -> Value {
        let job = match self.job {
            Job::Granter => "granter",
            Job::Revoker => "revoker",
            Job::Both => "granter and revoker",
        };
        json!({
            "arn": self.arn,
            "job": job,
            "judged_by": self.judge.word(),
            "trust": self.trust,
            "differences": self.differences.iter().map(Difference::json).collect::<Vec<_>>(),
        })
    }
}
