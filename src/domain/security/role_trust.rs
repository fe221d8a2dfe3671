//! Whom the workflows' roles trust: GitHub's tokens of our workflows, and nobody else.

use serde_json::{Map, Value};

/// The condition keys without which a token of somebody else's workflow would do.
const NEEDED: [&str; 5] = ["aud", "sub", "repository_id", "ref", "job_workflow_ref"];
const ACTION: &str = "sts:AssumeRoleWithWebIdentity";

/// Returns how a role's trust policy admits more than tokens of our workflows, a sentence each. `provider_arn` is the
/// identity provider for GitHub's tokens.
pub fn trusts_too_much(trust: &Value, provider_arn: &str) -> Vec<String> {
    let statements = match &trust["Statement"] {
        Value::Array(statements) => statements.as_slice(),
        one @ Value::Object(_) => std::slice::from_ref(one),
        _ => return vec!["the trust policy has no statement that can be read".to_owned()],
    };
    let allowing = statements.iter().enumerate().filter(|(_, statement)| statement["Effect"] != "Deny");
    allowing.flat_map(|(index, statement)| of_statement(index, statement, provider_arn)).collect()
}

fn of_statement(index: usize, statement: &Value, provider_arn: &str) -> Vec<String> {
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
    if !missing.is_empty() {
        say(format!("does not ask for the {} of the token by StringEquals", missing.join(", ")));
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
mod tests {
    use serde_json::json;

    use super::*;
    use crate::assets::{OidcClaims, oidc_trust};
    use crate::domain::names::Names;

    const PROVIDER: &str = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";

    fn granter() -> Value {
        let claims = OidcClaims {
            account_id: "123456789012".to_owned(),
            partition: "aws".to_owned(),
            organization: "acme".to_owned(),
            repository: "tools".to_owned(),
            repository_id: "42".to_owned(),
            default_branch: "main".to_owned(),
            subject_prefix: "repo:acme@1/tools@42".to_owned(),
            environment: true,
            dispatchers: vec!["getport-io[bot]".to_owned()],
        };
        oidc_trust(&Names::default(), &claims).unwrap().granter
    }

    #[test]
    fn what_init_writes_trusts_our_workflows_alone() {
        assert_eq!(trusts_too_much(&granter(), PROVIDER), Vec::<String>::new());
    }

    #[test]
    fn each_thing_that_opens_it_is_told() {
        let opened = |change: &dyn Fn(&mut Value)| {
            let mut trust = granter();
            change(&mut trust);
            trusts_too_much(&trust, PROVIDER).join("\n")
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
