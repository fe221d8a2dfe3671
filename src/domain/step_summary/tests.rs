//! The summaries, held against `tests/golden/summaries`, and what hostile text makes of them.

use jiff::Timestamp;
use serde_json::json;

use super::*;
use crate::domain::account::AwsAccount;
use crate::domain::arn::Arn;
use crate::domain::duration::GrantDuration;
use crate::domain::grant::Grant;
use crate::domain::identifier::{AccountId, RunId};
use crate::domain::names::Names;
use crate::domain::receipt::{Cause, Removed, Revoked};
use crate::domain::sweep::{Action, Denial, Finding, FindingKind, Reason, Step, Waiting};
use crate::domain::tags::Scope;

const ROLE: &str = "arn:aws:iam::123456789012:role/port-iam/Permission-r_1";
/// Everything that Markdown, HTML, a table, a runner or a terminal could take for its own.
const HOSTILE: &str =
    "a|b `c` <img src=x onerror=alert(1)> </details>\n::error::x\n\n# h [l](javascript:x)\u{1b}[2J ##[add-mask]";

fn now() -> Timestamp {
    "2026-11-23T20:00:00Z".parse().unwrap()
}

fn grant() -> Grant {
    let run_id = RunId::parse("r_1").unwrap();
    Grant {
        id: run_id.grant_id(),
        run_id,
        extends: Vec::new(),
        requester: "dana@acme.example".to_owned(),
        approver: Some("lead@acme.example".to_owned()),
        reason: Some("the customer's secret project".to_owned()),
        account: AwsAccount { id: AccountId::parse("account", "123456789012").unwrap(), partition: "aws".to_owned() },
        resource: Arn::parse("entity", "arn:aws:s3:::my-s3-bucket").unwrap(),
        additional_resources: vec![Arn::parse("entity", "arn:aws:s3:::my_other_bucket").unwrap()],
        permissions: vec!["s3:GetObject".to_owned(), "s3:PutObject".to_owned()],
        duration: GrantDuration::parse("duration", "4h").unwrap(),
        expires: "2026-11-24T00:00:00Z".parse().unwrap(),
        policies: vec![json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::my-s3-bucket/*" }] })],
        trust: json!({ "Version": "2012-10-17", "Statement": [] }),
        notes: vec!["s3:PutObject overwrites what is there".to_owned()],
        rule: "storage".to_owned(),
        trust_sentence: "",
        scope: Scope("org_1/7".to_owned()),
        break_glass_by: None,
    }
}

fn told(grant: &Grant) -> GrantTold<'_> {
    // The names of an installation live as long as the test.
    let names: &'static Names = Box::leak(Box::new(Names::default()));
    GrantTold { grant, names, now: now(), region: Some("eu-west-1"), was_live: false, note: None }
}

fn taken(cause: Cause) -> Revoked {
    let grant = grant();
    let removed = Removed {
        role: Some(ROLE.to_owned()),
        policies: vec!["arn:aws:iam::123456789012:policy/port-iam/Permission-r_1".to_owned()],
        detached: vec!["arn:aws:iam::123456789012:policy/port-iam/Permission-r_1".to_owned()],
        ..Removed::default()
    };
    let aws_request_ids = vec!["6a3bdbc0-1111".to_owned(), "6a3bdbc0-2222".to_owned()];
    Revoked { grant: grant.id, cause, removed, now: now(), aws_request_ids, live_extensions: Vec::new(), before: None }
}

fn dana() -> String {
    "dana@acme.example".to_owned()
}

fn swept_steps() -> Vec<Step> {
    let step = |action, subject: &str, why: &str| Step { action, subject: subject.to_owned(), why: why.to_owned() };
    vec![
        step(Action::Deny(Denial::ForGood), "Permission-r_8", "no run vouches for it"),
        step(Action::Revoke(Reason::Expired), "Permission-r_7", Reason::Expired.sentence()),
    ]
}

fn finding() -> Finding {
    let what = "its trust policy lets in `arn:aws:iam::999999999999:root`".to_owned();
    Finding { kind: FindingKind::Tampered, subject: ROLE.to_owned(), what }
}

/// After a wanted change: `PORT_IAM_WRITE_GOLDEN=1 cargo test --lib golden`, and read the difference.
#[track_caller]
fn is_golden(name: &str, text: &str) {
    let path = format!("{}/tests/golden/summaries/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("PORT_IAM_WRITE_GOLDEN").is_some() {
        std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(&path, format!("{text}\n")).unwrap();
    }
    assert_eq!(format!("{text}\n"), std::fs::read_to_string(&path).unwrap(), "{path}");
}

#[test]
fn a_grant_is_told_as_the_golden_file_says() {
    let grant = grant();
    is_golden("granted.md", &told(&grant).markdown());
    is_golden("granted.log.txt", &told(&grant).log_message());
}

#[test]
fn an_extension_that_was_live_already_is_told_as_the_golden_file_says() {
    let grant = Grant { extends: vec![RunId::parse("r_0").unwrap().grant_id()], ..grant() };
    let note = Some("Granted, still propagating in AWS: try again in a minute if access is denied.");
    let told = GrantTold { was_live: true, note, ..told(&grant) };
    is_golden("extended.md", &told.markdown());
    is_golden("extended.log.txt", &told.log_message());
}

#[test]
fn whatever_ends_a_grant_is_told_as_the_golden_file_says() {
    let mut by_hand = taken(Cause::Person("ada@acme.example".to_owned()));
    by_hand.live_extensions = vec![RunId::parse("r_2").unwrap().grant_id()];
    let gone = Revoked { removed: Removed::default(), ..taken(Cause::Person(dana())) };
    for (name, revoked) in [
        ("revoked", by_hand),
        ("returned", taken(Cause::Returned(dana()))),
        ("expired", taken(Cause::Expired)),
        ("gone-already", gone),
    ] {
        is_golden(&format!("{name}.md"), &super::revoked(&revoked, ""));
        is_golden(&format!("{name}.log.txt"), &revoked.log_message());
    }
}

#[test]
fn what_is_refused_and_what_fails_is_told_as_the_golden_file_says() {
    let asked = AskedFor {
        actions: vec!["s3:GetObject".to_owned(), "s3:PutObject".to_owned()],
        on: Some("arn:aws:s3:::my-s3-bucket".to_owned()),
        duration: Some("300d".to_owned()),
    };
    let remedies = ["ask for at most 4h".to_owned()];
    let refused = NotDone {
        title: "Not granted",
        is_refused: true,
        run: Some("r_1"),
        asked: Some(&asked),
        why: "duration: 300d is longer than the 4h that the rules allow for this",
        remedies: &remedies,
    };
    is_golden("refused.md", &refused.markdown(""));
    is_golden("refused.log.txt", &refused.log_message(""));
    let remedies = ["run the sweep again; nothing was changed".to_owned()];
    let failed = NotDone {
        title: "Not swept",
        is_refused: false,
        run: None,
        asked: None,
        why: "AWS could not be asked: could not list the roles (HTTP 503)",
        remedies: &remedies,
    };
    is_golden("failed.md", &failed.markdown(""));
    let remedies = ["start the workflow again; nothing of the grant is left in AWS".to_owned()];
    let failed = NotDone {
        title: "Not granted",
        run: Some("r_1"),
        asked: Some(&asked),
        why: "could not attach the policy (HTTP 400, InvalidInput)",
        remedies: &remedies,
        ..failed
    };
    is_golden("grant-failed.md", &failed.markdown(""));
    is_golden("grant-failed.log.txt", &failed.log_message(""));
}

#[test]
fn what_is_not_revoked_is_told_as_the_golden_file_says() {
    let asked = AskedFor { on: Some("Permission-r_1".to_owned()), ..AskedFor::default() };
    let remedies = ["ask one of them, or whoever may run `Revoke permissions`".to_owned()];
    let refused = NotDone {
        title: "Not revoked",
        is_refused: true,
        run: Some("r_2"),
        asked: Some(&asked),
        why: "requester: Permission-r_1 is given back by whoever asked for it, by its approvers or by an administrator",
        remedies: &remedies,
    };
    is_golden("not-revoked.md", &refused.markdown(""));
    is_golden("not-revoked.log.txt", &refused.log_message(""));
    let remedies = ["let it go on with `port-iam revoke Permission-r_1`".to_owned()];
    let why = "could not delete the role Permission-r_1 (HTTP 503, ServiceFailure)";
    let failed = NotDone { is_refused: false, why, remedies: &remedies, ..refused };
    is_golden("revoke-failed.md", &failed.markdown("team-a"));
    is_golden("revoke-failed.log.txt", &failed.log_message("team-a"));
}

#[test]
fn what_the_log_of_a_run_says_of_its_end_is_read_back_as_it_was_written() {
    let asked = AskedFor { on: Some(HOSTILE.to_owned()), ..AskedFor::default() };
    let remedies = ["ask for at most `4h`".to_owned(), "or for less".to_owned()];
    for (is_refused, why, remedies) in [(true, "it is too long: 300d", &remedies[..]), (false, "error: twice", &[])] {
        for asked in [None, Some(&asked)] {
            let run = Some("r_1");
            let written = NotDone { title: "Not granted", is_refused, run, asked, why, remedies };
            let read = ToldNotDone { is_refused, why: why.to_owned(), remedies: remedies.to_vec() };
            assert_eq!(ToldNotDone::parse(&written.log_message("")), Some(read));
        }
    }
    let hostile = NotDone { title: HOSTILE, is_refused: false, run: None, asked: None, why: HOSTILE, remedies: &[] };
    assert_eq!(ToldNotDone::parse(&hostile.log_message("")).map(|told| told.remedies), Some(Vec::new()));
    // As earlier versions wrote it, and what is something else.
    let read = ToldNotDone::parse("error: AWS did not answer\nWhat to do: try again");
    assert_eq!(read.map(|told| (told.is_refused, told.remedies.len())), Some((false, 1)));
    assert_eq!(ToldNotDone::parse("Workflow completed: failure"), None);
}

#[test]
fn a_sweep_is_told_as_the_golden_file_says() {
    let (steps, findings) = (swept_steps(), [finding()]);
    let until = "2026-11-23T21:00:00Z".parse().ok();
    let waiting = [Waiting { subject: "Permission-r_9".to_owned(), why: "its role may be in the making", until }];
    let full = SweepTold {
        account: Some("123456789012"),
        now: now(),
        roles: 12,
        entities: 11,
        steps: &steps[1..],
        failed: vec![(&steps[0], "could not attach the policy (HTTP 500)".to_owned())],
        findings: &findings,
        waiting: &waiting,
        held: Some((3, "more than half of the live grants would be taken.")),
        untried: Some("stopped by SIGTERM: 1 step was not tried; the next sweep does it".to_owned()),
        ..SweepTold::default()
    };
    is_golden("swept.md", &full.markdown(""));
    let rehearsed = SweepTold { is_rehearsal: true, steps: &steps, now: now(), ..SweepTold::default() };
    is_golden("swept-rehearsal.md", &rehearsed.markdown(""));
    is_golden("swept-nothing.md", &SweepTold { now: now(), ..SweepTold::default() }.markdown(""));
}

#[test]
fn a_grant_is_told_without_the_reason_that_somebody_gave() {
    let grant = grant();
    assert!(grant.reason.is_some());
    for text in [told(&grant).markdown(), told(&grant).log_message()] {
        assert!(!text.contains("secret project"), "{text}");
    }
}

#[test]
fn commands_name_the_installation_that_they_are_about() {
    let grant = grant();
    let names = Names::with_prefix("team-a").unwrap();
    let told = GrantTold { names: &names, ..told(&grant) };
    for text in [told.markdown(), told.log_message()] {
        assert!(text.contains("`port-iam --prefix team-a return Permission-r_1`"), "{text}");
        assert!(text.contains("credential_process = port-iam --prefix team-a credentials Permission-r_1 "), "{text}");
    }
}

/// Returns a line without what is escaped, and without its code: a run of backticks ends with the next run as long.
fn markup_of(line: &str) -> String {
    let mut escaped = String::new();
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        if character == '\\' {
            characters.next();
        } else {
            escaped.push(character);
        }
    }
    let mut rest = escaped.as_str();
    let mut markup = String::new();
    while let Some(at) = rest.find('`') {
        let run = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        markup.push_str(&rest[..at]);
        let inside = &rest[at + run..];
        let runs = inside.match_indices('`').map(|(at, _)| at).filter(|at| !inside[..*at].ends_with('`'));
        let as_long = |at: &usize| inside[*at..].len() - inside[*at..].trim_start_matches('`').len() == run;
        let end = runs.into_iter().find(as_long);
        rest = end.map_or("", |end| &inside[end + run..]);
    }
    markup + rest
}

/// Whatever begins a line, or is a tag or a link, is ours.
#[track_caller]
fn is_tame(markdown: &str) {
    for line in markdown.lines() {
        let markup = markup_of(line);
        assert!(!markup.contains("<img") && !markup.trim_start().starts_with("::"), "{line}");
        assert!(!markup.contains("](javascript") && !markup.starts_with("# h"), "{line}");
        assert!(!line.contains('\u{1b}'), "{line}");
    }
    let folds = |tag: &str| markdown.lines().filter(|line| line.starts_with(tag)).count();
    assert_eq!(folds("<details>"), folds("</details>"), "{markdown}");
}

#[test]
fn hostile_text_stays_text_in_every_summary() {
    let mut grant = grant();
    grant.requester = HOSTILE.to_owned();
    grant.permissions = vec![HOSTILE.to_owned()];
    grant.rule = HOSTILE.to_owned();
    grant.notes = vec![HOSTILE.to_owned()];
    grant.policies = vec![json!({ "Statement": [{ "Sid": format!("````{HOSTILE}") }] })];
    is_tame(&told(&grant).markdown().replace(&block_of_policy(&grant), ""));
    let table = told(&grant).markdown();
    for line in table.lines().filter(|line| line.starts_with("| ")) {
        assert_eq!(line.replace("\\|", "").matches('|').count(), 3, "{line}");
    }
    let log = told(&grant).log_message();
    assert!(!log.lines().any(|line| line.starts_with("::") || line.starts_with("# h")), "{log}");
    for cause in [Cause::Person(HOSTILE.to_owned()), Cause::Returned(HOSTILE.to_owned())] {
        let mut taken = taken(cause);
        taken.removed.inline = vec![HOSTILE.to_owned()];
        is_tame(&super::revoked(&taken, ""));
    }
    let remedies = [HOSTILE.to_owned()];
    let asked = AskedFor { actions: vec![HOSTILE.to_owned()], on: Some(HOSTILE.to_owned()), duration: None };
    let asked = Some(&asked);
    let refused = NotDone {
        title: "Not granted",
        is_refused: true,
        run: Some(HOSTILE),
        asked,
        why: HOSTILE,
        remedies: &remedies,
    };
    is_tame(&refused.markdown(""));
    assert_eq!(refused.log_message("").lines().count(), 3);
    let steps = [Step { action: Action::RemovePolicy, subject: HOSTILE.to_owned(), why: HOSTILE.to_owned() }];
    let findings = [Finding { kind: FindingKind::Foreign, subject: HOSTILE.to_owned(), what: HOSTILE.to_owned() }];
    let swept = SweepTold {
        steps: &steps,
        findings: &findings,
        failed: vec![(&steps[0], HOSTILE.to_owned())],
        held: Some((1, HOSTILE)),
        now: now(),
        ..SweepTold::default()
    };
    is_tame(&swept.markdown(""));
}

fn block_of_policy(grant: &Grant) -> String {
    crate::domain::markdown::block("json", &format!("{:#}", grant.policy()))
}
