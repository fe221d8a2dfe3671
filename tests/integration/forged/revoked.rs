//! Three ways to end a grant, a revocation, a return and the timer, and every field of what decides about them forged, one
//! at a time.

use std::collections::BTreeMap;

use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use port_iam::sandbox::request_log::{Api, Exchange};
use serde_json::{Value, json};

use super::complete::{Idle, unaccounted};
use super::{End, Forge, Row, ending, row};
use crate::installed::{Dispatched, Installed};

/// Who or what wants the grant to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// `revoke_permissions`, by Dana.
    Revoke,
    /// `return_permissions`, by Ada, who administers Port and did not ask for the grant.
    Return,
    /// `revoke_expired_permissions`.
    Timer,
}

const WAYS: [Way; 3] = [Way::Revoke, Way::Return, Way::Timer];
const RUN: &str = "GET /v1/actions/runs/RUN";
const GRANTED_BY: &str = "GET /v1/actions/runs/GRANTED";
const APPROVERS: &str = "GET /v1/actions/runs/GRANTED/approvers";
const DANA: &str = "GET /v1/users/dana%40acme.example";
const ADA: &str = "GET /v1/users/ada%40acme.example";
const EXPIRED: &str = "POST /v1/blueprints/provisioned_permissions/entities/search";
const RULES: &str = "POST /graphql";

impl Way {
    /// A grant, and the dispatch that is to end it.
    fn dispatch(self, installed: &Installed) -> (String, Dispatched) {
        let grant = installed.granted().grant();
        let dispatched = match self {
            Self::Revoke => installed.give_back(&grant),
            Self::Return => installed.execute(cast::ADA, "return_permissions", &grant, &json!({})),
            Self::Timer => {
                let before = installed.runs().len();
                installed.pass(61);
                let inputs = installed.next_dispatch(before).inputs;
                let context: Value = serde_json::from_str(&inputs["port_context"]).unwrap();
                Dispatched { run_id: context["runId"].as_str().unwrap().to_owned(), inputs }
            }
        };
        (grant, dispatched)
    }

    /// Names a request as rows do, with what it is about.
    fn named(asked: &str, grant: &str, run_id: &str) -> String {
        let granted_by = grant.trim_start_matches("Permission-");
        asked.replace(run_id, "RUN").replace(grant, "GRANT").replace(granted_by, "GRANTED")
    }

    fn of(asked: &str, grant: &str, run_id: &str) -> String {
        let granted_by = grant.trim_start_matches("Permission-");
        asked.replace("GRANTED", granted_by).replace("GRANT", grant).replace("RUN", run_id)
    }
}

/// What is forged of each way.
fn rows(way: Way) -> Vec<Row> {
    use Forge::{Answer, Aws, Dispatch, Event, Variable};
    let run = |what, pointer, value, words| row(what, Answer(RUN, pointer, value), words);
    let unknown = |what, pointer, value| ending(what, End::Unknown, Answer(RUN, pointer, value), "read the run");
    let open = |what, forge, words| ending(what, End::LeftOpen, forge, words);
    let mut rows = vec![
        run("another run", "/run/id", json!("r_other"), "refused::runId:"),
        unknown("a run of another shape", "/run/id", json!(7)),
        run("an action that grants", "/run/action", json!({ "identifier": "request_permissions" }), "refused::runId:"),
        unknown("no action", "/run/action", json!(null)),
        unknown("of no status", "/run/status", json!(null)),
        row("no entity of the dispatch", Dispatch(|it| it.forged(|it| it["entity"] = json!({}))), "refused::entity:"),
        row(
            "an entity that is no grant",
            Dispatch(|it| it.forged(|it| it["entity"]["identifier"] = json!("arn:aws:s3:::b"))),
            "refused::entity:",
        ),
        ending(
            "an unknown run of the dispatch",
            End::Untold,
            Dispatch(|it| it.forged(|it| it["runId"] = json!("r_nobodyKnows"))),
            "refused::runId:",
        ),
        ending(
            "no run of the dispatch",
            End::Untold,
            Dispatch(|it| it.forged(|it| it["runId"] = json!(null))),
            "refused::runId:",
        ),
        ending(
            "a dispatch that is no JSON",
            End::Untold,
            Dispatch(|mut it| {
                it.inputs.insert("port_context".to_owned(), "{".to_owned());
                it
            }),
            "refused::port_context:",
        ),
        row("the account of the workflow", Variable("AWS_ACCOUNT_ID", "210987654321"), "refused::AWS_ACCOUNT_ID:"),
        row("an account of the workflow that is none", Variable("AWS_ACCOUNT_ID", "12345"), "refused::AWS_ACCOUNT_ID:"),
    ];
    if way == Way::Timer {
        rows.extend([
            row(
                "an end in the role's trust that is to come",
                Aws(|installed, grant| {
                    installed.harness.with_aws(async |iam| {
                        let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
                        let mut trust = crate::harness::decoded(role.assume_role_policy_document().unwrap());
                        trust["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] =
                            json!("2099-01-01T00:00:00Z");
                        let role = iam.update_assume_role_policy().role_name(grant);
                        role.policy_document(trust.to_string()).send().await.unwrap();
                    });
                }),
                "refused::entity:",
            ),
            run(
                "an action of people",
                "/run/action",
                json!({ "identifier": "revoke_permissions" }),
                "refused::entity:",
            ),
            ending(
                "what Port's timer tells, of another shape",
                End::Unknown,
                Answer(EXPIRED, "/entities", json!({})),
                "search the catalog",
            ),
        ]);
        return rows;
    }
    rows.extend([
        run("another entity", "/run/entity", json!({ "identifier": "Permission-r_other" }), "refused::entity:"),
        run("no entity", "/run/entity", json!(null), "refused::entity:"),
        run(
            "the timer's action",
            "/run/action",
            json!({ "identifier": "revoke_expired_permissions" }),
            "refused::entity:",
        ),
        run("in another's name", "/run/impersonatedBy", json!("auth0|ada"), "refused::requester:"),
        run("in another's name, otherwise", "/run/impersonatedBy", json!({ "id": "auth0|ada" }), "refused::requester:"),
        run("waiting", "/run/status", json!("WAITING_FOR_APPROVAL"), "refused::runId:"),
        run("declined", "/run/status", json!("DECLINED"), "refused::runId:"),
        run("withdrawn", "/run/status", json!("FAILURE"), "refused::runId:"),
        run("done", "/run/status", json!("SUCCESS"), "refused::runId:"),
        run("with an end", "/run/endedAt", json!("2026-11-23T20:00:00.000Z"), "refused::runId:"),
        row(
            "another grant of the dispatch",
            Dispatch(|it| it.forged(|it| it["entity"]["identifier"] = json!("Permission-r_other"))),
            "refused::entity:",
        ),
        open("who started it", Variable("GITHUB_ACTOR", "max"), "refused::dispatchers:"),
        open("who repeated it", Variable("GITHUB_TRIGGERING_ACTOR", "max"), "refused::dispatchers:"),
        open("who sent the event", Event(|it| it["sender"]["login"] = json!("max")), "refused::dispatchers:"),
        open(
            "the list of those who may start it",
            Answer(RULES, "/data/repository/rules/text", json!(OTHER_LIST)),
            "refused::dispatchers:",
        ),
    ]);
    if way == Way::Return {
        let ada = |what, pointer, value| row(what, Answer(ADA, pointer, value), "refused::requester:");
        rows.extend([
            run("who started the run", "/run/createdBy", json!("auth0|max"), "refused::requester:"),
            run("nobody started the run", "/run/createdBy", json!(null), "refused::requester:"),
            row(
                "the person of the dispatch",
                Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!("max@acme.example"))),
                "refused::requester:",
            ),
            row(
                "nobody in the dispatch",
                Dispatch(|it| it.forged(|it| it["trigger"] = json!({}))),
                "refused::requester:",
            ),
            ada("the id of the administrator", "/user/id", json!("auth0|max")),
            ada("an administrator who has left", "/user/status", json!("DISABLED")),
            ada("an administrator of a kind that is not known", "/user/type", json!("EXTERNAL")),
            ada("an administrator without an address", "/user/email", json!("ada")),
            ada("a member", "/user/roles/0/name", json!("Member")),
            ending(
                "decisions of another shape",
                End::Unknown,
                Answer(APPROVERS, "/approvers", json!({})),
                "could not read the approvals",
            ),
        ]);
    }
    rows
}

/// A rules file that names another app.
const OTHER_LIST: &str = "version: 1\naccounts: { \"123456789012\": {} }\ntrust: { mode: account }\ndispatchers: [\"my-app[bot]\"]\nrules: []\n";

fn step(
    installed: &Installed,
    dispatched: &Dispatched,
    event: fn(&mut Value),
    changes: &[(&'static str, &str)],
) -> crate::harness::Ran {
    let mut whole = json!({ "inputs": dispatched.inputs, "sender": { "login": cast::PORT_APP_LOGIN } });
    event(&mut whole);
    let file = installed.harness.file("forged-revocation.json", &whole.to_string());
    let mut all = vec![("GITHUB_EVENT_PATH", file.as_str())];
    all.extend_from_slice(changes);
    installed.step("revoke", dispatched, &all)
}

fn check(installed: &Installed, way: Way, row: &Row) {
    let (grant, original) = way.dispatch(installed);
    let (mut dispatched, mut event, mut variable): (_, fn(&mut Value), _) = (original.clone(), |_| {}, None);
    let faults = &installed.harness.sandbox.faults;
    match &row.forge {
        Forge::Dispatch(forge) => dispatched = forge(dispatched),
        Forge::Event(forge) => event = *forge,
        Forge::Variable(name, value) => variable = Some((*name, *value)),
        Forge::Answer(asked, pointer, value) => {
            let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: value.clone() };
            let asked = Way::of(asked, &grant, &original.run_id);
            // The run is read once to decide, and once more to be told: that must find the real one.
            if asked.ends_with(&original.run_id) {
                faults.plan_first(&asked, fault)
            } else {
                faults.plan_exactly(&asked, fault)
            }
        }
        Forge::Aws(forge) => forge(installed, &grant),
        Forge::Rules(..) | Forge::Port(_) => unreachable!("no row of a revocation"),
    }
    let since = installed.harness.sandbox.log.len();
    let ran = step(installed, &dispatched, event, variable.as_slice());
    faults.clear();
    let told = format!("{way:?}, {}:\n{}\n{}", row.what, ran.stdout, ran.stderr);
    assert_eq!(ran.exit_code, if row.end == End::Unknown { 1 } else { 5 }, "{told}");
    assert!(ran.stdout.contains(row.words), "{told}");
    assert_eq!(installed.aws_writes_since(since), [""; 0], "{told}");
    assert!(installed.roles().contains(&grant), "{told}");
    super::told_as(installed, row.end, &original.run_id, &told);
    // The next row begins with nothing.
    installed.harness.run(&["revoke", &grant, "--direct"]).exits(0);
}

#[test]
fn every_forged_field_of_a_revocation_is_refused() {
    check_all(Way::Revoke, 27);
}

#[test]
fn every_forged_field_of_a_return_is_refused() {
    check_all(Way::Return, 37);
}

#[test]
fn every_forged_field_of_the_timer_is_refused() {
    check_all(Way::Timer, 15);
}

/// Checks every row, and that the grant ends without any of them.
fn check_all(way: Way, at_least: usize) {
    let rows = rows(way);
    assert!(rows.len() >= at_least, "{} rows", rows.len());
    let installed = Installed::new();
    for row in &rows {
        check(&installed, way, row);
    }
    let (grant, dispatched) = way.dispatch(&installed);
    step(&installed, &dispatched, |_| {}, &[]).exits(0);
    assert!(!installed.roles().contains(&grant));
}

const OF_A_RUN: &[&str] = &[
    "/run/action/deleted",
    "/run/action/icon",
    "/run/action/title",
    "/run/createdAt",
    "/run/externalRunId",
    "/run/link",
    "/run/requiredApproval",
    "/run/source",
    "/run/updatedAt",
    "/run/updatedBy",
];
const OF_ITS_ENTITY: &[&str] = &[
    "/run/blueprint/deleted",
    "/run/blueprint/icon",
    "/run/blueprint/identifier",
    "/run/blueprint/title",
    "/run/entity/deleted",
    "/run/entity/icon",
    "/run/entity/title",
];
const OF_THE_GRANTING_RUN: &[&str] = &[
    "/run/action/identifier",
    "/run/createdBy",
    "/run/endedAt",
    "/run/entity/identifier",
    "/run/id",
    "/run/properties/duration",
    "/run/properties/permissions/0",
    "/run/rawProperties/duration",
    "/run/rawProperties/permissions/0",
    "/run/status",
    "/run/statusLabel",
];
const OF_A_PERSON: &[&str] = &[
    "/user/createdAt",
    "/user/firstName",
    "/user/lastName",
    "/user/orgs/0/id",
    "/user/providers",
    "/user/teams",
    "/user/teamsIdentifiers",
    "/user/updatedAt",
];
const OF_WHOM_IT_TELLS: &[&str] = &["/user/email", "/user/id", "/user/roles/0/name", "/user/status", "/user/type"];
const OF_THE_REPOSITORY: &[&str] = &[
    "/data/repository/databaseId",
    "/data/repository/defaultBranchRef/name",
    "/data/repository/policy/text",
    "/data/repository/trust/text",
];
const OF_THE_GRANT: &[&str] = &[
    "/entities/0/identifier",
    "/entities/0/properties/account",
    "/entities/0/properties/duration",
    "/entities/0/properties/expiry_time",
    "/entities/0/properties/iam_policy/Statement/0/Action/0",
    "/entities/0/properties/iam_policy/Statement/0/Condition/DateLessThan/aws:CurrentTime",
    "/entities/0/properties/iam_policy/Statement/0/Condition/StringEquals/s3:ResourceAccount",
    "/entities/0/properties/iam_policy/Statement/0/Effect",
    "/entities/0/properties/iam_policy/Statement/0/Resource/0",
    "/entities/0/properties/iam_policy/Version",
    "/entities/0/properties/notes",
    "/entities/0/properties/policy_arn",
    "/entities/0/properties/requester",
    "/entities/0/properties/role_arn",
    "/entities/0/properties/run_id",
    "/entities/0/properties/sign_in_url",
    "/entities/0/properties/state",
    "/entities/0/relations/aws_resource",
    "/entities/0/relations/permissions/0",
    "/entities/0/team",
    "/entities/0/title",
];

/// Returns what each way asks and takes for nothing.
fn decides_nothing(way: Way) -> Vec<Idle> {
    let unread = "a list that cannot be read keeps nobody from revoking, and nothing else is read there";
    let asker = "whoever asked for the grant may return it, and so may an administrator";
    let mut list: Vec<Idle> = vec![
        (RUN, OF_A_RUN, "for people who look at the run"),
        (RUN, &["/run/properties", "/run/rawProperties"], "the form is empty"),
        (RULES, OF_THE_REPOSITORY, unread),
    ];
    let own: Vec<Idle> = match way {
        Way::Revoke => vec![
            (RUN, OF_ITS_ENTITY, "the grant is known by its name"),
            (RUN, &["/run/createdBy"], "tells who ended it, and whoever may run the action Port decides"),
            (DANA, OF_A_PERSON, "tells who ended it"),
            (DANA, OF_WHOM_IT_TELLS, "tells who ended it, if the run says the same"),
        ],
        Way::Return => vec![
            (RUN, OF_ITS_ENTITY, "the grant is known by its name"),
            (ADA, OF_A_PERSON, "an administrator is told by id, e-mail, status, type and role"),
            (GRANTED_BY, OF_A_RUN, asker),
            (GRANTED_BY, OF_ITS_ENTITY, asker),
            (GRANTED_BY, OF_THE_GRANTING_RUN, asker),
        ],
        Way::Timer => vec![
            (RUN, &["/run/createdBy"], "a timer is nobody, and the clock decides"),
            (RULES, &["/data/repository/rules/text"], "the clock decides, whoever started the workflow"),
            (EXPIRED, OF_THE_GRANT, "the end in the role's trust decides, where it bears one"),
        ],
    };
    list.extend(own);
    list
}

/// Returns what a way asks of Port and GitHub before it takes anything away, as rows name it, with the answers.
fn answers(way: Way) -> BTreeMap<String, Vec<Value>> {
    let installed = Installed::new();
    let (grant, dispatched) = way.dispatch(&installed);
    let since = installed.harness.sandbox.log.len();
    step(&installed, &dispatched, |_| {}, &[]).exits(0);
    let decides = |exchange: &Exchange| exchange.api != Api::Aws || !exchange.is_write();
    let mut answers = BTreeMap::<String, Vec<Value>>::new();
    for mut exchange in installed.exchanges_since(since).into_iter().take_while(decides) {
        let is_login = exchange.path.ends_with("/access_token");
        // Records are read beside the first write, so that the end can be written into them; what they say ends nothing.
        let is_of_records = exchange.path.contains("/permission_records/");
        if exchange.api == Api::Aws || is_login || is_of_records || exchange.is_write() || exchange.status != 200 {
            continue;
        }
        let asked = Way::named(&format!("{} {}", exchange.method, exchange.path), &grant, &dispatched.run_id);
        exchange.response.as_object_mut().unwrap().remove("ok");
        answers.entry(asked).or_default().push(exchange.response);
    }
    answers
}

#[test]
fn every_field_of_an_answer_to_a_revocation_has_a_row_or_decides_nothing() {
    let (mut missing, mut stale) = (Vec::<String>::new(), Vec::<String>::new());
    for way in WAYS {
        let of_way = |field: String| format!("{way:?}: {field}");
        let unaccounted = unaccounted(&answers(way), &rows(way), &decides_nothing(way));
        missing.extend(unaccounted.0.into_iter().map(of_way));
        stale.extend(unaccounted.1.into_iter().map(of_way));
    }
    assert_eq!((missing, stale), (Vec::<String>::new(), Vec::<String>::new()), "fields without a row, or with both");
}

/// The twin of the rows: what is said to decide nothing is forged, and the grant ends.
fn may_say_anything(way: Way) {
    let installed = Installed::new();
    for (asked, pointers, _) in decides_nothing(way) {
        for pointer in pointers {
            let (grant, dispatched) = way.dispatch(&installed);
            let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: json!("anything") };
            let faults = &installed.harness.sandbox.faults;
            faults.plan_first(&Way::of(asked, &grant, &dispatched.run_id), fault);
            let ran = step(&installed, &dispatched, |_| {}, &[]);
            faults.clear();
            assert_eq!(ran.exit_code, 0, "{way:?} {asked} {pointer}: {}\n{}", ran.stdout, ran.stderr);
            assert!(!installed.roles().contains(&grant));
        }
    }
}

#[test]
fn what_decides_nothing_of_a_revocation_may_say_anything() {
    may_say_anything(Way::Revoke);
}

#[test]
fn what_decides_nothing_of_a_return_may_say_anything() {
    may_say_anything(Way::Return);
}

#[test]
fn what_decides_nothing_of_the_timer_may_say_anything() {
    may_say_anything(Way::Timer);
}

/// Returns how many rows each way has.
pub(super) fn numbers() -> [usize; 3] {
    WAYS.map(|way| rows(way).len())
}
