//! What is not over, and who said no.

use super::*;

#[test]
fn what_waits_and_what_hangs_is_told_however_long_ago_it_was_asked_for() {
    let waiting =
        run("r_w", json!({ "status": "WAITING_FOR_APPROVAL", "createdAt": "2026-09-01T08:00:00Z", "endedAt": null }));
    let with = |id: &str, at: &str| {
        run(
            id,
            json!({ "status": "IN_PROGRESS", "createdAt": "2026-11-22T08:00:00Z", "updatedAt": at, "endedAt": null }),
        )
    };
    let (hanging, young) = (with("r_h", "2026-11-22T08:00:01Z"), with("r_y", "2026-11-28T11:59:00Z"));
    let open = [young, hanging, waiting].map(|run| seen_run(run, None)).to_vec();
    let mut seen = seen(Vec::new(), Vec::new());
    seen.runs = Ok(RunsSeen { open, ..RunsSeen::default() });
    let report = report(&seen);
    let told: Vec<_> = report.open.iter().map(|it| (it.asked.run.as_str(), it.word(), it.hangs)).collect();
    assert_eq!(
        told,
        [("r_y", "in-progress", false), ("r_h", "in-progress", true), ("r_w", "waiting-for-approval", false)]
    );
    assert_eq!((report.totals.open, report.totals.not_granted, report.exit_code()), (3, [0, 0, 0], 0));
    for told in [text(&report), markdown(&report), json(&report).to_string(), csv(&report)] {
        for run in ["r_y", "r_h", "r_w"] {
            assert!(told.contains(run) || told.contains(&run.replace('_', "\\_")), "{run}: {told}");
        }
    }
    let line = "r_w of dana@acme.example on arn:aws:s3:::b: waits for an approval, since 2026-09-01T08:00:00Z";
    assert!(text(&report).contains(line), "{}", text(&report));
}

#[test]
fn whoever_declined_a_request_is_named_with_the_reason_where_port_tells() {
    let no = |by: &str, why: Option<&str>| Declined { by: by.to_owned(), why: why.map(str::to_owned) };
    for (declined, why) in [
        (Ok(vec![no("lead@acme.example", Some("not today"))]), "lead@acme.example declined it: not today"),
        (Ok(vec![no("auth0|lead", None)]), "auth0|lead declined it, without a reason"),
        (Ok(Vec::new()), "it was not approved; Port does not tell who declined it"),
        (Err("no right".to_owned()), "it was not approved; who declined it cannot be known: no right"),
    ] {
        let run = RunSeen { declined, ..seen_run(run("r_1", json!({ "status": "DECLINED" })), Some(&[])) };
        let mut seen = seen(Vec::new(), Vec::new());
        seen.runs = Ok(RunsSeen { runs: vec![run], ..RunsSeen::default() });
        let [it] = report(&seen).not_granted.try_into().unwrap();
        assert_eq!((it.outcome, it.why.as_str()), (Outcome::Declined, why));
    }
}
