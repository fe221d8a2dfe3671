//! `port-iam seed`: fills the catalog with resources and permissions.

mod dialogue;
#[cfg(feature = "discover")]
mod discovery;
#[cfg(not(feature = "discover"))]
#[path = "discovery_left_out.rs"]
mod discovery;
mod looked;
mod offers;
mod progress;
mod sources;
mod table;
mod telling;

use std::time::Duration;

use super::confirmation::confirmed;
use super::{Surroundings, connected};
use crate::assets;
use crate::clients::aws::Aws;
use crate::clients::port::Port;
use crate::domain::account::AwsAccount;
use crate::domain::refusal::quoted;
use crate::domain::seed::{
    Checked, Entry, Facts, Kind, ParsedFile, Place, Remark, SeedEntity, Source, check, entries_of_samples,
};
use crate::engine::seeding::Seeding;
use crate::failure::Failure;
use crate::report::Report;
use looked::Looked;
use progress::Teller;
use telling::Told;

/// How many warnings are told one by one.
const MOST_WARNINGS: usize = 20;
const GONE: &str = "seeded before and not found any more, perhaps gone; it stays in the catalog: ";

const FORM: &str = "\
The form of a file:

  resources:
    - identifier: arn:aws:s3:::my-s3-bucket
      title: My awesome S3 bucket
  permissions:
    - identifier: s3:PutObject
      resource_type: S3

Or as a table, in a file that ends in .csv. The first line names the columns, of which only identifier is needed; what \
begins with arn: is a resource, anything else a permission:

  identifier,title,resource_type
  arn:aws:s3:::my-s3-bucket,My awesome S3 bucket,S3
  s3:PutObject,,S3

Titles may be left out, and so may types that follow from the service. The title of a permission always names the \
action: where yours does not, it is put behind it.

Every permission also gets what AWS documents about it (access level, whether it is sensitive, on which kinds of \
resource it works), so that whoever approves a request sees it in Port.

--from-blueprint takes titles over for new resources, with their own names behind them. To keep the catalog in step \
it is run again, or once with --keep-in-step: then an automation in Port writes what appears later, with its ARN as the \
title. It writes and never deletes, and takes ARNs of this account and of the catalog's types alone; what it has written is not \
marked as made by seed, so that uninstall leaves it. Run with credentials of another account it makes one for that. The \
entities of the blueprint are somebody else's, as are the resources of AWS: one that cannot be used is named and \
left out, and the rest is written. What was seeded and is not found any more is named too, and stays. A mistake in a \
file is yours: nothing is written until it is mended.";

/// Fill the catalog with resources and permissions.
///
/// Without --file it writes the guide's samples (a bucket, an instance, s3:PutObject and ec2:StopInstances), and in a
/// terminal it asks for more. With files it writes what they list, as JSON, YAML or CSV. With --from-blueprint it writes
/// what another blueprint of Port names, and with --permissions-for what AWS's reference knows for a resource or a
/// service, so that nothing has to be typed. Only what differs from the catalog is written: a second run writes nothing.
/// It needs credentials of Port (PORT_CLIENT_ID, PORT_CLIENT_SECRET), and of AWS where resources are named, since their
/// account is compared with yours.
///
/// After SIGINT or SIGTERM it begins no further write, and says within 7 seconds what is written and what is left.
#[derive(Clone, Debug, clap::Args)]
#[command(after_long_help = format!("{FORM}{}", discovery::HELP))]
#[command(group = clap::ArgGroup::new("typed").args(["permissions_for", "from_blueprint"]).multiple(true))]
pub struct SeedArgs {
    /// File with resources and permissions, `-` for standard input; repeat it for more.
    #[arg(long = "file", value_name = "FILE", num_args = 1..)]
    files: Vec<String>,
    /// Write the guide's samples: beside those of the files, or alone and without asking for more.
    #[arg(long)]
    samples: bool,
    #[command(flatten)]
    look: looked::LookArgs,
    #[command(flatten)]
    offers: offers::OfferArgs,
    /// Resource type of what --permissions-for and --from-blueprint name; else it follows from the service.
    #[arg(long, value_name = "TYPE", requires = "typed")]
    resource_type: Option<String>,
    /// Write without asking.
    #[arg(long)]
    yes: bool,
    /// Show what would be written, and write nothing; exit code 3 when there is something.
    #[arg(long)]
    dry_run: bool,
}

impl SeedArgs {
    /// Returns the blueprint that resources are taken from.
    fn source(&self) -> Option<Source<'_>> {
        self.look.source(self.resource_type.as_deref())
    }

    /// Returns an entry for each permission that --permissions-for names.
    fn offered(&self, facts: &Facts, named: &[Entry]) -> Result<Vec<Entry>, Vec<Remark>> {
        self.offers.entries(self.resource_type.as_deref(), facts, named)
    }
}

/// Runs the command.
///
/// # Errors
///
/// Fails on mistakes before anything is written, and when Port or AWS cannot be asked.
pub async fn run(surroundings: &Surroundings<'_>, args: SeedArgs) -> Result<Report, Failure> {
    let form = sources::read(&args.files)?;
    let wanted = Wanted::of(&args, &form, surroundings.world.terminal.is_interactive());
    let (port, facts, place) = connect(surroundings, &args, &wanted, &form).await?;
    let teller = Teller::new(surroundings);
    let (progress, stop) = (|progress| teller.tell(progress), &surroundings.world.stop);
    let seeding = Seeding { names: &surroundings.names, port: &port, progress: &progress, stop };
    let (checked, looked) = gather(surroundings, &args, &wanted, &seeding, &facts, place.as_ref(), form).await?;
    let steps = seeding.plan(checked.entities).await?;
    let in_step = match (args.source().filter(|_| args.look.keeps_in_step()), &place) {
        (Some(source), Some(place)) => Some(seeding.in_step(&source, &place.account, &facts).await?),
        _ => None,
    };
    let told = Told {
        names: &surroundings.names,
        steps: &steps,
        in_step: in_step.as_ref(),
        warnings: &checked.warnings,
        looked: &looked,
    };
    let pending: Vec<_> = steps.iter().filter(|step| step.is_pending()).collect();
    if args.dry_run || !told.is_pending() {
        return Ok(told.plan());
    }
    let hint = "pass --yes to write it, or --dry-run to see it";
    if !args.yes && !confirmed(surroundings.world, "Write this to Port?", Some(&told.preview()), hint)? {
        return Ok(told.declined());
    }
    if args.yes && !args.look.is_empty() {
        // Nobody has typed what is written now.
        surroundings.ui.status(&told.preview());
    }
    // Before the entities: what appears meanwhile is missed by neither.
    if let Some(in_step) = &in_step {
        seeding.keep(in_step).await?;
    }
    let outcomes = seeding.write(&pending).await;
    if let Some(failure) = telling::failure(&outcomes, stop.asked()) {
        surroundings.ui.failure(&failure.completed(&surroundings.invocation));
    }
    Ok(told.outcome(&pending, &outcomes))
}

/// What follows from the command line and the files.
struct Wanted {
    with_samples: bool,
    asks: bool,
    /// Whether AWS is asked whose account it is.
    of_account: bool,
}

impl Wanted {
    fn of(args: &SeedArgs, form: &ParsedFile, is_interactive: bool) -> Self {
        let names_nothing = args.files.is_empty() && args.offers.is_empty() && args.look.is_empty();
        let with_samples = args.samples || names_nothing;
        let asks = names_nothing && !args.samples && !args.yes && is_interactive;
        let names_resources = form.entries.iter().any(|entry| entry.kind == Kind::Resource);
        let of_account = with_samples || asks || names_resources || !args.look.is_empty();
        Self { with_samples, asks, of_account }
    }
}

/// Asks Port and AWS for what every check needs.
async fn connect(
    surroundings: &Surroundings<'_>,
    args: &SeedArgs,
    wanted: &Wanted,
    form: &ParsedFile,
) -> Result<(Port, Facts, Option<AwsPlace>), Failure> {
    let stop = &surroundings.world.stop;
    let source = args.source();
    let connection = async {
        connected::check_port_and_aws(surroundings.world, None).await?;
        let port = connected::port(surroundings.world)?;
        let seeding = Seeding { names: &surroundings.names, port: &port, progress: &|_| {}, stop };
        let place = aws_place(surroundings, wanted.of_account);
        let (mut facts, place) = tokio::try_join!(seeding.facts(source.as_ref()), place)?;
        facts.account = place.as_ref().map(|place| place.account.clone());
        Ok::<_, Failure>((port, facts, place))
    };
    match stop.within(Duration::ZERO, connection).await {
        Ok(connection) => Ok(connection),
        Err(failure) => {
            // What is wrong whatever the systems say is worth telling before what is wrong with them.
            let nothing = Facts::default();
            let mut mistakes = check(&form.entries, &nothing).mistakes;
            mistakes.extend(args.offered(&nothing, &[]).err().unwrap_or_default());
            mistakes.extend(args.look.mistakes(&nothing));
            refuse(form.mistakes.clone(), mistakes)?;
            Err(failure)
        }
    }
}

/// Brings together what is named and what is found, tells what has to be said about it, and refuses mistakes.
async fn gather(
    surroundings: &Surroundings<'_>,
    args: &SeedArgs,
    wanted: &Wanted,
    seeding: &Seeding<'_>,
    facts: &Facts,
    place: Option<&AwsPlace>,
    form: ParsedFile,
) -> Result<(Checked, Looked), Failure> {
    let mut entries = match place {
        Some(place) if wanted.with_samples => samples(surroundings, place)?,
        _ => Vec::new(),
    };
    entries.extend(form.entries);
    let mut looked = Looked::default();
    if !args.look.is_empty() {
        // Before anything is looked for at length.
        let mut mistakes = check(&entries, facts).mistakes;
        mistakes.extend(args.look.mistakes(facts));
        mistakes.extend(args.offered(facts, &entries).err().unwrap_or_default());
        refuse(form.mistakes.clone(), mistakes)?;
        let source = args.source();
        let looking = args.look.look(seeding, place, facts, source.as_ref(), &entries);
        looked = surroundings.world.stop.within(Duration::ZERO, looking).await?;
        looked.notes.iter().for_each(|note| surroundings.ui.status(note));
        entries.append(&mut looked.entries);
    }
    let offered = args.offered(facts, &entries);
    entries.extend(offered.as_ref().ok().into_iter().flatten().cloned());
    if wanted.asks {
        dialogue::ask(surroundings.world, facts, &mut entries)?;
    }
    let mut checked = check(&entries, facts);
    checked.mistakes.extend(offered.err().unwrap_or_default());
    refuse(form.mistakes, std::mem::take(&mut checked.mistakes))?;
    looked.left_out.append(&mut checked.left_out);
    checked.warnings.extend(lacking(facts, &entries));
    warn(surroundings, "", &checked.warnings);
    warn(surroundings, "left out: ", &looked.left_out);
    warn(surroundings, GONE, looked.gone.iter().map(|arn| quoted(arn)));
    usable(&checked.entities, &looked)?;
    Ok((checked, looked))
}

/// Fails when something was found, and nothing of it can be in the catalog.
fn usable(entities: &[SeedEntity], looked: &Looked) -> Result<(), Failure> {
    match looked.left_out.first() {
        Some(first) if entities.is_empty() => {
            let message = format!("nothing of what was found can be in the catalog; {first}");
            Err(Failure::failed(message).hint("nothing was written"))
        }
        _ => Ok(()),
    }
}

/// Returns a warning for each blueprint in use that lacks properties which would be written.
fn lacking(facts: &Facts, entries: &[Entry]) -> Vec<Remark> {
    let warning = |kind: Kind| {
        let names: Vec<_> = facts.lacking.iter().filter(|(of, _)| *of == kind).map(|(_, name)| *name).collect();
        let in_use = entries.iter().any(|entry| entry.kind == kind);
        (in_use && !names.is_empty()).then(|| {
            let message = format!("it lacks {}, which are left out; `port-iam init` adds them", names.join(", "));
            Remark { place: Place::Blueprint(kind), message }
        })
    };
    Kind::ALL.into_iter().filter_map(warning).collect()
}

/// Whose resources are offered, and where.
struct AwsPlace {
    account: AwsAccount,
    aws: Aws,
}

impl AwsPlace {
    fn region(&self) -> &str {
        self.aws.region().unwrap_or_default()
    }
}

async fn aws_place(surroundings: &Surroundings<'_>, wanted: bool) -> Result<Option<AwsPlace>, Failure> {
    if !wanted {
        return Ok(None);
    }
    let aws = connected::aws(surroundings.world).await?;
    let account = aws.caller().await?.account;
    Ok(Some(AwsPlace { account, aws }))
}

fn samples(surroundings: &Surroundings<'_>, place: &AwsPlace) -> Result<Vec<Entry>, Failure> {
    let (account, region) = (&place.account, place.region());
    let samples = assets::samples(account, region).map_err(|error| Failure::usage(error.to_string()))?;
    let count = samples.resources.len() + samples.permissions.len();
    surroundings.ui.status(&format!("The guide's {count} samples, for account {} in {region}", account.id));
    let mut entries = entries_of_samples(Kind::Resource, &samples.resources);
    entries.extend(entries_of_samples(Kind::Permission, &samples.permissions));
    Ok(entries)
}

/// Fails when there are mistakes, and names all of them.
fn refuse(mut mistakes: Vec<Remark>, more: Vec<Remark>) -> Result<(), Failure> {
    mistakes.extend(more);
    mistakes.sort();
    let lines: Vec<_> = mistakes.iter().map(Remark::to_string).collect();
    match lines.len() {
        0 => return Ok(()),
        1 => Err(Failure::usage(lines.concat())),
        count => Err(Failure::usage(format!("{count} mistakes\n{}", lines.join("\n")))),
    }
    .map_err(|failure| failure.hint("nothing was written; mend the mistakes and run the same command again"))
}

fn warn<T: ToString>(surroundings: &Surroundings<'_>, what: &str, of: impl IntoIterator<Item = T>) {
    let mut warnings = of.into_iter();
    for warning in warnings.by_ref().take(MOST_WARNINGS) {
        surroundings.ui.warning(&format!("{what}{}", warning.to_string()));
    }
    let more = warnings.count();
    if more > 0 {
        surroundings.ui.warning(&format!("{what}and {more} more of this kind; --output json lists them all"));
    }
}
