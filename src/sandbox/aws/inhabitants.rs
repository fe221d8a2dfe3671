//! What is in the account at the start: the people of the cast, the workflows' user and AWS's own policies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::managed_policy::{AWS_OWNER, ManagedPolicy, Version};
use super::resources::furnish;
use super::state::{AccessKey, State, User, characters_of};
use super::tags::Tags;
use crate::sandbox::cast::{
    ADA, AWS_ACCOUNT_ID, GONE, IN_SECOND_ACCOUNT, MANAGER_ACCESS_KEY_ID, MANAGER_IAM_USER, PEOPLE,
    SECOND_AWS_ACCOUNT_ID,
};

/// Returns the account at the start. `manager_policies` become the inline policies of the workflows' user.
pub(super) fn settle(now: Timestamp, manager_policies: &[Value]) -> State {
    let mut state = State::of(AWS_ACCOUNT_ID);
    for person in PEOPLE.iter().filter(|person| person.iam_user != GONE.iam_user) {
        let policy = if person.iam_user == ADA.iam_user {
            ("Administrator", everything())
        } else {
            ("AssumeGrantedRoles", assume_granted_roles(state.account))
        };
        let inline = BTreeMap::from([(policy.0.to_owned(), policy.1.to_string())]);
        add_user(&mut state, person.iam_user, person.aws_access_key_id, inline, now);
    }
    let inline = manager_policies.iter().enumerate();
    let inline = inline.map(|(index, document)| (format!("Manager{}", index + 1), document.to_string())).collect();
    add_user(&mut state, MANAGER_IAM_USER, MANAGER_ACCESS_KEY_ID, inline, now);
    complete(state, now)
}

/// Returns the second account at the start: who administers it and who may use grants, each with a key of this account.
pub(super) fn settle_second(now: Timestamp) -> State {
    let mut state = State::of(SECOND_AWS_ACCOUNT_ID);
    for (person, access_key_id, _) in IN_SECOND_ACCOUNT {
        let policy = if person.iam_user == ADA.iam_user { everything() } else { assume_granted_roles(state.account) };
        let inline = BTreeMap::from([("Own".to_owned(), policy.to_string())]);
        add_user(&mut state, person.iam_user, access_key_id, inline, now);
    }
    complete(state, now)
}

/// Puts into an account what AWS itself has there, and its resources.
fn complete(mut state: State, now: Timestamp) -> State {
    for (name, document) in
        [("AWSDenyAll", nothing()), ("AdministratorAccess", everything()), ("ReadOnlyAccess", reading())]
    {
        add_aws_policy(&mut state, name, &document, now);
    }
    furnish(&mut state);
    state
}

fn add_user(state: &mut State, name: &str, access_key_id: &str, inline: BTreeMap<String, String>, now: Timestamp) {
    let key = AccessKey { user: name.to_owned(), is_active: true, created: now, last_used: None };
    state.access_keys.insert(access_key_id.to_owned(), key);
    let seed =
        if state.account == AWS_ACCOUNT_ID { format!("user {name}") } else { format!("{} {name}", state.account) };
    let id = format!("AIDA{}", characters_of(&seed, 17));
    let account = state.account;
    state.users.insert(
        name.to_owned(),
        User { account, name: name.to_owned(), id, created: now, inline, attached: BTreeSet::new() },
    );
}

fn add_aws_policy(state: &mut State, name: &str, document: &Value, now: Timestamp) {
    let version = Version { document: document.to_string(), created: now };
    let policy = ManagedPolicy {
        name: name.to_owned(),
        path: "/".to_owned(),
        owner: AWS_OWNER.to_owned(),
        id: format!("ANPA{}", characters_of(&format!("policy {name}"), 17)),
        description: None,
        created: now,
        updated: now,
        versions: BTreeMap::from([(1, version)]),
        default_version: 1,
        last_version: 1,
        tags: Tags::default(),
    };
    state.policies.insert(policy.arn(), policy);
}

fn everything() -> Value {
    json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] })
}

fn nothing() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "DenyAll", "Effect": "Deny", "Action": ["*"], "Resource": "*" }]
    })
}

/// AWS's own `ReadOnlyAccess` names thousands of actions; for the services of this account these are its like.
fn reading() -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": ["iam:Get*", "iam:List*", "iam:Simulate*", "sts:GetAccessKeyInfo", "s3:Get*", "s3:List*", "ec2:Describe*"],
            "Resource": "*"
        }]
    })
}

fn assume_granted_roles(account: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": format!("arn:aws:iam::{account}:role/port-iam/*")
        }]
    })
}
