//! `port-iam report`: who had what for how long, what was refused, and what of it nobody used.

mod page;

use clap::builder::RangedU64ValueParser;

use super::looking::Reach;
use super::since::Since;
use super::{Surroundings, connected};
use crate::color::Color;
use crate::domain::arn::is_region;
use crate::domain::printable::printable_lines;
use crate::domain::report::{self, compose};
use crate::engine::report::Gathering;
use crate::failure::Failure;
use crate::report::{Output, Report};

/// What nobody may overlook.
const COLORS: [(&str, Color); 3] = [
    ("LIVE PAST ITS END", Color::Red),
    ("DELETED PERMANENT RECORDS", Color::Red),
    ("EDITED PERMANENT RECORDS", Color::Red),
];
const FORMS: &str = "Forms: --output html is a page of its own, for a browser and for paper; --output md is Markdown; \
    --output csv has one row for each grant, each request that came to nothing or is not over, each deleted or edited \
    record, and each thing that cannot be known, and no cell of it is taken for a formula; --output json has \
    everything. What these documents have of alarms and of what cannot be known is told on standard error \
    too.\n\nExit codes: 1 when a grant is live past its end, when a permanent record was deleted or edited, and on a failure.";

/// Report on the grants of a time: who had what, on what, for how long, and whether it was used.
///
/// It puts together the permanent records, Port's runs with the reasons of what was refused or failed, Port's audit log
/// with the records that somebody deleted or edited, and what AWS holds now: a grant that is live past its end stands at the top,
/// and the exit code is 1. Whether a grant was used CloudTrail tells (cloudtrail:LookupEvents, 90 days back), and of roles
/// that are there IAM's last accessed information too (iam:GenerateServiceLastAccessedDetails,
/// iam:GetServiceLastAccessedDetails; by service, up to four hours late). What the credentials
/// do not let it look at is said to be not known, and never called unused. It changes nothing.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = FORMS)]
pub struct ReportArgs {
    /// The beginning: so long ago (12h, 30d, 4w), a day such as 2026-03-01 (UTC), or a moment. What had ended before is
    /// left out.
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = Since::parse)]
    since: Since,
    /// Regions whose CloudTrail is asked, separated by commas [default: the region in use]. Asked are always
    /// those of the resources too, and us-east-1 or the like of other partitions, where AWS logs what goes to its global
    /// addresses. A session that was opened at the address of
    /// another region is seen in that region alone.
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    regions: Vec<String>,
    /// Of how many grants, the newest, it is looked up whether they were used: CloudTrail takes two questions a second.
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = RangedU64ValueParser::<usize>::new().range(0..=10_000))]
    look_ups: usize,
    #[command(flatten)]
    profiles: connected::Profiles,
}

/// Runs the command.
///
/// # Errors
///
/// Fails on a region that is none and a time that has not begun, and when neither Port nor AWS can be looked at.
pub async fn run(surroundings: &Surroundings<'_>, args: ReportArgs) -> Result<Report, Failure> {
    let (world, ui) = (surroundings.world, surroundings.ui);
    let since = args.since.before(world.now())?;
    if let Some(region) = args.regions.iter().find(|region| !is_region(region)) {
        return Err(Failure::usage(format!("--regions: `{region}` is no region; one is written like us-east-1")));
    }
    let mut reach = Reach::of(surroundings, &args.profiles.profiles).await?;
    let progress = |sentence: &str| ui.status(sentence);
    let gathered = gather(surroundings, &reach, &args, since, &progress).await;
    let (seen, period) = match gathered {
        Ok(gathered) => gathered,
        Err(failure) => {
            reach.without_what_is_forbidden(failure)?;
            gather(surroundings, &reach, &args, since, &progress).await?
        }
    };
    let report = compose(&seen, period);
    let mut json = report::json(&report);
    reach.json().into_iter().for_each(|(system, told)| json[system] = told);
    let document = match surroundings.global.output {
        Output::Text | Output::Json => None,
        Output::Html => Some(printable_lines(&page::page(&report).into_string())),
        Output::Csv => Some(report::csv(&report)),
        Output::Md => Some(report::markdown(&report) + "\n"),
    };
    if let Some(document) = document {
        // Who reads the document alone sees it there too; whoever pipes it on does not.
        report.warnings().iter().for_each(|warning| ui.warning(warning));
        // Not as a report's text, which is made harmless for terminals: every byte of it counts.
        world.stdout.write(&document);
    }
    Ok(Report::done(report::text(&report), json).with_words(&COLORS).with_exit_code(report.exit_code()))
}

async fn gather(
    surroundings: &Surroundings<'_>,
    reach: &Reach,
    args: &ReportArgs,
    since: jiff::Timestamp,
    progress: &(dyn Fn(&str) + Sync),
) -> Result<(report::ReportSeen, report::Period), Failure> {
    let (not_looked_at, unreached) = (reach.not_looked_at(), reach.unreached());
    let gathering = Gathering {
        looking: reach.looking(surroundings),
        world: surroundings.world,
        since,
        regions: &args.regions,
        most_looked_up: args.look_ups,
        not_looked_at: &not_looked_at,
        unreached: &unreached,
        progress,
    };
    Box::pin(gathering.gather()).await
}
