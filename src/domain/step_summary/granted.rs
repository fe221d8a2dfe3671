//! A grant that is live: who has what on what until when, how to use it, and how to end it.

use jiff::Timestamp;

use super::facts;
use crate::domain::arn::Arn;
use crate::domain::grant::Grant;
use crate::domain::identifier::GrantId;
use crate::domain::markdown::{block, code, folded, link, sentence, text};
use crate::domain::names::Names;
use crate::domain::overview::Hints;
use crate::domain::own_command::Invocation;
use crate::domain::printable::one_line;
use crate::domain::time::{relative, utc};
use crate::domain::trust;

/// Where AWS lets nobody in, it is most often for this.
const OWN_IDENTITY: &str =
    "To assume the role, your own AWS identity needs the requester policy (`port-iam aws requester-policy`).";

/// A grant, as it is told to the people whom it concerns.
#[derive(Clone, Copy, Debug)]
pub struct GrantTold<'a> {
    /// The grant.
    pub grant: &'a Grant,
    /// The installation.
    pub names: &'a Names,
    /// AWS's time when it went live.
    pub now: Timestamp,
    /// The region of the workflow, for whoever has none.
    pub region: Option<&'a str>,
    /// Whether an earlier attempt had already done everything.
    pub was_live: bool,
    /// What else has to be known, a sentence.
    pub note: Option<&'a str>,
}

impl GrantTold<'_> {
    /// Returns the summary of the step.
    pub fn markdown(&self) -> String {
        let grant = self.grant;
        let heading = format!("### ✅ Granted to {}", text(&grant.requester));
        let permissions: Vec<String> = grant.permissions.iter().map(|permission| code(permission)).collect();
        let resources: Vec<String> = self.resources().map(|arn| code(arn.as_str())).collect();
        let what = format!(
            "{} on {}, until **{}** ({}).",
            permissions.join(", "),
            resources.join(", "),
            utc(grant.expires),
            relative(grant.expires, self.now)
        );
        let again = self.was_live.then(|| "It was granted before; nothing was changed.".to_owned());
        let hints = self.hints();
        let sign_in = match &hints.switch_role {
            Some(address) => format!("**{}**", link("Sign in: switch to the role in the console", address)),
            None => format!("**Sign in**\n\n{}", block("sh", &grant.how_to_sign_in(self.names))),
        };
        let notes = hints.notes.iter().map(|note| format!("- {}", sentence(note)));
        let notes: Vec<String> = notes.chain([format!("- {}", sentence(OWN_IDENTITY))]).collect();
        let profile =
            format!("**On the command line**: put this into `~/.aws/config`\n\n{}", block("ini", &hints.profile));
        let end = format!("**To end it early**: {}", self.how_to_end_it(code));
        let parts = [heading, what].into_iter().chain(again);
        let parts = parts.chain([facts(self.facts()), sign_in, profile, notes.join("\n"), end, self.policy()]);
        let markdown = parts.collect::<Vec<_>>().join("\n\n");
        Invocation::new(&self.names.prefix).completed(&markdown)
    }

    /// Returns the guide's lines for the log of the run in Port, which is plain text: what, for whom, until when, and how
    /// it is used and ended.
    pub fn log_message(&self) -> String {
        let Self { grant, names, now, .. } = self;
        let mut lines = vec![
            format!("Created permission for the AWS resource \"{}\"🚀", grant.resource),
            format!("Requester for this permission is: {}", one_line(&grant.requester)),
            format!("The sign-in URL: {}", grant.how_to_sign_in(names)),
            format!("Permissions: {}", one_line(&grant.permissions.join(", "))),
        ];
        if !grant.additional_resources.is_empty() {
            lines.push(format!("Further resources: {}", self.further_resources()));
        }
        lines.push(format!("Until: {} ({})", utc(grant.expires), relative(grant.expires, *now)));
        lines.push(format!("Role: {}", grant.account.role_arn(names, &grant.id)));
        lines.extend(self.extends().map(|extended| format!("Goes on from: {extended}, which ends by itself")));
        lines.extend(grant.notes.iter().map(|note| format!("Note: {}", one_line(note))));
        lines.push(format!("To end it early: {}", self.how_to_end_it(|command| format!("`{command}`"))));
        lines.push(format!("On the command line, in ~/.aws/config:\n{}", self.hints().profile.trim_end()));
        lines.push(OWN_IDENTITY.to_owned());
        Invocation::new(&names.prefix).completed(&lines.join("\n"))
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let grant = self.grant;
        let mut rows = vec![("Permissions", grant.permissions.join(", ")), ("Resource", grant.resource.to_string())];
        if !grant.additional_resources.is_empty() {
            rows.push(("Further resources", self.further_resources()));
        }
        rows.push(("Requester", grant.requester.clone()));
        rows.extend(grant.approver.clone().map(|approver| ("Approved by", approver)));
        rows.push(("Until", format!("{} ({})", utc(grant.expires), relative(grant.expires, self.now))));
        rows.push(("Grant", grant.id.to_string()));
        rows.push(("Role", grant.account.role_arn(self.names, &grant.id)));
        rows.push(("Rule", grant.rule.clone()));
        rows.extend(self.extends().map(|extended| ("Extends", format!("{extended}, which ends by itself"))));
        rows.extend(grant.notes.iter().map(|note| ("Note", note.clone())));
        rows.extend(self.note.map(|note| ("Note", note.to_owned())));
        rows
    }

    /// What the role may do, for whoever wants to look: long, and of no use to most.
    fn policy(&self) -> String {
        let policy = self.grant.policy();
        let statements = policy["Statement"].as_array().map_or(1, Vec::len);
        let plural = if statements == 1 { "" } else { "s" };
        folded(
            &format!("What the role may do: the policy, {statements} statement{plural}"),
            &block("json", &format!("{policy:#}")),
        )
    }

    fn hints(&self) -> Hints {
        let grant = self.grant;
        let source = trust::wants_source_identity(&grant.trust);
        Hints::new(self.names, &grant.account, &grant.id, Some(grant.resource.as_str()), self.region, source)
    }

    fn how_to_end_it(&self, shown: impl Fn(&str) -> String) -> String {
        let id = &self.grant.id;
        let (back, longer) = (shown(&format!("port-iam return {id}")), shown(&format!("port-iam extend {id}")));
        format!(
            "{back}, or \"Return permissions\" on its page in Port. To keep it longer: {longer}, or \"Extend permissions\"."
        )
    }

    fn resources(&self) -> impl Iterator<Item = &Arn> {
        std::iter::once(&self.grant.resource).chain(&self.grant.additional_resources)
    }

    fn further_resources(&self) -> String {
        self.resources().skip(1).map(Arn::as_str).collect::<Vec<_>>().join(", ")
    }

    fn extends(&self) -> Option<&GrantId> {
        self.grant.extends.first()
    }
}
