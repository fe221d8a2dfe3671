//! GitHub's REST and GraphQL API, as far as it is used here: one model of the state, an axum router over it.
//!
//! The state at the start is an empty organisation owned by Ada, with Port's app installed. Git objects have git's own
//! hashes, sealed secrets are opened with the real key, and the answers follow GitHub's published API description.

mod access;
mod answer;
mod arrange;
mod assets;
mod branches;
mod code_owners;
mod collaborators;
mod contents;
mod definition;
mod directory;
mod dispatch;
mod environments;
mod git_data;
mod graphql;
mod id_tokens;
mod inspect;
mod inventory;
mod job;
mod meta;
mod objects;
mod pulls;
mod push;
mod releases;
mod repositories;
mod repository;
mod routes;
mod rules;
mod rulesets;
mod run;
mod runs;
mod secrets;
mod settings;
mod shapes;
mod trees;
mod variables;
mod vault;
mod workflows;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use self::access::Need;
use self::answer::Refusal;
use self::directory::{Caller, Directory};
use self::push::Pusher;
use self::repository::Repository;
use super::clock::SandboxClock;
use super::issuer::Issuer;
use super::keys::Keys;
use super::past::AsItWas;

pub(crate) use self::definition::{Definition, text as scalar_text};
pub use self::directory::Level;
pub use self::id_tokens::IdTokenRequest;
pub(crate) use self::id_tokens::id_token_router;
pub(crate) use self::job::{JobContext, JobRights};
pub(crate) use self::routes::router;
pub use self::run::{Conclusion, RunStatus, StepRecord, WorkflowRun};

/// The sandbox's GitHub. Cheap to clone: all clones are the same GitHub.
#[derive(Clone, Debug)]
pub struct GitHub {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    clock: SandboxClock,
    base_url: String,
    ids: AtomicU64,
    /// Whether private repositories may have environments, rulesets and protected branches.
    plan_covers_private: AtomicBool,
    /// Whether this is an Enterprise Server, which takes uploads at a path of its own.
    is_enterprise_server: AtomicBool,
    /// Name of the default branch of new repositories.
    default_branch: Mutex<String>,
    directory: Mutex<Directory>,
    repositories: Mutex<Vec<Repository>>,
    /// The tags that immutable releases have had, with the repository's full name in lower case. They outlive the release,
    /// the tag and the repository.
    used_tags: Mutex<BTreeSet<(String, String)>>,
    queued: Notify,
    issuer: Issuer,
    /// Where jobs ask for OIDC tokens.
    id_token_url: Mutex<String>,
    /// What the tokens of a job say, by the credential with which it asks for them.
    id_token_jobs: Mutex<BTreeMap<String, Map<String, Value>>>,
    /// All that jobs were given to ask with, and the OIDC tokens that they got, good or not any more.
    id_tokens_given: Mutex<Vec<String>>,
    /// What tokens say instead of the truth.
    forged_claims: Mutex<BTreeMap<String, Option<Value>>>,
}

impl GitHub {
    /// Creates a GitHub in its first state. `base_url` is where it will be served, without a trailing slash;
    /// `keys` hold the tokens that there are.
    pub fn new(clock: SandboxClock, base_url: String, keys: &Keys) -> Self {
        let directory = Directory::new(clock.now(), keys);
        Self {
            shared: Arc::new(Shared {
                clock,
                base_url,
                ids: AtomicU64::new(700_000_001),
                plan_covers_private: AtomicBool::new(true),
                is_enterprise_server: AtomicBool::new(false),
                default_branch: Mutex::new("main".to_owned()),
                directory: Mutex::new(directory),
                repositories: Mutex::default(),
                used_tags: Mutex::default(),
                queued: Notify::new(),
                issuer: Issuer::default(),
                id_token_url: Mutex::default(),
                id_token_jobs: Mutex::default(),
                id_tokens_given: Mutex::default(),
                forged_claims: Mutex::default(),
            }),
        }
    }

    /// Returns GitHub as it is now, for later.
    pub(crate) fn as_it_was(&self) -> AsItWas {
        let live = self.clone();
        let (directory, repositories) = (self.directory().clone(), self.repositories().clone());
        let used_tags = lock(&self.shared.used_tags).clone();
        Box::new(move || {
            let shared = &live.shared;
            router(Self {
                shared: Arc::new(Shared {
                    clock: shared.clock.clone(),
                    base_url: shared.base_url.clone(),
                    ids: AtomicU64::new(shared.ids.load(Ordering::SeqCst)),
                    plan_covers_private: AtomicBool::new(shared.plan_covers_private.load(Ordering::SeqCst)),
                    is_enterprise_server: AtomicBool::new(shared.is_enterprise_server.load(Ordering::SeqCst)),
                    default_branch: Mutex::new(live.default_branch()),
                    directory: Mutex::new(directory.clone()),
                    repositories: Mutex::new(repositories.clone()),
                    used_tags: Mutex::new(used_tags.clone()),
                    queued: Notify::new(),
                    issuer: shared.issuer.clone(),
                    id_token_url: Mutex::new(lock(&shared.id_token_url).clone()),
                    id_token_jobs: Mutex::new(lock(&shared.id_token_jobs).clone()),
                    id_tokens_given: Mutex::default(),
                    forged_claims: Mutex::new(lock(&shared.forged_claims).clone()),
                }),
            })
        })
    }

    /// Returns the address of the API, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    fn next_id(&self) -> u64 {
        self.shared.ids.fetch_add(1, Ordering::SeqCst)
    }

    fn default_branch(&self) -> String {
        lock(&self.shared.default_branch).clone()
    }

    /// Whether the plan has environments, rulesets and protected branches for this repository.
    fn plan_covers(&self, repository: &Repository) -> Result<(), Refusal> {
        let covered = !repository.private || self.shared.plan_covers_private.load(Ordering::SeqCst);
        if covered { Ok(()) } else { Err(Refusal::plan()) }
    }

    /// The lock on who there is. Never take [`Self::repositories`] while holding it.
    fn directory(&self) -> MutexGuard<'_, Directory> {
        lock(&self.shared.directory)
    }

    fn repositories(&self) -> MutexGuard<'_, Vec<Repository>> {
        lock(&self.shared.repositories)
    }

    /// Whether an immutable release of this repository, or of one of that name before it, has or had this tag.
    fn is_used_tag(&self, repository: &Repository, tag: &str) -> bool {
        lock(&self.shared.used_tags).contains(&used_tag(repository, tag))
    }

    /// Remembers for good that an immutable release has this tag.
    fn remember_tag(&self, repository: &Repository, tag: &str) {
        lock(&self.shared.used_tags).insert(used_tag(repository, tag));
    }

    /// Does `act` on a repository for `caller`, who must have what `need` says.
    fn with<T>(
        &self,
        caller: &Caller,
        owner: &str,
        name: &str,
        need: Need,
        act: impl FnOnce(&mut Repository) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut repositories = self.repositories();
        let repository = find(&mut repositories, owner, name).ok_or_else(Refusal::not_found)?;
        access::check(&self.directory(), caller, repository, need)?;
        act(repository)
    }

    /// Does `act` on a repository without asking who calls; `None` when there is no such repository.
    fn peek<T>(&self, full_name: &str, act: impl FnOnce(&mut Repository) -> T) -> Option<T> {
        let (owner, name) = full_name.split_once('/')?;
        let mut repositories = self.repositories();
        find(&mut repositories, owner, name).map(act)
    }

    fn pusher(&self, caller: &Caller, repository: &Repository) -> Pusher {
        Pusher::new(&self.directory(), caller, repository, self.now())
    }

    /// Returns an account in the API's form, or `null` when there is none of that name.
    fn account_shape(&self, login: &str) -> Value {
        let directory = self.directory();
        directory.account(login).map_or(Value::Null, |account| shapes::account(self.base_url(), account))
    }

    /// Returns the account with this e-mail in the API's form, or `{}` when nobody has it.
    fn account_of(&self, email: &str) -> Value {
        let directory = self.directory();
        directory.by_email(email).map_or_else(|| json!({}), |account| shapes::account(self.base_url(), account))
    }

    fn repository_shape(&self, caller: &Caller, repository: &Repository) -> Value {
        let owner = self.account_shape(&repository.owner);
        let level = access::permission(&self.directory(), caller, repository);
        shapes::repository(self.base_url(), repository, &owner, level)
    }

    /// Returns the address of a path below a repository.
    fn url(&self, repository: &Repository, path: &str) -> String {
        format!("{}/repos/{}{path}", self.base_url(), repository.full_name())
    }

    /// Returns the address of a repository below which assets are uploaded.
    fn uploads_url(&self, repository: &Repository) -> String {
        let path = if self.shared.is_enterprise_server.load(Ordering::SeqCst) { "/api/uploads" } else { "" };
        format!("{}{path}/repos/{}", self.base_url(), repository.full_name())
    }
}

/// Returns what a used tag is remembered by: also a new repository of the same name may not have it.
fn used_tag(repository: &Repository, tag: &str) -> (String, String) {
    (repository.full_name().to_lowercase(), tag.to_owned())
}

/// Finds a repository; case does not matter in names on GitHub.
fn find<'a>(repositories: &'a mut [Repository], owner: &str, name: &str) -> Option<&'a mut Repository> {
    repositories
        .iter_mut()
        .find(|repository| repository.owner.eq_ignore_ascii_case(owner) && repository.name.eq_ignore_ascii_case(name))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
