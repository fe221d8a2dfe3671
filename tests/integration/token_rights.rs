//! Each flow with the least rights of a GitHub token, and with one right less: what is missing is named, and nothing is
//! left that a token with all rights could not go on from.

use port_iam::sandbox::cast::{ADA, MANAGER_ACCESS_KEY_ID, MANAGER_IAM_USER};
use port_iam::sandbox::request_log::Api;
use serde_json::Value;

use crate::harness::Harness;
use crate::init::program;
use crate::installed::{Installed, REPOSITORY};

/// What a fine-grained token needs to set everything up and to take it away again.
const ALL: [&str; 7] = [
    "administration=write",
    "contents=write",
    "workflows=write",
    "secrets=write",
    "environments=write",
    "actions=write",
    "pull_requests=write",
];
/// What it needs to look.
const READING: [&str; 5] =
    ["administration=read", "contents=read", "secrets=read", "environments=read", "actions=read"];

fn allow(harness: &Harness, permissions: &[&str]) {
    harness.sandbox.github.set_token_permissions(ADA.github_token, ADA.github_login, permissions);
}

fn without<'a>(permissions: &[&'a str], missing: &str) -> Vec<&'a str> {
    permissions.iter().copied().filter(|permission| *permission != missing).collect()
}

/// Returns what names a permission, however far it has to reach.
fn named(permission: &str) -> String {
    format!("the token lacks the permission {}=", permission.split('=').next().unwrap())
}

fn actions_in_port(harness: &Harness) -> Vec<Value> {
    let mut actions = Vec::new();
    harness.with_port(async |port| actions = port.actions().await.unwrap());
    actions
}

/// Nothing is set up yet: what makes it so where the workflows use an access key, and where they have roles.
fn both_ways() -> [(Harness, Vec<&'static str>); 2] {
    [
        (Harness::for_installation(), vec!["init", "--yes"]),
        (crate::oidc::harness(), vec!["init", "--yes", "--aws-setup"]),
    ]
}

#[test]
fn a_fine_grained_token_with_exactly_these_permissions_does_everything() {
    for (harness, init) in both_ways() {
        allow(&harness, &ALL);
        harness.run(&init).exits(0);
        harness.run(&["seed", "--yes"]).exits(0);
        harness.run(&["plan"]).exits(0);
        harness.run(&["doctor", "--repository", REPOSITORY]).exits(0);
        harness.run(&["init", "--yes", "--rotate-secrets"]).exits(0);
        harness.run(&["uninstall", "--yes", "--delete-repository"]).exits(0);
        assert_eq!(harness.sandbox.github.repository_names(), Vec::<String>::new());
    }
}

#[test]
fn the_same_permissions_do_for_a_second_installation_an_enterprise_server_and_the_newer_integration() {
    let (second, at) = (["--prefix", "dev"], ["--repository", "dev"]);
    let harness = crate::oidc::harness();
    allow(&harness, &ALL);
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    // Its roles are the first one's, and wait for whoever decides about those.
    harness.run(&[&second[..], &["init", "--yes"], &at].concat()).exits(3);
    harness.run(&[&second[..], &["uninstall", "--yes", "--delete-repository"], &at].concat()).exits(0);

    let mut harness = Harness::for_installation();
    harness.sandbox.github.set_enterprise_server();
    let address = format!("{}/api/v3", harness.variable("GITHUB_API_URL"));
    harness.set("GITHUB_API_URL", Some(&address));
    allow(&harness, &ALL);
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["plan"]).exits(0);
    harness.run(&["uninstall", "--yes", "--delete-repository"]).exits(0);

    let harness = crate::oidc::harness();
    let _ = harness.sandbox.port.clone().with_ocean();
    allow(&harness, &ALL);
    harness.run(&["init", "--yes", "--aws-setup"]).exits(0);
    harness.run(&["plan"]).exits(0);
    harness.run(&["doctor", "--repository", REPOSITORY]).exits(0);
}

#[test]
fn the_roles_are_tried_with_a_token_that_reads_and_the_glass_is_broken_without_any() {
    let installed = crate::oidc::installed();
    let harness = &installed.harness;
    let security = ["doctor", "--security", "--repository", REPOSITORY];
    allow(harness, &READING);
    harness.run(&security).exits(0);
    // What the trust names is told to whoever may read actions; without it nothing is called sound.
    allow(harness, &without(&READING, "actions=read"));
    let ran = harness.run(&security).exits(1);
    assert!(ran.stdout.contains("permission actions=read"), "{}", ran.stdout);

    let installed = Installed::new();
    installed.granted();
    crate::break_glass::switch_on(&installed, "");
    let files = crate::break_glass::checkout(&installed);
    allow(&installed.harness, &[]);
    crate::break_glass::break_glass(&installed, &files, &["--yes"]).exits(0);
}

#[test]
fn one_permission_less_is_named_and_what_was_done_is_gone_on_from() {
    // Changes of a new repository need no pull request.
    for missing in without(&ALL, "pull_requests=write") {
        let harness = Harness::for_installation();
        allow(&harness, &without(&ALL, missing));
        let ran = harness.run(&["init", "--yes"]).exits(4);
        let told = if missing == "workflows=write" { "workflows=write".to_owned() } else { named(missing) };
        assert!(ran.stderr.contains(&told), "{missing}: {}", ran.stderr);
        assert_eq!(actions_in_port(&harness), Vec::<Value>::new(), "{missing}: nobody can ask for anything yet");
        allow(&harness, &ALL);
        harness.run(&["init", "--yes"]).exits(0);
        harness.run(&["plan"]).exits(0);
    }
}

#[test]
fn a_look_needs_to_read_and_what_cannot_be_read_is_named_before_anything_is_written() {
    for (harness, init) in both_ways() {
        harness.run(&init).exits(0);
        looks_with_the_right_to_read(&harness);
    }
}

fn looks_with_the_right_to_read(harness: &Harness) {
    harness.run(&["seed", "--yes"]).exits(0);
    allow(harness, &READING);
    harness.run(&["plan"]).exits(0);
    harness.run(&["doctor", "--repository", REPOSITORY]).exits(0);
    for missing in READING {
        allow(harness, &without(&READING, missing));
        let since = harness.sandbox.log.len();
        for command in [&["plan"][..], &["init", "--yes"]] {
            let ran = harness.run(command).exits(4);
            assert!(ran.stderr.contains(&format!("permission {missing}")), "{missing}: {}", ran.stderr);
        }
        let doctor = harness.run(&["doctor", "--repository", REPOSITORY]).stdout;
        assert!(doctor.contains(&format!("permission {missing}")), "{missing}: {doctor}");
        for api in [Api::Port, Api::Github, Api::Aws] {
            let written: Vec<_> =
                harness.writes(api, since).into_iter().filter(|it| !it.path.ends_with("access_token")).collect();
            assert!(written.is_empty(), "{missing}: {written:?}");
        }
    }
}

#[test]
fn a_change_of_a_guarded_repository_needs_pull_requests() {
    let harness = Harness::for_installation();
    harness.run(&["init", "--yes"]).exits(0);
    let workflow = ".github/workflows/sweep-iam-permissions.yaml";
    harness.sandbox.github.commit_file(REPOSITORY, "main", workflow, None).unwrap();
    allow(&harness, &without(&ALL, "pull_requests=write"));
    let ran = harness.run(&["init", "--yes"]).exits(4);
    assert!(ran.stderr.contains("the token lacks the permission pull_requests="), "{}", ran.stderr);
    allow(&harness, &ALL);
    harness.run(&["init", "--yes"]).exits(3);
    assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["plan"]).exits(0);
}

/// What a token needs to move the runtime: a release, the workflows that pin it, and a pull request where the branch wants one.
const MOVING: [&str; 7] = [
    "administration=read",
    "contents=write",
    "workflows=write",
    "secrets=read",
    "environments=read",
    "actions=read",
    "pull_requests=write",
];

#[test]
fn a_runtime_is_moved_there_and_back_with_these_rights_and_one_less_is_named_and_gone_on_from() {
    let harness = Harness::for_installation();
    let (old, new) = (program(&harness, "0.0.8"), program(&harness, "0.0.9"));
    harness.run(&["init", "--yes", "--runtime-binary", &old]).exits(0);
    let pinned = || {
        let workflow = ".github/workflows/create-iam-permissions.yaml";
        let text = harness.sandbox.github.file(REPOSITORY, "main", workflow).unwrap();
        text.lines().find_map(|line| line.trim().strip_prefix("RUNTIME_TAG: ")).unwrap().to_owned()
    };
    for (way, runtime, version) in [("--upgrade", &new, "0.0.9"), ("--downgrade", &old, "0.0.8")] {
        let before = pinned();
        let moving = ["init", "--yes", way, "--runtime-binary", runtime];
        for missing in MOVING {
            allow(&harness, &without(&MOVING, missing));
            let ran = harness.run(&moving).exits(4);
            let told = ran.stderr.contains(&named(missing)) || ran.stderr.contains(missing);
            assert!(told, "{way}, {missing}: {}", ran.stderr);
            assert_eq!(pinned(), before, "{way}, {missing}: nothing runs what nobody has reviewed");
        }
        allow(&harness, &MOVING);
        harness.run(&moving).exits(3);
        let [(number, ..)] = harness.sandbox.github.open_pull_requests(REPOSITORY).try_into().unwrap();
        assert!(harness.sandbox.github.merge_pull_request(REPOSITORY, number));
        assert!(pinned().contains(&format!("port-iam-v{version}-")), "{way}: {}", pinned());
        // Whoever looks needs to read alone.
        allow(&harness, &READING);
        let check = ["version", "--check-runtime", REPOSITORY, "--runtime-binary", runtime, "--output", "json"];
        assert_eq!(harness.run(&check).exits(0).json()["verdict"], "same");
        harness.run(&["plan", "--runtime-binary", runtime]).exits(0);
    }
}

/// What `uninstall` comes to without a right: its exit code, and what it says is left; nothing where it did not begin.
#[test]
fn uninstalling_names_what_it_lacks_and_goes_on_with_it() {
    const TAG: &str = "GitHub release port-iam-v";
    const BEHIND_POWER: [&str; 4] =
        ["GitHub environment port-iam", "GitHub ruleset port-iam", "GitHub files on the branch main", TAG];
    let secrets =
        [&["GitHub secrets of the environment port-iam", "AWS policy port-iam-boundary"], &BEHIND_POWER[..]].concat();
    // (what is missing, what there is instead, the exit code, what is left)
    let table: [(&str, Option<&str>, u8, &[&str]); 13] = [
        ("administration=write", None, 4, &[]),
        ("contents=write", None, 4, &[]),
        ("secrets=write", None, 4, &[]),
        ("environments=write", None, 4, &[]),
        ("administration=write", Some("administration=read"), 4, &BEHIND_POWER),
        ("contents=write", Some("contents=read"), 4, &BEHIND_POWER[2..]),
        ("workflows=write", None, 4, &BEHIND_POWER[2..]),
        ("environments=write", Some("environments=read"), 4, &secrets),
        // The secrets lie in the environment.
        ("secrets=write", Some("secrets=read"), 0, &[]),
        ("actions=write", Some("actions=read"), 0, &[]),
        ("actions=write", None, 4, &[]),
        ("pull_requests=write", Some("pull_requests=read"), 0, &[]),
        ("pull_requests=write", None, 0, &[]),
    ];
    let mut wrong = Vec::new();
    for (missing, instead, exit_code, left) in table {
        let harness = Harness::for_installation();
        harness.run(&["init", "--yes"]).exits(0);
        let mut held = without(&ALL, missing);
        held.extend(instead);
        allow(&harness, &held);
        let before = harness.sandbox.inventory();
        let ran = harness.run(&["uninstall", "--yes"]);
        let has_begun = before.changes(&harness.sandbox.inventory()) != [""; 0];
        let told = ran.stderr.lines().find_map(|line| line.split_once("left: ")).map_or("", |(_, told)| told);
        let is_left =
            told.split(", ").filter(|one| !one.is_empty()).zip(left).filter(|(one, left)| one.starts_with(**left));
        let is_as_said =
            is_left.count() == left.len() && told.split(", ").filter(|one| !one.is_empty()).count() == left.len();
        let is_named = exit_code == 0 || ran.stderr.contains(&named(missing)) || ran.stderr.contains(missing);
        let begins = exit_code == 0 || !left.is_empty();
        if ran.exit_code != exit_code || !is_as_said || !is_named || has_begun != begins {
            wrong.push(format!("{missing}, {instead:?}: {} {has_begun} {}", ran.exit_code, ran.stderr));
        }
        allow(&harness, &ALL);
        harness.run(&["uninstall", "--yes", "--delete-repository"]).exits(0);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// `init` alone would have made Port's and AWS's part too.
#[test]
fn the_part_of_github_needs_the_same_and_names_what_is_missing() {
    const PART: [&str; 4] = ["init", "--yes", "--only", "github"];
    let harness = Harness::for_installation();
    // Its administrator has no other credentials.
    let nobody = [
        ("PORT_CLIENT_ID", ""),
        ("PORT_CLIENT_SECRET", ""),
        ("AWS_ACCESS_KEY_ID", ""),
        ("AWS_SECRET_ACCESS_KEY", ""),
        ("AWS_ACCOUNT_ID", "123456789012"),
    ];
    for missing in ["contents=write", "workflows=write", "environments=write", "secrets=write"] {
        allow(&harness, &without(&ALL, missing));
        let ran = harness.run_with(&PART, &nobody).exits(4);
        assert!(ran.stderr.contains(&named(missing)) || ran.stderr.contains(missing), "{missing}: {}", ran.stderr);
    }
    allow(&harness, &ALL);
    harness.run_with(&PART, &nobody).exits(3);
    assert_eq!((harness.writes(Api::Aws, 0).len(), actions_in_port(&harness).len()), (0, 0));
    // Who does the other parts need not write here.
    allow(&harness, &READING);
    harness.run(&["init", "--yes", "--only", "aws"]).exits(3);
    harness.run(&["init", "--yes", "--only", "port"]).exits(0);
    harness.run(&["plan"]).exits(0);
}

/// What it makes and takes away is Port's; at GitHub it looks for the run that Port has started, and cancels it.
#[test]
fn a_probe_needs_to_look_and_to_write_actions_for_its_run_to_be_cancelled() {
    const PROBE: [&str; 4] = ["doctor", "--probe", "--repository", REPOSITORY];
    let installed = Installed::new();
    let harness = &installed.harness;
    let before = actions_in_port(harness).len();
    // It looks for a run, and into no file.
    for (missing, exit_code) in [("actions=read", 4), ("contents=read", 0)] {
        allow(harness, &without(&READING, missing));
        let ran = harness.run(&PROBE).exits(exit_code);
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert_eq!(told.contains(&format!("permission {missing}")), exit_code == 4, "{missing}: {told}");
        assert_eq!(actions_in_port(harness).len(), before, "{missing}: nothing is left of it");
    }
    allow(harness, &READING);
    let ran = harness.run(&PROBE).exits(0);
    assert!(ran.stdout.contains("It could not be cancelled, and refuses by itself"), "{}", ran.stdout);
    let mut enough = without(&READING, "actions=read");
    enough.push("actions=write");
    allow(harness, &enough);
    let ran = harness.run(&PROBE).exits(0);
    assert!(!ran.stdout.contains("could not be cancelled"), "{}", ran.stdout);
    assert_eq!(actions_in_port(harness).len(), before);
}

/// The secrets lie in the environment.
#[test]
fn another_key_or_pair_of_secrets_needs_to_write_environments_and_nothing_is_lost_without() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let rotate = ["rotate", "--repository", REPOSITORY, "--yes"];
    let secrets = ["init", "--yes", "--rotate-secrets"];
    for command in [&secrets[..], &rotate] {
        allow(harness, &READING);
        let ran = harness.run(command).exits(4);
        assert!(ran.stderr.contains("the token lacks the permission environments=write"), "{}", ran.stderr);
    }
    // The key that the workflows have is the only one: the new one was taken back.
    let keys = || {
        let mut keys = Vec::new();
        harness.with_aws(async |iam| {
            let listed = iam.list_access_keys().user_name(MANAGER_IAM_USER).send().await.unwrap();
            keys.extend(listed.access_key_metadata.into_iter().filter_map(|key| key.access_key_id));
        });
        keys
    };
    assert_eq!(keys(), [MANAGER_ACCESS_KEY_ID]);
    let mut enough = without(&READING, "environments=read");
    enough.push("environments=write");
    allow(harness, &enough);
    harness.run(&secrets).exits(0);
    harness.run(&rotate).exits(0);
    assert!(keys().len() == 1 && keys() != [MANAGER_ACCESS_KEY_ID], "{:?}", keys());
}

#[test]
fn an_account_is_added_with_the_rights_of_a_change() {
    let installed = crate::oidc::installed();
    let harness = &installed.harness;
    let add = ["init", "--yes", "--add-account", crate::accounts::SECOND];
    for missing in ["contents=write", "workflows=write", "pull_requests=write"] {
        allow(harness, &without(&ALL, missing));
        let ran = harness.run_with(&add, &crate::accounts::ada_in_second()).exits(4);
        assert!(ran.stderr.contains(&named(missing)) || ran.stderr.contains(missing), "{missing}: {}", ran.stderr);
    }
    allow(harness, &ALL);
    crate::accounts::add_second(&installed);
    harness.run_with(&add, &crate::accounts::ada_in_second()).exits(3);
    assert_eq!(harness.sandbox.second_aws.role_names("/"), ["port-iam-granter", "port-iam-revoker"]);
}

#[test]
fn a_classic_token_needs_repo_and_workflow_and_to_delete_the_repository_one_scope_more() {
    let harness = Harness::for_installation();
    let scopes = |scopes: &str| harness.sandbox.github.set_token_scopes(ADA.github_token, ADA.github_login, scopes);
    for (held, missing) in [("workflow", "repo"), ("repo", "workflow")] {
        scopes(held);
        let ran = harness.run(&["init", "--yes"]).exits(4);
        assert!(ran.stderr.contains(&format!("lacks {missing}")), "{}", ran.stderr);
        assert!(harness.writes(Api::Github, 0).is_empty() && harness.writes(Api::Aws, 0).is_empty());
        assert_eq!(actions_in_port(&harness), Vec::<Value>::new());
    }
    scopes("repo, workflow");
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["seed", "--yes"]).exits(0);
    harness.run(&["plan"]).exits(0);
    harness.run(&["doctor", "--repository", REPOSITORY]).exits(0);
    let ran = harness.run(&["uninstall", "--yes", "--delete-repository"]).exits(4);
    assert!(ran.stderr.contains("delete_repo"), "{}", ran.stderr);
    scopes("repo, workflow, delete_repo");
    harness.run(&["uninstall", "--yes", "--delete-repository"]).exits(0);
}

/// With the two scopes: a change by a pull request, new secrets and keys, a probe, a further account.
#[test]
fn a_classic_token_with_repo_and_workflow_does_everything_but_delete_the_repository() {
    let installed = Installed::new();
    let harness = &installed.harness;
    let github = &harness.sandbox.github;
    let scopes = |harness: &Harness| {
        harness.sandbox.github.set_token_scopes(ADA.github_token, ADA.github_login, "repo, workflow");
    };
    scopes(harness);
    let workflow = ".github/workflows/sweep-iam-permissions.yaml";
    github.commit_file(REPOSITORY, "main", workflow, None).unwrap();
    harness.run(&["init", "--yes"]).exits(3);
    assert!(github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["init", "--yes", "--rotate-secrets"]).exits(0);
    harness.run(&["rotate", "--repository", REPOSITORY, "--yes"]).exits(0);
    harness.run(&["doctor", "--probe", "--repository", REPOSITORY]).exits(0);
    harness.run(&["uninstall", "--yes"]).exits(0);

    let installed = crate::oidc::installed();
    scopes(&installed.harness);
    crate::accounts::add_second(&installed);
    let add = ["init", "--yes", "--add-account", crate::accounts::SECOND];
    installed.harness.run_with(&add, &crate::accounts::ada_in_second()).exits(3);
    assert_eq!(installed.harness.sandbox.second_aws.role_names("/"), ["port-iam-granter", "port-iam-revoker"]);
}

#[test]
fn a_fine_grained_token_adopts_works_without_environments_and_takes_away_by_a_pull_request() {
    // Secrets of the repository, where the plan has no environments.
    let harness = Harness::for_installation();
    harness.sandbox.github.set_plan(false);
    allow(&harness, &ALL);
    harness.run(&["init", "--yes", "--writers-are-admins"]).exits(0);
    harness.run(&["plan", "--writers-are-admins"]).exits(0);
    harness.run(&["uninstall", "--yes"]).exits(0);
    assert_eq!(harness.sandbox.github.secret(REPOSITORY, None, "PORT_CLIENT_ID"), None);
    // A file of somebody else, a second installation, a pull request that takes everything away.
    let harness = Harness::for_installation();
    allow(&harness, &ALL);
    harness.run(&["init", "--yes"]).exits(0);
    let github = &harness.sandbox.github;
    let workflow = ".github/workflows/create-iam-permissions.yaml";
    github.commit_file(REPOSITORY, "main", workflow, Some(b"name: Theirs\non: push\n")).unwrap();
    harness.run(&["init", "--yes", "--adopt"]).exits(3);
    assert!(github.merge_pull_request(REPOSITORY, 1));
    harness.run(&["init", "--yes"]).exits(0);
    harness.run(&["init", "--yes", "--prefix", "dev", "--repository", "dev"]).exits(0);
    harness.run(&["uninstall", "--yes", "--prefix", "dev", "--repository", "dev", "--delete-repository"]).exits(0);
    assert!(github.protect_branch(REPOSITORY, "main"));
    harness.run(&["uninstall", "--yes"]).exits(3);
    assert!(github.merge_pull_request(REPOSITORY, 2));
    harness.run(&["uninstall", "--yes"]).exits(0);
}

#[test]
fn the_token_of_a_job_reads_contents_and_nothing_else() {
    let installed = Installed::new();
    let github = &installed.harness.sandbox.github;
    let token = "github_pat_of_a_job";
    let variables = [("GH_TOKEN", token), ("GITHUB_TOKEN", token)];
    github.set_token_permissions(token, ADA.github_login, &[]);
    let request = installed.request();
    let ran = installed.step("grant", &request, &variables);
    assert!([1, 4].contains(&ran.exit_code), "{}", ran.stdout);
    assert!(ran.stdout.contains("permission contents=read"), "{}", ran.stdout);
    assert_eq!(installed.roles(), Vec::<String>::new());
    github.set_token_permissions(token, ADA.github_login, &["contents=read"]);
    let request = installed.request();
    installed.step("grant", &request, &variables).exits(0);
    let returned = installed.give_back(&request.grant());
    installed.step("revoke", &returned, &variables).exits(0);
    assert_eq!(installed.roles(), Vec::<String>::new());
    installed.step("sweep", &returned, &variables).exits(0);
}
