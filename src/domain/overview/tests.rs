use serde_json::json;

use super::*;
use crate::domain::identifier::AccountId;

const GRANT: &str = "Permission-r_1";

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn entity(properties: Value) -> Entity {
    let relations = json!({ "aws_resource": "arn:aws:s3:::b", "permissions": ["s3:PutObject"] });
    Entity { identifier: GRANT.to_owned(), title: None, properties, relations }
}

fn live_entity() -> Entity {
    entity(
        json!({ "requester": "dana@acme.example", "state": "live", "expiry_time": "2026-11-28T10:00:00Z", "account": "123456789012" }),
    )
}

fn record(state: &str) -> Entity {
    Entity {
        relations: json!({}),
        ..entity(
            json!({ "requester": "dana@acme.example", "resource": "arn:aws:s3:::b", "additional_resources": ["arn:aws:s3:::c"],
        "actions": ["s3:PutObject"], "granted_from": "2026-11-28T09:00:00Z", "granted_until": "2026-11-28T10:00:00Z",
        "state": state, "account": "123456789012" }),
        )
    }
}

fn role() -> RoleSeen {
    RoleSeen {
        arn: format!("arn:aws:iam::123456789012:role/port-iam/{GRANT}"),
        end: Some(moment("2026-11-28T10:00:00Z")),
        is_denied: false,
        holds_policies: true,
        told: None,
    }
}

fn aws(roles: &[(&str, RoleSeen)]) -> AwsSeen {
    let account = AwsAccount { id: AccountId::parse("x", "123456789012").unwrap(), partition: "aws".to_owned() };
    let roles = roles.iter().map(|(name, role)| ((*name).to_owned(), role.clone())).collect();
    AwsSeen { account, now: moment("2026-11-28T09:30:00Z"), roles }
}

fn port(entity: Option<Entity>, record: Option<Entity>) -> PortSeen {
    let keyed = |entity: Option<Entity>| entity.map(|entity| (GRANT.to_owned(), entity)).into_iter().collect();
    PortSeen { entities: keyed(entity), records: keyed(record), expired: BTreeSet::new() }
}

fn one(aws: Option<AwsSeen>, port: Option<PortSeen>) -> Row {
    let mut rows = compose(&OverviewSeen { aws, port, ..OverviewSeen::default() });
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows.remove(0)
}

#[test]
fn a_grant_on_which_both_agree_has_no_differences() {
    let row = one(Some(aws(&[(GRANT, role())])), Some(port(Some(live_entity()), Some(record("live")))));
    assert_eq!((row.state, row.differences.as_slice()), (State::Live, [].as_slice()));
    assert_eq!(row.requesters, ["dana@acme.example"]);
    assert_eq!(row.resources, ["arn:aws:s3:::b", "arn:aws:s3:::c"]);
    assert_eq!(row.until, Some(moment("2026-11-28T10:00:00Z")));
}

#[test]
fn aws_decides_what_is_live_and_the_difference_is_told() {
    let denied = RoleSeen { is_denied: true, ..role() };
    let powerless = RoleSeen { holds_policies: false, ..role() };
    let over = RoleSeen { end: Some(moment("2026-11-28T09:00:00Z")), ..role() };
    for (role, state, told) in [
        (Some(denied), State::Denied, "Port says live, and in AWS the role is denied"),
        (Some(powerless), State::Powerless, "Port says live, and in AWS the role is powerless"),
        (Some(over), State::Expired, "Port says live, and in AWS the role is expired"),
        (None, State::Missing, "Port says live, and AWS has no such role"),
    ] {
        let roles: Vec<_> = role.into_iter().map(|role| (GRANT, role)).collect();
        let row = one(Some(aws(&roles)), Some(port(Some(live_entity()), None)));
        assert_eq!(row.state, state);
        assert!(row.differences.iter().any(|difference| difference == told), "{:?}", row.differences);
    }
}

#[test]
fn a_role_that_port_does_not_list_is_live_and_told() {
    let told = RoleTold {
        requester: Some("eve@acme.example".to_owned()),
        resources: vec!["arn:aws:s3:::z".to_owned()],
        actions: vec!["s3:GetObject".to_owned()],
        scope: Some("org/1".to_owned()),
    };
    let role = RoleSeen { told: Some(told), ..role() };
    let row = one(Some(aws(&[(GRANT, role.clone())])), Some(port(None, None)));
    assert_eq!((row.state, row.requesters[0].as_str()), (State::Live, "eve@acme.example"));
    assert_eq!(row.differences, ["AWS has the role, and Port knows no such grant; its tag says that org/1 made it"]);
    let row = one(Some(aws(&[(GRANT, role.clone())])), Some(port(None, Some(record("revoked")))));
    assert!(row.differences[0].contains("its record says revoked"), "{:?}", row.differences);
    assert!(row.differences.iter().any(|it| it.contains("elsewhere as eve@acme.example")), "{:?}", row.differences);
    // Where Port was not asked, that it lists nothing says nothing.
    let row = one(Some(aws(&[(GRANT, role)])), None);
    assert_eq!((row.state, row.differences.len()), (State::Live, 0));
}

#[test]
fn without_aws_port_s_word_is_all_there_is_and_its_clock_tells_what_is_over() {
    let mut seen = port(Some(live_entity()), None);
    assert_eq!(one(None, Some(seen.clone())).state, State::Live);
    seen.expired.insert(GRANT.to_owned());
    assert_eq!(one(None, Some(seen)).state, State::Expired);
    for (word, state) in [("revoked", State::Revoked), ("denied", State::Unknown), ("frobbed", State::Unknown)] {
        assert_eq!(one(None, Some(port(None, Some(record(word))))).state, state);
    }
}

#[test]
fn another_end_in_port_than_in_the_role_is_told_and_the_role_s_is_the_end() {
    let entity = entity(json!({ "state": "live", "expiry_time": "2026-11-29T10:00:00Z" }));
    let row = one(Some(aws(&[(GRANT, role())])), Some(port(Some(entity), None)));
    assert_eq!(row.until, Some(moment("2026-11-28T10:00:00Z")));
    assert_eq!(
        row.differences,
        ["its entity says until 2026-11-29T10:00:00Z, and the role until 2026-11-28T10:00:00Z"]
    );
    let endless = RoleSeen { end: None, ..role() };
    let row = one(Some(aws(&[(GRANT, endless)])), Some(port(Some(live_entity()), None)));
    assert_eq!(row.differences, ["the role's trust policy carries no end"]);
}

#[test]
fn a_grant_of_another_account_is_not_called_missing() {
    let mut entity = live_entity();
    entity.properties["account"] = json!("210987654321");
    let row = one(Some(aws(&[])), Some(port(Some(entity), None)));
    assert_eq!(row.state, State::Live);
    assert_eq!(row.differences, ["it is of the account 210987654321, at which these credentials did not look"]);
}

#[test]
fn whoever_writes_another_account_into_an_entity_or_record_makes_no_grant_look_missing() {
    let elsewhere = json!("210987654321");
    let told = ["it is of the account 210987654321, at which these credentials did not look"];
    let (mut entity, mut of_record) = (live_entity(), record("live"));
    of_record.properties["account"] = elsewhere.clone();
    let row = one(Some(aws(&[])), Some(port(Some(entity.clone()), Some(of_record))));
    assert_eq!((row.state, row.differences.as_slice()), (State::Live, told.map(str::to_owned).as_slice()));
    entity.properties["account"] = elsewhere;
    let row = one(Some(aws(&[])), Some(port(Some(entity), Some(record("live")))));
    assert_eq!((row.state, row.differences.as_slice()), (State::Live, told.map(str::to_owned).as_slice()));
}

#[test]
fn a_record_that_says_live_of_what_is_nowhere_is_told() {
    let row = one(Some(aws(&[])), Some(port(None, Some(record("live")))));
    assert_eq!((row.state, row.differences.len()), (State::Missing, 1));
    let row = one(Some(aws(&[])), Some(port(None, Some(record("revoked")))));
    assert_eq!((row.state, row.differences.len()), (State::Revoked, 0));
}

#[test]
fn whoever_is_told_as_requester_anywhere_is_found() {
    let mut entity = live_entity();
    entity.properties["requester"] = json!("nobody@acme.example");
    let row = one(Some(aws(&[(GRANT, role())])), Some(port(Some(entity), Some(record("live")))));
    let by = |email: &str| RowSelection { requester: Some(email.to_owned()), ..RowSelection::default() };
    assert!(by("DANA@acme.example").takes(&row) && by("nobody@acme.example").takes(&row));
    assert!(!by("eve@acme.example").takes(&row));
    assert!(row.differences.iter().any(|it| it.contains("elsewhere as nobody@acme.example")), "{:?}", row.differences);
    let on = |arn: &str| RowSelection { resource: Some(arn.to_owned()), ..RowSelection::default() };
    assert!(on("arn:aws:s3:::c").takes(&row) && !on("arn:aws:s3:::bb").takes(&row));
    let as_state = |state| RowSelection { states: vec![state], ..RowSelection::default() };
    assert!(as_state(State::Live).takes(&row) && !as_state(State::Expired).takes(&row));
}

#[test]
fn what_ends_first_stands_first_and_what_tells_no_end_stands_last() {
    let at = |end: Option<&str>| RoleSeen { end: end.map(moment), ..role() };
    let roles = [
        ("Permission-a", at(None)),
        ("Permission-b", at(Some("2026-11-28T12:00:00Z"))),
        ("Permission-c", at(Some("2026-11-28T11:00:00Z"))),
    ];
    let rows = compose(&OverviewSeen { aws: Some(aws(&roles)), ..OverviewSeen::default() });
    let names: Vec<&str> = rows.iter().map(|row| row.grant.as_str()).collect();
    assert_eq!(names, ["Permission-c", "Permission-b", "Permission-a"]);
}

#[test]
fn a_table_has_a_line_for_each_grant_whatever_somebody_wrote() {
    let mut row = one(Some(aws(&[(GRANT, role())])), Some(port(Some(live_entity()), None)));
    row.requesters = vec!["dana\n! gone\u{1b}[2J@acme.example".to_owned()];
    row.differences = vec!["a\nb".to_owned()];
    let text = table(&[row.clone()], Some(moment("2026-11-28T09:30:00Z")));
    assert_eq!(text.lines().count(), 3, "{text}");
    assert!(!text.contains('\u{1b}') && text.contains("(in 30 minutes)"), "{text}");
    row.reason = Some("=HYPERLINK(1)".to_owned());
    let text = csv(&[row]);
    assert!(text.starts_with("grant,requester,resource,") && text.contains(",'=HYPERLINK(1),"), "{text}");
}
