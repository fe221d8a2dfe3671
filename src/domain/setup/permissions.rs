//! Who may do what in Port: edit the entities of our blueprints, end a grant, approve a request.
//!
//! The rules file decides about every grant, whatever stands here. What stands here is what people see in the portal, and
//! what keeps them from editing what the portal shows: `sign_in_url` is a link that people follow, and the catalogs are
//! what people may ask for.

use serde_json::{Map, Value, json};

use super::permission_lines::{of_rule, of_rules};
use super::plan::{Outcome, Step, System, Write};
use super::seen::Seen;
use super::subject::Thing;
use super::wanted::{Wanted, WantedApproval};
use crate::domain::port_address::PORTAL;

/// Port's role of administrators, which credentials of a machine have too (Port documentation, "Roles").
const ADMINISTRATOR: &str = "Admin";
/// Port's role of everybody.
const MEMBER: &str = "Member";
/// The operations on entities that only administrators do.
const OPERATIONS: [&str; 3] = ["register", "update", "unregister"];

/// E-mail addresses and teams of Port.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// E-mail addresses.
    pub users: Vec<String>,
    /// Names of teams.
    pub teams: Vec<String>,
}

impl People {
    /// Reads a list of e-mail addresses and `team:NAME`. Returns the first entry that is neither.
    ///
    /// # Errors
    ///
    /// Fails with the entry that is neither.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut people = Self::default();
        for entry in entries.into_iter().map(str::trim).filter(|entry| !entry.is_empty()) {
            let is_plain = !entry.chars().any(|character| character.is_control() || "\"\\<>".contains(character));
            match entry.strip_prefix("team:") {
                Some(team) if !team.is_empty() && is_plain => people.teams.push(team.to_owned()),
                None if is_plain && is_email(entry) => people.users.push(entry.to_ascii_lowercase()),
                _ => return Err(entry.to_owned()),
            }
        }
        Ok(people)
    }

    /// Returns whether nobody is named.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && self.teams.is_empty()
    }

    fn seen_in(rule: &Value) -> Self {
        let texts =
            |key: &str| rule[key].as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned()));
        Self { users: texts("users").collect(), teams: texts("teams").collect() }
    }
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
        && !text.contains(char::is_whitespace)
        && !text.contains('*')
}

/// Bodies of Port's API, by identifier.
type Bodies = Vec<(String, Value)>;

/// Returns the permissions of blueprints and of actions, as Port takes them.
pub(super) fn bodies(wanted: &Wanted, seen: &Seen) -> [(&'static str, Bodies); 2] {
    let of_blueprint = |ours: &Value| {
        let identifier = ours["identifier"].as_str().unwrap_or_default();
        (identifier.to_owned(), json!({ "entities": entities(wanted, ours, held(seen, identifier)) }))
    };
    let of_action = |(name, section, rule): (&str, &'static str, Value)| (name.to_owned(), json!({ section: rule }));
    let blueprints = wanted.blueprints.iter().map(of_blueprint).collect();
    [("blueprints", blueprints), ("actions", rules(wanted, seen).into_iter().map(of_action).collect())]
}

/// Returns the steps of the blueprints' permissions.
pub(super) fn of_blueprints(wanted: &Wanted, seen: &Seen) -> Vec<Step> {
    wanted.blueprints.iter().map(|ours| blueprint(wanted, ours, seen)).collect()
}

/// Returns the steps of the actions' permissions.
pub(super) fn of_actions(wanted: &Wanted, seen: &Seen) -> Vec<Step> {
    let ours = rules(wanted, seen).into_iter().map(|(name, section, rule)| action(name, section, rule, seen));
    ours.chain(wanted.names.granting_actions().into_iter().filter_map(|name| unexecuted(name, seen))).collect()
}

/// Returns the step of an action that nobody may execute. Who may ask is the organisation's to say, and is left as it is; that
/// nobody may is told.
fn unexecuted(identifier: &str, seen: &Seen) -> Option<Step> {
    let rule = &seen.action_permissions.get(identifier)?["execute"];
    let is_empty = |key: &str| rule[key].as_array().is_none_or(Vec::is_empty);
    let is_said = ["users", "roles", "teams"].iter().any(|key| rule[key].is_array());
    let is_of_policy = !matches!(&rule["policy"], Value::Null) && rule["policy"] != json!({});
    if !is_said || !["users", "roles", "teams"].into_iter().all(is_empty) || rule["ownedByTeam"] == true || is_of_policy
    {
        return None;
    }
    let outcome = Outcome::Left {
        reason: "nobody may execute it: nobody can ask for anything by it".to_owned(),
        remedy: format!(
            "open {PORTAL}, in it /self-serve, and name under the permissions of {identifier} who may: at first Port has the roles {ADMINISTRATOR} and {MEMBER} there"
        ),
    };
    let subject = Thing::ActionPermissions { action: identifier.to_owned(), section: "execute".to_owned() };
    Some(Step { system: System::Port, subject: subject.into(), lines: Vec::new(), files: Vec::new(), outcome })
}

/// Returns what of which action who may do.
fn rules<'a>(wanted: &'a Wanted, seen: &Seen) -> Vec<(&'a str, &'static str, Value)> {
    let ending = [wanted.names.return_permissions.as_str(), wanted.names.revoke_permissions.as_str()];
    let administrators = administrators(wanted, seen);
    let mut rules = Vec::new();
    if let WantedApproval::Demanded { .. } = wanted.approval {
        let approving = wanted.names.granting_actions();
        rules.extend(approving.map(|name| (name, "approve", approve(&wanted.approvers))));
    }
    rules.extend(ending.map(|name| (name, "execute", end(&wanted.approvers, &administrators))));
    rules
}

/// Returns who may do what with the entities of a blueprint now.
fn held<'a>(seen: &'a Seen, identifier: &str) -> Option<&'a Value> {
    Some(&seen.blueprint_permissions.get(identifier)?["entities"])
}

/// Returns the people besides the role who administer: those who are named, else those whom somebody has named before.
fn administrators(wanted: &Wanted, seen: &Seen) -> People {
    wanted.administrators.clone().unwrap_or_else(|| {
        let held = seen.blueprint_permissions.get(&wanted.names.provisioned_permissions);
        held.map(|permissions| People::seen_in(&permissions["entities"]["update"])).unwrap_or_default()
    })
}

/// Returns who shall do what with the entities of a blueprint, of which `held` is what is there.
fn entities(wanted: &Wanted, ours: &Value, held: Option<&Value>) -> Value {
    let identifier = ours["identifier"].as_str().unwrap_or_default();
    let old = held.unwrap_or(&Value::Null);
    let rule = |old: &Value| {
        let People { users, teams } = wanted.administrators.clone().unwrap_or_else(|| People::seen_in(old));
        json!({ "users": users, "roles": [ADMINISTRATOR], "teams": teams, "ownedByTeam": false })
    };
    let mut entities: Map<String, Value> =
        OPERATIONS.iter().map(|operation| ((*operation).to_owned(), rule(&old[operation]))).collect();
    let guarded = [&wanted.names.provisioned_permissions, &wanted.names.permission_records];
    if guarded.iter().any(|name| *name == identifier) {
        for (key, section) in [("updateProperties", "/schema/properties"), ("updateRelations", "/relations")] {
            // What others added stays as they want it.
            let mut keyed = old[key].as_object().cloned().unwrap_or_default();
            for name in ours.pointer(section).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                let rule = rule(&old[key][name]);
                keyed.insert(name.clone(), rule);
            }
            entities.insert(key.to_owned(), keyed.into());
        }
    }
    Value::Object(entities)
}

fn blueprint(wanted: &Wanted, ours: &Value, seen: &Seen) -> Step {
    let identifier = ours["identifier"].as_str().unwrap_or_default();
    let held = held(seen, identifier);
    let entities = entities(wanted, ours, held);
    let old = part_of(held.unwrap_or(&json!({})), &entities);
    let mut lines: Vec<String> =
        OPERATIONS.iter().flat_map(|name| of_rule(name, &old[name], &entities[name])).collect();
    for (key, words) in [("updateProperties", "update of the property"), ("updateRelations", "update of the relation")]
    {
        lines.extend(of_rules(words, &old[key], &entities[key]));
    }
    let subject = Thing::BlueprintPermissions(identifier.to_owned());
    let body = json!({ "entities": entities });
    step(subject, held.is_some(), lines, old == entities, || Write::BlueprintPermissions {
        identifier: identifier.to_owned(),
        body,
    })
}

fn action(identifier: &str, section: &str, rule: Value, seen: &Seen) -> Step {
    let held = seen.action_permissions.get(identifier);
    let old = part_of(held.map_or(&Value::Null, |permissions| &permissions[section]), &rule);
    let subject = Thing::ActionPermissions { action: identifier.to_owned(), section: section.to_owned() };
    let lines = of_rule(section, &old, &rule);
    let is_kept = old == rule;
    let body = json!({ section: rule });
    step(subject, held.is_some(), lines, is_kept, || Write::ActionPermissions {
        identifier: identifier.to_owned(),
        body,
    })
}

fn step(thing: Thing, is_there: bool, lines: Vec<String>, is_kept: bool, write: impl FnOnce() -> Write) -> Step {
    let outcome = match is_kept {
        true => Outcome::Keep,
        false if is_there => Outcome::Change(write()),
        false => Outcome::Create(write()),
    };
    Step { system: System::Port, subject: thing.into(), lines, files: Vec::new(), outcome }
}

/// Returns the members of `old` that `new` has too: Port may show more than is set here. An empty list or object is as good as
/// none.
fn part_of(old: &Value, new: &Value) -> Value {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let part = new.iter().filter_map(|(key, new)| {
                let old = old.get(key).filter(|old| !old.is_null());
                let is_nothing = [json!([]), json!({}), json!(false)].contains(new);
                let old = old.map(|old| part_of(old, new)).or_else(|| is_nothing.then(|| new.clone()))?;
                Some((key.clone(), old))
            });
            Value::Object(part.collect())
        }
        (old, _) => old.clone(),
    }
}

/// Returns who may approve: the rules file's approvers, and nobody their own request. The runtime refuses that by itself;
/// here the button is not even offered.
fn approve(approvers: &[String]) -> Value {
    json!({
        "users": approvers,
        "roles": [],
        "teams": [],
        "policy": {
            "queries": { "approvers": {
                "combinator": "and",
                "rules": [
                    { "property": "$blueprint", "operator": "=", "value": "_user" },
                    { "property": "$identifier", "operator": "in", "value": approvers },
                ],
            } },
            "conditions": [concat!(
                "(.trigger.user.email // \"\" | ascii_downcase) as $requester | ",
                "[.results.approvers.entities[].identifier | select(ascii_downcase != $requester)]"
            )],
        },
    })
}

/// Returns who may end a grant: whoever has it, its approvers and administrators.
fn end(approvers: &[String], administrators: &People) -> Value {
    let named: Vec<&String> = approvers.iter().chain(&administrators.users).collect();
    // A list of JSON is one of jq too, and a text of it cannot begin an interpolation: it escapes the backslash.
    let named = json!(named);
    let mut queries = json!({ "administrators": {
        "combinator": "and",
        "rules": [
            { "property": "$blueprint", "operator": "=", "value": "_user" },
            { "property": "port_role", "operator": "=", "value": ADMINISTRATOR },
        ],
    } });
    let mut members = String::new();
    if !administrators.teams.is_empty() {
        queries["teams"] = json!({
            "combinator": "and",
            "rules": [
                { "property": "$blueprint", "operator": "=", "value": "_user" },
                { "property": "$team", "operator": "containsAny", "value": administrators.teams },
            ],
        });
        members.push_str(" + [.results.teams.entities[].identifier]");
    }
    let condition = format!(
        "(.trigger.user.email // \"\" | ascii_downcase) as $person | $person != \"\" and \
         ([.entity.properties.requester // \"\"] + {named} + [.results.administrators.entities[].identifier]{members} \
         | any(ascii_downcase == $person))"
    );
    json!({
        "users": [],
        "roles": [ADMINISTRATOR, MEMBER],
        "teams": [],
        "ownedByTeam": false,
        "policy": { "queries": queries, "conditions": [condition] },
    })
}
