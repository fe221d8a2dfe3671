//! What `seed` looks for outside, beside the files: in AWS, and in a blueprint that something else fills.

use std::collections::BTreeSet;

use super::AwsPlace;
use super::discovery::DiscoveryArgs;
use crate::domain::seed::{
    Entry, Extent, Facts, FoundResource, Remark, Source, entries_of_discovery, entries_of_source, gone,
};
use crate::engine::seeding::Seeding;
use crate::failure::Failure;

/// Where else resources are looked for.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct LookArgs {
    #[command(flatten)]
    discovery: DiscoveryArgs,
    /// Write the resources that the entities of this blueprint stand for, such as ec2Instance of Port's AWS integration.
    #[arg(long, value_name = "BLUEPRINT")]
    from_blueprint: Option<String>,
    /// Property of these entities that holds the ARN; $identifier means their identifier.
    #[arg(long, value_name = "NAME", default_value = "arn", requires = "from_blueprint")]
    arn_property: String,
    /// Keep the catalog in step with that blueprint from now on: an automation in Port writes each ARN of this account that
    /// appears in it. It is shown before it is made, and `uninstall` takes it away.
    #[arg(long, requires = "from_blueprint")]
    keep_in_step: bool,
}

/// What AWS names.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    /// The resources; one may be there twice.
    pub(super) resources: Vec<FoundResource>,
    /// A sentence on each region.
    pub(super) notes: Vec<String>,
    /// What was asked for; none when nothing was.
    pub(super) extent: Option<Extent>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Looked {
    /// The entries.
    pub(super) entries: Vec<Entry>,
    /// What can be no entry, and why.
    pub(super) left_out: Vec<Remark>,
    /// ARNs that were seeded, and that nothing names any more where they were looked for.
    pub(super) gone: BTreeSet<String>,
    /// What has to be said about the whole.
    pub(super) notes: Vec<String>,
}

impl LookArgs {
    /// Returns whether nothing is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.discovery.is_empty() && self.from_blueprint.is_none()
    }

    /// Returns whether an automation shall keep the catalog in step.
    pub(super) fn keeps_in_step(&self) -> bool {
        self.keep_in_step
    }

    /// Returns the blueprint that resources are taken from.
    pub(super) fn source<'a>(&'a self, resource_type: Option<&'a str>) -> Option<Source<'a>> {
        let blueprint = self.from_blueprint.as_deref()?;
        Some(Source { blueprint, arn_property: &self.arn_property, resource_type })
    }

    /// Returns what is wrong with what is looked for, as far as that is known without looking.
    pub(super) fn mistakes(&self, facts: &Facts) -> Vec<Remark> {
        self.discovery.mistakes(facts)
    }

    /// Looks, and returns what `named` does not name already.
    ///
    /// # Errors
    ///
    /// Fails when AWS or Port cannot be asked.
    pub(super) async fn look(
        &self,
        seeding: &Seeding<'_>,
        place: Option<&AwsPlace>,
        facts: &Facts,
        source: Option<&Source<'_>>,
        named: &[Entry],
    ) -> Result<Looked, Failure> {
        let discovered = async {
            match place.filter(|_| !self.discovery.is_empty()) {
                Some(place) => self.discovery.find(place, facts).await,
                None => Ok(Discovered::default()),
            }
        };
        let entities = async {
            match source {
                Some(source) => seeding.entities_of(source).await,
                None => Ok(Vec::new()),
            }
        };
        let (discovered, entities, seeded) = tokio::try_join!(discovered, entities, seeding.seeded(facts))?;
        let arns = source.map(|source| source.arns(&entities)).unwrap_or_default();
        let mut extents = vec![Extent::of_kinds(arns.iter().map(String::as_str))];
        extents.extend(discovered.extent);
        let mut all = named.to_vec();
        all.extend(entries_of_discovery(&discovered.resources, facts, named));
        let mut looked = Looked { notes: discovered.notes, ..Looked::default() };
        if let Some(source) = source {
            let (entries, left_out) = entries_of_source(source, &entities, &all);
            looked.notes.push(format!("{}: {} entities found", source.blueprint, entities.len()));
            looked.left_out = left_out;
            all.extend(entries);
        }
        let found = all.iter().map(|entry| entry.identifier.text.as_str());
        looked.gone = gone(&seeded, &extents, &found.chain(arns.iter().map(String::as_str)).collect());
        looked.entries = all.split_off(named.len());
        Ok(looked)
    }
}
