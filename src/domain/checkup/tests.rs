use super::*;

fn now() -> Timestamp {
    "2026-11-28T12:00:00Z".parse().unwrap()
}

fn before(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn run(minutes: i64, conclusion: &str) -> RunSeen {
    let (conclusion, created) = (Some(conclusion.to_owned()), before(minutes));
    RunSeen { id: 17, conclusion, created, actor: "ada".to_owned() }
}

fn good() -> Seen {
    let workflow = WorkflowSeen { state: "active".to_owned(), created: before(60 * 24 * 30) };
    let edition = crate::domain::reference::edition().unwrap();
    Seen {
        repository: "acme/iam".to_owned(),
        sweep_workflow: "sweep.yaml".to_owned(),
        now: now(),
        scope: Ok("org/1".to_owned()),
        sweep: Ok(SweepSeen {
            workflow: Some(workflow),
            ended: Some(run(20, "success")),
            scheduled: Some(run(20, "success")),
            has_access: Some(true),
        }),
        edition: Some(Edition { updated_at: before(60), ..edition.clone() }),
    }
}

#[test]
fn each_thing_that_is_wrong_turns_its_check_and_no_other() {
    type Injury = fn(&mut Seen);
    let cases: [(Injury, &str, Severity, &str); 12] = [
        (|it| it.scope = Err("no".to_owned()), "installation", Severity::Warning, "port-iam"),
        (|it| it.sweep.as_mut().unwrap().workflow = None, "sweep-workflow", Severity::Error, "port-iam init"),
        (
            |it| it.sweep.as_mut().unwrap().workflow.as_mut().unwrap().state = "disabled_manually".to_owned(),
            "sweep-workflow",
            Severity::Error,
            "gh workflow enable sweep.yaml --repo acme/iam",
        ),
        (|it| it.sweep.as_mut().unwrap().ended = None, "sweep-last-run", Severity::Error, "gh workflow run"),
        (
            |it| it.sweep.as_mut().unwrap().ended = Some(run(181, "success")),
            "sweep-last-run",
            Severity::Warning,
            "gh workflow run",
        ),
        (
            |it| it.sweep.as_mut().unwrap().ended = Some(run(60 * 24 + 1, "success")),
            "sweep-last-run",
            Severity::Error,
            "gh workflow run sweep.yaml --repo acme/iam",
        ),
        (
            |it| it.sweep.as_mut().unwrap().ended = Some(run(20, "failure")),
            "sweep-outcome",
            Severity::Error,
            "gh run view 17 --repo acme/iam --log-failed",
        ),
        (|it| it.sweep.as_mut().unwrap().scheduled = None, "sweep-schedule", Severity::Warning, "cron"),
        (|it| it.sweep.as_mut().unwrap().has_access = Some(false), "sweep-schedule", Severity::Error, "cron"),
        (|it| it.sweep.as_mut().unwrap().has_access = None, "sweep-schedule", Severity::Warning, "gh api"),
        (
            |it| it.edition.as_mut().unwrap().updated_at = before(60 * 24 * 181),
            "reference-age",
            Severity::Warning,
            "port-iam init",
        ),
        (|it| it.edition = None, "reference-age", Severity::Error, "cargo install"),
    ];
    assert!(examine(&good()).iter().all(|finding| finding.severity == Severity::Fine), "{:?}", examine(&good()));
    for (injure, check, severity, remedy) in cases {
        let mut seen = good();
        injure(&mut seen);
        let bad: Vec<Finding> = examine(&seen).into_iter().filter(|it| it.severity != Severity::Fine).collect();
        let [finding] = bad.as_slice() else { panic!("{check}: {bad:?}") };
        assert_eq!((finding.check, finding.severity), (check, severity));
        assert!(finding.remedy.as_ref().unwrap().contains(remedy), "{finding}");
    }
}

#[test]
fn three_hours_and_a_day_are_the_limits_to_the_minute() {
    for (minutes, severity) in
        [(180, Severity::Fine), (181, Severity::Warning), (60 * 24, Severity::Warning), (60 * 24 + 1, Severity::Error)]
    {
        let mut seen = good();
        seen.sweep.as_mut().unwrap().ended = Some(run(minutes, "success"));
        assert_eq!(examine(&seen).into_iter().map(|it| it.severity).max(), Some(severity), "{minutes}");
    }
}

#[test]
fn what_was_just_set_up_need_not_have_run() {
    let mut seen = good();
    let workflow = WorkflowSeen { state: "active".to_owned(), created: before(10) };
    seen.sweep = Ok(SweepSeen { workflow: Some(workflow), ..SweepSeen::default() });
    assert!(examine(&seen).iter().all(|finding| finding.severity == Severity::Fine), "{:?}", examine(&seen));
}

#[test]
fn a_workflow_that_cannot_be_looked_at_is_an_error_of_all_its_checks() {
    let mut seen = good();
    seen.sweep = Err("GitHub is down".to_owned());
    let bad = examine(&seen).into_iter().filter(|it| it.severity == Severity::Error);
    assert!(bad.map(|finding| finding.check).eq([
        "sweep-workflow",
        "sweep-last-run",
        "sweep-outcome",
        "sweep-schedule"
    ]));
}
