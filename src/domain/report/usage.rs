//! Whether somebody used a grant: what AWS shows, told apart from what it cannot show.

use jiff::{SignedDuration, Timestamp};

use super::{Course, ReportGrant};
use crate::domain::iam::{ServicesSeen, TrailEvents};
use crate::domain::time::utc;

/// How long CloudTrail's event history goes back (CloudTrail User Guide, "Working with CloudTrail Event history").
pub const TRAIL_KEEPS: SignedDuration = SignedDuration::from_hours(90 * 24);
/// How late an event may be there: "within an average of about 5 minutes", which is no promise (CloudTrail User Guide,
/// "How CloudTrail works"); three times that.
pub const TRAIL_LATE: SignedDuration = SignedDuration::from_mins(15);
/// How late IAM's last accessed information may be there (IAM User Guide, "Refine permissions using last accessed
/// information").
pub const SERVICES_LATE: SignedDuration = SignedDuration::from_hours(4);

/// What AWS tells of the use of one grant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UsageSeen {
    /// CloudTrail's event history, region by region.
    pub trail: Vec<TrailSeen>,
    /// IAM's last accessed information, which there is while the role is there.
    pub services: Option<Result<ServicesSeen, String>>,
    /// Why nobody was asked, where nobody was.
    pub unasked: Option<String>,
}

/// What CloudTrail's event history of one region tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailSeen {
    /// The region.
    pub region: String,
    /// The sessions that were opened, or why they could not be read.
    pub events: Result<TrailEvents, String>,
}

/// Whether somebody used a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Usage {
    /// It was used.
    Used {
        /// When it was used last, as far as is known.
        last: Option<Timestamp>,
        /// What shows it, a sentence.
        evidence: String,
    },
    /// CloudTrail answered in every region that was asked, and IAM for all regions: it was not.
    Unused {
        /// Who was asked, a sentence.
        evidence: String,
    },
    /// It was not seen in the regions that were asked, and nobody tells of the others.
    NotSeen {
        /// Where it was not seen, and why nothing tells of elsewhere, a sentence.
        evidence: String,
    },
    /// It cannot be known.
    Unknown {
        /// Why, a sentence.
        why: String,
    },
    /// It was never live, so that nobody could use it.
    NeverLive,
    /// Nobody was asked.
    Unasked,
}

impl Usage {
    /// Judges what was seen of a grant. It is unused only where every region that was to be asked has answered, for the
    /// whole time in which it was live, and IAM says the same, which knows of every region.
    pub(super) fn of(grant: &ReportGrant, seen: Option<&UsageSeen>, now: Timestamp) -> Self {
        if grant.course == Course::Failed {
            return Self::NeverLive;
        }
        let Some(seen) = seen else { return Self::Unasked };
        if let Some(used) = seen.used() {
            return used;
        }
        match seen.in_the_way(grant, now) {
            Some(why) => Self::Unknown { why },
            None => {
                let regions: Vec<&str> = seen.trail.iter().map(|trail| trail.region.as_str()).collect();
                let so_far = if grant.can_be_used(now) { " so far" } else { "" };
                let regions = regions.join(", ");
                match seen.elsewhere(grant, now) {
                    None => Self::Unused {
                        evidence: format!(
                            "CloudTrail shows no session of its role in {regions}, and IAM no service that it was used with{so_far}"
                        ),
                    },
                    Some(why) => Self::NotSeen { evidence: format!("not seen in {regions}{so_far}; {why}") },
                }
            }
        }
    }

    /// Returns whether it cannot be known, for whatever reason.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. } | Self::Unasked)
    }

    /// Returns whether nothing shows that it was used, be it sure or not.
    pub fn was_seen_by_nobody(&self) -> bool {
        matches!(self, Self::Unused { .. } | Self::NotSeen { .. })
    }

    /// Returns the word for people and machines.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Used { .. } => "used",
            Self::Unused { .. } => "unused",
            Self::NotSeen { .. } => "not-seen",
            Self::Unknown { .. } => "cannot-know",
            Self::NeverLive => "never-live",
            Self::Unasked => "not-asked",
        }
    }

    /// Returns the sentence behind the word.
    pub fn told(&self) -> &str {
        match self {
            Self::Used { evidence, .. } | Self::Unused { evidence } | Self::NotSeen { evidence } => evidence,
            Self::Unknown { why } => why,
            Self::NeverLive => "it was never live",
            Self::Unasked => "nobody was asked",
        }
    }
}

/// Returns why it cannot be known whether grants were used, each with how many; together they are the total of those.
pub fn reasons_of_unknown(grants: &[ReportGrant]) -> Vec<(&str, usize)> {
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for usage in grants.iter().map(|grant| &grant.usage).filter(|usage| usage.is_unknown()) {
        match reasons.iter_mut().find(|(known, _)| *known == usage.told()) {
            Some((_, count)) => *count += 1,
            None => reasons.push((usage.told(), 1)),
        }
    }
    reasons
}

/// Returns how many sessions were opened where, and since when, a sentence without a full stop. Unless it `is_whole`, there may
/// be earlier ones that nobody read.
fn sessions(used: &[(&TrailSeen, &TrailEvents)], is_whole: bool) -> String {
    let count: usize = used.iter().map(|(_, events)| events.count).sum();
    let regions: Vec<&str> = used.iter().map(|(trail, _)| trail.region.as_str()).collect();
    let plural = if count == 1 { "session was" } else { "sessions were" };
    let first = used.iter().filter_map(|(_, events)| events.first).min().filter(|_| is_whole);
    let from = first.map(|first| format!(", the first at {}", utc(first))).unwrap_or_default();
    let least = if is_whole { "" } else { "at least " };
    format!("{least}{count} {plural} opened in {}{from} (CloudTrail)", regions.join(", "))
}

impl UsageSeen {
    fn used(&self) -> Option<Usage> {
        let answered = self.trail.iter().filter_map(|trail| trail.events.as_ref().ok().map(|events| (trail, events)));
        let used: Vec<_> = answered.filter(|(_, events)| events.count > 0).collect();
        if !used.is_empty() {
            let last = used.iter().filter_map(|(_, events)| events.last).max();
            let is_whole = self.trail.iter().all(|trail| trail.events.as_ref().is_ok_and(|events| !events.is_cut));
            return Some(Usage::Used { last, evidence: sessions(&used, is_whole) });
        }
        let services = self.services.as_ref()?.as_ref().ok().filter(|seen| !seen.services.is_empty())?;
        let evidence = format!("its role was used with {} (IAM, last accessed)", services.services.join(", "));
        Some(Usage::Used { last: services.last, evidence })
    }

    /// Returns why nothing tells whether it was used in a region that was not asked. IAM's last accessed information is of
    /// all regions.
    fn elsewhere(&self, grant: &ReportGrant, now: Timestamp) -> Option<String> {
        let hours = SERVICES_LATE.as_hours();
        match &self.services {
            None => Some("its role is gone, so that IAM tells nothing of other regions".to_owned()),
            Some(Err(why)) => Some(format!("IAM cannot be asked about other regions: {why}")),
            // Somebody may have used it until a moment ago, of which IAM knows nothing yet: what is live is never unused.
            Some(Ok(_)) if now.duration_since(grant.usable_until(now)) < SERVICES_LATE => {
                Some(format!("it is too early for IAM to tell of other regions: it may be {hours} hours late"))
            }
            Some(Ok(_)) => None,
        }
    }

    /// Returns why nothing follows from nothing being seen.
    fn in_the_way(&self, grant: &ReportGrant, now: Timestamp) -> Option<String> {
        if let Some(why) = &self.unasked {
            return Some(why.clone());
        }
        let services = match &self.services {
            Some(Ok(_)) => {
                let hours = SERVICES_LATE.as_hours();
                format!("; IAM shows no service that it was used with, up to {hours} hours late")
            }
            Some(Err(why)) => format!("; nor can IAM be asked: {why}"),
            None => String::new(),
        };
        let failed = self.trail.iter().find_map(|trail| trail.events.as_ref().err().map(|why| (&trail.region, why)));
        if let Some((region, why)) = failed {
            return Some(format!("CloudTrail cannot be asked in {region}: {why}{services}"));
        }
        if self.trail.is_empty() {
            return Some(format!("CloudTrail was not asked{services}"));
        }
        let Some(from) = grant.from else { return Some("nothing tells when it began".to_owned()) };
        if now.duration_since(from) > TRAIL_KEEPS {
            return Some(format!(
                "it began more than {} days ago, and CloudTrail keeps no more",
                TRAIL_KEEPS.as_hours() / 24
            ));
        }
        let has_just_ended = !grant.can_be_used(now) && now.duration_since(grant.usable_until(now)) < TRAIL_LATE;
        if has_just_ended || now.duration_since(from) < TRAIL_LATE {
            let minutes = TRAIL_LATE.as_mins();
            return Some(format!("it is too early to tell: CloudTrail may be {minutes} minutes late"));
        }
        None
    }
}
