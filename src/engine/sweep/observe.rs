//! Sees everything there is, by lists alone.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, join3};
use jiff::SignedDuration;
use serde_json::Value;

use super::{Known, SweepSettings};
use crate::clients::error::ApiError;
use crate::clients::github::GitHub;
use crate::clients::port::SearchRule;
use crate::domain::account::AwsAccount;
use crate::domain::catalog::Entity;
use crate::domain::decision::Configuration;
use crate::domain::iam::{ListedPolicy, ListedRole};
use crate::domain::refusal::{Refusal, quoted};
use crate::domain::setup::repository_of;
use crate::domain::state::GrantState;
use crate::domain::sweep::{EntitySeen, RecordSeen, Seen};
use crate::domain::tags::tag_value;
use crate::engine::Engine;
use crate::engine::grant::GrantSettings;
use crate::failure::Failure;

/// So many records are asked for at once: the request stays far below Port's limit of a megabyte.
const RECORDS_AT_ONCE: usize = 1_000;

impl Engine<'_> {
    /// Lists AWS first and Port after it: what is recorded before it works cannot look unrecorded.
    pub(super) async fn observe_all(&self, github: &GitHub, settings: &SweepSettings) -> Result<Known, Failure> {
        self.say("Reading the rules and the account");
        let action = self.port.action(&self.names.request_permissions);
        let (place, action) = join(self.look_around(github, &settings.place), action).await;
        // A token that may not read actions, and an action that is not there, tell nothing.
        if let Some(action) = action.ok().flatten().filter(|_| !settings.force) {
            check_repository(&action, &settings.place)?;
        }
        let place = place?;
        let (account, configuration) = (place.caller.account.clone(), &place.configuration);
        check_account(&account, configuration)?;
        let path = &self.names.iam_path;
        self.say(&format!("Listing what lies under {path} in {}", account.id));
        let (mut roles, mut policies) = (BTreeMap::new(), BTreeMap::new());
        let take_role = |role: ListedRole| _ = roles.insert(role.name.clone(), role);
        let take_policy = |policy: ListedPolicy| _ = policies.insert(policy.name.clone(), policy);
        let (listed, also_listed) =
            join(self.aws.list_roles(path, take_role), self.aws.list_policies(path, take_policy)).await;
        listed?;
        also_listed?;
        let now = self.service_time()?;
        self.say(&format!("Found {} roles and {} policies; reading the catalog", roles.len(), policies.len()));
        let names: BTreeSet<String> = roles.keys().cloned().chain(policies.values().flat_map(grant_name)).collect();
        let (entities, active, review_due) =
            join3(self.live_grants(), self.active_people(), self.review_due(&account)).await;
        let entities = entities?;
        let names: BTreeSet<String> = names.into_iter().chain(entities.keys().cloned()).collect();
        let records = self.records_of(names).await;
        let seen = Seen {
            names: self.names.clone(),
            account,
            // As the tag says it, which holds no character that IAM does not take.
            scope: tag_value(&place.scope.0),
            other_installations: configuration.rules.other_installations.iter().cloned().collect(),
            now,
            longest: configuration.rules.longest().map(|longest| SignedDuration::from_secs(longest.seconds())),
            deny_foreign: settings.deny_foreign,
            roles,
            policies,
            entities,
            records: records?,
            review_due: review_due?,
            active: Some(active?),
            close: BTreeSet::new(),
            looks: BTreeMap::new(),
            verdicts: BTreeMap::new(),
            unanswered: BTreeMap::new(),
        };
        Ok(Known { seen, place, grants: BTreeMap::new() })
    }

    async fn live_grants(&self) -> Result<BTreeMap<String, EntitySeen>, ApiError> {
        const PROPERTIES: [&str; 5] = ["requester", "state", "missing_since", "account", "expiry_time"];
        let mut entities = BTreeMap::new();
        let take = |entity: Entity| {
            let text = |name: &str| entity.text(name).map(str::to_owned);
            let seen = EntitySeen {
                requester: text("requester"),
                state: text("state").and_then(|word| GrantState::of(&word)),
                missing_since: entity.text("missing_since").and_then(|time| time.parse().ok()),
                account: text("account"),
                end: entity.text("expiry_time").and_then(|time| time.parse().ok()),
            };
            entities.insert(entity.identifier, seen);
        };
        self.port.each_entity(&self.names.provisioned_permissions, &[], &PROPERTIES, take).await?;
        Ok(entities)
    }

    /// Records are never deleted: only those of what was seen are asked for.
    async fn records_of(&self, names: BTreeSet<String>) -> Result<BTreeMap<String, RecordSeen>, ApiError> {
        const PROPERTIES: [&str; 5] = ["requester", "trust_digest", "policy_digest", "revoked_at", "review_due"];
        let names: Vec<String> = names.into_iter().collect();
        let mut records = BTreeMap::new();
        for some in names.chunks(RECORDS_AT_ONCE) {
            let take = |record: Entity| {
                let text = |name: &str| record.text(name).map(str::to_owned);
                let seen = RecordSeen {
                    requester: text("requester"),
                    trust_digest: text("trust_digest"),
                    policy_digest: text("policy_digest"),
                    is_over: record.text("revoked_at").is_some(),
                    over_since: record.text("revoked_at").and_then(|time| time.parse().ok()),
                    is_reviewed: record.properties["review_due"] == false,
                };
                records.insert(record.identifier, seen);
            };
            let rules = [SearchRule::IdentifierIn(some.to_vec())];
            self.port.each_entity(&self.names.permission_records, &rules, &PROPERTIES, take).await?;
        }
        Ok(records)
    }

    /// Returns the records of this account that somebody has to review, over all times.
    async fn review_due(&self, account: &AwsAccount) -> Result<BTreeSet<String>, ApiError> {
        let rules = [
            SearchRule::PropertyIsTrue("review_due"),
            SearchRule::PropertyIs("account", account.id.as_str().to_owned()),
        ];
        let mut due = BTreeSet::new();
        let take = |record: Entity| _ = due.insert(record.identifier);
        self.port.each_entity(&self.names.permission_records, &rules, &[], take).await?;
        Ok(due)
    }

    async fn active_people(&self) -> Result<BTreeSet<String>, ApiError> {
        let users = self.port.users().await?;
        let active = users.iter().filter(|user| user.is_active());
        Ok(active.map(|user| user.email.to_lowercase()).collect())
    }
}

fn grant_name(policy: &ListedPolicy) -> Option<String> {
    policy.grant().map(|grant| grant.to_string())
}

/// In another repository than the one whose workflows Port starts, every grant on record bears another tag than ours.
fn check_repository(action: &Value, place: &GrantSettings) -> Result<(), Refusal> {
    let GrantSettings { owner, repository, .. } = place;
    let is_ours = |(org, repo): (&str, &str)| org.eq_ignore_ascii_case(owner) && repo.eq_ignore_ascii_case(repository);
    match repository_of(action).filter(|theirs| !is_ours(*theirs)) {
        None => Ok(()),
        Some((org, repo)) => {
            let theirs = quoted(&format!("{org}/{repo}"));
            let reason = format!("Port's actions start the workflows of {theirs}, and this is {owner}/{repository}");
            let remedy =
                "name the right repository by --repository; after a renaming run `port-iam init`, or use --force";
            Err(Refusal::new("other-repository", "GITHUB_REPOSITORY", reason, remedy))
        }
    }
}

fn check_account(account: &AwsAccount, configuration: &Configuration) -> Result<(), Refusal> {
    if configuration.rules.accounts.contains_key(&account.id) {
        return Ok(());
    }
    let reason = format!("the credentials belong to {}, which is not an account of this installation", account.id);
    Err(Refusal::new(
        "other-account",
        "AWS_ACCOUNT_ID",
        reason,
        "check the AWS credentials, and `accounts` of the rules file",
    ))
}
