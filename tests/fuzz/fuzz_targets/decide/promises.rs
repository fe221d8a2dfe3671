//! What holds of every outcome. It is judged by the documents as they arrived, and not by what the program read in them.

use jiff::Timestamp;
use serde_json::Value;

use super::outcome::{Outcome, account, now, recorded_end};
use super::story::Story;
use crate::domain::arn::Arn;
use crate::domain::decision::Configuration;
use crate::domain::grant::Grant;
use crate::domain::refusal::Refusal;
use crate::domain::request::Dispatch;
use crate::domain::rules::{ApprovalRule, ApprovalsNeeded, Requester, Rule, RulesError};

/// Fails when a promise is broken.
pub(crate) fn check(story: &Story, outcome: &Outcome) {
    if let Some(error) = &outcome.mistakes {
        check_mistakes(story.text("rules"), error);
    }
    let refusals = [
        outcome.configuration.as_ref().err(),
        outcome.dispatch.as_ref().err(),
        outcome.decided.as_ref().and_then(|decided| decided.as_ref().err()),
        outcome.revoked.as_ref().and_then(|revoked| revoked.as_ref().err()),
        outcome.returned.as_ref().and_then(|returned| returned.as_ref().err()),
        outcome.over.as_ref().and_then(|over| over.as_ref().err()),
        outcome.extended.as_ref().and_then(|extended| extended.as_ref().err()),
    ];
    refusals.into_iter().flatten().for_each(check_refusal);
    if let Ok(dispatch) = &outcome.dispatch {
        assert_eq!(Some(&dispatch.run_id), Dispatch::run_id_of(&story.json("event").unwrap_or_default()).as_ref());
    }
    if let (Some(Ok(grant)), Ok(configuration), Ok(dispatch)) =
        (&outcome.decided, &outcome.configuration, &outcome.dispatch)
    {
        check_request(story, dispatch, grant);
        check_rule(story, configuration, grant);
        check_end(outcome, grant);
        check_documents(configuration, grant);
    }
    if let (Some(Ok(())), Ok(dispatch)) = (&outcome.revoked, &outcome.dispatch) {
        let run = &story.json("run").unwrap_or_default()["run"];
        assert_eq!(named(&run["entity"]), Some(dispatch.entity.as_str()));
        assert!(run["impersonatedBy"].is_null(), "{run}");
    }
    if let Some(Ok(())) = &outcome.returned {
        check_returner(story);
    }
    if let Some(Ok(())) = &outcome.over {
        let role = story.json("role").unwrap_or_default();
        assert!(role.is_null() || ends_of(&role).iter().any(|end| *end <= now()), "{role}");
    }
    if let (Some(Ok(grant)), Ok(configuration), Ok(dispatch)) =
        (&outcome.extended, &outcome.configuration, &outcome.dispatch)
    {
        check_extension(story, dispatch, grant);
        check_end(outcome, grant);
        check_documents(configuration, grant);
    }
}

/// Returns the ends that the statements of a role's trust bear.
fn ends_of(role: &Value) -> Vec<Timestamp> {
    let statements = &role["trust"]["Statement"];
    let statements = statements.as_array().map_or_else(|| std::slice::from_ref(statements), Vec::as_slice);
    let end = |statement: &Value| statement["Condition"]["DateLessThan"]["aws:CurrentTime"].as_str()?.parse().ok();
    statements.iter().filter_map(end).collect()
}

/// Whoever gives a grant back has asked for it, has approved it, or is an active administrator.
fn check_returner(story: &Story) {
    let (run, before) = (story.json("run").unwrap_or_default(), story.json("before").unwrap_or_default());
    let by = run["run"]["createdBy"].as_str().unwrap();
    let has_asked = items(&before).iter().any(|answer| answer["run"]["createdBy"] == by);
    let decisions = story.json("approvals").unwrap_or_default();
    let has_approved = items(&decisions["approvers"])
        .iter()
        .any(|it| it["userId"] == by && it["state"].as_str().unwrap().to_uppercase().starts_with("APPROVE"));
    let user = &story.json("requester").unwrap_or_default()["user"];
    let is_active = || user["status"].as_str().unwrap_or_default().eq_ignore_ascii_case("active");
    let is_administrator = || user["roles"].to_string().contains("Admin");
    assert!(has_asked || has_approved || (user["id"] == by && is_active() && is_administrator()), "{run} {user}");
}

/// What is gone on from stands, is on record and ours, and was asked for by the same person back to the first request.
fn check_extension(story: &Story, dispatch: &Dispatch, grant: &Grant) {
    let run = &story.json("run").unwrap_or_default()["run"];
    assert_eq!((run["id"].as_str(), run["status"].as_str()), (Some(grant.run_id.as_str()), Some("IN_PROGRESS")));
    assert_eq!(named(&run["action"]), Some("extend_permissions"));
    assert_eq!(named(&run["entity"]), Some(dispatch.entity.as_str()));
    assert!(run["impersonatedBy"].is_null() && run["endedAt"].is_null(), "{run}");
    let before = story.json("before").unwrap_or_default();
    let count = grant.extends.len();
    assert_eq!(grant.extends.first().map(|grant| grant.as_str()), Some(dispatch.entity.as_str()));
    let user = &story.json("requester").unwrap_or_default()["user"];
    for (extended, answer) in grant.extends.iter().zip(items(&before)) {
        let run = &answer["run"];
        assert_eq!(run["id"], extended.run_id().as_str());
        assert_eq!(run["status"], "SUCCESS");
        assert!(run["impersonatedBy"].is_null(), "{run}");
        let by = run["createdBy"].as_str().unwrap();
        let (id, email) = (user["id"].as_str().unwrap(), user["email"].as_str().unwrap());
        assert!(by == id || by.eq_ignore_ascii_case(email), "{run} {user}");
    }
    let first = &items(&before)[count - 1]["run"];
    assert_eq!(named(&first["action"]), Some("request_permissions"));
    assert_eq!(Arn::parse("entity", named(&first["entity"]).unwrap()).unwrap(), grant.resource);
    let record = &story.json("old").unwrap_or_default()["entity"]["properties"];
    assert!(record.is_object() && record["revoked_at"].as_str().is_none(), "{record}");
    let role = story.json("role").unwrap_or_default();
    assert!(role["arn"].as_str().unwrap().ends_with(&format!(":role/port-iam/{}", dispatch.entity)), "{role}");
    assert_eq!(role["tags"]["port-iam:run"], grant.extends[0].run_id().as_str());
    assert!(ends_of(&role).iter().any(|end| *end > now() && *end < grant.expires), "{role}");
    assert!(items(&role["attached"]).iter().all(|policy| *policy != "arn:aws:iam::aws:policy/AWSDenyAll"), "{role}");
}

/// Every mistake has its line, and the lines are in order.
fn check_mistakes(file: &str, error: &RulesError) {
    let lines = file.lines().count() as u64 + 1;
    assert!(!error.mistakes.is_empty());
    assert!(error.mistakes.is_sorted_by_key(|mistake| mistake.line), "{error:?}");
    for mistake in &error.mistakes {
        assert!((1..=lines).contains(&mistake.line), "of {lines} lines: {mistake:?}");
        assert!(!mistake.message.is_empty() && !mistake.message.contains('\n'), "{mistake:?}");
    }
}

/// A refusal can be shown as it is, and says what to do.
fn check_refusal(refusal: &Refusal) {
    assert!(!refusal.reason.is_empty() && !refusal.remedy.is_empty(), "{refusal:?}");
    assert!(
        refusal.code.as_str().chars().all(|character| character.is_ascii_lowercase() || character == '-'),
        "{refusal:?}"
    );
    let shown = [&refusal.reason, &refusal.remedy];
    let is_safe = |character: char| character == '\n' || !character.is_control();
    assert!(shown.iter().all(|text| text.chars().all(is_safe)), "{refusal:?}");
}

/// Returns the identifier of an action or entity, which Port gives as text or as an object.
fn named(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value["identifier"].as_str())
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What is granted is what the run asks for, to the person who started it, of what the catalog holds.
fn check_request(story: &Story, dispatch: &Dispatch, grant: &Grant) {
    let run = &story.json("run").unwrap_or_default()["run"];
    assert_eq!(run["id"], grant.run_id.as_str());
    assert_eq!(grant.id.as_str(), format!("Permission-{}", grant.run_id));
    assert_eq!(dispatch.run_id, grant.run_id);
    assert_eq!(named(&run["action"]), Some("request_permissions"));
    assert_eq!(run["status"], "IN_PROGRESS");
    assert!(run["endedAt"].is_null() && run["impersonatedBy"].is_null(), "{run}");
    let record = &story.json("record").unwrap_or_default()["entity"];
    assert!(record["properties"]["revoked_at"].as_str().is_none(), "{record}");

    let user = &story.json("requester").unwrap_or_default()["user"];
    let (id, email) = (user["id"].as_str().unwrap(), user["email"].as_str().unwrap());
    let by = run["createdBy"].as_str().unwrap();
    assert!(by == id || by.eq_ignore_ascii_case(email), "{run} {user}");
    assert_eq!(grant.requester, email);
    assert_eq!(dispatch.requester.as_ref().unwrap().to_lowercase(), email.to_lowercase());
    assert!(user["status"].as_str().unwrap().eq_ignore_ascii_case("active"), "{user}");

    let form =
        if items(&run["properties"]["permissions"]).is_empty() { &run["rawProperties"] } else { &run["properties"] };
    let (resources, permissions) =
        (story.json("resources").unwrap_or_default(), story.json("permissions").unwrap_or_default());
    let kinds_of = |answer: &Value, identifier: &str| -> Vec<String> {
        let entities = items(&answer["entities"]).iter().filter(|entity| entity["identifier"] == identifier);
        entities.filter_map(|entity| entity["properties"]["resource_type"].as_str().map(str::to_owned)).collect()
    };
    let entity = named(&run["entity"]).unwrap();
    assert_eq!(dispatch.entity, entity);
    assert_eq!(Arn::parse("entity", entity).unwrap(), grant.resource);
    let kinds = kinds_of(&resources, entity);
    assert!(!kinds.is_empty(), "{entity} is not in the catalog");

    let asked: Vec<&str> = items(&form["permissions"]).iter().filter_map(named).collect();
    assert_eq!(asked, grant.permissions);
    for action in asked {
        assert!(kinds_of(&permissions, action).iter().any(|kind| kinds.contains(kind)), "{action} is not offered");
    }
    let further: Vec<&str> = items(&form["additional_resources"]).iter().filter_map(named).collect();
    let granted: Vec<&Arn> = grant.additional_resources.iter().collect();
    assert_eq!(further.len(), granted.len());
    for (identifier, arn) in further.iter().zip(granted) {
        assert_eq!(Arn::parse("entity", identifier).as_ref(), Ok(arn));
        assert!(!kinds_of(&resources, identifier).is_empty(), "{identifier} is not in the catalog");
    }
}

/// The rule that decided covers all of it, and whoever has to approve has approved.
fn check_rule(story: &Story, configuration: &Configuration, grant: &Grant) {
    let rule = configuration.rules.rules.iter().find(|rule| rule.name == grant.rule).unwrap();
    let user = &story.json("requester").unwrap_or_default()["user"];
    let teams: Vec<&str> =
        items(&user["teams"]).iter().filter_map(|team| team.as_str().or_else(|| team["name"].as_str())).collect();
    let is_named = rule.requesters.iter().any(|requester| match requester {
        Requester::Anybody => true,
        Requester::Person(email) => email.eq_ignore_ascii_case(&grant.requester),
        Requester::Team(team) => teams.contains(&team.as_str()),
    });
    assert!(is_named, "{rule:?}");
    let resources = || std::iter::once(&grant.resource).chain(&grant.additional_resources);
    for arn in resources() {
        assert!(rule.resources.iter().any(|glob| fits(glob, arn.as_str())), "{arn:?} {rule:?}");
        assert!(["", account().id.as_str()].contains(&arn.account()) && arn.partition() == "aws", "{arn:?}");
    }
    assert!(configuration.rules.accounts.contains_key(&account().id));
    for action in &grant.permissions {
        let action = action.to_ascii_lowercase();
        assert!(rule.actions.iter().any(|glob| fits(&glob.to_ascii_lowercase(), &action)), "{action} {rule:?}");
    }
    assert!(grant.duration <= rule.longest_duration);
    assert!(!rule.reason.is_required || grant.reason.is_some());
    check_approval(story, rule, grant);
}

fn check_approval(story: &Story, rule: &Rule, grant: &Grant) {
    let ApprovalRule::Required { approvers } = &rule.approval else {
        return assert_eq!(grant.approver, None);
    };
    let told = grant.approver.as_deref().unwrap();
    let others = approvers.iter().filter(|email| !email.eq_ignore_ascii_case(&grant.requester));
    let agreed: Vec<&str> = match rule.approvals {
        ApprovalsNeeded::One => vec![told],
        ApprovalsNeeded::All => others.map(String::as_str).collect(),
    };
    assert!(!agreed.is_empty(), "nobody but the requester could have agreed");
    for approver in agreed {
        assert!(told.to_ascii_lowercase().contains(&approver.to_ascii_lowercase()), "{approver} is missing: {told}");
        check_approver(story, approvers, approver, grant);
    }
}

fn check_approver(story: &Story, approvers: &[String], approver: &str, grant: &Grant) {
    assert!(approvers.iter().any(|email| email.eq_ignore_ascii_case(approver)), "{approver}");
    assert!(!approver.eq_ignore_ascii_case(&grant.requester), "{approver} approved an own request");
    let decisions = story.json("approvals").unwrap_or_default();
    let users = story.json("users").unwrap_or_default();
    let ids: Vec<&Value> = items(&users)
        .iter()
        .map(|answer| &answer["user"])
        .filter(|user| user["email"].as_str().is_some_and(|email| email.eq_ignore_ascii_case(approver)))
        .map(|user| &user["id"])
        .collect();
    let states = || items(&decisions["approvers"]).iter().map(|it| (&it["userId"], it["state"].as_str().unwrap()));
    let is_yes = |state: &str| state.to_uppercase().starts_with("APPROVE");
    assert!(states().any(|(id, state)| ids.contains(&id) && is_yes(state)), "{approver} has not approved");
    assert!(!states().any(|(_, state)| state.to_uppercase().starts_with("DECLINE")), "{decisions}");
}

/// The grant ends in time, and not later than an earlier attempt has said.
fn check_end(outcome: &Outcome, grant: &Grant) {
    assert!(grant.expires > now() && grant.expires <= grant.duration.after(now()), "{}", grant.expires);
    let record = outcome.answers.as_ref().and_then(|answers| answers.evidence.record.as_ref());
    assert!(recorded_end(record).is_none_or(|end| grant.expires <= end), "{}", grant.expires);
}

/// Nothing that allows outlives the grant, and nothing allows what nobody asked for.
fn check_documents(configuration: &Configuration, grant: &Grant) {
    let rules = &configuration.rules;
    let companions = rules.companions.iter().flat_map(|companion| &companion.actions).map(|action| action.as_str());
    let known: Vec<String> =
        grant.permissions.iter().map(String::as_str).chain(companions).map(str::to_ascii_lowercase).collect();
    for document in grant.policies.iter().chain([&grant.trust]) {
        let statements = items(&document["Statement"]);
        assert!(!statements.is_empty(), "{document}");
        for statement in statements.iter().filter(|statement| statement["Effect"] != "Deny") {
            let end = statement["Condition"]["DateLessThan"]["aws:CurrentTime"].as_str().unwrap();
            assert!(end.parse::<Timestamp>().unwrap() <= grant.expires, "{statement}");
        }
    }
    for statement in items(&grant.trust["Statement"]) {
        let principal = &statement["Principal"];
        assert!(
            *principal != "*" && !items(&principal["AWS"]).contains(&"*".into()) && principal["AWS"] != "*",
            "{statement}"
        );
    }
    if rules.template_may_widen {
        return;
    }
    for statement in grant.policies.iter().flat_map(|document| items(&document["Statement"])) {
        if statement["Effect"] != "Allow" {
            continue;
        }
        assert!(statement.get("NotAction").is_none() && statement.get("NotResource").is_none(), "{statement}");
        for action in items(&statement["Action"]) {
            let action = action.as_str().unwrap().to_ascii_lowercase();
            // The use of a companion's key comes with the data that it protects.
            let is_key =
                action.starts_with("kms:") && rules.companions.iter().any(|companion| !companion.keys.is_empty());
            assert!(known.contains(&action) || is_key, "{action} in {statement}");
        }
    }
}

/// Returns whether a glob matches a whole text: the plain table, character by character.
fn fits(glob: &str, text: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    for token in glob.chars() {
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            let one_before = at > 0 && reached[at - 1];
            next[at] = match token {
                '*' => reached[at] || at > 0 && next[at - 1],
                '?' => one_before,
                character => one_before && text[at - 1] == character,
            };
        }
        reached = next;
    }
    reached[text.len()]
}
