//! Grants that somebody can use, and what is written about them.

use super::*;

#[test]
fn nothing_goes_while_somebody_can_use_a_grant_unless_all_are_to_be_revoked() {
    for (state, is_refused) in
        [(State::Live, true), (State::Granting, true), (State::Expired, false), (State::Missing, false)]
    {
        let mut seen = installed();
        seen.grants = vec![row("Permission-r_1", state)];
        let held = plan(&seen, Consent::default());
        assert_eq!(
            held.refusal().map(|refusal| refusal.code.as_str()),
            is_refused.then_some("grants-live"),
            "{state:?}"
        );
        let revoked = plan(&seen, Consent { revoke_all: true, ..Consent::default() });
        assert_eq!(revoked.refusal(), None);
        let position = |subject: &str| subjects(&revoked).iter().position(|one| one == subject).unwrap();
        let grant = position("grant Permission-r_1");
        assert!(
            position("action revoke_expired_permissions") < grant
                && grant < position("blueprint provisioned_permissions")
        );
    }
    // Of another account nobody here knows anything.
    let mut seen = installed();
    seen.grants = vec![Row { account: Some("210987654321".to_owned()), ..row("Permission-r_1", State::Expired) }];
    assert!(plan(&seen, Consent { revoke_all: true, ..Consent::default() }).refusal().is_some());
}

#[test]
fn the_records_stay_where_a_revocation_is_about_to_write_some() {
    let mut seen = installed();
    seen.grants = vec![row("Permission-r_1", State::Live)];
    let consent = Consent { revoke_all: true, ..Consent::default() };
    stays(
        &plan(&seen, consent),
        "blueprint permission_records",
        "the permanent records of the grants that are revoked",
    );
    // What was granted without Port is put on record as it goes.
    seen.grants = vec![Row { is_listed: false, ..row("Permission-bg-1", State::Live) }];
    assert!(!subjects(&plan(&seen, consent)).contains(&"blueprint permission_records".to_owned()));
    // Of a role that nobody has listed nothing is recorded.
    seen.grants = vec![Row { is_listed: false, ..row("Permission-r_1", State::Live) }];
    assert!(subjects(&plan(&seen, consent)).contains(&"blueprint permission_records".to_owned()));
}
