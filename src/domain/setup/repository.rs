//! The target repository and everything in it.

use super::entering::is_workflow;
use super::plan::{Outcome, Step, System, Write};
use super::seen::{BranchesSeen, ReleaseSeen, RepositorySeen, Visibility};
use super::subject::Thing;
use super::wanted::{SecretStore, Wanted, WantedFile, WorkflowAccess};
use super::{files, guard, templates, upgrade};
use crate::domain::own_command::shell_word;

/// The steps of a repository: the release before the workflows that download from it, and the secrets behind everything.
/// No run of a workflow that is written anew shall have them, and before the rules of the branch are there whoever may push
/// could put a workflow onto it that reads them, and take it off again.
pub(super) fn steps(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Vec<Step> {
    let mut steps = vec![repository(wanted, seen)];
    if let SecretStore::Environment(name) = &wanted.store {
        steps.push(environment(wanted, name, seen));
    }
    steps.extend(guard::immutable_releases(seen));
    steps.push(release(wanted, seen));
    steps.extend(files::steps(wanted, seen));
    steps.extend(templates::steps(wanted, seen));
    steps.extend(users_of_secrets(wanted, seen));
    steps.extend(workflows(seen));
    steps.extend(guard::branch_rules(wanted, seen));
    steps.push(secrets(wanted, seen));
    steps
}

fn step(thing: Thing, lines: Vec<String>, outcome: Outcome) -> Step {
    Step { system: System::GitHub, subject: thing.into(), lines, files: Vec::new(), outcome }
}

fn repository(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Step {
    let Wanted { owner, repository, .. } = wanted;
    let subject = Thing::Repository { owner: owner.clone(), name: repository.clone() };
    match seen {
        None => {
            let write = Write::Repository { owner: owner.clone(), name: repository.clone() };
            step(subject, vec!["+ private".to_owned()], Outcome::Create(write))
        }
        Some(seen) if seen.visibility != Visibility::Private => {
            let reason = match seen.visibility {
                Visibility::Internal => {
                    "it is internal: the whole enterprise could read who may have which permissions, and fork it"
                }
                _ => "it is public: everybody could read who may have which permissions, and try to get at the secrets",
            };
            let outcome = Outcome::Refused {
                reason: reason.to_owned(),
                remedy: format!(
                    "gh repo edit {owner}/{repository} --visibility private (or name another one with --repository)"
                ),
            };
            step(subject, Vec::new(), outcome)
        }
        Some(seen) if seen.blobs.is_none() => {
            step(subject, vec!["+ first commit".to_owned()], Outcome::Change(Write::FirstCommit))
        }
        Some(_) => step(subject, Vec::new(), Outcome::Keep),
    }
}

fn environment(wanted: &Wanted, name: &str, seen: Option<&RepositorySeen>) -> Step {
    let branch = &wanted.default_branch;
    let subject = Thing::Environment(name.to_owned());
    let write = Write::Environment { name: name.to_owned(), branch: branch.clone() };
    let Some(branches) = seen.and_then(|seen| seen.environment.as_ref()) else {
        let lines = vec![
            format!("+ only runs of the branch {branch} get its secrets"),
            "  where the GitHub plan has no environments for private repositories, the secrets go to the repository: everybody who can push a branch can then read them".to_owned(),
        ];
        return step(subject, lines, Outcome::Create(write));
    };
    let others = match branches {
        BranchesSeen::Named(names) if names.len() == 1 && names.contains(branch) => {
            return step(subject, Vec::new(), Outcome::Keep);
        }
        // Nobody can use it yet: an attempt that was cut short left it so.
        BranchesSeen::Named(names) if names.is_empty() => {
            return step(subject, vec![format!("+ branch {branch}")], Outcome::Change(write));
        }
        BranchesSeen::Named(names) => names.join(", "),
        BranchesSeen::Every => "every branch".to_owned(),
        BranchesSeen::Protected => "every protected branch".to_owned(),
    };
    let outcome = Outcome::Refused {
        reason: format!("it exists and can be used by {others}, not by {branch} alone; no secret is put into it"),
        remedy: format!(
            "gh browse --settings --repo {}/{} (Environments > {name}: choose `Selected branches and tags` with {branch} alone, or delete the environment)",
            wanted.owner, wanted.repository
        ),
    };
    step(subject, Vec::new(), outcome)
}

fn secrets(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Step {
    let present = match &wanted.store {
        SecretStore::Environment(_) => seen.map(|seen| seen.environment_secrets.as_slice()),
        SecretStore::Repository => seen.map(|seen| seen.repository_secrets.as_slice()),
    };
    let present = present.unwrap_or_default();
    let subject = Thing::Secrets(wanted.store.clone());
    let is_present = |name: &str| present.iter().any(|known| known.eq_ignore_ascii_case(name));
    let pairs = wanted.access.secret_pairs();
    let names: Vec<&'static str> = pairs
        .iter()
        .filter(|pair| wanted.consent.rotate_secrets || !pair.iter().all(|name| is_present(name)))
        .flatten()
        .copied()
        .collect();
    if names.is_empty() {
        return step(subject, Vec::new(), Outcome::Keep);
    }
    if let Some(outcome) = strangers(wanted, seen) {
        return step(subject, names.iter().map(|name| format!("+ {name}")).collect(), outcome);
    }
    let in_the_open = wanted.store == SecretStore::Repository && wanted.access == WorkflowAccess::AccessKey;
    if in_the_open && !wanted.consent.writers_are_admins {
        let outcome = Outcome::Refused {
            reason: "this GitHub plan has no environments for private repositories, so that everybody who can push a branch could take the access key: whoever may write to the repository could grant and revoke anything that the workflows can".to_owned(),
            remedy: "port-iam init --aws-auth oidc --aws-setup lets the workflows use GitHub's OIDC tokens, without any key; `port-iam init --writers-are-admins` says that all who may write to it are administrators of the account's permissions".to_owned(),
        };
        return step(subject, Vec::new(), outcome);
    }
    let line = |name: &&str| {
        if is_present(name) { format!("~ {name}: set again") } else { format!("+ {name}") }
    };
    let lines = names.iter().map(line).collect();
    let none = !pairs.iter().flatten().any(|name| is_present(name));
    let write = Write::Secrets { store: wanted.store.clone(), names };
    step(subject, lines, if none { Outcome::Create(write) } else { Outcome::Change(write) })
}

/// Returns the workflows in the place of ours that are not what this run writes there: those that the plan writes anew, and
/// those that stay. Where they come from says nothing, since anybody can put any text below our head.
fn strange_workflows<'a>(wanted: &'a Wanted, seen: Option<&'a RepositorySeen>) -> (Vec<&'a str>, Vec<&'a str>) {
    let Some(seen) = seen else { return Default::default() };
    let is_strange = |file: &&WantedFile| {
        let held = seen.blobs.as_ref().and_then(|blobs| blobs.get(&file.path));
        is_workflow(&file.path) && held.is_some_and(|held| *held != file.blob && !file.blobs_before.contains(held))
    };
    let (staying, rewritten): (Vec<_>, Vec<_>) =
        wanted.files.iter().filter(is_strange).partition(|file| files::stays(wanted, file, Some(seen)));
    let paths = |files: Vec<&'a WantedFile>| files.into_iter().map(|file| file.path.as_str()).collect();
    (paths(rewritten), paths(staying))
}

/// Returns whether a workflow in the place of ours is not what this run writes there: until it is, nothing that workflows
/// are trusted with may be there.
pub fn holds_strange_workflow(wanted: &Wanted, seen: Option<&RepositorySeen>) -> bool {
    let (rewritten, staying) = strange_workflows(wanted, seen);
    !(rewritten.is_empty() && staying.is_empty())
}

/// Returns what keeps the secrets back while a workflow of the default branch would get them that is not as this tool
/// writes it.
fn strangers(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Option<Outcome> {
    let (_, staying) = strange_workflows(wanted, seen);
    let others: Vec<&str> = seen.into_iter().flat_map(|seen| &seen.users_of_secrets).map(String::as_str).collect();
    let all: Vec<&str> = staying.iter().chain(&others).copied().collect();
    if all.is_empty() {
        return None;
    }
    let mut commands: Vec<String> = others.iter().map(|path| format!("git rm {}", shell_word(path))).collect();
    commands.push(if staying.is_empty() { "port-iam init".to_owned() } else { upgrade::command(wanted, seen) });
    let Wanted { owner, repository, .. } = wanted;
    let reason =
        format!("{} of {owner}/{repository} is not as this tool writes it, and would get them", all.join(", "));
    Some(Outcome::Pending { reason, commands })
}

/// Returns what keeps the roles back, which trust the workflows in the place of ours by their paths, while one of those is
/// not what this run writes there and stays: for good, or till an administrator of GitHub has done their part.
pub(super) fn distrust(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Option<Outcome> {
    let (rewritten, staying) = strange_workflows(wanted, seen);
    let (strange, command) = if wanted.share.contains(System::GitHub) {
        (staying, upgrade::command(wanted, seen))
    } else {
        ([rewritten, staying].concat(), "port-iam init --only github".to_owned())
    };
    if strange.is_empty() {
        return None;
    }
    let Wanted { owner, repository, .. } = wanted;
    let reason =
        format!("{} of {owner}/{repository} is not as this tool writes it, and could assume it", strange.join(", "));
    Some(Outcome::Pending { reason, commands: vec![command] })
}

/// Returns the step of a role without what gives it or its workflows anything, which waits: what is taken away never does.
pub(super) fn only_taking(role: Step, distrust: &Outcome) -> Step {
    if !role.write().is_some_and(Write::gives_to_workflows) {
        return role;
    }
    let Outcome::Change(Write::Role { name, detach, delete_inline, tags, .. }) = &role.outcome else {
        return Step { outcome: distrust.clone(), ..role };
    };
    if detach.is_empty() && delete_inline.is_empty() {
        return Step { outcome: distrust.clone(), ..role };
    }
    let write = Write::Role {
        name: name.clone(),
        trust: None,
        attach: Vec::new(),
        detach: detach.clone(),
        delete_inline: delete_inline.clone(),
        tags: tags.clone(),
    };
    let lines = role.lines.iter().filter(|line| line.starts_with("- ")).cloned().collect();
    Step { outcome: Outcome::Change(write), lines, ..role }
}

/// Returns what is said of each workflow beside ours that may use the secrets, be they set yet or not.
fn users_of_secrets(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Vec<Step> {
    let reached = match &wanted.store {
        SecretStore::Environment(name) => format!("its jobs get the secrets of the environment {name}"),
        SecretStore::Repository => "it gets the secrets".to_owned(),
    };
    let user = |path: &String| {
        let outcome = Outcome::Left {
            reason: format!("it is not of this tool, and {reached}, or may for all that can be told"),
            remedy: format!(
                "git rm {}, and merge that; delete its runs too, which whoever may write can repeat for 30 days; where it has run while they were set: then `port-iam init --rotate-secrets`, with new ones, and delete the old ones in Port and AWS",
                shell_word(path)
            ),
        };
        step(Thing::File(path.clone()), Vec::new(), outcome)
    };
    seen.into_iter().flat_map(|seen| &seen.users_of_secrets).map(user).collect()
}

fn release(wanted: &Wanted, seen: Option<&RepositorySeen>) -> Step {
    let release = &wanted.release;
    let moving = upgrade::of(wanted, seen);
    // A move is one change, whatever it consists of.
    let subject = if moving.is_some() { Thing::Runtime } else { Thing::Release(release.tag.clone()) };
    let mut lines = Vec::new();
    if let Some(moving) = &moving {
        if let Some(outcome) = moving.held() {
            return step(subject, moving.lines.clone(), outcome);
        }
        lines.push(moving.headline());
        lines.extend(moving.lines.clone());
    }
    let damaged = |reason: &str| Outcome::Refused {
        reason: reason.to_owned(),
        remedy: format!(
            "gh release view {0} --repo {1}/{2} shows who made it; then `gh release delete {0} --cleanup-tag --repo {1}/{2}` deletes it with its tag, and `port-iam init` publishes it anew, under another tag where GitHub lets nobody use that one again",
            release.tag, wanted.owner, wanted.repository
        ),
    };
    match seen.map(|seen| &seen.release) {
        None | Some(ReleaseSeen::Absent) => {
            let part = if moving.is_some() { format!("release {} with ", release.tag) } else { String::new() };
            lines.push(format!("+ {part}{} {}", release.asset, release.digest));
            if seen.is_some_and(|seen| seen.release_tag.is_some()) {
                lines.push(format!("  {}", super::release_found::USED_TAG));
            }
            step(subject, lines, Outcome::Create(Write::Release(release.clone())))
        }
        // Where GitHub tells no digest, the one that the workflows pin still decides.
        Some(ReleaseSeen::Published { digest }) if digest.as_ref().is_none_or(|held| *held == release.digest) => {
            step(subject, lines, Outcome::Keep)
        }
        Some(ReleaseSeen::Published { .. }) => {
            step(subject, Vec::new(), damaged("it exists and holds other bytes than this program would upload"))
        }
        Some(ReleaseSeen::WithoutAsset) => step(subject, Vec::new(), damaged("it exists without a complete runtime")),
    }
}

/// Returns the steps of workflows that GitHub does not run, because somebody or GitHub itself has disabled them.
fn workflows(seen: Option<&RepositorySeen>) -> Vec<Step> {
    let disabled = seen.into_iter().flat_map(|seen| &seen.disabled_workflows);
    disabled
        .map(|(file, state)| {
            let lines = vec![format!("~ state: {} -> active", state)];
            step(Thing::Workflow(file.clone()), lines, Outcome::Change(Write::EnableWorkflow { file: file.clone() }))
        })
        .collect()
}
