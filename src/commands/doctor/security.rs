//! `port-iam doctor --security`: what the workflows' identities can really do, against the written list.

use serde_json::{Value, json};

use crate::assets;
use crate::clients::aws::{Aws, ReachedAccount};
use crate::commands::set_up::SetUpArgs;
use crate::commands::workflow_step::repository;
use crate::commands::{Surroundings, connected};
use crate::domain::account::AwsAccount;
use crate::domain::identifier::AccountId;
use crate::domain::names::{GRANTER_ROLE, Names, REVOKER_ROLE};
use crate::domain::rules::Rules;
use crate::domain::security::{
    Battery, Difference, Job, Ours, StatementDifference, differences, expected, lets_in, statement_differences,
    trusts_too_much,
};
use crate::engine::security::{Documents, Judge, documents_of, what_is_allowed};
use crate::engine::written_trusts::{WrittenTrusts, written_trusts};
use crate::failure::{Failure, FailureKind};
use crate::report::Report;

const KNOWN: &str = "not to be told apart: IAM has no condition on the trust of a new role, so the granter's credentials can make a marked role within the boundary that trusts a stranger; the sweep and the organisation's guardrails (`port-iam aws scp`, `port-iam aws rcp`) answer that";

const CUSTOM_SUBJECT: &str = "GitHub makes the subject of its tokens of a template of somebody's own, so that the sub was not compared; all other claims were";

/// An identity that is to be judged.
struct Identity {
    arn: String,
    job: Job,
    /// The trust policy of a role.
    trust: Option<Value>,
}

/// An identity and what was found about it.
struct Judged {
    identity: Identity,
    judge: Judge,
    differences: Vec<Difference>,
    /// Whether all of its policies were read.
    is_read: bool,
    /// How the statements of its policies differ from the written ones; none where they may not be read.
    statements: Option<Vec<StatementDifference>>,
    /// How its trust policy admits more than our workflows, or why that is not known; for a role.
    trust: Vec<String>,
    /// What was not looked at.
    notes: Vec<String>,
}

pub(super) async fn run(
    surroundings: &Surroundings<'_>,
    args: &SetUpArgs,
    user: Option<&str>,
    place: Option<&str>,
) -> Result<Report, Failure> {
    let place = place.map(|place| repository(surroundings.world, Some(place))).transpose()?;
    // Without a word the workflow's own repository is meant, and outside a workflow none is known.
    let place = place.or_else(|| repository(surroundings.world, None).ok());
    let aws = Aws::new(surroundings.world, &args.aws_of_several(surroundings.world, "run")?).await?;
    let account = aws.caller().await?.account;
    let mut tried = judged_in(surroundings, &aws, &account, user, place.as_ref()).await?;
    let mut not_looked_at = not_reached(surroundings, &aws, &account, place.as_ref()).await;
    let further: Vec<AccountId> = aws.further_accounts().cloned().collect();
    for id in further {
        let judging = async {
            let connected = aws.of_further_account(&id).await;
            let ReachedAccount { aws, caller } =
                connected.unwrap_or_else(|| Err(Failure::failed("it has no credentials")))?;
            judged_in(surroundings, &aws, &caller.account, None, place.as_ref()).await
        };
        match judging.await {
            Ok(more) => tried = Tried { questions: tried.questions + more.questions, ..tried }.with(more.judged),
            Err(failure) => not_looked_at.push(format!("the account {id} was not looked at: {failure}")),
        }
    }
    Ok(report(&tried, &not_looked_at))
}

/// What was tried on the identities of one account, or of several.
struct Tried {
    questions: usize,
    judged: Vec<Judged>,
}

impl Tried {
    fn with(mut self, more: Vec<Judged>) -> Self {
        self.judged.extend(more);
        self
    }
}

/// Returns what is to be said of accounts of the rules file that no credentials are at hand for.
async fn not_reached(
    surroundings: &Surroundings<'_>,
    aws: &Aws,
    own: &AwsAccount,
    place: Option<&(String, String)>,
) -> Vec<String> {
    let (Some((owner, name)), Ok(github)) = (place, connected::github(surroundings.world)) else { return Vec::new() };
    let Ok(configuration) = github.configuration(owner, name, &surroundings.names).await else { return Vec::new() };
    let accounts = configuration.rules.and_then(|text| Rules::parse(&text).ok()).map(|rules| rules.accounts);
    let known: Vec<&AccountId> = aws.further_accounts().chain([&own.id]).collect();
    let unknown =
        accounts.into_iter().flat_map(std::collections::BTreeMap::into_keys).filter(|id| !known.contains(&id));
    unknown
        .map(|id| {
            format!(
                "the account {id} was not looked at: run `port-iam doctor --security --account-profile {id}=PROFILE`"
            )
        })
        .collect()
}

async fn judged_in(
    surroundings: &Surroundings<'_>,
    aws: &Aws,
    account: &AwsAccount,
    user: Option<&str>,
    place: Option<&(String, String)>,
) -> Result<Tried, Failure> {
    let identities = identities(aws, account, user).await?;
    let arns: Vec<String> = identities.iter().map(|identity| identity.arn.clone()).collect();
    let battery = Battery::new(account, &surroundings.names, &arns);
    let written = written(surroundings, account, place, &identities).await;
    let place = place.map(|(owner, name)| format!("{owner}/{name}"));
    let mut judged = Vec::new();
    for identity in identities {
        let Identity { arn, job, trust } = &identity;
        surroundings.ui.status(&format!("Trying {} questions on behalf of {arn}", battery.len()));
        let documents = documents_of(aws, arn).await?;
        let (allowed, judge) = what_is_allowed(aws, arn, &documents, &battery).await?;
        let expected = expected(*job, &battery).map_err(Failure::failed)?;
        let policies = written_policies(*job, &surroundings.names, account)?;
        let written = match (&written, job) {
            (Ok(WrittenTrusts { granter, .. }), Job::Granter) => Ok(granter),
            (Ok(WrittenTrusts { revoker, .. }), _) => Ok(revoker),
            (Err(why), _) => Err(why.as_str()),
        };
        let ours = Ours { job: *job, names: &surroundings.names, repository: place.as_deref(), written };
        let provider = account.github_provider_arn();
        let mut notes = Vec::from_iter(unread(&documents, &battery));
        if trust.is_some() && written.is_ok_and(|written| written.has_custom_subject) {
            notes.push(CUSTOM_SUBJECT.to_owned());
        }
        judged.push(Judged {
            judge,
            differences: differences(&allowed, &expected),
            is_read: matches!(documents, Documents::All(_)),
            statements: documents.read().map(|found| statement_differences(found, &policies)),
            trust: trust.as_ref().map(|trust| trusts_too_much(trust, &provider, ours)).unwrap_or_default(),
            notes,
            identity,
        });
    }
    Ok(Tried { questions: battery.len(), judged })
}

/// Returns the identities to be judged.
async fn identities(aws: &Aws, account: &AwsAccount, user: Option<&str>) -> Result<Vec<Identity>, Failure> {
    if let Some(name) = user {
        let arn = aws.user_arn(name).await?;
        let arn = arn.ok_or_else(|| Failure::usage(format!("the account {} has no IAM user {name}", account.id)))?;
        return Ok(vec![Identity { arn, job: Job::Both, trust: None }]);
    }
    let mut found = Vec::new();
    for (name, job) in [(GRANTER_ROLE, Job::Granter), (REVOKER_ROLE, Job::Revoker)] {
        if let Some(role) = aws.role(name).await? {
            found.push(Identity { arn: role.arn, job, trust: Some(role.trust) });
        }
    }
    if found.len() == 2 {
        return Ok(found);
    }
    let message = format!("the account {} does not have both roles {GRANTER_ROLE} and {REVOKER_ROLE}", account.id);
    Err(Failure::usage(message).hint("where the workflows use an access key, name their IAM user with --user"))
}

/// Returns the trust policies that `init --aws-setup` would write, or why they are not known. GitHub is asked only
/// where a role lets anybody in.
async fn written(
    surroundings: &Surroundings<'_>,
    account: &AwsAccount,
    place: Option<&(String, String)>,
    identities: &[Identity],
) -> Result<WrittenTrusts, String> {
    if !identities.iter().filter_map(|identity| identity.trust.as_ref()).any(lets_in) {
        return Err("nobody is let in".to_owned());
    }
    let Some((owner, name)) = place else {
        return Err("the target repository is not given; pass --repository OWNER/NAME".to_owned());
    };
    let told = |failure: Failure| failure.in_a_line();
    let github = connected::github(surroundings.world).map_err(told)?;
    surroundings.ui.status(&format!("Asking GitHub about {owner}/{name}"));
    written_trusts(&github, &surroundings.names, account, owner, name).await.map_err(told)
}

/// Returns the policies that an identity of that job is to have.
fn written_policies(job: Job, names: &Names, account: &AwsAccount) -> Result<Vec<Value>, Failure> {
    let policies = assets::manager_policies(names, account);
    let assets::ManagerPolicies { granter, revoker } = policies.map_err(|error| Failure::failed(error.to_string()))?;
    Ok(match job {
        Job::Granter => vec![granter],
        Job::Revoker => vec![revoker],
        Job::Both => vec![granter, revoker],
    })
}

/// Returns what is to be said of policies that may not be read.
fn unread(documents: &Documents, battery: &Battery) -> Option<String> {
    let (what, error) = match documents {
        Documents::All(_) => return None,
        Documents::WithoutGroups(_, error) => ("the policies of its groups", error),
        Documents::Hidden(error) => ("its policies", error),
    };
    let questions = battery.len();
    Some(format!(
        "{what} may not be read, so that only the {questions} questions were tried and no statement of theirs was compared: {error}"
    ))
}

fn report(tried: &Tried, not_looked_at: &[String]) -> Report {
    let Tried { questions, judged } = tried;
    let mut lines: Vec<String> = judged.iter().flat_map(Judged::lines).collect();
    lines.extend_from_slice(not_looked_at);
    lines.push(format!("Known: {KNOWN}."));
    // What a statement allows that no question is about shows in the documents alone.
    let is_sound = |one: &Judged| one.points() == 0 && one.trust.is_empty() && one.is_read;
    let sound = not_looked_at.is_empty() && judged.iter().all(is_sound);
    let json = json!({
        "sound": sound,
        "questions": questions,
        "identities": judged.iter().map(Judged::json).collect::<Vec<_>>(),
        "not_looked_at": not_looked_at,
        "known": [KNOWN],
    });
    let exit_code = if sound { 0 } else { FailureKind::Failed.exit_code() };
    Report::done(lines.join("\n"), json).with_exit_code(exit_code)
}

impl Judged {
    /// Returns in how many points what it may do differs from what is written.
    fn points(&self) -> usize {
        self.differences.len() + self.statements.as_ref().map_or(0, Vec::len)
    }

    fn lines(&self) -> Vec<String> {
        let Self { identity: Identity { arn, trust: role, .. }, judge, differences, statements, trust, notes, .. } =
            self;
        let how = match judge {
            Judge::Simulator => "by AWS's simulator",
            Judge::Documents => "by its policies, since AWS's simulator may not be asked",
        };
        let mut lines = vec![match self.points() {
            0 if self.is_read => format!("{arn} may do what is written and nothing else ({how})"),
            0 => format!("{arn} answers every question as is written ({how})"),
            points => format!("{arn} differs from what is written in {points} points ({how}):"),
        }];
        lines.extend(differences.iter().map(|difference| format!("  {difference}")));
        lines.extend(statements.iter().flatten().map(|difference| format!("  {difference}")));
        if role.is_some() && trust.is_empty() {
            lines.push(format!("{arn} trusts the tokens of our workflows alone"));
        }
        lines.extend(trust.iter().chain(notes).map(|sentence| format!("{arn}: {sentence}")));
        lines
    }

    fn json(&self) -> Value {
        let Self { identity: Identity { arn, job, .. }, judge, differences, statements, trust, notes, .. } = self;
        let job = match job {
            Job::Granter => "granter",
            Job::Revoker => "revoker",
            Job::Both => "granter and revoker",
        };
        json!({
            "arn": arn,
            "job": job,
            "judged_by": judge.word(),
            "trust": trust,
            "differences": differences.iter().map(Difference::json).collect::<Vec<_>>(),
            "statements": statements.as_ref().map(|all| all.iter().map(StatementDifference::json).collect::<Vec<_>>()),
            "notes": notes,
        })
    }
}
