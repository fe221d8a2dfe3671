//! Another runtime: workflows that pin another one stay until somebody asks for this one.

use super::*;
use crate::domain::runtime::{Version, tag};

const SUBJECT: &str = "runtime of the workflows";
const FILES: &str = "files on the branch main";

fn of_version(version: &str, digit: &str) -> Rendering {
    let sha256 = digit.repeat(64);
    let tag = tag(&Version::parse(version).unwrap(), &sha256);
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
    assert!(plan(&ours, &seen).is_done(), "one of another version would stand beside the others");
    let upgraded = plan(&with(RuntimeConsent::Upgrade, &ours), &seen);
    let Outcome::Change(Write::Commit(files)) = step(&upgraded, FILES).outcome else { panic!("{upgraded}") };
    assert_eq!(files.len(), 3);
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
