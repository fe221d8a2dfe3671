//! The rules file as it stands: its first rule, to be shown, or why no grant can be decided by it.

use super::finding::{Finding, Severity};
use super::first_rule::first_rule;
use crate::domain::rules::Rules;

/// What the rules file on the default branch says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RulesFile {
    /// The lines of its first rule; none when it holds none, or cannot be used.
    pub first_rule: Option<String>,
    /// What its trust proves, in a sentence; none when it cannot be used.
    pub trust_sentence: Option<&'static str>,
    /// Why it cannot be used; none when it can.
    pub unusable: Option<Finding>,
}

impl RulesFile {
    /// Reads the `text` of the file `path` on `branch`, as the grant workflow will.
    pub fn read(path: &str, branch: &str, text: &str) -> Self {
        let error = match Rules::parse(text) {
            Ok(rules) => {
                let trust_sentence = Some(rules.trust.what_it_proves());
                return Self { first_rule: first_rule(text), trust_sentence, unusable: None };
            }
            Err(error) => error,
        };
        let mistakes: Vec<String> = error.mistakes.iter().map(ToString::to_string).collect();
        let unusable = Finding::new(
            Severity::Warning,
            "rules-unusable",
            format!("every grant is refused, since {path} cannot be used: {}", mistakes.join("; ")),
            format!("mend {path} on the branch {branch}"),
        );
        Self { first_rule: None, trust_sentence: None, unusable: Some(unusable) }
    }
}

#[cfg(test)]
mod tests {
    use super::RulesFile;

    const FILE: &str = "version: 1\naccounts:\n  \"123456789012\": {}\ntrust:\n  mode: account\nrules: []\n";

    #[test]
    fn a_file_that_can_be_used_is_no_finding_even_without_a_rule() {
        let read = RulesFile::read("rules.yaml", "main", FILE);
        assert_eq!((read.first_rule, read.unusable), (None, None));
    }

    #[test]
    fn the_trust_of_the_file_is_told_whichever_it_is() {
        let sentence = |file: &str| RulesFile::read("rules.yaml", "main", file).trust_sentence.unwrap_or_default();
        assert!(sentence(FILE).contains("proves nothing about the requester"));
        assert!(sentence(&FILE.replace("account\nrules", "iam-user\n  name: email\nrules")).contains("IAM user"));
    }

    #[test]
    fn every_mistake_is_told_with_its_line_and_no_rule_is_shown() {
        let broken = FILE.replace("version: 1", "version: 2").replace("mode: account", "mode: nobody");
        let read = RulesFile::read("rules.yaml", "main", &broken);
        let finding = read.unusable.unwrap();
        assert!(finding.message.contains("line 1: ") && finding.message.contains("; line 5: "), "{finding}");
        assert_eq!((finding.remedy.as_str(), read.first_rule), ("mend rules.yaml on the branch main", None));
    }

    #[test]
    fn a_file_that_is_no_yaml_or_is_empty_cannot_be_used() {
        for text in ["", "rules: [", "- name: one\n"] {
            assert!(RulesFile::read("rules.yaml", "main", text).unusable.is_some(), "{text:?}");
        }
    }
}
