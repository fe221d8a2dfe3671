//! What was seeded before and is not found any more.

use std::collections::{BTreeSet, HashSet};

use super::Sought;
use crate::domain::arn::Arn;
use crate::domain::policy::kind_of;

/// What a place that was looked at answers for: what lies within and was not found there is gone.
#[derive(Clone, Debug)]
pub enum Extent {
    /// What AWS was asked for.
    Asked {
        /// The services and kinds.
        sought: Vec<Sought>,
        /// The regions. What has none in its ARN, as buckets, lies in each of them.
        regions: Vec<String>,
    },
    /// The kinds of resource that were found, by service.
    Kinds(BTreeSet<(String, String)>),
}

impl Extent {
    /// Returns the kinds of these ARNs.
    pub fn of_kinds<'a>(arns: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Kinds(arns.into_iter().filter_map(|arn| kind(&Arn::parse("identifier", arn).ok()?)).collect())
    }

    fn holds(&self, arn: &Arn) -> bool {
        match self {
            Self::Asked { sought, regions } => {
                let is_there = arn.region().is_empty() || regions.iter().any(|region| region == arn.region());
                is_there && sought.iter().any(|sought| sought.holds(arn))
            }
            Self::Kinds(kinds) => kind(arn).is_some_and(|kind| kinds.contains(&kind)),
        }
    }
}

fn kind(arn: &Arn) -> Option<(String, String)> {
    Some((arn.service().to_owned(), kind_of(arn)?))
}

/// Returns those of the `seeded` ARNs that lie within one of the extents and were found in none, sorted.
pub fn gone(seeded: &[String], extents: &[Extent], found: &HashSet<&str>) -> BTreeSet<String> {
    let is_gone = |text: &&String| {
        let within = |arn: Arn| extents.iter().any(|extent| extent.holds(&arn));
        !found.contains(text.as_str()) && Arn::parse("identifier", text).is_ok_and(within)
    };
    seeded.iter().filter(is_gone).cloned().collect()
}
