//! What Port answers about the requester, the approver and the approval.

use serde_json::json;

use super::{End, Forge, Row, ending, row};

const APPROVERS: &str = "GET /v1/actions/runs/RUN/approvers";
const DANA: &str = "GET /v1/users/dana%40acme.example";
const ADA: &str = "GET /v1/users/ada%40acme.example";

pub(super) fn forged_people() -> Vec<Row> {
    use Forge::Answer;
    let dana = |what, pointer, value| row(what, Answer(DANA, pointer, value), "refused::requester:");
    let ada = |what, pointer, value| row(what, Answer(ADA, pointer, value), "refused::approval:");
    let approval = |what, pointer, value| row(what, Answer(APPROVERS, pointer, value), "refused::approval:");
    // What is no user is not nobody: neither is anything given, nor is anything said of the person.
    let nobody_told = |what, asked, pointer, value| {
        ending(what, End::Unknown, Answer(asked, pointer, value), "could not read the user")
    };
    // What cannot be read is no decision at all, and might have been a no.
    let unreadable = |what, pointer, value| {
        ending(what, End::Unknown, Answer(APPROVERS, pointer, value), "could not read the approvals")
    };
    vec![
        dana("the requester's id", "/user/id", json!("auth0|max")),
        nobody_told("no id", DANA, "/user/id", json!(null)),
        nobody_told("a requester of a kind that is no word", DANA, "/user/type", json!({ "name": "STANDARD" })),
        dana("the requester's e-mail", "/user/email", json!("max@acme.example")),
        dana("the e-mail of another requester", "/user/email", json!("ada@acme.example")),
        dana("an e-mail that looks the same", "/user/email", json!("d\u{430}na@acme.example")),
        dana("a requester who has left", "/user/status", json!("DISABLED")),
        dana("a requester who was only invited", "/user/status", json!("STAGED")),
        dana("a requester of no status", "/user/status", json!(null)),
        dana("a machine that requests", "/user/type", json!("SERVICE_ACCOUNT")),
        dana("a requester of a kind that is not known", "/user/type", json!("EXTERNAL")),
        dana("a requester of a kind that says nothing", "/user/type", json!("")),
        row("no requester in Port", Answer(DANA, "/user", json!(null)), "refused::requester:"),
        ada("the approver's id", "/user/id", json!("auth0|max")),
        ada("the approver's e-mail, not on the list", "/user/email", json!("max@acme.example")),
        ada("the approver's e-mail, the requester's", "/user/email", json!("dana@acme.example")),
        ada("the approver's e-mail, in other letters", "/user/email", json!("\u{430}da@acme.example")),
        ada("an approver who has left", "/user/status", json!("DISABLED")),
        ada("a machine that approves", "/user/type", json!("SERVICE_ACCOUNT")),
        ada("an approver of a kind that is not known", "/user/type", json!("EXTERNAL")),
        ada("an approver of a kind that says nothing", "/user/type", json!("")),
        ada("an approver without an id", "/user/id", json!(null)),
        approval("an approval that is pending", "/approvers/0/state", json!("PENDING")),
        approval("an approval that is a refusal", "/approvers/0/state", json!("DECLINED")),
        unreadable("an approval of no state", "/approvers/0/state", json!(null)),
        approval("somebody else's approval", "/approvers/0/userId", json!("auth0|max")),
        approval("the requester's own approval", "/approvers/0/userId", json!("auth0|dana")),
        approval("the approval of one who has left", "/approvers/0/userId", json!("auth0|greta")),
        unreadable("nobody's approval", "/approvers/0/userId", json!(null)),
        approval("no approvals", "/approvers", json!([])),
        unreadable("approvals of another shape", "/approvers", json!({ "auth0|ada": "APPROVED" })),
        approval(
            "a refusal beside the approval",
            "/approvers/-",
            json!({ "userId": "auth0|ada", "state": "DECLINED" }),
        ),
    ]
}
