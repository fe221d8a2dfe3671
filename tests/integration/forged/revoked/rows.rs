//! What is forged of each way.

use serde_json::json;

use super::super::{End, Forge, Row, ending, row};
use super::{ADA, APPROVERS, EXPIRED, GRANTED_BY, RULES, RUN, Way};

use Forge::{Answer, Aws, Dispatch, Event, Variable};

/// What is forged of each way.
pub(super) fn rows(way: Way) -> Vec<Row> {
    let unknown = |what, pointer, value| ending(what, End::Unknown, Answer(RUN, pointer, value), "read the run");
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
        rows.extend(of_the_timer());
        return rows;
    }
    rows.extend(of_people());
    match way {
        Way::Return => rows.extend(of_an_administrator()),
        Way::ReturnOfRequester => rows.extend(of_whoever_asked()),
        Way::ReturnOfApprover => rows.extend(of_whoever_approved()),
        Way::Revoke | Way::Timer => {}
    }
    rows
}

fn run(what: &'static str, pointer: &'static str, value: serde_json::Value, words: &'static str) -> Row {
    row(what, Answer(RUN, pointer, value), words)
}

fn of_the_timer() -> Vec<Row> {
    vec![
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
        run("an action of people", "/run/action", json!({ "identifier": "revoke_permissions" }), "refused::entity:"),
        ending(
            "what Port's timer tells, of another shape",
            End::Unknown,
            Answer(EXPIRED, "/entities", json!({})),
            "search the catalog",
        ),
    ]
}

/// What is forged wherever a person ends a grant.
fn of_people() -> Vec<Row> {
    let open = |what, forge, words| ending(what, End::LeftOpen, forge, words);
    vec![
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
    ]
}

fn of_an_administrator() -> Vec<Row> {
    let ada = |what, pointer, value| row(what, Answer(ADA, pointer, value), "refused::requester:");
    vec![
        run("who started the run", "/run/createdBy", json!("auth0|max"), "refused::requester:"),
        run("nobody started the run", "/run/createdBy", json!(null), "refused::requester:"),
        row(
            "the person of the dispatch",
            Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!("max@acme.example"))),
            "refused::requester:",
        ),
        row("nobody in the dispatch", Dispatch(|it| it.forged(|it| it["trigger"] = json!({}))), "refused::requester:"),
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
    ]
}

/// Whose grant it is, two runs say: the one that made it and the one that returns it.
fn of_whoever_asked() -> Vec<Row> {
    let granted_by = |what, value| row(what, Answer(GRANTED_BY, "/run/createdBy", value), "refused::requester:");
    vec![
        run("somebody else started the run", "/run/createdBy", json!("auth0|max"), "refused::requester:"),
        run(
            "an administrator whom the dispatch does not name",
            "/run/createdBy",
            json!("auth0|ada"),
            "refused::requester:",
        ),
        run("nobody started the run", "/run/createdBy", json!(null), "refused::requester:"),
        granted_by("a grant that somebody else asked for", json!("auth0|max")),
        granted_by("a grant that nobody asked for", json!(null)),
        granted_by("a grant that somebody of another shape asked for", json!({ "id": "auth0|dana" })),
        ending("a granting run of another shape", End::Unknown, Answer(GRANTED_BY, "/run", json!(7)), "read the run"),
    ]
}

/// Who approved the grant, the decisions on its run say.
fn of_whoever_approved() -> Vec<Row> {
    let approval = |what, pointer, value| row(what, Answer(APPROVERS, pointer, value), "refused::requester:");
    let unreadable = |what, pointer, value| {
        ending(what, End::Unknown, Answer(APPROVERS, pointer, value), "could not read the approvals")
    };
    vec![
        run("somebody else started the run", "/run/createdBy", json!("auth0|ada"), "refused::requester:"),
        run("nobody started the run", "/run/createdBy", json!(null), "refused::requester:"),
        approval("an approval that is a refusal", "/approvers/0/state", json!("DECLINED")),
        approval("an approval that is pending", "/approvers/0/state", json!("PENDING")),
        unreadable("an approval of no state", "/approvers/0/state", json!(null)),
        approval("somebody else's approval", "/approvers/0/userId", json!("auth0|ada")),
        approval("the requester's own approval", "/approvers/0/userId", json!("auth0|dana")),
        unreadable("nobody's approval", "/approvers/0/userId", json!(null)),
        approval("no approvals", "/approvers", json!([])),
        unreadable("approvals of another shape", "/approvers", json!({ "auth0|max": "APPROVED" })),
    ]
}

/// A rules file that names another app.
const OTHER_LIST: &str = "version: 1\naccounts: { \"123456789012\": {} }\ntrust: { mode: account }\ndispatchers: [\"my-app[bot]\"]\nrules: []\n";
