//! What stands for `--discover` in a build without the feature: nothing is looked for in AWS.

use super::AwsPlace;
use super::looked::Discovered;
use crate::domain::seed::{Facts, Remark};
use crate::failure::Failure;

/// The part of the command's help that is about this.
pub(super) const HELP: &str = "";

/// No flags.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DiscoveryArgs {}

impl DiscoveryArgs {
    pub(super) fn is_empty(&self) -> bool {
        true
    }

    pub(super) fn mistakes(&self, _: &Facts) -> Vec<Remark> {
        Vec::new()
    }

    pub(super) async fn find(&self, _: &AwsPlace, _: &Facts) -> Result<Discovered, Failure> {
        std::future::ready(Ok(Discovered::default())).await
    }
}
