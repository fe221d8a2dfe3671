//! `port-iam show`: everything there is of one grant.

mod telling;

use serde_json::{Value, json};

use super::looking::Reach;
use super::named_grant::{named, unknown};
use super::{Surroundings, connected};
use crate::domain::account::AwsAccount;
use crate::domain::catalog::{Entity, Run};
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::overview::Hints;
use crate::domain::time::utc;
use crate::domain::trust;
use crate::engine::overview::{Closely, InAws, InPort};
use crate::failure::Failure;
use crate::report::Report;

/// Show everything there is of one grant.
///
/// What Port has (the entity, the permanent record, the run), what AWS has (the role with trust, end, tags and boundary,
/// and every policy with its document), where the two differ, and how the requester gets at it: the console's link, a
/// block for `~/.aws/config`, a link to the resource. It needs credentials of AWS, of Port, or better of both, as `list`
/// does. It changes nothing.
#[derive(Clone, Debug, clap::Args)]
pub struct ShowArgs {
    /// The grant, such as Permission-r_k86OUzq80jRlxFV0.
    #[arg(value_name = "GRANT")]
    grant: String,
    #[command(flatten)]
    profiles: connected::Profiles,
}

/// Runs the command.
///
/// # Errors
///
/// Fails when neither Port nor AWS can be looked at, and when nobody knows such a grant.
pub async fn run(surroundings: &Surroundings<'_>, args: ShowArgs) -> Result<Report, Failure> {
    let grant = named(&args.grant)?;
    let mut reach = Reach::of(surroundings, &args.profiles.profiles).await?;
    let seen = match reach.looking(surroundings).closely(&grant).await {
        Ok(seen) => seen,
        Err(failure) => {
            reach.without_what_is_forbidden(failure)?;
            reach.looking(surroundings).closely(&grant).await?
        }
    };
    let is_unknown = seen.row.is_none() && seen.aws.as_ref().is_none_or(|aws| aws.policies.is_empty());
    let has_run = seen.port.as_ref().is_some_and(|port| port.run.is_some());
    let not_looked_at = reach.not_looked_at();
    if is_unknown && !has_run {
        return Err(not_looked_at.into_iter().fold(unknown(&grant), Failure::hint));
    }
    let hints = hints(surroundings, &grant, &seen, reach.region());
    let text = telling::text(&grant, &seen, hints.as_ref(), &not_looked_at);
    let mut json = json!({
        "grant": seen.row.as_ref().map(|row| row.json()),
        "in_port": seen.port.as_ref().map(in_port),
        "in_aws": seen.aws.as_ref().map(in_aws),
        "how_to_use_it": hints.map(|hints| json!({
            "switch_role": hints.switch_role, "profile": hints.profile, "console": hints.console, "notes": hints.notes,
        })),
    });
    reach.json().into_iter().for_each(|(system, told)| json[system] = told);
    Ok(Report::done(text, json))
}

/// Returns how the grant is used, where the account is known.
fn hints(surroundings: &Surroundings<'_>, grant: &GrantId, seen: &Closely, region: Option<&str>) -> Option<Hints> {
    let row = seen.row.as_ref()?;
    let account = match &seen.aws {
        Some(aws) if row.account.as_deref() == Some(aws.account.id.as_str()) => aws.account.clone(),
        _ => {
            // Another account, or AWS was not looked at: the resource tells the partition.
            let partition = row.resources.first()?.split(':').nth(1)?.to_owned();
            AwsAccount { id: AccountId::parse("account", row.account.as_deref()?).ok()?, partition }
        }
    };
    let role = seen.aws.as_ref().and_then(|aws| aws.role.as_ref());
    let wants_source_identity = role.is_some_and(|role| trust::wants_source_identity(&role.trust));
    let resource = row.resources.first().map(String::as_str);
    Some(Hints::new(&surroundings.names, &account, grant, resource, region, wants_source_identity))
}

fn entity(entity: &Entity) -> Value {
    let Entity { identifier, title, properties, relations } = entity;
    json!({ "identifier": identifier, "title": title, "properties": properties, "relations": relations })
}

fn run_json(run: &Run) -> Value {
    json!({
        "id": run.id, "action": run.action, "entity": run.entity, "status": run.status, "status_label": run.status_label,
        "created_by": run.created_by, "impersonated_by": run.impersonated_by, "created_at": run.created_at.map(utc),
        "ended_at": run.ended_at.map(utc), "properties": run.form(),
    })
}

fn in_port(seen: &InPort) -> Value {
    json!({
        "entity": seen.entity.as_ref().map(entity),
        "record": seen.record.as_ref().map(entity),
        "run": seen.run.as_ref().map(run_json),
    })
}

fn in_aws(seen: &InAws) -> Value {
    let tags = |tags: &[(String, String)]| {
        tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect::<serde_json::Map<_, _>>()
    };
    let role = seen.role.as_ref().map(|role| {
        json!({
            "arn": role.arn, "trust": role.trust, "until": trust::end_of(&role.trust).map(utc), "boundary": role.boundary,
            "longest_session_seconds": role.max_session_seconds, "tags": tags(&role.tags),
            "attached": seen.attached, "inline": seen.inline,
        })
    });
    let policies = seen.policies.iter().map(|policy| {
        let state = &policy.state;
        json!({ "arn": state.arn, "is_attached": policy.is_attached, "document": state.document, "tags": tags(&state.tags) })
    });
    json!({ "account": seen.account.id.as_str(), "now": utc(seen.now), "role": role, "policies": policies.collect::<Vec<_>>() })
}
