//! The trust policy that `init --aws-setup` would write for a role, and how what a live one asks for differs from it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The trust policy that `init --aws-setup` would write for a role.
#[derive(Clone, Debug)]
pub struct WrittenTrust {
    /// The document.
    pub document: Value,
    /// Whether GitHub makes the subject of the tokens of somebody's own template, so that what it says is not known.
    pub has_custom_subject: bool,
}

impl WrittenTrust {
    /// Returns how the `StringEquals` of a live statement differs; sentences that go on from "statement 1 of the trust
    /// policy". What it asks for besides only narrows.
    pub(super) fn differences(&self, live: &Map<String, Value>) -> Vec<String> {
        let written = self.document["Statement"][0]["Condition"]["StringEquals"].as_object();
        let Some(written) = written.filter(|written| !written.is_empty()) else {
            return vec!["cannot be compared: what is written asks for nothing".to_owned()];
        };
        let mut sentences = Vec::new();
        let missing: Vec<&str> = written.keys().filter(|key| !live.contains_key(*key)).map(|key| claim(key)).collect();
        if !missing.is_empty() {
            sentences.push(format!("does not ask for the {} of the token by StringEquals", missing.join(", ")));
        }
        for (key, wanted) in written {
            let Some(is) = live.get(key) else { continue };
            if claim(key) == "sub" && self.has_custom_subject {
                if values(is).len() != 1 {
                    sentences.push("does not ask for one sub alone".to_owned());
                }
            } else if values(is) != values(wanted) {
                sentences.push(format!("asks for the {} {is}, and not for {wanted}", claim(key)));
            }
        }
        sentences
    }
}

/// Returns the claim that a condition key names.
fn claim(key: &str) -> &str {
    key.rsplit(':').next().unwrap_or(key)
}

/// Returns the values that a condition lets a claim have: a list of one is that one, and the order says nothing.
fn values(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(values) => values.iter().map(ToString::to_string).collect(),
        one => BTreeSet::from([one.to_string()]),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::role_trust::tests::{PROVIDER, both, claims};
    use super::super::{Job, Ours, trusts_too_much};
    use super::*;
    use crate::assets::{OidcClaims, oidc_trust};
    use crate::domain::names::Names;
    use crate::domain::setup::SecretStore;

    fn written(document: Value) -> WrittenTrust {
        WrittenTrust { document, has_custom_subject: false }
    }

    fn told(job: Job, live: &Value, written: &WrittenTrust) -> Vec<String> {
        let names = Names::default();
        trusts_too_much(
            live,
            PROVIDER,
            Ours { job, names: &names, repository: Some("acme/tools"), written: Ok(written) },
        )
    }

    fn set(trust: &mut Value, claim: &str, value: Value) {
        trust["Statement"][0]["Condition"]["StringEquals"][format!("token.actions.githubusercontent.com:{claim}")] =
            value;
    }

    #[test]
    fn what_init_writes_is_what_is_written() {
        for store in [claims().store, SecretStore::Repository] {
            let claims = OidcClaims { store, ..claims() };
            let rendered = oidc_trust(&Names::default(), &claims).unwrap();
            for (job, document) in [(Job::Granter, rendered.granter), (Job::Revoker, rendered.revoker)] {
                assert_eq!(told(job, &document, &written(document.clone())), Vec::<String>::new());
            }
        }
    }

    #[test]
    fn each_claim_that_has_another_value_is_told_with_both() {
        let file = "acme/tools/.github/workflows/create-iam-permissions.yaml";
        let (subject, main) = ("repo:acme@1/tools@42", format!("{file}@refs/heads/main"));
        let rows = [
            ("aud", json!("https://evil.example"), json!("sts.amazonaws.com")),
            ("sub", json!(format!("{subject}:ref:refs/heads/evil")), json!(format!("{subject}:environment:port-iam"))),
            ("sub", json!([]), json!(format!("{subject}:environment:port-iam"))),
            ("environment", json!(["port-iam", "other"]), json!("port-iam")),
            ("repository_id", json!("43"), json!("42")),
            ("repository_id", json!(42), json!("42")),
            ("ref", json!("refs/heads/evil"), json!("refs/heads/main")),
            ("ref", json!("refs/heads/Main"), json!("refs/heads/main")),
            ("actor", json!("mallory"), json!("getport-io[bot]")),
            ("actor", json!(["getport-io[bot]", "mallory"]), json!("getport-io[bot]")),
            ("job_workflow_ref", json!(format!("{file}@refs/heads/evil")), json!(main)),
            ("job_workflow_ref", json!([main, format!("{file}@refs/heads/evil")]), json!(main)),
        ];
        for (claim, value, should) in rows {
            let mut live = both().granter;
            set(&mut live, claim, value.clone());
            let sentence =
                format!("statement 1 of the trust policy asks for the {claim} {value}, and not for {should}");
            assert_eq!(told(Job::Granter, &live, &written(both().granter)), [sentence]);
        }
    }

    #[test]
    fn each_claim_that_is_not_asked_for_is_told() {
        let all = ["aud", "sub", "environment", "repository_id", "ref", "actor", "job_workflow_ref"];
        for claim in all {
            let mut live = both().granter;
            let equal = live["Statement"][0]["Condition"]["StringEquals"].as_object_mut().unwrap();
            equal.remove(&format!("token.actions.githubusercontent.com:{claim}")).unwrap();
            let sentence =
                format!("statement 1 of the trust policy does not ask for the {claim} of the token by StringEquals");
            assert_eq!(told(Job::Granter, &live, &written(both().granter)), [sentence]);
        }
        let mut live = both().granter;
        live["Statement"][0]["Condition"] = Value::Null;
        let sentences = told(Job::Granter, &live, &written(both().granter)).join("\n");
        assert!(sentences.contains(&format!("does not ask for the {} of the token", all.join(", "))), "{sentences}");
    }

    #[test]
    fn every_statement_that_allows_is_compared_and_what_narrows_is_fine() {
        let mut live = both().revoker;
        let mut second = live["Statement"][0].clone();
        live["Statement"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "Effect": "Deny", "Principal": "*", "Action": "sts:*" }));
        let equal = &mut live["Statement"][0]["Condition"];
        equal["DateLessThan"] = json!({ "aws:CurrentTime": "2027-01-01T00:00:00Z" });
        equal["StringEquals"]["token.actions.githubusercontent.com:runner_environment"] = json!("github-hosted");
        let files = &mut equal["StringEquals"]["token.actions.githubusercontent.com:job_workflow_ref"];
        files.as_array_mut().unwrap().reverse();
        set(&mut live, "ref", json!(["refs/heads/main"]));
        assert_eq!(told(Job::Revoker, &live, &written(both().revoker)), Vec::<String>::new());
        second["Condition"]["StringEquals"]["token.actions.githubusercontent.com:ref"] = json!("refs/heads/evil");
        live["Statement"].as_array_mut().unwrap().push(second);
        assert_eq!(
            told(Job::Revoker, &live, &written(both().revoker)),
            ["statement 3 of the trust policy asks for the ref \"refs/heads/evil\", and not for \"refs/heads/main\""]
        );
    }

    #[test]
    fn of_a_subject_of_somebody_s_own_only_its_being_one_is_asked() {
        let custom = WrittenTrust { document: both().granter, has_custom_subject: true };
        let mut live = both().granter;
        set(&mut live, "sub", json!("job_workflow_ref:whatever"));
        assert_eq!(told(Job::Granter, &live, &custom), Vec::<String>::new());
        set(&mut live, "actor", json!("mallory"));
        assert_eq!(told(Job::Granter, &live, &custom).len(), 1);
        set(&mut live, "sub", json!(["one", "another"]));
        assert!(told(Job::Granter, &live, &custom)[0].ends_with("does not ask for one sub alone"));
    }

    #[test]
    fn what_cannot_be_compared_is_said_and_is_no_soundness() {
        let names = Names::default();
        let ours = Ours { job: Job::Granter, names: &names, repository: None, written: Err("no reason") };
        let sentence =
            "the trust policy was not compared with the one that `port-iam init --aws-setup` writes: no reason";
        assert_eq!(trusts_too_much(&both().granter, PROVIDER, ours), [sentence]);
        let nobody = json!({ "Statement": [{ "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole" }] });
        assert_eq!(trusts_too_much(&nobody, PROVIDER, ours), Vec::<String>::new());
        let empty = written(json!({ "Statement": [{}] }));
        let sentences = told(Job::Granter, &both().granter, &empty);
        assert!(sentences[0].contains("cannot be compared"), "{sentences:?}");
    }
}
