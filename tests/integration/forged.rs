//! One request that is granted, and every field of it forged, one at a time: what decides is refused by its name, the
//! run is told, and nothing is written to AWS.

use port_iam::clients::port::Upsert;
use port_iam::sandbox::cast;
use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use crate::installed::{BUCKET, Dispatched, Installed, REPOSITORY};

const OTHER_BUCKET: &str = "arn:aws:s3:::other-bucket";
const THIRD_BUCKET: &str = "arn:aws:s3:::third-bucket";
const REASON: &str = "The report of OPS-7 is late";

/// What is forged.
enum Forge {
    /// The dispatch.
    Dispatch(fn(Dispatched) -> Dispatched),
    /// The event around it.
    Event(fn(&mut Value)),
    /// A variable of the runner.
    Variable(&'static str, &'static str),
    /// One member of the answer to `METHOD path`; `RUN` stands for the run's id.
    Answer(&'static str, &'static str, Value),
    /// The rules file.
    Rules(&'static str, &'static str),
    /// The catalog or the run, in Port itself.
    Port(fn(&Installed, &Dispatched)),
    /// A role or policy of an earlier attempt at the same run, in AWS itself.
    Aws(fn(&Installed, &str)),
}

/// What must come of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Exit 5, the run has failed.
    Refused,
    /// Exit 5 for the workflow that was started, and the run goes on.
    LeftOpen,
    /// Exit 5 by a run that is over already.
    Over,
    /// Exit 1: Port answered in a shape that is not known.
    Unknown,
}

struct Row {
    what: &'static str,
    forge: Forge,
    end: End,
    /// What the message must hold: the field first of all.
    words: &'static str,
}

fn row(what: &'static str, forge: Forge, words: &'static str) -> Row {
    Row { what, forge, end: End::Refused, words }
}

fn ending(what: &'static str, end: End, forge: Forge, words: &'static str) -> Row {
    Row { what, forge, end, words }
}

/// An installation whose rules ask for everything that rules can ask for, and a request that has it.
struct Baseline {
    installed: Installed,
}

impl Baseline {
    fn new() -> Self {
        let installed = Installed::new();
        installed.set_rules(|rules| {
            rules
                .replace("approval: none", "approval: required\n    approvers: [ada@acme.example, greta@acme.example, dana@acme.example]\n    reason: required\n    ticket: \"[A-Z]+-[0-9]+\"")
                .replace("actions: [\"*\"]", "actions: [\"bundle:objects\"]")
                .replace("resources: [\"*\"]", "resources: [\"arn:aws:s3:::*\", \"arn:aws:ec2:*\"]")
                .replace("requesters: [\"*\"]", "requesters: [dana@acme.example, ada@acme.example]")
                .replace("\nrules:\n", "\nbundles: { objects: [\"s3:PutObject\", \"ec2:StopInstances\"] }\ndispatchers: [\"getport-io[bot]\"]\nrules:\n")
        });
        installed.harness.with_port(async |port| {
            for bucket in [OTHER_BUCKET, THIRD_BUCKET] {
                let body = json!({ "identifier": bucket, "properties": { "resource_type": "S3" } });
                port.upsert_entity("aws_resource", &body, Upsert { run_id: None }).await.unwrap();
            }
            let mut action = port.action("request_permissions").await.unwrap().unwrap();
            for read_only in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
                action.as_object_mut().unwrap().remove(read_only);
            }
            action["requiredApproval"] = json!({ "type": "ANY" });
            port.replace_action("request_permissions", &action).await.unwrap();
        });
        Self { installed }
    }

    /// Dana asks, Ada approves, Port dispatches.
    fn request(&self) -> Dispatched {
        let installed = &self.installed;
        let before = installed.runs().len();
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "1h", "reason": REASON,
            "additional_resources": [OTHER_BUCKET] });
        let mut run_id = String::new();
        installed.harness.with_port_as(cast::DANA.port_client_id, cast::DANA.port_client_secret, async |port| {
            run_id = port.execute("request_permissions", BUCKET, &form).await.unwrap().id;
        });
        crate::grant::approve(installed, cast::ADA, &run_id);
        Dispatched { run_id, inputs: installed.next_dispatch(before).inputs }
    }

    fn grant(
        &self,
        dispatched: &Dispatched,
        event: fn(&mut Value),
        changes: &[(&'static str, &str)],
    ) -> crate::harness::Ran {
        let mut whole = json!({ "inputs": dispatched.inputs, "sender": { "login": "getport-io[bot]" } });
        event(&mut whole);
        let file = self.installed.harness.file("forged.json", &whole.to_string());
        let mut all = vec![
            ("GITHUB_ACTOR", "getport-io[bot]"),
            ("GITHUB_TRIGGERING_ACTOR", "getport-io[bot]"),
            ("GITHUB_EVENT_PATH", file.as_str()),
        ];
        all.extend_from_slice(changes);
        self.installed.step("grant", dispatched, &all)
    }

    fn good(&self, dispatched: &Dispatched) -> crate::harness::Ran {
        self.grant(dispatched, |_| {}, &[])
    }

    /// A request whose grant is live while its run is still open: what a repeated workflow finds.
    fn half_told(&self) -> Dispatched {
        let request = self.request();
        let faults = &self.installed.harness.sandbox.faults;
        faults.plan_matching(&format!("PATCH /v1/actions/runs/{}", request.run_id), 0, usize::MAX, Fault::DropBefore);
        self.good(&request).exits(1);
        faults.clear();
        assert_eq!(self.installed.run(&request.run_id)["status"], "IN_PROGRESS");
        request
    }

    fn rules(&self) -> String {
        self.installed.harness.sandbox.github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap()
    }

    fn check(&self, row: &Row) {
        let installed = &self.installed;
        let rules = self.rules();
        let mut request = if matches!(row.forge, Forge::Aws(_)) { self.half_told() } else { self.request() };
        let (mut event, mut variable): (fn(&mut Value), _) = (|_| {}, None);
        let original = request.clone();
        match &row.forge {
            Forge::Dispatch(forge) => request = forge(request),
            Forge::Event(forge) => event = *forge,
            Forge::Variable(name, value) => variable = Some((*name, *value)),
            Forge::Answer(asked, pointer, value) => {
                let fault = Fault::Forged { pointer: (*pointer).to_owned(), value: value.clone() };
                installed.harness.sandbox.faults.plan_exactly(&asked.replace("RUN", &request.run_id), fault);
            }
            Forge::Rules(from, to) => installed.set_rules(|rules| rules.replace(from, to)),
            Forge::Port(forge) => forge(installed, &request),
            Forge::Aws(forge) => forge(installed, &request.grant()),
        }
        let since = installed.harness.sandbox.log.len();
        let variables: Vec<(&'static str, &str)> = variable.into_iter().collect();
        let ran = self.grant(&request, event, &variables);
        installed.harness.sandbox.faults.clear();
        let what = row.what;
        let told = format!("{what}:\n{}\n{}", ran.stdout, ran.stderr);
        assert_eq!(ran.exit_code, if row.end == End::Unknown { 1 } else { 5 }, "{told}");
        assert!(ran.stdout.contains(row.words), "{told}");
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{told}");
        self.check_run(row, &original.run_id, &told);
        if self.rules() != rules {
            let path = ".github/port-iam.yaml";
            installed.harness.sandbox.github.commit_file(REPOSITORY, "main", path, Some(rules.as_bytes())).unwrap();
        }
    }

    /// The run is told as decided; what is forged in the answers about it is not forged any more.
    fn check_run(&self, row: &Row, run_id: &str, told: &str) {
        let forged_run = matches!(&row.forge, Forge::Answer(asked, ..) if asked.ends_with("/runs/RUN"));
        let names_no_run = row.what.starts_with("port_context");
        let status = self.installed.run(run_id)["status"].clone();
        let log = self.installed.log_of(run_id);
        match row.end {
            // Who acts on the word of a forged answer about a run may find that it is none of ours.
            _ if forged_run || names_no_run => {}
            End::LeftOpen => {
                assert_eq!(status, "IN_PROGRESS", "{told}");
                assert!(log.contains("refused: ") && log.contains("What to do:"), "{told}\n{log}");
            }
            End::Refused => {
                assert_eq!(status, "FAILURE", "{told}");
                assert!(log.contains("refused: ") && log.contains("What to do:"), "{told}\n{log}");
            }
            End::Unknown => {
                assert_eq!(status, "FAILURE", "{told}");
                assert!(log.contains("error: "), "{told}\n{log}");
            }
            End::Over => assert_ne!(status, "IN_PROGRESS", "{told}"),
        }
    }
}

fn write_entity(installed: &Installed, blueprint: &str, identifier: &str, properties: &Value) {
    installed.harness.with_port(async |port| {
        let body = json!({ "identifier": identifier, "properties": properties });
        port.upsert_entity(blueprint, &body, Upsert { run_id: None }).await.unwrap();
    });
}

const RUN: &str = "GET /v1/actions/runs/RUN";
const APPROVERS: &str = "GET /v1/actions/runs/RUN/approvers";
const DANA: &str = "GET /v1/users/dana%40acme.example";
const ADA: &str = "GET /v1/users/ada%40acme.example";
const RESOURCES: &str = "POST /v1/blueprints/aws_resource/entities/search";
const PERMISSIONS: &str = "POST /v1/blueprints/iam_permissions/entities/search";
const REPOSITORY_ANSWER: &str = "POST /graphql";

fn forged_dispatches() -> Vec<Row> {
    use Forge::{Dispatch, Event, Variable};
    vec![
        row(
            "the entity",
            Dispatch(|it| it.forged(|it| it["entity"]["identifier"] = json!(OTHER_BUCKET))),
            "refused::entity:",
        ),
        row("no entity", Dispatch(|it| it.forged(|it| it["entity"] = json!({}))), "refused::entity:"),
        row(
            "the requester",
            Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!("ada@acme.example"))),
            "refused::requester:",
        ),
        row(
            "a requester that looks the same",
            Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!("d\u{430}na@acme.example"))),
            "refused::requester:",
        ),
        row(
            "a requester that is no address",
            Dispatch(|it| it.forged(|it| it["trigger"]["by"]["user"]["email"] = json!(".."))),
            "refused::requester:",
        ),
        row("no requester", Dispatch(|it| it.forged(|it| it["trigger"] = json!({}))), "refused::requester:"),
        row(
            "the permissions",
            Dispatch(|it| it.with_form(|it| it["permissions"] = json!(["s3:GetObject"]))),
            "refused::properties:",
        ),
        row(
            "one permission more",
            Dispatch(|it| it.with_form(|it| it["permissions"] = json!(["s3:PutObject", "s3:GetObject"]))),
            "refused::properties:",
        ),
        row("no permission", Dispatch(|it| it.with_form(|it| it["permissions"] = json!([]))), "refused::permissions:"),
        row(
            "a wildcard",
            Dispatch(|it| it.with_form(|it| it["permissions"] = json!(["s3:*"]))),
            "refused::permissions:",
        ),
        row(
            "permissions that are no list",
            Dispatch(|it| it.with_form(|it| it["permissions"] = json!("s3:PutObject"))),
            "refused::permissions:",
        ),
        row("the duration", Dispatch(|it| it.with_form(|it| it["duration"] = json!("2h"))), "refused::properties:"),
        row("the reason", Dispatch(|it| it.with_form(|it| it["reason"] = json!("OPS-8"))), "refused::properties:"),
        row(
            "a control character",
            Dispatch(|it| it.with_form(|it| it["reason"] = json!("\u{1b}[2J"))),
            "refused::reason:",
        ),
        row(
            "another further resource",
            Dispatch(|it| it.with_form(|it| it["additional_resources"] = json!([THIRD_BUCKET]))),
            "refused::properties:",
        ),
        row(
            "no further resource",
            Dispatch(|it| it.with_form(|it| it["additional_resources"] = json!([]))),
            "refused::properties:",
        ),
        row("a form that is a list", Dispatch(|it| it.with_form(|it| *it = json!([]))), "refused::properties:"),
        row(
            "a form that is no JSON",
            Dispatch(|mut it| {
                it.inputs.insert("properties".to_owned(), "{".to_owned());
                it
            }),
            "refused::properties:",
        ),
        row(
            "a form that is too long",
            Dispatch(|mut it| {
                it.inputs.insert("properties".to_owned(), "x".repeat(65_536));
                it
            }),
            "refused::properties:",
        ),
        row(
            "no form",
            Dispatch(|mut it| {
                it.inputs.remove("properties");
                it
            }),
            "refused::permissions:",
        ),
        row(
            "port_context: an unknown run",
            Dispatch(|it| it.forged(|it| it["runId"] = json!("r_nobodyKnows"))),
            "refused::runId:",
        ),
        row("port_context: no run", Dispatch(|it| it.forged(|it| it["runId"] = json!(null))), "refused::runId:"),
        row(
            "port_context: a path for a run",
            Dispatch(|it| it.forged(|it| it["runId"] = json!("../users"))),
            "refused::runId:",
        ),
        row(
            "port_context: no JSON",
            Dispatch(|mut it| {
                it.inputs.insert("port_context".to_owned(), "{".to_owned());
                it
            }),
            "refused::port_context:",
        ),
        row(
            "port_context: none",
            Dispatch(|mut it| {
                it.inputs.remove("port_context");
                it
            }),
            "refused::runId:",
        ),
        ending("the branch", End::LeftOpen, Variable("GITHUB_REF", "refs/heads/mine"), "refused::GITHUB_REF:"),
        ending(
            "a tag of the branch's name",
            End::LeftOpen,
            Variable("GITHUB_REF", "refs/tags/main"),
            "refused::GITHUB_REF:",
        ),
        ending("no branch", End::LeftOpen, Variable("GITHUB_REF", ""), "refused::GITHUB_REF:"),
        ending("who started it", End::LeftOpen, Variable("GITHUB_ACTOR", "max"), "refused::dispatchers:"),
        ending("who repeated it", End::LeftOpen, Variable("GITHUB_TRIGGERING_ACTOR", "max"), "refused::dispatchers:"),
        ending(
            "who sent the event",
            End::LeftOpen,
            Event(|it| it["sender"]["login"] = json!("max")),
            "refused::dispatchers:",
        ),
        row("the account of the workflow", Variable("AWS_ACCOUNT_ID", "210987654321"), "refused::AWS_ACCOUNT_ID:"),
        row("no account at all", Variable("AWS_ACCOUNT_ID", "12345"), "AWS_ACCOUNT_ID"),
    ]
}

fn forged_runs() -> Vec<Row> {
    use Forge::{Answer, Port};
    let run = |what, pointer, value, words| row(what, Answer(RUN, pointer, value), words);
    let unknown = |what, pointer, value, words| ending(what, End::Unknown, Answer(RUN, pointer, value), words);
    vec![
        run("run.id", "/run/id", json!("r_other"), "refused::runId:"),
        unknown("run.id of another shape", "/run/id", json!(7), "read the run"),
        run("run.action", "/run/action", json!({ "identifier": "revoke_permissions" }), "refused::runId:"),
        run("run.action as text", "/run/action", json!("deploy"), "refused::runId:"),
        unknown("no run.action", "/run/action", json!(null), "read the run"),
        run("run.status, waiting", "/run/status", json!("WAITING_FOR_APPROVAL"), "refused::runId:"),
        run("run.status, declined", "/run/status", json!("DECLINED"), "refused::runId:"),
        run("run.status, failed", "/run/status", json!("FAILURE"), "refused::runId:"),
        run("run.status, ended well without a grant", "/run/status", json!("SUCCESS"), "refused::runId:"),
        run("run.status, unheard of", "/run/status", json!("in_progress"), "refused::runId:"),
        unknown("no run.status", "/run/status", json!(null), "read the run"),
        run("run.endedAt", "/run/endedAt", json!("2026-11-23T20:00:00.000Z"), "refused::runId:"),
        run("run.createdBy", "/run/createdBy", json!("auth0|ada"), "refused::requester:"),
        run("no run.createdBy", "/run/createdBy", json!(null), "refused::requester:"),
        run("run.createdBy of another shape", "/run/createdBy", json!({ "id": "auth0|dana" }), "refused::requester:"),
        run("run.impersonatedBy", "/run/impersonatedBy", json!("auth0|ada"), "refused::requester:"),
        run(
            "run.impersonatedBy of another shape",
            "/run/impersonatedBy",
            json!({ "id": "auth0|ada" }),
            "refused::requester:",
        ),
        run("run.entity", "/run/entity", json!({ "identifier": OTHER_BUCKET }), "refused::entity:"),
        run("run.entity as text", "/run/entity", json!(OTHER_BUCKET), "refused::entity:"),
        run("no run.entity", "/run/entity", json!(null), "refused::entity:"),
        run("run.updatedAt long ago", "/run/updatedAt", json!("2020-01-01T00:00:00.000Z"), "refused::runId:"),
        run("run.updatedAt to come", "/run/updatedAt", json!("2099-01-01T00:00:00.000Z"), "refused::runId:"),
        run(
            "run.properties, the permissions",
            "/run/properties/permissions",
            json!(["ec2:StopInstances"]),
            "refused::properties:",
        ),
        run(
            "run.properties, as entities",
            "/run/properties/permissions",
            json!([{ "identifier": "ec2:StopInstances" }]),
            "refused::properties:",
        ),
        run(
            "run.properties, one more",
            "/run/properties/permissions",
            json!(["s3:PutObject", "ec2:StopInstances"]),
            "refused::properties:",
        ),
        run("run.properties, the duration", "/run/properties/duration", json!("12h"), "refused::properties:"),
        run("run.properties, the reason", "/run/properties/reason", json!("OPS-8"), "refused::properties:"),
        run(
            "run.properties, further resources",
            "/run/properties/additional_resources",
            json!([THIRD_BUCKET]),
            "refused::properties:",
        ),
        run("run.properties, none", "/run/properties", json!({}), "refused::permissions:"),
        unknown(
            "run.properties, permissions as text",
            "/run/properties/permissions",
            json!("s3:PutObject"),
            "permissions",
        ),
        unknown("run.properties, permissions as numbers", "/run/properties/permissions", json!([7]), "permissions"),
        unknown("run.properties, a duration that is a number", "/run/properties/duration", json!(3600), "duration"),
        unknown("run.properties, a list", "/run/properties", json!([]), "properties"),
        ending(
            "a run that was withdrawn",
            End::Over,
            Port(|installed, request| {
                installed.harness.with_port(async |port| {
                    let patch = port_iam::clients::port::RunPatch { succeeded: Some(false), label: None };
                    port.report(&request.run_id, &patch).await.unwrap();
                });
            }),
            "refused::runId:",
        ),
        row(
            "a record of its end",
            Port(|installed, request| {
                let properties = json!({ "grant": request.grant(), "revoked_at": "2026-11-23T20:00:00Z" });
                write_entity(installed, "permission_records", &request.grant(), &properties);
            }),
            "refused::runId:",
        ),
    ]
}

fn forged_people() -> Vec<Row> {
    use Forge::Answer;
    let dana = |what, pointer, value| row(what, Answer(DANA, pointer, value), "refused::requester:");
    let ada = |what, pointer, value| row(what, Answer(ADA, pointer, value), "refused::approval:");
    let approval = |what, pointer, value| row(what, Answer(APPROVERS, pointer, value), "refused::approval:");
    vec![
        dana("the requester's id", "/user/id", json!("auth0|max")),
        dana("no id", "/user/id", json!(null)),
        dana("the requester's e-mail", "/user/email", json!("max@acme.example")),
        dana("an e-mail that looks the same", "/user/email", json!("d\u{430}na@acme.example")),
        dana("a requester who has left", "/user/status", json!("DISABLED")),
        dana("a requester who was only invited", "/user/status", json!("STAGED")),
        dana("a requester of no status", "/user/status", json!(null)),
        dana("a machine that requests", "/user/type", json!("SERVICE_ACCOUNT")),
        row("no requester in Port", Answer(DANA, "/user", json!(null)), "refused::requester:"),
        ada("the approver's id", "/user/id", json!("auth0|max")),
        ada("the approver's e-mail, not on the list", "/user/email", json!("max@acme.example")),
        ada("the approver's e-mail, the requester's", "/user/email", json!("dana@acme.example")),
        ada("the approver's e-mail, in other letters", "/user/email", json!("\u{430}da@acme.example")),
        ada("an approver who has left", "/user/status", json!("DISABLED")),
        ada("a machine that approves", "/user/type", json!("SERVICE_ACCOUNT")),
        approval("an approval that is pending", "/approvers/0/state", json!("PENDING")),
        approval("an approval that is a refusal", "/approvers/0/state", json!("DECLINED")),
        approval("an approval of no state", "/approvers/0/state", json!(null)),
        approval("somebody else's approval", "/approvers/0/userId", json!("auth0|max")),
        approval("the requester's own approval", "/approvers/0/userId", json!("auth0|dana")),
        approval("the approval of one who has left", "/approvers/0/userId", json!("auth0|greta")),
        approval("nobody's approval", "/approvers/0/userId", json!(null)),
        approval("no approvals", "/approvers", json!([])),
        approval("approvals of another shape", "/approvers", json!({ "auth0|ada": "APPROVED" })),
        approval(
            "a refusal beside the approval",
            "/approvers/-",
            json!({ "userId": "auth0|ada", "state": "DECLINED" }),
        ),
    ]
}

fn forged_catalog_and_rules() -> Vec<Row> {
    use Forge::{Answer, Rules};
    let resource = |what, pointer, value, words| row(what, Answer(RESOURCES, pointer, value), words);
    let permission = |what, pointer, value| row(what, Answer(PERMISSIONS, pointer, value), "refused::permissions:");
    let rules = |what, from, to, words| row(what, Rules(from, to), words);
    let unknown = |what, asked, pointer, value, words| ending(what, End::Unknown, Answer(asked, pointer, value), words);
    vec![
        resource("the resource's identifier", "/entities/0/identifier", json!(THIRD_BUCKET), "refused::entity:"),
        resource("the resource's type", "/entities/0/properties/resource_type", json!("EC2"), "refused::entity:"),
        resource("no type", "/entities/0/properties/resource_type", json!(null), "refused::entity:"),
        resource(
            "a type that no rule names",
            "/entities/0/properties/resource_type",
            json!("Storage"),
            "refused::permissions:",
        ),
        resource("a type of another shape", "/entities/0/properties/resource_type", json!(["S3"]), "refused::entity:"),
        resource(
            "the further resource's type",
            "/entities/1/properties/resource_type",
            json!("EC2"),
            "refused::additional_resources:",
        ),
        resource(
            "the further resource",
            "/entities/1/identifier",
            json!(THIRD_BUCKET),
            "refused::additional_resources:",
        ),
        resource("no resource", "/entities", json!([]), "refused::entity:"),
        unknown("a resource of another blueprint", RESOURCES, "/entities/0/blueprint", json!("service"), "blueprint"),
        unknown("resources of another shape", RESOURCES, "/entities", json!({}), "search the catalog"),
        permission("the permission's identifier", "/entities/0/identifier", json!("s3:GetObject")),
        permission("the permission's type", "/entities/0/properties/resource_type", json!("EC2")),
        permission("a permission of no type", "/entities/0/properties/resource_type", json!(null)),
        permission("no permission", "/entities", json!([])),
        unknown(
            "a permission of another blueprint",
            PERMISSIONS,
            "/entities/0/blueprint",
            json!("service"),
            "blueprint",
        ),
        rules("a version to come", "version: 1", "version: 2", "refused::port-iam.yaml:"),
        rules("a word that is unknown", "version: 1", "version: 1\nsurprise: 1", "refused::port-iam.yaml:"),
        rules("the account", "\"123456789012\"", "\"210987654321\"", "refused::entity:"),
        rules("the requesters", "[dana@acme.example, ada", "[max@acme.example, ada", "refused::requester:"),
        rules("a team", "[dana@acme.example, ada", "[\"team:Storage\", ada", "refused::requester:"),
        rules("the resource types", "resource-types: [S3, EC2]", "resource-types: [EC2]", "refused::entity:"),
        rules("the resources", "\"arn:aws:s3:::*\"", "\"arn:aws:s3:::my-*\"", "refused::entity:"),
        rules("the actions", "[\"bundle:objects\"]", "[\"s3:GetObject\"]", "refused::permissions:"),
        rules("the bundle", "[\"s3:PutObject\", \"ec2", "[\"s3:GetObject\", \"ec2", "refused::permissions:"),
        rules("the longest duration", "longest-duration: 12h", "longest-duration: 30m", "refused::duration:"),
        rules("the approvers", "[ada@acme.example, greta", "[max@acme.example, greta", "refused::approval:"),
        rules(
            "an approver in other letters",
            "[ada@acme.example, greta",
            "[\"\u{430}da@acme.example\", greta",
            "refused::approval:",
        ),
        rules("the ticket", "[A-Z]+-[0-9]+", "INC-[0-9]+", "refused::reason:"),
        rules("the reason", "reason: required", "reason: \"because .*\"", "refused::reason:"),
        rules(
            "a trust that has no name for her",
            "mode: account",
            "mode: iam-user\n  names: { \"max@acme.example\": max }",
            "requester",
        ),
        ending("the dispatchers", End::LeftOpen, Rules("getport-io[bot]", "my-app[bot]"), "refused::dispatchers:"),
        row("no rules", Answer(REPOSITORY_ANSWER, "/data/repository/rules", json!(null)), "refused::port-iam.yaml:"),
        row(
            "rules that are empty",
            Answer(REPOSITORY_ANSWER, "/data/repository/rules/text", json!("")),
            "refused::port-iam.yaml:",
        ),
        row(
            "no policy template",
            Answer(REPOSITORY_ANSWER, "/data/repository/policy", json!(null)),
            "refused::iamPolicyDocument.json:",
        ),
        row(
            "a policy template that widens",
            Answer(
                REPOSITORY_ANSWER,
                "/data/repository/policy/text",
                json!(
                    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":""},{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
                ),
            ),
            "refused::iamPolicyDocument.json:",
        ),
        row(
            "no trust template",
            Answer(REPOSITORY_ANSWER, "/data/repository/trust", json!(null)),
            "refused::iamTrustPolicy.json:",
        ),
        row(
            "a trust template that is no JSON",
            Answer(REPOSITORY_ANSWER, "/data/repository/trust/text", json!("{")),
            "refused::iamTrustPolicy.json:",
        ),
        ending(
            "the default branch",
            End::LeftOpen,
            Answer(REPOSITORY_ANSWER, "/data/repository/defaultBranchRef/name", json!("trunk")),
            "refused::GITHUB_REF:",
        ),
        unknown(
            "no default branch",
            REPOSITORY_ANSWER,
            "/data/repository/defaultBranchRef",
            json!(null),
            "read the rules",
        ),
        unknown(
            "no number of the repository",
            REPOSITORY_ANSWER,
            "/data/repository/databaseId",
            json!(null),
            "read the rules",
        ),
    ]
}

fn forged_roles() -> Vec<Row> {
    use Forge::Aws;
    vec![
        row(
            "the role's trust",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
            let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "sts:AssumeRole" }] });
            iam.update_assume_role_policy().role_name(grant).policy_document(trust.to_string()).send().await.unwrap();
        })
            }),
            "trust policy",
        ),
        row(
            "the role's end",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    let role = iam.get_role().role_name(grant).send().await.unwrap().role.unwrap();
                    let text = percent_encoding::percent_decode_str(role.assume_role_policy_document().unwrap())
                        .decode_utf8()
                        .unwrap()
                        .into_owned();
                    let mut trust: Value = serde_json::from_str(&text).unwrap();
                    trust["Statement"][0]["Condition"]["DateLessThan"]["aws:CurrentTime"] =
                        json!("2099-01-01T00:00:00Z");
                    iam.update_assume_role_policy()
                        .role_name(grant)
                        .policy_document(trust.to_string())
                        .send()
                        .await
                        .unwrap();
                })
            }),
            "trust policy",
        ),
        row(
            "no boundary",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.delete_role_permissions_boundary().role_name(grant).send().await.unwrap();
                })
            }),
            "boundary",
        ),
        row(
            "another boundary",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.put_role_permissions_boundary()
                        .role_name(grant)
                        .permissions_boundary("arn:aws:iam::aws:policy/ReadOnlyAccess")
                        .send()
                        .await
                        .unwrap();
                })
            }),
            "boundary",
        ),
        row(
            "the longest session",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.update_role().role_name(grant).max_session_duration(43_200).send().await.unwrap();
                })
            }),
            "session length",
        ),
        row(
            "the role's tag of the run",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:run", "r_other")),
            "run tag",
        ),
        row(
            "the role's tag of the installation",
            Aws(|installed, grant| tag_role(installed, grant, "port-iam:scope", "other/1")),
            "run tag",
        ),
        row("the role's mark", Aws(|installed, grant| tag_role(installed, grant, "managed-by", "somebody")), "run tag"),
        row(
            "the policy's document",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
            let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
            iam.create_policy_version().policy_arn(arn).policy_document(document.to_string()).set_as_default(true).send().await.unwrap();
        })
            }),
            "document",
        ),
        row(
            "the policy's tag of the run",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    let tag = aws_sdk_iam::types::Tag::builder().key("port-iam:run").value("r_other").build().unwrap();
                    let arn = format!("arn:aws:iam::123456789012:policy/port-iam/{grant}");
                    iam.tag_policy().policy_arn(arn).tags(tag).send().await.unwrap();
                })
            }),
            "run tag",
        ),
        row(
            "another policy attached",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.attach_role_policy()
                        .role_name(grant)
                        .policy_arn("arn:aws:iam::aws:policy/ReadOnlyAccess")
                        .send()
                        .await
                        .unwrap();
                })
            }),
            "is attached to it",
        ),
        row(
            "AWSDenyAll attached",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
                    iam.attach_role_policy()
                        .role_name(grant)
                        .policy_arn("arn:aws:iam::aws:policy/AWSDenyAll")
                        .send()
                        .await
                        .unwrap();
                })
            }),
            "is attached to it",
        ),
        row(
            "a further policy of its name",
            Aws(|installed, grant| {
                installed.harness.with_aws(async |iam| {
            let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": "*" }] });
            iam.create_policy().policy_name(format!("{grant}-2")).path("/port-iam/").policy_document(document.to_string()).send().await.unwrap();
        })
            }),
            "number",
        ),
        row(
            "a role of its name elsewhere",
            Forge::Port(|installed, request| {
                installed.harness.with_aws(async |iam| {
            let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "ec2.amazonaws.com" }, "Action": "sts:AssumeRole" }] });
            iam.create_role().role_name(request.grant()).assume_role_policy_document(trust.to_string()).send().await.unwrap();
        })
            }),
            "path",
        ),
    ]
}

fn tag_role(installed: &Installed, grant: &str, key: &str, value: &str) {
    installed.harness.with_aws(async |iam| {
        let tag = aws_sdk_iam::types::Tag::builder().key(key).value(value).build().unwrap();
        iam.tag_role().role_name(grant).tags(tag).send().await.unwrap();
    });
}

/// Checks every row, and that the request without any of them is granted before and after.
fn check_all(rows: &[Row], at_least: usize) {
    assert!(rows.len() >= at_least, "{} rows", rows.len());
    let baseline = Baseline::new();
    baseline.good(&baseline.request()).exits(0);
    let failed: Vec<String> = rows
        .iter()
        .filter_map(|row| {
            let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| baseline.check(row)));
            checked.err().map(|_| row.what.to_owned())
        })
        .collect();
    assert_eq!(failed, [""; 0], "rows that were not refused as they must be");
    baseline.good(&baseline.request()).exits(0);
}

#[test]
fn every_forged_field_of_the_event_is_refused() {
    check_all(&forged_dispatches(), 33);
}

#[test]
fn every_forged_field_of_the_run_is_refused() {
    check_all(&forged_runs(), 35);
}

#[test]
fn every_forged_field_of_a_person_or_an_approval_is_refused() {
    check_all(&forged_people(), 25);
}

#[test]
fn every_forged_field_of_the_catalog_and_of_the_configuration_is_refused() {
    check_all(&forged_catalog_and_rules(), 40);
}

#[test]
fn every_part_of_an_existing_role_and_policy_that_is_not_ours_is_refused() {
    check_all(&forged_roles(), 14);
}

/// What is forged of a revocation, at which place of the run, what stands there, and what comes of it.
type ForgedRevocation = (&'static str, &'static str, Value, u8, &'static str);

#[test]
fn every_forged_field_of_a_revocation_is_refused() {
    let installed = Installed::new();
    let grant = installed.granted().grant();
    let forgeries: [ForgedRevocation; 12] = [
        ("another entity", "/run/entity", json!({ "identifier": "Permission-r_other" }), 5, "refused::entity:"),
        ("no entity", "/run/entity", json!(null), 5, "refused::entity:"),
        ("another action", "/run/action", json!({ "identifier": "request_permissions" }), 5, "refused::runId:"),
        (
            "the timer's action",
            "/run/action",
            json!({ "identifier": "revoke_expired_permissions" }),
            5,
            "refused::entity:",
        ),
        ("in another's name", "/run/impersonatedBy", json!("auth0|ada"), 5, "refused::requester:"),
        ("in another's name, otherwise", "/run/impersonatedBy", json!({ "id": "auth0|ada" }), 5, "refused::requester:"),
        ("waiting", "/run/status", json!("WAITING_FOR_APPROVAL"), 5, "refused::runId:"),
        ("declined", "/run/status", json!("DECLINED"), 5, "refused::runId:"),
        ("withdrawn", "/run/status", json!("FAILURE"), 5, "refused::runId:"),
        ("done", "/run/status", json!("SUCCESS"), 5, "refused::runId:"),
        ("with an end", "/run/endedAt", json!("2026-11-23T20:00:00.000Z"), 5, "refused::runId:"),
        ("of no status", "/run/status", json!(null), 1, "read the run"),
    ];
    for (what, pointer, value, exit_code, words) in forgeries {
        let revocation = installed.give_back(&grant);
        let faults = &installed.harness.sandbox.faults;
        let fault = Fault::Forged { pointer: pointer.to_owned(), value };
        faults.plan_exactly(&format!("GET /v1/actions/runs/{}", revocation.run_id), fault);
        let since = installed.harness.sandbox.log.len();
        let ran = installed.revoke(&revocation);
        faults.clear();
        assert_eq!(ran.exit_code, exit_code, "{what}: {}", ran.stdout);
        assert!(ran.stdout.contains(words), "{what}: {}", ran.stdout);
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{what}");
    }
    for account in ["210987654321", "12345"] {
        let revocation = installed.give_back(&grant);
        let ran = installed.step("revoke", &revocation, &[("AWS_ACCOUNT_ID", account)]).exits(5);
        assert!(ran.stdout.contains("refused::AWS_ACCOUNT_ID:"), "{}", ran.stdout);
        assert_eq!(installed.run(&revocation.run_id)["status"], "FAILURE");
    }
    installed.revoke(&installed.give_back(&grant)).exits(0);
    assert_eq!(installed.roles(), [""; 0]);
}
