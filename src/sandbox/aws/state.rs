//! The model of one account: users, roles, policies, instance profiles and sessions.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::instance_profile::InstanceProfile;
use super::managed_policy::ManagedPolicy;
use super::oidc_provider::OidcProvider;
use super::resources::Resource;
use super::role::Role;
use super::tags::Tags;
use super::trail::TrailEvent;
use crate::sandbox::secrets::HandedOut;

/// Quotas of an account that never asked for more (IAM quotas page).
pub(super) mod quota {
    pub(in crate::sandbox::aws) const ROLES: usize = 1000;
    pub(in crate::sandbox::aws) const POLICIES: usize = 1500;
    pub(in crate::sandbox::aws) const USERS: usize = 5000;
    pub(in crate::sandbox::aws) const GROUPS: usize = 300;
    pub(in crate::sandbox::aws) const ACCESS_KEYS_PER_USER: usize = 2;
    pub(in crate::sandbox::aws) const OIDC_PROVIDERS: usize = 100;
    pub(in crate::sandbox::aws) const INSTANCE_PROFILES: usize = 1000;
    pub(in crate::sandbox::aws) const ATTACHED_POLICIES: usize = 10;
    pub(in crate::sandbox::aws) const VERSIONS_PER_POLICY: usize = 5;
    pub(in crate::sandbox::aws) const POLICY_VERSIONS_IN_USE: usize = 10_000;
    /// Characters of a managed policy, white space left out.
    pub(in crate::sandbox::aws) const POLICY_SIZE: usize = 6144;
    /// Characters of all inline policies of a role together, white space left out.
    pub(in crate::sandbox::aws) const ROLE_POLICY_SIZE: usize = 10_240;
    pub(in crate::sandbox::aws) const USER_POLICY_SIZE: usize = 2048;
    pub(in crate::sandbox::aws) const GROUP_POLICY_SIZE: usize = 5120;
    /// Characters of a trust policy, white space left out.
    pub(in crate::sandbox::aws) const TRUST_POLICY_SIZE: usize = 2048;
}

/// An IAM user. Users are there from the start and stay.
#[derive(Clone, Debug)]
pub(super) struct User {
    /// The account that it is of.
    pub(super) account: &'static str,
    pub(super) name: String,
    pub(super) id: String,
    pub(super) created: Timestamp,
    /// Name of an inline policy and its document.
    pub(super) inline: BTreeMap<String, String>,
    /// ARNs of the attached managed policies.
    pub(super) attached: BTreeSet<String>,
}

/// A group of IAM users.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The account that it is of.
    pub(super) account: &'static str,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) id: String,
    pub(super) created: Timestamp,
    /// Names of its users.
    pub(super) members: BTreeSet<String>,
    /// ARNs of the attached managed policies.
    pub(super) attached: BTreeSet<String>,
}

impl Group {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:iam::{}:group{}{}", self.account, self.path, self.name)
    }
}

impl User {
    pub(super) fn arn(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.account, self.name)
    }
}

/// A session that `AssumeRole` opened.
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// The role's unique id: a role made anew under the old name does not revive the session.
    pub(super) role_id: String,
    pub(super) name: String,
    pub(super) token: String,
    pub(super) issued: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) source_identity: Option<String>,
    pub(super) tags: Tags,
    pub(super) transitive_tag_keys: Vec<String>,
    /// Session policies, inline and managed: the session may do only what they allow too.
    pub(super) policies: Vec<String>,
}

/// A report of the services that somebody was used with.
#[derive(Clone, Debug)]
pub(super) struct AccessReport {
    pub(super) arn: String,
    pub(super) granularity: String,
    pub(super) made: Timestamp,
    /// Whether somebody has asked for it.
    pub(super) was_asked_for: bool,
}

/// An access key of a user.
#[derive(Clone, Debug)]
pub(super) struct AccessKey {
    /// Name of the user.
    pub(super) user: String,
    /// Whether it can be used.
    pub(super) is_active: bool,
    pub(super) created: Timestamp,
    pub(super) last_used: Option<Timestamp>,
}

/// How often a policy is used.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Uses {
    /// The roles that it is attached to.
    pub(super) attachments: usize,
    /// The roles that it is the boundary of.
    pub(super) as_boundary: usize,
}

/// Everything that the emulator knows.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// Which account it is.
    pub(super) account: &'static str,
    /// By access key id.
    pub(super) access_keys: BTreeMap<String, AccessKey>,
    /// By name.
    pub(super) users: BTreeMap<String, User>,
    /// By name.
    pub(super) groups: BTreeMap<String, Group>,
    /// By lower-case name, since names are unique in the account whatever their case and path.
    pub(super) roles: BTreeMap<String, Role>,
    /// By ARN.
    pub(super) policies: BTreeMap<String, ManagedPolicy>,
    /// By lower-case name.
    pub(super) instance_profiles: BTreeMap<String, InstanceProfile>,
    /// By ARN.
    pub(super) oidc_providers: BTreeMap<String, OidcProvider>,
    /// By access key id.
    pub(super) sessions: BTreeMap<String, Session>,
    /// In the order in which they were made.
    pub(super) resources: Vec<Resource>,
    /// CloudTrail's event history, oldest first.
    pub(super) trail: Vec<TrailEvent>,
    /// The services that a role was used with and when last, by the role's unique id.
    pub(super) accessed: BTreeMap<String, BTreeMap<String, Timestamp>>,
    /// IAM's reports of that, by their jobs.
    pub(super) access_reports: BTreeMap<String, AccessReport>,
    /// Where Resource Explorer is on.
    pub(super) explored_regions: BTreeSet<String>,
    /// How many managed policies a role takes, where it is not AWS's default.
    pub(super) attached_policies_quota: Option<usize>,
    /// Secret access keys and session tokens.
    handed_out: HandedOut,
    /// How many roles it takes, and as many policies, where it is not AWS's default.
    pub(super) roles_quota: Option<usize>,
    identifiers: u64,
}

impl State {
    /// Returns an account in which nothing is.
    pub(super) fn of(account: &'static str) -> Self {
        Self { account, ..Self::default() }
    }

    pub(super) fn role(&self, name: &str) -> Option<&Role> {
        // Lookups are exact: role names are unique without case, but a name is found only as it was written.
        self.roles.get(&name.to_lowercase()).filter(|role| role.name == name)
    }

    pub(super) fn role_by_id(&self, id: &str) -> Option<&Role> {
        self.roles.values().find(|role| role.id == id)
    }

    pub(super) fn role_by_arn(&self, arn: &str) -> Option<&Role> {
        let (_, name) = arn.rsplit_once('/')?;
        self.role(name).filter(|role| role.arn() == arn)
    }

    /// Returns how many roles the account takes.
    pub(super) fn roles_quota(&self) -> usize {
        self.roles_quota.unwrap_or(quota::ROLES)
    }

    /// Returns how many policies of its own the account takes.
    pub(super) fn policies_quota(&self) -> usize {
        self.roles_quota.unwrap_or(quota::POLICIES)
    }

    /// Returns how many managed policies a role takes.
    pub(super) fn attached_policies_quota(&self) -> usize {
        self.attached_policies_quota.unwrap_or(quota::ATTACHED_POLICIES)
    }

    /// Counts the users, groups and roles that a policy is attached to; its use as a boundary is not counted.
    pub(super) fn attachments(&self, policy_arn: &str) -> usize {
        let users = self.users.values().map(|user| &user.attached);
        let groups = self.groups.values().map(|group| &group.attached);
        let all = users.chain(groups).chain(self.roles.values().map(|role| &role.attached));
        all.filter(|attached| attached.contains(policy_arn)).count()
    }

    /// Counts the roles that a policy is the boundary of.
    pub(super) fn boundary_uses(&self, policy_arn: &str) -> usize {
        self.roles.values().filter(|role| role.boundary.as_deref() == Some(policy_arn)).count()
    }

    /// Counts the uses of every policy that has any, by ARN.
    pub(super) fn all_uses(&self) -> BTreeMap<&str, Uses> {
        let mut uses: BTreeMap<&str, Uses> = BTreeMap::new();
        for role in self.roles.values() {
            role.attached.iter().for_each(|arn| uses.entry(arn).or_default().attachments += 1);
            role.boundary.iter().for_each(|arn| uses.entry(arn).or_default().as_boundary += 1);
        }
        uses
    }

    /// Returns a unique id as IAM forms them: four letters for the kind and 17 of its alphabet.
    pub(super) fn unique_id(&mut self, kind: &str) -> String {
        format!("{kind}{}", self.characters(17))
    }

    /// Returns a temporary access key id, 20 characters that begin with `ASIA`.
    pub(super) fn temporary_access_key_id(&mut self) -> String {
        format!("ASIA{}", self.characters(16))
    }

    /// Returns a new secret access key, and remembers it.
    pub(super) fn secret_access_key(&mut self) -> String {
        let secret = self.characters(40);
        self.handed_out.keep(&secret);
        secret
    }

    /// Returns a new session token, and remembers it.
    pub(super) fn session_token(&mut self) -> String {
        let token = format!("{}{}", self.characters(52), self.characters(52));
        self.handed_out.keep(&token);
        token
    }

    /// Returns every secret access key and session token that was handed out, whatever became of it.
    pub(super) fn handed_out(&self) -> Vec<String> {
        self.handed_out.all()
    }

    /// Returns `length` characters that were not given out before, at most 52.
    pub(super) fn characters(&mut self, length: usize) -> String {
        self.identifiers += 1;
        characters_of(&format!("{} {}", self.account, self.identifiers), length)
    }
}

/// Returns up to 52 characters of IAM's id alphabet that depend on `seed` alone.
pub(super) fn characters_of(seed: &str, length: usize) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(seed.as_bytes());
    let mut characters = String::new();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in digest {
        bits = (bits << 8) | u32::from(byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            characters.push(char::from(ALPHABET[((bits >> count) & 31) as usize]));
        }
        bits &= (1 << count) - 1;
    }
    characters.truncate(length);
    characters
}

/// Counts the characters of a document as quotas do: white space left out.
pub(super) fn policy_size(document: &str) -> usize {
    document.chars().filter(|character| !character.is_whitespace()).count()
}
