//! Which of Port's kinds of users are people's.

use serde_saphyr::Spanned;

use super::mistake::Mistakes;

/// What names a machine in whatever words: no list makes a person of it.
const OF_MACHINES: [&str; 5] = ["service", "machine", "bot", "integration", "automation"];

/// Returns the kinds of `kinds-of-people`, as Port spells them.
pub(super) fn kinds_of_people(entries: &[Spanned<String>], mistakes: &mut Mistakes) -> Vec<String> {
    for entry in entries {
        let kind = entry.value.to_ascii_lowercase();
        if kind.trim().is_empty() {
            mistakes.note(entry, "`kinds-of-people` names kinds as Port tells them, such as `STANDARD`");
        } else if OF_MACHINES.iter().any(|word| kind.contains(word)) {
            mistakes.note(entry, format!("{:?} is a kind of machines: a grant is a person's", entry.value));
        }
    }
    entries.iter().map(|entry| entry.value.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Rules;

    fn parsed(kinds: &str) -> Result<Vec<String>, String> {
        let text = format!(
            "version: 1\naccounts: {{\"123456789012\": {{}}}}\ntrust: {{mode: account}}\nkinds-of-people: {kinds}\nrules: []\n"
        );
        Rules::parse(&text).map(|rules| rules.kinds_of_people).map_err(|error| error.to_string())
    }

    #[test]
    fn kinds_are_as_port_tells_them_and_none_is_a_machine_s() {
        assert_eq!(parsed("[EXTERNAL, Contractor]").unwrap(), ["EXTERNAL", "Contractor"]);
        for machine in ["SERVICE_ACCOUNT", "Service Account", "machine", "ci-bot", "INTEGRATION", "Automation"] {
            let told = parsed(&format!("[\"{machine}\"]")).unwrap_err();
            assert!(told.contains("a kind of machines") && told.contains("line 4"), "{told}");
        }
        for nothing in ["[\"\"]", "[\" \"]"] {
            assert!(parsed(nothing).unwrap_err().contains("as Port tells them"));
        }
    }
}
