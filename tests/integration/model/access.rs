//! What a role gives to whom, judged by the policy evaluator from the documents that the account holds.

use std::sync::LazyLock;

use jiff::Timestamp;
use port_iam::domain::evaluation::{Context, PolicyDocument, Principal, Request, evaluate, may_assume};
use port_iam::domain::time::utc;
use port_iam::sandbox::aws::RoleDocuments;
use port_iam::sandbox::cast;
use serde_json::{Value, json};

use super::ground::{Deed, Developer, Trusted, Wanted};

const OURS: &str = cast::AWS_ACCOUNT_ID;
const STRANGERS: &str = cast::UNRELATED_AWS_ACCOUNT_ID;

/// One question: an action on a resource that belongs to an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) action: &'static str,
    pub(super) resource: String,
    pub(super) owner: &'static str,
}

/// Everything that is asked of every role: what can be asked for, and what lies beside it.
pub(super) static PROBES: LazyLock<Vec<Probe>> = LazyLock::new(|| {
    let mut probes = Vec::new();
    let mut ask = |action, resource: String, owner| probes.push(Probe { action, resource, owner });
    let buckets = [
        Wanted::Bucket.arn(),
        Wanted::Archive.arn(),
        // A longer name, a shorter one, a sibling.
        "arn:aws:s3:::my-s3-buckets",
        "arn:aws:s3:::my-s3-bucke",
        "arn:aws:s3:::my-s3-buckeu",
    ];
    let machine = Wanted::Machine.arn();
    let machines = [
        machine.to_owned(),
        format!("{machine}0"),
        machine.replace("789", "788"),
        machine.replace("us-east-1", "eu-west-1"),
        machine.replace(OURS, STRANGERS),
    ];
    for deed in Deed::ALL {
        if deed.resource_type() == "EC2" {
            machines.iter().for_each(|machine| ask(deed.action(), machine.clone(), OURS));
            continue;
        }
        for bucket in buckets {
            for resource in [bucket.to_owned(), format!("{bucket}/report.csv")] {
                ask(deed.action(), resource.clone(), OURS);
                ask(deed.action(), resource, STRANGERS);
            }
        }
    }
    ask("s3:PutBucketPolicy", Wanted::Bucket.arn().to_owned(), OURS);
    ask("s3:ListAllMyBuckets", "*".to_owned(), OURS);
    ask("ec2:TerminateInstances", machine.to_owned(), OURS);
    ask("iam:CreateUser", format!("arn:aws:iam::{OURS}:user/mallory"), OURS);
    ask("sts:AssumeRole", format!("arn:aws:iam::{OURS}:role/port-iam/Permission-r_1"), OURS);
    probes
});

/// Somebody who tries to take a role.
pub(super) struct Somebody {
    pub(super) name: String,
    principal: Principal,
}

/// Everybody who tries.
pub(super) static EVERYBODY: LazyLock<Vec<Somebody>> = LazyLock::new(|| {
    let user = |account: &str, name: &str| {
        let arn = format!("arn:aws:iam::{account}:user/{name}");
        Somebody { name: arn.clone(), principal: Principal::from_arn(&arn, "AIDASANDBOX").unwrap() }
    };
    let mut all: Vec<Somebody> =
        [cast::DANA.iam_user, cast::MAX.iam_user, cast::ADA.iam_user, cast::MANAGER_IAM_USER, "dan", "danae"]
            .map(|name| user(OURS, name))
            .into();
    all.push(user(STRANGERS, cast::DANA.iam_user));
    all.push(user(STRANGERS, cast::MAX.iam_user));
    for (account, permission_set, name) in [
        (OURS, "Dev", cast::DANA.email),
        (OURS, "Dev", cast::MAX.email),
        (OURS, "Dev", cast::ADA.email),
        (OURS, "Dev", "dana@acme.example.org"),
        (OURS, "Dev", "xdana@acme.example"),
        (OURS, "Dev_Admin", cast::DANA.email),
        (STRANGERS, "Dev", cast::DANA.email),
    ] {
        let arn = signed_in(account, permission_set, name);
        let path =
            format!("arn:aws:iam::{account}:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_{permission_set}");
        let id = format!("AROASANDBOX:{name}");
        let principal = Principal::assumed_role(&arn, &format!("{path}_{SUFFIX}"), &id).unwrap();
        all.push(Somebody { name: arn, principal });
    }
    all
});

/// How the name of a permission set's role ends.
const SUFFIX: &str = "0123456789abcdef";

fn signed_in(account: &str, permission_set: &str, name: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/AWSReservedSSO_{permission_set}_{SUFFIX}/{name}")
}

/// Returns the name under which somebody may take their roles.
pub(super) fn name_of(developer: Developer, trusted: Trusted) -> String {
    let person = developer.person();
    match trusted {
        Trusted::User => format!("arn:aws:iam::{OURS}:user/{}", person.iam_user),
        Trusted::SignedIn => signed_in(OURS, "Dev", person.email),
    }
}

/// What people need on their own identity to use a grant.
static REQUESTER_POLICY: LazyLock<PolicyDocument> = LazyLock::new(|| {
    let document = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole",
        "Resource": format!("arn:aws:iam::{OURS}:role/port-iam/*") }] });
    PolicyDocument::parse(&document).unwrap()
});

/// A role as the evaluator sees it.
pub(super) struct Access {
    pub(super) name: String,
    arn: String,
    trust: PolicyDocument,
    policies: Vec<PolicyDocument>,
    boundary: Option<PolicyDocument>,
    pub(super) is_denied: bool,
}

impl Access {
    pub(super) fn of(role: &RoleDocuments) -> Self {
        let parse = |text: &String| PolicyDocument::parse(&serde_json::from_str::<Value>(text).unwrap()).unwrap();
        Self {
            name: role.name.clone(),
            arn: role.arn.clone(),
            trust: parse(&role.trust),
            policies: role.policies.iter().map(parse).collect(),
            boundary: role.boundary.as_ref().map(parse),
            is_denied: role.attached.iter().any(|arn| arn.ends_with(":aws:policy/AWSDenyAll")),
        }
    }

    /// Returns whether somebody can take the role at that time.
    pub(super) fn lets_in(&self, somebody: &Somebody, at: Timestamp) -> bool {
        let context = Context::new().with("aws:CurrentTime", utc(at));
        let own = std::slice::from_ref(&*REQUESTER_POLICY);
        may_assume(&self.trust, &self.arn, &somebody.principal, own, None, &context).is_allowed()
    }

    /// Returns whether whoever holds a session of the role can do this at that time.
    pub(super) fn allows(&self, probe: &Probe, at: Timestamp) -> bool {
        let session = format!("arn:aws:sts::{OURS}:assumed-role/{}/session", self.name);
        let principal = Principal::assumed_role(&session, &self.arn, "AROASANDBOX:session").unwrap();
        let context = Context::new().with("aws:CurrentTime", utc(at)).with("s3:ResourceAccount", probe.owner);
        let request = Request::new(probe.action, probe.resource.as_str());
        let request = request.with_context(context.overlaid_with(principal.context()));
        evaluate(&self.policies, self.boundary.as_ref(), &request).is_allowed()
    }

    /// Returns whether anybody can do anything with it at that time.
    pub(super) fn is_usable(&self, at: Timestamp) -> bool {
        EVERYBODY.iter().any(|somebody| self.lets_in(somebody, at)) && PROBES.iter().any(|probe| self.allows(probe, at))
    }
}

#[test]
fn the_page_tells_how_many_accesses_are_asked_of_whom() {
    let page = include_str!("../../../docs/reliability.md").split_whitespace().collect::<Vec<_>>().join(" ");
    let users = EVERYBODY.iter().filter(|somebody| somebody.name.contains(":user/")).count();
    let (sessions, accesses) = (EVERYBODY.len() - users, PROBES.len());
    let told = format!("{users} users and {sessions} sessions of permission sets, {accesses} accesses");
    assert!(page.contains(&told), "{told}");
}
