//! `--discover`: the resources that AWS itself names.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::AwsPlace;
use super::looked::Discovered;
use crate::domain::arn::is_region;
use crate::domain::refusal::quoted;
use crate::domain::seed::{Extent, Facts, Kind, Place, Remark, Sought};
use crate::engine::discovery::{Explorer, RegionSeen, discover};
use crate::failure::Failure;

/// The part of the command's help that is about this.
pub(super) const HELP: &str = "

--discover asks the Resource Groups Tagging API (tag:GetResources) of each region, which names only what has or had a \
tag, and Resource Explorer where it is on (resource-explorer-2:GetDefaultView and resource-explorer-2:ListResources). \
How many each region has is told, and what is found is shown before it is written. A tag Name becomes the title of \
what is new.";

/// What is looked for in AWS.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DiscoveryArgs {
    /// Write the resources that AWS names, of these services or kinds, separated by commas: s3,lambda,ec2:instance.
    #[arg(long, value_name = "SERVICE", value_delimiter = ',')]
    discover: Vec<String>,
    /// Regions to look in, separated by commas [default: the AWS region in use].
    #[arg(long, value_name = "REGION", value_delimiter = ',', requires = "discover")]
    regions: Vec<String>,
}

impl DiscoveryArgs {
    /// Returns whether nothing is looked for.
    pub(super) fn is_empty(&self) -> bool {
        self.discover.is_empty()
    }

    /// Returns everything that is wrong: what no service is and no region, and what the catalog has no type for.
    pub(super) fn mistakes(&self, facts: &Facts) -> Vec<Remark> {
        let services = self.discover.iter().filter_map(|text| sought(text, facts).err());
        let is_wrong = |region: &&String| !is_region(region);
        let regions = self.regions.iter().filter(is_wrong).map(|region| Remark {
            place: Place::Sought(Arc::from("--regions")),
            message: format!("{} is no region; one is written like us-east-1", quoted(region)),
        });
        services.chain(regions).collect()
    }

    /// Asks AWS.
    ///
    /// # Errors
    ///
    /// Fails when a region cannot be asked.
    pub(super) async fn find(&self, place: &AwsPlace, facts: &Facts) -> Result<Discovered, Failure> {
        let all: BTreeSet<Sought> = self.discover.iter().filter_map(|text| sought(text, facts).ok()).collect();
        let all: Vec<Sought> = all.into_iter().collect();
        let mut regions: Vec<String> = Vec::new();
        for region in &self.regions {
            if !regions.contains(region) {
                regions.push(region.clone());
            }
        }
        if regions.is_empty() {
            regions.push(place.region().to_owned());
        }
        let seen = discover(&place.aws, &place.account.id, &all, &regions).await?;
        let notes = seen.iter().map(|seen| note(seen, &all)).collect();
        let resources = seen.into_iter().flat_map(|seen| seen.found).collect();
        Ok(Discovered { resources, notes, extent: Some(Extent::Asked { sought: all, regions }) })
    }
}

fn sought(text: &str, facts: &Facts) -> Result<Sought, Remark> {
    let sought = Sought::parse(text)?;
    match facts.type_of(Kind::Resource, sought.service(), None) {
        Ok(_) => Ok(sought),
        Err(message) => Err(Remark { place: Place::Sought(Arc::from(format!("--discover {text}"))), message }),
    }
}

/// Says what a region answered, and what its answer cannot hold.
fn note(seen: &RegionSeen, sought: &[Sought]) -> String {
    const ONLY_TAGGED: &str = "AWS names only what has or had a tag there: list what never had one in a file (--file), or turn Resource Explorer on";
    let mut arns: Vec<&str> = seen.found.iter().map(|resource| resource.arn.as_str()).collect();
    arns.sort_unstable();
    arns.dedup();
    let what: Vec<String> = sought.iter().map(Sought::filter).collect();
    let found = format!("{}: {} found of {}", seen.region, arns.len(), what.join(", "));
    match &seen.explorer {
        Explorer::On => {
            format!("{found}, tagged or not: Resource Explorer is on, and names a new resource some minutes later")
        }
        Explorer::Off => format!("{found}; {ONLY_TAGGED}"),
        Explorer::Silent(error) => format!("{found}; {ONLY_TAGGED} and readable ({error})"),
    }
}
