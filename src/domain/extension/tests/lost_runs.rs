//! Whether what an extension goes on from is a run that Port can have lost.

use super::*;

/// An extension of `Permission-r_1` that ended well and went on from this.
fn extension_of(entity: &str) -> Run {
    run("r_1", "extend_permissions", entity, "SUCCESS", &json!({}))
}

fn is_lost(grant: &str, runs: &[Run]) -> bool {
    lacks_its_beginning(&Names::default(), &GrantId::parse(grant).unwrap(), runs)
}

#[test]
fn port_can_have_lost_the_run_of_a_grant_and_none_of_a_grant_without_port() {
    for (entity, expected) in [("Permission-r_0", true), ("Permission-bg-1", false), (BUCKET, false)] {
        assert_eq!(is_lost("Permission-r_1", &[extension_of(entity)]), expected, "{entity}");
    }
    assert!(is_lost("Permission-r_1", &[]) && !is_lost("Permission-bg-1", &[]));
}

#[test]
fn what_port_knows_of_a_chain_whose_first_run_it_has_lost_vouches_for_the_rest() {
    let forgeries: [fn(&mut Run); 5] = [
        |run| run.status = "FAILURE".to_owned(),
        |run| run.status = "IN_PROGRESS".to_owned(),
        |run| run.action = "request_permissions".to_owned(),
        |run| run.id = "r_2".to_owned(),
        |run| run.entity = None,
    ];
    for (number, forge) in forgeries.into_iter().enumerate() {
        let mut known = extension_of("Permission-r_0");
        forge(&mut known);
        assert!(!is_lost("Permission-r_1", &[known]), "forgery {number}");
    }
}

#[test]
fn a_chain_of_as_many_as_there_may_be_has_lost_nothing() {
    let of = |length: usize| -> Vec<Run> {
        let link = |number: usize| {
            let (id, before) = (format!("r_{number}"), format!("Permission-r_{}", number + 1));
            run(&id, "extend_permissions", &before, "SUCCESS", &json!({}))
        };
        (1..=length).map(link).collect()
    };
    assert!(is_lost("Permission-r_1", &of(MOST_IN_A_ROW - 1)));
    assert!(!is_lost("Permission-r_1", &of(MOST_IN_A_ROW)));
}
