//! What AWS has now: roles with their documents, and a place to ask what they allow.

use maud::{Markup, html};

use super::{Page, badge};
use crate::portal::aws::{Question, Taker, Verdict, pretty};
use crate::sandbox::aws::RoleDocuments;

/// What is shown of AWS.
pub(in crate::portal) struct Shown<'a> {
    pub(in crate::portal) roles: &'a [(RoleDocuments, Vec<Taker>)],
    /// Names of roles that can be asked about, the ended ones too; none where the page is about one role.
    pub(in crate::portal) names: Option<&'a [String]>,
    pub(in crate::portal) question: &'a Question,
    /// The answer, or the line of the question that cannot be read.
    pub(in crate::portal) answer: Option<&'a Result<Verdict, String>>,
    /// Where the question is sent.
    pub(in crate::portal) here: &'a str,
}

/// Shows all roles of grants.
pub(in crate::portal) fn page(shown: &Shown<'_>) -> Page {
    let body = html! {
        h1 { "What AWS has now" }
        p class="lead" { "The roles of the grants, as they lie in the sandbox's AWS accounts. Port is not asked." }
        section class="panel" aria-labelledby="tester" { h2 id="tester" { "Test" } (tester(shown)) }
        div id="roles" data-live="2000" {
            @if shown.roles.is_empty() { p class="empty" { "There is no role of a grant." } }
            @for (number, (role, takers)) in shown.roles.iter().enumerate() {
                section class="panel" aria-labelledby={ "role-" (number) } {
                    h2 id={ "role-" (number) } { (role.name) }
                    (documents(role, takers, number))
                }
            }
        }
    };
    Page::new("What AWS has now", body)
}

/// What AWS has of one grant, beside the grant's own page.
pub(in crate::portal) fn panel(shown: &Shown<'_>) -> Markup {
    html! {
        aside class="panel" aria-labelledby="aws" {
            h2 id="aws" { "What AWS has now" }
            div id="role" data-live="2000" {
                @match shown.roles.first() {
                    Some((role, takers)) => { (documents(role, takers, 0)) },
                    None => { p class="empty" { "No role of this name." } },
                }
            }
            h3 { "Test" }
            (tester(shown))
        }
    }
}

fn documents(role: &RoleDocuments, takers: &[Taker], number: usize) -> Markup {
    html! {
        p { "Role " code { (role.arn) } }
        @for (index, policy) in role.policies.iter().enumerate() {
            (folded(&format!("policy-{number}-{index}"), &format!("Policy {}: what it allows", index + 1), policy))
        }
        @if role.policies.is_empty() { p class="empty" { "Nothing is attached: it can do nothing." } }
        (folded(&format!("trust-{number}"), "Trust: who may take it", &role.trust))
        @if let Some(boundary) = &role.boundary {
            (folded(&format!("boundary-{number}"), "Boundary: what it can never do", boundary))
        }
        p class="quiet" { "Who may take it, with the requester policy on their own IAM user:" }
        ul class="plain takers" {
            @for taker in takers {
                li { (verdict_badge(&taker.verdict)) " " (taker.who) ": " (reason(&taker.verdict)) }
            }
        }
    }
}

fn folded(id: &str, name: &str, document: &str) -> Markup {
    html! { details id=(id) { summary { (name) } pre { code { (pretty(document)) } } } }
}

fn tester(shown: &Shown<'_>) -> Markup {
    let question = shown.question;
    if shown.names.is_some_and(<[String]>::is_empty) {
        return html! { p class="empty" { "Nothing was granted so far, so there is nothing to ask about." } };
    }
    html! {
        form method="get" action=(shown.here) class="fields" {
            @if let Some(names) = shown.names {
                div class="field" {
                    label for="test-role" { "Whoever has taken the role" }
                    select id="test-role" name="role" {
                        @for name in names { option selected[*name == question.role] { (name) } }
                    }
                }
            }
            div class="field" {
                label for="test-action" { "Action" }
                input type="text" id="test-action" name="action" value=(question.action) required
                    placeholder="s3:PutObject" autocomplete="off";
            }
            div class="field" {
                label for="test-resource" { "ARN of the resource" }
                input type="text" id="test-resource" name="resource" value=(question.resource) required
                    placeholder="arn:aws:s3:::my-s3-bucket/report.csv" autocomplete="off";
            }
            div class="field" {
                label for="test-context" { "What else the request says of itself" }
                textarea id="test-context" name="context" rows="2" aria-describedby="test-context-help"
                    placeholder="kms:ViaService=s3.us-east-1.amazonaws.com" { (question.context) }
                p class="quiet" id="test-context-help" { "Keys of conditions, KEY=VALUE a line." }
            }
            p class="buttons" { button class="primary" { "Test" } }
        }
        div id="verdict" role="status" {
            @match shown.answer {
                Some(Ok(verdict)) => (answered(verdict)),
                Some(Err(line)) => p class="problem" { code { (line) } " is no KEY=VALUE of a condition, so nothing was judged." },
                None => {},
            }
        }
    }
}

fn answered(verdict: &Verdict) -> Markup {
    html! {
        p { (verdict_badge(verdict)) " " (reason(verdict)) }
        @if let Some(statement) = &verdict.statement { pre { code { (statement) } } }
        @if !verdict.context.is_empty() {
            details id="test-assumed" {
                summary { "What the request was taken to say of itself" }
                ul class="plain" {
                    @for (key, values) in &verdict.context { li { code { (key) "=" (values.join(", ")) } } }
                }
            }
        }
    }
}

/// Why, without the word that stands before it.
fn reason(verdict: &Verdict) -> &str {
    let why = verdict.why.as_str();
    why.strip_prefix("allowed ").or_else(|| why.strip_prefix("denied: ")).unwrap_or(why)
}

fn verdict_badge(verdict: &Verdict) -> Markup {
    if verdict.is_allowed { badge("green", "allowed") } else { badge("red", "denied") }
}
