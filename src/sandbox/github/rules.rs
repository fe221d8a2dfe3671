//! Rulesets and classic branch protection: who may push what where.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::directory::Level;
use super::repository::{BRANCHES, Repository};
use crate::sandbox::pattern::matches;

/// Id of the repository role "admin" in a ruleset's bypass list.
const ADMIN_ROLE: u64 = 5;

/// A ruleset of a repository.
#[derive(Clone, Debug)]
pub(super) struct Ruleset {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) target: String,
    pub(super) enforcement: String,
    pub(super) conditions: Value,
    pub(super) rules: Vec<Value>,
    pub(super) bypass_actors: Vec<Value>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

/// What somebody wants to do to a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Update {
    Create,
    Advance { signed: bool },
    Rewrite,
    Delete,
}

/// The standing of a pusher.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    pub(super) level: Level,
    pub(super) organization_owner: bool,
}

impl Ruleset {
    fn applies(&self, repository: &Repository, branch: &str) -> bool {
        if self.target != "branch" || self.enforcement != "active" {
            return false;
        }
        let covers = |list: &str| {
            self.conditions["ref_name"][list].as_array().into_iter().flatten().filter_map(Value::as_str).any(
                |pattern| match pattern {
                    "~ALL" => true,
                    "~DEFAULT_BRANCH" => branch == repository.default_branch,
                    _ => matches(pattern, &format!("{BRANCHES}{branch}")),
                },
            )
        };
        covers("include") && !covers("exclude")
    }

    fn bypassed_by(&self, standing: Standing) -> bool {
        self.bypass_actors.iter().filter(|actor| actor["bypass_mode"] != "pull_request").any(|actor| {
            match actor["actor_type"].as_str() {
                Some("OrganizationAdmin") => standing.organization_owner,
                Some("RepositoryRole") => {
                    actor["actor_id"].as_u64() == Some(ADMIN_ROLE) && standing.level == Level::Admin
                }
                _ => false,
            }
        })
    }
}

/// Returns why a rule of type `kind` forbids `update`, or `None` when it does not.
fn objection(kind: &str, update: Update) -> Option<&'static str> {
    match (kind, update) {
        ("creation", Update::Create) => Some("Cannot create ref due to creations being restricted."),
        ("deletion", Update::Delete) => Some("Cannot delete this branch"),
        ("non_fast_forward", Update::Rewrite) => Some("Cannot force-push to this branch"),
        ("update", Update::Advance { .. } | Update::Rewrite) => Some("Cannot update this protected ref."),
        ("required_signatures", Update::Advance { signed: false } | Update::Rewrite) => {
            Some("Commits must have verified signatures.")
        }
        ("pull_request" | "merge_queue", Update::Advance { .. } | Update::Rewrite) => {
            Some("Changes must be made through a pull request.")
        }
        ("required_status_checks", Update::Advance { .. } | Update::Rewrite) => {
            Some("Required status checks are expected.")
        }
        _ => None,
    }
}

impl Repository {
    /// Returns the rules that hold for `branch`, each with its ruleset.
    pub(super) fn rules_for(&self, branch: &str) -> Vec<Value> {
        let rulesets = self.rulesets.iter().filter(|ruleset| ruleset.applies(self, branch));
        rulesets
            .flat_map(|ruleset| {
                ruleset.rules.iter().map(|rule| {
                    let mut rule = rule.clone();
                    rule["ruleset_source_type"] = json!("Repository");
                    rule["ruleset_source"] = json!(self.full_name());
                    rule["ruleset_id"] = json!(ruleset.id);
                    rule
                })
            })
            .collect()
    }

    pub(super) fn is_protected(&self, branch: &str) -> bool {
        self.protection.contains_key(branch) || self.rulesets.iter().any(|ruleset| ruleset.applies(self, branch))
    }

    /// Returns every sentence with which rules and protection refuse `update` of `branch`; none means allowed.
    pub(super) fn objections(&self, branch: &str, update: Update, standing: Standing) -> Vec<String> {
        let mut found: Vec<String> = self
            .rulesets
            .iter()
            .filter(|ruleset| ruleset.applies(self, branch) && !ruleset.bypassed_by(standing))
            .flat_map(|ruleset| &ruleset.rules)
            .filter_map(|rule| objection(rule["type"].as_str().unwrap_or_default(), update))
            .map(str::to_owned)
            .collect();
        if let Some(protection) = self.protection.get(branch) {
            found.extend(protection_objections(protection, update, standing));
        }
        found.dedup();
        found
    }
}

fn protection_objections(protection: &Value, update: Update, standing: Standing) -> Option<String> {
    match update {
        Update::Create => return None,
        Update::Delete => return Some("Cannot delete a protected branch".to_owned()),
        Update::Rewrite => return Some("Cannot force-push to a protected branch".to_owned()),
        Update::Advance { .. } => {}
    }
    if standing.level == Level::Admin && protection["enforce_admins"] != true {
        return None;
    }
    if !protection["required_pull_request_reviews"].is_null() {
        return Some("Changes must be made through a pull request.".to_owned());
    }
    let restricted = !protection["restrictions"].is_null() || !protection["required_status_checks"].is_null();
    restricted.then(|| "You're not authorized to push to this branch.".to_owned())
}
