//! When a sweep rather takes nothing from people.

use super::*;

#[test]
fn a_sweep_stops_at_what_it_would_take_from_people_and_at_nothing_else() {
    let many = |count: usize, change: fn(&mut Seen)| {
        let mut seen = nothing();
        for number in 0..count {
            add(&mut seen, &format!("Permission-r_{number}"));
        }
        change(&mut seen);
        judge(&seen).stop.is_some()
    };
    fn tamper(seen: &mut Seen) {
        seen.looks.values_mut().for_each(|look| look.inline.push("x".to_owned()));
    }
    fn left(seen: &mut Seen) {
        leave(seen, usize::MAX);
    }
    fn leave(seen: &mut Seen, most: usize) {
        for (number, (name, entity)) in seen.entities.iter_mut().take(most).enumerate() {
            entity.requester = Some(format!("gone{number}@acme.example"));
            seen.verdicts.insert(name.clone(), Verdict::Equal);
        }
    }
    fn one_left(seen: &mut Seen) {
        left(seen);
        seen.entities.values_mut().for_each(|entity| entity.requester = Some("gone@acme.example".to_owned()));
    }
    fn one_left_by_the_tags_too(seen: &mut Seen) {
        one_left(seen);
        seen.looks.values_mut().for_each(|look| look.requester = Some("gone@acme.example".to_owned()));
    }
    fn two_left(seen: &mut Seen) {
        one_left_by_the_tags_too(seen);
        seen.entities.values_mut().next().unwrap().requester = Some("another@acme.example".to_owned());
    }
    fn phantoms(seen: &mut Seen) {
        gone(seen);
        seen.records.clear();
    }
    fn gone(seen: &mut Seen) {
        seen.roles.clear();
        seen.policies.clear();
    }
    fn all_but_one_unknown(seen: &mut Seen) {
        tamper(seen);
        seen.entities.retain(|name, _| name == "Permission-r_0");
        seen.records.retain(|name, _| name == "Permission-r_0");
    }
    fn never_used(seen: &mut Seen) {
        seen.entities.clear();
        seen.looks.values_mut().for_each(|look| look.attached.clear());
    }
    fn all_unknown(seen: &mut Seen) {
        unknown(seen);
        tamper(seen);
    }
    for (what, count, change, stops) in [
        ("five denied", 5, tamper as fn(&mut Seen), false),
        ("six denied", 6, tamper, false),
        ("six of people who have left", 6, left, true),
        ("five of people who have left", 5, left, false),
        ("a tenth, of people who have left", 100, |it| leave(it, 10), false),
        ("more than a tenth, of people who have left", 100, |it| leave(it, 11), true),
        ("six of one who has left", 6, one_left_by_the_tags_too, false),
        ("six of others, whose entities name one who has left", 6, one_left, true),
        ("six of two who have left", 6, two_left, true),
        ("six entities of nothing that was ever on record", 6, phantoms, false),
        ("five missing", 5, gone, false),
        ("six missing", 6, gone, true),
        ("a flood that Port does not know", 20, all_but_one_unknown, false),
        ("never used", 20, never_used, false),
        ("one, unknown", 1, all_unknown, false),
        ("two, all unknown", 2, all_unknown, true),
    ] {
        assert_eq!(many(count, change), stops, "{what}");
    }
}

#[test]
fn a_sweep_that_knows_nobody_goes_on_while_it_denies_one_or_an_entity_is_there() {
    let two = |change: fn(&mut Seen)| {
        let mut seen = nothing();
        for name in ["Permission-r_1", "Permission-r_2"] {
            add(&mut seen, name);
            seen.verdicts.insert(name.to_owned(), Verdict::Differs("Port knows no run".to_owned()));
        }
        unknown(&mut seen);
        change(&mut seen);
        judge(&seen).stop
    };
    assert!(two(|_| ()).is_some());
    assert_eq!(two(|it| drop(it.verdicts.insert("Permission-r_1".to_owned(), Verdict::Equal))), None);
    let elsewhere = |it: &mut Seen| {
        let account = Some("210987654321".to_owned());
        it.entities.insert("Permission-r_9".to_owned(), EntitySeen { account, ..EntitySeen::default() });
    };
    assert!(two(elsewhere).is_some());
    let here = |it: &mut Seen| _ = it.entities.insert("Permission-r_9".to_owned(), EntitySeen::default());
    assert_eq!(two(here), None);
    let on_record = |it: &mut Seen| {
        it.records.insert("Permission-r_1".to_owned(), RecordSeen::default());
    };
    assert_eq!(two(on_record), None);
    // What is over is not live, and neither is what bears no grant's name.
    let and_one_that_is_over = |it: &mut Seen| {
        add(it, "Permission-r_3");
        unknown(it);
        it.roles.get_mut("Permission-r_3").unwrap().end = Some(it.now);
    };
    assert!(two(and_one_that_is_over).unwrap().contains("none of the 2 grants"));
    let and_one_of_another_name = |it: &mut Seen| {
        it.roles.remove("Permission-r_1");
        add(it, "not-a-grant");
        unknown(it);
    };
    assert_eq!(two(and_one_of_another_name), None);
}

#[test]
fn what_has_expired_never_stops_a_sweep() {
    let mut seen = nothing();
    for number in 0..50 {
        add(&mut seen, &format!("Permission-r_{number}"));
    }
    seen.now = later(60);
    let plan = judge(&seen);
    assert_eq!((plan.steps.len(), plan.stop), (50, None));
}

#[test]
fn where_port_knows_nothing_of_an_account_every_denial_waits_for_a_person_s_word() {
    let mut seen = nothing();
    for name in ["Permission-r_1", "Permission-r_2"] {
        add(&mut seen, name);
    }
    unknown(&mut seen);
    seen.looks.values_mut().for_each(|look| look.inline.push("x".to_owned()));
    let plan = judge(&seen);
    assert_eq!(plan.held, plan.steps);
    assert!(plan.held.len() == 2 && plan.held.iter().all(|step| matches!(step.action, Action::Deny(_))), "{plan:?}");
}
