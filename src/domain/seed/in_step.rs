//! The automation that keeps the catalog in step with another blueprint: Port itself writes each new ARN.
//!
//! The event and the backend `UPSERT_ENTITY` are in Port's contract (Port API, "Create an action/automation"). That an
//! entity which is there keeps what the mapping does not name is documented of Port's workflows and UNVERIFIED here: if
//! it did not, titles and accounts of the catalog would be lost where an ARN appears anew, and a scheduled
//! `seed --from-blueprint` would be the way instead.
//!
//! What it writes is an offer, as everything in the catalog. The rules file decides what anybody is granted.

use serde_json::{Value, json};

use super::source::{IDENTIFIER, Source};
use super::{Facts, Kind, Types};
use crate::domain::account::AwsAccount;
use crate::domain::names::Names;
use crate::domain::resource_types::{GUIDE, service_of_type};
use crate::domain::setup::differences;

/// The members of an automation that are compared; the operator's title, icon and description are not among them.
const COMPARED: [&str; 3] = ["trigger", "invocationMethod", "publish"];
const EVENT: &str = "ANY_ENTITY_CHANGE";
const BACKEND: &str = "UPSERT_ENTITY";
/// How the expression of an ARN ends.
const AS_TEXT: &str = " // \"\") | rtrimstr(\":*\"))";
/// The longest identifier that Port takes, in characters.
const LONGEST: usize = 1000;

/// What is to be done about the automation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InStep {
    /// There is none.
    Create(Value),
    /// It differs in these lines.
    Change {
        /// The whole body.
        body: Value,
        /// The differences.
        lines: Vec<String>,
    },
    /// It is as it shall be.
    Same(Value),
}

impl InStep {
    /// Returns the automation.
    pub fn body(&self) -> &Value {
        match self {
            Self::Create(body) | Self::Change { body, .. } | Self::Same(body) => body,
        }
    }

    /// Returns its identifier.
    pub fn identifier(&self) -> &str {
        self.body()["identifier"].as_str().unwrap_or_default()
    }

    /// Returns whether something has to be written.
    pub fn is_pending(&self) -> bool {
        !matches!(self, Self::Same(_))
    }
}

/// Returns what has to be done so that `source` is kept in step for this account.
///
/// # Errors
///
/// Says why there can be none: no type is known of a service, or something else has the name.
pub fn keep_in_step(
    names: &Names,
    source: &Source<'_>,
    account: &AwsAccount,
    facts: &Facts,
    seen: &[Value],
) -> Result<InStep, String> {
    let body = automation(names, source, account, facts)?;
    let Some(theirs) = seen.iter().find(|action| action["identifier"] == body["identifier"]) else {
        return Ok(InStep::Create(body));
    };
    if !is_ours(names, theirs) {
        let identifier = body["identifier"].as_str().unwrap_or_default();
        return Err(format!(
            "an action or automation `{identifier}` is there and does not write into `{}`; rename it, or leave --keep-in-step out",
            names.aws_resource
        ));
    }
    let lines = differences(&compared(theirs), &compared(&body));
    if lines.is_empty() {
        return Ok(InStep::Same(body));
    }
    // What people call it stays.
    let mut body = body;
    for key in ["title", "icon", "description"] {
        if let Some(text) = theirs[key].as_str() {
            body[key] = text.into();
        }
    }
    Ok(InStep::Change { body, lines })
}

/// Returns whether an automation is one that [`keep_in_step`] has made for this installation.
pub fn is_ours(names: &Names, action: &Value) -> bool {
    let named = action["identifier"].as_str().is_some_and(|name| name.starts_with(&names.seed_from));
    let method = &action["invocationMethod"];
    named
        && action["trigger"]["type"] == "automation"
        && method["type"] == BACKEND
        && method["blueprintIdentifier"] == names.aws_resource.as_str()
}

/// Returns what keeps such an automation from doing what it was made for, if anything does.
pub fn weakness(action: &Value) -> Option<&'static str> {
    const CHANGED: &str = "it was changed, so that it may write what is no ARN of the account, or nothing";
    if action["publish"] != true {
        return Some("it is not published, so it never runs");
    }
    let (trigger, mapping) = (&action["trigger"], &action["invocationMethod"]["mapping"]);
    let place = mapping["identifier"].as_str().and_then(|text| {
        let expression = text.strip_prefix("{{ ")?.strip_suffix(" }}")?;
        expression.strip_prefix("((.event.diff.after")?.strip_suffix(AS_TEXT)
    });
    let account = action["identifier"].as_str().and_then(|name| name.rsplit('_').next()).unwrap_or_default();
    let is_whole = place.is_some_and(|place| {
        let (before, after) = (of_place("diff.before", place), of_place("diff.after", place));
        let wanted = [format!("{before} != {after}"), format!("{after} | length <= {LONGEST}")];
        let expressions: Vec<&str> =
            trigger["condition"]["expressions"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let is_form = |text: &&str| {
            text.starts_with(&format!("{after} | test(\"\\\\Aarn:")) && text.contains(&format!(":({account})?:"))
        };
        wanted.iter().all(|wanted| expressions.contains(&wanted.as_str())) && expressions.iter().any(is_form)
    });
    let is_every_change = trigger["event"]["type"] == EVENT && trigger["condition"]["combinator"] == "and";
    (!is_whole || !is_every_change).then_some(CHANGED)
}

fn compared(action: &Value) -> Value {
    let kept = COMPARED.iter().filter_map(|key| Some(((*key).to_owned(), action.get(*key)?.clone())));
    Value::Object(kept.collect())
}

fn automation(names: &Names, source: &Source<'_>, account: &AwsAccount, facts: &Facts) -> Result<Value, String> {
    let types = types(source, facts)?;
    let services: Vec<&str> = types.iter().map(|(service, _)| *service).collect();
    // Port takes no slash in the identifier of an automation.
    let blueprint = source.blueprint.replace(['/', '\\'], "_");
    let resource_type = match (source.resource_type, types.as_slice()) {
        (Some(given), _) => given.to_owned(),
        (None, [(_, only)]) => (*only).to_owned(),
        (None, several) => {
            let table: serde_json::Map<String, Value> =
                several.iter().map(|(service, name)| ((*service).to_owned(), json!(name))).collect();
            format!(
                "{{{{ {}[{} | split(\":\")[2]] }}}}",
                Value::Object(table),
                of_place("event.diff.after", &place(source))
            )
        }
    };
    Ok(json!({
        "identifier": format!("{}{blueprint}_{}", names.seed_from, account.id),
        "title": format!("Keep the catalog in step with {}", source.blueprint),
        "icon": "AWS",
        "description": format!("Writes each new ARN of {} in the account {} into {}", source.blueprint, account.id, names.aws_resource),
        "trigger": {
            "type": "automation",
            "event": { "type": EVENT, "blueprintIdentifier": source.blueprint },
            "condition": {
                "type": "JQ",
                "expressions": expressions(source, &services, account),
                "combinator": "and",
            },
        },
        "invocationMethod": {
            "type": BACKEND,
            "blueprintIdentifier": names.aws_resource,
            // No title: whoever approves sees the ARN, and nobody who edits the other blueprint can rename a resource.
            // No mark of `seed` either: an entity that is there may be somebody else's, and `uninstall` would take it.
            "mapping": {
                "identifier": format!("{{{{ {} }}}}", of_place("event.diff.after", &place(source))),
                "properties": { "resource_type": resource_type },
            },
        },
        "publish": true,
    }))
}

/// Returns services with the types of their resources; all services where the operator has said the type.
fn types<'a>(source: &Source<'_>, facts: &'a Facts) -> Result<Vec<(&'static str, &'a str)>, String> {
    if source.resource_type.is_some() {
        return Ok(Vec::new());
    }
    let known: Vec<&str> = match facts.types(Kind::Resource) {
        Types::OneOf(types) => types.iter().map(String::as_str).collect(),
        Types::Any | Types::Unknown => GUIDE.to_vec(),
    };
    let mut types: Vec<_> = known.into_iter().filter_map(|name| Some((service_of_type(name)?, name))).collect();
    types.sort_unstable();
    types.dedup_by_key(|(service, _)| *service);
    if types.is_empty() {
        return Err("no resource type of the catalog is named after a service; say it with --resource-type".to_owned());
    }
    Ok(types)
}

/// Returns what an entity has to be like: it has an ARN that it did not have before, and that is as
/// [`check`](super::check) asks for, as far as jq can say it.
fn expressions(source: &Source<'_>, services: &[&str], account: &AwsAccount) -> [String; 3] {
    let place = place(source);
    let (before, after) = (of_place("diff.before", &place), of_place("diff.after", &place));
    let services = if services.is_empty() { "[a-z0-9-]+".to_owned() } else { services.join("|") };
    // What Port takes as an identifier, without a backslash; \A and \z, since $ may stand before a last line break.
    let form = format!(r"\Aarn:{}:({services}):[a-z0-9-]*:({})?:[A-Za-z0-9@_.+:/=-]+\z", account.partition, account.id);
    [
        format!("{before} != {after}"),
        format!("{after} | test({})", json!(form)),
        format!("{after} | length <= {LONGEST}"),
    ]
}

/// Returns where an entity has its ARN, in jq.
fn place(source: &Source<'_>) -> String {
    match source.arn_property {
        IDENTIFIER => ".identifier".to_owned(),
        // JSON's texts are jq's, and what would be evaluated in one begins with a backslash, which is escaped.
        property => format!(".properties[{}]", json!(property)),
    }
}

/// Returns the jq expression of the ARN at a place; the empty text where there is none. Some services' end in `:*`.
fn of_place(entity: &str, place: &str) -> String {
    format!("((.{entity}{place}{AS_TEXT}")
}
