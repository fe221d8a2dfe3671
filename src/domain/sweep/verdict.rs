//! What the run of a role says of it.

use crate::domain::identifier::GrantId;
use crate::domain::refusal::Refusal;
use crate::domain::vouching::BEYOND;

/// Code of the refusal of a run that nobody has approved.
pub const NEVER_APPROVED: &str = "never-approved";
/// Codes of refusals that no other rules, catalog or version of the program would turn into a grant: whatever Port
/// answers about the run itself.
const NEVER_OURS: [&str; 13] = [
    "unknown-run",
    "other-run",
    "other-action",
    "other-entity",
    "other-requester",
    "impersonated",
    NEVER_APPROVED,
    "too-old",
    "made-after-its-run",
    "unknown-requester",
    BEYOND,
    // Of a grant without Port, which the rules file has to provide for.
    "tag-missing",
    "break-glass-off",
];

/// Codes of refusals for which a reviewed change of rules, templates or catalog is enough. Whatever speaks of a person, an
/// approval or a shape is none of them: that stays in doubt.
const OF_OTHER_RULES: [&str; 5] =
    ["not-ours", "no-rule", "too-long-for-rule", "unknown-permission", "unknown-resource"];

/// Whether a role is what the compiler makes of its verified run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In every part.
    Equal,
    /// Its run stands, and what the rules and the catalog of today make of it is something else; a sentence.
    OtherRules(String),
    /// Its run stands, and what it asks for would be refused today for another reason; a sentence.
    Differs(String),
    /// Its run has ended, and not well; a sentence.
    RunOver(String),
    /// No run that could ever have made it: Port does not know it, or it is of another action, person or resource, or
    /// was never approved; a sentence.
    Unvouched(String),
}

impl Verdict {
    /// Returns what it says of the role of `grant` that its run, or the tags of a break-glass grant, would be refused
    /// today.
    pub fn of_refusal(refusal: &Refusal, grant: &GrantId) -> Self {
        let what = if grant.is_break_glass() {
            "it is not what `grant --break-glass` makes of its tags"
        } else {
            "its run does not vouch for it"
        };
        let what = format!("{what} ({refusal})");
        match refusal.code {
            "run-over" => Self::RunOver(what),
            code if NEVER_OURS.contains(&code) => Self::Unvouched(what),
            code if OF_OTHER_RULES.contains(&code) => Self::OtherRules(what),
            _ => Self::Differs(what),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(code: &'static str, grant: &str) -> Verdict {
        let refusal = Refusal::new(code, "runId", "no", "look at it");
        Verdict::of_refusal(&refusal, &GrantId::parse(grant).unwrap())
    }

    #[test]
    fn whatever_port_answers_about_the_run_itself_vouches_for_nothing() {
        let what = || "its run does not vouch for it (runId: no)".to_owned();
        for (code, expected) in [
            ("unknown-run", Verdict::Unvouched(what())),
            ("other-run", Verdict::Unvouched(what())),
            ("other-action", Verdict::Unvouched(what())),
            ("other-entity", Verdict::Unvouched(what())),
            ("other-requester", Verdict::Unvouched(what())),
            ("impersonated", Verdict::Unvouched(what())),
            ("never-approved", Verdict::Unvouched(what())),
            ("too-old", Verdict::Unvouched(what())),
            ("made-after-its-run", Verdict::Unvouched(what())),
            ("unknown-requester", Verdict::Unvouched(what())),
            ("beyond-its-request", Verdict::Unvouched(what())),
            ("run-over", Verdict::RunOver(what())),
            ("inactive-requester", Verdict::Differs(what())),
            ("revoked", Verdict::Differs(what())),
            ("not-approved", Verdict::Differs(what())),
            ("foreign-account", Verdict::Differs(what())),
            ("wrong-shape", Verdict::Differs(what())),
            ("not-ours", Verdict::OtherRules(what())),
            ("no-rule", Verdict::OtherRules(what())),
            ("too-long-for-rule", Verdict::OtherRules(what())),
            ("unknown-permission", Verdict::OtherRules(what())),
            ("unknown-resource", Verdict::OtherRules(what())),
        ] {
            assert_eq!(verdict(code, "Permission-r_1"), expected, "{code}");
        }
    }

    /// One that is called something else there would turn a role that nobody vouches for into one that differs.
    #[test]
    fn the_codes_are_those_of_verification() {
        let verification = include_str!("../verification.rs");
        let break_glass = include_str!("../break_glass.rs");
        let constants = [NEVER_APPROVED, BEYOND];
        for code in NEVER_OURS.into_iter().filter(|code| !constants.contains(code)).chain(["run-over"]) {
            let made = format!("Refusal::new(\"{code}\"");
            assert!(verification.contains(&made) || break_glass.contains(&made), "{code}");
        }
    }

    #[test]
    fn a_break_glass_grant_has_tags_in_the_place_of_a_run() {
        let what = "it is not what `grant --break-glass` makes of its tags (runId: no)".to_owned();
        assert_eq!(verdict("not-ours", "Permission-bg-1"), Verdict::OtherRules(what));
    }
}
