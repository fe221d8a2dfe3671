//! `port-iam demo`: the whole main job on a sandbox, with the commands that a user would type.
//!
//! Each step is a process of its own with nothing but the environment that its person would have. What came of it is
//! read back through the APIs and judged by the policy evaluator. The demo fails if a single judgement is not as
//! expected.

mod access;
mod child;
mod served;
mod story;
mod watcher;

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::Surroundings;
use super::serving::{self, Files};
use crate::domain::duration::GrantDuration;
use crate::domain::identifier::GrantId;
use crate::failure::Failure;
use crate::report::Report;
use crate::sandbox::{Sandbox, cast};
use access::Judged;
use child::Person;
use story::Story;
use watcher::Watcher;

/// Show the whole main job on a sandbox: set-up, request, grant, extension, return, revocation, expiry.
///
/// Needs no account anywhere. Port, GitHub and AWS IAM are served on loopback, and every step is a command that you
/// could type yourself. Fails if anything was allowed that should not be, or denied that should be allowed.
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// Where environment and exchanges go.
    #[command(flatten)]
    files: Files,
    /// Leave the sandbox up at the end, and print the environment for trying commands by hand.
    #[arg(long)]
    keep: bool,
    /// Set the sandbox up and serve a page of the portal on loopback, to request and revoke permissions by hand.
    ///
    /// Its address is printed first; it holds a token of this start. It ends with Ctrl-C.
    #[arg(long, conflicts_with = "keep")]
    serve: bool,
    /// With --serve: let every request wait for Ada's approval.
    #[arg(long, requires = "serve")]
    approval: bool,
}

impl DemoArgs {
    /// Returns whether it goes on until somebody stops it.
    pub(crate) fn is_served(&self) -> bool {
        self.serve || self.keep
    }
}

const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";
/// How long to wait for the revocation that the timer starts.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the command.
///
/// # Errors
///
/// Fails when a step does. A judgement that is not as expected is told in the report, whose exit code says so.
pub async fn run(surroundings: &Surroundings<'_>, args: DemoArgs) -> Result<Report, Failure> {
    let sandbox = serving::start(surroundings.world, &surroundings.names, &args.files, true)?;
    if args.serve {
        return served::run(surroundings, sandbox, args.approval).await;
    }
    let mut story = Story::new(surroundings.world, surroundings.global.output);
    // A story that was cut short is no end of what is served.
    surroundings.world.stop.within(Duration::ZERO, tell(surroundings, &sandbox, &mut story)).await?;
    let (wrong, report) = (story.wrong(), story.end());
    if args.keep {
        report.print(surroundings.world, surroundings.global.output, false);
        surroundings.ui.status(&format!(
            "\nThe sandbox stays up until Ctrl-C. Try commands by hand with this environment:\n\n{}",
            serving::environment(&sandbox, "export ")
        ));
        return serving::until_stopped(surroundings.world, std::future::pending()).await;
    }
    if wrong == 0 {
        return Ok(report);
    }
    let failure = Failure::failed(format!("{wrong} judgements of the demo are not as expected"));
    surroundings.ui.failure(&failure);
    Ok(report.with_exit_code(failure.kind.exit_code()))
}

async fn tell(surroundings: &Surroundings<'_>, sandbox: &Sandbox, story: &mut Story) -> Result<(), Failure> {
    let instance = format!("arn:aws:ec2:{}:{}:instance/i-abc123456789", cast::AWS_REGION, cast::AWS_ACCOUNT_ID);
    let ada = Person::engineer(surroundings.world, sandbox).with_prefix(&surroundings.names.prefix);
    let dana = Person::developer(surroundings.world, sandbox, cast::DANA).with_prefix(&surroundings.names.prefix);
    let watcher = Watcher::new(surroundings, sandbox).await?;

    story.step("Ada, a platform engineer, sets everything up", "Blueprints, actions and the expiry automation in Port; repository, secrets, runtime and workflows in GitHub; the permissions boundary, and the roles that trust these workflows alone, in AWS. No AWS key is stored anywhere.");
    story.ran(&ada.run(&["init", "--yes", "--aws-setup", "--no-page"]).await?);
    story.step("She fills the catalog", "The two resources and two permissions of Port's guide.");
    story.ran(&ada.run(&["seed", "--yes"]).await?);

    story.step("Dana, a developer, asks for s3:PutObject on a bucket, for an hour", "Port renders the inputs and starts the workflow; the workflow downloads this program, checks its digest and runs `port-iam grant`.");
    let bucket = request(&dana, story, &[BUCKET, "s3:PutObject", "1h", "upload the quarterly report"]).await?;
    show(&watcher, story, &bucket).await?;
    judge_bucket(&watcher, story, &bucket, "1h").await?;

    story.step("Dana asks to stop an instance, for fifteen minutes", "");
    let machine = request(&dana, story, &[&instance, "ec2:StopInstances", "15m", "restart after the update"]).await?;
    show(&watcher, story, &machine).await?;
    judge_instance(&watcher, story, &machine, &instance).await?;

    story.step("The upload takes longer, so that Dana extends the bucket's grant, for two hours from now", "The action `Extend permissions` starts the grant workflow: a new grant of the same, decided anew, while the first one ends when it would have ended.");
    let longer = ["extend", bucket.as_str(), "--duration", "2h", "--reason", "the upload is not done"];
    let longer = granted(story, &dana.run(&longer).await?)?;
    show(&watcher, story, &longer).await?;
    judge_bucket(&watcher, story, &longer, "2h").await?;

    story.step(
        "She is done sooner and returns what she extended",
        "The action `Return permissions` starts the revoke workflow. The first grant is not touched by it.",
    );
    story.ran(&dana.run(&["return", longer.as_str()]).await?);
    watcher.judge_gone(&longer, story).await?;
    story.fact("record", watcher.record(&longer).await?);
    judge_bucket(&watcher, story, &bucket, "1h").await?;

    story.step("The first grant is revoked", "The action `Revoke permissions` starts the revoke workflow.");
    story.ran(&dana.run(&["revoke", bucket.as_str()]).await?);
    watcher.judge_gone(&bucket, story).await?;
    story.fact("record", watcher.record(&bucket).await?);

    story.step(
        "Nobody returns the instance: its time runs out",
        "The sandbox's clock is moved; Port's timer fires the automation, which starts the revoke workflow.",
    );
    expire(&watcher, sandbox, story, &machine, &instance).await?;

    story.step("Nothing is left but the records", "");
    nothing_left(&watcher, sandbox, story).await
}

/// Executes `port-iam request` and returns the grant.
async fn request(person: &Person, story: &mut Story, asked: &[&str; 4]) -> Result<GrantId, Failure> {
    let [resource, permission, duration, reason] = asked;
    let ran = person
        .run(&[
            "request",
            "--resource",
            resource,
            "--permission",
            permission,
            "--duration",
            duration,
            "--reason",
            reason,
        ])
        .await?;
    granted(story, &ran)
}

/// Shows a command that made a grant, and returns the grant.
fn granted(story: &mut Story, ran: &child::Ran) -> Result<GrantId, Failure> {
    story.ran(ran);
    Ok(GrantId::parse(ran.json["grant"].as_str().unwrap_or_default())?)
}

/// Shows what there is now: in AWS read back through the IAM API, in Port read from the catalog.
async fn show(watcher: &Watcher, story: &mut Story, grant: &GrantId) -> Result<(), Failure> {
    let missing = |what: &str| Failure::failed(format!("{grant} has no {what}"));
    let role = watcher.aws.role(grant.as_str()).await?.ok_or_else(|| missing("role"))?;
    let policy = watcher
        .aws
        .policy(&watcher.account.policy_arn(&watcher.names, grant))
        .await?
        .ok_or_else(|| missing("policy"))?;
    let entity = watcher
        .port
        .entity(&watcher.names.provisioned_permissions, grant.as_str())
        .await?
        .ok_or_else(|| missing("entity"))?;
    story.fact("role", json!({ "arn": role.arn, "boundary": role.boundary, "trust": role.trust, "tags": role.tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<serde_json::Map<_, _>>() }));
    story.fact("policy", policy.document);
    story.fact(
        "entity",
        json!({ "identifier": entity.identifier, "properties": entity.properties, "relations": entity.relations }),
    );
    Ok(())
}

async fn judge_bucket(watcher: &Watcher, story: &mut Story, grant: &GrantId, duration: &str) -> Result<(), Failure> {
    let role = access::Role::read(watcher, grant).await?;
    let now = watcher.now()?;
    let object = "arn:aws:s3:::my-s3-bucket/reports/q3.csv";
    for (action, resource, expected) in [
        ("s3:PutObject", object, true),
        ("s3:PutObject", "arn:aws:s3:::other-bucket/reports/q3.csv", false),
        ("s3:PutObject", "arn:aws:s3:::my-s3-bucket-2/reports/q3.csv", false),
        ("s3:GetObject", object, false),
        ("s3:DeleteObject", object, false),
        ("s3:ListBucket", BUCKET, false),
        ("iam:CreateUser", "arn:aws:iam::123456789012:user/x", false),
    ] {
        story.judged(role.judge(action, resource, now, expected)?);
    }
    let end = GrantDuration::parse("duration", duration)?.after(now);
    story.judged(role.judge("s3:PutObject", object, end, false)?);
    // The name of a deleted bucket is free for everybody.
    story.judged(role.judge_foreign("s3:PutObject", object, "999999999999", now)?);
    judge_trust(story, &role, now, end)
}

async fn judge_instance(watcher: &Watcher, story: &mut Story, grant: &GrantId, instance: &str) -> Result<(), Failure> {
    let role = access::Role::read(watcher, grant).await?;
    let now = watcher.now()?;
    let other = instance.replace("i-abc123456789", "i-abc123456780");
    for (action, resource, expected) in [
        ("ec2:StopInstances", instance, true),
        ("ec2:StopInstances", other.as_str(), false),
        ("ec2:TerminateInstances", instance, false),
        ("s3:PutObject", "arn:aws:s3:::my-s3-bucket/reports/q3.csv", false),
    ] {
        story.judged(role.judge(action, resource, now, expected)?);
    }
    let end = GrantDuration::parse("duration", "15m")?.after(now);
    story.judged(role.judge("ec2:StopInstances", instance, end, false)?);
    judge_trust(story, &role, now, end)
}

fn judge_trust(
    story: &mut Story,
    role: &access::Role,
    now: jiff::Timestamp,
    end: jiff::Timestamp,
) -> Result<(), Failure> {
    let account = cast::AWS_ACCOUNT_ID;
    story.judged(role.judge_assuming(account, cast::DANA.iam_user, now, true)?);
    story.judged(role.judge_assuming(account, cast::DANA.iam_user, end, false)?);
    story.judged(role.judge_assuming(cast::UNRELATED_AWS_ACCOUNT_ID, "stranger", now, false)?);
    Ok(())
}

async fn expire(
    watcher: &Watcher,
    sandbox: &Sandbox,
    story: &mut Story,
    grant: &GrantId,
    instance: &str,
) -> Result<(), Failure> {
    // The role as it is: what it may still do after the end is judged before anything takes it away.
    let role = access::Role::read(watcher, grant).await?;
    sandbox.clock.advance(SignedDuration::from_mins(16));
    watcher.aws.caller().await?;
    story.judged(role.judge("ec2:StopInstances", instance, watcher.now()?, false)?);
    let looks = PATIENCE.as_millis() / 250;
    for _ in 0..looks {
        if watcher.left_of(grant).await?.is_empty() {
            break;
        }
        watcher.world.sleep(Duration::from_millis(250)).await;
    }
    watcher.judge_gone(grant, story).await?;
    story.fact("record", watcher.record(grant).await?);
    Ok(())
}

async fn nothing_left(watcher: &Watcher, sandbox: &Sandbox, story: &mut Story) -> Result<(), Failure> {
    let entities = watcher.port.search(&watcher.names.provisioned_permissions, &[]).await?;
    let roles = sandbox.aws.role_names(&watcher.names.iam_path);
    let policies = sandbox.aws.policy_arns(&watcher.names.iam_path);
    let left = entities.len() + roles.len() + policies.len();
    let got = if left == 0 {
        "nothing".to_owned()
    } else {
        format!("{roles:?} {policies:?} and {} entities", entities.len())
    };
    let what = format!(
        "roles and policies under {}, entities of {}",
        watcher.names.iam_path, watcher.names.provisioned_permissions
    );
    story.judged(Judged { what, expected: "nothing".to_owned(), got });
    let records = watcher.port.search(&watcher.names.permission_records, &[]).await?;
    let mut states: Vec<&str> = records.iter().filter_map(|record| record.text("state")).collect();
    states.sort_unstable();
    story.judged(Judged {
        what: "the permanent records".to_owned(),
        expected: "expired, revoked, revoked".to_owned(),
        got: states.join(", "),
    });
    Ok(())
}
