//! The questions: every action of IAM and STS, on every kind of thing that it takes, under every circumstance.

use std::collections::{BTreeMap, BTreeSet};

use super::circumstance::Circumstance;
use super::written::Allowed;
use crate::domain::account::AwsAccount;
use crate::domain::names::{GRANTER_ROLE, Names, REVOKER_ROLE};
use crate::domain::reference;

/// Kinds whose permissions can depend on boundary, tag or policy of the call; all others are asked once.
const DEPENDENT: [&str; 5] = ["role", "policy", "user", "group", "instance-profile"];
/// Actions that everybody may call, whatever policies say (STS API reference, "GetCallerIdentity").
const FREE: [&str; 1] = ["sts:GetCallerIdentity"];
/// What an action that knows no resource is asked on.
const NOTHING: &str = "no resource";

/// An account that is none of an installation.
const ANOTHER_ACCOUNT: &str = "999999999999";
const ASSUME_ROLE: &str = "sts:AssumeRole";

/// A thing that an action can be tried on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is, in the words of the written list.
    pub name: String,
    /// Its ARN, or `*`.
    pub arn: String,
    kind: String,
}

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The action, such as `iam:CreateRole`.
    pub action: &'a str,
    /// What it is tried on.
    pub target: &'a Target,
    /// What else is said.
    pub circumstance: Circumstance,
}

/// Actions that are all tried on the same things under one circumstance.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// What else is said.
    pub circumstance: Circumstance,
    /// The actions.
    pub actions: Vec<&'a str>,
    /// ARNs of what they are tried on.
    pub resources: Vec<&'a str>,
}

/// Actions, and what each of them is tried on.
type Product<'a> = (BTreeSet<&'a str>, BTreeSet<&'a str>);

/// All questions about one account.
#[derive(Clone, Debug)]
pub struct Battery {
    account: AwsAccount,
    names: Names,
    targets: Vec<Target>,
    actions: BTreeMap<String, Vec<usize>>,
}

impl Battery {
    /// Returns the questions about an account. `identities` are the ARNs of the identities that are judged.
    pub fn new(account: &AwsAccount, names: &Names, identities: &[String]) -> Self {
        let mut battery =
            Self { account: account.clone(), names: names.clone(), targets: Vec::new(), actions: BTreeMap::new() };
        battery.add_known_targets(identities);
        for prefix in ["iam", "sts"] {
            let Some(service) = reference::service(prefix) else { continue };
            let is_free = |name: &str| FREE.iter().any(|free| free.split_once(':') == Some((prefix, name)));
            for action in service.actions.iter().filter(|action| !is_free(action.name)) {
                let kinds = action.types.iter().filter_map(|used| Some(service.types.get(used.index)?.name));
                let mut kinds: BTreeSet<&str> = kinds.collect();
                if kinds.is_empty() {
                    kinds.insert("");
                }
                let targets = kinds.into_iter().flat_map(|kind| battery.of_kind(kind)).collect();
                battery.actions.insert(format!("{prefix}:{}", action.name), targets);
            }
        }
        battery.add_role_of_another_account();
        battery
    }

    /// A role of another account is assumed, and nothing else can be done with it from here.
    fn add_role_of_another_account(&mut self) {
        let arn = format!("arn:{}:iam::{ANOTHER_ACCOUNT}:role/x", self.account.partition);
        let place = self.targets.len();
        self.targets.push(Target { name: "role of another account".to_owned(), arn, kind: "external role".to_owned() });
        self.actions.entry(ASSUME_ROLE.to_owned()).or_default().push(place);
    }

    fn add_known_targets(&mut self, identities: &[String]) {
        let path = self.names.iam_path.trim_matches('/').to_owned();
        let account = self.account.clone();
        let aws_policy = format!("arn:{}:iam::aws:policy/AdministratorAccess", account.partition);
        let known = [
            ("role", "role under our path", account.iam_arn("role", &format!("{path}/Permission-1"))),
            (
                "role",
                "role under our path of a grant without Port",
                account.iam_arn("role", &format!("{path}/Permission-bg-1")),
            ),
            ("role", "role of a grant's name elsewhere", account.iam_arn("role", "Permission-1")),
            ("role", "role elsewhere", account.iam_arn("role", "Admin")),
            ("role", "role of a path that begins alike", account.iam_arn("role", &format!("{path}-other/Admin"))),
            ("policy", "policy under our path", account.iam_arn("policy", &format!("{path}/Permission-1"))),
            (
                "policy",
                "policy under our path of a grant without Port",
                account.iam_arn("policy", &format!("{path}/Permission-bg-1")),
            ),
            ("policy", "policy elsewhere", account.iam_arn("policy", "Other")),
            ("policy", "policy of AWS", aws_policy),
            ("policy", "the boundary", account.boundary_arn(&self.names)),
            // Whoever may write these makes more of itself; the provider is what the identities come in by.
            ("policy", "policy of the granter", account.iam_arn("policy", GRANTER_ROLE)),
            ("policy", "policy of the revoker", account.iam_arn("policy", REVOKER_ROLE)),
            ("oidc-provider", "provider of GitHub's tokens", account.github_provider_arn()),
            ("oidc-provider", "provider elsewhere", account.iam_arn("oidc-provider", "stranger")),
            (
                "instance-profile",
                "instance profile under our path",
                account.iam_arn("instance-profile", &format!("{path}/x")),
            ),
            ("instance-profile", "instance profile elsewhere", account.iam_arn("instance-profile", "x")),
            ("user", "user elsewhere", account.iam_arn("user", "ada")),
            ("", NOTHING, "*".to_owned()),
        ];
        for (kind, name, arn) in known {
            self.targets.push(Target { name: name.to_owned(), arn, kind: kind.to_owned() });
        }
        for arn in identities {
            let kind = if arn.contains(":user/") { "user" } else { "role" };
            self.targets.push(Target { name: "itself".to_owned(), arn: arn.clone(), kind: kind.to_owned() });
        }
    }

    /// Returns the places of the targets of a kind; a kind of which there is none gets one of a stranger.
    fn of_kind(&mut self, kind: &str) -> Vec<usize> {
        if !self.targets.iter().any(|target| target.kind == kind) {
            let arn = self.account.iam_arn(kind, "stranger");
            self.targets.push(Target { name: format!("{kind} elsewhere"), arn, kind: kind.to_owned() });
        }
        let targets = self.targets.iter().enumerate();
        targets.filter(|(_, target)| target.kind == kind).map(|(place, _)| place).collect()
    }

    /// Returns how many questions there are.
    pub fn len(&self) -> usize {
        self.questions().count()
    }

    /// Returns whether there is no question, which a damaged reference would lead to.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Returns all questions, those of one circumstance and one target together as far as they go.
    pub fn questions(&self) -> impl Iterator<Item = Question<'_>> {
        self.actions.iter().flat_map(move |(action, places)| {
            places.iter().filter_map(|place| self.targets.get(*place)).flat_map(move |target| {
                asked(target).into_iter().map(move |circumstance| Question { action, target, circumstance })
            })
        })
    }

    /// Returns the questions as products of actions and resources, as AWS's policy simulator takes them.
    pub fn batches(&self) -> Vec<Batch<'_>> {
        let mut batches: BTreeMap<(Circumstance, &str), Product<'_>> = BTreeMap::new();
        for Question { action, target, circumstance } in self.questions() {
            let (actions, resources) = batches.entry((circumstance, &target.kind)).or_default();
            actions.insert(action);
            resources.insert(&target.arn);
        }
        let batch = |((circumstance, _), (actions, resources)): ((Circumstance, &str), (BTreeSet<_>, BTreeSet<_>))| {
            Batch { circumstance, actions: actions.into_iter().collect(), resources: resources.into_iter().collect() }
        };
        batches.into_iter().map(batch).collect()
    }

    /// Returns the condition keys of a circumstance in this account.
    pub fn condition_keys(&self, circumstance: Circumstance) -> Vec<(&'static str, Vec<String>)> {
        circumstance.condition_keys(&self.account, &self.names)
    }

    /// Returns the circumstances under which a target is asked about, by the target's name.
    pub(super) fn asked(&self, target: &str) -> BTreeSet<Circumstance> {
        self.targets.iter().filter(|known| known.name == target).flat_map(asked).collect()
    }

    /// Returns what is allowed, by the answer to each question.
    pub fn allowed(&self, mut is_allowed: impl FnMut(&Question<'_>) -> bool) -> Allowed {
        let mut allowed = Allowed::default();
        for question in self.questions().filter(|question| is_allowed(question)) {
            allowed.insert(question.action, &question.target.name, question.circumstance);
        }
        allowed
    }
}

fn asked(target: &Target) -> Vec<Circumstance> {
    if DEPENDENT.contains(&target.kind.as_str()) { Circumstance::all() } else { vec![Circumstance::NEUTRAL] }
}
