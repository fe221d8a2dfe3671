//! Which of Port's kinds of users are people's, and what can name a person.

use serde_saphyr::Spanned;

use super::mistake::Mistakes;
use crate::domain::printable::is_hidden;

/// What names a machine in whatever words: no list makes a person of it. Port documents no words for its kinds.
const OF_MACHINES: [&str; 11] = [
    "service",
    "machine",
    "bot",
    "integration",
    "automation",
    "client",
    "agent",
    "system",
    "token",
    "credential",
    "webhook",
];
/// Words that are of machines as a whole word alone: `MAIL`, `THERAPIST` and `APPRENTICE` are none of them.
const WHOLE_WORDS: [&str; 4] = ["ai", "api", "app", "key"];

/// Returns the kinds of `kinds-of-people`, as Port spells them.
pub(super) fn kinds_of_people(entries: &[Spanned<String>], mistakes: &mut Mistakes) -> Vec<String> {
    for entry in entries {
        let kind = entry.value.to_ascii_lowercase();
        // One with a blank around it is no kind that Port ever tells.
        if kind.is_empty() || kind.trim() != kind {
            mistakes.note(entry, "`kinds-of-people` names kinds as Port tells them, such as `STANDARD`");
        } else if is_of_machines(&kind) {
            mistakes.note(entry, format!("{:?} is a kind of machines: a grant is a person's", entry.value));
        }
    }
    entries.iter().map(|entry| entry.value.clone()).collect()
}

/// Returns whether a text can be an e-mail address: it holds an `@`, and nothing blank or that does not show.
pub fn is_address(text: &str) -> bool {
    text.contains('@') && !text.contains(char::is_whitespace) && !text.contains(is_hidden)
}

fn is_of_machines(kind: &str) -> bool {
    let mut words = kind.split(|character: char| !character.is_alphanumeric());
    OF_MACHINES.iter().any(|word| kind.contains(word)) || words.any(|word| WHOLE_WORDS.contains(&word))
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
        assert_eq!(parsed("[EXTERNAL, Apprentice, THERAPIST]").unwrap(), ["EXTERNAL", "Apprentice", "THERAPIST"]);
        for machine in [
            "SERVICE_ACCOUNT",
            "Service Account",
            "machine",
            "ci-bot",
            "INTEGRATION",
            "Automation",
            "API_CLIENT",
            "AI_AGENT",
            "AI",
            "APP",
            "GITHUB_APP",
            "SYSTEM",
            "TOKEN",
            "access-key",
        ] {
            let told = parsed(&format!("[\"{machine}\"]")).unwrap_err();
            assert!(told.contains("a kind of machines") && told.contains("line 4"), "{told}");
        }
        assert_eq!(parsed("[MAILBOX, Monkey]").unwrap(), ["MAILBOX", "Monkey"]);
        for nothing in ["[\"\"]", "[\" \"]", "[\"EXTERNAL \"]", "[\" EXTERNAL\"]", "[\"EXTERNAL\\t\"]"] {
            assert!(parsed(nothing).unwrap_err().contains("as Port tells them"));
        }
    }
}
