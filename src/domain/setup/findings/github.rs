//! What GitHub's token and Port's app can do.

use super::super::finding::{Finding, Severity};
use super::super::seen::App;
use super::super::wanted::Wanted;

/// Where Port's GitHub app is installed.
const APP_PAGE: &str = "https://github.com/apps/getport-io/installations/new";

/// The scopes that a classic token needs (GitHub Docs, "Scopes for OAuth apps").
const SCOPES: [&str; 2] = ["repo", "workflow"];

pub(super) fn scopes(scopes: Option<&[String]>) -> Option<Finding> {
    let held = scopes?;
    let missing: Vec<&str> = SCOPES.into_iter().filter(|scope| !held.iter().any(|held| held == scope)).collect();
    if missing.is_empty() {
        return None;
    }
    Some(Finding::new(
        Severity::Blocking,
        "github-scopes",
        format!("the GitHub token has the scopes [{}] and lacks {}", held.join(", "), missing.join(" and ")),
        format!("gh auth refresh -s {}", missing.join(",")),
    ))
}

pub(super) fn app(wanted: &Wanted, app: App) -> Option<Finding> {
    let repository = format!("{}/{}", wanted.owner, wanted.repository);
    let (severity, code, message) = match app {
        App::Installed => (
            Severity::Note,
            "port-app",
            format!(
                "Port's GitHub app is installed; GitHub does not tell whether {repository} is among its repositories"
            ),
        ),
        App::Absent => (
            Severity::Warning,
            "port-app-missing",
            format!("Port's GitHub app is not installed for {}: Port cannot start the workflows", wanted.owner),
        ),
        App::Powerless => (
            Severity::Warning,
            "port-app-powerless",
            format!("Port's GitHub app is suspended for {}, or lacks the right to start workflows", wanted.owner),
        ),
        App::Unknown => (
            Severity::Note,
            "port-app-unknown",
            format!("GitHub does not tell here whether Port's GitHub app is installed for {}", wanted.owner),
        ),
    };
    let remedy = match app {
        App::Installed => format!("if it is not, give it the repository: {APP_PAGE}"),
        App::Absent | App::Powerless => format!("install it, or give it {repository}: {APP_PAGE}"),
        App::Unknown => format!(
            "install it, or give it {repository}: {APP_PAGE} (on another GitHub it is an app of your own that Port works with)"
        ),
    };
    Some(Finding::new(severity, code, message, remedy))
}
