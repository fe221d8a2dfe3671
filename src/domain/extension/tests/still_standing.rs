//! Whether the old grant still stands once the extension is live.

use super::*;

/// Checks the grant once more at `now`, when its role told this end.
fn checked(change: impl FnOnce(&mut Case), end: Option<&str>, now: &str) -> Result<(), Refusal> {
    let mut case = Case::new();
    change(&mut case);
    let grant = GrantId::parse("Permission-r_1").unwrap();
    as_owner(|owner| verify_still_standing(owner, &grant, &case.extended, end.map(at), at(now)))
}

const OVER: [(Option<&str>, &str); 3] = [(Some(END), END), (Some(END), "2026-11-23T21:10:00Z"), (None, NOW)];

#[test]
fn until_its_end_the_grant_has_to_stand_as_before() {
    assert_eq!(checked(|_| (), Some(END), NOW), Ok(()));
    assert_eq!(checked(|_| (), Some(END), "2026-11-23T20:59:59Z"), Ok(()));
    let changes: [fn(&mut Case); 4] = [
        |it| it.extended.role = None,
        |it| it.extended.record = None,
        |it| it.record()["revoked_at"] = json!("2026-11-23T20:10:00Z"),
        |it| it.extended.attached.push("arn:aws:iam::aws:policy/AWSDenyAll".to_owned()),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        assert_eq!(checked(change, Some(END), NOW).unwrap_err().code.as_str(), "not-extendable", "{number}");
    }
}

#[test]
fn once_its_time_is_over_it_may_be_gone() {
    let gone: [fn(&mut Case); 3] = [
        |it| it.extended.role = None,
        |it| (it.extended.role, it.extended.record) = (None, None),
        |it| {
            it.extended.role = None;
            it.record()["revoked_at"] = json!("2026-11-23T21:00:05Z");
            it.record()["state"] = json!("expired");
        },
    ];
    for (end, now) in OVER {
        for (number, gone) in gone.into_iter().enumerate() {
            assert_eq!(checked(gone, end, now), Ok(()), "{number} {end:?} {now}");
        }
    }
}

#[test]
fn what_somebody_took_away_is_not_extended_even_after_its_time() {
    for (end, now) in OVER {
        for state in ["revoked", "live"] {
            let taken = |it: &mut Case| {
                it.extended.role = None;
                it.record()["revoked_at"] = json!("2026-11-23T20:59:00Z");
                it.record()["state"] = json!(state);
            };
            let refusal = checked(taken, end, now).unwrap_err();
            assert_eq!((refusal.code.as_str(), refusal.field), ("not-extendable", "entity"), "{state} {end:?}");
            assert!(refusal.reason.contains("2026-11-23T20:59:00Z"), "{refusal}");
        }
    }
}
