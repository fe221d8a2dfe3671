//! An installation that is set up and seeded, and the steps of its workflows as single calls.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use jiff::SignedDuration;
use port_iam::assets;
use port_iam::domain::names::Names;
use port_iam::sandbox::cast::{self, Person};
use port_iam::sandbox::github::WorkflowRun;
use port_iam::sandbox::request_log::{Api, Exchange};
use port_iam::sandbox::{Options, Sandbox};
use serde_json::{Value, json};

use crate::harness::{Harness, Ran, cast_account};

pub(crate) const REPOSITORY: &str = "acme/port-iam-permissions";
pub(crate) const BUCKET: &str = "arn:aws:s3:::my-s3-bucket";
pub(crate) const INSTANCE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-abc123456789";

/// A policy document that allows everything.
pub(crate) fn everything() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}

/// A sandbox after `init` and `seed`.
pub(crate) struct Installed {
    pub(crate) harness: Harness,
}

/// A dispatched workflow and the Port run behind it.
#[derive(Clone, Debug)]
pub(crate) struct Dispatched {
    pub(crate) run_id: String,
    pub(crate) inputs: BTreeMap<String, String>,
}

impl Dispatched {
    pub(crate) fn grant(&self) -> String {
        format!("Permission-{}", self.run_id)
    }

    /// Changes one value inside the JSON of `port_context`.
    pub(crate) fn forged(&self, change: impl FnOnce(&mut Value)) -> Self {
        self.with_json("port_context", change)
    }

    /// Changes one value inside the JSON of `properties`.
    pub(crate) fn with_form(&self, change: impl FnOnce(&mut Value)) -> Self {
        self.with_json("properties", change)
    }

    fn with_json(&self, input: &str, change: impl FnOnce(&mut Value)) -> Self {
        let mut forged = self.clone();
        let mut value: Value = serde_json::from_str(&self.inputs[input]).unwrap();
        change(&mut value);
        forged.inputs.insert(input.to_owned(), value.to_string());
        forged
    }
}

impl Harness {
    /// A sandbox in which an administrator has given the workflows' user its two policies.
    pub(crate) fn for_installation() -> Self {
        let manager = assets::manager_policies(&Names::default(), &cast_account()).unwrap();
        let options = Options { manager_policies: vec![manager.granter, manager.revoker], ..Options::default() };
        let sandbox = Sandbox::start(&options).unwrap();
        Self::of(sandbox)
    }

    /// Does something in IAM as the platform engineer, who may do everything.
    pub(crate) fn with_aws(&self, work: impl AsyncFnOnce(&aws_sdk_iam::Client)) {
        self.with_aws_as(&self.variable("AWS_ACCESS_KEY_ID"), &self.variable("AWS_SECRET_ACCESS_KEY"), work);
    }

    /// Does something in IAM as whoever has this access key.
    pub(crate) fn with_aws_as(&self, id: &str, secret: &str, work: impl AsyncFnOnce(&aws_sdk_iam::Client)) {
        let keys = aws_sdk_iam::config::Credentials::new(id, secret, None, None, "test");
        let config = aws_sdk_iam::Config::builder()
            .behavior_version_latest()
            .region(aws_sdk_iam::config::Region::new("us-east-1"))
            .credentials_provider(keys)
            .endpoint_url(self.variable("AWS_ENDPOINT_URL"))
            .build();
        let iam = aws_sdk_iam::Client::from_conf(config);
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work(&iam));
    }
}

impl Installed {
    pub(crate) fn new() -> Self {
        let harness = Harness::for_installation();
        harness.run(&["init", "--yes"]).exits(0);
        harness.run(&["seed", "--yes"]).exits(0);
        Self { harness }
    }

    /// Lets everybody execute an action, as an organisation may: what the workflow refuses is then asked of it.
    pub(crate) fn let_everybody_execute(&self, action: &str) {
        self.harness.with_port(async |port| {
            let body = json!({ "execute": { "roles": ["Admin", "Member"], "policy": null } });
            port.set_action_permissions(action, &body).await.unwrap();
        });
    }

    /// Lets a person execute an action in Port and returns what the workflow was dispatched with.
    pub(crate) fn execute(&self, person: Person, action: &str, entity: &str, form: &Value) -> Dispatched {
        let mut run_id = String::new();
        self.harness.with_port_as(person.port_client_id, person.port_client_secret, async |port| {
            run_id = port.execute(action, entity, form).await.unwrap().id;
        });
        // Port's timers dispatch too, whenever they like.
        let is_this = |run: &WorkflowRun| run.inputs.values().any(|value| value.contains(&run_id));
        let inputs = self.dispatch_that(REPOSITORY, is_this).inputs;
        Dispatched { run_id, inputs }
    }

    /// Dana asks for s3:PutObject on the sample bucket.
    pub(crate) fn request(&self) -> Dispatched {
        self.request_by(cast::DANA)
    }

    /// Somebody asks for the same, which nobody is given twice.
    pub(crate) fn request_by(&self, person: Person) -> Dispatched {
        let form = json!({ "permissions": ["s3:PutObject"], "duration": "1h" });
        self.execute(person, "request_permissions", BUCKET, &form)
    }

    /// Dana asks to go on with a grant.
    pub(crate) fn extend(&self, grant: &str, duration: &str) -> Dispatched {
        self.execute(cast::DANA, "extend_permissions", grant, &json!({ "duration": duration }))
    }

    /// Dana takes a grant away, her own.
    pub(crate) fn give_back(&self, grant: &str) -> Dispatched {
        self.execute(cast::DANA, "revoke_permissions", grant, &json!({}))
    }

    /// Revokes once more: the same dispatch while its entity is gone, else a new one, since the run may have ended.
    pub(crate) fn retry(&self, revocation: &Dispatched, grant: &str) -> Dispatched {
        let there = self.entities().iter().any(|entity| entity["identifier"] == grant);
        if there { self.give_back(grant) } else { revocation.clone() }
    }

    /// Waits for the workflow run behind the first `before` of them. Port dispatches after it has answered.
    pub(crate) fn next_dispatch(&self, before: usize) -> WorkflowRun {
        self.next_dispatch_of(REPOSITORY, before)
    }

    /// The same for another repository.
    pub(crate) fn next_dispatch_of(&self, repository: &str, before: usize) -> WorkflowRun {
        let known = self.harness.sandbox.github.runs(repository);
        let old: Vec<u64> = known.iter().map(|run| run.id).take(before).collect();
        self.dispatch_that(repository, |run| !old.contains(&run.id))
    }

    /// Waits for what Port's timer dispatches when the time of a grant is over.
    pub(crate) fn expired(&self, grant: &str) -> Dispatched {
        let context = |run: &WorkflowRun| -> Value {
            run.inputs.get("port_context").map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
        };
        let run = self.dispatch_that(REPOSITORY, |run| context(run)["entity"]["identifier"] == grant);
        Dispatched { run_id: context(&run)["runId"].as_str().unwrap().to_owned(), inputs: run.inputs }
    }

    /// Waits for a workflow run of this kind, and returns the newest.
    fn dispatch_that(&self, repository: &str, is_wanted: impl Fn(&WorkflowRun) -> bool) -> WorkflowRun {
        let patience = Instant::now() + Duration::from_secs(10);
        loop {
            let runs = self.harness.sandbox.github.runs(repository);
            if let Some(found) = runs.into_iter().filter(|run| is_wanted(run)).max_by_key(|run| run.id) {
                return found;
            }
            assert!(
                Instant::now() < patience,
                "Port dispatched nothing: {:#}",
                Value::from(self.harness.sandbox.port.runs())
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn runs(&self) -> Vec<WorkflowRun> {
        self.harness.sandbox.github.runs(REPOSITORY)
    }

    /// Returns the credentials of the workflows and where they are, in the place of the engineer's.
    pub(crate) fn credentials_of_workflow() -> [(&'static str, &'static str); 6] {
        [
            ("PORT_CLIENT_ID", cast::WORKFLOW_PORT_CLIENT_ID),
            ("PORT_CLIENT_SECRET", cast::WORKFLOW_PORT_CLIENT_SECRET),
            ("AWS_ACCESS_KEY_ID", cast::MANAGER_ACCESS_KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", cast::MANAGER_SECRET_ACCESS_KEY),
            ("AWS_ACCOUNT_ID", cast::AWS_ACCOUNT_ID),
            ("GITHUB_REPOSITORY", REPOSITORY),
        ]
    }

    /// Sweeps as the sweep's workflow does, with these flags.
    pub(crate) fn sweep(&self, flags: &[&str]) -> Ran {
        let summary = self.step_file("step-summary.md");
        let mut variables = Self::credentials_of_workflow().to_vec();
        let number = self.repository_id();
        variables.extend([("GITHUB_STEP_SUMMARY", summary.as_str()), ("GITHUB_REPOSITORY_ID", number.as_str())]);
        self.harness.run_with(&[&["sweep", "--output", "json"], flags].concat(), &variables)
    }

    /// Returns GitHub's number of the target repository.
    pub(crate) fn repository_id(&self) -> String {
        self.harness.sandbox.github.repository_id(REPOSITORY).unwrap().to_string()
    }

    /// Returns the path of a file that steps write, which the canary looks through at the end.
    fn step_file(&self, name: &str) -> String {
        self.harness.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Returns what the step of a workflow is started with: its event, and the workflow's credentials only.
    pub(crate) fn variables_of_step(&self, dispatched: &Dispatched) -> Vec<(&'static str, String)> {
        // Two threads may run a step at once.
        let name = format!("event-{}-{:?}.json", dispatched.run_id, std::thread::current().id());
        let event = self.harness.file(&name, &json!({ "inputs": dispatched.inputs }).to_string());
        let of_runner = [
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_ACTOR", cast::PORT_APP_LOGIN),
            ("GITHUB_TRIGGERING_ACTOR", cast::PORT_APP_LOGIN),
            ("GITHUB_REPOSITORY_ID", &self.repository_id()),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_EVENT_PATH", event.as_str()),
            ("GITHUB_STEP_SUMMARY", &self.step_file("step-summary.md")),
            ("GITHUB_OUTPUT", &self.step_file("step-outputs")),
        ];
        let all = Self::credentials_of_workflow().into_iter().chain(of_runner);
        all.map(|(name, value)| (name, value.to_owned())).collect()
    }

    /// Runs `port-iam grant` or `port-iam revoke` as the workflow would: with the workflow's credentials only.
    pub(crate) fn step(&self, command: &str, dispatched: &Dispatched, changes: &[(&'static str, &str)]) -> Ran {
        let own = self.variables_of_step(dispatched);
        let mut variables: Vec<(&'static str, &str)> =
            own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        variables.extend_from_slice(changes);
        self.harness.run_with(&[command], &variables)
    }

    pub(crate) fn grant(&self, dispatched: &Dispatched) -> Ran {
        self.step("grant", dispatched, &[])
    }

    /// The workflow runs twice at once for one request, and both end well.
    #[track_caller]
    pub(crate) fn grant_twice_at_once(&self, dispatched: &Dispatched) {
        self.harness.pauses_in_earnest.store(true, Ordering::SeqCst);
        let both = std::thread::scope(|scope| {
            [(); 2].map(|()| scope.spawn(|| self.grant(dispatched))).map(|thread| thread.join().unwrap())
        });
        self.harness.pauses_in_earnest.store(false, Ordering::SeqCst);
        for ran in both {
            ran.exits(0);
        }
    }

    pub(crate) fn revoke(&self, dispatched: &Dispatched) -> Ran {
        self.step("revoke", dispatched, &[])
    }

    /// A grant that is live.
    pub(crate) fn granted(&self) -> Dispatched {
        self.granted_to(cast::DANA)
    }

    /// The same for somebody else.
    pub(crate) fn granted_to(&self, person: Person) -> Dispatched {
        let request = self.request_by(person);
        self.grant(&request).exits(0);
        request
    }

    /// The same where the workflow is started by this login.
    pub(crate) fn granted_by(&self, login: &str) -> Dispatched {
        let request = self.request();
        self.step("grant", &request, &[("GITHUB_ACTOR", login), ("GITHUB_TRIGGERING_ACTOR", login)]).exits(0);
        request
    }

    pub(crate) fn roles(&self) -> Vec<String> {
        self.harness.sandbox.aws.role_names("/port-iam/")
    }

    pub(crate) fn policies(&self) -> Vec<String> {
        self.harness.sandbox.aws.policy_arns("/port-iam/")
    }

    /// Returns the ARNs of what is attached to a role; none when it is not there.
    pub(crate) fn attached(&self, role: &str) -> Vec<String> {
        self.harness.sandbox.aws.attached_policies(role).unwrap_or_default()
    }

    /// Whether AWS's `AWSDenyAll` is attached to a role.
    pub(crate) fn is_denied(&self, role: &str) -> bool {
        self.attached(role).iter().any(|arn| arn == "arn:aws:iam::aws:policy/AWSDenyAll")
    }

    /// Puts an inline policy that allows everything on a role, as `more`.
    pub(crate) fn put_inline_policy(&self, role: &str) {
        self.harness.with_aws(async |iam| {
            let put = iam.put_role_policy().role_name(role).policy_name("more");
            put.policy_document(everything().to_string()).send().await.unwrap();
        });
    }

    /// Whether a role can do something: a policy is attached to it, and nothing denies everything beside it.
    pub(crate) fn is_live(&self, role: &str) -> bool {
        !self.attached(role).is_empty() && !self.is_denied(role)
    }

    /// Lets time pass.
    pub(crate) fn pass(&self, minutes: i64) {
        self.harness.sandbox.clock.advance(SignedDuration::from_mins(minutes));
    }

    pub(crate) fn entities(&self) -> Vec<Value> {
        self.harness.sandbox.port.entities("provisioned_permissions")
    }

    /// Changes properties of an entity or a record by hand, as whoever may write the catalog can.
    pub(crate) fn edit_entity(&self, blueprint: &str, identifier: &str, properties: &Value) {
        self.harness.upsert(blueprint, &json!({ "identifier": identifier, "properties": properties }));
    }

    /// Asserts that no role, no policy and no entity of a grant is there.
    #[track_caller]
    pub(crate) fn assert_no_grant(&self) {
        assert_eq!(self.roles(), [""; 0]);
        assert_eq!(self.policies(), [""; 0]);
        assert_eq!(self.entities(), [Value::Null; 0]);
    }

    pub(crate) fn record(&self, grant: &str) -> Value {
        let records = self.harness.sandbox.port.entities("permission_records");
        records.into_iter().find(|record| record["identifier"] == grant).unwrap_or_default()
    }

    /// Returns the run as Port has it.
    pub(crate) fn run(&self, id: &str) -> Value {
        self.harness.sandbox.port.runs().into_iter().find(|run| run["id"] == id).unwrap()
    }

    pub(crate) fn log_of(&self, id: &str) -> String {
        let run = self.run(id);
        run["logs"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
    }

    /// Returns what was exchanged since, without Port's own dispatches: they are recorded when they are answered, which
    /// may be after the run that they started was seen.
    pub(crate) fn exchanges_since(&self, since: usize) -> Vec<Exchange> {
        let mut exchanges = self.harness.sandbox.log.exchanges_since(since);
        exchanges.retain(|exchange| !exchange.path.ends_with("/dispatches"));
        exchanges
    }

    pub(crate) fn aws_writes_since(&self, since: usize) -> Vec<String> {
        let writes = self.harness.writes(Api::Aws, since);
        writes.iter().filter_map(|exchange| exchange.aws_action().map(str::to_owned)).collect()
    }

    /// Replaces the rules file on the default branch.
    pub(crate) fn set_rules(&self, change: impl FnOnce(String) -> String) {
        let github = &self.harness.sandbox.github;
        let rules = github.file(REPOSITORY, "main", ".github/port-iam.yaml").unwrap();
        let changed = change(rules.clone());
        assert_ne!(rules, changed, "the rules did not change");
        github.commit_file(REPOSITORY, "main", ".github/port-iam.yaml", Some(changed.as_bytes())).unwrap();
    }
}
