//! What an export holds, that it notices every change, and what is told of the records later.

use serde_json::json;

use super::*;
use crate::domain::time::utc;

fn entity(id: &str, properties: Value) -> Entity {
    Entity { identifier: id.to_owned(), title: None, properties, relations: json!({}) }
}

fn entities() -> Vec<Entity> {
    vec![
        entity(
            "b",
            json!({ "granted_from": "2026-03-02T10:00:00Z", "granted_until": "2026-03-02T11:00:00Z", "requester": "dana" }),
        ),
        entity(
            "a",
            json!({ "granted_from": "2026-01-02T10:00:00Z", "granted_until": "2026-04-01T11:00:00Z", "revoked_at": "2026-01-03T00:00:00Z" }),
        ),
        entity("c", json!({ "granted_from": "2026-03-05T10:00:00Z", "granted_until": "2026-03-06T11:00:00Z" })),
    ]
}

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn export_of(entities: &[Entity], since: Option<Timestamp>) -> Export {
    Export::of(entities, moment("2026-04-02T00:00:00Z"), since)
}

fn exported() -> String {
    export_of(&entities(), None).json_lines()
}

fn names(export: &Export) -> Vec<&str> {
    export.records.iter().map(Record::identifier).collect()
}

#[test]
fn an_export_is_read_back_as_it_was_written_oldest_first() {
    let export = read(&exported()).unwrap();
    assert_eq!(export, export_of(&entities(), None));
    assert_eq!((utc(export.at).as_str(), export.since), ("2026-04-02T00:00:00Z", None));
    assert_eq!(names(&export), ["a", "b", "c"]);
    // Moments are told in whole seconds.
    let export = Export::of(&entities(), moment("2026-04-02T00:00:00.9Z"), Some(moment("2026-03-02T11:00:00.5Z")));
    assert_eq!(names(&export), ["b", "c"]);
    let read = read(&export.json_lines()).unwrap();
    assert_eq!(read, export);
    assert_eq!(compare(&read, &entities()), Comparison { unchanged: 2, ..Comparison::default() });
}

#[test]
fn since_leaves_out_what_had_ended_before() {
    let since = Some(moment("2026-03-01T00:00:00Z"));
    assert_eq!(names(&export_of(&entities(), since)), ["b", "c"]);
}

#[test]
fn an_end_that_is_written_later_brings_no_record_into_an_export_nor_makes_it_one_that_was_added() {
    let since = Some(moment("2026-03-04T00:00:00Z"));
    let before = entities();
    // `b` was over by its time and nobody had taken it away yet: a sweep does so behind `since`.
    let mut swept = before.clone();
    swept[0].properties["revoked_at"] = json!("2026-03-04T01:00:00Z");
    // `a` was taken away before `since`, its time is over behind it.
    for entities in [&before, &swept] {
        assert_eq!(names(&export_of(entities, since)), ["c"]);
    }
    for (earlier, now) in [(&before, &swept), (&swept, &swept)] {
        let earlier = read(&export_of(earlier, since).json_lines()).unwrap();
        assert_eq!(compare(&earlier, now), Comparison { unchanged: 1, ..Comparison::default() });
    }
    // What is in the export ends like anything else, though it be before a `since` that was still to come.
    let to_come = Some(moment("2026-03-06T00:00:00Z"));
    let earlier = read(&export_of(&before, to_come).json_lines()).unwrap();
    swept[2].properties["revoked_at"] = json!("2026-03-05T12:00:00Z");
    assert_eq!(names(&earlier), ["c"]);
    assert_eq!(compare(&earlier, &swept), Comparison { ended: 1, ..Comparison::default() });
    assert_eq!(names(&export_of(&swept, to_come)), Vec::<&str>::new());
}

#[test]
fn since_keeps_what_was_found_to_be_changed_until_it_is_recorded_as_ended() {
    let since = Some(moment("2026-03-04T00:00:00Z"));
    // The end of `b` was taken out of its role, a day behind which it was found.
    let found = json!({ "tampering": [{ "at": "2026-03-03T12:00:00Z", "what": "its trust has no end" }] });
    for (mark, marked) in [("review_due", json!(true)), ("receipt", found)] {
        let with_end = |end: Value| {
            let mut entities = entities();
            entities[0].properties[mark] = marked.clone();
            entities[0].properties["revoked_at"] = end;
            entities
        };
        assert_eq!(names(&export_of(&with_end(Value::Null), since)), ["b", "c"], "{mark}");
        assert_eq!(names(&export_of(&with_end(json!("2026-03-04T00:00:00Z")), since)), ["b", "c"], "{mark}");
        assert_eq!(names(&export_of(&with_end(json!("2026-03-03T23:59:59Z")), since)), ["c"], "{mark}");
        // Of an export that was made before nothing tells that it should have been in it.
        let earlier = read(&export_of(&entities(), since).json_lines()).unwrap();
        let unchanged = Comparison { unchanged: 1, ..Comparison::default() };
        assert_eq!(compare(&earlier, &with_end(Value::Null)), unchanged, "{mark}");
    }
    let mut looked_at = entities();
    looked_at[0].properties["review_due"] = json!(false);
    looked_at[0].properties["receipt"] = json!({ "at": "2026-03-02T11:00:00Z", "tampering": [] });
    assert_eq!(names(&export_of(&looked_at, since)), ["c"]);
}

#[test]
fn whatever_is_changed_in_an_export_is_noticed() {
    let text = exported();
    let lines: Vec<&str> = text.lines().collect();
    let without = |index: usize| [&lines[..index], &lines[index + 1..]].concat().join("\n");
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    for forged in [
        text.replace("dana", "ada"),
        without(1),
        without(3),
        swapped.join("\n"),
        format!("{text}{}\n", lines[3]),
        text.replace("\"records\":3", "\"records\":2"),
        text.replace("\"exported_at\":\"2026", "\"exported_at\":\"x"),
        text.replace("\"exported_at\":\"2026-04-02", "\"exported_at\":\"2026-04-01"),
        text.replace("\"exported_at\":\"2026-04-02T00:00:00Z", "\"exported_at\":\"2026-04-02T00:00:00.5Z"),
        text.replace("\"since\":null", "\"since\":\"2999-01-01T00:00:00Z\""),
        text.replace("\"since\":null", "\"since\":\"x\""),
        without(0),
        String::new(),
        text.replace("{\"record\"", "\"record\""),
    ] {
        assert_ne!(forged, text);
        assert!(read(&forged).is_err(), "{forged}");
    }
}

#[test]
fn what_an_export_without_records_tells_of_itself_is_chained_too() {
    let text = export_of(&[], None).json_lines();
    assert_eq!(text.lines().count(), 1);
    assert_eq!(read(&text).unwrap().chain(), export_of(&[], None).chain());
    for (of, to) in [("2026-04-02", "2026-04-01"), ("\"since\":null", "\"since\":\"2999-01-01T00:00:00Z\"")] {
        let forged = text.replace(of, to);
        assert_ne!(forged, text);
        assert!(read(&forged).unwrap_err().starts_with("line 1 was changed"), "{forged}");
    }
    // Whoever chains it anew comes to another end.
    let ends = [
        export_of(&[], None).chain(),
        export_of(&[], Some(moment("2999-01-01T00:00:00Z"))).chain(),
        Export::of(&[], moment("2026-04-01T00:00:00Z"), None).chain(),
    ];
    assert!(ends[0] != ends[1] && ends[0] != ends[2] && ends[1] != ends[2], "{ends:?}");
}

#[test]
fn an_export_of_the_former_format_is_refused_by_that_name() {
    let former = exported().replace("port-iam audit 2", "port-iam audit 1");
    let problem = read(&former).unwrap_err();
    assert!(problem.starts_with("line 1 says that an earlier version made it"), "{problem}");
    let other = exported().replace("port-iam audit 2", "port-iam audit 3");
    assert!(read(&other).unwrap_err().contains("does not say that this is an export"));
}

#[test]
fn an_end_is_told_apart_from_a_change_and_from_a_deletion() {
    let earlier = read(&exported()).unwrap();
    let mut now = entities();
    assert_eq!(compare(&earlier, &now), Comparison { unchanged: 3, ..Comparison::default() });
    now[0].properties["revoked_at"] = json!("2026-03-02T11:00:00Z");
    now[0].properties["state"] = json!("expired");
    assert_eq!(compare(&earlier, &now), Comparison { unchanged: 2, ended: 1, ..Comparison::default() });
    // The end of a grant that had ended is a change, and so is anything beside the end.
    now[1].properties["revoked_at"] = json!("2026-01-04T00:00:00Z");
    now[0].properties["requester"] = json!("ada");
    now.pop();
    let changed = |record: &str, fields: &[&str]| Finding::Changed {
        record: record.to_owned(),
        fields: fields.iter().map(|&field| field.to_owned()).collect(),
    };
    assert_eq!(
        compare(&earlier, &now).findings,
        [
            changed("a", &["revoked_at"]),
            changed("b", &["requester", "revoked_at", "state"]),
            Finding::Deleted { record: "c".to_owned() },
        ]
    );
}

#[test]
fn what_was_found_of_a_live_grant_is_told_apart_from_an_end_and_a_state_alone_is_none() {
    let earlier = read(&exported()).unwrap();
    let with = |properties: Value| {
        let mut now = entities();
        now[0].properties.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
        compare(&earlier, &now)
    };
    let rest = || Comparison { unchanged: 2, ..Comparison::default() };
    let found = json!({ "tampering": [{ "at": "then", "what": "its trust was changed" }] });
    assert_eq!(with(json!({ "receipt": found, "review_due": true })), Comparison { noted: 1, ..rest() });
    // An attempt that was undone has no moment of its end.
    assert_eq!(with(json!({ "state": "grant-failed" })), Comparison { ended: 1, ..rest() });
    for properties in [
        json!({ "state": "revoked" }),
        json!({ "receipt": found, "state": "expired" }),
        json!({ "receipt": found, "state": "grant-failed" }),
        json!({ "receipt": { "at": "then", "asked_by": "somebody" } }),
        json!({ "receipt": "found" }),
    ] {
        let fields: Vec<String> = properties.as_object().unwrap().keys().cloned().collect();
        let changed = Finding::Changed { record: "b".to_owned(), fields };
        assert_eq!(with(properties), Comparison { findings: vec![changed], ..rest() });
    }
}

#[test]
fn a_record_that_began_before_an_export_and_is_not_in_it_was_added() {
    let text = export_of(&entities(), Some(moment("2026-03-01T00:00:00Z"))).json_lines();
    let added = |properties: Value| {
        let now = [entities(), vec![entity("z", properties)]].concat();
        compare(&read(&text).unwrap(), &now).findings
    };
    let of_z = [Finding::Added { record: "z".to_owned() }];
    let until = "2026-04-03T00:00:00Z";
    assert_eq!(added(json!({ "granted_from": "2026-03-04T00:00:00Z", "granted_until": until })), of_z);
    assert_eq!(added(json!({ "granted_from": "2026-04-01T23:55:00Z", "granted_until": until })), of_z);
    for nothing in [json!({}), json!({ "granted_from": 7 })] {
        assert_eq!(added(nothing.clone()), of_z, "{nothing}");
    }
    // It was being made, it came later, or it had ended before what the export holds.
    for (from, until) in [
        ("2026-04-01T23:55:01Z", until),
        ("2026-04-02T10:00:00Z", until),
        // Nothing is later by five minutes.
        ("9999-12-30T22:00:00Z", "9999-12-30T22:00:00Z"),
        ("2026-02-01T10:00:00Z", "2026-02-01T11:00:00Z"),
    ] {
        assert_eq!(added(json!({ "granted_from": from, "granted_until": until })), [], "{from}");
    }
}
