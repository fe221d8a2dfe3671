//! Whether a role was used: CloudTrail's event history, and IAM's last accessed information.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudtrail::primitives::DateTime;
use aws_sdk_cloudtrail::types::{Event, LookupAttribute, LookupAttributeKey};
use aws_sdk_iam::config::Region;
use aws_sdk_iam::types::{AccessAdvisorUsageGranularityType, JobStatusType};
use jiff::Timestamp;
use serde_json::Value;

use super::error::api_error;
use super::pages::next;
use super::{Aws, Shared};
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::clients::retry::{Repeat, retrying};
use crate::domain::iam::{ServicesSeen, TrailEvents};

/// The longest page (CloudTrail API reference, LookupEvents, `MaxResults`).
const PAGE: i32 = 50;
/// How many pages are read of one question.
const MOST_PAGES: i32 = 10;
/// "The rate of lookup requests is limited to two per second, per account, per Region" (CloudTrail API reference,
/// LookupEvents).
const PACE: Duration = Duration::from_millis(500);
/// How often it is looked whether IAM has made its report, a second apart.
const MOST_LOOKS: u32 = 30;
/// The calls that open a session of a role (IAM User Guide, "Logging IAM and AWS STS API calls with AWS CloudTrail").
const OPENING: [&str; 3] = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"];
/// What the console writes when somebody switches to a role.
const SWITCHING: &str = "SwitchRole";

/// CloudTrail's event history of one region.
pub struct Trail<'a> {
    aws: &'a Aws,
    client: aws_sdk_cloudtrail::Client,
    operation: String,
}

impl Aws {
    /// Returns CloudTrail's event history of a region. Nothing is sent yet.
    pub fn trail(&self, region: &str) -> Trail<'_> {
        let config = aws_sdk_cloudtrail::config::Builder::from(&self.config)
            .region(Region::new(region.to_owned()))
            .interceptor(Shared(Arc::clone(&self.observed)));
        let client = aws_sdk_cloudtrail::Client::from_conf(config.build());
        Trail { aws: self, client, operation: format!("look up events of CloudTrail in {region}") }
    }

    /// Returns the services that a role was used with; IAM may be hours late.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked, when there is no such role, and when IAM's report is not made in time.
    pub async fn services_of(&self, role_arn: &str) -> Result<ServicesSeen, ApiError> {
        const OPERATION: &str = "ask IAM when services were last accessed";
        // A second report changes nothing about the first.
        let job = self
            .retrying(Repeat::Safe, || async {
                let request = self.iam.generate_service_last_accessed_details().arn(role_arn);
                let request = request.granularity(AccessAdvisorUsageGranularityType::ServiceLevel);
                request.send().await.map_err(|error| api_error(OPERATION, &error))
            })
            .await?;
        let job = job.job_id().unwrap_or_default().to_owned();
        let (mut seen, mut marker, mut looks) = (ServicesSeen::default(), None::<String>, 0);
        loop {
            let answer = self
                .retrying(Repeat::Safe, || async {
                    let request = self.iam.get_service_last_accessed_details().job_id(&job).max_items(1_000);
                    request.set_marker(marker.clone()).send().await.map_err(|error| api_error(OPERATION, &error))
                })
                .await?;
            match answer.job_status() {
                JobStatusType::Completed => {}
                JobStatusType::InProgress if looks < MOST_LOOKS => {
                    looks += 1;
                    self.world.sleep(Duration::from_secs(1)).await;
                    continue;
                }
                status => {
                    let why = format!("the report is {}", status.as_str().to_lowercase());
                    return Err(ApiError::new(Api::Aws, OPERATION, ApiErrorKind::Server, why));
                }
            }
            for service in answer.services_last_accessed() {
                let Some(last) = service.last_authenticated() else { continue };
                seen.services.push(service.service_namespace().to_owned());
                seen.last = seen.last.max(Timestamp::from_second(last.secs()).ok());
            }
            marker = next(answer.is_truncated(), answer.marker());
            if marker.is_none() {
                return Ok(seen);
            }
        }
    }
}

impl Trail<'_> {
    /// Returns the sessions of a role that were opened between two moments.
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn sessions(&self, role_arn: &str, from: Timestamp, to: Timestamp) -> Result<TrailEvents, ApiError> {
        let mut seen = TrailEvents::default();
        let take = |event: &Event| {
            // Other calls name the role too, and one that was refused has opened nothing.
            if event.event_name().is_some_and(|name| OPENING.contains(&name)) && !was_refused(event) {
                note(&mut seen, event);
            }
        };
        match self.look_up(LookupAttributeKey::ResourceName, role_arn, from, to, take).await {
            Ok(()) => Ok(seen),
            Err(error) if seen.count == 0 => Err(error),
            // One that was seen is a use, whatever is beyond. CloudTrail tells the newest first.
            Err(_) => Ok(TrailEvents { is_cut: true, ..seen }),
        }
    }

    /// Returns who switched to roles in the console between two moments, by the role's name. Such an event names no
    /// resource; the session that it is of bears the role's name (IAM User Guide, "Logging IAM and AWS STS API calls with
    /// AWS CloudTrail").
    ///
    /// # Errors
    ///
    /// Fails when AWS refuses or cannot be asked.
    pub async fn switches(&self, from: Timestamp, to: Timestamp) -> Result<BTreeMap<String, TrailEvents>, ApiError> {
        let mut seen: BTreeMap<String, TrailEvents> = BTreeMap::new();
        let take = |event: &Event| {
            let told = told(event);
            let arn = told["userIdentity"]["arn"].as_str().unwrap_or_default();
            let role = arn.split_once(":assumed-role/").and_then(|(_, rest)| rest.split('/').next());
            if let Some(role) = role.filter(|_| event.event_name() == Some(SWITCHING) && !was_refused(event)) {
                note(seen.entry(role.to_owned()).or_default(), event);
            }
        };
        self.look_up(LookupAttributeKey::EventName, SWITCHING, from, to, take).await?;
        Ok(seen)
    }

    async fn look_up(
        &self,
        key: LookupAttributeKey,
        value: &str,
        from: Timestamp,
        to: Timestamp,
        mut take: impl FnMut(&Event),
    ) -> Result<(), ApiError> {
        let wrong = |message: String| ApiError::new(Api::Aws, &self.operation, ApiErrorKind::Undecodable, message);
        let attribute = LookupAttribute::builder().attribute_key(key).attribute_value(value).build();
        let attribute = attribute.map_err(|error| wrong(error.to_string()))?;
        let mut token: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let answer = retrying(&self.aws.world, Repeat::Safe, || async {
                let request = self.client.lookup_events().lookup_attributes(attribute.clone()).max_results(PAGE);
                let request = request.start_time(moment(from)).end_time(moment(to)).set_next_token(token.clone());
                request.send().await.map_err(|error| api_error(&self.operation, &error))
            })
            .await;
            self.aws.world.sleep(PACE).await;
            let answer = answer?;
            answer.events().iter().for_each(&mut take);
            match answer.next_token().filter(|next| !next.is_empty()) {
                Some(next) if token.as_deref() == Some(next) => {
                    return Err(wrong("a page names itself as the next one".to_owned()));
                }
                Some(next) => token = Some(next.to_owned()),
                None => return Ok(()),
            }
        }
        // What is beyond could be what is looked for.
        Err(wrong(format!("there are more than {} events of {value}", MOST_PAGES * PAGE)))
    }
}

fn moment(moment: Timestamp) -> DateTime {
    DateTime::from_secs(moment.as_second())
}

/// The event itself, which holds more than what it is listed with.
fn told(event: &Event) -> Value {
    event.cloud_trail_event().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn was_refused(event: &Event) -> bool {
    !told(event)["errorCode"].is_null()
}

fn note(seen: &mut TrailEvents, event: &Event) {
    let at = event.event_time().and_then(|at| Timestamp::from_second(at.secs()).ok());
    seen.count += 1;
    seen.first = [seen.first, at].into_iter().flatten().min();
    seen.last = seen.last.max(at);
}
