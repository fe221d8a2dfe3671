//! The accounts in a rules file that `init` wrote, and one more of them.

use super::generated::{as_first_written, first_version};
use crate::domain::identifier::AccountId;
use crate::domain::rules::Rules;

/// Returns the text of a rules file with one more account, with resources in this region; none when it names the account
/// already.
///
/// # Errors
///
/// Returns the lines that have to be added where the file is no longer as `init` wrote it: then it is its owner's.
pub fn with_account(text: &str, account: &AccountId, region: &str) -> Result<Option<String>, Vec<String>> {
    const HEAD: &str = "\naccounts:\n";
    let entry = entry(account, region);
    let lines = || entry.lines().map(|line| format!("+ {line}")).collect();
    let known = Rules::parse(text).map_err(|_| lines())?.accounts;
    if known.contains_key(account) {
        return Ok(None);
    }
    let Some(written) = as_first_written(text).filter(|text| text.contains(HEAD)) else { return Err(lines()) };
    let with = first_version(&written.replacen(HEAD, &format!("{HEAD}{entry}"), 1));
    // Whatever the form of the text: it is to say what was meant, and nothing else.
    let meant = Rules::parse(&with).is_ok_and(|rules| rules.accounts.len() == known.len() + 1);
    if meant { Ok(Some(with)) } else { Err(lines()) }
}

fn entry(account: &AccountId, region: &str) -> String {
    format!("  \"{account}\":\n    regions: [\"{region}\"]\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "version: 1\n\naccounts:\n  \"123456789012\":\n    regions: [\"us-east-1\"]\n\ntrust:\n  mode: account\nrules: []\n";

    fn id(text: &str) -> AccountId {
        AccountId::parse("account", text).unwrap()
    }

    #[test]
    fn accounts_are_added_one_after_the_other_while_nobody_has_edited_the_file() {
        let one = first_version(FIRST);
        let two = with_account(&one, &id("210987654321"), "eu-west-1").unwrap().unwrap();
        let three = with_account(&two, &id("111122223333"), "us-east-1").unwrap().unwrap();
        let accounts = Rules::parse(&three).unwrap().accounts;
        let regions: Vec<&str> =
            accounts.values().flat_map(|account| account.regions.iter().map(String::as_str)).collect();
        assert_eq!((accounts.len(), regions), (3, vec!["us-east-1", "us-east-1", "eu-west-1"]));
        assert_eq!(with_account(&three, &id("210987654321"), "eu-west-1"), Ok(None));
    }

    #[test]
    fn a_file_that_is_its_owner_s_is_left_with_the_lines_that_it_lacks() {
        let one = first_version(FIRST);
        for edited in [one.replace("rules: []", "rules: [] # ours"), FIRST.to_owned(), "x".to_owned()] {
            let lines = with_account(&edited, &id("210987654321"), "eu-west-1").unwrap_err();
            assert_eq!(lines, ["+   \"210987654321\":", "+     regions: [\"eu-west-1\"]"], "{edited}");
        }
    }
}
