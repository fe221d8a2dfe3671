//! The accounts in a rules file that `init` wrote, and one more of them.

use crate::domain::identifier::AccountId;
use crate::domain::rules::Rules;

/// The text of a rules file, and what `init` would write today for the first account alone.
#[derive(Clone, Copy, Debug)]
pub struct RulesAccounts<'a> {
    text: &'a str,
    first: &'a str,
}

impl<'a> RulesAccounts<'a> {
    /// Takes the `text` of the file, and the text that `init` writes for one account.
    pub fn of(text: &'a str, first: &'a str) -> Self {
        Self { text, first }
    }

    /// Returns the text with one more account, with resources in this region; none when it names the account already.
    ///
    /// # Errors
    ///
    /// Returns the lines that have to be added where the file is no longer as `init` wrote it: then it is its owner's.
    pub fn with(self, account: &AccountId, region: &str) -> Result<Option<String>, Vec<String>> {
        let entry = entry(account, region);
        let lines = || entry.lines().map(|line| format!("+ {line}")).collect();
        let known = Rules::parse(self.text).map_err(|_| lines())?.accounts;
        if known.contains_key(account) {
            return Ok(None);
        }
        let regions = |id: &AccountId| known.get(id).and_then(|account| account.regions.first().cloned());
        let further = known.keys().filter_map(|id| Some(self::entry(id, &regions(id)?)));
        // What earlier additions have put in is not the owner's.
        let stripped = further
            .filter(|entry| !self.first.contains(entry.as_str()))
            .fold(self.text.to_owned(), |text, entry| text.replacen(&entry, "", 1));
        let head = "\naccounts:\n";
        if stripped != self.first || !self.text.contains(head) {
            return Err(lines());
        }
        let with = self.text.replacen(head, &format!("{head}{entry}"), 1);
        // Whatever the form of the text: it is to say what was meant, and nothing else.
        let meant = Rules::parse(&with).is_ok_and(|rules| rules.accounts.len() == known.len() + 1);
        if meant { Ok(Some(with)) } else { Err(lines()) }
    }
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
        let two = RulesAccounts::of(FIRST, FIRST).with(&id("210987654321"), "eu-west-1").unwrap().unwrap();
        let three = RulesAccounts::of(&two, FIRST).with(&id("111122223333"), "us-east-1").unwrap().unwrap();
        let accounts = Rules::parse(&three).unwrap().accounts;
        let regions: Vec<&str> =
            accounts.values().flat_map(|account| account.regions.iter().map(String::as_str)).collect();
        assert_eq!((accounts.len(), regions), (3, vec!["us-east-1", "us-east-1", "eu-west-1"]));
        assert_eq!(RulesAccounts::of(&three, FIRST).with(&id("210987654321"), "eu-west-1"), Ok(None));
        assert_eq!(three.replacen("  \"111122223333\":\n    regions: [\"us-east-1\"]\n", "", 1), two);
    }

    #[test]
    fn a_file_that_is_its_owner_s_is_left_with_the_lines_that_it_lacks() {
        for edited in
            [FIRST.replace("rules: []", "rules: [] # ours"), FIRST.replace("us-east-1", "us-west-2"), "x".to_owned()]
        {
            let lines = RulesAccounts::of(&edited, FIRST).with(&id("210987654321"), "eu-west-1").unwrap_err();
            assert_eq!(lines, ["+   \"210987654321\":", "+     regions: [\"eu-west-1\"]"], "{edited}");
        }
    }
}
