//! What is never rendered: placeholders, and values that would mean something where they are written.

use serde_json::json;

use super::{account, rendering};
use crate::assets::{
    AssetError, Backend, Rendering, actions, blocks, blueprints, checked::Checked, granter_policy, identifiers,
    placeholders::Placeholders, repository_files, samples,
};
use crate::domain::account::AwsAccount;
use crate::domain::names::Names;

/// Texts that end a quotation, begin an expression or a pattern, or walk away.
const CRAFTED: [&str; 18] = [
    "",
    " ",
    "\"; rm -rf / #",
    "'; touch pwned; echo '",
    "$(id)",
    "`id`",
    "${{ secrets.AWS_SECRET_ACCESS_KEY }}",
    "{{ .secrets[\"x\"] }}",
    "<YOUR_GITHUB_ORG>",
    "a\nb",
    "name\n",
    "a\u{0}b",
    "a\\b",
    "../..",
    "-rf",
    "*",
    "a: b # c",
    "\u{202e}abc",
];

/// Puts a text into one field of a rendering.
type SetField = fn(&mut Rendering, String);

fn render_all(rendering: &Rendering) -> Result<(), AssetError> {
    actions(rendering)?;
    repository_files(rendering)?;
    Ok(())
}

#[test]
fn a_crafted_value_is_refused_wherever_it_comes_from() {
    let set: [(&str, SetField); 14] = [
        ("organization", |rendering, value| rendering.organization = value),
        ("repository", |rendering, value| rendering.repository = value),
        ("default branch", |rendering, value| rendering.default_branch = value),
        ("installation", |rendering, value| {
            rendering.backend = Backend::IntegrationAction { installation_id: value };
        }),
        ("account", |rendering, value| rendering.account_id = value),
        ("region", |rendering, value| rendering.region = value),
        ("partition", |rendering, value| rendering.partition = value),
        ("Port's address", |rendering, value| rendering.port_api_url = value),
        ("AWS's address", |rendering, value| rendering.aws_endpoint_url = Some(value)),
        ("environment", |rendering, value| rendering.names.environment = value),
        ("tag", |rendering, value| rendering.runtime.tag = value),
        ("asset", |rendering, value| rendering.runtime.asset = value),
        ("digest", |rendering, value| rendering.runtime.sha256 = value),
        ("version", |rendering, value| rendering.runtime.version = value),
    ];
    // Harmless where they go: a JSON string that is no path, no option and no pattern there.
    let harmless = [("repository", "-rf"), ("installation", "-rf"), ("installation", "../..")];
    for (field, set) in set {
        for crafted in CRAFTED.into_iter().filter(|crafted| !harmless.contains(&(field, crafted))) {
            let mut rendering = rendering();
            set(&mut rendering, crafted.to_owned());
            let result = render_all(&rendering);
            assert!(matches!(result, Err(AssetError::Value { .. })), "{field} {crafted:?}: {result:?}");
        }
    }
}

#[test]
fn an_address_with_a_crafted_path_is_refused() {
    for tail in CRAFTED.iter().filter(|tail| !["", "*", "../..", "-rf"].contains(tail)) {
        let mut rendering = rendering();
        rendering.port_api_url = format!("https://api.getport.io/{tail}");
        assert!(render_all(&rendering).is_err(), "{tail:?}");
    }
}

#[test]
fn plain_http_is_for_this_machine_only() {
    for (url, allowed) in [
        ("http://127.0.0.1:4010", true),
        ("http://[::1]:4010/v1", true),
        ("http://localhost:4010", true),
        ("https://api.us.getport.io/v1", true),
        ("http://api.getport.io", false),
        ("http://127.0.0.1.example.com", false),
        ("http://localhost@example.com", false),
        ("https://user:secret@api.getport.io", false),
        ("ftp://127.0.0.1", false),
    ] {
        assert_eq!(Checked::address("address of Port", url).is_ok(), allowed, "{url}");
    }
}

#[test]
fn real_names_of_github_and_aws_are_accepted() {
    for region in ["us-east-1", "us-gov-west-1", "us-iso-east-1", "ap-southeast-7", "eusc-de-east-1", "mx-central-1"] {
        Checked::region(region).unwrap();
    }
    for partition in ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc"] {
        Checked::partition(partition).unwrap();
    }
    for branch in ["main", "release/2026", "feature_x", "user@topic", "v1.2", "größe"] {
        Checked::branch(branch).unwrap();
    }
    for organization in ["acme", "a", "getport-io", "octo_acme", "3m"] {
        Checked::organization(organization).unwrap();
    }
    for repository in [".github", "port-iam-permissions", "-", "a.b_c"] {
        Checked::repository(repository).unwrap();
    }
}

#[test]
fn a_policy_is_refused_when_the_account_the_path_or_the_boundary_is_crafted() {
    for crafted in CRAFTED {
        assert!(AwsAccount::parse("account", crafted, "aws").is_err(), "{crafted:?}");
        assert!(granter_policy(&Names::default(), &account(crafted)).is_err(), "{crafted:?}");
        let names = Names { iam_path: crafted.to_owned(), ..Names::default() };
        assert!(granter_policy(&names, &account("aws")).is_err(), "{crafted:?}");
        let names = Names { boundary: crafted.to_owned(), ..Names::default() };
        assert!(granter_policy(&names, &account("aws")).is_err(), "{crafted:?}");
        assert!(samples(&account("aws"), crafted).is_err(), "{crafted:?}");
    }
    let root = Names { iam_path: "/".to_owned(), ..Names::default() };
    assert!(granter_policy(&root, &account("aws")).is_err());
}

#[test]
fn a_placeholder_that_has_no_value_is_refused_even_when_it_is_misspelt() {
    let values = Placeholders::default().with("<YOUR_GITHUB_ORG>", Checked::organization("acme").unwrap());
    assert_eq!(values.fill("f", "a <YOUR_GITHUB_ORG> b").unwrap(), "a acme b");
    for left in ["<YOUR_AWS_REGION>", "<YOUR-GITHUB-ORG>", "<YOUR_GITHUB_ORG", "<YOUR GITHUB ORG>"] {
        let refused = values.fill("f", left).unwrap_err();
        assert_eq!(refused, AssetError::PlaceholderLeft { path: "f".to_owned(), placeholder: left.to_owned() });
        assert!(values.fill_json("f", json!({ "a": [{ "b": left }] })).is_err());
        assert!(values.fill_json("f", json!({ left: 1 })).is_err());
    }
}

#[test]
fn nothing_that_is_rendered_holds_a_placeholder() {
    let rendering = rendering();
    let samples = samples(&account("aws"), "eu-west-1").unwrap();
    let bodies = [
        json!(blueprints(&rendering.names, &rendering.resource_types).unwrap()),
        json!(actions(&rendering).unwrap()),
        json!([samples.resources, samples.permissions]),
    ];
    let files = repository_files(&rendering).unwrap().into_iter().map(|file| file.contents);
    for text in bodies.iter().map(ToString::to_string).chain(files) {
        assert!(!text.contains("<YOUR"), "{text}");
    }
}

#[test]
fn an_identifier_that_no_name_replaces_is_refused() {
    let mut blueprint = json!({ "identifier": "aws_resource", "relations": { "x": { "target": "somebody_elses" } } });
    let refused = identifiers::rename("f", &Names::default(), &mut blueprint).unwrap_err();
    assert!(matches!(refused, AssetError::UnknownIdentifier { identifier, .. } if identifier == "somebody_elses"));
}

#[test]
fn a_block_must_begin_once_end_once_and_have_a_known_condition() {
    let conditions = [("yes", true), ("no", false)];
    let text = "a\n  # [if yes]\nb\n  # [end]\n# [if no]\nc\n# [end]\nd\n";
    assert_eq!(blocks::choose("f", text, &conditions).unwrap(), "a\nb\nd\n");
    for (wrong, line) in [
        ("a\n# [if yes]\nb\n", 2),
        ("# [end]\n", 1),
        ("# [if perhaps]\n# [end]\n", 1),
        ("# [if yes]\n# [if no]\n# [end]\n# [end]\n", 2),
        ("a\n# [fi yes]\nb\n# [end]\n", 2),
        ("# [if yes\n# [end]\n", 1),
    ] {
        match blocks::choose("f", wrong, &conditions) {
            Err(AssetError::Block { line: at, .. }) => assert_eq!(at, line, "{wrong:?}"),
            other => panic!("{wrong:?}: {other:?}"),
        }
    }
}
