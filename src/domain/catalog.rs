//! What Port answered, as plain values: runs, users, entities. Port's answer is what decides, never the dispatch.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::state::GrantState;

/// A user of the Port organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Port's user id, which runs refer to.
    pub id: String,
    /// E-mail, by which people and rules name the user.
    pub email: String,
    /// `ACTIVE` when the user may act.
    pub status: String,
    /// Port's kind of user, when it tells; machines are of a kind of their own.
    pub kind: Option<String>,
    /// Names of the user's teams.
    pub teams: Vec<String>,
    /// Names of the user's roles in Port.
    pub roles: Vec<String>,
}

impl User {
    /// Returns a user of this e-mail of whom Port tells nothing, and who may do nothing.
    pub fn unknown(email: &str) -> Self {
        let (id, status, email) = (String::new(), String::new(), email.to_owned());
        Self { id, email, status, kind: None, teams: Vec::new(), roles: Vec::new() }
    }

    /// Returns whether the user is a human who may act now.
    pub fn is_active_human(&self) -> bool {
        self.other_kind().is_none() && self.is_active() && self.email.contains('@')
    }

    /// Returns the kind of the user when it is not known to be that of people. Port's API
    /// documents no words for the kinds (UNVERIFIED: `STANDARD` for people): one that is not known is no person's. Where it
    /// tells none, the e-mail and the status decide.
    pub fn other_kind(&self) -> Option<&str> {
        const OF_PEOPLE: &str = "STANDARD";
        self.kind.as_deref().filter(|kind| !kind.eq_ignore_ascii_case(OF_PEOPLE))
    }

    /// Returns the user as one of whom Port tells no kind, where the reviewed rules count its kind among people's.
    #[must_use]
    pub fn among_people(self, kinds: &[String]) -> Self {
        let is_listed = |kind: &String| kinds.iter().any(|listed| listed.eq_ignore_ascii_case(kind));
        Self { kind: self.kind.filter(|kind| !is_listed(kind)), ..self }
    }

    /// Returns whether the user, of whatever kind, may act now.
    pub fn is_active(&self) -> bool {
        self.status.eq_ignore_ascii_case("ACTIVE")
    }

    /// Returns whether the user administers the organisation (Port documentation, "Users and roles").
    pub fn is_administrator(&self) -> bool {
        self.roles.iter().any(|role| role == "Admin")
    }

    /// Returns whether the user has an e-mail address, whatever its case. Of ASCII letters alone: what may do something has no
    /// other letter that becomes one of them in lower case, as the sign of Kelvin does.
    pub fn has_email(&self, email: &str) -> bool {
        self.email.eq_ignore_ascii_case(email)
    }

    /// Returns whether both are one person: by user id, and by e-mail whatever its case. Of any letters: it keeps somebody from
    /// approving what is their own.
    pub fn is_same_person_as(&self, other: &Self) -> bool {
        self.id == other.id || self.email.to_lowercase() == other.email.to_lowercase()
    }
}

/// A decision on a run that waits for approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Port's id of the user who decided.
    pub user_id: String,
    /// Port's word for the decision.
    pub state: String,
    /// What the user said to it.
    pub said: Option<String>,
}

impl Approval {
    /// Returns whether the decision was a yes.
    pub fn is_approved(&self) -> bool {
        matches!(self.state.to_uppercase().as_str(), "APPROVED" | "APPROVE")
    }

    /// Returns whether the decision was a no. Port does not publish its words: one that we do not know is no yes.
    pub fn is_declined(&self) -> bool {
        let state = self.state.to_uppercase();
        !self.is_approved() && !matches!(state.as_str(), "PENDING" | "WAITING_FOR_APPROVAL")
    }
}

/// A run of a Port action.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The run's id.
    pub id: String,
    /// Identifier of the action or automation.
    pub action: String,
    /// Identifier of the entity that the action was run on, when there is one.
    pub entity: Option<String>,
    /// Port's word for the state: `IN_PROGRESS`, `WAITING_FOR_APPROVAL`, `SUCCESS`, `FAILURE`, …
    pub status: String,
    /// A few words beside the state, which whoever works on the run has set.
    pub status_label: Option<String>,
    /// Port's id of the user who started it; an automation has none.
    pub created_by: Option<String>,
    /// Who really acted, when somebody acted in another's name.
    pub impersonated_by: Option<String>,
    /// When it was started.
    pub created_at: Option<Timestamp>,
    /// When it last changed, an approval included.
    pub updated_at: Option<Timestamp>,
    /// When it ended, where Port tells a moment.
    pub ended_at: Option<Timestamp>,
    /// Whether Port tells an end of it, whatever its status.
    pub has_ended: bool,
    /// The form's values, with identifiers or with whole entities.
    pub properties: Value,
    /// The form's values before Port changed them, where Port tells.
    pub raw_properties: Value,
    /// Whether Port has somebody approve it before it begins. What is granted the rules file alone decides; this says from
    /// when on the request counts.
    pub needs_approval: bool,
}

impl Run {
    /// Returns whether the run can still be reported to.
    pub fn is_in_progress(&self) -> bool {
        self.status == "IN_PROGRESS"
    }

    /// Returns whether the run is in progress and has no end, as far as Port tells.
    pub fn is_open(&self) -> bool {
        self.is_in_progress() && !self.has_ended
    }

    /// Returns whether the run has not begun, since somebody has to approve it.
    pub fn is_waiting(&self) -> bool {
        self.status == "WAITING_FOR_APPROVAL"
    }

    /// Returns whether somebody who could have approved the run said no.
    pub fn is_declined(&self) -> bool {
        self.status == "DECLINED"
    }

    /// Returns whether the run ended well.
    pub fn is_successful(&self) -> bool {
        self.status == "SUCCESS"
    }

    /// Returns whether the run began and ended otherwise than well.
    pub fn has_failed(&self) -> bool {
        !self.is_successful() && !self.is_in_progress() && !self.is_waiting() && !self.is_declined()
    }

    /// Returns the form's values, wherever Port put them. What is no form at all is never passed over for the other one.
    pub fn form(&self) -> &Value {
        let filled = |value: &Value| value.as_object().is_some_and(|fields| !fields.is_empty());
        let is_empty = self.properties.is_null() || self.properties.as_object().is_some_and(Map::is_empty);
        if is_empty && filled(&self.raw_properties) { &self.raw_properties } else { &self.properties }
    }

    /// Returns the actions that were asked for. The form holds identifiers, or whole entities.
    pub fn permissions(&self) -> Vec<String> {
        let text = |value: &Value| value.as_str().or_else(|| value["identifier"].as_str()).map(str::to_owned);
        self.form()["permissions"].as_array().into_iter().flatten().filter_map(text).collect()
    }
}

/// An entity of the catalog.
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The entity's identifier.
    pub identifier: String,
    /// Its title, as people typed it.
    pub title: Option<String>,
    /// Its properties.
    pub properties: Value,
    /// Its relations.
    pub relations: Value,
}

impl Entity {
    /// Returns the guide's `resource_type`, of a resource or a permission.
    pub fn resource_type(&self) -> Option<&str> {
        self.properties["resource_type"].as_str()
    }

    /// Returns the state that a grant's entity or record tells; none when it tells none that is known.
    pub fn state(&self) -> Option<GrantState> {
        self.text("state").and_then(GrantState::of)
    }

    /// Returns whether a record tells of an end.
    pub fn has_ended(&self) -> bool {
        self.text("revoked_at").is_some()
    }

    /// Returns the property `name` when it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties[name].as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_is_not_known_to_be_that_of_people_is_nobody() {
        let with = |kind: Option<&str>| User {
            id: "u".to_owned(),
            email: "dana@acme.example".to_owned(),
            status: "ACTIVE".to_owned(),
            kind: kind.map(str::to_owned),
            teams: Vec::new(),
            roles: Vec::new(),
        };
        for kind in [None, Some("STANDARD"), Some("Standard")] {
            assert!(with(kind).is_active_human(), "{kind:?}");
        }
        for kind in ["SERVICE_ACCOUNT", "Service Account", "machine", "EXTERNAL", "USER", "", " STANDARD"] {
            assert!(!with(Some(kind)).is_active_human(), "{kind}");
            assert_eq!(with(Some(kind)).other_kind(), Some(kind));
        }
        let listed = ["EXTERNAL".to_owned()];
        for (kind, is_person) in [("EXTERNAL", true), ("external", true), ("SERVICE_ACCOUNT", false), ("", false)] {
            assert_eq!(with(Some(kind)).among_people(&listed).is_active_human(), is_person, "{kind}");
            assert!(!with(Some(kind)).among_people(&[]).is_active_human(), "{kind}");
        }
        assert!(with(Some("STANDARD")).among_people(&listed).is_active_human());
    }
}
