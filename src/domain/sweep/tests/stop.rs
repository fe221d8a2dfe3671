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
    fn gone_but_new(seen: &mut Seen) {
        gone(seen);
        for (number, record) in seen.records.values_mut().enumerate() {
            // The last of them after AWS was read.
            record.from = Some(seen.now + SignedDuration::from_secs(5 * i64::try_from(number).unwrap() - 24));
        }
    }
    fn gone_and_to_come(seen: &mut Seen) {
        gone(seen);
        seen.records.values_mut().for_each(|record| record.from = Some(later(6)));
    }
    fn left_beside_a_hundred_that_are_over(seen: &mut Seen) {
        left(seen);
        for number in 0..100 {
            let name = format!("Permission-r_over{number}");
            let (end, trust_digest) = (Some(seen.now), Some("recorded".to_owned()));
            let is_over = number % 2 == 0;
            seen.entities.insert(name.clone(), EntitySeen { end: end.filter(|_| !is_over), ..EntitySeen::default() });
            seen.records.insert(name, RecordSeen { trust_digest, is_over, ..RecordSeen::default() });
        }
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
        vouch_for_none(seen);
    }
    fn all_unknown_and_tampered_with(seen: &mut Seen) {
        unknown(seen);
        tamper(seen);
    }
    fn say(seen: &mut Seen, verdict: fn(String) -> Verdict) {
        let names: Vec<String> = seen.roles.keys().cloned().collect();
        seen.verdicts.extend(names.into_iter().map(|name| (name, verdict("x".to_owned()))));
    }
    fn vouch_for_none(seen: &mut Seen) {
        say(seen, Verdict::Unvouched);
    }
    fn reach_beyond(seen: &mut Seen) {
        say(seen, Verdict::Beyond);
    }
    fn reach_beyond_and_were_changed(seen: &mut Seen) {
        reach_beyond(seen);
        seen.roles.values_mut().for_each(|role| role.trust_digest = "another".to_owned());
    }
    fn reach_beyond_and_were_widened(seen: &mut Seen) {
        reach_beyond(seen);
        seen.looks.values_mut().for_each(|look| look.policy_digest = Some("another".to_owned()));
    }
    for (what, count, change, stops) in [
        ("five denied", 5, tamper as fn(&mut Seen), false),
        ("six denied", 6, tamper, false),
        ("six of people who have left", 6, left, true),
        ("five of people who have left", 5, left, false),
        ("a tenth, of people who have left", 100, |it| leave(it, 10), false),
        ("more than a tenth, of people who have left", 100, |it| leave(it, 11), true),
        ("six of people who have left, beside entities of what is over", 6, left_beside_a_hundred_that_are_over, true),
        ("six of one who has left", 6, one_left_by_the_tags_too, false),
        ("six of others, whose entities name one who has left", 6, one_left, true),
        ("six of two who have left", 6, two_left, true),
        ("six entities of nothing that was ever on record", 6, phantoms, false),
        ("five missing", 5, gone, false),
        ("six missing", 6, gone, true),
        ("six missing that will be made", 6, gone_and_to_come, true),
        ("six missing that were made since AWS was read, or just before", 6, gone_but_new, false),
        ("a flood that Port does not know", 20, all_but_one_unknown, false),
        ("never used", 20, never_used, false),
        ("one, unknown", 1, all_unknown, false),
        ("two, all unknown", 2, all_unknown, true),
        ("two, all unknown and none of ours by AWS alone", 2, all_unknown_and_tampered_with, false),
        ("six as recorded, whose runs vouch for nothing", 6, vouch_for_none, false),
        ("six as recorded, that reach beyond what today's configuration makes", 6, reach_beyond, true),
        ("five of those", 5, reach_beyond, false),
        ("six of those, with another trust than was recorded", 6, reach_beyond_and_were_changed, false),
        ("six of those, with other policies than were recorded", 6, reach_beyond_and_were_widened, false),
    ] {
        assert_eq!(many(count, change), stops, "{what}");
    }
}

#[test]
fn a_sweep_that_knows_nobody_goes_on_while_it_denies_one_or_one_of_the_roles_is_known() {
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
    // Of none of the roles.
    let astray = |it: &mut Seen| _ = it.entities.insert("Permission-r_9".to_owned(), EntitySeen::default());
    assert!(two(astray).is_some());
    // People cannot write a record.
    let on_record_beside = |it: &mut Seen| {
        it.entities.insert("Permission-r_9".to_owned(), EntitySeen::default());
        it.records.insert("Permission-r_9".to_owned(), RecordSeen::default());
    };
    assert_eq!(two(on_record_beside), None);
    let listed = |it: &mut Seen| _ = it.entities.insert("Permission-r_1".to_owned(), EntitySeen::default());
    assert_eq!(two(listed), None);
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
fn where_port_knows_nothing_of_an_account_a_denial_waits_for_a_person_s_word_unless_aws_alone_tells() {
    let mut seen = nothing();
    let names = (1..=6).map(|number| format!("Permission-r_{number}"));
    for name in names {
        add(&mut seen, &name);
        seen.verdicts.insert(name, Verdict::Unvouched("Port knows no run".to_owned()));
    }
    unknown(&mut seen);
    let look =
        |seen: &mut Seen, name: &str, change: fn(&mut Look)| change(seen.looks.get_mut(&arn("role", name)).unwrap());
    look(&mut seen, "Permission-r_3", |look| look.inline.push("x".to_owned()));
    look(&mut seen, "Permission-r_4", |look| look.boundary = None);
    seen.roles.get_mut("Permission-r_5").unwrap().end = None;
    seen.roles.get_mut("Permission-r_6").unwrap().end = Some(later(8 * 24 * 60));
    let plan = judge(&seen);
    assert_eq!(plan.steps.len(), 6, "{plan:?}");
    let held: Vec<&str> = plan.held.iter().map(|step| step.subject.as_str()).collect();
    assert_eq!(held, ["Permission-r_1", "Permission-r_2"]);
    assert!(plan.held.iter().all(|step| matches!(step.action, Action::Deny(_))), "{plan:?}");
}
