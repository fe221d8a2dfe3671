//! Commands of this program as somebody can paste them: whoever reads a hint is not asked to remember which of several
//! installations it was about.

/// Commands that are about an installation, whose prefix they need.
const VERBS: [&str; 18] = [
    "init",
    "plan",
    "seed",
    "request",
    "extend",
    "return",
    "revoke",
    "list",
    "show",
    "credentials",
    "sweep",
    "rotate",
    "policy",
    "aws",
    "audit",
    "report",
    "doctor",
    "uninstall",
];
/// Commands that take the repository as `--github-org` and `--repository`.
const WITH_OWNER: [&str; 4] = ["init", "plan", "doctor", "uninstall"];
/// Commands that take it as `--repository OWNER/NAME`.
const WITH_PATH: [&str; 2] = ["sweep", "rotate"];
/// Commands that take what `init` was told about the installation.
const SETTING_UP: [&str; 2] = ["init", "plan"];
/// Commands that look at AWS with the credentials that flags name.
const WITH_PROFILES: [&str; 3] = ["init", "plan", "doctor"];
/// Flags that say whose AWS credentials are meant.
const PROFILES: [&str; 2] = ["--aws-profile", "--account-profile"];
const PROGRAM: &str = "port-iam ";

/// How this program is called for one installation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    prefix: String,
    owner: Option<String>,
    repository: Option<String>,
    /// What else was said about the installation, as flags and their values; an empty one is a flag alone.
    said: Vec<(&'static str, String)>,
}

impl Invocation {
    /// Returns how it is called for the installation of this prefix, empty for the first.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..Self::default() }
    }

    /// Returns the same for a repository, of which the name may bring its owner along.
    #[must_use]
    pub fn at(mut self, owner: Option<&str>, repository: Option<&str>) -> Self {
        let (brought, name) = match repository.and_then(|repository| repository.split_once('/')) {
            Some((owner, name)) => (Some(owner), Some(name)),
            None => (None, repository),
        };
        self.owner = brought.or(owner).map(str::to_owned);
        self.repository = name.map(str::to_owned);
        self
    }

    /// Returns the same with what else was said about the installation.
    #[must_use]
    pub fn saying(mut self, said: Vec<(&'static str, String)>) -> Self {
        self.said = said;
        self
    }

    /// Returns the command of these words, such as `seed --yes`, whole.
    pub fn command(&self, words: &str) -> String {
        self.completed(&format!("{PROGRAM}{words}"))
    }

    /// Returns `text` with every command of this program in it made whole. What a command says itself stays.
    pub fn completed(&self, text: &str) -> String {
        let mut parts = text.split(PROGRAM);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let begins_a_word =
                !whole.ends_with(|before: char| before.is_ascii_alphanumeric() || "-_/.".contains(before));
            let verb: String = part.chars().take_while(char::is_ascii_lowercase).collect();
            let ends_there =
                !part[verb.len()..].starts_with(|after: char| after.is_ascii_alphanumeric() || "-_/.:".contains(after));
            whole.push_str(PROGRAM);
            if begins_a_word && ends_there && VERBS.contains(&verb.as_str()) {
                let rest = &part[verb.len()..];
                let own = rest.split(['`', '\n', ';']).next().unwrap_or_default();
                if !self.prefix.is_empty() {
                    whole.push_str(&format!("--prefix {} ", self.prefix));
                }
                whole.push_str(&verb);
                for (flag, value) in self.flags(&verb) {
                    let is_of_others = PROFILES.contains(&flag) && leaves_aws_out(own);
                    if !is_of_others && !own.split_whitespace().any(|word| word == flag) {
                        whole.push_str(&format!(" {flag}"));
                        if !value.is_empty() {
                            whole.push_str(&format!(" {}", shell_word(&value)));
                        }
                    }
                }
                whole.push_str(rest);
            } else {
                whole.push_str(part);
            }
        }
        whole
    }

    /// Returns the flags that a command takes of what is known.
    fn flags(&self, verb: &str) -> Vec<(&'static str, String)> {
        let mut flags = Vec::new();
        if WITH_OWNER.contains(&verb) {
            flags.extend(self.owner.clone().map(|owner| ("--github-org", owner)));
            flags.extend(self.repository.clone().map(|name| ("--repository", name)));
        }
        if WITH_PATH.contains(&verb)
            && let (Some(owner), Some(name)) = (&self.owner, &self.repository)
        {
            flags.push(("--repository", format!("{owner}/{name}")));
        }
        let is_taken = |flag: &str| {
            let verbs: &[&str] = if PROFILES.contains(&flag) { &WITH_PROFILES } else { &SETTING_UP };
            verbs.contains(&verb)
        };
        flags.extend(self.said.iter().filter(|(flag, _)| is_taken(flag)).cloned());
        flags
    }
}

/// Returns whether these words of a command name the part of an administrator who has no credentials of AWS.
fn leaves_aws_out(words: &str) -> bool {
    let systems = words.split_whitespace().skip_while(|word| *word != "--only").nth(1);
    systems.is_some_and(|systems| !systems.split(',').any(|system| system == "aws"))
}

/// Returns a value of somebody else's as one word of a shell: these commands are copied into one.
pub fn shell_word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "-_./:@%+=,".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second() -> Invocation {
        let said = vec![("--approval", "any".to_owned()), ("--approvers", "team:The Leads".to_owned())];
        Invocation::new("team-a").at(Some("acme"), Some("team-a-permissions")).saying(said)
    }

    #[test]
    fn a_command_names_the_installation_as_far_as_it_takes_it() {
        let place = "--github-org acme --repository team-a-permissions";
        assert_eq!(second().command("seed --yes"), "port-iam --prefix team-a seed --yes");
        assert_eq!(second().command("doctor"), format!("port-iam --prefix team-a doctor {place}"));
        assert_eq!(
            second().command("init --only github"),
            format!("port-iam --prefix team-a init {place} --approval any --approvers 'team:The Leads' --only github")
        );
        assert_eq!(
            second().command("sweep --dry-run"),
            "port-iam --prefix team-a sweep --repository acme/team-a-permissions --dry-run"
        );
        assert_eq!(Invocation::default().command("init --adopt"), "port-iam init --adopt");
    }

    #[test]
    fn a_flag_without_a_value_stands_alone() {
        let invocation = Invocation::new("").saying(vec![("--no-page", String::new())]);
        assert_eq!(invocation.command("init --yes"), "port-iam init --no-page --yes");
    }

    #[test]
    fn whose_aws_credentials_are_meant_is_said_where_those_are_used_and_to_nobody_else() {
        let said = vec![("--aws-profile", "payments".to_owned()), ("--no-page", String::new())];
        let invocation = Invocation::new("").saying(said);
        assert_eq!(
            invocation.command("init --aws-setup"),
            "port-iam init --aws-profile payments --no-page --aws-setup"
        );
        assert_eq!(invocation.command("init --only aws"), "port-iam init --aws-profile payments --no-page --only aws");
        assert_eq!(invocation.command("doctor --security"), "port-iam doctor --aws-profile payments --security");
        for theirs in ["github", "port,github"] {
            let command = invocation.command(&format!("init --only {theirs}"));
            assert_eq!(command, format!("port-iam init --no-page --only {theirs}"));
        }
    }

    #[test]
    fn what_a_command_says_itself_stays() {
        let own = "port-iam --prefix team-a init --github-org acme --approvers 'team:The Leads' --repository other --approval all";
        assert_eq!(second().command("init --repository other --approval all"), own);
        let text = "run `port-iam --prefix b seed`";
        assert_eq!(second().completed(text), text);
    }

    #[test]
    fn every_command_in_a_sentence_is_made_whole_and_nothing_else_is_touched() {
        let text = "first `port-iam show g`, then `port-iam list`; this is ours: managed-by port-iam, /usr/bin/port-iam listed";
        let whole = "first `port-iam --prefix team-a show g`, then `port-iam --prefix team-a list`; this is ours: managed-by port-iam, /usr/bin/port-iam listed";
        assert_eq!(second().completed(text), whole);
        for text in ["", "port-iam", "port-iam demo", "the runtime of port-iam lists", "port-iam-granter"] {
            assert_eq!(second().completed(text), text);
        }
    }

    #[test]
    fn the_name_of_a_repository_may_bring_its_owner_along() {
        let whole = Invocation::new("").at(None, Some("acme/permissions")).command("plan");
        assert_eq!(whole, "port-iam plan --github-org acme --repository permissions");
        assert_eq!(Invocation::new("").at(None, Some("permissions")).command("rotate"), "port-iam rotate");
    }
}
