//! Asks AWS which resources there are, in several regions at once.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use crate::clients::aws::Aws;
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::domain::identifier::AccountId;
use crate::domain::seed::{FoundResource, Sought};
use crate::failure::Failure;

/// How many regions are asked at once.
const ASKED_AT_ONCE: usize = 4;

/// What a region answered.
#[derive(Clone, Debug)]
pub struct RegionSeen {
    /// The region.
    pub region: String,
    /// What has or had a tag, and what Resource Explorer knows, in this order.
    pub found: Vec<FoundResource>,
    /// Whether what never had a tag is among it.
    pub explorer: Explorer,
}

/// What came of asking Resource Explorer.
#[derive(Clone, Debug)]
pub enum Explorer {
    /// It is on, and has answered.
    On,
    /// It is off.
    Off,
    /// It could not be asked.
    Silent(ApiError),
}

/// Asks every region for what is sought, and returns their answers in the order of `regions`.
///
/// # Errors
///
/// Fails when a region cannot be asked for its tagged resources. Without Resource Explorer it goes on, and says so.
pub async fn discover(
    aws: &Aws,
    account: &AccountId,
    sought: &[Sought],
    regions: &[String],
) -> Result<Vec<RegionSeen>, Failure> {
    let filters: Vec<String> = sought.iter().map(Sought::filter).collect();
    let asked = regions.iter().map(|region| look(aws, account, &filters, region));
    // Asked together, answered in order.
    stream::iter(asked).buffered(ASKED_AT_ONCE).try_collect().await
}

async fn look(aws: &Aws, account: &AccountId, filters: &[String], region: &str) -> Result<RegionSeen, Failure> {
    let (tagged, explored) =
        futures_util::join!(aws.tagged_resources(region, filters), aws.explored_resources(region, filters, account));
    let mut found = tagged.map_err(|error| {
        let is_forbidden = error.kind == ApiErrorKind::Forbidden;
        let failure = Failure::from(error);
        if is_forbidden {
            failure.hint("--discover needs the right tag:GetResources, on every resource")
        } else {
            failure
        }
    })?;
    let explorer = match explored {
        Ok(Some(explored)) => {
            found.extend(explored);
            Explorer::On
        }
        Ok(None) => Explorer::Off,
        Err(error) => Explorer::Silent(error),
    };
    Ok(RegionSeen { region: region.to_owned(), found, explorer })
}
