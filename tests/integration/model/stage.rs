//! The stage: the sandbox with the real program on one side, the reference on the other, and the steps between them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use port_iam::sandbox::aws::RoleDocuments;
use port_iam::sandbox::cast::{self, Person};
use serde_json::{Value, json};

use super::by_hand::retype;
use super::figures::Figures;
use super::forged::{form, made_up};
use super::ground::{ARCHIVE, Approval, Colleague, Deed, Developer, Setting, Span, Wanted, rules_file};
use super::interruption::Fate;
use super::operation::Ask;
use super::reference::{Reference, Request, Shown};
use crate::harness::Ran;
use crate::installed::{Dispatched, Installed, REPOSITORY};

/// A revocation that somebody or a timer has started.
#[derive(Clone, Debug)]
pub(super) struct Revocation {
    pub(super) grant: String,
    pub(super) dispatched: Dispatched,
    pub(super) started: Started,
}

/// Who started a revocation, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Started {
    ByTimer,
    ByPerson,
    /// With the action that gives back, which looks at who it is.
    AsReturnBy(Colleague),
}

/// Everything that the three systems hold of grants at one moment.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) now: Timestamp,
    pub(super) roles: Vec<RoleDocuments>,
    pub(super) policies: Vec<String>,
    pub(super) entities: BTreeMap<String, Value>,
    pub(super) records: BTreeMap<String, Value>,
}

impl Scene {
    pub(super) fn role(&self, grant: &str) -> Option<&RoleDocuments> {
        self.roles.iter().find(|role| role.name == grant)
    }

    /// Returns whether the record says that the grant has ended.
    pub(super) fn is_recorded_as_over(&self, grant: &str) -> bool {
        self.records.get(grant).is_some_and(|record| record["properties"]["revoked_at"].is_string())
    }

    /// Returns whether an attempt left nothing that the next one would go on from.
    fn is_blank(&self, grant: &str) -> bool {
        let undone = |record: &Value| record["properties"]["state"] == "grant-failed";
        self.role(grant).is_none() && self.records.get(grant).is_none_or(undone)
    }
}

pub(super) struct Stage {
    pub(super) installed: Installed,
    pub(super) reference: Reference,
    pub(super) revocations: Vec<Revocation>,
    pub(super) figures: Figures,
    /// Timers that have fired: of which entity, with which value.
    fired: BTreeSet<(String, String)>,
    /// Runs whose workflows are known.
    heard: BTreeSet<String>,
    /// How many sequences it has played.
    pub(super) played: usize,
}

impl Stage {
    pub(super) fn new(setting: Setting) -> Self {
        let installed = Installed::new();
        installed.set_rules(|_| rules_file(setting));
        // What Port lets nobody do is asked of the workflows nevertheless.
        for action in ["return_permissions", "revoke_permissions"] {
            installed.let_everybody_execute(action);
        }
        for deed in Deed::ALL {
            let properties = json!({ "resource_type": deed.resource_type() });
            installed
                .harness
                .upsert("iam_permissions", &json!({ "identifier": deed.action(), "properties": properties }));
        }
        installed
            .harness
            .upsert("aws_resource", &json!({ "identifier": ARCHIVE, "properties": { "resource_type": "S3" } }));
        let stage = Self {
            installed,
            reference: Reference::new(setting),
            revocations: Vec::new(),
            figures: Figures::default(),
            fired: BTreeSet::new(),
            heard: BTreeSet::new(),
            played: 0,
        };
        if setting.approval == Approval::Demanded {
            stage.let_everybody_approve();
        }
        stage
    }

    /// In Port every member may approve: it is the rules file that decides whose word counts.
    fn let_everybody_approve(&self) {
        for name in ["request_permissions", "extend_permissions"] {
            self.installed.harness.with_port(async |port| {
                let mut action = port.action(name).await.unwrap().unwrap();
                for read_only in ["id", "createdAt", "createdBy", "updatedAt", "updatedBy"] {
                    action.as_object_mut().unwrap().remove(read_only);
                }
                action["requiredApproval"] = json!({ "type": "ANY" });
                port.replace_action(name, &action).await.unwrap();
            });
            let everybody = json!({ "approve": { "roles": ["Admin", "Member"] } });
            let path = format!("/actions/{name}/permissions");
            assert_eq!(self.tell_port(cast::ADA, reqwest::Method::PATCH, &path, &everybody), 200);
        }
    }

    /// Sends Port something that no command of ours sends, and returns the status.
    fn tell_port(&self, person: Person, method: reqwest::Method, path: &str, body: &Value) -> u16 {
        let url = self.installed.harness.variable("PORT_API_URL");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let http = reqwest::Client::builder().no_proxy().build().unwrap();
            let login = json!({ "clientId": person.port_client_id, "clientSecret": person.port_client_secret });
            let answer = http.post(format!("{url}/v1/auth/access_token")).json(&login).send().await.unwrap();
            let token = answer.json::<Value>().await.unwrap()["accessToken"].as_str().unwrap_or_default().to_owned();
            let request = http.request(method, format!("{url}/v1{path}")).bearer_auth(token).json(body);
            request.send().await.unwrap().status().as_u16()
        })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.installed.harness.sandbox.clock.now()
    }

    pub(super) fn look(&self) -> Scene {
        let sandbox = &self.installed.harness.sandbox;
        let by_identifier = |blueprint| {
            let named = |entity: Value| (entity["identifier"].as_str().unwrap().to_owned(), entity);
            sandbox.port.entities(blueprint).into_iter().map(named).collect()
        };
        Scene {
            roles: sandbox.aws.roles("/port-iam/"),
            policies: sandbox.aws.policy_arns("/port-iam/"),
            entities: by_identifier("provisioned_permissions"),
            records: by_identifier("permission_records"),
            now: self.now(),
        }
    }

    /// Returns the request that a number points at: 0 is the newest.
    pub(super) fn pick(&self, number: usize) -> Option<usize> {
        newest(&(0..self.reference.requests.len()).collect::<Vec<_>>(), number).copied()
    }

    /// The same among those whose runs are open, while there are any.
    pub(super) fn pick_open(&self, number: usize) -> Option<usize> {
        self.pick_among(number, |request| self.status(&request.run_id) == "IN_PROGRESS")
    }

    /// The same among those that have a role or an entity, while there are any.
    pub(super) fn pick_grant(&self, number: usize, scene: &Scene) -> Option<usize> {
        self.pick_among(number, |request| {
            scene.role(&request.grant()).is_some() || scene.entities.contains_key(&request.grant())
        })
    }

    fn pick_among(&self, number: usize, is_meant: impl Fn(&Request) -> bool) -> Option<usize> {
        let all = self.reference.requests.iter().enumerate();
        let meant: Vec<usize> = all.filter(|(_, request)| is_meant(request)).map(|(index, _)| index).collect();
        newest(&meant, number).copied().or_else(|| self.pick(number))
    }

    pub(super) fn has_left(&self, by: Colleague) -> bool {
        matches!(by, Colleague::A(developer) if self.reference.left.contains(&developer))
    }

    pub(super) fn shown(&self, index: usize, scene: &Scene) -> Shown {
        let request = &self.reference.requests[index];
        let (email, arn) = (request.ask.by.person().email, request.ask.wanted.arn());
        // Which of them tells depends on what was edited; the record tells of further resources too, and of a grant whose
        // entity is gone.
        let is_of_requester = |grant: &String| {
            let record = scene.records.get(grant).map_or(&Value::Null, |record| &record["properties"]);
            let entity = scene.entities.get(grant).unwrap_or(&Value::Null);
            if entity.is_null() && record["state"] != "live" {
                return false;
            }
            let further = record["additional_resources"].as_array().is_some_and(|all| all.iter().any(|it| it == arn));
            let is_on_it = entity["relations"]["aws_resource"] == arn || record["resource"] == arn || further;
            is_on_it && (entity["properties"]["requester"] == email || record["requester"] == email)
        };
        let all = scene.entities.keys().chain(scene.records.keys());
        let mut others = all.filter(|grant| **grant != request.grant());
        Shown {
            run: self.status(&request.run_id),
            has_role: scene.role(&request.grant()).is_some(),
            may_be_repeated: others.any(is_of_requester),
        }
    }

    pub(super) fn status(&self, run_id: &str) -> String {
        self.installed.run(run_id)["status"].as_str().unwrap().to_owned()
    }

    /// Lets somebody ask. Returns the number of the request.
    pub(super) fn ask(&mut self, ask: &Ask) -> Option<usize> {
        if self.reference.left.contains(&ask.by) {
            return None;
        }
        let (person, asked) = (ask.by.person(), self.now());
        let mut run_id = String::new();
        self.installed.harness.with_port_as(person.port_client_id, person.port_client_secret, async |port| {
            run_id = port.execute("request_permissions", ask.wanted.arn(), &form(ask)).await.unwrap().id;
        });
        self.reference.requests.push(Request::new(ask.clone(), run_id, asked, None));
        Some(self.reference.requests.len() - 1)
    }

    /// Lets somebody approve or decline; Port may refuse.
    pub(super) fn decide(&mut self, index: usize, by: Colleague, approves: bool) {
        if self.has_left(by) {
            return;
        }
        let path = format!("/actions/runs/{}/approval?version=v2", self.reference.requests[index].run_id);
        let word = json!({ "status": if approves { "APPROVE" } else { "DECLINE" } });
        let status = self.tell_port(by.person(), reqwest::Method::PATCH, &path, &word);
        if status == 201 && approves {
            let now = self.now();
            self.reference.requests[index].approved = Some((by, now));
        }
    }

    /// Ends a run as failed, as somebody may in Port.
    pub(super) fn withdraw(&self, index: usize) {
        let run_id = &self.reference.requests[index].run_id;
        if self.status(run_id) == "IN_PROGRESS" {
            self.installed.harness.with_port(async |port| {
                let patch = port_iam::clients::port::RunPatch { succeeded: Some(false), label: None };
                port.report(run_id, &patch).await.unwrap();
            });
        }
    }

    /// Returns the inputs with which the workflow of a request runs: Port's, or made-up ones while Port sent none.
    pub(super) fn inputs(&mut self, index: usize) -> Dispatched {
        let Request { run_id, ask, .. } = self.reference.requests[index].clone();
        let status = self.status(&run_id);
        if status == "WAITING_FOR_APPROVAL" || status == "DECLINED" {
            return made_up(&ask, &run_id);
        }
        self.dispatch_of(&run_id)
    }

    /// Waits for the workflow that Port starts for a run. Port dispatches after it has answered.
    fn dispatch_of(&mut self, run_id: &str) -> Dispatched {
        self.heard.insert(run_id.to_owned());
        let of_run = |inputs: &BTreeMap<String, String>| run_of(inputs) == run_id;
        let inputs = self.wait_for(|stage| {
            stage.installed.harness.sandbox.github.runs(REPOSITORY).into_iter().map(|run| run.inputs).find(of_run)
        });
        Dispatched { run_id: run_id.to_owned(), inputs }
    }

    fn wait_for<T>(&self, look: impl Fn(&Self) -> Option<T>) -> T {
        let patience = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(Instant::now() < patience, "Port dispatched nothing");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Lets somebody start the action that revokes, or gives back; none when the entity is not there to start it on.
    pub(super) fn start_revocation(
        &mut self,
        index: usize,
        by: Colleague,
        started: Started,
        scene: &Scene,
    ) -> Option<Revocation> {
        let grant = self.reference.requests[index].grant();
        let action = if started == Started::ByPerson { "revoke_permissions" } else { "return_permissions" };
        let run_id = self.start(by.person(), action, &grant, &json!({}), scene)?;
        let revocation = Revocation { grant, dispatched: self.dispatch_of(&run_id), started };
        self.revocations.push(revocation.clone());
        Some(revocation)
    }

    /// Lets somebody start an action on a grant's entity, when both are there.
    fn start(&self, person: Person, action: &str, grant: &str, form: &Value, scene: &Scene) -> Option<String> {
        let has_left = self.reference.left.iter().any(|developer| developer.person().email == person.email);
        if has_left || !scene.entities.contains_key(grant) {
            return None;
        }
        let mut run_id = String::new();
        self.installed.harness.with_port_as(person.port_client_id, person.port_client_secret, async |port| {
            run_id = port.execute(action, grant, form).await.unwrap().id;
        });
        Some(run_id)
    }

    /// Lets somebody ask that a grant goes on. Returns the number of the request.
    pub(super) fn extend(&mut self, index: usize, by: Option<Developer>, span: Span, scene: &Scene) -> Option<usize> {
        let (old, asked) = (self.reference.requests[index].clone(), self.now());
        let by = by.unwrap_or(old.ask.by);
        let form = json!({ "duration": span.text() });
        let run_id = self.start(by.person(), "extend_permissions", &old.grant(), &form, scene)?;
        let ask = Ask { by, span, ..old.ask };
        self.reference.requests.push(Request::new(ask, run_id, asked, Some(index)));
        Some(self.reference.requests.len() - 1)
    }

    /// Waits until every timer that has run out has started its workflow.
    pub(super) fn hear_timers(&mut self) {
        let now = self.now();
        let mut due = Vec::new();
        for entity in self.installed.entities() {
            let grant = entity["identifier"].as_str().unwrap().to_owned();
            let Some(value) = entity["properties"]["expiry_time"].as_str() else { continue };
            let is_over = value.parse::<Timestamp>().is_ok_and(|end| end <= now);
            if is_over && self.fired.insert((grant.clone(), value.to_owned())) {
                due.push(grant);
            }
        }
        for grant in due {
            let inputs = self.wait_for(|stage| {
                let runs = stage.installed.harness.sandbox.github.runs(REPOSITORY);
                let is_new = |inputs: &BTreeMap<String, String>| {
                    entity_of(inputs) == grant && !stage.heard.contains(&run_of(inputs))
                };
                runs.into_iter().map(|run| run.inputs).find(is_new)
            });
            let run_id = run_of(&inputs);
            self.heard.insert(run_id.clone());
            self.revocations.push(Revocation {
                grant,
                dispatched: Dispatched { run_id, inputs },
                started: Started::ByTimer,
            });
        }
    }

    pub(super) fn pass(&self, duration: SignedDuration) {
        self.installed.harness.sandbox.clock.advance(duration);
    }

    /// Runs a step of a workflow, or a command, under a fate.
    pub(super) fn under(&self, fate: Fate, run: impl FnOnce(&Installed) -> Ran) -> Ran {
        let faults = &self.installed.harness.sandbox.faults;
        fate.plan(faults);
        let ran = run(&self.installed);
        faults.clear();
        ran
    }

    pub(super) fn sweep(&self, fate: Fate, is_forced: bool) -> Ran {
        let flags: &[&str] = if is_forced { &["--force"] } else { &[] };
        self.under(fate, |installed| installed.sweep(flags))
    }

    /// Notes an attempt at a grant that may have made it. What left nothing is begun anew by the next.
    pub(super) fn note_attempt(&mut self, index: usize, began: Timestamp, after: &Scene) {
        let request = &mut self.reference.requests[index];
        request.attempted(began, after.now);
        if after.is_blank(&request.grant()) {
            request.end = None;
        }
    }

    pub(super) fn set_type(&mut self, wanted: Wanted, into: Option<&'static str>) {
        let resource_type = into.unwrap_or(wanted.resource_type());
        retype(&self.installed, wanted, resource_type);
        if resource_type == wanted.resource_type() {
            self.reference.retyped.remove(&wanted);
        } else {
            self.reference.retyped.insert(wanted, resource_type);
        }
    }

    pub(super) fn leave(&mut self, who: Developer) {
        self.installed.harness.sandbox.port.set_active(&who.person(), false);
        self.reference.left.insert(who);
    }

    /// Makes everything ready for the next sequence.
    pub(super) fn reset(&mut self) {
        for developer in Developer::ALL {
            self.installed.harness.sandbox.port.set_active(&developer.person(), true);
        }
        for wanted in Wanted::ALL {
            self.set_type(wanted, None);
        }
        // Of what was tampered with every sweep would tell until somebody has looked.
        for (grant, record) in self.look().records {
            if record["properties"]["review_due"] == true {
                let reviewed = json!({ "identifier": grant, "properties": { "review_due": false } });
                self.installed.harness.upsert("permission_records", &reviewed);
            }
        }
        self.reference = Reference::new(self.reference.setting);
        self.revocations.clear();
        self.played += 1;
    }
}

/// Returns what a number points at: 0 is the newest, and it is counted round.
pub(super) fn newest<T>(all: &[T], number: usize) -> Option<&T> {
    all.iter().rev().nth(number % all.len().max(1))
}

fn context_of(inputs: &BTreeMap<String, String>) -> Value {
    inputs.get("port_context").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn run_of(inputs: &BTreeMap<String, String>) -> String {
    context_of(inputs)["runId"].as_str().unwrap_or_default().to_owned()
}

fn entity_of(inputs: &BTreeMap<String, String>) -> String {
    context_of(inputs)["entity"]["identifier"].as_str().unwrap_or_default().to_owned()
}
