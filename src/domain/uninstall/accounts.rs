//! Accounts besides those that were looked at. Grants there would lose Port, their workflows and the sweep.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::role_arn::RoleArn;
use crate::domain::rules::Rules;

/// What tells a workflow the roles of further accounts.
const ROLES: &str = "PORT_IAM_FURTHER_AWS_ROLE_ARNS";

/// A file of the default branch that may name accounts: its path and its text; none where it is no text.
pub type Naming = (String, Option<String>);

/// Returns why nothing may be removed: the rules file or a workflow names an account that is not among the `known`, those
/// that were looked at and those that the operator leaves, or cannot be read, so that nobody knows which it names. A file
/// that is missing names none.
pub fn further_accounts(rules: Option<&Naming>, workflows: &[Naming], known: &BTreeSet<AccountId>) -> Option<Refusal> {
    let mut unreadable: Vec<&str> = Vec::new();
    let mut of_rules: BTreeSet<AccountId> = BTreeSet::new();
    let mut of_workflows: BTreeSet<AccountId> = BTreeSet::new();
    if let Some((path, text)) = rules {
        match text.as_ref().and_then(|text| Rules::parse(text).ok()) {
            Some(rules) => of_rules.extend(rules.accounts.into_keys()),
            None => unreadable.push(path),
        }
    }
    for (path, text) in workflows {
        let document = text.as_ref().and_then(|text| serde_saphyr::from_str::<Value>(text).ok());
        match document.and_then(|document| named_in(&document)) {
            Some(accounts) => of_workflows.extend(accounts),
            None => unreadable.push(path),
        }
    }
    of_workflows.retain(|account| !of_rules.contains(account));
    let mut reasons: Vec<String> = Vec::new();
    for (who, accounts) in [("the rules file names", of_rules), ("the workflows name", of_workflows)] {
        let others: Vec<&str> =
            accounts.iter().filter(|account| !known.contains(account)).map(AccountId::as_str).collect();
        if !others.is_empty() {
            reasons.push(format!("{who} {}, at which these credentials cannot look", others.join(", ")));
        }
    }
    let mut remedies: Vec<&str> = Vec::new();
    if !reasons.is_empty() {
        remedies.push(
            "name a profile with credentials of each, `--account-profile ID=PROFILE`; or, sure that nobody shall have access \
             there any more, leave it as it is with `--leave-account ID`",
        );
    }
    if !unreadable.is_empty() {
        let files = unreadable.join(", ");
        reasons.push(format!("{files}: cannot be read, and nobody knows whether further accounts are named there"));
        remedies.push(
            "mend each file that cannot be read; or, sure that it names no further account, delete it from the default \
             branch",
        );
    }
    (!reasons.is_empty())
        .then(|| Refusal::new(RefusalCode::FurtherAccounts, "accounts", reasons.join("; "), remedies.join("; ")))
}

/// Returns the accounts whose roles a part of a workflow names; none where that cannot be told.
fn named_in(part: &Value) -> Option<BTreeSet<AccountId>> {
    let mut named = BTreeSet::new();
    match part {
        Value::Object(keys) => {
            for (key, value) in keys {
                named.extend(if key == ROLES { of_roles(value.as_str()?)? } else { named_in(value)? });
            }
        }
        Value::Array(parts) => {
            for part in parts {
                named.extend(named_in(part)?);
            }
        }
        // A script that somebody has written sets it.
        Value::String(text) if text.contains(ROLES) => return None,
        _ => {}
    }
    Some(named)
}

fn of_roles(text: &str) -> Option<BTreeSet<AccountId>> {
    let roles = text.split(',').map(str::trim).filter(|role| !role.is_empty());
    roles.map(|role| Some(RoleArn::parse(ROLES, role).ok()?.account().clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(rules: Option<&str>, workflow: Option<&str>) -> String {
        let naming = |path: &str, text: &str| (path.to_owned(), Some(text.to_owned()));
        let rules = rules.map(|text| naming("rules.yaml", text));
        let workflows: Vec<Naming> = workflow.map(|text| naming("sweep.yaml", text)).into_iter().collect();
        let known = ["123456789012", "333344445555"].map(|id| AccountId::parse("account", id).unwrap());
        further_accounts(rules.as_ref(), &workflows, &known.into())
            .map(|refusal| refusal.to_string())
            .unwrap_or_default()
    }

    fn env(value: &str) -> String {
        format!("jobs:\n  sweep:\n    steps:\n      - run: port-iam sweep\n        env:\n          {ROLES}: {value}\n")
    }

    #[test]
    fn without_files_and_without_a_further_role_nothing_stands_in_the_way() {
        assert_eq!(judged(None, None), "");
        assert_eq!(judged(None, Some("jobs:\n  sweep:\n    steps:\n      - run: port-iam sweep\n")), "");
        assert_eq!(judged(None, Some(&env("\"arn:aws:iam::123456789012:role/port-iam-revoker\""))), "");
        assert_eq!(judged(None, Some(&env("\"arn:aws:iam::333344445555:role/port-iam-revoker\""))), "");
        assert_eq!(judged(None, Some(&format!("# {ROLES}: was here\non: push\n"))), "");
    }

    #[test]
    fn an_account_that_a_workflow_alone_names_stands_in_the_way() {
        let two = "\"arn:aws:iam::111122223333:role/a/r,arn:aws:iam::210987654321:role/r\"";
        let refused = judged(None, Some(&env(two)));
        assert!(refused.contains("the workflows name 111122223333, 210987654321, at which"), "{refused}");
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_naming_none() {
        for workflow in [
            env("${{ vars.ROLES }}"),
            env("[\"arn:aws:iam::210987654321:role/r\"]"),
            env("arn:aws:iam::2:role/r"),
            format!("jobs:\n  sweep:\n    steps:\n      - run: |\n          export {ROLES}=x\n"),
            "jobs: [\n".to_owned(),
        ] {
            let refused = judged(None, Some(&workflow));
            assert!(refused.contains("sweep.yaml: cannot be read"), "{workflow}: {refused}");
        }
        let refused = judged(Some("version: 2\n"), None);
        assert!(refused.contains("rules.yaml: cannot be read"), "{refused}");
    }
}
