//! The table on what is sound, and on what is wrong in one way each.

mod planned;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::domain::names::Names;
use crate::domain::quotas::{Limits, Quotas};
use crate::domain::reference::Edition;
use crate::domain::runtime::PinnedRuntime;

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
    let pinned = PinnedRuntime { tag: "v1".to_owned(), asset: "runtime.gz".to_owned(), sha256: "00".to_owned() };
    let runtime = crate::domain::runtime_check::Downloaded {
        workflow: "grant.yaml".to_owned(),
        origin: Some(crate::domain::setup::Origin::AsWritten),
        written: crate::domain::runtime_check::Written::Unasked,
        pinned: Some(pinned),
        is_there: true,
        digest: Some("sha256:00".to_owned()),
    };
    Seen {
        repository: "acme/iam".to_owned(),
        names: Names { sweep_workflow: "sweep.yaml".to_owned(), ..Names::default() },
        now: now(),
        clock: ClockSeen::Ahead(SignedDuration::from_secs(2)),
        port: Ok(PortSeen {
            organization: "org".to_owned(),
            address: "https://api.port.io".to_owned(),
            personal: Some(false),
            integrations: Ok(Some(vec!["github".to_owned()])),
            in_step: Ok(Vec::new()),
        }),
        github: Ok(GitHubSeen {
            login: "ada".to_owned(),
            scopes: Some(vec!["repo".to_owned(), "workflow".to_owned()]),
        }),
        aws: Ok(AwsSeen {
            arn: "arn:aws:iam::123456789012:user/ada".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-central-1".to_owned(),
            expected: None,
        }),
        scope: Ok("org/1".to_owned()),
        planned: Err(Unseen::Elsewhere("the plan has tests of its own".to_owned())),
        unplanned: Vec::new(),
        runtime: Ok(vec![runtime]),
        named_account: Ok(Some("123456789012".to_owned())),
        workflows_approve: Ok(Some(false)),
        code_owners_errors: Ok(Some(Vec::new())),
        sweep: Ok(SweepSeen {
            workflow: Some(workflow),
            ended: Some(run(20, "success")),
            scheduled: Some(run(20, "success")),
            has_access: Some(true),
        }),
        quotas: Ok(Some(Quotas { roles: Some((10, 1000)), policies: Some((10, 1500)), limits: Limits::default() })),
        further_quotas: Vec::new(),
        user: Ok(UserSeen::Roles),
        workflow_port: Ok(WorkflowPortSeen::Known {
            organization: "org".to_owned(),
            personal: Some(false),
            is_callers: false,
        }),
        edition: Some(Edition { updated_at: before(60), ..edition.clone() }),
    }
}

/// What is wrong; the plan's checks are unknown here.
fn bad(seen: &Seen) -> Vec<Finding> {
    examine(seen).into_iter().filter(|finding| finding.severity > Severity::Unknown).collect()
}

fn barred(bar: Bar) -> Barred {
    Barred { bar, why: "no".to_owned(), remedy: None }
}

fn quotas(roles: i32) -> Look<Option<Quotas>> {
    Ok(Some(Quotas { roles: Some((roles, 1000)), policies: None, limits: Limits::default() }))
}

fn user(further: &[&str], missing: &[&str], policies: usize) -> Look<UserSeen> {
    let owned = |all: &[&str]| all.iter().map(|&one| one.to_owned()).collect();
    Ok(UserSeen::User { arn: "arn:user/bot".to_owned(), further: owned(further), missing: owned(missing), policies })
}

#[test]
fn each_thing_that_is_wrong_turns_its_check_and_no_other() {
    type Injury = fn(&mut Seen);
    let cases: [(Injury, &str, Severity, &str); 37] = [
        (|it| it.scope = Err(Unseen::Here("no".to_owned())), "installation", Severity::Warning, "port-iam"),
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
        (|it| it.clock = ClockSeen::Ahead(SignedDuration::from_secs(60)), "clock", Severity::Warning, "timedatectl"),
        (|it| it.clock = ClockSeen::Ahead(SignedDuration::from_secs(-300)), "clock", Severity::Error, "timedatectl"),
        (|it| it.port = Err(barred(Bar::Address)), "ip-allow-list", Severity::Error, "gh api meta"),
        (|it| it.github = Err(barred(Bar::Address)), "ip-allow-list", Severity::Error, "allow list in GitHub"),
        (|it| it.port = Err(barred(Bar::Unreachable)), "port-reachable", Severity::Error, "PORT_REGION"),
        (|it| it.port = Err(barred(Bar::Rejected)), "port-credentials", Severity::Error, "PORT_CLIENT_ID"),
        (|it| it.github = Err(barred(Bar::Unreachable)), "github-reachable", Severity::Error, "GITHUB_API_URL"),
        (|it| it.github = Err(barred(Bar::NoCredentials)), "github-credentials", Severity::Error, "gh auth login"),
        (|it| it.aws = Err(barred(Bar::Unreachable)), "aws-reachable", Severity::Error, "AWS_REGION"),
        (|it| it.aws = Err(barred(Bar::Rejected)), "aws-credentials", Severity::Error, "aws sts"),
        (|it| it.aws = Err(barred(Bar::NoRegion)), "aws-region", Severity::Error, "export AWS_REGION"),
        (
            |it| it.github.as_mut().unwrap().scopes = Some(vec!["repo".to_owned()]),
            "github-token",
            Severity::Warning,
            "gh auth refresh -s workflow",
        ),
        (|it| it.port.as_mut().unwrap().integrations = Ok(None), "port-integration", Severity::Warning, "--backend"),
        (
            |it| it.port.as_mut().unwrap().integrations = Ok(Some(Vec::new())),
            "port-integration",
            Severity::Warning,
            "Data sources",
        ),
        (|it| it.runtime.as_mut().unwrap()[0].is_there = false, "runtime", Severity::Error, "port-iam init"),
        (|it| it.runtime.as_mut().unwrap()[0].pinned = None, "runtime", Severity::Error, "port-iam init"),
        (
            |it| it.runtime.as_mut().unwrap()[0].digest = Some("sha256:11".to_owned()),
            "runtime",
            Severity::Error,
            "port-iam init",
        ),
        (
            |it| it.named_account = Ok(Some("999999999999".to_owned())),
            "aws-account",
            Severity::Error,
            "aws sts get-caller-identity",
        ),
        (|it| it.quotas = quotas(981), "quotas", Severity::Warning, "port-iam sweep"),
        (|it| it.quotas = quotas(1000), "quotas", Severity::Error, "service-quotas"),
        (|it| it.user = user(&["iam:*"], &["x"], 3), "workflow-user", Severity::Error, "--security --user bot"),
        (|it| it.user = user(&[], &["x"], 3), "workflow-user", Severity::Warning, "--security --user bot"),
        (|it| it.user = user(&[], &[], 0), "workflow-user", Severity::Error, "port-iam aws granter"),
        (
            |it| {
                it.workflow_port = Ok(WorkflowPortSeen::Known {
                    organization: "org".to_owned(),
                    personal: Some(true),
                    is_callers: false,
                });
            },
            "workflow-credentials",
            Severity::Warning,
            "--rotate-secrets",
        ),
        (
            |it| {
                it.workflow_port = Ok(WorkflowPortSeen::Known {
                    organization: "other".to_owned(),
                    personal: Some(false),
                    is_callers: false,
                });
            },
            "workflow-credentials",
            Severity::Error,
            "--rotate-secrets",
        ),
    ];
    assert!(bad(&good()).is_empty(), "{:?}", bad(&good()));
    for (injure, check, severity, remedy) in cases {
        let mut seen = good();
        injure(&mut seen);
        let bad = bad(&seen);
        let [finding] = bad.as_slice() else { panic!("{check}: {bad:?}") };
        assert_eq!((finding.check, finding.severity), (check, severity));
        assert!(finding.remedy.as_ref().unwrap().contains(remedy), "{finding}");
        assert!(is_command(finding.remedy.as_ref().unwrap()), "{finding}");
    }
}

/// Whether a remedy begins with what a shell takes.
fn is_command(remedy: &str) -> bool {
    const COMMANDS: [&str; 11] =
        ["port-iam", "gh", "git", "aws", "export", "unset", "env", "timedatectl", "cargo", "open", "echo"];
    remedy.split(' ').next().is_some_and(|word| COMMANDS.contains(&word))
}

#[test]
fn three_hours_and_a_day_are_the_limits_to_the_minute() {
    for (minutes, severity) in
        [(180, Severity::Fine), (181, Severity::Warning), (60 * 24, Severity::Warning), (60 * 24 + 1, Severity::Error)]
    {
        let mut seen = good();
        seen.sweep.as_mut().unwrap().ended = Some(run(minutes, "success"));
        assert_eq!(bad(&seen).into_iter().map(|it| it.severity).max().unwrap_or(Severity::Fine), severity, "{minutes}");
    }
}

#[test]
fn what_was_just_set_up_need_not_have_run() {
    let mut seen = good();
    let workflow = WorkflowSeen { state: "active".to_owned(), created: before(10) };
    seen.sweep = Ok(SweepSeen { workflow: Some(workflow), ..SweepSeen::default() });
    assert!(bad(&seen).is_empty(), "{:?}", bad(&seen));
}

#[test]
fn a_look_that_fails_is_told_once_and_nothing_that_hangs_on_it_is_called_sound() {
    let mut seen = good();
    seen.sweep = Err(Unseen::Here("GitHub is down".to_owned()));
    let checks: Vec<&str> = bad(&seen).iter().map(|finding| finding.check).collect();
    assert_eq!(checks, ["sweep-workflow"]);
    let of_sweep = |it: &&Finding| it.check.starts_with("sweep-") && it.severity == Severity::Unknown;
    assert_eq!(examine(&seen).iter().filter(of_sweep).count(), 3);
}

#[test]
fn names_are_unique_and_whatever_is_wrong_has_a_remedy() {
    let findings = examine(&good());
    let names: std::collections::BTreeSet<&str> = findings.iter().map(|finding| finding.check).collect();
    assert_eq!(names.len(), findings.len());
    assert!(findings.len() > 35, "{}", findings.len());
}

#[test]
fn what_a_token_with_permissions_may_write_is_told_by_nobody_and_is_not_counted_as_unchecked() {
    let mut seen = good();
    seen.github.as_mut().unwrap().scopes = None;
    let token = examine(&seen).into_iter().find(|finding| finding.check == "github-token").unwrap();
    assert_eq!((token.severity, token.severity.name()), (Severity::Untellable, "unknown"));
    assert!(token.what.contains("Administration") && token.what.contains("`port-iam init`"), "{token}");
}
