//! The organisation's guardrails and the trust of the workflows' roles, judged as AWS judges them.

use serde_json::{Value, json};

use crate::domain::account::AwsAccount;
use crate::domain::setup::SecretStore;

use crate::assets::policies::LARGEST;
use crate::assets::{
    Admitted, OidcClaims, PORT_DISPATCHER, oidc_trust, resource_control_policy, service_control_policy,
};
use crate::domain::evaluation::{Context, PolicyDocument, Request, evaluate};
use crate::domain::names::{MANAGER_USER, Names};
use crate::domain::reference::{AccessLevel, Action};
use crate::domain::role_arn::RoleArn;

const ACCOUNT: &str = "123456789012";
const ADMINISTRATOR: &str = "arn:aws:iam::123456789012:role/Admin";

fn admitted() -> Admitted {
    Admitted {
        administrators: vec![ADMINISTRATOR.to_owned()],
        granters: Vec::new(),
        revokers: Vec::new(),
        user: MANAGER_USER.to_owned(),
        is_user_admitted: true,
    }
}

fn of(admitted: &Admitted) -> Value {
    service_control_policy(&Names::default(), "aws", admitted).unwrap()
}

fn scp() -> Value {
    of(&admitted())
}

fn rcp() -> Value {
    resource_control_policy(&Names::default(), "aws", "o-a1b2c3d4e5").unwrap()
}

/// Returns whether a guardrail lets through what is otherwise allowed.
fn lets_through(guardrail: &Value, action: &str, resource: &str, context: Context) -> bool {
    let mut guardrail = guardrail.clone();
    for statement in guardrail["Statement"].as_array_mut().unwrap() {
        // It is about everybody; the evaluation of identity policies knows no principals.
        statement.as_object_mut().unwrap().shift_remove("Principal");
    }
    let everything =
        json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": "*", "Resource": "*" } });
    let documents = [everything, guardrail].map(|document| PolicyDocument::parse(&document).unwrap());
    evaluate(&documents, None, &Request::new(action, resource).with_context(context)).is_allowed()
}

fn as_principal(arn: &str) -> Context {
    Context::new().with("aws:PrincipalArn", arn)
}

#[test]
fn the_guardrails_fit_and_only_deny() {
    for document in [scp(), rcp()] {
        assert!(document.to_string().len() <= LARGEST, "{}", document.to_string().len());
        for statement in document["Statement"].as_array().unwrap() {
            assert_eq!(statement["Effect"], "Deny");
            assert!(statement.get("NotPrincipal").is_none());
        }
    }
    // A service control policy knows no principal, a resource control policy everybody alone.
    assert!(scp()["Statement"].as_array().unwrap().iter().all(|statement| statement.get("Principal").is_none()));
    assert!(rcp()["Statement"].as_array().unwrap().iter().all(|statement| statement["Principal"] == "*"));
}

#[test]
fn nobody_but_the_workflows_and_the_administrator_writes_under_the_path() {
    let iam = |kind: &str, name: &str| format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}");
    let role = iam("role", "port-iam/Permission-1");
    for action in
        ["iam:CreateRole", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRole"]
    {
        for own in [
            iam("role", "port-iam-granter"),
            iam("role", "port-iam-revoker"),
            iam("user", "port-iam-management-user"),
            ADMINISTRATOR.to_owned(),
        ] {
            assert!(lets_through(&scp(), action, &role, as_principal(&own)), "{action} by {own}");
        }
        for other in [
            iam("role", "Developer"),
            iam("user", "ada"),
            iam("role", "port-iam-granter-2"),
            format!("arn:aws:iam::{ACCOUNT}:root"),
        ] {
            assert!(!lets_through(&scp(), action, &role, as_principal(&other)), "{action} by {other}");
            assert!(lets_through(&scp(), action, &iam("role", "app"), as_principal(&other)), "{action} by {other}");
        }
    }
    assert!(lets_through(&scp(), "iam:GetRole", &role, as_principal(&iam("user", "ada"))));
}

/// Who attaches a policy is decided on the user, the group or the role, which lies elsewhere: it would be somebody's
/// access without the boundary, until the policy's own end.
#[test]
fn nobody_but_the_granter_and_the_administrator_attaches_a_policy_of_ours_to_anything() {
    let iam = |kind: &str, name: &str| format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}");
    let attached = |principal: &str, policy: &str| as_principal(principal).with("iam:PolicyARN", policy);
    let (ours, theirs) = (iam("policy", "port-iam/Permission-1"), iam("policy", "app"));
    let granters = [iam("role", "port-iam-granter"), iam("user", "port-iam-management-user"), ADMINISTRATOR.to_owned()];
    let others = [iam("role", "port-iam-revoker"), iam("role", "Developer"), iam("user", "ada")];
    for (action, kind) in
        [("iam:AttachUserPolicy", "user"), ("iam:AttachGroupPolicy", "group"), ("iam:AttachRolePolicy", "role")]
    {
        let elsewhere = iam(kind, "me");
        for granter in &granters {
            assert!(lets_through(&scp(), action, &elsewhere, attached(granter, &ours)), "{action} by {granter}");
        }
        for other in &others {
            assert!(!lets_through(&scp(), action, &elsewhere, attached(other, &ours)), "{action} by {other}");
            assert!(lets_through(&scp(), action, &elsewhere, attached(other, &theirs)), "{action} by {other}");
        }
    }
    // Whoever finds one attached elsewhere may take it off there, and the revoker denies as before.
    let (ada, revoker) = (iam("user", "ada"), iam("role", "port-iam-revoker"));
    assert!(lets_through(&scp(), "iam:DetachUserPolicy", &iam("user", "me"), attached(&ada, &ours)));
    let deny_all = attached(&revoker, "arn:aws:iam::aws:policy/AWSDenyAll");
    assert!(lets_through(&scp(), "iam:AttachRolePolicy", &iam("role", "port-iam/Permission-1"), deny_all));
}

/// What lies under the path besides roles and policies is seen by no sweep.
#[test]
fn every_action_of_iam_that_changes_something_under_the_path_is_guarded_whatever_lies_there() {
    let service = crate::domain::reference::service("iam").unwrap();
    let elsewhere = |kind: &str| format!("arn:aws:iam::{ACCOUNT}:{kind}/app");
    let stranger = || as_principal("arn:aws:iam::123456789012:user/ada");
    for kind in ["group", "instance-profile", "policy", "role", "user"] {
        let on_it = |action: &&Action| action.types.iter().any(|used| service.types[used.index].name == kind);
        let changes = |action: &&Action| !matches!(action.level, AccessLevel::List | AccessLevel::Read);
        let actions: Vec<_> = service.actions.iter().filter(on_it).filter(changes).collect();
        assert!(actions.len() > 5, "{kind}: {}", actions.len());
        for action in actions {
            let action = format!("iam:{}", action.name);
            let under_it = format!("arn:aws:iam::{ACCOUNT}:{kind}/port-iam/x");
            assert!(!lets_through(&scp(), &action, &under_it, stranger()), "{action} on {under_it}");
            assert!(lets_through(&scp(), &action, &under_it, as_principal(ADMINISTRATOR)), "{action} on {under_it}");
            assert!(lets_through(&scp(), &action, &elsewhere(kind), stranger()), "{action} on a {kind}");
        }
    }
}

#[test]
fn the_boundary_and_the_identities_are_the_administrator_s_alone() {
    let iam = |kind: &str, name: &str| format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}");
    for (action, resource) in [
        ("iam:CreatePolicyVersion", iam("policy", "port-iam-boundary")),
        ("iam:CreatePolicyVersion", iam("policy", "port-iam-granter")),
        ("iam:UpdateAssumeRolePolicy", iam("role", "port-iam-granter")),
        ("iam:CreateAccessKey", iam("user", "port-iam-management-user")),
        ("iam:UploadSSHPublicKey", iam("user", "port-iam-management-user")),
    ] {
        assert!(lets_through(&scp(), action, &resource, as_principal(ADMINISTRATOR)), "{action} on {resource}");
        for other in [iam("role", "port-iam-granter"), iam("user", "ada")] {
            assert!(!lets_through(&scp(), action, &resource, as_principal(&other)), "{action} on {resource}");
        }
    }
}

/// Whoever can be the administrator passes every line of it.
#[test]
fn nobody_makes_or_becomes_the_administrator_but_an_administrator() {
    let second = "arn:aws:iam::*:role/Operators".to_owned();
    let scp = of(&Admitted { administrators: vec!["arn:aws:iam::*:role/Admin".to_owned(), second], ..admitted() });
    let stranger = as_principal("arn:aws:iam::123456789012:user/ada");
    for name in ["Admin", "Operators"] {
        let role = format!("arn:aws:iam::210987654321:role/{name}");
        for action in ["iam:CreateRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:DeleteRole"] {
            assert!(!lets_through(&scp, action, &role, stranger.clone()), "{action} on {role}");
            assert!(lets_through(&scp, action, &role, as_principal(&role)), "{action} on {role}");
        }
    }
    assert!(lets_through(&scp, "iam:CreateRole", "arn:aws:iam::210987654321:role/Admin2", stranger));
}

/// Without it no workflow gets the revoker's role any more, and nothing is taken away.
#[test]
fn nobody_but_the_administrator_takes_away_the_provider_that_the_workflows_come_in_by() {
    let provider = format!("arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com");
    let stranger = as_principal("arn:aws:iam::123456789012:user/ada");
    for action in [
        "DeleteOpenIDConnectProvider",
        "RemoveClientIDFromOpenIDConnectProvider",
        "UpdateOpenIDConnectProviderThumbprint",
    ] {
        let action = format!("iam:{action}");
        assert!(!lets_through(&scp(), &action, &provider, stranger.clone()), "{action}");
        assert!(lets_through(&scp(), &action, &provider, as_principal(ADMINISTRATOR)), "{action}");
        assert!(lets_through(&scp(), &action, &provider.replace("github", "gitlab"), stranger.clone()), "{action}");
    }
    // Somebody else may want it in an account of theirs.
    assert!(lets_through(&scp(), "iam:CreateOpenIDConnectProvider", &provider, stranger));
}

#[test]
fn roles_of_other_names_are_let_through_and_guarded_and_the_guide_s_user_only_where_its_key_is_used() {
    let iam = |kind: &str, name: &str| format!("arn:aws:iam::{ACCOUNT}:{kind}/{name}");
    let further = |name: &str| {
        let arns = [iam("role", name), format!("arn:aws:iam::210987654321:role/{name}")];
        arns.map(|arn| RoleArn::parse("granter", &arn).unwrap()).to_vec()
    };
    let scp = of(&Admitted {
        granters: further("ci/granter"),
        revokers: further("ci/revoker"),
        is_user_admitted: false,
        ..admitted()
    });
    let grant = iam("role", "port-iam/Permission-1");
    for (own, makes) in [("ci/granter", true), ("ci/revoker", false), ("port-iam-granter", true)] {
        let own = iam("role", own);
        let attached = as_principal(&own).with("iam:PolicyARN", iam("policy", "port-iam/Permission-1"));
        assert!(lets_through(&scp, "iam:DeleteRole", &grant, as_principal(&own)), "{own}");
        assert_eq!(lets_through(&scp, "iam:AttachRolePolicy", &grant, attached), makes, "{own}");
        assert!(!lets_through(&scp, "iam:UpdateAssumeRolePolicy", &own, as_principal(&own)), "{own}");
    }
    let user = iam("user", MANAGER_USER);
    assert!(!lets_through(&scp, "iam:DeleteRole", &grant, as_principal(&user)));
    assert!(!lets_through(&scp, "iam:CreateAccessKey", &user, as_principal(&user)));
    // A role of that name in an account that the rules do not name is somebody else's.
    let elsewhere = "arn:aws:iam::111122223333:role/ci/granter";
    assert!(!lets_through(&scp, "iam:DeleteRole", &grant, as_principal(elsewhere)));
    assert!(lets_through(&scp, "iam:UpdateAssumeRolePolicy", elsewhere, as_principal(&iam("user", "ada"))));
}

#[test]
fn nobody_outside_the_organisation_assumes_a_granted_role() {
    let role = format!("arn:aws:iam::{ACCOUNT}:role/port-iam/Permission-1");
    let of = |organization: &str| Context::new().with("aws:PrincipalOrgID", organization);
    assert!(lets_through(&rcp(), "sts:AssumeRole", &role, of("o-a1b2c3d4e5")));
    assert!(!lets_through(&rcp(), "sts:AssumeRole", &role, of("o-zzzzzzzzzz")));
    for action in ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"] {
        assert!(!lets_through(&rcp(), action, &role, Context::new()), "{action}");
    }
    assert!(lets_through(&rcp(), "sts:AssumeRole", &role.replace("port-iam/", ""), of("o-zzzzzzzzzz")));
}

#[test]
fn crafted_values_of_the_guardrails_are_refused() {
    let many = (0..40).map(|number| format!("arn:aws:iam::123456789012:role/Administrator-{number}")).collect();
    let refused = service_control_policy(&Names::default(), "aws", &Admitted { administrators: many, ..admitted() });
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains(&format!(" of {LARGEST} characters")) && refused.contains("fewer"), "{refused}");
    for administrator in [
        "*",
        "",
        "arn:aws:iam::123456789012:root",
        "arn:aws:iam::*:role/*",
        "arn:aws:iam::1:role/x\"",
        "arn:aws:s3:::b",
        "arn:aws-us-gov:iam::123456789012:role/Admin",
    ] {
        let crafted =
            Admitted { administrators: vec![ADMINISTRATOR.to_owned(), administrator.to_owned()], ..admitted() };
        assert!(service_control_policy(&Names::default(), "aws", &crafted).is_err(), "{administrator}");
    }
    for organization in ["*", "", "o-short", "o-A1B2C3D4E5", "a1b2c3d4e5f6"] {
        assert!(resource_control_policy(&Names::default(), "aws", organization).is_err(), "{organization}");
    }
}

fn claims() -> OidcClaims {
    OidcClaims {
        account: AwsAccount::parse("account", ACCOUNT, "aws").unwrap(),
        organization: "acme".to_owned(),
        repository: "port-iam-permissions".to_owned(),
        repository_id: "42".to_owned(),
        default_branch: "main".to_owned(),
        subject_prefix: "repo:acme@7/port-iam-permissions@42".to_owned(),
        store: SecretStore::Environment("port-iam".to_owned()),
        dispatchers: vec![PORT_DISPATCHER.to_owned()],
    }
}

/// Returns what a token of the grant workflow says, with one claim changed.
fn token(workflow: &str, changed: Option<(&str, &str)>) -> Context {
    let reference = format!("acme/port-iam-permissions/.github/workflows/{workflow}@refs/heads/main");
    let claims = [
        ("aud", "sts.amazonaws.com"),
        ("sub", "repo:acme@7/port-iam-permissions@42:environment:port-iam"),
        ("environment", "port-iam"),
        ("repository_id", "42"),
        ("ref", "refs/heads/main"),
        ("actor", PORT_DISPATCHER),
        ("job_workflow_ref", reference.as_str()),
    ];
    claims.into_iter().fold(Context::new(), |context, (claim, value)| {
        let value = changed.filter(|(name, _)| *name == claim).map_or(value, |(_, other)| other);
        context.with(&format!("token.actions.githubusercontent.com:{claim}"), value)
    })
}

/// Returns whether a role of this trust is given to a token. Principal and action are as every such call has them.
fn trusts(trust: &Value, context: Context) -> bool {
    let mut trust = trust.clone();
    let statement = trust["Statement"][0].as_object_mut().unwrap();
    assert_eq!(
        statement.shift_remove("Principal").unwrap()["Federated"],
        format!("arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com")
    );
    statement.insert("Resource".to_owned(), json!("*"));
    let document = PolicyDocument::parse(&trust).unwrap();
    evaluate(&[document], None, &Request::new("sts:AssumeRoleWithWebIdentity", "*").with_context(context)).is_allowed()
}

#[test]
fn the_roles_trust_their_workflows_and_no_token_that_differs_in_one_claim() {
    let trust = oidc_trust(&Names::default(), &claims()).unwrap();
    let (create, delete, sweep) =
        ("create-iam-permissions.yaml", "delete-iam-permissions.yaml", "sweep-iam-permissions.yaml");
    assert!(trusts(&trust.granter, token(create, None)));
    assert!(trusts(&trust.revoker, token(delete, None)) && trusts(&trust.revoker, token(sweep, None)));
    assert!(!trusts(&trust.granter, token(delete, None)) && !trusts(&trust.revoker, token(create, None)));
    for changed in [
        ("aud", "https://github.com/acme"),
        ("sub", "repo:acme@7/other@43:environment:port-iam"),
        ("environment", "production"),
        ("repository_id", "43"),
        ("ref", "refs/heads/attack"),
        (
            "job_workflow_ref",
            "acme/port-iam-permissions/.github/workflows/create-iam-permissions.yaml@refs/heads/attack",
        ),
    ] {
        assert!(!trusts(&trust.granter, token(create, Some(changed))), "{changed:?}");
        assert!(!trusts(&trust.revoker, token(delete, Some(changed))), "{changed:?}");
    }
    // The schedule starts the sweep as whoever wrote it last.
    assert!(!trusts(&trust.granter, token(create, Some(("actor", "ada")))));
    assert!(trusts(&trust.revoker, token(sweep, Some(("actor", "ada")))));
}

#[test]
fn without_an_environment_the_subject_is_the_branch() {
    let trust = oidc_trust(&Names::default(), &OidcClaims { store: SecretStore::Repository, ..claims() }).unwrap();
    for document in [trust.granter, trust.revoker] {
        let condition = &document["Statement"][0]["Condition"]["StringEquals"];
        let subject = &condition["token.actions.githubusercontent.com:sub"];
        assert_eq!(subject, "repo:acme@7/port-iam-permissions@42:ref:refs/heads/main");
        assert_eq!(condition.get("token.actions.githubusercontent.com:environment"), None);
        assert!(!document.to_string().contains("<YOUR"));
    }
}

#[test]
fn crafted_claims_are_refused() {
    let refused = |claims: OidcClaims| oidc_trust(&Names::default(), &claims).is_err();
    assert!(refused(OidcClaims { subject_prefix: "repo:acme/*".to_owned(), ..claims() }));
    assert!(refused(OidcClaims { subject_prefix: String::new(), ..claims() }));
    assert!(refused(OidcClaims { repository_id: "*".to_owned(), ..claims() }));
    assert!(refused(OidcClaims { repository_id: "0".to_owned(), ..claims() }));
    assert!(refused(OidcClaims { dispatchers: vec![PORT_DISPATCHER.to_owned(), "*".to_owned()], ..claims() }));
    assert!(refused(OidcClaims { default_branch: "*".to_owned(), ..claims() }));
}
