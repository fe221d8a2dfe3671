//! The policy compiler on any request: it neither panics, nor widens, nor takes its time.
//!
//! A line is a field: `r ARN`, `a ACTION`, and what the reviewed configuration says: `d ACTION` allows a denied one,
//! `w GLOB` account-wide ones, `c CLASS` refuses a class, `k SERVICE:KIND GLOB ACTION KEY` grants beside. Everything else is
//! taken for a resource or an action, in turn. A request has as many of each as Port's form lets through.

#![no_main]

#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../../../src/domain/mod.rs"]
mod domain;
mod promises;
#[path = "../../../src/domain/policy/tests/reach.rs"]
mod reach;
mod time;

use std::time::Duration;

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

use domain::arn::Arn;
use domain::identifier::{AccountId, ActionName};
use domain::policy::{ActionClass, Allowances, Compiled, Judgement, assemble, documents, judge};
use domain::reference::{self, Service};
use domain::request::{MOST_PERMISSIONS, MOST_RESOURCES};
use domain::rules::Companion;
use domain::template::PolicyTemplate;

const TEMPLATE: &str = include_str!("../../../workflows/templates/iamPolicyDocument.json");
const LONGEST_INPUT: usize = 64 * 1024;
/// What one request may take. Counting coverage makes it about ten times slower; `scripts/fuzz` replays what was found
/// without it.
const TIME_BOX: Duration = Duration::from_millis(if cfg!(fuzzing) { 500 } else { 50 });
const MOST_POLICIES: usize = 9;

/// A request, and what the configuration says.
#[derive(Default)]
struct Input<'a> {
    arns: Vec<&'a str>,
    actions: Vec<&'a str>,
    allowances: Allowances,
}

fn read(text: &str) -> Input<'_> {
    let mut input = Input::default();
    for (at, line) in text.split('\n').enumerate() {
        let (field, rest) = line.split_once(' ').unwrap_or(("", line));
        match field {
            "r" => input.arns.push(rest),
            "a" => input.actions.push(rest),
            "d" => input.allowances.denied_actions.extend(ActionName::parse(rest)),
            "w" => input.allowances.account_wide_actions.push(rest.to_owned()),
            "c" => input.allowances.refused_classes.extend(ActionClass::ALL.iter().find(|class| class.as_str() == rest)),
            "k" => input.allowances.companions.extend(companion(rest)),
            _ if at % 2 == 0 => input.arns.push(line),
            _ => input.actions.push(line),
        }
    }
    // Port's form refuses more.
    input.arns.truncate(MOST_RESOURCES + 1);
    input.actions.truncate(MOST_PERMISSIONS);
    input
}

fn companion(text: &str) -> Option<Companion> {
    let mut words = text.split(' ').map(str::to_owned);
    let (service, kind) = words.next()?.split_once(':').map(|(one, other)| (one.to_owned(), other.to_owned()))?;
    Some(Companion {
        service,
        kind,
        resources: vec![words.next()?],
        actions: words.next().and_then(|action| ActionName::parse(&action).ok()).into_iter().collect(),
        keys: words.next().and_then(|key| Arn::parse("keys", &key).ok()).into_iter().collect(),
    })
}

/// What a request came to.
struct Outcome {
    judgement: Judgement,
    /// Statements, and the texts of their documents where they have room.
    granted: Option<(Compiled, Vec<String>)>,
}

fn outcome(input: &Input<'_>, template: &PolicyTemplate, account: &AccountId) -> Outcome {
    let judgement = judge(&input.arns, &input.actions, &input.allowances);
    let compiled = assemble(&judgement, account, &input.allowances).ok();
    let granted = compiled.map(|compiled| {
        let end = Timestamp::UNIX_EPOCH;
        let written = documents(template, &compiled.statements, end, MOST_POLICIES).unwrap_or_default();
        (compiled, written.iter().map(ToString::to_string).collect())
    });
    Outcome { judgement, granted }
}

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() > LONGEST_INPUT {
        return;
    }
    let text = String::from_utf8_lossy(bytes);
    let input = read(&text);
    let template = serde_json::from_str(TEMPLATE).unwrap();
    let template = PolicyTemplate::parse(&template, false).unwrap();
    let account = AccountId::parse("account", "123456789012").unwrap();
    let before = time::slowest();
    let outcome = time::within(TIME_BOX, || outcome(&input, &template, &account));
    if time::slowest() > before {
        eprintln!("SLOWEST {} us", time::slowest().as_micros());
    }
    promises::check(&input, &outcome);
});
