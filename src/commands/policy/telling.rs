//! How verdicts and documents are shown.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::asked::Documents;
use super::show::Shown;
use crate::domain::decision::Written;
use crate::domain::policy::{Judged, Judgement, Verdict, length_without_white_space, together};
use crate::domain::reference;
use crate::domain::refusal::quoted;
use crate::domain::time::utc;

pub(super) fn json(shown: &Shown) -> Value {
    let documents = shown.documents.as_ref().ok();
    let refusal = shown.documents.as_ref().err();
    json!({
        "verdicts": shown.judgement.verdicts().map(verdict).collect::<Vec<_>>(),
        "policy": documents.map(|documents| together(&documents.written.policies)),
        "policies": documents.map(|documents| documents.written.policies.clone()).unwrap_or_default(),
        "trust": documents.map(|documents| documents.written.trust.clone()),
        "trust_proves": shown.trust_sentence,
        "warnings": documents.map(|documents| documents.written.warnings.clone()).unwrap_or_default(),
        "companions": documents.map(|documents| documents.written.companions.clone()).unwrap_or_default(),
        "limits": limits(shown),
        "account": { "id": shown.account.id.as_str(), "partition": shown.account.partition, "example": shown.is_example },
        "expires": utc(end(shown)),
        "rule": documents.and_then(|documents| documents.rule.as_ref()).map(|(name, needs_approval)| json!({
            "name": name, "approval": if *needs_approval { "required" } else { "none" } })),
        "reference": reference::edition().map(|edition| json!({
            "version": edition.version, "updated_at": edition.updated_at.to_string() })),
        "refusal": refusal.map(|refusal| json!({
            "code": refusal.code.as_str(), "field": refusal.field, "reason": refusal.reason, "remedy": refusal.remedy })),
    })
}

/// Returns the end of what would be written; without it, of what was asked for.
fn end(shown: &Shown) -> Timestamp {
    shown.documents.as_ref().map_or(shown.end, |documents| documents.end)
}

fn verdict(judged: &Judged) -> Value {
    json!({
        "arn": judged.arn,
        "action": judged.action,
        "verdict": judged.verdict,
        "resources": judged.resources,
        "missing_types": judged.missing_types,
        "dependent_actions": judged.dependent_actions,
        "level": judged.level,
        "flags": judged.flags(),
        "suggestions": judged.suggestions,
        "reason": judged.reason,
        "remedy": judged.remedy,
        "granted": judged.is_granted(),
    })
}

fn limits(shown: &Shown) -> Value {
    let documents = shown.documents.as_ref().ok();
    let policies: Option<Vec<usize>> =
        documents.map(|documents| documents.written.policies.iter().map(length_without_white_space).collect());
    json!({
        "policy_characters": policies.unwrap_or_default(),
        "most_policy_characters": shown.limits.policy_characters,
        "most_policies": shown.limits.room().documents,
        "trust_characters": documents.map(|documents| length_without_white_space(&documents.written.trust)),
        "most_trust_characters": shown.limits.trust_characters,
    })
}

pub(super) fn text(shown: &Shown) -> String {
    let mut text = String::new();
    for judged in shown.judgement.verdicts() {
        let _ = writeln!(text, "{:<20} {} on {}", judged.verdict.as_str(), judged.action, judged.arn);
        let _ = writeln!(text, "    {}", judged.reason);
        if !judged.remedy.is_empty() && !is_settled(judged, &shown.judgement) {
            let _ = writeln!(text, "    → {}", judged.remedy);
        }
        if judged.is_granted() && !judged.dependent_actions.is_empty() {
            let _ = writeln!(
                text,
                "    AWS may ask for more, which is not granted with it: {}",
                judged.dependent_actions.join(", ")
            );
        }
    }
    if let Ok(documents) = &shown.documents {
        write_documents(&mut text, shown, documents);
    }
    text
}

/// Returns whether nothing is to be done about a verdict: another resource has what the action works on.
fn is_settled(judged: &Judged, judgement: &Judgement) -> bool {
    judged.verdict == Verdict::WrongType
        && judgement.verdicts().any(|other| other.action == judged.action && other.is_granted())
}

fn write_documents(text: &mut String, shown: &Shown, documents: &Documents) {
    let Documents { written: Written { policies, trust, warnings, companions }, end, rule } = documents;
    if let Some((name, needs_approval)) = rule {
        let approval = if *needs_approval { "one of its approvers has to approve" } else { "nobody has to approve" };
        let _ = writeln!(text, "rule {} allows it; {approval}", quoted(name));
    }
    for warning in warnings.iter().chain(companions) {
        let _ = writeln!(text, "note: {warning}");
    }
    for (at, policy) in policies.iter().enumerate() {
        let which = if policies.len() == 1 { String::new() } else { format!(" {} of {}", at + 1, policies.len()) };
        let _ = write!(
            text,
            "\nPolicy{which}, {} of {} characters, until {}:\n{policy:#}\n",
            length_without_white_space(policy),
            shown.limits.policy_characters,
            utc(*end),
        );
    }
    let _ = write!(
        text,
        "\nTrust policy, {} of {} characters ({}):\n{trust:#}\n",
        length_without_white_space(trust),
        shown.limits.trust_characters,
        shown.trust_sentence,
    );
}
