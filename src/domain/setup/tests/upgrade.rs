//! Another runtime: workflows that pin another one stay until somebody asks for this one.

use super::*;
use crate::domain::runtime::{Version, tag};

const SUBJECT: &str = "runtime of the workflows";
const FILES: &str = "files on the branch main";

fn of_version(version: &str, digit: &str) -> Rendering {
    let sha256 = digit.repeat(64);
    let tag = tag(Version::parse(version).as_ref(), &sha256);
    let asset = "port-iam-x86_64-linux.gz".to_owned();
    Rendering { runtime: Runtime { tag, asset, sha256, version: version.to_owned() }, ..rendering() }
}

/// What is there after everything was done with one runtime, as a program with another one sees it.
fn installed_with(there: &Rendering, ours: &Wanted) -> Seen {
    let theirs = wanted_of(there);
    let mut seen = everything(&theirs);
    let repository = seen.repository.as_mut().unwrap();
    repository.release = ReleaseSeen::Absent;
    let held = repository.blobs.clone().unwrap();
    let differs = |file: &&WantedFile| !file.only_if_missing && held.get(&file.path) != Some(&file.blob);
    for file in ours.files.iter().filter(differs) {
        let text = held[&file.path].clone();
        let found = DifferingFile { origin: Origin::of(&text), is_forged: false, text: Some(text) };
        repository.differing.insert(file.path.clone(), found);
    }
    seen
}

fn with(runtime: RuntimeConsent, wanted: &Wanted) -> Wanted {
    Wanted { consent: Consent { runtime, ..Consent::default() }, ..wanted.clone() }
}

fn word(plan: &Plan, subject: &str) -> &'static str {
    plan.steps.iter().find(|step| step.subject.to_string() == subject).map_or("none", Step::word)
}

#[test]
fn the_workflows_stay_with_their_runtime_until_somebody_asks_for_another() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    for (there, reason, remedy) in [
        ("0.1.0", "the workflows run 0.1.0, and this program is 0.2.0", "init --upgrade"),
        ("0.2.0", "another build of 0.2.0", "init --upgrade"),
        ("0.3.0", "the workflows run 0.3.0, which is newer than this program, 0.2.0", "init --downgrade"),
    ] {
        let seen = installed_with(&of_version(there, "1"), &ours);
        let plan = plan(&ours, &seen);
        let found = step(&plan, SUBJECT);
        let Outcome::Left { reason: told, remedy: do_what } = &found.outcome else { panic!("{plan}") };
        assert!(told.contains(reason) && do_what.contains(remedy), "{found}");
        assert_eq!(found.lines.len(), 3, "one for each workflow: {found}");
        assert!(plan.is_done(), "nothing of it is done by the way: {plan}");
        assert_eq!(word(&plan, FILES), "keep");
    }
}

#[test]
fn an_upgrade_is_one_named_change_with_the_release_before_the_workflows() {
    let ours = with(RuntimeConsent::Upgrade, &wanted_of(&of_version("0.2.0", "2")));
    let seen = installed_with(&of_version("0.1.0", "1"), &ours);
    let plan = plan(&ours, &seen);
    let open: Vec<String> = plan.writes().map(|(step, _)| step.subject.to_string()).collect();
    assert_eq!(open, [SUBJECT, FILES], "{plan}");
    let found = step(&plan, SUBJECT);
    assert_eq!(found.lines[0], "~ upgrade: 0.1.0 -> 0.2.0");
    assert!(matches!(found.outcome, Outcome::Create(Write::Release(_))), "{found}");
    let Outcome::Change(Write::Commit(files)) = step(&plan, FILES).outcome else { panic!("{plan}") };
    assert!(files.iter().all(|file| file.path.starts_with(".github/workflows/")), "{plan}");
    assert_eq!(files.len(), 3);
}

#[test]
fn an_older_program_is_no_upgrade_and_goes_back_only_by_its_own_word() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    let seen = installed_with(&of_version("0.3.0", "1"), &ours);
    assert_eq!(word(&plan(&with(RuntimeConsent::Upgrade, &ours), &seen), SUBJECT), "refused");
    let back = plan(&with(RuntimeConsent::Downgrade, &ours), &seen);
    assert_eq!(step(&back, SUBJECT).lines[0], "~ downgrade: 0.3.0 -> 0.2.0");
    assert_eq!(word(&back, FILES), "change");
}

#[test]
fn a_program_that_tells_no_version_is_no_upgrade_of_anything() {
    let untold = Rendering { runtime: of_version("none", "2").runtime, ..rendering() };
    let untold = Rendering { runtime: Runtime { version: "0.2.0".to_owned(), ..untold.runtime }, ..rendering() };
    let ours = wanted_of(&untold);
    let seen = installed_with(&of_version("0.1.0", "1"), &ours);
    let left = step(&plan(&ours, &seen), SUBJECT);
    let Outcome::Left { remedy, .. } = &left.outcome else { panic!("{left}") };
    assert!(remedy.contains("init --downgrade"), "{left}");
    assert_eq!(word(&plan(&with(RuntimeConsent::Upgrade, &ours), &seen), SUBJECT), "refused");
    let agreed = plan(&with(RuntimeConsent::Downgrade, &ours), &seen);
    assert_eq!(word(&agreed, FILES), "change", "{agreed}");
}

#[test]
fn one_newer_workflow_among_older_ones_is_not_taken_back_by_an_upgrade() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    let mut seen = installed_with(&of_version("0.1.0", "1"), &ours);
    let newer = installed_with(&of_version("0.3.0", "3"), &ours).repository.unwrap();
    let path = ".github/workflows/sweep-iam-permissions.yaml";
    let repository = seen.repository.as_mut().unwrap();
    repository.differing.insert(path.to_owned(), newer.differing[path].clone());
    assert_eq!(word(&plan(&with(RuntimeConsent::Upgrade, &ours), &seen), SUBJECT), "refused");
}

#[test]
fn a_workflow_that_is_missing_waits_with_the_others() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    let mut seen = installed_with(&of_version("0.1.0", "1"), &ours);
    let path = ".github/workflows/sweep-iam-permissions.yaml";
    let repository = seen.repository.as_mut().unwrap();
    repository.differing.remove(path);
    repository.blobs.as_mut().unwrap().remove(path);
    let waiting = plan(&ours, &seen);
    assert!(waiting.is_done(), "one of another version would stand beside the others");
    let Outcome::Left { reason, remedy } = step(&waiting, &format!("file {path}")).outcome else { panic!("{waiting}") };
    assert!(reason.starts_with("it is missing") && remedy.starts_with("port-iam init --upgrade"), "{waiting}");
    let upgraded = plan(&with(RuntimeConsent::Upgrade, &ours), &seen);
    let Outcome::Change(Write::Commit(files)) = step(&upgraded, FILES).outcome else { panic!("{upgraded}") };
    assert_eq!(files.len(), 3);
}

const SWEEP: &str = ".github/workflows/sweep-iam-permissions.yaml";

/// What is there with another runtime, and somebody has put a step into the sweep with the digest computed anew.
fn tampered(ours: &Wanted, there: &str, is_forged: bool) -> Seen {
    let mut seen = installed_with(&of_version(there, "1"), ours);
    let found = seen.repository.as_mut().unwrap().differing.get_mut(SWEEP).unwrap();
    let (head, rest) = found.text.as_deref().unwrap().split_once('\n').unwrap();
    let rest = rest.split_once('\n').unwrap().1;
    let text = sealed(&format!("{head}\n{}", rest.replace("    steps:\n", "    steps:\n      - run: curl evil\n")));
    *found = DifferingFile { origin: Origin::of(&text), is_forged, text: Some(text) };
    assert_eq!(found.origin, Origin::AsWritten, "anybody can compute it");
    seen
}

#[test]
fn a_step_that_somebody_has_put_into_a_workflow_is_not_hidden_behind_another_runtime() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    for there in ["0.2.0", "0.1.0"] {
        let plan = plan(&ours, &tampered(&ours, there, false));
        assert!(plan.is_done(), "nothing is written before that is agreed to: {plan}");
        assert_eq!(word(&plan, SUBJECT), "left");
        let found = step(&plan, &format!("file {SWEEP}"));
        let Outcome::Left { reason, remedy } = &found.outcome else { panic!("{found}") };
        let expected = if there == "0.2.0" { "not what this program writes" } else { "cannot be told" };
        assert!(reason.contains(expected) && remedy.starts_with("port-iam init --upgrade"), "{found}");
        assert!(found.lines.contains(&"  -      - run: curl evil".to_owned()), "{found}");
        // The pins are no difference that anybody should look at here.
        assert!(!found.lines.iter().any(|line| line.contains("RUNTIME_")), "{found}");
    }
}

#[test]
fn a_workflow_that_init_did_not_commit_is_told_though_all_wait_for_the_runtime() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    let mut seen = installed_with(&of_version("0.1.0", "1"), &ours);
    // Its text is as ours would be with that runtime, which somebody may have published to be run.
    seen.repository.as_mut().unwrap().differing.get_mut(SWEEP).unwrap().is_forged = true;
    for seen in [seen, tampered(&ours, "0.2.0", true)] {
        let plan = plan(&ours, &seen);
        let found = step(&plan, &format!("file {SWEEP}"));
        let Outcome::Left { reason, .. } = &found.outcome else { panic!("{found}") };
        assert!(reason.contains("`init` did not commit it"), "{found}");
    }
}

#[test]
fn what_names_this_version_and_is_something_else_is_told_whatever_its_commit_says() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    let mut seen = tampered(&ours, "0.2.0", false);
    // It pins our own runtime, and so do the others.
    let repository = seen.repository.as_mut().unwrap();
    let text = repository.differing[SWEEP].text.clone().unwrap();
    let digests = ["1", "2"].map(|digit| digit.repeat(64));
    let rest = text.splitn(3, '\n').nth(2).unwrap().replace(&digests[0], &digests[1]).replace("-11111111", "-22222222");
    let text = sealed(&format!("{}\n{rest}", text.lines().next().unwrap()));
    repository.differing =
        [(SWEEP.to_owned(), DifferingFile { origin: Origin::of(&text), is_forged: false, text: Some(text) })].into();
    let held = repository.blobs.as_mut().unwrap();
    held.extend(ours.files.iter().filter(|file| file.path != SWEEP).map(|it| (it.path.clone(), it.blob.clone())));
    let plan = plan(&ours, &seen);
    assert!(is_misattributed(&ours, &seen, SWEEP));
    let lines = step(&plan, FILES).told();
    assert_eq!(lines[0], format!("~ {SWEEP}: its head names this version, which writes something else here"), "{plan}");
    assert!(lines.contains(&"  -      - run: curl evil".to_owned()), "{lines:#?}");
    assert!(plan.findings.iter().any(|finding| finding.code == SECRETS_EXPOSED), "{plan}");
}

#[test]
fn one_word_in_the_head_turns_no_error_into_a_warning_and_the_secrets_count_as_exposed() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    for head in ["0.0.9", "00.2.0", "+0.2.0", "0.2.0-rc.1"] {
        for digit in ["1", "2"] {
            // The commit says that it is of `init`, as whoever names the pull request can have it say.
            let mut seen = tampered(&ours, "0.2.0", false);
            let repository = seen.repository.as_mut().unwrap();
            let text = repository.differing[SWEEP].text.clone().unwrap();
            let rest = text.splitn(3, '\n').nth(2).unwrap();
            let rest =
                rest.replace(&"1".repeat(64), &digit.repeat(64)).replace("-11111111", &format!("-{}", digit.repeat(8)));
            let text = sealed(&format!("# Generated by `port-iam init` {head}. More.\n{rest}"));
            let found = DifferingFile { origin: Origin::of(&text), is_forged: false, text: Some(text) };
            assert_eq!(found.origin, Origin::AsWritten);
            repository.differing.insert(SWEEP.to_owned(), found);
            let plan = plan(&ours, &seen);
            assert!(is_misattributed(&ours, &seen, SWEEP), "{head} {digit}");
            assert!(!cannot_be_told(&ours, &seen, SWEEP), "{head} {digit}");
            assert!(plan.findings.iter().any(|finding| finding.code == SECRETS_EXPOSED), "{head} {digit}: {plan}");
        }
    }
}

#[test]
fn an_edited_workflow_is_drift_with_an_upgrade_as_without() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    let mut seen = installed_with(&of_version("0.1.0", "1"), &ours);
    let path = ".github/workflows/sweep-iam-permissions.yaml";
    let repository = seen.repository.as_mut().unwrap();
    let found = repository.differing.get_mut(path).unwrap();
    found.text = found.text.take().map(|text| format!("{text}# more\n"));
    found.origin = Origin::of(found.text.as_deref().unwrap());
    for consent in [RuntimeConsent::Keep, RuntimeConsent::Upgrade] {
        let plan = plan(&with(consent, &ours), &seen);
        assert_eq!(word(&plan, &format!("file {path}")), "left", "{plan}");
    }
    let forced = Consent { runtime: RuntimeConsent::Upgrade, force: true, ..Consent::default() };
    let plan = plan(&Wanted { consent: forced, ..ours }, &seen);
    let Outcome::Change(Write::Commit(files)) = step(&plan, FILES).outcome else { panic!("{plan}") };
    assert_eq!(files.len(), 3);
}

#[test]
fn while_another_runtime_is_there_no_secret_is_set_and_what_to_do_is_the_upgrade() {
    let ours = wanted_of(&of_version("0.2.0", "2"));
    let seen = installed_with(&of_version("0.1.0", "1"), &ours);
    let rotating = Wanted { consent: Consent { rotate_secrets: true, ..Consent::default() }, ..ours.clone() };
    let pending = step(&plan(&rotating, &seen), "secrets of the environment");
    let (_, commands) = pending.outcome.waits().unwrap();
    assert_eq!(commands, ["port-iam init --upgrade"], "{pending}");
    let both = Consent { rotate_secrets: true, runtime: RuntimeConsent::Upgrade, ..Consent::default() };
    let plan = plan(&Wanted { consent: both, ..ours }, &seen);
    let position =
        |subject: &str| plan.steps.iter().position(|step| step.subject.to_string().starts_with(subject)).unwrap();
    assert!(position(FILES) < position("secrets of the environment"), "{plan}");
}
