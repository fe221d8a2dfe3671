//! How much is granted at once, which the tags of the role have to hold.

use super::*;
use crate::domain::reference;

#[test]
fn as_much_is_granted_at_once_as_a_request_may_ask_for() {
    let of_resources = |count: usize| {
        let arn = |number| Arn::parse("entity", &format!("arn:aws:s3:::team-{number}")).unwrap();
        decide(RULES, &BreakGlass { resources: (0..count).map(arn).collect(), ..wish() }, now(), None)
    };
    assert_eq!(of_resources(21).unwrap().additional_resources.len(), 20);
    let refusal = of_resources(22).unwrap_err();
    assert_eq!((refusal.code.as_str(), refusal.field), ("too-many", "entity"));
    let of_actions = |count: usize| {
        let name = |number| ActionName::parse(&format!("s3:NoSuchAction{number}")).unwrap();
        decide(RULES, &BreakGlass { actions: (0..count).map(name).collect(), ..wish() }, now(), None).unwrap_err()
    };
    // So many are looked at one by one, and there are none of these names.
    assert_eq!(of_actions(100).code.as_str(), "unknown-action");
    let refusal = of_actions(101);
    assert_eq!((refusal.code.as_str(), refusal.field), ("too-many", "permissions"));
}

/// Returns a wish for actions with names so long that few fit into one tag, and for what they act on.
fn wish_of_many_tags(rules: &str) -> BreakGlass {
    let mut wide = BreakGlass { resources: Vec::new(), actions: Vec::new(), ..wish() };
    for service in reference::services() {
        for (index, kind) in service.types.iter().enumerate() {
            let acts = |action: &&reference::Action| action.types.iter().any(|used| used.index == index);
            let usual = service.actions.iter().filter(acts).filter(|action| !action.is_denied);
            let names =
                usual.map(|action| format!("{}:{}", service.prefix, action.name)).filter(|name| name.len() > 50);
            let actions: Vec<_> = names.map(|name| ActionName::parse(&name).unwrap()).collect();
            let Ok(arn) = Arn::parse("entity", &kind.patterns[0].example(|_| "n".to_owned())) else { continue };
            let alone = BreakGlass { resources: vec![arn.clone()], actions: actions.clone(), ..wish() };
            if actions.len() > 2 && decide(rules, &alone, now(), None).is_ok() && wide.actions.len() < 86 {
                wide.resources.push(arn);
                wide.actions.extend(actions);
            }
        }
    }
    wide
}

#[test]
fn what_a_role_s_fifty_tags_cannot_hold_is_refused() {
    let any = RULES.replace("[S3]", "['*']").replace("arn:aws:s3:::team-*", "*").replace("s3:*", "*");
    let mut wide = wish_of_many_tags(&any);
    wide.actions.push(ActionName::parse("s3:GetObject").unwrap());
    let mut tags = Vec::new();
    for number in wide.resources.len()..21 {
        wide.resources.push(Arn::parse("entity", &format!("arn:aws:s3:::team-{number}")).unwrap());
        let decided = decide(&any, &wide, now(), None);
        tags.push(decided.map(|grant| grant.tags().len()).map_err(|refusal| (refusal.code.as_str(), refusal.field)));
    }
    let most = tags.iter().position(|tags| *tags == Ok(50)).unwrap();
    assert!(wide.actions.len() <= MOST_PERMISSIONS);
    assert!(tags[..most].iter().all(Result::is_ok), "{tags:?}");
    assert!(tags.len() > most + 1, "{tags:?}");
    assert!(tags[most + 1..].iter().all(|tags| *tags == Err(("too-many", "permissions"))), "{tags:?}");
}
