//! The rules file that `init` commits.

use super::{Rendering, rendering, yaml};
use crate::assets::{Backend, PORT_DISPATCHER, repository_files};
use crate::domain::resource_types::ResourceTypes;

#[test]
fn the_first_rule_equals_the_guide_for_twelve_hours_at_most() {
    let files = repository_files(&rendering()).unwrap();
    let file = files.iter().find(|file| file.path == ".github/port-iam.yaml").unwrap();
    let expected = serde_json::json!({
        "version": 1,
        "accounts": { "012345678901": { "regions": ["eu-west-1"] } },
        "trust": { "mode": "account" },
        "dispatchers": [PORT_DISPATCHER],
        "rules": [{
            "name": "anybody-for-half-a-day",
            "requesters": ["*"],
            "resource-types": ["S3", "EC2"],
            "resources": ["*"],
            "actions": ["*"],
            "longest-duration": "12h",
            "approval": "none"
        }]
    });
    assert_eq!(yaml(&file.contents), expected);
}

#[test]
fn an_approver_with_a_character_that_does_not_show_is_written_into_no_rules_file() {
    let with = |email: &str| Rendering { approvers: vec![email.to_owned()], ..rendering() };
    assert!(repository_files(&with("lead@acme.example")).is_ok());
    for hidden in ['\u{180e}', '\u{3164}', '\u{1160}', '\u{fff9}', '\u{200b}'] {
        assert!(repository_files(&with(&format!("le{hidden}ad@acme.example"))).is_err(), "{hidden:?}");
    }
}

/// Returns the examples of the rules file that stand behind a `#`: comments in prose have one blank after it.
fn commented_examples(file: &str) -> Vec<String> {
    let mut examples: Vec<String> = Vec::new();
    for line in file.lines().filter_map(|line| line.strip_prefix('#')) {
        if line.starts_with(|first: char| first.is_ascii_lowercase()) {
            examples.push(format!("{line}\n"));
        } else if let (true, Some(example)) = (line.starts_with("  "), examples.last_mut()) {
            example.push_str(&format!("{line}\n"));
        }
    }
    examples
}

#[test]
fn every_example_behind_a_comment_sign_is_a_part_of_a_rules_file() {
    use crate::domain::rules::Rules;
    use crate::domain::trust::Trust;
    let files = repository_files(&rendering()).unwrap();
    let file = &files.iter().find(|file| file.path == ".github/port-iam.yaml").unwrap().contents;
    let first = Rules::parse(file).unwrap();
    assert_eq!(first.trust, Trust::Account);
    let (before, after) = file.split_once("trust:\n  mode: account\n").unwrap();
    let (trusts, others): (Vec<_>, Vec<_>) =
        commented_examples(file).into_iter().partition(|example| example.starts_with("trust:"));
    let modes: std::collections::BTreeSet<String> = trusts
        .iter()
        .map(|example| {
            let rules =
                Rules::parse(&format!("{before}{example}{after}")).unwrap_or_else(|error| panic!("{example}{error}"));
            assert_ne!(rules.trust, Trust::Account, "{example}");
            example.lines().find_map(|line| line.strip_prefix("  mode: ")).unwrap().to_owned()
        })
        .collect();
    assert_eq!(modes.len(), Trust::MODES.len() - 1, "{modes:?}");
    for example in &others {
        let rules = Rules::parse(&format!("{file}\n{example}")).unwrap_or_else(|error| panic!("{example}{error}"));
        assert!(rules != first || example.starts_with("template-may-widen: false"), "{example}");
    }
    let all = Rules::parse(&format!("{file}\n{}", others.concat())).unwrap();
    assert_eq!((others.len(), all.examples.len(), all.companions.len()), (9, 2, 1));
}

#[test]
fn the_first_rule_names_the_types_of_the_installation() {
    let types = ResourceTypes::parse("f", "S3,Lambda,Step Functions").unwrap();
    let files = repository_files(&Rendering { resource_types: types.clone(), ..rendering() }).unwrap();
    let file = files.iter().find(|file| file.path == ".github/port-iam.yaml").unwrap();
    let rules = crate::domain::rules::Rules::parse(&file.contents).unwrap();
    assert_eq!(rules.rules[0].resource_types, types.names());
}

#[test]
fn the_first_line_is_drawn_where_it_is_known_who_starts_the_workflows() {
    let dispatchers = |backend: Backend| {
        let mut rendering = rendering();
        rendering.backend = backend;
        let files = repository_files(&rendering).unwrap();
        let file = files.into_iter().find(|file| file.path == ".github/port-iam.yaml").unwrap().contents;
        let drawn = crate::domain::rules::Rules::parse(&file).unwrap().dispatchers;
        (drawn, file.contains("nobody but you can tell the login"))
    };
    assert_eq!(dispatchers(Backend::GitHub), (vec![PORT_DISPATCHER.to_owned()], false));
    let ocean = Backend::IntegrationAction { installation_id: "github-ocean-1".to_owned() };
    assert_eq!(dispatchers(ocean), (Vec::new(), true));
}
