//! GitHub: the token, the repository and everything in it.

use super::planned::{self, Planned};
use super::{Check, Outcome, Seen, Severity, Unseen, bad, check, fine, share, unknown, unseen};
use crate::domain::own_command::shell_word;
use crate::domain::runtime_check::Downloaded;
use crate::domain::setup::{self, System, Thing, Wanted};

/// The scopes that a classic token needs (GitHub Docs, "Scopes for OAuth apps").
const SCOPES: [&str; 2] = ["repo", "workflow"];

pub(super) static CHECKS: [Check; 13] = [
    check("github-token", token),
    Check {
        name: "repository",
        judge: share(
            System::GitHub,
            "it is there, and private",
            Severity::Error,
            |part, _| matches!(part.subject.thing, Thing::Repository { .. }),
            &[],
        ),
    },
    Check {
        name: "branch-rules",
        judge: share(
            System::GitHub,
            "the default branch takes reviewed pull requests alone",
            Severity::Error,
            |part, _| matches!(part.subject.thing, Thing::BranchRules(_)),
            &["branch-unguarded", "code-owners", "bypass-hidden"],
        ),
    },
    check("workflow-approvals", workflow_approvals),
    check("code-owners", code_owners),
    Check {
        name: "workflows",
        judge: share(
            System::GitHub,
            "they are on the default branch, and as `port-iam init` writes them",
            Severity::Warning,
            |part, _| part.is_workflow_file() && !part.is_about_the_release(),
            &[setup::SECRETS_EXPOSED],
        ),
    },
    Check {
        name: "workflow-state",
        judge: share(
            System::GitHub,
            "GitHub runs the workflows that grant and revoke",
            Severity::Error,
            |part, planned| {
                // The sweep's has a check of its own.
                matches!(&part.subject.thing, Thing::Workflow(file) if *file != planned.wanted.names.sweep_workflow)
            },
            &[],
        ),
    },
    Check {
        name: "files",
        judge: share(
            System::GitHub,
            "templates and code owners are there, and the templates can be used",
            Severity::Warning,
            |part, planned| {
                !part.is_workflow_file() && part.file().is_some_and(|path| *path != planned.wanted.names.rules_path)
            },
            &[],
        ),
    },
    check("rules-file", rules_file),
    check("runtime", runtime),
    Check {
        name: "immutable-releases",
        judge: share(
            System::GitHub,
            "nobody can change a release",
            Severity::Warning,
            |part, _| matches!(part.subject.thing, Thing::ImmutableReleases),
            &[],
        ),
    },
    Check {
        name: "environment",
        judge: share(
            System::GitHub,
            "its secrets go to runs of the default branch alone",
            Severity::Error,
            |part, _| matches!(part.subject.thing, Thing::Environment(_)),
            &["secrets-in-repository", "secrets-doubled"],
        ),
    },
    Check {
        name: "secrets",
        judge: share(
            System::GitHub,
            "those that the workflows need are there",
            Severity::Error,
            |part, _| matches!(part.subject.thing, Thing::Secrets(_)),
            &["aws-secrets-unused"],
        ),
    },
];

/// A line that GitHub does not follow asks for nobody's review.
fn code_owners(seen: &Seen) -> Outcome {
    let errors = match &seen.code_owners_errors {
        Ok(Some(errors)) => errors,
        Ok(None) => return unknown("GitHub tells nothing of a CODEOWNERS file"),
        Err(why) => return unseen("what GitHub makes of CODEOWNERS", why, "port-iam doctor --verbose"),
    };
    if errors.is_empty() {
        return fine("GitHub follows every line of CODEOWNERS");
    }
    let remedy = format!(
        "gh api repos/{}/codeowners/errors --jq '.errors[].suggestion', and mend the lines by a pull request: owners have to exist and to have write access",
        seen.repository
    );
    bad(Severity::Warning, format!("GitHub does not follow {}", errors.join("; ")), remedy)
}

fn token(seen: &Seen) -> Outcome {
    let github = match &seen.github {
        Ok(github) => github,
        Err(barred) => return unknown(format!("GitHub was not asked: {}", barred.why)),
    };
    let Some(held) = &github.scopes else {
        // GitHub tells it to nobody, and every token of a GitHub app or with permissions would be unhealthy for it.
        return (
            Severity::Untellable,
            "it has permissions instead of scopes, which GitHub does not tell; what it may not read shows in the other checks. Whether it may write Administration, Contents, Workflows, Secrets, Environments, Actions and Pull requests shows when `port-iam init` does".to_owned(),
            None,
        );
    };
    let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !held.iter().any(|held| held == scope)).collect();
    if missing.is_empty() {
        return fine(format!("it has the scopes {}", held.join(", ")));
    }
    bad(
        Severity::Warning,
        format!(
            "it has the scopes [{}] and lacks {}: `port-iam init` could not write with it",
            held.join(", "),
            missing.join(" and ")
        ),
        format!("gh auth refresh -s {}", missing.join(",")),
    )
}

/// Judges whether a workflow, which whoever may push a branch can write, could give the review that a change needs.
fn workflow_approvals(seen: &Seen) -> Outcome {
    let remedy = format!(
        "gh api --method PUT repos/{}/actions/permissions/workflow -F can_approve_pull_request_reviews=false",
        seen.repository
    );
    match &seen.workflows_approve {
        Ok(Some(false)) => fine("no workflow can approve a pull request"),
        Ok(Some(true)) => bad(
            Severity::Warning,
            "GitHub Actions may approve pull requests: whoever may push a branch can have a workflow approve what they wrote",
            remedy,
        ),
        Ok(None) => unknown("the GitHub token may not see whether workflows may approve pull requests"),
        Err(why) => unseen("whether workflows may approve pull requests", why, remedy),
    }
}

fn rules_file(seen: &Seen) -> Outcome {
    let planned = match &seen.planned {
        Ok(planned) if planned.seen.looked_at.contains(System::GitHub) => planned,
        Ok(_) => return unknown("GitHub was not looked at"),
        Err(Unseen::Elsewhere(why) | Unseen::Here(why)) => return unknown(format!("not looked at: {why}")),
    };
    let path = &planned.wanted.names.rules_path;
    if !planned.seen.holds(path) {
        // A repository that is not there has no files, and is told by its own check.
        let has_files = planned.seen.repository.as_ref().is_some_and(|repository| repository.blobs.is_some());
        let what = format!("{path} is not on the default branch: no rule, no grant");
        return if has_files { bad(Severity::Error, what, "port-iam init") } else { unknown(what) };
    }
    if let Some(finding) = &planned.rules.unusable {
        return bad(Severity::Error, finding.message.clone(), edited(seen, planned, &finding.remedy));
    }
    let without_rule = planned.rules.types_without_rule.as_ref();
    let without_approval = planned.plan.findings.iter().find(|finding| finding.code == "approval-without-rule");
    match without_rule.or(without_approval) {
        Some(finding) => bad(Severity::Warning, finding.message.clone(), edited(seen, planned, &finding.remedy)),
        None => fine(format!("{path} can be used, and names every type of the catalog")),
    }
}

/// Returns the command that shows the rules file, with what is to be changed in it behind.
fn edited(seen: &Seen, planned: &Planned, remedy: &str) -> String {
    let Wanted { names, default_branch, .. } = &planned.wanted;
    let (path, branch) = (shell_word(&names.rules_path), shell_word(default_branch));
    format!("gh browse {path} --branch {branch} --repo {} ({remedy})", seen.repository)
}

fn runtime(seen: &Seen) -> Outcome {
    let remedy = format!("port-iam init --repository {}", seen.repository.split('/').next_back().unwrap_or_default());
    let workflows = match &seen.runtime {
        Ok(workflows) => workflows,
        Err(why) => return unseen("the release of the runtime", why, remedy),
    };
    let wrong = workflows.iter().find_map(|seen| Some((seen, wrong(seen)?)));
    match (wrong, workflows.as_slice()) {
        (Some((Downloaded { workflow, .. }, what)), _) => {
            bad(Severity::Error, format!("{workflow} cannot run: {what}"), remedy)
        }
        (None, []) => unknown("no workflow of ours is on the default branch"),
        (None, _) if let Some((left, remedy)) = planned::left(seen, |thing| matches!(thing, Thing::Runtime)) => {
            bad(Severity::Warning, left, remedy)
        }
        // What the workflows download is sound, and not what this program would have them download.
        (None, _) if let Some(open) = planned::open(seen, |thing| matches!(thing, Thing::Release(_))) => {
            bad(Severity::Warning, open, remedy)
        }
        (None, workflows) => {
            let tag = workflows.iter().find_map(|it| it.pinned.as_ref()).map_or("", |pinned| &pinned.tag);
            fine(format!("the release {tag} holds the bytes that the workflows pin"))
        }
    }
}

/// Returns what keeps a workflow from starting its runtime.
fn wrong(seen: &Downloaded) -> Option<String> {
    // One that is missing is told by the check of the workflows.
    seen.origin?;
    let Some(pinned) = &seen.pinned else { return Some("it pins no runtime that can be read".to_owned()) };
    if !seen.is_there {
        return Some(format!("the release {} with {} is not there", pinned.tag, pinned.asset));
    }
    // Where GitHub tells no digest, the workflow itself still refuses other bytes.
    let differs = seen.digest.as_ref().is_some_and(|digest| *digest != format!("sha256:{}", pinned.sha256));
    differs.then(|| format!("{} of the release {} holds other bytes than it pins", pinned.asset, pinned.tag))
}
