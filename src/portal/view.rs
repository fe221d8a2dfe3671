//! What the pages show, read from what Port answers. An answer that lacks something leaves its place empty: the portal
//! shows what there is.

use jiff::Timestamp;
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value};

use crate::domain::url::COMPONENT;
use crate::sandbox::cast;

/// Returns an identifier as one segment of a path.
pub(super) fn segment(identifier: &str) -> String {
    utf8_percent_encode(identifier, COMPONENT).to_string()
}

/// Returns whether a path has a segment that is none: `.` and `..` are folded away by whoever sends it, encoded or not, so
/// that something else is asked than is meant.
pub(super) fn is_folded(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    path.split('/').any(|segment| matches!(segment, "." | ".."))
}

/// The properties of our own blueprints that hold the id of a run: Port has no format for it.
const RUN_KEYS: [&str; 2] = ["run_id", "run"];

/// A blueprint: the columns of its table and of the page of each entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Blueprint {
    pub(super) identifier: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) properties: Vec<Property>,
    pub(super) relations: Vec<Relation>,
}

/// One property of a blueprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) description: String,
    pub(super) kind: Kind,
}

/// How the values of a property are shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A moment at which something happens.
    Timer,
    Moment,
    Link,
    /// The id of a run.
    Run,
    Flag,
    List,
    Object,
    /// One of several words, each with the name of its colour.
    Choice(Vec<(String, String)>),
}

/// A relation to entities of another blueprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Relation {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) target: String,
}

/// An entity of the catalog.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entity {
    pub(super) identifier: String,
    pub(super) title: String,
    pub(super) blueprint: String,
    pub(super) properties: Map<String, Value>,
    pub(super) relations: Map<String, Value>,
}

/// What leads to the page of an entity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EntityLink {
    pub(super) blueprint: String,
    pub(super) identifier: String,
    pub(super) title: String,
}

/// Returns a member as text, empty where there is none.
pub(super) fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// Returns whether a value says nothing.
pub(super) fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value.as_str().is_some_and(str::is_empty)
}

/// Returns a member that is a moment.
pub(super) fn moment(value: &Value, member: &str) -> Option<Timestamp> {
    value[member].as_str()?.parse().ok()
}

/// Returns who has this id or e-mail, by name; the id itself where nobody of the cast does.
pub(super) fn person_name(id: &str) -> String {
    if id == cast::WORKFLOW_PORT_CLIENT_ID {
        return "the workflow".to_owned();
    }
    let person = cast::port_users().find(|person| person.port_user_id == id || person.email == id);
    person.map_or_else(|| id.to_owned(), |person| person.name.to_owned())
}

impl Blueprint {
    pub(super) fn read(value: &Value) -> Self {
        let members = |member: &Value| member.as_object().cloned().unwrap_or_default();
        let properties = members(&value["schema"]["properties"]);
        let relations = members(&value["relations"]);
        Self {
            identifier: text(value, "identifier"),
            title: titled(value, &text(value, "identifier")),
            description: text(value, "description"),
            properties: properties.iter().map(|(key, schema)| Property::read(key, schema)).collect(),
            relations: relations.iter().map(|(key, relation)| Relation::read(key, relation)).collect(),
        }
    }

    /// Reads the answer to a list of blueprints.
    pub(super) fn list(answer: &Value) -> Vec<Self> {
        answer["blueprints"].as_array().into_iter().flatten().map(Self::read).collect()
    }
}

impl Property {
    fn read(key: &str, schema: &Value) -> Self {
        Self {
            key: key.to_owned(),
            title: titled(schema, key),
            description: text(schema, "description"),
            kind: if RUN_KEYS.contains(&key) { Kind::Run } else { Kind::read(schema) },
        }
    }
}

impl Kind {
    fn read(schema: &Value) -> Self {
        match (schema["type"].as_str(), schema["format"].as_str()) {
            (_, Some("timer")) => Self::Timer,
            (_, Some("date-time")) => Self::Moment,
            (_, Some("url")) => Self::Link,
            (Some("boolean"), _) => Self::Flag,
            (Some("array"), _) => Self::List,
            (Some("object"), _) => Self::Object,
            _ => match schema["enum"].as_array() {
                Some(choices) => Self::Choice(colors(choices, &schema["enumColors"])),
                None => Self::Text,
            },
        }
    }
}

fn colors(choices: &[Value], colors: &Value) -> Vec<(String, String)> {
    let named = |choice: &str| (choice.to_owned(), colors[choice].as_str().unwrap_or("lightGray").to_owned());
    choices.iter().filter_map(Value::as_str).map(named).collect()
}

impl Relation {
    fn read(key: &str, relation: &Value) -> Self {
        Self { key: key.to_owned(), title: titled(relation, key), target: text(relation, "target") }
    }
}

fn titled(value: &Value, otherwise: &str) -> String {
    value["title"].as_str().filter(|title| !title.is_empty()).unwrap_or(otherwise).to_owned()
}

impl Entity {
    pub(super) fn read(blueprint: &str, value: &Value) -> Self {
        let members = |member: &str| value[member].as_object().cloned().unwrap_or_default();
        Self {
            identifier: text(value, "identifier"),
            title: titled(value, value["identifier"].as_str().unwrap_or_default()),
            blueprint: blueprint.to_owned(),
            properties: members("properties"),
            relations: members("relations"),
        }
    }

    /// Reads the answer to a list of entities.
    pub(super) fn list(blueprint: &str, answer: &Value) -> Vec<Self> {
        answer["entities"].as_array().into_iter().flatten().map(|entity| Self::read(blueprint, entity)).collect()
    }

    pub(super) fn property(&self, key: &str) -> &Value {
        self.properties.get(key).unwrap_or(&Value::Null)
    }

    /// Returns the identifiers that a relation leads to.
    pub(super) fn related(&self, relation: &str) -> Vec<&str> {
        match self.relations.get(relation) {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn link(&self) -> EntityLink {
        EntityLink { blueprint: self.blueprint.clone(), identifier: self.identifier.clone(), title: self.title.clone() }
    }
}

impl EntityLink {
    pub(super) fn path(&self) -> String {
        format!("/catalog/{}/{}", segment(&self.blueprint), segment(&self.identifier))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_property_of_our_own_blueprints_has_a_way_to_be_shown() {
        let text = include_str!("../../blueprints/provisioned_permissions.json");
        let blueprint = Blueprint::read(&serde_json::from_str(text).unwrap());
        let kind = |key: &str| &blueprint.properties.iter().find(|property| property.key == key).unwrap().kind;
        assert_eq!(blueprint.title, "Provisioned Permissions");
        assert_eq!((kind("expiry_time"), kind("sign_in_url")), (&Kind::Timer, &Kind::Link));
        assert_eq!((kind("iam_policy"), kind("notes")), (&Kind::Object, &Kind::List));
        assert_eq!(kind("run_id"), &Kind::Run);
        let Kind::Choice(states) = kind("state") else { panic!("the state is a choice") };
        assert!(states.contains(&("live".to_owned(), "green".to_owned())));
        let targets: Vec<&str> = blueprint.relations.iter().map(|relation| relation.target.as_str()).collect();
        assert_eq!(targets, ["iam_permissions", "aws_resource"]);
    }

    #[test]
    fn an_identifier_stays_one_segment_of_a_path() {
        let entity = Entity::read("aws_resource", &json!({ "identifier": "arn:aws:ec2:x:1:instance/i-1?<&#" }));
        assert_eq!(entity.link().path(), "/catalog/aws_resource/arn%3Aaws%3Aec2%3Ax%3A1%3Ainstance%2Fi-1%3F%3C%26%23");
        assert_eq!(entity.title, entity.identifier);
    }
}
