//! What of a grant is already there, and whether it is ours in every part.

use jiff::Timestamp;
use serde_json::Value;

use super::grant::{Grant, RESOURCE_TAG, canonical, is_tag_of_a_resource};
use super::names::Names;
use super::policy_text::length_without_white_space;
use super::quotas::Needed;
use super::refusal::{Refusal, quoted};
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

/// What of one grant IAM holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The role of the grant's name.
    pub role: Option<RoleState>,
    /// The policies of the grant's name under our path, the first one first; none in the place of one that is missing.
    pub policies: Vec<Option<PolicyState>>,
    /// ARNs of the managed policies that are attached to the role, where it lies under our path.
    pub attached: Vec<String>,
    /// Names of the role's inline policies, where it lies under our path. We never write one.
    pub inline: Vec<String>,
}

impl Observed {
    /// Returns the end that an earlier attempt wrote into the role.
    pub fn first_end(&self) -> Option<Timestamp> {
        trust::end_of(&self.role.as_ref()?.trust)
    }

    /// Returns the policy in this place, counted from 0.
    pub fn policy(&self, index: usize) -> Option<&PolicyState> {
        self.policies.get(index)?.as_ref()
    }

    /// Returns what is still to be made of `grant`.
    pub fn needed(&self, grant: &Grant) -> Needed {
        Needed {
            roles: usize::from(self.role.is_none()),
            policies: (0..grant.policies.len()).filter(|index| self.policy(*index).is_none()).count(),
            trust_characters: length_without_white_space(&grant.trust),
        }
    }
}

/// What is to be done with a policy.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Steps {
    /// Whether the role has to be created.
    pub create_role: bool,
    /// What is to be done with each policy, the first one first.
    pub policies: Vec<PolicyStep>,
}

impl Steps {
    /// Returns whether everything is there as it must be.
    pub fn is_nothing(&self) -> bool {
        let Self { create_role, policies } = self;
        !create_role && policies.iter().all(|step| *step == PolicyStep::Keep)
    }
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
    // One more than this request would make is a policy of another request, or of other templates.
    if (grant.policies.len()..observed.policies.len()).any(|index| observed.policy(index).is_some()) {
        return Err(differs("a policy", "number"));
    }
    let step = |index| match observed.policy(index) {
        None => Ok(PolicyStep::Create),
        Some(policy) => compare_policy(grant, names, index, policy),
    };
    let policies = (0..grant.policies.len()).map(step).collect::<Result<_, _>>()?;
    Ok(Steps { create_role: observed.role.is_none(), policies })
}

/// Checks that a role that is there holds nothing but the grant's own policies.
///
/// A revocation that was cut off leaves `AWSDenyAll`; anything else that somebody attached, and every inline policy,
/// makes the role more than what was asked for.
///
/// # Errors
///
/// Refuses the first policy that is not the grant's, by its name.
pub fn holds_nothing_else(grant: &Grant, names: &Names, observed: &Observed) -> Result<(), Refusal> {
    let ours = grant.policy_arns(names);
    let attached = observed.attached.iter().find(|arn| !ours.contains(arn));
    let what = match (attached, observed.inline.first()) {
        (None, None) => return Ok(()),
        (Some(arn), _) => format!("{} is attached to it", quoted(arn)),
        (None, Some(name)) => format!("it has an inline policy {}", quoted(name)),
    };
    let remedy = format!("nothing was changed; run `port-iam revoke {} --direct`, then ask again", grant.id);
    Err(Refusal::new("not-ours", "runId", format!("a role of this name exists and {what}"), remedy))
}

fn differs(what: &str, part: &str) -> Refusal {
    let verb = if part == "tags" { "are" } else { "is" };
    let reason = format!("{what} of this name exists and its {part} {verb} not what this request would make");
    let remedy = "nothing was changed; an administrator can look at it in IAM and remove it with `port-iam revoke GRANT --direct`";
    Refusal::new("not-ours", "runId", reason, remedy)
}

const END_TAG: &str = "port-iam:expires";
/// Tags that every version has made.
const EVERY_GRANT: [&str; 6] =
    ["managed-by", "port-iam:run", "port-iam:requester", RESOURCE_TAG, END_TAG, "port-iam:scope"];

/// Returns whether all tags of these that tell of the grant are its own. One that an earlier version did not make may be
/// missing; what an organisation, or a later version, tags besides is none of ours.
fn same_tags(wanted: &[(String, String)], tags: &[(String, String)]) -> bool {
    let has = |tag: &str| tags.iter().any(|(key, _)| key == tag);
    let is_ours = |key: &str| is_tag_of_a_resource(key) || wanted.iter().any(|(own, _)| own == key);
    EVERY_GRANT.iter().all(|tag| has(tag) || !is_ours(tag))
        && tags.iter().filter(|(key, _)| is_ours(key)).all(|tag| wanted.contains(tag))
}

fn compare_role(grant: &Grant, names: &Names, role: &RoleState) -> Result<(), Refusal> {
    let parts = [
        ("path", role.path == names.iam_path && role.arn == grant.account.role_arn(names, &grant.id)),
        ("trust policy", trust::is_same(&role.trust, &grant.trust)),
        ("boundary", role.boundary.as_deref() == Some(grant.account.boundary_arn(names).as_str())),
        ("session length", role.max_session_seconds == Some(grant.max_session_seconds())),
        ("tags", same_tags(&grant.tags(), &role.tags)),
    ];
    parts.iter().find(|(_, equal)| !equal).map_or(Ok(()), |(part, _)| Err(differs("a role", part)))
}

/// Compares the policy in this place, counted from 0.
fn compare_policy(grant: &Grant, names: &Names, index: usize, policy: &PolicyState) -> Result<PolicyStep, Refusal> {
    if policy.arn != grant.account.part_arn(names, &grant.id, index + 1) {
        return Err(differs("a policy", "path"));
    }
    let (ours, wanted) = (grant.policies.get(index).unwrap_or(&Value::Null), grant.tags());
    let (step, same_tags) = if canonical(&policy.document) == canonical(ours) {
        (PolicyStep::Keep, same_tags(&wanted, &policy.tags))
    } else if policy.attachments == 0 && without_end(&policy.document) == without_end(ours) {
        (PolicyStep::Replace, same_tags(&without_end_tag(&wanted), &without_end_tag(&policy.tags)))
    } else {
        return Err(differs("a policy", "document"));
    };
    if same_tags { Ok(step) } else { Err(differs("a policy", "tags")) }
}

fn without_end_tag(tags: &[(String, String)]) -> Vec<(String, String)> {
    tags.iter().filter(|(key, _)| key != END_TAG).cloned().collect()
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
            extends: Vec::new(),
            requester: "dana@acme.example".to_owned(),
            approver: None,
            reason: None,
            account: AwsAccount {
                id: AccountId::parse("account", "123456789012").unwrap(),
                partition: "aws".to_owned(),
            },
            resource: Arn::parse("entity", "arn:aws:s3:::b").unwrap(),
            additional_resources: vec![Arn::parse("entity", "arn:aws:s3:::c").unwrap()],
            permissions: vec!["s3:PutObject".to_owned()],
            duration: GrantDuration::DEFAULT,
            expires: end.parse().unwrap(),
            policies: ["s3:PutObject", "s3:GetObject"]
                .map(|action| json!({ "Statement": [{ "Effect": "Allow", "Action": [action], "Condition": condition }] }))
                .to_vec(),
            trust: json!({ "Statement": [{ "Effect": "Allow", "Action": "sts:AssumeRole", "Condition": condition }] }),
            notes: Vec::new(),
            rule: "r".to_owned(),
            trust_sentence: "",
            scope: Scope("org/1".to_owned()),
            break_glass_by: None,
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
            policies: std::iter::zip(grant.policy_arns(&names), &grant.policies)
                .map(|(arn, document)| PolicyState {
                    arn,
                    document: document.clone(),
                    attachments: 0,
                    tags: grant.tags(),
                })
                .map(Some)
                .collect(),
            attached: grant.policy_arns(&names),
            inline: Vec::new(),
        }
    }

    #[test]
    fn what_equals_the_grant_in_every_part_is_adopted() {
        let grant = grant(END);
        assert!(steps(&grant, &Names::default(), &made(&grant)).unwrap().is_nothing());
        assert_eq!(made(&grant).first_end(), Some(END.parse().unwrap()));
    }

    #[test]
    fn nothing_is_left_to_do_only_when_everything_is_kept() {
        for (create_role, step, is_nothing) in [
            (false, PolicyStep::Keep, true),
            (true, PolicyStep::Keep, false),
            (false, PolicyStep::Create, false),
            (false, PolicyStep::Replace, false),
            (true, PolicyStep::Create, false),
        ] {
            let steps = Steps { create_role, policies: vec![PolicyStep::Keep, step] };
            assert_eq!(steps.is_nothing(), is_nothing, "{steps:?}");
        }
    }

    #[test]
    fn each_role_and_policy_that_is_missing_needs_room() {
        let grant = grant(END);
        let needed = |observed: &Observed| observed.needed(&grant);
        assert_eq!((needed(&Observed::default()).roles, needed(&Observed::default()).policies), (1, 2));
        let mut half = made(&grant);
        half.policies[0] = None;
        assert_eq!((needed(&half).roles, needed(&half).policies), (0, 1));
        assert_eq!((needed(&made(&grant)).roles, needed(&made(&grant)).policies), (0, 0));
    }

    #[test]
    fn what_is_not_there_is_created() {
        let all = Steps { create_role: true, policies: vec![PolicyStep::Create; 2] };
        assert_eq!(steps(&grant(END), &Names::default(), &Observed::default()), Ok(all));
        let grant = grant(END);
        for missing in 0..2 {
            let mut observed = made(&grant);
            observed.policies[missing] = None;
            let mut wanted = vec![PolicyStep::Keep; 2];
            wanted[missing] = PolicyStep::Create;
            assert_eq!(steps(&grant, &Names::default(), &observed).unwrap().policies, wanted);
        }
    }

    /// What is forged and the word by which the refusal names it.
    type Forgery = (fn(&mut Observed), &'static str);

    fn first(observed: &mut Observed) -> &mut PolicyState {
        observed.policies[0].as_mut().unwrap()
    }

    #[test]
    fn every_part_that_differs_is_named_and_nothing_is_adopted() {
        let forgeries: [Forgery; 13] = [
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
            (|it| it.role.as_mut().unwrap().tags.clear(), "tags"),
            (|it| first(it).arn = "arn:aws:iam::123456789012:policy/x".to_owned(), "path"),
            (|it| first(it).document["Statement"][0]["Action"] = json!(["s3:*"]), "document"),
            (|it| first(it).document["Statement"][0]["Condition"] = json!({}), "document"),
            (|it| it.policies[1].as_mut().unwrap().document["Statement"][0]["Action"] = json!(["s3:*"]), "document"),
            (|it| it.policies.swap(0, 1), "path"),
            (|it| it.policies.push(it.policies[1].clone()), "number"),
        ];
        let grant = grant(END);
        for (forge, part) in forgeries {
            let mut forged = made(&grant);
            forge(&mut forged);
            let refusal = steps(&grant, &Names::default(), &forged).unwrap_err();
            assert!(refusal.code == "not-ours" && refusal.reason.contains(part), "{part}: {refusal}");
        }
    }

    /// What becomes of tags.
    type Change<'a> = &'a dyn Fn(&mut Vec<(String, String)>);

    #[test]
    fn a_tag_of_ours_with_another_value_is_refused_on_role_and_policy_and_so_is_one_that_is_missing() {
        let grant = grant(END);
        let wanted = grant.tags();
        let keys: Vec<&str> = wanted.iter().map(|(key, _)| key.as_str()).collect();
        assert!(keys.len() == 7 && keys[6] == "port-iam:resource.2", "{keys:?}");
        let tampered = |change: Change<'_>| {
            let (mut role, mut policy) = (made(&grant), made(&grant));
            change(&mut role.role.as_mut().unwrap().tags);
            change(&mut first(&mut policy).tags);
            [role, policy].map(|observed| steps(&grant, &Names::default(), &observed).map(|steps| steps.is_nothing()))
        };
        for (at, key) in keys.iter().enumerate() {
            for steps in tampered(&|tags| tags[at].1.push('x')) {
                assert!(steps.as_ref().is_err_and(|refusal| refusal.reason.contains("its tags")), "{key}: {steps:?}");
            }
            for steps in tampered(&|tags| drop(tags.remove(at))) {
                // Older versions tagged one resource.
                assert_eq!(steps.is_ok(), *key == "port-iam:resource.2", "{key}: {steps:?}");
            }
        }
        let add = |key: &str| (key.to_owned(), "arn:aws:s3:::d".to_owned());
        assert!(tampered(&|tags| tags.push(add("port-iam:resource.3"))).iter().all(Result::is_err));
        // What an organisation tags of its own, or a newer version, says nothing of the grant.
        for foreign in ["cost-center", "port-iam:new"] {
            assert!(tampered(&|tags| tags.push(add(foreign))).iter().all(|steps| *steps == Ok(true)), "{foreign}");
        }
    }

    #[test]
    fn a_policy_with_another_end_is_replaced_only_while_it_is_attached_to_nothing() {
        let (ours, theirs) = (grant(END), grant("2026-11-23T20:00:01Z"));
        let mut observed = Observed { role: made(&ours).role, policies: made(&theirs).policies, ..Observed::default() };
        assert_eq!(steps(&ours, &Names::default(), &observed).unwrap().policies, [PolicyStep::Replace; 2]);
        first(&mut observed).attachments = 1;
        assert!(steps(&ours, &Names::default(), &observed).is_err());
    }

    #[test]
    fn a_role_that_holds_the_grant_s_own_policies_or_some_of_them_holds_nothing_else() {
        let grant = grant(END);
        let mut observed = made(&grant);
        for left in (0..=2).rev() {
            observed.attached.truncate(left);
            assert_eq!(holds_nothing_else(&grant, &Names::default(), &observed), Ok(()), "{left}");
        }
    }

    #[test]
    fn a_role_that_holds_anything_else_is_refused_by_its_name() {
        let grant = grant(END);
        let forgeries: [Forgery; 4] = [
            (|it| it.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned()), "AdministratorAccess"),
            (|it| it.attached.push("arn:aws:iam::aws:policy/AWSDenyAll".to_owned()), "AWSDenyAll"),
            // Of the grant's name, and elsewhere.
            (|it| it.attached[0] = "arn:aws:iam::123456789012:policy/Permission-r_1".to_owned(), "policy/Permission"),
            (|it| it.inline.push("more".to_owned()), "inline policy `more`"),
        ];
        for (forge, told) in forgeries {
            let mut forged = made(&grant);
            forge(&mut forged);
            let refusal = holds_nothing_else(&grant, &Names::default(), &forged).unwrap_err();
            assert!(refusal.code == "not-ours" && refusal.reason.contains(told), "{told}: {refusal}");
        }
    }
}
