//! Every action on every resource of a request, and what that makes together.

use std::collections::{BTreeMap, BTreeSet};

use super::action_lookup::{NoAction, Services};
use super::allowances::Allowances;
use super::explanation::{self, Ground};
use super::fit::{Fit, Origin, fit};
use super::verdict::{Judged, Obstacle, Verdict};
use crate::domain::arn::Arn;
use crate::domain::policy_text::is_written;
use crate::domain::reference::{Action, Match, Service};
use crate::domain::refusal::Refusal;

/// How many actions that AWS does not have are answered with what comes close.
const MOST_SUGGESTED: usize = 3;

/// The verdict of each action on each resource, in the order in which they were named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub(super) rows: Vec<Row>,
    /// How many actions each row judges.
    actions: usize,
}

/// What is said of one resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The resource; none where the text is no exact ARN.
    pub(super) arn: Option<Arn>,
    /// One for each action.
    pub(super) verdicts: Vec<Judged>,
}

impl Row {
    /// Returns whether any action is granted on the resource.
    pub(super) fn is_used(&self) -> bool {
        self.verdicts.iter().any(Judged::is_granted)
    }
}

impl Judgement {
    /// Returns all verdicts, resource by resource.
    pub fn verdicts(&self) -> impl Iterator<Item = &Judged> {
        self.rows.iter().flat_map(|row| &row.verdicts)
    }

    /// Returns how many actions there are.
    pub const fn actions(&self) -> usize {
        self.actions
    }

    /// Returns for each action that no resource lets be granted the verdict to explain: the one that came furthest, which
    /// is the closest to a yes. The gravest verdict comes first, whatever the order of the request.
    pub fn refused(&self) -> Vec<&Judged> {
        let columns = (0..self.actions).map(|at| self.rows.iter().filter_map(move |row| row.verdicts.get(at)));
        let mut refused: Vec<&Judged> = columns
            .filter(|column| !column.clone().any(Judged::is_granted))
            .filter_map(|column| column.min_by_key(|judged| (std::cmp::Reverse(judged.verdict), &judged.arn)))
            .collect();
        refused.sort_by_key(|judged| (judged.verdict, &judged.action));
        refused
    }

    /// Returns what is granted, each with its resource.
    pub(super) fn granted(&self) -> Vec<(&Arn, &Judged)> {
        let mut granted = Vec::new();
        for row in &self.rows {
            let of_row = row.verdicts.iter().filter(|judged| judged.is_granted());
            granted.extend(row.arn.iter().flat_map(|arn| of_row.clone().map(move |judged| (arn, judged))));
        }
        granted
    }
}

impl IntoIterator for Judgement {
    type Item = Judged;
    type IntoIter = std::vec::IntoIter<Judged>;

    fn into_iter(self) -> Self::IntoIter {
        self.rows.into_iter().flat_map(|row| row.verdicts).collect::<Vec<_>>().into_iter()
    }
}

/// Returns the verdict of each action on each resource.
///
/// A type that any of the resources satisfies is missing of none. Nothing here fails: what is wrong is a verdict.
pub fn judge(arns: &[&str], actions: &[&str], allowances: &Allowances) -> Judgement {
    let parsed: Vec<Result<Arn, Refusal>> = arns.iter().map(|text| Arn::parse("resource", text)).collect();
    let valid: Vec<&Arn> = parsed.iter().filter_map(|arn| arn.as_ref().ok()).collect();
    let services = Services::read(actions.iter().copied());
    let types: Types<'_> = services.iter().map(|service| (service.prefix, types_of_all(service, &valid))).collect();
    let mut mistaken: Vec<&str> = actions.iter().copied().filter(|text| services.find(text, false).is_err()).collect();
    mistaken.sort_unstable();
    mistaken.truncate(MOST_SUGGESTED);
    let row = |arn: &Result<Arn, Refusal>| Row { arn: arn.clone().ok(), verdicts: Vec::with_capacity(actions.len()) };
    let mut rows: Vec<Row> = parsed.iter().map(row).collect();
    for action in actions {
        let answer = Answer::find(action, &services, &valid, &types, mistaken.contains(action));
        let mut of_valid = answer.verdicts(&valid, action, allowances).into_iter();
        for ((row, arn), text) in rows.iter_mut().zip(&parsed).zip(arns) {
            row.verdicts.extend(match arn {
                Err(refusal) => Some(explanation::invalid_arn(text, action, refusal)),
                Ok(_) => of_valid.next().map(|judged| Judged { arn: (*text).to_owned(), ..judged }),
            });
        }
    }
    Judgement { rows, actions: actions.len() }
}

/// By the prefix of a service, the types of each valid ARN within it.
type Types<'a> = BTreeMap<&'a str, Vec<Vec<(usize, Match<'a>)>>>;

fn types_of_all<'a>(service: &'a Service, arns: &[&Arn]) -> Vec<Vec<(usize, Match<'a>)>> {
    arns.iter().map(|arn| service.types_of(arn)).collect()
}

/// One action on all valid resources.
enum Answer<'a> {
    None(NoAction),
    Known {
        service: &'a Service,
        action: &'a Action,
        /// How it fits each ARN, and the types that the ARN has.
        fits: Vec<(Fit, Vec<usize>)>,
        /// The types that are satisfied by any of the ARNs.
        satisfied: BTreeSet<usize>,
    },
}

impl<'a> Answer<'a> {
    fn find(text: &str, services: &'a Services, arns: &[&Arn], types: &Types<'a>, suggests: bool) -> Self {
        let (service, action) = match services.find(text, suggests) {
            Ok(found) => found,
            Err(problem) => return Self::None(problem),
        };
        let types = types.get(service.prefix).map(Vec::as_slice).unwrap_or_default();
        let of = |(arn, found): (&&Arn, &Vec<_>)| {
            (fit(service, action, arn, found), found.iter().map(|(index, _)| *index).collect())
        };
        let fits: Vec<(Fit, Vec<usize>)> = arns.iter().zip(types).map(of).collect();
        let mut satisfied = BTreeSet::new();
        for (fit, _) in &fits {
            match fit {
                // What cannot be granted leaves the others as they are.
                Fit::Fits { resources, satisfied: here, .. } if unwritable(resources.keys()).is_none() => {
                    satisfied.extend(here.iter().copied());
                }
                Fit::Fits { .. } | Fit::Wrong { .. } => {}
            }
        }
        Self::Known { service, action, fits, satisfied }
    }

    /// Returns the verdict on each of `arns`.
    fn verdicts(&self, arns: &[&Arn], text: &str, allowances: &Allowances) -> Vec<Judged> {
        match self {
            Self::None(problem) => arns.iter().map(|arn| explanation::no_action(arn, text, problem)).collect(),
            Self::Known { service, action, fits, satisfied } => {
                let known = Known { service, action, satisfied, allowances };
                arns.iter().zip(fits).map(|(arn, (fit, found))| known.verdict(arn, fit, found)).collect()
            }
        }
    }
}

/// What a verdict rests on besides the resource.
struct Known<'a> {
    service: &'a Service,
    action: &'a Action,
    satisfied: &'a BTreeSet<usize>,
    allowances: &'a Allowances,
}

impl Known<'_> {
    fn verdict(&self, arn: &Arn, fit: &Fit, found: &[usize]) -> Judged {
        let (service, action) = (self.service, self.action);
        let mut judged = facts(arn, service, action);
        let mut is_allowed_account_wide = false;
        if action.is_denied && !self.allowances.lifts_denial(&judged.action) {
            judged.verdict = Verdict::PrivilegeEscalation;
        } else if action.types.is_empty() {
            judged.verdict = Verdict::NeedsWildcard;
            // An ARN of no resource would bring no region either.
            is_allowed_account_wide = !found.is_empty() && self.allowances.allows_account_wide(&judged.action);
        } else {
            apply(fit, service, self.satisfied, &mut judged);
            if action.goes_by_path && judged.verdict == Verdict::Allow {
                judged.verdict = Verdict::AllowChildren;
            }
        }
        judged.obstacle = self.obstacle(&judged, is_allowed_account_wide);
        (judged.reason, judged.remedy) = explanation::explain(&judged, &Ground { arn, service, action, found, fit });
        judged
    }

    /// Returns what keeps the action from being granted: what no further resource and no other one would mend first.
    fn obstacle(&self, judged: &Judged, is_allowed_account_wide: bool) -> Option<Obstacle> {
        let fits = judged.verdict.allows() || judged.verdict == Verdict::Incomplete || is_allowed_account_wide;
        if !fits {
            return Some(Obstacle::Verdict);
        }
        if let Some(class) = judged.classes.iter().find(|class| self.allowances.refuses(**class)) {
            return Some(Obstacle::RefusedClass(*class));
        }
        // The condition would hold for no request: the grant would do nothing, and say nothing about it.
        if judged.leaves_account_open && !self.action.tells_account {
            return Some(Obstacle::NoOwner);
        }
        if let Some(character) = unwritable(&judged.resources) {
            return Some(Obstacle::Alphabet(character));
        }
        (judged.verdict == Verdict::Incomplete).then_some(Obstacle::Verdict)
    }
}

/// Returns a character that IAM takes in no policy.
fn unwritable<'a>(texts: impl IntoIterator<Item = &'a String>) -> Option<char> {
    texts.into_iter().flat_map(|text| text.chars()).find(|character| !is_written(*character))
}

fn apply(fit: &Fit, service: &Service, satisfied: &BTreeSet<usize>, judged: &mut Judged) {
    let (resources, missing) = match fit {
        Fit::Fits { resources, missing, .. } => (resources, missing),
        Fit::Wrong { parents } => {
            judged.verdict = Verdict::WrongType;
            judged.suggestions.extend(parents.iter().filter_map(|(_, arn)| arn.clone()));
            return;
        }
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
    } else if resources.values().any(|origin| *origin == Origin::Child) {
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
        obstacle: Some(Obstacle::Verdict),
    }
}
