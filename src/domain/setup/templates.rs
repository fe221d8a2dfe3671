//! The templates of the policies, which are the operator's: what somebody has changed in them is shown and stays, and what no
//! grant could be made from is told.

use super::plan::{Outcome, Step, System};
use super::seen::RepositorySeen;
use super::subject::Thing;
use super::text_difference::difference;
use super::wanted::{Wanted, WantedFile};
use crate::domain::decision::{policy_template, trust_template};
use crate::domain::names::Names;
use crate::domain::own_command::shell_word;
use crate::domain::rules::Rules;

/// A template that is not as this program writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateSeen {
    /// What it holds; none when that is no text.
    pub text: Option<String>,
    /// Why every grant is refused for it, where that is so.
    pub unusable: Option<String>,
}

impl TemplateSeen {
    /// Reads the text of the template at a path, as the grant workflow will with these rules.
    pub fn read(names: &Names, path: &str, text: Option<String>, rules: &str) -> Self {
        let Some(read) = text.as_deref() else {
            return Self { text: None, unusable: Some("is no text".to_owned()) };
        };
        let refusal = if path == names.policy_template_path {
            // Rules that nobody can read stop every grant by themselves, and are told elsewhere.
            Rules::parse(rules).ok().and_then(|rules| policy_template(Some(read), rules.template_may_widen).err())
        } else {
            trust_template(Some(read)).err()
        };
        Self { unusable: refusal.map(|refusal| refusal.reason), text }
    }
}

/// Returns the paths of the templates.
pub fn template_paths(names: &Names) -> [&str; 2] {
    [&names.policy_template_path, &names.trust_template_path]
}

/// Returns the step of each template that is not as this program writes it.
pub(super) fn steps(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Vec<Step> {
    let templates = seen.into_iter().flat_map(|seen| &seen.templates);
    let ours = |path: &String| wanted.files.iter().find(|file| file.path == *path);
    templates.filter_map(|(path, found)| Some(step(wanted, ours(path)?, found))).collect()
}

fn step(wanted: &Wanted, file: &WantedFile, found: &TemplateSeen) -> Step {
    let path = &file.path;
    let outcome = match &found.unusable {
        None => Outcome::Keep,
        Some(reason) => Outcome::Left {
            reason: format!("every grant is refused, since it {reason}"),
            remedy: format!(
                "gh browse {} --branch {} --repo {}/{} (mend it there; where it is deleted, `port-iam init` writes it anew)",
                shell_word(path),
                shell_word(&wanted.default_branch),
                wanted.owner,
                wanted.repository
            ),
        },
    };
    let mut lines = difference(path, found.text.as_deref(), &file.contents);
    if outcome == Outcome::Keep {
        lines.insert(0, "  it is yours, and stays; from it to what this program writes:".to_owned());
    }
    Step { system: System::GitHub, subject: Thing::Template(path.clone()).into(), lines, files: Vec::new(), outcome }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = "version: 1\naccounts:\n  \"123456789012\": {}\ntrust:\n  mode: account\nrules: []\n";
    const FRAME: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":[]}]}"#;
    const WIDER: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[],"Resource":[]},
        {"Effect":"Allow","Action":"ec2:DescribeInstances","Resource":"*"}]}"#;

    fn unusable(path: fn(&Names) -> &String, text: &str, rules: &str) -> Option<String> {
        let names = Names::default();
        TemplateSeen::read(&names, path(&names), Some(text.to_owned()), rules).unusable
    }

    #[test]
    fn a_template_is_judged_as_a_grant_judges_it() {
        let policy: fn(&Names) -> &String = |names| &names.policy_template_path;
        assert_eq!(unusable(policy, FRAME, RULES), None);
        assert!(unusable(policy, "{ not json", RULES).unwrap().starts_with("is not JSON"));
        assert_eq!(unusable(policy, WIDER, RULES).unwrap(), "has a further statement that does not deny");
        assert_eq!(unusable(policy, WIDER, "version: 7\n"), None, "nobody knows what the rules permit");
        let trust: fn(&Names) -> &String = |names| &names.trust_template_path;
        assert!(unusable(trust, "{ not json", "version: 7\n").unwrap().starts_with("is not JSON"));
        let names = Names::default();
        let no_text = TemplateSeen::read(&names, &names.trust_template_path, None, RULES);
        assert_eq!(no_text.unusable.unwrap(), "is no text");
    }
}
