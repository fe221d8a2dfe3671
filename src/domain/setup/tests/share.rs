//! Whose part is done, and what waits for somebody else.

use super::*;

fn shared(named: &[System], looked_at: Systems, seen: Seen) -> Plan {
    let wanted = Wanted { share: Systems::of(named), ..wanted() };
    plan(&wanted, &Seen { looked_at, ..seen })
}

fn systems_written(plan: &Plan) -> Vec<System> {
    let mut systems: Vec<System> = plan.writes().map(|(step, _)| step.system).collect();
    systems.dedup();
    systems
}

#[test]
fn only_the_named_systems_are_written_to_and_the_rest_waits_by_name() {
    for system in [System::Port, System::GitHub, System::Aws] {
        let plan = shared(&[system], Systems::ALL, nothing());
        assert_eq!(systems_written(&plan), [system], "{plan}");
        let whole = super::plan(&wanted(), &nothing());
        assert_eq!(plan.steps.len(), whole.steps.len());
        for (step, before) in plan.steps.iter().zip(&whole.steps).filter(|(step, _)| step.system != system) {
            let Outcome::Pending { commands, .. } = &step.outcome else { panic!("{step}") };
            assert_eq!(*commands, [format!("port-iam init --only {}", step.system.word())], "{step}");
            assert_eq!((&step.subject, &step.lines), (&before.subject, &before.lines));
        }
    }
}

#[test]
fn what_is_refused_elsewhere_does_not_stop_this_part() {
    let mut seen = nothing();
    seen.actions.push(json!({ "identifier": "request_permissions", "trigger": {}, "invocationMethod": {} }));
    let plan = shared(&[System::GitHub], Systems::ALL, seen);
    assert!(plan.refused().next().is_none(), "{plan}");
    assert!(matches!(step(&plan, "action request_permissions").outcome, Outcome::Pending { .. }), "{plan}");
}

#[test]
fn a_system_without_credentials_waits_as_a_whole_and_nothing_is_said_to_be_missing_in_it() {
    let plan = shared(&[System::Port], Systems::of(&[System::Port]), nothing());
    assert_eq!(systems_written(&plan), [System::Port]);
    for system in [System::GitHub, System::Aws] {
        let steps: Vec<&Step> = plan.steps.iter().filter(|step| step.system == system).collect();
        let [step] = steps.as_slice() else { panic!("{plan}") };
        assert_eq!(step.subject.to_string(), "everything");
        assert!(matches!(step.outcome, Outcome::Hidden { .. }), "{step}");
    }
    assert!(!plan.findings.iter().any(|finding| finding.code.starts_with("port-app")), "{plan}");
}

#[test]
fn without_a_name_every_system_is_meant() {
    assert_eq!(Systems::of(&[]), Systems::ALL);
    assert!(!Systems::of(&[System::Aws]).contains(System::Port));
    assert_eq!(Systems::ALL.without(System::Aws).without(System::GitHub), Systems::of(&[System::Port]));
}
