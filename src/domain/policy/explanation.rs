//! Says why in words for somebody who has never seen IAM, and what to ask for instead.

use super::action_lookup::NoAction;
use super::fit::Fit;
use super::verdict::{Judged, Obstacle, Verdict};
use crate::domain::arn::Arn;
use crate::domain::reference::{self, AccessLevel, Action, ArnPattern, ResourceType, Service};
use crate::domain::refusal::{Refusal, quoted};

const LIST_ACTIONS: &str = "`port-iam policy actions --resource ARN` lists what can be asked for a resource";
const MOST_TYPES: usize = 4;

/// What a verdict rests on.
pub(super) struct Ground<'a> {
    pub(super) arn: &'a Arn,
    pub(super) service: &'a Service,
    pub(super) action: &'a Action,
    /// The types that the ARN has within the service.
    pub(super) found: &'a [usize],
    pub(super) fit: &'a Fit,
}

/// Returns the verdict on a resource that is no exact ARN.
pub(super) fn invalid_arn(arn: &str, action: &str, refusal: &Refusal) -> Judged {
    bare(arn, action, Verdict::InvalidArn, refusal.reason.clone(), refusal.remedy.clone(), Vec::new())
}

/// Returns the verdict on a text that names no action.
pub(super) fn no_action(arn: &Arn, action: &str, problem: &NoAction) -> Judged {
    let (reason, remedy) = no_action_in_words(action, problem);
    let (verdict, suggestions) = match problem {
        NoAction::Wildcard => (Verdict::WildcardAction, Vec::new()),
        NoAction::Malformed(like) | NoAction::NoService(like) | NoAction::NoName(like) => {
            (Verdict::UnknownAction, like.clone())
        }
    };
    bare(arn.as_str(), action, verdict, reason, remedy, suggestions)
}

/// Returns why a text names no action, and what to do.
pub(super) fn no_action_in_words(action: &str, problem: &NoAction) -> (String, String) {
    let shown = quoted(action);
    let did_you_mean = |like: &[String]| match like {
        [] => format!("ask for an action such as `s3:GetObject`; {LIST_ACTIONS}"),
        like => format!("did you mean {}?", alternatives(like)),
    };
    match problem {
        NoAction::Wildcard => (
            format!("{shown} holds a wildcard, which would grant more than one action"),
            format!("name each action; {LIST_ACTIONS}"),
        ),
        NoAction::Malformed(like) => {
            (format!("{shown} is not an IAM action of the form `service:Name`"), did_you_mean(like))
        }
        NoAction::NoService(like) => {
            let prefix = action.split(':').next().unwrap_or_default();
            (format!("{shown}: AWS has no service {}", quoted(prefix)), did_you_mean(like))
        }
        NoAction::NoName(like) => (format!("AWS has no action {shown}"), did_you_mean(like)),
    }
}

fn bare(arn: &str, action: &str, verdict: Verdict, reason: String, remedy: String, suggestions: Vec<String>) -> Judged {
    Judged {
        arn: arn.to_owned(),
        action: action.to_owned(),
        verdict,
        resources: Vec::new(),
        missing_types: Vec::new(),
        dependent_actions: Vec::new(),
        level: None,
        classes: Vec::new(),
        is_denied_by_default: false,
        is_account_wide: false,
        leaves_account_open: false,
        suggestions,
        reason,
        remedy,
        obstacle: Some(Obstacle::Verdict),
    }
}

/// Returns why an action is granted on a resource or not, and what to do; nothing where it is granted.
pub(super) fn explain(judged: &Judged, ground: &Ground<'_>) -> (String, String) {
    let name = &judged.action;
    match judged.obstacle {
        Some(Obstacle::RefusedClass(class)) => (
            format!("{name} {}, and the rules refuse such actions", class.warning()),
            format!(
                "ask for something else, or ask the owners of the rules file about `refuse-classes: [{}]`",
                class.as_str()
            ),
        ),
        Some(Obstacle::NoOwner) => (
            format!(
                "the ARN of a bucket names no account, and a request for {name} does not carry s3:ResourceAccount either, so that nothing could bind the grant to the account"
            ),
            "ask an administrator to do it for you".to_owned(),
        ),
        Some(Obstacle::Alphabet(character)) => (
            format!(
                "the action fits the resource, but {} holds `{}` (U+{:04X}), which IAM takes in no policy (it takes U+0020 to U+00FF)",
                quoted(&judged.arn),
                character.escape_debug(),
                u32::from(character)
            ),
            "a name with this character cannot be granted by itself; ask for what it lies in".to_owned(),
        ),
        Some(Obstacle::Verdict) | None => explain_verdict(judged, ground),
    }
}

fn explain_verdict(judged: &Judged, ground: &Ground<'_>) -> (String, String) {
    let name = &judged.action;
    match judged.verdict {
        Verdict::PrivilegeEscalation => (format!("{name} {}", why_denied(ground)), denied_remedy()),
        Verdict::NeedsWildcard => needs_wildcard(judged, ground),
        Verdict::WrongType => wrong_type(judged, ground),
        Verdict::Incomplete => incomplete(judged, ground),
        Verdict::AllowChildren if ground.action.goes_by_path => {
            let path = quoted(ground.arn.as_str());
            let reason = format!(
                "{name} works on everything beneath {path}, also on what is denied there: AWS checks it against the path alone"
            );
            (reason, String::new())
        }
        Verdict::AllowChildren => {
            let under = quoted(ground.arn.as_str());
            (format!("{name} works on what lies under {under}: {}", judged.resources.join(", ")), String::new())
        }
        _ => (fits(judged, ground), String::new()),
    }
}

fn why_denied(ground: &Ground<'_>) -> &'static str {
    if ground.action.goes_by_path {
        "is checked by AWS against the path alone, and reaches everything beneath it, also what is denied there, so it is not granted unless the rules file names it"
    } else if ground.service.is_denied() {
        "manages identities: whoever has it can give themselves access that lasts, so it is not granted unless the rules file names it"
    } else if ground.action.level == AccessLevel::PermissionsManagement {
        "changes who may do what, and that change would outlive the grant, so it is not granted unless the rules file names it"
    } else {
        "can be used to act with somebody else's power, to let others in, or to stop the audit trail, so it is not granted unless the rules file names it"
    }
}

fn denied_remedy() -> String {
    "ask an administrator to do it for you, or ask the owners of the rules file to name it under `allow-actions`"
        .to_owned()
}

fn needs_wildcard(judged: &Judged, ground: &Ground<'_>) -> (String, String) {
    let name = &judged.action;
    let reason = format!(
        "IAM cannot limit {name} to one resource: with \"Resource\": \"*\" it is granted on everything in the account, or not at all"
    );
    if judged.is_granted() {
        return (format!("{reason}; the rules allow it (`account-wide-actions`)"), String::new());
    }
    if ground.found.is_empty() {
        return (format!("{reason}, and {}", what_it_is(ground)), LIST_ACTIONS.to_owned());
    }
    let remedy = format!(
        "ask for an action that works on the resource itself ({LIST_ACTIONS}), or ask the owners of the rules file to name it under `account-wide-actions`"
    );
    (reason, remedy)
}

fn wrong_type(judged: &Judged, ground: &Ground<'_>) -> (String, String) {
    let taken = taken_types(ground);
    let names: Vec<String> = taken.iter().map(|kind| with_article(kind.name)).collect();
    let reason = format!("{} works on {}, and {}", judged.action, alternatives(&names), what_it_is(ground));
    if let Fit::Wrong { parents } = ground.fit
        && let Some((index, arn)) = parents.first()
    {
        let parent = ground.service.types.get(*index).map_or("resource", |kind| kind.name);
        let which = arn.as_deref().map(|arn| format!(" ({arn})")).unwrap_or_default();
        return (reason, format!("ask for the {parent} that it lies in{which}, which is more than this resource"));
    }
    let forms: Vec<String> = taken.iter().filter_map(|kind| form(kind, ground.arn)).take(MOST_TYPES).collect();
    (reason, format!("name a resource of the form {}; {LIST_ACTIONS}", alternatives(&forms)))
}

/// Returns the types that the action takes, and those that contain them, the shortest ARN first: that is the commonest.
fn taken_types<'a>(ground: &Ground<'a>) -> Vec<&'a ResourceType> {
    let (service, used) = (ground.service, &ground.action.types);
    let mut indices: Vec<usize> = used.iter().map(|used| used.index).collect();
    let parents = service.parentages.iter().filter(|entry| used.iter().any(|used| used.index == entry.child));
    indices.extend(parents.map(|entry| entry.parent));
    indices.sort_unstable();
    indices.dedup();
    let mut types: Vec<&ResourceType> = indices.into_iter().filter_map(|index| service.types.get(index)).collect();
    types.sort_by_key(|kind| kind.patterns.first().map_or(0, |pattern| pattern.as_str().len()));
    types
}

/// Returns AWS's key of a type, which is no word of any language, so that it reads as one.
fn with_article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
    format!("{article} {}", quoted(name.trim_end_matches('/')))
}

fn what_it_is(ground: &Ground<'_>) -> String {
    let shown = quoted(ground.arn.as_str());
    let kinds: Vec<String> = ground
        .found
        .iter()
        .filter_map(|index| ground.service.types.get(*index))
        .map(|kind| with_article(kind.name))
        .collect();
    if !kinds.is_empty() {
        format!("{shown} is {}", alternatives(&kinds))
    } else if is_named_after(ground.service, ground.arn) {
        format!("{shown} has the form of no resource of {}", ground.service.name)
    } else {
        format!("{shown} belongs to another service")
    }
}

/// Returns whether ARNs of the service begin as this one does, whatever follows. One that names another service's own is
/// that one's, though a type of this service may be named after it too.
fn is_named_after(service: &Service, arn: &Arn) -> bool {
    let bears = |pattern: &ArnPattern| pattern.service() == Some(arn.service());
    let is_another_s = arn.service() != service.prefix && reference::service(arn.service()).is_some();
    !is_another_s && service.types.iter().flat_map(|kind| &kind.patterns).any(bears)
}

/// Returns how an ARN of this type is written, in the region and account of `arn`.
fn form(kind: &ResourceType, arn: &Arn) -> Option<String> {
    let or = |value: &str, other: &str| if value.is_empty() { other.to_owned() } else { value.to_owned() };
    let text = kind.patterns.first()?.as_str();
    let text = text.replace("${Partition}", arn.partition());
    let text =
        text.replace("${Region}", &or(arn.region(), "REGION")).replace("${Account}", &or(arn.account(), "ACCOUNT"));
    Some(text.replace("${", "").replace('}', ""))
}

fn incomplete(judged: &Judged, ground: &Ground<'_>) -> (String, String) {
    let named = |name: &&String| ground.service.types.iter().find(|kind| kind.name == name.as_str());
    let missing: Vec<String> = judged.missing_types.iter().map(|name| with_article(name)).collect();
    let reason = format!(
        "{} acts on more than {}: it needs {} too",
        judged.action,
        quoted(ground.arn.as_str()),
        missing.join(" and ")
    );
    let forms: Vec<String> = judged.missing_types.iter().filter_map(|name| form(named(&name)?, ground.arn)).collect();
    let examples = if judged.suggestions.is_empty() { forms } else { judged.suggestions.clone() };
    let remedy = format!(
        "name it as well ({}): under \"Additional resources\" in Port, with a further --resource here",
        examples.join(" and ")
    );
    (reason, remedy)
}

fn fits(judged: &Judged, ground: &Ground<'_>) -> String {
    let name = &judged.action;
    match judged.resources.as_slice() {
        [one] if one == ground.arn.as_str() => format!("{name} works on this very resource"),
        [one] => format!("{name} works on this very resource, which policies write as {one}"),
        several => format!("{name} works on this resource; AWS checks it against {}", several.join(", ")),
    }
}

/// Returns `a, b or c`, at most a few.
fn alternatives(items: &[String]) -> String {
    match items {
        [] => "nothing that can be named".to_owned(),
        [one] => one.clone(),
        many if many.len() > MOST_TYPES => {
            format!("{} or {} others", many[..MOST_TYPES].join(", "), many.len() - MOST_TYPES)
        }
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
