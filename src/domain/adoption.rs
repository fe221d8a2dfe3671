//! What of a grant is already there, and whether it is ours in every part.

use jiff::Timestamp;
use serde_json::Value;

use super::grant::{Grant, canonical};
use super::names::Names;
use super::refusal::Refusal;
use super::trust;

/// A role, as IAM answers.
#[derive(Clone, Debug, PartialEq)]
pub struct RoleState {
    /// Its path, with a slash at both ends.
    pub path: String,
    /// Its ARN.
    pub arn: String,
    /// Its trust document.
    pub trust: Value,
    /// ARN of its permissions boundary.
    pub boundary: Option<String>,
    /// Its longest session in seconds.
    pub max_session_seconds: Option<i32>,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// A managed policy, as IAM answers.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyState {
    /// Its ARN.
    pub arn: String,
    /// The document of its default version.
    pub document: Value,
    /// How many identities it is attached to.
    pub attachments: i32,
    /// Its tags.
    pub tags: Vec<(String, String)>,
}

/// What an account has and may have, each as (present, most).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quotas {
    /// Roles.
    pub roles: Option<(i32, i32)>,
    /// Customer managed policies.
    pub policies: Option<(i32, i32)>,
}

impl Quotas {
    /// Checks that there is room for one more of each.
    ///
    /// # Errors
    ///
    /// Refuses when a quota is used up, and says which.
    pub fn check(&self) -> Result<(), Refusal> {
        let Self { roles, policies } = self;
        for (what, quota) in [("roles", roles), ("managed policies", policies)] {
            if let Some((present, most)) = quota.filter(|(present, most)| present >= most) {
                let reason = format!("the account has {present} of {most} {what}");
                let remedy = "remove what is no longer used, or ask AWS to raise the quota";
                return Err(Refusal::new("quota", "account", reason, remedy));
            }
        }
        Ok(())
    }
}

/// What of one grant IAM holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The role of the grant's name.
    pub role: Option<RoleState>,
    /// The policy of the grant's name under our path.
    pub policy: Option<PolicyState>,
}

impl Observed {
    /// Returns the end that an earlier attempt wrote into the role.
    pub fn first_end(&self) -> Option<Timestamp> {
        trust::end_of(&self.role.as_ref()?.trust)
    }
}

/// What is to be done with the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyStep {
    /// There is none: create it.
    Create,
    /// It is ours in every part.
    Keep,
    /// It was made by an attempt at the same run that lost the race for the role: it differs in the end alone, and it
    /// is attached to nothing. Delete and create it.
    Replace,
}

/// What is to be made before the grant is put on record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Whether the role has to be created.
    pub create_role: bool,
    /// What is to be done with the policy.
    pub policy: PolicyStep,
}

/// Returns what is missing of `grant`.
///
/// # Errors
///
/// Refuses a role or policy of the grant's name that differs from the grant in any part, and names the part.
pub fn steps(grant: &Grant, names: &Names, observed: &Observed) -> Result<Steps, Refusal> {
    if let Some(role) = &observed.role {
        compare_role(grant, names, role)?;
    }
    let policy = match &observed.policy {
        None => PolicyStep::Create,
        Some(policy) => compare_policy(grant, names, policy)?,
    };
    Ok(Steps { create_role: observed.role.is_none(), policy })
}

fn differs(what: &str, part: &str) -> Refusal {
    let reason = format!("{what} of this name exists and its {part} is not what this request would make");
    let remedy = "nothing was changed; an administrator can look at it in IAM and remove it with `port-iam revoke GRANT --direct`";
    Refusal::new("not-ours", "runId", reason, remedy)
}

/// Returns whether the tags that tell whose it is equal the grant's.
fn same_owner(grant: &Grant, tags: &[(String, String)]) -> bool {
    const OWNER: [&str; 3] = ["managed-by", "port-iam:run", "port-iam:scope"];
    let wanted = grant.tags();
    wanted.iter().filter(|(key, _)| OWNER.contains(&key.as_str())).all(|tag| tags.contains(tag))
}

fn compare_role(grant: &Grant, names: &Names, role: &RoleState) -> Result<(), Refusal> {
    let parts = [
        ("path", role.path == names.iam_path && role.arn == grant.account.role_arn(names, &grant.id)),
        ("trust policy", trust::is_same(&role.trust, &grant.trust)),
        ("boundary", role.boundary.as_deref() == Some(grant.account.boundary_arn(names).as_str())),
        ("session length", role.max_session_seconds == Some(grant.max_session_seconds())),
        ("run tag", same_owner(grant, &role.tags)),
    ];
    parts.iter().find(|(_, equal)| !equal).map_or(Ok(()), |(part, _)| Err(differs("a role", part)))
}

fn compare_policy(grant: &Grant, names: &Names, policy: &PolicyState) -> Result<PolicyStep, Refusal> {
    if policy.arn != grant.account.policy_arn(names, &grant.id) {
        return Err(differs("a policy", "path"));
    }
    if !same_owner(grant, &policy.tags) {
        return Err(differs("a policy", "run tag"));
    }
    if canonical(&policy.document) == canonical(&grant.policy) {
        return Ok(PolicyStep::Keep);
    }
    if policy.attachments == 0 && without_end(&policy.document) == without_end(&grant.policy) {
        return Ok(PolicyStep::Replace);
    }
    Err(differs("a policy", "document"))
}

/// Returns the document with the end of every statement left out.
fn without_end(document: &Value) -> Value {
    let mut document = canonical(document);
    if let Some(statements) = document["Statement"].as_array_mut() {
        for statement in statements {
            if let Some(Value::Object(dates)) = statement.pointer_mut("/Condition/DateLessThan") {
                dates.remove("aws:CurrentTime");
            }
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::arn::Arn;
    use crate::domain::duration::GrantDuration;
    use crate::domain::grant::{AwsAccount, Scope};
    use crate::domain::identifier::{AccountId, RunId};

    fn grant(end: &str) -> Grant {
        let run_id = RunId::parse("r_1").unwrap();
        let condition = json!({ "DateLessThan": { "aws:CurrentTime": end } });
        Grant {
            id: run_id.grant_id(),
            run_id,
            requester: "dana@acme.example".to_owned(),
            approver: None,
            reason: None,
            account: AwsAccount {
                id: AccountId::parse("account", "123456789012").unwrap(),
                partition: "aws".to_owned(),
            },
            resource: Arn::parse("entity", "arn:aws:s3:::b").unwrap(),
            additional_resources: Vec::new(),
            permissions: vec!["s3:PutObject".to_owned()],
            duration: GrantDuration::DEFAULT,
            expires: end.parse().unwrap(),
            policy: json!({ "Statement": [{ "Effect": "Allow", "Action": ["s3:PutObject"], "Condition": condition }] }),
            trust: json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Condition": condition }] }),
            rule: "r".to_owned(),
            trust_sentence: "",
            scope: Scope("org/1".to_owned()),
        }
    }

    const END: &str = "2026-11-23T20:00:00Z";

    fn made(grant: &Grant) -> Observed {
        let names = Names::default();
        Observed {
            role: Some(RoleState {
                path: "/port-iam/".to_owned(),
                arn: grant.account.role_arn(&names, &grant.id),
                trust: grant.trust.clone(),
                boundary: Some(grant.account.boundary_arn(&names)),
                max_session_seconds: Some(grant.max_session_seconds()),
                tags: grant.tags(),
            }),
            policy: Some(PolicyState {
                arn: grant.account.policy_arn(&names, &grant.id),
                document: grant.policy.clone(),
                attachments: 0,
                tags: grant.tags(),
            }),
        }
    }

    #[test]
    fn what_equals_the_grant_in_every_part_is_adopted() {
        let grant = grant(END);
        let nothing = Steps { create_role: false, policy: PolicyStep::Keep };
        assert_eq!(steps(&grant, &Names::default(), &made(&grant)), Ok(nothing));
        assert_eq!(made(&grant).first_end(), Some(END.parse().unwrap()));
    }

    #[test]
    fn an_account_without_room_is_told_before_anything_is_made() {
        let full = Quotas { roles: Some((1000, 1000)), policies: Some((3, 1500)) };
        assert!(full.check().unwrap_err().reason.contains("1000 of 1000 roles"));
        assert!(Quotas { roles: Some((999, 1000)), policies: None }.check().is_ok());
    }

    #[test]
    fn what_is_not_there_is_created() {
        let all = Steps { create_role: true, policy: PolicyStep::Create };
        assert_eq!(steps(&grant(END), &Names::default(), &Observed::default()), Ok(all));
    }

    /// What is forged and the word by which the refusal names it.
    type Forgery = (fn(&mut Observed), &'static str);

    #[test]
    fn every_part_that_differs_is_named_and_nothing_is_adopted() {
        let forgeries: [Forgery; 12] = [
            (|it| it.role.as_mut().unwrap().path = "/".to_owned(), "path"),
            (|it| it.role.as_mut().unwrap().arn = "arn:aws:iam::123456789012:role/Permission-r_1".to_owned(), "path"),
            (|it| it.role.as_mut().unwrap().trust = json!({ "Statement": [] }), "trust policy"),
            (|it| it.role.as_mut().unwrap().boundary = None, "boundary"),
            (
                |it| {
                    it.role.as_mut().unwrap().boundary = Some("arn:aws:iam::aws:policy/AdministratorAccess".to_owned())
                },
                "boundary",
            ),
            (|it| it.role.as_mut().unwrap().max_session_seconds = Some(43_200), "session length"),
            (|it| it.role.as_mut().unwrap().tags[1].1 = "r_2".to_owned(), "run tag"),
            (|it| it.role.as_mut().unwrap().tags.clear(), "run tag"),
            (|it| it.policy.as_mut().unwrap().tags[5].1 = "org/2".to_owned(), "run tag"),
            (|it| it.policy.as_mut().unwrap().arn = "arn:aws:iam::123456789012:policy/x".to_owned(), "path"),
            (|it| it.policy.as_mut().unwrap().document["Statement"][0]["Action"] = json!(["s3:*"]), "document"),
            (|it| it.policy.as_mut().unwrap().document["Statement"][0]["Condition"] = json!({}), "document"),
        ];
        let grant = grant(END);
        for (forge, part) in forgeries {
            let mut forged = made(&grant);
            forge(&mut forged);
            let refusal = steps(&grant, &Names::default(), &forged).unwrap_err();
            assert!(refusal.code == "not-ours" && refusal.reason.contains(part), "{part}: {refusal}");
        }
    }

    #[test]
    fn a_policy_with_another_end_is_replaced_only_while_it_is_attached_to_nothing() {
        let (ours, theirs) = (grant(END), grant("2026-11-23T20:00:01Z"));
        let mut observed = Observed { role: made(&ours).role, policy: made(&theirs).policy };
        assert_eq!(steps(&ours, &Names::default(), &observed).unwrap().policy, PolicyStep::Replace);
        observed.policy.as_mut().unwrap().attachments = 1;
        assert!(steps(&ours, &Names::default(), &observed).is_err());
    }
}
