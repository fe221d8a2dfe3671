//! What is live already: a grant that would only repeat it is not made, and neither is one too many.

use jiff::Timestamp;

use super::catalog::Entity;
use super::grant::Grant;
use super::refusal::Refusal;
use super::rules::OpenGrants;
use super::time::utc;

/// Checks a grant against the entities of the live grants. Those whose time is over count no more, nor does its own,
/// nor do those that it goes on from.
///
/// # Errors
///
/// Refuses what the requester has already for longer, with the grant that gives it, and what goes beyond a limit, with
/// the grants that fill it.
pub fn check_open_grants(
    grant: &Grant,
    entities: &[Entity],
    limits: OpenGrants,
    now: Timestamp,
) -> Result<(), Refusal> {
    let others: Vec<&Entity> = entities
        .iter()
        .filter(|entity| !std::iter::once(&grant.id).chain(&grant.extends).any(|id| id.as_str() == entity.identifier))
        // What tells no end is taken to be live.
        .filter(|entity| end(entity).is_none_or(|end| end > now))
        .collect();
    let is_requester = |entity: &&&Entity| {
        entity.text("requester").is_some_and(|email| email.to_lowercase() == grant.requester.to_lowercase())
    };
    let is_resource = |entity: &&&Entity| entity.relations["aws_resource"] == grant.resource.as_str();
    let of_requester: Vec<&Entity> = others.iter().filter(is_requester).copied().collect();
    let on_resource: Vec<&Entity> = others.iter().filter(is_resource).copied().collect();
    if let Some(live) = of_requester.iter().find(|live| is_resource(live) && gives_all(live, grant)) {
        return Err(already_granted(live));
    }
    if limits.per_requester.is_some_and(|most| of_requester.len() >= most) {
        let reason = format!("{} has {} open grants, as many as the rules allow", grant.requester, of_requester.len());
        return Err(too_many("requester", reason, &of_requester));
    }
    if limits.per_resource.is_some_and(|most| on_resource.len() >= most) {
        let reason = format!("{} has {} open grants, as many as the rules allow", grant.resource, on_resource.len());
        return Err(too_many("entity", reason, &on_resource));
    }
    Ok(())
}

fn end(entity: &Entity) -> Option<Timestamp> {
    entity.text("expiry_time")?.parse().ok()
}

/// Whether a live grant on the same resource gives everything that is asked for, for longer. What further resources it
/// is about its entity does not tell.
fn gives_all(live: &Entity, grant: &Grant) -> bool {
    let permissions = live.relations["permissions"].as_array().map(Vec::as_slice).unwrap_or_default();
    live.text("state") == Some("live")
        && grant.additional_resources.is_empty()
        && end(live).is_some_and(|end| end > grant.expires)
        && grant.permissions.iter().all(|asked| permissions.iter().any(|given| given == asked.as_str()))
}

fn already_granted(live: &Entity) -> Refusal {
    let id = &live.identifier;
    let until = end(live).map_or_else(String::new, |end| format!(" until {}", utc(end)));
    let sign_in = live.text("sign_in_url").or_else(|| live.text("role_arn")).unwrap_or(id);
    let remedy = format!(
        "use {id}: {sign_in}; to go beyond its end extend it with `Extend permissions` in Port (`port-iam extend {id}`), \
         or give it back with `Return permissions` (`port-iam return {id}`)"
    );
    Refusal::new("already-granted", "permissions", format!("{id} gives all of it{until}"), remedy)
}

fn too_many(field: &'static str, reason: String, live: &[&Entity]) -> Refusal {
    let one = |entity: &&Entity| {
        let until = end(entity).map_or_else(String::new, |end| format!(" until {}", utc(end)));
        format!("{}{until}", entity.identifier)
    };
    let list: Vec<String> = live.iter().map(one).collect();
    Refusal::new("too-many-open", field, reason, format!("end one of them in Port first, or wait: {}", list.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::account::AwsAccount;
    use crate::domain::arn::Arn;
    use crate::domain::duration::GrantDuration;
    use crate::domain::identifier::{AccountId, RunId};
    use crate::domain::tags::Scope;

    const NOW: &str = "2026-11-23T20:00:00Z";
    const END: &str = "2026-11-23T22:00:00Z";
    const BUCKET: &str = "arn:aws:s3:::b";
    const NO_LIMITS: OpenGrants = OpenGrants { per_requester: None, per_resource: None };

    /// What is to be granted: one action on a bucket until the end.
    fn grant() -> Grant {
        let run_id = RunId::parse("r_1").unwrap();
        Grant {
            id: run_id.grant_id(),
            run_id,
            requester: "dana@acme.example".to_owned(),
            approver: None,
            reason: None,
            account: AwsAccount {
                id: AccountId::parse("account", "123456789012").unwrap(),
                partition: "aws".to_owned(),
            },
            resource: Arn::parse("entity", BUCKET).unwrap(),
            additional_resources: Vec::new(),
            permissions: vec!["s3:PutObject".to_owned()],
            duration: GrantDuration::DEFAULT,
            expires: END.parse().unwrap(),
            policies: Vec::new(),
            trust: json!({}),
            notes: Vec::new(),
            rule: "r".to_owned(),
            trust_sentence: "",
            scope: Scope("org/1".to_owned()),
            break_glass_by: None,
            extends: Vec::new(),
        }
    }

    /// A live grant of two actions on the same bucket that ends a second later.
    fn live(identifier: &str) -> Entity {
        Entity {
            identifier: identifier.to_owned(),
            title: None,
            properties: json!({
                "requester": "Dana@acme.example", "state": "live", "expiry_time": "2026-11-23T22:00:01Z",
                "sign_in_url": "https://signin.example/switch", "role_arn": "the role",
            }),
            relations: json!({ "aws_resource": BUCKET, "permissions": ["s3:GetObject", "s3:PutObject"] }),
        }
    }

    fn check(entities: &[Entity], limits: OpenGrants) -> Result<(), Refusal> {
        check_open_grants(&grant(), entities, limits, NOW.parse().unwrap())
    }

    #[test]
    fn what_the_requester_has_for_longer_is_pointed_at() {
        let refusal = check(&[live("Permission-r_0")], NO_LIMITS).unwrap_err();
        assert_eq!((refusal.code, refusal.field), ("already-granted", "permissions"));
        assert!(
            refusal.reason.contains("Permission-r_0") && refusal.reason.contains("2026-11-23T22:00:01Z"),
            "{refusal}"
        );
        assert!(refusal.remedy.contains("https://signin.example/switch"), "{}", refusal.remedy);
    }

    #[test]
    fn what_differs_in_anything_is_not_the_same_grant() {
        let differences: [fn(&mut Entity); 9] = [
            // A second attempt at the same run.
            |it| it.identifier = "Permission-r_1".to_owned(),
            |it| it.properties["requester"] = json!("max@acme.example"),
            |it| it.properties["state"] = json!("missing"),
            |it| it.properties["expiry_time"] = json!(END),
            |it| it.properties["expiry_time"] = json!(NOW),
            |it| it.properties["expiry_time"] = json!(null),
            |it| it.relations["aws_resource"] = json!("arn:aws:s3:::other"),
            |it| it.relations["permissions"] = json!(["s3:GetObject"]),
            |it| it.relations["permissions"] = json!(null),
        ];
        for (at, differ) in differences.iter().enumerate() {
            let mut entity = live("Permission-r_0");
            differ(&mut entity);
            assert_eq!(check(&[entity], NO_LIMITS), Ok(()), "{at}");
        }
        let mut extension = grant();
        extension.extends = vec![RunId::parse("r_0").unwrap().grant_id()];
        assert_eq!(check_open_grants(&extension, &[live("Permission-r_0")], NO_LIMITS, NOW.parse().unwrap()), Ok(()));
        let mut wider = grant();
        wider.additional_resources = vec![Arn::parse("entity", "arn:aws:s3:::c").unwrap()];
        assert_eq!(check_open_grants(&wider, &[live("Permission-r_0")], NO_LIMITS, NOW.parse().unwrap()), Ok(()));
    }

    #[test]
    fn a_limit_counts_the_others_that_are_not_over() {
        let other = |identifier: &str, change: fn(&mut Entity)| {
            let mut entity = live(identifier);
            // None of them gives all of it.
            entity.relations["permissions"] = json!([]);
            change(&mut entity);
            entity
        };
        let entities = [
            other("Permission-r_0", |_| ()),
            other("Permission-r_1", |_| ()),
            other("Permission-r_2", |it| it.properties["expiry_time"] = json!(NOW)),
            // What tells no end counts.
            other("Permission-r_3", |it| it.properties["expiry_time"] = json!(null)),
            other("Permission-r_4", |it| it.properties["requester"] = json!("max@acme.example")),
            other("Permission-r_5", |it| it.relations["aws_resource"] = json!("arn:aws:s3:::other")),
        ];
        for (per_requester, per_resource, field, ids) in [
            (Some(3), None, Some("requester"), ["r_0", "r_3", "r_5"]),
            (Some(4), None, None, [""; 3]),
            (None, Some(3), Some("entity"), ["r_0", "r_3", "r_4"]),
            (None, Some(4), None, [""; 3]),
        ] {
            let checked = check(&entities, OpenGrants { per_requester, per_resource });
            assert_eq!(
                checked.as_ref().err().map(|refusal| (refusal.code, refusal.field)),
                field.map(|field| ("too-many-open", field))
            );
            if let Err(refusal) = checked {
                assert!(refusal.reason.contains(" 3 "), "{refusal}");
                let named = |id: &str| refusal.remedy.contains(&format!("Permission-{id}"));
                assert!(ids.into_iter().all(named) && !named("r_2") && !named("r_1"), "{}", refusal.remedy);
                assert!(refusal.remedy.contains("Permission-r_0 until 2026-11-23T22:00:01Z"), "{}", refusal.remedy);
            }
        }
    }
}
