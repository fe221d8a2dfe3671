//! Which live grants an administrator means: those of a person, those on a resource.

use jiff::Timestamp;
use serde_json::Value;

use super::catalog::Entity;
use super::iam::RoleState;
use super::identifier::GrantId;
use super::tags::{REQUESTER, RESOURCE, SCOPE, names_a_resource, tag_value, value_of};
use super::trust;

/// Whose grants, on what. Both narrow; at least one is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// E-mail of the requester, whatever its case.
    pub requester: Option<String>,
    /// ARN of a resource, of the request itself or an additional one.
    pub resource: Option<String>,
}

/// A grant that was found. All but its name is what an index tells: it is shown to a person and decides nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The grant.
    pub grant: GrantId,
    /// Who asked for it.
    pub requester: Option<String>,
    /// The resource that was named.
    pub resource: Option<String>,
    /// When its time is over.
    pub end: Option<Timestamp>,
    /// The installation that made it, where the tags told.
    pub scope: Option<String>,
    /// Whether Port's catalog lists it.
    pub is_listed: bool,
}

impl Selection {
    /// Returns what Port's entity of a live grant and its permanent record say, if the grant is meant.
    pub fn in_catalog(&self, entity: &Entity, record: Option<&Entity>) -> Option<Found> {
        let grant = GrantId::parse(&entity.identifier).ok()?;
        let resource = entity.relations["aws_resource"].as_str();
        // Entity and record are edited apart: whoever stands in either is meant.
        let told = [entity.text("requester"), record.and_then(|record| record.text("requester"))];
        let is_theirs =
            self.requester.as_ref().is_none_or(|email| told.iter().flatten().any(|one| is_same_email(one, email)));
        let further = record.and_then(|record| record.properties["additional_resources"].as_array());
        let further = further.into_iter().flatten().filter_map(|arn| arn.as_str());
        let named = record.and_then(|record| record.text("resource"));
        let is_on_it =
            self.resource.as_deref().is_none_or(|arn| further.chain(resource).chain(named).any(|one| one == arn));
        (is_theirs && is_on_it).then(|| Found {
            grant,
            requester: told[0].or(told[1]).map(str::to_owned),
            resource: resource.or(named).map(str::to_owned),
            end: entity.text("expiry_time").and_then(|end| end.parse().ok()),
            scope: None,
            is_listed: true,
        })
    }

    /// Returns what the tags of a role say, if it bears the name of a grant and is meant.
    pub fn in_tags(&self, name: &str, role: &RoleState) -> Option<Found> {
        let grant = GrantId::parse(name).ok()?;
        let (requester, resource) = (value_of(&role.tags, REQUESTER), value_of(&role.tags, RESOURCE));
        let is_theirs = self
            .requester
            .as_ref()
            .is_none_or(|email| requester.is_some_and(|one| is_same_email(one, &tag_value(email))));
        let is_on_it = self.resource.as_ref().is_none_or(|arn| {
            let arn = tag_value(arn);
            role.tags.iter().any(|(key, value)| names_a_resource(key) && *value == arn)
        });
        (is_theirs && is_on_it).then(|| Found {
            grant,
            requester: requester.map(str::to_owned),
            resource: resource.map(str::to_owned),
            end: trust::end_of(&role.trust),
            scope: value_of(&role.tags, SCOPE).map(str::to_owned),
            is_listed: false,
        })
    }

    /// Returns the same where the tags do not name the resource and the documents of the role's policies do: earlier
    /// versions tagged one resource of a grant, and tags are changed more easily than a policy is widened.
    pub fn in_documents(&self, name: &str, role: &RoleState, documents: &[Value]) -> Option<Found> {
        let arn = self.resource.as_deref()?;
        let of_person = Self { resource: None, ..self.clone() };
        of_person.in_tags(name, role).filter(|_| documents.iter().any(|document| allows_on(document, arn)))
    }
}

/// Returns whether a document allows anything on the resource of this ARN, or on what lies under it.
fn allows_on(document: &Value, arn: &str) -> bool {
    let is_at_or_under = |one: &str| {
        one.strip_prefix(arn).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with(':'))
    };
    each(&document["Statement"])
        .filter(|statement| statement["Effect"] == "Allow")
        .flat_map(|statement| each(&statement["Resource"]))
        .any(|one| one.as_str().is_some_and(is_at_or_under))
}

/// IAM takes one value in place of a list of one.
fn each(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice).iter()
}

fn is_same_email(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entity(properties: Value, resource: &str) -> Entity {
        let relations = json!({ "aws_resource": resource });
        Entity { identifier: "Permission-r_1".to_owned(), title: None, properties, relations }
    }

    fn selection(requester: Option<&str>, resource: Option<&str>) -> Selection {
        Selection { requester: requester.map(str::to_owned), resource: resource.map(str::to_owned) }
    }

    #[test]
    fn a_person_and_a_resource_narrow_together() {
        let live = entity(json!({ "requester": "Dana@acme.example" }), "arn:aws:s3:::b");
        for (requester, resource, is_meant) in [
            (Some("dana@ACME.example"), None, true),
            (Some("eve@acme.example"), None, false),
            (None, Some("arn:aws:s3:::b"), true),
            (None, Some("arn:aws:s3:::bb"), false),
            (Some("dana@acme.example"), Some("arn:aws:s3:::other"), false),
        ] {
            let found = selection(requester, resource).in_catalog(&live, None);
            assert_eq!(found.is_some(), is_meant, "{requester:?} {resource:?}");
        }
    }

    #[test]
    fn whoever_edits_the_entity_does_not_hide_the_grant_that_is_on_record() {
        let live = entity(json!({ "requester": "nobody@acme.example" }), "arn:aws:s3:::b");
        let record = entity(
            json!({ "requester": "dana@acme.example", "resource": "arn:aws:s3:::mine", "additional_resources": ["arn:aws:s3:::more"] }),
            "",
        );
        for selection in [
            selection(Some("dana@acme.example"), None),
            selection(None, Some("arn:aws:s3:::mine")),
            selection(None, Some("arn:aws:s3:::more")),
        ] {
            assert!(selection.in_catalog(&live, Some(&record)).is_some(), "{selection:?}");
            assert!(selection.in_catalog(&live, None).is_none(), "{selection:?}");
        }
    }

    fn role(tags: &[(&str, &str)]) -> RoleState {
        RoleState {
            path: "/port-iam/".to_owned(),
            arn: "arn:aws:iam::123456789012:role/port-iam/Permission-r_1".to_owned(),
            trust: json!({}),
            created: None,
            boundary: None,
            max_session_seconds: None,
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn tags_are_compared_as_they_are_written() {
        let role = role(&[
            ("port-iam:requester", "d_na@acme.example"),
            ("port-iam:resource", "arn:aws:s3:::b/_"),
            ("port-iam:resource.2", "arn:aws:s3:::c"),
            ("port-iam:resources", "arn:aws:s3:::d"),
        ]);
        assert!(selection(Some("D!na@acme.example"), None).in_tags("Permission-r_1", &role).is_some());
        assert!(selection(None, Some("arn:aws:s3:::b/*")).in_tags("Permission-r_1", &role).is_some());
        assert!(selection(None, Some("arn:aws:s3:::c")).in_tags("Permission-r_1", &role).is_some());
        assert!(selection(None, Some("arn:aws:s3:::d")).in_tags("Permission-r_1", &role).is_none());
        assert!(selection(Some("dan@acme.example"), None).in_tags("Permission-r_1", &role).is_none());
        assert!(selection(Some("D!na@acme.example"), None).in_tags("AdminRole", &role).is_none());
    }

    #[test]
    fn what_a_policy_allows_on_a_resource_or_under_it_tells_where_no_tag_does() {
        let role = role(&[("port-iam:requester", "dana@acme.example")]);
        let statement = |effect: &str, resource: Value| json!({ "Effect": effect, "Resource": resource });
        let document = |statement: Value| [json!({ "Statement": [] }), json!({ "Statement": statement })];
        let asked = selection(Some("dana@acme.example"), Some("arn:aws:s3:::b"));
        for (statement, is_meant) in [
            (json!([statement("Allow", json!(["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]))]), true),
            (statement("Allow", json!("arn:aws:s3:::b")), true),
            (statement("Allow", json!("arn:aws:s3:::b:x")), true),
            (statement("Allow", json!("arn:aws:s3:::bb/*")), false),
            (statement("Allow", json!("*")), false),
            (statement("Deny", json!("arn:aws:s3:::b")), false),
            (json!(null), false),
        ] {
            let found = asked.in_documents("Permission-r_1", &role, &document(statement.clone()));
            assert_eq!(found.is_some(), is_meant, "{statement}");
            let of_eve = selection(Some("eve@acme.example"), Some("arn:aws:s3:::b"));
            assert_eq!(of_eve.in_documents("Permission-r_1", &role, &document(statement)), None);
        }
    }
}
