//! `port-iam grant --break-glass`: a grant without Port, by an administrator.

use std::path::Path;

use serde_json::{Value, json};

use crate::clients::webhook;
use crate::commands::confirmation::{confirmed, declined};
use crate::commands::workflow_step::repository;
use crate::commands::{Surroundings, checkout, connected, given};
use crate::domain::arn::Arn;
use crate::domain::break_glass::{BreakGlass, check_person, switched_on};
use crate::domain::catalog::User;
use crate::domain::decision::Configuration;
use crate::domain::duration::GrantDuration;
use crate::domain::grant::Grant;
use crate::domain::identifier::{ActionName, RunId};
use crate::domain::printable::printable_lines;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::rules::BreakGlassRules;
use crate::domain::tags::{Scope, tag_value};
use crate::domain::time::{relative, utc};
use crate::engine::Engine;
use crate::engine::grant::break_glass::Decided;
use crate::engine::grant::{Granted, STILL_PROPAGATING};
use crate::failure::Failure;
use crate::report::Report;
use crate::world::World;

pub(super) const EXAMPLE: &str = "\
Example, in a checkout of the target repository:

  port-iam grant --break-glass \"Port is down: OPS-7\" --repository . --requester dana@acme.example \\
    --resource arn:aws:s3:::my-s3-bucket --permission s3:PutObject --duration 1h";

#[derive(Clone, Debug, clap::Args)]
pub(super) struct BreakGlassArgs {
    /// Grant with your own AWS credentials, without Port, and say why.
    #[arg(long, value_name = "REASON", requires_all = ["resources", "permissions", "requester"])]
    break_glass: Option<String>,
    /// With --break-glass: ARN of a resource; repeat it for more.
    #[arg(long = "resource", value_name = "ARN", num_args = 1.., requires = "break_glass")]
    resources: Vec<String>,
    /// With --break-glass: IAM action, such as s3:PutObject; repeat it for more.
    #[arg(long = "permission", value_name = "ACTION", num_args = 1.., requires = "break_glass")]
    permissions: Vec<String>,
    /// With --break-glass: how long, from 15m; 1h, or the longest that `break-glass` allows where that is shorter.
    #[arg(long, value_name = "DURATION", requires = "break_glass")]
    duration: Option<String>,
    /// With --break-glass: e-mail in Port of the person who is to have the access.
    #[arg(long, value_name = "EMAIL", requires = "break_glass")]
    requester: Option<String>,
    /// With --break-glass: team in Port of that person, for rules that name teams; repeat it for more.
    #[arg(long = "team", value_name = "NAME", requires = "break_glass")]
    teams: Vec<String>,
    /// With --break-glass: this installation as the tag `port-iam:scope` of its roles names it, where no role of it is
    /// in the account and Port or GitHub does not answer, or a folder stands in the place of the repository;
    /// `port-iam doctor` prints it.
    #[arg(long, value_name = "ORGANIZATION/NUMBER", requires = "break_glass")]
    scope: Option<String>,
    /// With --break-glass: do not ask before it is granted.
    #[arg(long, requires = "break_glass")]
    yes: bool,
}

impl BreakGlassArgs {
    pub(super) fn reason(&self) -> Option<&str> {
        self.break_glass.as_deref()
    }
}

/// The reviewed files, and where they are from.
struct Reviewed {
    configuration: Configuration,
    repository_id: Option<u64>,
    told: String,
}

pub(super) async fn run(
    surroundings: &Surroundings<'_>,
    reason: &str,
    args: &BreakGlassArgs,
    place: Option<&str>,
) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    if world.is_in_actions() {
        let told = "a workflow never grants without Port: it has nobody's own credentials";
        let remedy = "start the action in Port, or run it on a person's machine";
        return Err(Refusal::new(RefusalCode::BreakGlassInActions, "break-glass", told, remedy).into());
    }
    let wanted = Wanted::read(reason, args)?;
    let reviewed = reviewed(surroundings, place).await?;
    ui.status(&format!("Rules and templates are those of {}", reviewed.told));
    let rules = switched_on(&reviewed.configuration.rules)?;
    let port = connected::silent_port(world)?;
    let aws = connected::aws(world).await?;
    let progress = |sentence: &str| ui.status(sentence);
    let engine = Engine { world, names: &surroundings.names, port: &port, aws: &aws, progress: &progress };
    let caller = aws.caller().await?;
    ui.status(&format!("As {}", caller.arn));
    check_person(rules, &caller.arn)?;
    let now = aws.told_time()?;
    let word = world.random_word().map_err(|error| Failure::failed(format!("there is no randomness: {error}")))?;
    let wish = wanted.wish(RunId::break_glass(now, &word)?, &caller.arn, rules);
    let scope = scope(surroundings, &engine, args.scope.as_deref(), &reviewed).await?;
    let decided = engine.decide_break_glass(&wish, &reviewed.configuration, &caller.account, &scope).await?;
    let shown = printable_lines(&described(&decided.grant, &decided));
    if !args.yes && !confirmed(world, "Grant it without Port?", Some(&shown), "pass --yes to grant it")? {
        return Ok(declined("Nothing was granted.", json!({ "grant": null })));
    }
    match rules.webhook.as_deref() {
        Some(address) => tell(world, address, &decided, reason).await?,
        None => ui.warning("the rules file says `webhook: none`: nobody is told of this before it is granted"),
    }
    let granted = engine.grant_break_glass(&wish, &reviewed.configuration, &scope, decided).await?;
    Ok(report(surroundings, &granted, rules.webhook.is_some()))
}

/// What the command line asks for.
struct Wanted {
    reason: String,
    requester: User,
    resources: Vec<Arn>,
    actions: Vec<ActionName>,
    duration: Option<GrantDuration>,
}

impl Wanted {
    fn read(reason: &str, args: &BreakGlassArgs) -> Result<Self, Failure> {
        let email = args.requester.clone().unwrap_or_default();
        given::check_requester(&email)?;
        let resources = args.resources.iter().map(|text| given::arn("--resource", text));
        let actions = args.permissions.iter().map(|text| given::action(text));
        let duration = args.duration.as_deref().map(given::duration).transpose()?;
        let status = "ACTIVE".to_owned();
        Ok(Self {
            reason: tag_value(reason.trim()),
            requester: User {
                id: email.clone(),
                email,
                status,
                kind: None,
                teams: args.teams.clone(),
                roles: Vec::new(),
            },
            resources: resources.collect::<Result<_, _>>()?,
            actions: actions.collect::<Result<_, _>>()?,
            duration,
        })
    }

    fn wish(self, id: RunId, person: &str, rules: &BreakGlassRules) -> BreakGlass {
        let hour = GrantDuration::HOUR.min(rules.longest);
        let Self { reason, requester, resources, actions, duration } = self;
        let duration = duration.unwrap_or(hour);
        BreakGlass { id, person: person.to_owned(), reason, requester, resources, actions, duration }
    }
}

/// Reads the reviewed files from a folder if there is one of this name, else from GitHub.
async fn reviewed(surroundings: &Surroundings<'_>, place: Option<&str>) -> Result<Reviewed, Failure> {
    let (world, names) = (surroundings.world, &surroundings.names);
    if let Some(folder) = place.map(Path::new).filter(|folder| folder.is_dir()) {
        let configuration = checkout::configuration(folder, names)?;
        let told = format!("the folder {}, as they are there", folder.display());
        return Ok(Reviewed { configuration, repository_id: None, told });
    }
    let with_a_checkout = "or name a folder with a checkout of the target repository: --repository FOLDER";
    let (owner, name) = repository(world, place).map_err(|failure| failure.hint(with_a_checkout))?;
    let github = connected::github(world).map_err(|failure| failure.hint(with_a_checkout))?;
    let read = github.configuration(&owner, &name, names).await;
    let read = read.map_err(|error| Failure::from(error).hint(with_a_checkout))?;
    let configuration =
        Configuration::parse(read.rules.as_deref(), read.policy_template.as_deref(), read.trust_template.as_deref())?;
    let told = format!("{owner}/{name} on {}", read.default_branch);
    Ok(Reviewed { configuration, repository_id: Some(read.repository_id), told })
}

/// Returns the installation: as it is told, as its roles in the account bear it, or as Port and GitHub tell it.
async fn scope(
    surroundings: &Surroundings<'_>,
    engine: &Engine<'_>,
    told: Option<&str>,
    reviewed: &Reviewed,
) -> Result<Scope, Failure> {
    if let Some(scope) = told {
        let is_number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if scope.split_once('/').is_none_or(|(organization, number)| organization.is_empty() || !is_number(number)) {
            return Err(Failure::usage("--scope is not ORGANIZATION/NUMBER").hint("`port-iam doctor` prints it"));
        }
        check_told(scope, reviewed)?;
        return Ok(Scope(scope.to_owned()));
    }
    let of_roles = engine.scope_of_roles(&reviewed.configuration.rules.other_installations).await?;
    let is_of_repository =
        |scope: &Scope| reviewed.repository_id.is_none_or(|id| scope.is_of(id, &surroundings.names.prefix));
    if let Some(scope) = of_roles.filter(is_of_repository) {
        surroundings.ui.status(&format!("This installation is {}, as the roles in the account tell", scope.0));
        return Ok(scope);
    }
    let why = match reviewed.repository_id {
        None => "a folder tells no repository, whose number GitHub has".to_owned(),
        Some(id) => match organization(surroundings.world).await {
            Ok(organization) => return Ok(Scope::new(&organization, id, &surroundings.names.prefix)),
            Err(failure) => format!("Port does not tell its organisation ({failure})"),
        },
    };
    let reason = format!("nobody tells which installation this is: no role of it is in the account, and {why}");
    let remedy = "pass --scope ORGANIZATION/NUMBER, the tag `port-iam:scope` of any earlier role; `port-iam doctor` \
                  prints it while Port and GitHub answer, and then --repository OWNER/NAME does without it";
    Err(Refusal::new(RefusalCode::ScopeUnknown, "--scope", reason, remedy).into())
}

async fn organization(world: &World) -> Result<String, Failure> {
    Ok(connected::port(world)?.organization_id().await?)
}

/// No sweep of this installation puts on record what bears another one's scope.
fn check_told(scope: &str, reviewed: &Reviewed) -> Result<(), Refusal> {
    let number = scope.rsplit('/').next().unwrap_or_default();
    let others = &reviewed.configuration.rules.other_installations;
    let reason = match reviewed.repository_id {
        _ if others.iter().any(|other| other == scope || *other == tag_value(scope)) => {
            format!("{scope} is another installation's, as `other-installations` of the rules file says")
        }
        Some(id) if id.to_string() != number => {
            format!("{number} is not the number of {}, which is {id}", reviewed.told)
        }
        _ => return Ok(()),
    };
    Err(Refusal::new(
        RefusalCode::OtherScope,
        "--scope",
        reason,
        "leave --scope out, or pass the one that `port-iam doctor` prints",
    ))
}

fn described(grant: &Grant, decided: &Decided) -> String {
    let resources = std::iter::once(&grant.resource).chain(&grant.additional_resources);
    format!(
        "{}: {} on {} for {}, until {} ({})",
        grant.id,
        grant.permissions.join(", "),
        resources.map(Arn::as_str).collect::<Vec<_>>().join(", "),
        grant.requester,
        utc(grant.expires),
        relative(grant.expires, decided.now)
    )
}

/// Tells the webhook before anything is made.
async fn tell(world: &World, address: &str, decided: &Decided, reason: &str) -> Result<(), Failure> {
    let grant = &decided.grant;
    let resources = std::iter::once(&grant.resource).chain(&grant.additional_resources);
    let body = json!({
        "version": 1,
        "event": "break-glass",
        "text": format!("port-iam: {} grants without Port: {}. Why: {}",
            grant.break_glass_by.as_deref().unwrap_or_default(), described(grant, decided), quoted(reason)),
        "grant": grant.id.as_str(),
        "person": grant.break_glass_by,
        "reason": reason,
        "requester": grant.requester,
        "account": grant.account.id.as_str(),
        "resources": resources.map(Arn::as_str).collect::<Vec<_>>(),
        "permissions": grant.permissions,
        "at": utc(decided.now),
        "expires": utc(grant.expires),
        "scope": grant.scope.0,
    });
    webhook::tell(world, address, &body).await.map_err(|failure| {
        failure.hint("nothing was granted: nobody would have been told").hint(
            "mend the webhook, or have a rules file reviewed that names another one or none, and pass its checkout with \
             --repository FOLDER",
        )
    })
}

fn report(surroundings: &Surroundings<'_>, granted: &Granted, told: bool) -> Report {
    let (grant, names) = (&granted.grant, &surroundings.names);
    for note in &grant.notes {
        surroundings.ui.warning(note);
    }
    surroundings.ui.status(grant.trust_sentence);
    let mut text = format!(
        "{}: {} on {} for {}, until {} ({})\nSign in: {}\nNo approval was asked for. It is not on record in Port: the next \
         sweep puts it there for review.\nTo end it: port-iam revoke {} --direct (while Port is down: with --aws-only)",
        grant.id,
        grant.permissions.join(", "),
        grant.resource,
        grant.requester,
        utc(grant.expires),
        relative(grant.expires, granted.now),
        grant.how_to_sign_in(names),
        grant.id,
    );
    if granted.still_propagating {
        text.push_str(&format!("\n{STILL_PROPAGATING}"));
    }
    Report::done(text, json!({ "grant": json_of(surroundings, granted, told) }))
}

fn json_of(surroundings: &Surroundings<'_>, granted: &Granted, told: bool) -> Value {
    let (grant, names) = (&granted.grant, &surroundings.names);
    json!({
        "id": grant.id.as_str(),
        "break_glass_by": grant.break_glass_by,
        "reason": grant.reason,
        "webhook_told": told,
        "requester": grant.requester,
        "resource": grant.resource.as_str(),
        "permissions": grant.permissions,
        "role_arn": grant.account.role_arn(names, &grant.id),
        "policy_arns": grant.policy_arns(names),
        "policy": grant.policy(),
        "trust": grant.trust,
        "sign_in_url": grant.sign_in_url(names),
        "expires": utc(grant.expires),
        "rule": grant.rule,
        "notes": grant.notes,
        "still_propagating": granted.still_propagating,
    })
}
