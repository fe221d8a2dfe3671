//! Every action on every resource of a request, and what that makes together.

use std::collections::{BTreeMap, BTreeSet};

use super::action_lookup::{NoAction, Services};
use super::allowances::Allowances;
use super::document::is_written;
use super::explanation;
use super::fit::{Fit, Found, fit};
use super::verdict::{Judged, Verdict};
use crate::domain::arn::Arn;
use crate::domain::reference::{Action, Match, Service};
use crate::domain::refusal::Refusal;

/// How many actions that AWS does not have are answered with what comes close.
const MOST_SUGGESTED: usize = 3;

/// Returns the verdict of each action on each resource, resource by resource, in the order they were named.
///
/// A type that any of the resources satisfies is missing of none. Nothing here fails: what is wrong is a verdict.
pub fn judge(arns: &[&str], actions: &[&str], allowances: &Allowances) -> Vec<Judged> {
    let parsed: Vec<Result<Arn, Refusal>> = arns.iter().map(|text| Arn::parse("resource", text)).collect();
    let services = Services::read(actions.iter().copied());
    let types = types_of_all(&parsed, &services);
    let mut mistaken: Vec<&str> = actions.iter().copied().filter(|text| services.find(text, false).is_err()).collect();
    mistaken.sort_unstable();
    mistaken.truncate(MOST_SUGGESTED);
    let answer = |text: &&str| Answer::find(text, &services, &parsed, &types, mistaken.contains(text));
    let answers: Vec<Answer<'_>> = actions.iter().map(answer).collect();
    let mut verdicts = Vec::with_capacity(arns.len() * actions.len());
    for (at, (arn, text)) in parsed.iter().zip(arns).enumerate() {
        for (answer, action) in answers.iter().zip(actions) {
            verdicts.push(match arn {
                Err(refusal) => explanation::invalid_arn(text, action, refusal),
                Ok(arn) => Judged { arn: (*text).to_owned(), ..answer.verdict(at, arn, action, allowances) },
            });
        }
    }
    verdicts
}

/// The types of each valid ARN within each service of the request.
type Types<'a> = BTreeMap<(usize, &'a str), Vec<(usize, Match<'a>)>>;

fn types_of_all<'a>(arns: &[Result<Arn, Refusal>], services: &'a Services) -> Types<'a> {
    let mut types = BTreeMap::new();
    for service in services.iter() {
        for (at, arn) in arns.iter().enumerate() {
            if let Ok(arn) = arn {
                types.insert((at, service.prefix), service.types_of(arn));
            }
        }
    }
    types
}

/// One action on all resources.
enum Answer<'a> {
    None(NoAction),
    Known {
        service: &'a Service,
        action: &'a Action,
        /// How it fits each valid ARN, by the ARN's place.
        fits: BTreeMap<usize, (Fit, Vec<usize>)>,
        /// The types that are satisfied by any of the ARNs.
        satisfied: BTreeSet<usize>,
    },
}

impl<'a> Answer<'a> {
    fn find(
        text: &str,
        services: &'a Services,
        arns: &[Result<Arn, Refusal>],
        types: &Types<'a>,
        suggests: bool,
    ) -> Self {
        let (service, action) = match services.find(text, suggests) {
            Ok(found) => found,
            Err(problem) => return Self::None(problem),
        };
        let mut fits = BTreeMap::new();
        let mut satisfied = BTreeSet::new();
        for (at, arn) in arns.iter().enumerate() {
            let Ok(arn) = arn else { continue };
            let found: &Found<'_> = types.get(&(at, service.prefix)).map(Vec::as_slice).unwrap_or_default();
            let fit = fit(service, action, arn, found);
            match &fit {
                // What cannot be granted leaves the others as they are.
                Fit::Fits { resources, satisfied: here, .. }
                    if resources.keys().all(|text| unwritable(text).is_none()) =>
                {
                    satisfied.extend(here.iter().copied());
                }
                Fit::Fits { .. } | Fit::Wrong { .. } => {}
            }
            fits.insert(at, (fit, found.iter().map(|(index, _)| *index).collect()));
        }
        Self::Known { service, action, fits, satisfied }
    }

    fn verdict(&self, at: usize, arn: &Arn, text: &str, allowances: &Allowances) -> Judged {
        let (service, action, fits, satisfied) = match self {
            Self::None(problem) => return explanation::no_action(arn, text, problem),
            Self::Known { service, action, fits, satisfied } => (*service, *action, fits, satisfied),
        };
        let mut judged = facts(arn, service, action);
        let Some((fit, found)) = fits.get(&at) else { return judged };
        // An ARN of no resource would bring no region either.
        let belongs = !found.is_empty();
        if action.is_denied && !allowances.lifts_denial(&judged.action) {
            judged.verdict = Verdict::PrivilegeEscalation;
        } else if action.types.is_empty() {
            judged.verdict = Verdict::NeedsWildcard;
            judged.is_granted = belongs && allowances.allows_account_wide(&judged.action);
        } else {
            apply(fit, service, satisfied, &mut judged);
            judged.is_granted = judged.verdict.allows();
        }
        let refused = judged.classes.iter().find(|class| allowances.refuses(**class)).copied();
        let unwritable = judged.resources.iter().find_map(|text| unwritable(text));
        // The condition would hold for no request: the grant would do nothing, and say nothing about it.
        let tells_no_account = judged.is_granted && judged.leaves_account_open && !action.tells_account;
        judged.is_granted &= refused.is_none() && unwritable.is_none() && !tells_no_account;
        explanation::explain(
            &mut judged,
            &explanation::Ground { arn, service, action, found, fit, belongs, refused, tells_no_account, unwritable },
        );
        judged
    }
}

/// Returns a character of the text that IAM takes in no policy.
fn unwritable(text: &str) -> Option<char> {
    text.chars().find(|character| !is_written(*character))
}

fn apply(fit: &Fit, service: &Service, satisfied: &BTreeSet<usize>, judged: &mut Judged) {
    let Fit::Fits { resources, missing, .. } = fit else {
        judged.verdict = Verdict::WrongType;
        return;
    };
    judged.resources = resources.keys().cloned().collect();
    let missing = missing.iter().filter(|(index, _)| !satisfied.contains(index));
    for (index, suggestion) in missing {
        judged.missing_types.extend(service.types.get(*index).map(|kind| kind.name.to_owned()));
        judged.suggestions.extend(suggestion.clone());
    }
    judged.missing_types.sort();
    judged.verdict = if !judged.missing_types.is_empty() {
        Verdict::Incomplete
    } else if resources.values().any(|origin| *origin == super::fit::Origin::Child) {
        Verdict::AllowChildren
    } else {
        Verdict::Allow
    };
}

fn facts(arn: &Arn, service: &Service, action: &Action) -> Judged {
    Judged {
        arn: arn.to_string(),
        action: format!("{}:{}", service.prefix, action.name),
        verdict: Verdict::WrongType,
        resources: Vec::new(),
        missing_types: Vec::new(),
        dependent_actions: action.dependents.clone(),
        level: Some(action.level),
        classes: action.classes(),
        is_denied_by_default: action.is_denied,
        is_account_wide: action.types.is_empty(),
        leaves_account_open: service.leaves_account_open(),
        suggestions: Vec::new(),
        reason: String::new(),
        remedy: String::new(),
        refused_as: None,
        is_granted: false,
    }
}
