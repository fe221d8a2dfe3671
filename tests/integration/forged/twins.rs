//! Keys of the rules file that decide about other requests than the usual one: each time a request that is granted, and
//! the same one after a single key has changed.

use port_iam::sandbox::fault::Fault;
use serde_json::{Value, json};

use super::{Baseline, End, Forge, OTHER_BUCKET, REASON, Row};
use crate::installed::{BUCKET, INSTANCE, Installed, REPOSITORY};

type Replaced = (&'static str, &'static str);

/// What is there before the request that is judged.
#[derive(Clone, Copy)]
enum Before {
    /// Nothing.
    Nothing,
    /// A grant of the same person, on this resource, of these permissions.
    Grant(&'static str, &'static [&'static str]),
    /// The role of an earlier attempt at the same run.
    Attempt,
}

pub(super) struct Twin {
    what: &'static str,
    /// What the rules say besides the usual, so that the request is granted.
    good: Vec<Replaced>,
    /// The one key that changes, in those.
    forged: Replaced,
    before: Before,
    resource: &'static str,
    permission: &'static str,
    words: &'static str,
    prepare: fn(&Installed),
}

impl Twin {
    fn new(what: &'static str, forged: Replaced, words: &'static str) -> Self {
        let (before, resource, permission) = (Before::Nothing, BUCKET, "s3:PutObject");
        Self { what, good: Vec::new(), forged, before, resource, permission, words, prepare: |_| {} }
    }

    fn under(self, to: &'static str) -> Self {
        self.with("\nrules:\n", to)
    }

    fn with(mut self, from: &'static str, to: &'static str) -> Self {
        self.good.push((from, to));
        self
    }

    fn on(self, resource: &'static str, permission: &'static str) -> Self {
        Self { resource, permission, ..self }
    }

    fn behind(self, before: Before) -> Self {
        Self { before, ..self }
    }

    fn prepared(self, prepare: fn(&Installed)) -> Self {
        Self { prepare, ..self }
    }

    pub(super) fn good_rules(&self, rules: &str) -> String {
        self.good.iter().fold(rules.to_owned(), |rules, (from, to)| {
            assert!(rules.contains(from), "{}: {from}", self.what);
            rules.replace(from, to)
        })
    }

    pub(super) fn forged_rules(&self, rules: &str) -> String {
        let good = self.good_rules(rules);
        assert!(good.contains(self.forged.0), "{}: {}", self.what, self.forged.0);
        good.replace(self.forged.0, self.forged.1)
    }

    fn form(&self) -> Value {
        form(&[self.permission])
    }

    fn check(&self) {
        let baseline = Baseline::new();
        let installed = &baseline.installed;
        let rules = baseline.rules();
        let write = |text: &str| {
            let path = ".github/port-iam.yaml";
            installed.harness.sandbox.github.commit_file(REPOSITORY, "main", path, Some(text.as_bytes())).unwrap();
        };
        write(&self.good_rules(&rules));
        (self.prepare)(installed);
        if let Before::Grant(resource, permissions) = self.before {
            baseline.good(&baseline.asked(resource, &form(permissions))).exits(0);
        }
        let granted = baseline.asked(self.resource, &self.form());
        if matches!(self.before, Before::Attempt) {
            baseline.told_half(granted.clone());
        }
        baseline.good(&granted).exits(0);
        installed.harness.run(&["revoke", &granted.grant(), "--direct"]).exits(0);
        let request = baseline.asked(self.resource, &self.form());
        if matches!(self.before, Before::Attempt) {
            baseline.told_half(request.clone());
        }
        write(&self.forged_rules(&rules));
        let since = installed.harness.sandbox.log.len();
        let ran = baseline.good(&request);
        let told = format!("{}:\n{}\n{}", self.what, ran.stdout, ran.stderr);
        assert_eq!(ran.exit_code, 5, "{told}");
        assert!(ran.stdout.contains(self.words), "{told}");
        assert_eq!(installed.aws_writes_since(since), [""; 0], "{told}");
        let row = Row { what: self.what, forge: Forge::Rules("", ""), end: End::Refused, words: self.words };
        baseline.check_run(&row, &request.run_id, &told);
    }
}

fn form(permissions: &[&str]) -> Value {
    json!({ "permissions": permissions, "duration": "1h", "reason": REASON })
}

const BOUNDARY: &str = "the permissions boundary";
const TRUST: &str = "trust policy";

pub(super) fn twins() -> Vec<Twin> {
    let mut twins = of_requests();
    twins.extend(of_companions());
    twins.extend(of_the_trust());
    twins
}

fn of_requests() -> Vec<Twin> {
    vec![
        Twin::new(
            "the regions of the account",
            ("regions: [\"us-east-1\"]", "regions: [eu-central-1]"),
            "refused::entity:",
        )
        .on(INSTANCE, "ec2:StopInstances"),
        Twin::new(
            "the accounts of a rule",
            ("accounts: [\"123456789012\"]", "accounts: [\"210987654321\"]"),
            "refused::entity:",
        )
        .with("\naccounts:\n", "\naccounts:\n  \"210987654321\": {}\n")
        .with("    resource-types:", "    accounts: [\"123456789012\"]\n    resource-types:"),
        Twin::new("open grants of a person", ("per-requester: 2", "per-requester: 1"), "refused::")
            .under("\nopen-grants: { per-requester: 2, per-resource: 2 }\nrules:\n")
            .behind(Before::Grant(OTHER_BUCKET, &["s3:PutObject"])),
        Twin::new("open grants on a resource", ("per-resource: 2", "per-resource: 1"), "refused::")
            .under("\nopen-grants: { per-requester: 2, per-resource: 2 }\nrules:\n")
            .with("[\"s3:PutObject\", \"ec2", "[\"s3:PutObject\", \"s3:GetObject\", \"ec2")
            .behind(Before::Grant(BUCKET, &["s3:GetObject"]))
            .prepared(|installed| offer(installed, "s3:GetObject")),
        Twin::new(
            "an action that is denied by default",
            ("allow-actions: [s3:PutBucketPolicy]", "allow-actions: [s3:PutBucketAcl]"),
            "refused::permissions:",
        )
        .under("\nallow-actions: [s3:PutBucketPolicy]\nrules:\n")
        .with("[\"s3:PutObject\", \"ec2", "[\"s3:PutBucketPolicy\", \"ec2")
        .on(BUCKET, "s3:PutBucketPolicy")
        .prepared(|installed| {
            offer(installed, "s3:PutBucketPolicy");
            // The boundary denies it as well, unless the rules name it.
            installed.harness.run(&["init", "--yes"]).exits(0);
        }),
        Twin::new(
            "an action on the whole account",
            ("account-wide-actions: [s3:ListAllMyBuckets]", "account-wide-actions: [s3:ListAccessPoints]"),
            "refused::permissions:",
        )
        .under("\naccount-wide-actions: [s3:ListAllMyBuckets]\nrules:\n")
        .with("[\"s3:PutObject\", \"ec2", "[\"s3:ListAllMyBuckets\", \"ec2")
        .on(BUCKET, "s3:ListAllMyBuckets")
        .prepared(|installed| offer(installed, "s3:ListAllMyBuckets")),
        Twin::new(
            "a class of actions",
            ("refuse-classes: [pass-role]", "refuse-classes: [sensitive]"),
            "refused::permissions:",
        )
        .under("\nrefuse-classes: [pass-role]\nrules:\n")
        .with("[\"s3:PutObject\", \"ec2", "[\"s3:GetObject\", \"ec2")
        .on(BUCKET, "s3:GetObject")
        .prepared(|installed| offer(installed, "s3:GetObject")),
        Twin::new(
            "a kind of people that Port does not document",
            ("kinds-of-people: [EXTERNAL]", "kinds-of-people: [CONTRACTOR]"),
            "refused::requester:",
        )
        .under("\nkinds-of-people: [EXTERNAL]\nrules:\n")
        .prepared(|installed| {
            let fault = Fault::Forged { pointer: "/user/type".to_owned(), value: json!("EXTERNAL") };
            installed.harness.sandbox.faults.plan_exactly("GET /v1/users/dana%40acme.example", fault);
        }),
        Twin::new(
            "a template that widens",
            ("template-may-widen: true", "template-may-widen: false"),
            "refused::iamPolicyDocument.json:",
        )
        .under("\ntemplate-may-widen: true\nrules:\n")
        .prepared(|installed| {
            let path = ".github/templates/iamPolicyDocument.json";
            let github = &installed.harness.sandbox.github;
            let text = github.file(REPOSITORY, "main", path).unwrap();
            let mut template: Value = serde_json::from_str(&text).unwrap();
            let list = json!({ "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*" });
            template["Statement"].as_array_mut().unwrap().push(list);
            github.commit_file(REPOSITORY, "main", path, Some(template.to_string().as_bytes())).unwrap();
        }),
    ]
}

/// A companion that the live boundary does not allow is refused; one of other resources is none.
fn of_companions() -> Vec<Twin> {
    const KEY: &str = "keys: [\"arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"]";
    vec![
        Twin::new("the kind of a companion", ("kind: instance", "kind: bucket"), BOUNDARY).under(
            "\ncompanions: [{ kind: instance, keys: [\"arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"] }]\nrules:\n",
        ),
        Twin::new("the resources of a companion", ("arn:aws:s3:::other-*", "arn:aws:s3:::my-*"), BOUNDARY).under(
            "\ncompanions: [{ kind: bucket, resources: [\"arn:aws:s3:::other-*\"], keys: [\"arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab\"] }]\nrules:\n",
        ),
        Twin::new("the actions of a companion", ("[s3:ListAllMyBuckets]", "[kms:ListAliases]"), BOUNDARY)
            .under("\ncompanions: [{ kind: bucket, actions: [s3:ListAllMyBuckets] }]\nrules:\n"),
        Twin::new("the keys of a companion", ("actions: [s3:ListAllMyBuckets]", KEY), BOUNDARY)
            .under("\ncompanions: [{ kind: bucket, actions: [s3:ListAllMyBuckets] }]\nrules:\n"),
    ]
}

/// Under another trust the role of an earlier attempt is another one.
fn of_the_trust() -> Vec<Twin> {
    let trust = |what, to, forged| Twin::new(what, forged, TRUST).with("mode: account", to).behind(Before::Attempt);
    vec![
        trust(
            "the permission set",
            "mode: identity-center\n  permission-set: Dev\n  name: email",
            ("permission-set: Dev", "permission-set: Admin"),
        ),
        trust(
            "the role of a permission set",
            "mode: identity-center\n  role: AWSReservedSSO_Dev_krjqhpbwvuzruodx\n  name: email",
            (
                "  role: AWSReservedSSO_Dev_krjqhpbwvuzruodx\n  name",
                "  role: AWSReservedSSO_Ops_krjqhpbwvuzruodx\n  name",
            ),
        )
        .prepared(|installed| {
            let aws = &installed.harness.sandbox.aws;
            assert_eq!(aws.sign_in("Dev", "dana@acme.example").role, "AWSReservedSSO_Dev_krjqhpbwvuzruodx");
        }),
        trust(
            "the path of the users",
            "mode: source-identity\n  name: email",
            ("mode: source-identity\n  name: email", "mode: iam-user\n  path: /ops/\n  name: email"),
        ),
        trust(
            "how people are named",
            "mode: source-identity\n  name: email",
            ("source-identity\n  name: email", "source-identity\n  name: local-part\n  domains: [acme.example]"),
        ),
        Twin::new("the domains", ("part\n  domains: [acme.example]", "part\n  domains: [other.example]"), "requester")
            .with("mode: account", "mode: source-identity\n  name: local-part\n  domains: [acme.example]"),
    ]
}

/// Puts a permission for buckets into the catalog.
fn offer(installed: &Installed, action: &str) {
    let body = json!({ "identifier": action, "title": action, "properties": { "resource_type": "S3" } });
    installed.harness.upsert("iam_permissions", &body);
}

#[test]
fn every_key_that_decides_about_other_requests_turns_a_grant_into_a_refusal() {
    let failed: Vec<&str> = twins()
        .iter()
        .filter(|twin| std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| twin.check())).is_err())
        .map(|twin| twin.what)
        .collect();
    assert_eq!(failed, [""; 0], "keys that decide nothing");
}

/// Returns how many pairs there are.
pub(super) fn number() -> usize {
    twins().len()
}
