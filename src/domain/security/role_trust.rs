//! Whom the workflows' roles trust: GitHub's tokens of our workflows, and nobody else.

use serde_json::{Map, Value};

use super::claims::{Ours, of_others};

/// The condition keys without which a token of somebody else's workflow would do.
const NEEDED: [&str; 5] = ["aud", "sub", "repository_id", "ref", "job_workflow_ref"];
const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// Returns how a role's trust policy admits more than tokens of our workflows, a sentence each. `provider_arn` is the
/// identity provider for GitHub's tokens.
pub fn trusts_too_much(trust: &Value, provider_arn: &str, ours: Ours<'_>) -> Vec<String> {
    let Some(statements) = statements(trust) else {
        return vec!["the trust policy has no statement that can be read".to_owned()];
    };
    let allowing = statements.iter().enumerate().filter(|(_, statement)| allows(statement));
    let mut sentences: Vec<String> =
        allowing.flat_map(|(index, statement)| of_statement(index, statement, provider_arn, ours)).collect();
    if let Err(why) = ours.written
        && lets_in(trust)
    {
        sentences.push(format!(
            "the trust policy was not compared with the one that `port-iam init --aws-setup` writes: {why}"
        ));
    }
    sentences
}

/// Returns whether a role's trust policy has a statement that lets anybody in.
pub fn lets_in(trust: &Value) -> bool {
    statements(trust).is_some_and(|statements| statements.iter().any(allows))
}

fn statements(trust: &Value) -> Option<&[Value]> {
    match &trust["Statement"] {
        Value::Array(statements) => Some(statements),
        one @ Value::Object(_) => Some(std::slice::from_ref(one)),
        _ => None,
    }
}

fn allows(statement: &Value) -> bool {
    statement["Effect"] != "Deny"
}

fn of_statement(index: usize, statement: &Value, provider_arn: &str, ours: Ours<'_>) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut say = |sentence: String| sentences.push(format!("statement {} of the trust policy {sentence}", index + 1));
    let principals = statement["Principal"].as_object();
    let only_provider = principals.is_some_and(|kinds| {
        kinds.len() == 1 && kinds.get("Federated").is_some_and(|named| only(named) == Some(provider_arn))
    });
    if !only_provider {
        say(format!("trusts {}, and not {provider_arn} alone", statement["Principal"]));
    }
    if only(&statement["Action"]) != Some(ACTION) {
        say(format!("allows {}, and not {ACTION} alone", statement["Action"]));
    }
    let none = Map::new();
    let conditions = statement["Condition"].as_object().unwrap_or(&none);
    // Another operator can only narrow it further; what is needed must be there as an equality.
    let equal = conditions.get("StringEquals").and_then(Value::as_object).unwrap_or(&none);
    let provider = provider_arn.rsplit("oidc-provider/").next().unwrap_or_default();
    let missing: Vec<&str> =
        NEEDED.into_iter().filter(|claim| !equal.contains_key(&format!("{provider}:{claim}"))).collect();
    match ours.written {
        Ok(written) => written.differences(equal).into_iter().for_each(say),
        Err(_) if missing.is_empty() => of_others(equal, provider, ours).into_iter().for_each(say),
        Err(_) => say(format!("does not ask for the {} of the token by StringEquals", missing.join(", "))),
    }
    sentences
}

/// Returns the one text of a value or of a list of one.
fn only(value: &Value) -> Option<&str> {
    match value {
        Value::Array(items) if items.len() == 1 => items[0].as_str(),
        other => other.as_str(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::*;
    use crate::assets::{OidcClaims, OidcTrust, oidc_trust};
    use crate::domain::account::AwsAccount;
    use crate::domain::names::Names;
    use crate::domain::security::Job;
    use crate::domain::setup::SecretStore;

    pub(in super::super) const PROVIDER: &str =
        "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

    const OURS: fn(&Names) -> Ours<'_> =
        |names| Ours { job: Job::Granter, names, repository: None, written: Err(UNKNOWN) };
    const UNKNOWN: &str = "nobody asked";

    fn told(trust: &Value) -> Vec<String> {
        but_for_comparing(trusts_too_much(trust, PROVIDER, OURS(&Names::default())))
    }

    /// Returns what is told, without the sentence that ends it where the written trust is not known.
    fn but_for_comparing(mut told: Vec<String>) -> Vec<String> {
        told.retain(|sentence| !sentence.ends_with(UNKNOWN));
        told
    }

    fn granter() -> Value {
        both().granter
    }

    pub(in super::super) fn both() -> OidcTrust {
        oidc_trust(&Names::default(), &claims()).unwrap()
    }

    pub(in super::super) fn claims() -> OidcClaims {
        OidcClaims {
            account: AwsAccount::parse("account", "123456789012", "aws").unwrap(),
            organization: "acme".to_owned(),
            repository: "tools".to_owned(),
            repository_id: "42".to_owned(),
            default_branch: "main".to_owned(),
            subject_prefix: "repo:acme@1/tools@42".to_owned(),
            store: SecretStore::Environment("port-iam".to_owned()),
            dispatchers: vec!["getport-io[bot]".to_owned()],
        }
    }

    #[test]
    fn what_init_writes_trusts_our_workflows_alone() {
        let names = Names::default();
        for (job, trust) in [(Job::Granter, both().granter), (Job::Revoker, both().revoker)] {
            for repository in [None, Some("acme/tools")] {
                let ours = Ours { job, names: &names, repository, written: Err(UNKNOWN) };
                assert_eq!(but_for_comparing(trusts_too_much(&trust, PROVIDER, ours)), Vec::<String>::new());
            }
        }
    }

    /// Returns what is told when claims have other values.
    fn with(claims: &[(&str, Value)]) -> String {
        let mut trust = granter();
        for (claim, value) in claims {
            let equal = &mut trust["Statement"][0]["Condition"]["StringEquals"];
            equal[format!("token.actions.githubusercontent.com:{claim}")] = value.clone();
        }
        told(&trust).join("\n")
    }

    #[test]
    fn each_value_of_somebody_else_s_workflow_is_told() {
        let create = "/.github/workflows/create-iam-permissions.yaml@refs/heads/main";
        let (ours, theirs) = (format!("acme/tools{create}"), format!("evil/tools{create}"));
        let subject = "repo:acme@1/tools@42:environment:port-iam";
        for (claim, value, expected) in [
            ("aud", json!("https://evil.example"), "another audience"),
            ("aud", json!(["sts.amazonaws.com", "x"]), "another audience"),
            ("sub", json!([subject, "repo:evil/tools:environment:port-iam"]), "one sub alone"),
            ("sub", json!("repo:evil@2/tools@42:environment:port-iam"), "which is not of acme/tools"),
            ("sub", json!("repo:acme@1/tools@43:environment:port-iam"), "whose number is not its repository_id"),
            ("sub", json!("repo:acme@1/tools@42:environment:other"), "of neither our environment"),
            ("sub", json!("repo:acme@1/tools@42:ref:refs/heads/branch"), "of neither our environment"),
            ("repository_id", json!("43"), "whose number is not its repository_id"),
            ("repository_id", json!(["42", "43"]), "one repository_id alone"),
            ("repository_id", json!([]), "one repository_id alone"),
            ("ref", json!("refs/heads/branch"), "which is none of its own"),
            ("ref", json!(["refs/heads/main", "refs/heads/branch"]), "one ref alone"),
            ("job_workflow_ref", json!(theirs), "which is not of evil/tools"),
            ("job_workflow_ref", json!([ours, theirs]), "workflows of 2 repositories"),
            ("job_workflow_ref", json!("acme/tools/.github/workflows/other.yaml@refs/heads/main"), "none of its own"),
            ("job_workflow_ref", json!(format!("{ours}x")), "none of its own"),
            ("environment", json!("other"), "does not ask for the environment port-iam alone"),
            ("environment", json!(["port-iam", "other"]), "does not ask for the environment port-iam alone"),
            ("actor", json!([]), "does not ask for the actor"),
        ] {
            let told = with(&[(claim, value.clone())]);
            assert!(told.contains(expected), "{claim} {value}: {told}");
        }
    }

    #[test]
    fn a_trust_that_is_somebody_else_s_in_every_value_is_told_where_the_repository_is_known() {
        let theirs = "evil/tools/.github/workflows/create-iam-permissions.yaml@refs/heads/main";
        let values = [
            ("sub", json!("repo:evil/tools:environment:port-iam")),
            ("repository_id", json!("666")),
            ("job_workflow_ref", json!(theirs)),
        ];
        assert_eq!(with(&values), "");
        let mut trust = granter();
        for (claim, value) in values {
            trust["Statement"][0]["Condition"]["StringEquals"]
                [format!("token.actions.githubusercontent.com:{claim}")] = value;
        }
        let names = Names::default();
        let ours = Ours { repository: Some("acme/tools"), ..OURS(&names) };
        let told = trusts_too_much(&trust, PROVIDER, ours).join("\n");
        assert!(told.contains("trusts workflows of \"evil/tools\", and not of acme/tools"), "{told}");
        // The revoker's trust in the place of the granter's.
        let swapped = trusts_too_much(&both().revoker, PROVIDER, ours).join("\n");
        assert!(
            swapped.contains("delete-iam-permissions.yaml@refs/heads/main\", which is none of its own"),
            "{swapped}"
        );
        assert!(swapped.contains("does not ask for the actor"), "{swapped}");
    }

    #[test]
    fn each_thing_that_opens_it_is_told() {
        let opened = |change: &dyn Fn(&mut Value)| {
            let mut trust = granter();
            change(&mut trust);
            told(&trust).join("\n")
        };
        for claim in NEEDED {
            let told = opened(&|trust| {
                let conditions = trust["Statement"][0]["Condition"]["StringEquals"].as_object_mut().unwrap();
                conditions.remove(&format!("token.actions.githubusercontent.com:{claim}")).unwrap();
            });
            assert!(told.ends_with(&format!("does not ask for the {claim} of the token by StringEquals")), "{told}");
        }
        let loose = opened(&|trust| {
            let conditions = trust["Statement"][0]["Condition"].as_object_mut().unwrap();
            let equal = conditions.remove("StringEquals").unwrap();
            conditions.insert("StringLike".to_owned(), equal);
        });
        assert!(loose.contains("aud, sub, repository_id, ref, job_workflow_ref"), "{loose}");
        let people = opened(&|trust| trust["Statement"][0]["Principal"]["AWS"] = json!("*"));
        assert!(people.contains("and not arn:aws:iam::123456789012:oidc-provider/"), "{people}");
        let second = opened(&|trust| {
            let statements = trust["Statement"].as_array_mut().unwrap();
            statements.push(json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" }, "Action": "sts:AssumeRole" }));
        });
        assert!(second.contains("statement 2 of the trust policy allows \"sts:AssumeRole\""), "{second}");
        assert!(!opened(&|trust| trust["Statement"] = Value::Null).is_empty());
    }
}
