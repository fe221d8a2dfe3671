//! `port-iam list`: who has what until when.

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use serde_json::json;

use super::given::{self, check_requester};
use super::looking::Reach;
use super::{Surroundings, connected};
use crate::color::Color;
use crate::domain::overview::{Row, RowSelection, State, compose, csv, table};
use crate::domain::time::utc;
use crate::failure::Failure;
use crate::report::Output;
use crate::report::Report;

/// How states are coloured: what can be used, what is in between, what somebody should look at.
const COLORS: [(&str, Color); 6] = [
    ("live", Color::Green),
    ("granting", Color::Cyan),
    ("revoking", Color::Cyan),
    ("denied", Color::Yellow),
    ("missing", Color::Red),
    ("revoke-failed", Color::Red),
];

/// List who has what until when.
///
/// It looks at what Port has on record and at what AWS really holds, and AWS decides what is called live: where the two
/// differ, a line under the grant says so. It needs credentials of AWS (those of `port-iam aws revoker` are enough), of
/// Port (PORT_CLIENT_ID, PORT_CLIENT_SECRET), or better of both; what it could not look at it says. Your AWS credentials
/// are of one account: --account-profile adds those of others. Without options it
/// lists what is in Port's catalog or in AWS now. It changes nothing.
#[derive(Clone, Debug, clap::Args)]
pub struct ListArgs {
    /// Only the grants of this person, by e-mail; whoever is told as requester anywhere is meant.
    #[arg(long, value_name = "EMAIL")]
    requester: Option<String>,
    /// Only the grants on this resource, be it the first or an additional one.
    #[arg(long, value_name = "ARN")]
    resource: Option<String>,
    /// Only the grants in this account.
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    #[command(flatten)]
    profiles: connected::Profiles,
    /// Only the grants in one of these states. Those that have ended are read from the permanent records.
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = states())]
    state: Vec<State>,
    /// Only the grants that can be used now.
    #[arg(long)]
    live: bool,
    /// Only the grants that have ended: whose time is over, and that were taken away.
    #[arg(long)]
    expired: bool,
    /// Form of the list; `--output json` has everything.
    #[arg(long, value_enum, default_value_t = Form::Table)]
    output_format: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people.
    Table,
    /// For spreadsheets; no cell is taken for a formula.
    Csv,
}

fn states() -> impl clap::builder::TypedValueParser<Value = State> {
    let words = PossibleValuesParser::new(State::ALL.map(State::word));
    words.map(|word| State::ALL.into_iter().find(|state| state.word() == word).unwrap_or(State::Unknown))
}

/// Runs the command.
///
/// # Errors
///
/// Fails on what is no e-mail address, no ARN and no account, and when neither Port nor AWS can be looked at.
pub async fn run(surroundings: &Surroundings<'_>, args: ListArgs) -> Result<Report, Failure> {
    args.requester.as_deref().map(check_requester).transpose()?;
    args.resource.as_deref().map(|arn| given::arn("--resource", arn)).transpose()?;
    let account = args.account.as_deref().map(|id| given::account("--account", id)).transpose()?;
    let mut reach = Reach::of(surroundings, &args.profiles.profiles).await?;
    let mut states = args.state;
    states.extend(args.live.then_some(State::Live));
    states.extend(args.expired.then_some([State::Expired, State::Revoked]).into_iter().flatten());
    let selection = RowSelection { requester: args.requester, resource: args.resource, account: args.account, states };
    let with_the_past = selection.wants_the_past();
    let seen = match reach.looking(surroundings).overview(with_the_past).await {
        Ok(seen) => seen,
        Err(failure) => {
            reach.without_what_is_forbidden(failure)?;
            reach.looking(surroundings).overview(with_the_past).await?
        }
    };
    account.iter().for_each(|account| reach.note_asked_for(account));
    let now = seen.aws.as_ref().map(|aws| aws.now);
    let rows: Vec<Row> = compose(&seen).into_iter().filter(|row| selection.takes(row)).collect();
    let not_looked_at = reach.not_looked_at();
    let mut json = json!({ "grants": rows.iter().map(Row::json).collect::<Vec<_>>(), "now": now.map(utc) });
    reach.json().into_iter().for_each(|(system, told)| json[system] = told);
    if args.output_format == Form::Csv && surroundings.global.output == Output::Text {
        not_looked_at.iter().for_each(|sentence| surroundings.ui.warning(sentence));
        // Not as a report's text, which is made harmless for terminals: every byte of it counts.
        surroundings.world.stdout.write(&csv(&rows));
        return Ok(Report::done("", json));
    }
    let mut lines = not_looked_at;
    lines.push(if rows.is_empty() { "No grant was found.".to_owned() } else { table(&rows, now) });
    Ok(Report::done(lines.join("\n"), json).with_words(&COLORS))
}
