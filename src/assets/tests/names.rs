//! A prefix changes every identifier of the installation and nothing else.

use serde_json::Value;

use super::rendering;
use crate::assets::{actions, blueprints, dashboard, granter_policy, repository_files, revoker_policy};
use crate::domain::account::AwsAccount;
use crate::domain::names::Names;
use crate::domain::resource_types::ResourceTypes;

/// Lists every name that two installations may not share.
fn own_names(names: &Names) -> Vec<&String> {
    vec![
        &names.aws_resource,
        &names.iam_permissions,
        &names.provisioned_permissions,
        &names.permission_records,
        &names.request_permissions,
        &names.extend_permissions,
        &names.return_permissions,
        &names.revoke_permissions,
        &names.revoke_expired_permissions,
        &names.dashboard,
        &names.create_workflow,
        &names.delete_workflow,
    ]
}

/// Lists the values that stand under one of the keys where Port expects an identifier.
fn identifiers(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                let identifying = ["identifier", "target", "blueprint", "blueprintIdentifier", "workflow", "action"];
                match field.as_str() {
                    Some(text) if identifying.contains(&key.as_str()) && !text.contains("{{") => {
                        found.push(text.to_owned());
                    }
                    _ => identifiers(field, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| identifiers(item, found)),
        _ => {}
    }
}

#[test]
fn with_a_prefix_no_identifier_of_the_first_installation_remains() {
    let mut rendering = rendering();
    rendering.names = Names::with_prefix("team-a").unwrap();
    let mut found = Vec::new();
    for body in blueprints(&rendering.names, &rendering.resource_types)
        .unwrap()
        .into_iter()
        .chain(actions(&rendering).unwrap())
        .chain([dashboard(&rendering.names).unwrap()])
    {
        identifiers(&body, &mut found);
    }
    let expected = own_names(&rendering.names);
    for identifier in &found {
        assert!(expected.contains(&identifier), "{identifier} has no prefix");
    }
    for name in expected {
        assert!(found.contains(name), "{name} is rendered nowhere");
    }
}

#[test]
fn a_prefix_leaves_the_keys_of_relations_alone() {
    let names = Names::with_prefix("team-a").unwrap();
    let relations = &blueprints(&names, &ResourceTypes::default()).unwrap()[2]["relations"];
    assert_eq!(relations["aws_resource"]["target"], "team_a_aws_resource");
    assert_eq!(relations["permissions"]["target"], "team_a_iam_permissions");
}

#[test]
fn with_a_prefix_every_file_lies_at_a_path_of_its_own_and_names_its_own_environment() {
    let mut rendering = rendering();
    let first = repository_files(&rendering).unwrap();
    rendering.names = Names::with_prefix("team-a").unwrap();
    let second = repository_files(&rendering).unwrap();
    // A repository has one list of code owners, whoever lives in it.
    for (one, other) in first.iter().zip(&second).filter(|(one, _)| one.path != ".github/CODEOWNERS") {
        assert_ne!(one.path, other.path);
    }
    let names = &rendering.names;
    for path in [&names.create_workflow, &names.delete_workflow, &names.sweep_workflow] {
        let file = second.iter().find(|file| file.path == format!(".github/workflows/{path}")).unwrap();
        assert!(file.contents.contains("      name: team-a-port-iam #"), "{}", file.contents);
        assert!(file.contents.contains("PORT_IAM_PREFIX: \"team-a\"\n"));
    }
    assert!(second.iter().any(|file| file.path == names.rules_path));
    assert!(second.iter().any(|file| file.path == names.policy_template_path));
    assert!(second.iter().any(|file| file.path == names.trust_template_path));
}

#[test]
fn the_identities_follow_the_iam_path_and_the_boundary_of_the_names() {
    let names = Names { iam_path: "/elsewhere/".to_owned(), boundary: "limit".to_owned(), ..Names::default() };
    let account = AwsAccount::parse("account", "210987654321", "aws-us-gov").unwrap();
    for policy in [granter_policy, revoker_policy] {
        let text = policy(&names, &account).unwrap().to_string();
        assert!(!text.contains("/port-iam"), "{text}");
        assert!(!text.contains("arn:aws:"), "{text}");
    }
    let text = granter_policy(&names, &account).unwrap().to_string();
    assert!(text.contains("arn:aws-us-gov:iam::210987654321:role/elsewhere/*"), "{text}");
    assert!(text.contains("arn:aws-us-gov:iam::210987654321:policy/limit"), "{text}");
}
