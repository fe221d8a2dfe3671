//! Who there is: the organisation, its people, the apps, and the tokens with which they call.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::Timestamp;

use super::super::cast;
use super::answer::Refusal;
use crate::sandbox::keys::Keys;
use crate::sandbox::secrets::HandedOut;

/// Login of the identity behind a job's own token.
pub(super) const JOB_LOGIN: &str = "github-actions[bot]";
/// Rights of Port's app on all repositories of the organisation.
pub(super) const PORT_APP_RIGHTS: [(Area, Level); 2] = [(Area::Actions, Level::Write), (Area::Metadata, Level::Read)];

/// How far a right reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// May look.
    Read,
    /// May change content.
    Write,
    /// May change settings.
    Admin,
}

/// Part of a repository that the rights of apps and jobs are given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Area {
    Metadata,
    Contents,
    Actions,
    Secrets,
    PullRequests,
    Administration,
    Environments,
    Variables,
    Workflows,
}

impl Area {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Metadata, "metadata"),
        (Self::Contents, "contents"),
        (Self::Actions, "actions"),
        (Self::Secrets, "secrets"),
        (Self::PullRequests, "pull_requests"),
        (Self::Administration, "administration"),
        (Self::Environments, "environments"),
        (Self::Variables, "actions_variables"),
        (Self::Workflows, "workflows"),
    ];

    /// Returns GitHub's word for it.
    pub(super) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(area, _)| *area == self).map_or("", |(_, word)| word)
    }
}

/// What a token may do.
#[derive(Clone, Debug)]
pub(super) enum Rights {
    /// A classic token: all that its user may, within these scopes.
    Scopes(BTreeSet<String>),
    /// A fine-grained token: what its user may, as far as its permissions on the owner's repositories reach.
    Permissions(Vec<(Area, Level)>),
    /// An app's or a job's token; for a job, only this repository.
    Areas { areas: Vec<(Area, Level)>, repository_id: Option<u64> },
}

/// Who calls, and with what rights.
#[derive(Clone, Debug)]
pub(super) struct Caller {
    pub(super) login: String,
    pub(super) rights: Rights,
}

impl Caller {
    /// Returns whether a classic token has `scope`; a token of an app or a job has none.
    pub(super) fn has_scope(&self, scope: &str) -> bool {
        matches!(&self.rights, Rights::Scopes(scopes) if scopes.contains(scope))
    }

    /// Returns whether a fine-grained token has a permission; none where this is no such token.
    pub(super) fn permits(&self, area: Area, level: Level) -> Option<bool> {
        let Rights::Permissions(permissions) = &self.rights else { return None };
        Some(permissions.iter().any(|(of, reach)| *of == area && *reach >= level))
    }

    /// Returns the classic scopes as the `X-OAuth-Scopes` header lists them.
    pub(super) fn scopes(&self) -> Option<String> {
        match &self.rights {
            Rights::Scopes(scopes) => Some(scopes.iter().cloned().collect::<Vec<_>>().join(", ")),
            Rights::Permissions(_) | Rights::Areas { .. } => None,
        }
    }

    /// Refuses everybody but a human with a token of their own.
    pub(super) fn human(&self) -> Result<(), Refusal> {
        match self.rights {
            Rights::Scopes(_) | Rights::Permissions(_) => Ok(()),
            Rights::Areas { .. } => Err(Refusal::new(403, "Resource not accessible by integration")),
        }
    }
}

/// A user, a bot or an organisation.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: u64,
    pub(super) login: String,
    pub(super) name: String,
    pub(super) email: Option<String>,
    /// `User`, `Bot` or `Organization`.
    pub(super) kind: &'static str,
}

/// All accounts, memberships and tokens.
#[derive(Clone, Debug)]
pub(super) struct Directory {
    accounts: Vec<Account>,
    tokens: HashMap<String, Caller>,
    /// The tokens that were not there at the start, those that are gone again among them.
    handed_out: HandedOut,
    /// Role in the organisation by login: `admin` for owners, else `member`.
    roles: BTreeMap<String, &'static str>,
    /// What every member may do with every repository.
    pub(super) base_permission: Option<Level>,
    pub(super) port_app_installed: bool,
    /// How many apps of others the organisation has.
    pub(super) other_apps: u64,
    pub(super) founded: Timestamp,
}

impl Directory {
    /// The state at the start: an organisation owned by Ada with two members, and Port's app installed.
    pub(super) fn new(now: Timestamp, keys: &Keys) -> Self {
        let mut directory = Self {
            accounts: Vec::new(),
            tokens: HashMap::new(),
            handed_out: HandedOut::default(),
            roles: BTreeMap::new(),
            base_permission: Some(Level::Read),
            port_app_installed: true,
            other_apps: 0,
            founded: now,
        };
        directory.add(9_000_001, cast::GITHUB_ORGANIZATION, "Acme", None, "Organization");
        let people = [
            (&cast::ADA, "admin", "repo, workflow, admin:org"),
            (&cast::DANA, "member", "repo, workflow"),
            (&cast::MAX, "member", "repo, workflow"),
        ];
        for (index, (person, role, scopes)) in (1_001..).zip(people) {
            directory.add(index, person.github_login, person.name, Some(person.email), "User");
            directory.roles.insert(person.github_login.to_owned(), role);
            directory.set_scopes(&keys.github_token(person), person.github_login, scopes);
        }
        directory.add(50_002, cast::PORT_APP_LOGIN, "Port", None, "Bot");
        directory.add(50_001, JOB_LOGIN, "GitHub Actions", None, "Bot");
        let rights = Rights::Areas { areas: PORT_APP_RIGHTS.to_vec(), repository_id: None };
        let port = Caller { login: cast::PORT_APP_LOGIN.to_owned(), rights };
        directory.tokens.insert(keys.port_app_token(), port);
        directory
    }

    fn add(&mut self, id: u64, login: &str, name: &str, email: Option<&str>, kind: &'static str) {
        let (login, name, email) = (login.to_owned(), name.to_owned(), email.map(str::to_owned));
        self.accounts.push(Account { id, login, name, email, kind });
    }

    /// Makes `token` a classic token of `login` with `scopes` (comma-separated).
    pub(super) fn set_scopes(&mut self, token: &str, login: &str, scopes: &str) {
        let scopes = scopes.split(',').map(|scope| scope.trim().to_owned()).filter(|scope| !scope.is_empty());
        let rights = Rights::Scopes(scopes.collect());
        self.tokens.insert(token.to_owned(), Caller { login: login.to_owned(), rights });
    }

    /// Makes `token` a fine-grained token of `login` with `permissions`, such as `contents=write`; every such token may
    /// read metadata. What is no permission known here is left out.
    pub(super) fn set_permissions(&mut self, token: &str, login: &str, permissions: &[&str]) {
        let permission = |text: &&str| {
            let (word, level) = text.split_once('=')?;
            let (area, _) = Area::ALL.into_iter().find(|(_, known)| *known == word)?;
            Some((area, if level == "write" { Level::Write } else { Level::Read }))
        };
        let own = [(Area::Metadata, Level::Read)];
        let rights = Rights::Permissions(own.into_iter().chain(permissions.iter().filter_map(permission)).collect());
        self.tokens.insert(token.to_owned(), Caller { login: login.to_owned(), rights });
    }

    pub(super) fn tokens(&self) -> Vec<String> {
        self.tokens.keys().cloned().chain(self.handed_out.all()).collect()
    }

    /// Lets somebody leave the organisation.
    pub(super) fn remove_member(&mut self, login: &str) {
        self.roles.remove(login);
    }

    /// Gives out the token of one job, for its repository alone; `contents` lets it read files and releases.
    pub(super) fn add_job_token(&mut self, token: &str, repository_id: u64, contents: bool) {
        let mut areas = vec![(Area::Metadata, Level::Read)];
        if contents {
            areas.push((Area::Contents, Level::Read));
        }
        let rights = Rights::Areas { areas, repository_id: Some(repository_id) };
        self.handed_out.keep(token);
        self.tokens.insert(token.to_owned(), Caller { login: JOB_LOGIN.to_owned(), rights });
    }

    pub(super) fn revoke_token(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    pub(super) fn caller(&self, token: &str) -> Option<Caller> {
        let caller = self.tokens.get(token)?;
        // Uninstalling the app ends its token.
        let gone = caller.login == cast::PORT_APP_LOGIN && !self.port_app_installed;
        (!gone).then(|| caller.clone())
    }

    pub(super) fn account(&self, login: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.login.eq_ignore_ascii_case(login))
    }

    pub(super) fn by_email(&self, email: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.email.as_deref() == Some(email))
    }

    /// Returns the role of `login` in `organization`: `admin` or `member`.
    pub(super) fn role(&self, organization: &str, login: &str) -> Option<&'static str> {
        let ours = organization.eq_ignore_ascii_case(cast::GITHUB_ORGANIZATION);
        if ours { self.roles.get(login).copied() } else { None }
    }
}
