//! Which account the workflows on the default branch are set up in.

use std::collections::BTreeMap;

use crate::domain::identifier::AccountId;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::workflow_literal::literal;

/// What the workflows of an installation over several accounts name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// The account that they are set up in.
    pub account: AccountId,
    /// Its region, where they name one.
    pub region: Option<String>,
}

impl Home {
    /// Returns what the workflows name, each given by its path and its text; none where there is no workflow.
    ///
    /// # Errors
    ///
    /// Refuses workflows of which none names an account, or that name several: a guess would move the whole installation.
    pub fn of(workflows: &[(String, String)]) -> Result<Option<Self>, Refusal> {
        if workflows.is_empty() {
            return Ok(None);
        }
        let account = |text: &str| literal(text, "AWS_ACCOUNT_ID").and_then(|id| AccountId::parse("account", &id).ok());
        let named: BTreeMap<AccountId, &str> =
            workflows.iter().filter_map(|(path, text)| Some((account(text)?, path.as_str()))).collect();
        let told: Vec<String> = named.iter().map(|(account, path)| format!("{path} names {account}")).collect();
        let mut accounts = named.into_keys();
        match (accounts.next(), accounts.next()) {
            (Some(account), None) => {
                let region = workflows.iter().find_map(|(_, text)| literal(text, "AWS_REGION"));
                Ok(Some(Self { account, region }))
            }
            (None, _) => {
                let paths: Vec<&str> = workflows.iter().map(|(path, _)| path.as_str()).collect();
                Err(unknown(format!("none of {} names the account that it is set up in", paths.join(", "))))
            }
            (Some(_), Some(_)) => Err(unknown(format!("the workflows name several: {}", told.join(", ")))),
        }
    }
}

fn unknown(reason: String) -> Refusal {
    let remedy = "write `AWS_ACCOUNT_ID: \"ACCOUNT\"` back into them, with the account in which the first `port-iam init` set them up (`git log -p .github/workflows` shows it), and run it again";
    Refusal::new(RefusalCode::HomeUnknown, "accounts", reason, remedy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Result<Option<Home>, Refusal> {
        let workflow = |(index, text): (usize, &&str)| (format!("{index}.yaml"), (*text).to_owned());
        Home::of(&texts.iter().enumerate().map(workflow).collect::<Vec<_>>())
    }

    #[test]
    fn any_workflow_tells_the_home_in_whatever_quotes() {
        let ours = "AWS_ACCOUNT_ID: \"123456789012\"\n  AWS_REGION: \"eu-west-1\"\n";
        for texts in [
            &[ours][..],
            &[&ours.replace('"', "'")],
            &[&ours.replace('"', "")],
            &["on: push\n", ours],
            &["AWS_ACCOUNT_ID: ${{ vars.ACCOUNT }}\n", "AWS_ACCOUNT_ID: \"12\"\n", ours],
            &[ours, ours, ours],
        ] {
            let home = of(texts).unwrap().unwrap();
            assert_eq!(
                (home.account.as_str(), home.region.as_deref()),
                ("123456789012", Some("eu-west-1")),
                "{texts:?}"
            );
        }
        assert_eq!(of(&[]), Ok(None));
    }

    #[test]
    fn a_home_that_is_not_told_or_told_twice_is_never_guessed() {
        let refused = of(&["on: push\n", "AWS_ACCOUNT_ID: ${{ vars.ACCOUNT }}\n"]).unwrap_err();
        assert_eq!(refused.code.as_str(), "home-unknown");
        assert!(refused.reason.contains("0.yaml, 1.yaml"), "{refused}");
        let refused = of(&["AWS_ACCOUNT_ID: '210987654321'\n", "AWS_ACCOUNT_ID: '123456789012'\n"]).unwrap_err();
        assert_eq!(refused.code.as_str(), "home-unknown");
        assert!(refused.reason.contains("1.yaml names 123456789012, 0.yaml names 210987654321"), "{refused}");
    }
}
