//! Sees everything there is, by lists alone.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, join_all, join3};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Known, SweepSettings};
use crate::clients::aws::{Aws, ReachedAccount};
use crate::clients::error::ApiError;
use crate::clients::github::GitHub;
use crate::clients::port::SearchRule;
use crate::domain::account::AwsAccount;
use crate::domain::break_glass::is_record_of_what_ends;
use crate::domain::catalog::Entity;
use crate::domain::counting::count;
use crate::domain::decision::Configuration;
use crate::domain::evidence;
use crate::domain::iam::{ListedPolicy, ListedRole};
use crate::domain::identifier::{AccountId, GrantId};
use crate::domain::names::Names;
use crate::domain::refusal::{Refusal, RefusalCode, quoted};
use crate::domain::setup::repository_of;
use crate::domain::state::GrantState;
use crate::domain::sweep::{Beside, EntitySeen, MarkedRecord, RecordSeen, Seen};
use crate::domain::tags::tag_value;
use crate::engine::Engine;
use crate::engine::grant::{GrantSettings, Place};
use crate::failure::Failure;

/// So many records are asked for at once: the request stays far below Port's limit of a megabyte.
const RECORDS_AT_ONCE: usize = 1_000;

/// What an account lists.
pub(super) struct Listed {
    /// None for the account of the engine itself.
    pub(super) aws: Option<Aws>,
    place: Place,
    roles: BTreeMap<String, ListedRole>,
    policies: BTreeMap<String, ListedPolicy>,
    now: Timestamp,
}

impl Listed {
    /// Returns the names of the roles that lie where those of grants lie.
    fn roles_of_grants(&self, names: &Names) -> impl Iterator<Item = String> {
        let account = &self.place.caller.account;
        let is_one = |role: &&ListedRole| {
            GrantId::parse(&role.name).is_ok_and(|grant| role.arn == account.role_arn(names, &grant))
        };
        self.roles.values().filter(is_one).map(|role| role.name.clone()).collect::<Vec<_>>().into_iter()
    }
}

/// What all accounts list that could be asked, the engine's own first.
pub(super) struct ListedAll {
    pub(super) accounts: Vec<Listed>,
    pub(super) not_listed: Vec<(AccountId, Failure)>,
}

impl Engine<'_> {
    /// Lists what is in AWS, in every account of the installation.
    pub(super) async fn list_all(&self, github: &GitHub, settings: &SweepSettings) -> Result<ListedAll, Failure> {
        self.say("Reading the rules and the account");
        let action = self.port.action(&self.names.request_permissions);
        let (place, action) = join(self.look_around(github, &settings.place), action).await;
        // A token that may not read actions, and an action that is not there, tell nothing.
        if let Some(action) = action.ok().flatten().filter(|_| !settings.force) {
            check_repository(&action, &settings.place)?;
        }
        let place = place?;
        check_account(&place.caller.account, &place.configuration)?;
        let rules = &place.configuration.rules;
        let home = &place.home;
        let further: BTreeSet<AccountId> =
            rules.accounts.keys().chain(self.aws.further_accounts()).filter(|id| *id != home).cloned().collect();
        let mut all = ListedAll { accounts: vec![self.list(place.clone()).await?], not_listed: Vec::new() };
        let listing = join_all(further.iter().map(|id| self.list_further(&place, id))).await;
        for (account, listed) in further.into_iter().zip(listing) {
            match listed {
                Ok(listed) => all.accounts.push(listed),
                Err(failure) if failure.kind.is_of_a_signal() => return Err(failure),
                Err(failure) => all.not_listed.push((account, failure)),
            }
        }
        Ok(all)
    }

    async fn list_further(&self, place: &Place, account: &AccountId) -> Result<Listed, Failure> {
        if !place.configuration.rules.accounts.contains_key(account) {
            let message = "the rules file does not name it under `accounts`, so that nothing there was looked at";
            return Err(
                Failure::failed(message).hint("add it there, or take it out of the workflows with `port-iam init`")
            );
        }
        let Some(connected) = self.aws.of_further_account(account).await else {
            return Err(Failure::failed("the rules file names it, and nothing says how it is reached").hint(format!(
                "in a workflow: `port-iam init --add-account {account}`; by hand: --account-profile {account}=PROFILE"
            )));
        };
        let ReachedAccount { aws, caller } = connected?;
        let place = Place { caller, ..place.clone() };
        let listed = self.with_aws(&aws).list(place).await?;
        Ok(Listed { aws: Some(aws), ..listed })
    }

    async fn list(&self, place: Place) -> Result<Listed, Failure> {
        let path = &self.names.iam_path;
        self.say(&format!("Listing what lies under {path} in {}", place.caller.account.id));
        let (mut roles, mut policies) = (BTreeMap::new(), BTreeMap::new());
        let take_role = |role: ListedRole| _ = roles.insert(role.name.clone(), role);
        let take_policy = |policy: ListedPolicy| _ = policies.insert(policy.name.clone(), policy);
        let (listed, also_listed) =
            join(self.aws.list_roles(path, take_role), self.aws.list_policies(path, take_policy)).await;
        listed?;
        also_listed?;
        let now = self.service_time()?;
        Ok(Listed { aws: None, place, roles, policies, now })
    }

    /// Reads Port, after AWS: what is recorded before it works cannot look unrecorded. Returns what is known of each
    /// account, in their order.
    pub(super) async fn know_all(&self, listed: &ListedAll, settings: &SweepSettings) -> Result<Vec<Known>, Failure> {
        let (roles, policies) = listed
            .accounts
            .iter()
            .fold((0, 0), |(roles, policies), one| (roles + one.roles.len(), policies + one.policies.len()));
        let (roles, policies) = (count(roles, "role", "roles"), count(policies, "policy", "policies"));
        self.say(&format!("Found {roles} and {policies}; reading the catalog"));
        let (entities, active, marked) = join3(self.live_grants(), self.active_people(), self.marked_records()).await;
        let (entities, active, marked) = (entities?, active?, marked?);
        let swept: Vec<AccountId> = listed.accounts.iter().map(|one| one.place.caller.account.id.clone()).collect();
        let of_account = |one: &Listed| {
            let of_policies = one.policies.values().flat_map(grant_name);
            one.roles.keys().cloned().chain(of_policies).collect::<Vec<String>>()
        };
        let names = listed.accounts.iter().flat_map(of_account).chain(entities.keys().cloned()).collect();
        let records = self.records_of(names).await?;
        let seen = |one: &Listed| {
            let (place, account) = (one.place.clone(), one.place.caller.account.clone());
            let rules = &place.configuration.rules;
            let seen = Seen {
                names: self.names.clone(),
                beside: beside(listed, one, &records, self.names),
                // As the tag says it, which holds no character that IAM does not take.
                scope: tag_value(&place.scope.0),
                other_installations: rules.other_installations.iter().cloned().collect(),
                now: one.now,
                longest: rules.longest().map(|longest| SignedDuration::from_secs(longest.seconds())),
                deny_foreign: settings.deny_foreign,
                roles: one.roles.clone(),
                policies: one.policies.clone(),
                entities: entities.clone(),
                records: of_this_account(&records, &account, &one.roles),
                review_due: review_due(&marked, &account.id, &swept),
                active: Some(active.clone()),
                close: BTreeSet::new(),
                looks: BTreeMap::new(),
                held_elsewhere: BTreeMap::new(),
                verdicts: BTreeMap::new(),
                unanswered: BTreeMap::new(),
                account,
            };
            Known { seen, place, grants: BTreeMap::new() }
        };
        Ok(listed.accounts.iter().map(seen).collect())
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
        const PROPERTIES: [&str; 9] = [
            "requester",
            "trust_digest",
            "policy_digest",
            "account",
            "granted_from",
            "revoked_at",
            "review_due",
            "state",
            "receipt",
        ];
        let names: Vec<String> = names.into_iter().collect();
        let mut records = BTreeMap::new();
        for some in names.chunks(RECORDS_AT_ONCE) {
            let take = |record: Entity| {
                let text = |name: &str| record.text(name).map(str::to_owned);
                let seen = RecordSeen {
                    requester: text("requester"),
                    trust_digest: text("trust_digest"),
                    policy_digest: text("policy_digest"),
                    account: text("account"),
                    from: record.text("granted_from").and_then(|time| time.parse().ok()),
                    is_over: record.has_ended(),
                    over_since: record.text("revoked_at").and_then(|time| time.parse().ok()),
                    is_reviewed: record.properties["review_due"] == false,
                    is_marked: record.properties["review_due"] == true,
                    has_receipt: record.properties["receipt"].is_object(),
                    is_unverified: is_record_of_what_ends(&record),
                };
                records.insert(record.identifier, seen);
            };
            let rules = [SearchRule::IdentifierIn(some.to_vec())];
            self.port.each_entity(&self.names.permission_records, &rules, &PROPERTIES, take).await?;
        }
        Ok(records)
    }

    /// Returns the records that somebody has to review, over all times: of every account, since what a record says of its
    /// account others write too. Those of another installation are of another blueprint.
    async fn marked_records(&self) -> Result<Vec<MarkedRecord>, ApiError> {
        let rules = [SearchRule::PropertyIsTrue("review_due")];
        let mut marked = Vec::new();
        let take = |record: Entity| {
            let account = record.text("account").map(str::to_owned);
            let found = evidence::told(&record.properties["receipt"]);
            marked.push(MarkedRecord { identifier: record.identifier, account, found });
        };
        self.port.each_entity(&self.names.permission_records, &rules, &["receipt", "account"], take).await?;
        Ok(marked)
    }

    async fn active_people(&self) -> Result<BTreeSet<String>, ApiError> {
        let users = self.port.users().await?;
        let active = users.iter().filter(|user| user.is_active());
        Ok(active.map(|user| user.email.to_lowercase()).collect())
    }
}

/// Returns the records that the sweep of one of the accounts tells, with what was found.
fn review_due(marked: &[MarkedRecord], account: &AccountId, swept: &[AccountId]) -> BTreeMap<String, Option<String>> {
    let told = marked.iter().filter(|record| record.is_told_in(account, swept));
    told.map(|record| (record.identifier.clone(), record.found.clone())).collect()
}

/// Returns what there is besides one of the accounts.
fn beside(all: &ListedAll, one: &Listed, records: &BTreeMap<String, RecordSeen>, names: &Names) -> Beside {
    let id = &one.place.caller.account.id;
    let others = all.accounts.iter().filter(|other| other.place.caller.account.id != *id);
    let unseen = all.not_listed.iter().map(|(account, _)| account.clone());
    Beside {
        is_further: one.aws.is_some(),
        others: one.place.configuration.rules.accounts.keys().filter(|other| *other != id).cloned().collect(),
        unseen: unseen.collect(),
        roles: others.flat_map(|other| other.roles_of_grants(names)).collect(),
        recorded: records
            .iter()
            .filter(|(name, record)| one.roles.contains_key(*name) && !is_of(record, &one.place.caller.account))
            .filter_map(|(name, record)| Some((name.clone(), record.account.clone()?)))
            .collect(),
    }
}

/// Returns whether a record names this account, or none.
fn is_of(record: &RecordSeen, account: &AwsAccount) -> bool {
    record.account.as_deref().is_none_or(|named| named == account.id.as_str())
}

/// Returns the records without those that are of a role of the same name in another account: they vouch for nothing
/// here.
fn of_this_account(
    records: &BTreeMap<String, RecordSeen>,
    account: &AwsAccount,
    roles: &BTreeMap<String, ListedRole>,
) -> BTreeMap<String, RecordSeen> {
    let is_of_it = |name: &str, record: &RecordSeen| !roles.contains_key(name) || is_of(record, account);
    records
        .iter()
        .filter(|(name, record)| is_of_it(name, record))
        .map(|(name, record)| (name.clone(), record.clone()))
        .collect()
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
            Err(Refusal::new(RefusalCode::OtherRepository, "GITHUB_REPOSITORY", reason, remedy))
        }
    }
}

fn check_account(account: &AwsAccount, configuration: &Configuration) -> Result<(), Refusal> {
    if configuration.rules.accounts.contains_key(&account.id) {
        return Ok(());
    }
    let reason = format!("the credentials belong to {}, which is not an account of this installation", account.id);
    Err(Refusal::new(
        RefusalCode::OtherAccount,
        "AWS_ACCOUNT_ID",
        reason,
        "check the AWS credentials, and `accounts` of the rules file",
    ))
}
