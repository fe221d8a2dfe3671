//! Runs, what people say about them, and the audit log.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Redirect, Response};

use super::taken::{InPath, Sent};
use crate::portal::Portal;
use crate::portal::form::Form;
use crate::portal::pages::{Page, audit as audit_page, run as page};
use crate::portal::port::Refused;
use crate::portal::run::{Approver, Change, Job, LogLine, Run};
use crate::portal::view::segment;

/// What somebody says about a run.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase", tag = "decision")]
pub(super) enum Decision {
    Approve,
    Decline,
}

/// `GET /runs`
pub(super) async fn list(State(portal): State<Portal>, here: Uri) -> Response {
    let page = async {
        let answer = portal.port().get(portal.who(), "/actions/runs?version=v2&limit=100").await?;
        Ok(page::list(&Run::list(&answer), portal.sandbox().clock.now()))
    };
    portal.show(&here, page).await
}

/// `GET /runs/RUN`
pub(super) async fn one(State(portal): State<Portal>, InPath(run): InPath<String>, here: Uri) -> Response {
    portal.show(&here, run_page(&portal, &run)).await
}

/// `POST /runs/RUN/approval`
pub(super) async fn decide(
    State(portal): State<Portal>,
    InPath(run): InPath<String>,
    here: Uri,
    Sent(decision): Sent<Decision>,
) -> Response {
    let is_approved = matches!(decision, Decision::Approve);
    match portal.port().decide(portal.who(), &run, is_approved).await {
        Ok(()) => Redirect::to(&format!("/runs/{}", segment(&run))).into_response(),
        Err(refused) => portal.show(&here, async { Err(refused) }).await,
    }
}

/// `GET /audit`
pub(super) async fn audit(State(portal): State<Portal>, here: Uri) -> Response {
    let page = async {
        let answer = portal.port().get(portal.who(), "/audit-log?limit=200").await?;
        Ok(audit_page::page(&audit_page::Event::list(&answer), portal.sandbox().clock.now()))
    };
    portal.show(&here, page).await
}

async fn run_page(portal: &Portal, id: &str) -> Result<Page, Refused> {
    let (port, who, id) = (portal.port(), portal.who(), segment(id));
    let run = Run::read(&port.get(who, &format!("/actions/runs/{id}?version=v2")).await?["run"]);
    let log = all_lines(portal, &id).await?;
    let changes = Change::list(&port.get(who, &format!("/audit-log?run_id={id}")).await?);
    let path = format!("/actions/runs/{id}/approvers?include_pending_approvers=true");
    let approvers = Approver::list(&port.get(who, &path).await?);
    let may_decide = approvers.iter().any(|person| person.is_asked() && person.id == who.port_user_id);
    let titles = input_titles(portal, &run.action_identifier).await?;
    Ok(page::page(&page::Shown {
        run: &run,
        titles: &titles,
        log: &log,
        approvers: &approvers,
        may_decide,
        changes: &changes,
        job: job(portal, &run.id).as_ref(),
        now: portal.sandbox().clock.now(),
    }))
}

/// Returns what the form of an action calls its inputs, by their keys. An action that is gone, or that whoever looks may
/// not read, calls them nothing.
async fn input_titles(portal: &Portal, action: &str) -> Result<BTreeMap<String, String>, Refused> {
    match portal.port().get(portal.who(), &format!("/actions/{}", segment(action))).await {
        Ok(answer) => {
            let form = Form::read(&answer["action"], |_, _| Vec::new());
            Ok(form.fields.into_iter().map(|field| (field.key, field.title)).collect())
        }
        Err(Refused { status: 403 | 404, .. }) => Ok(BTreeMap::new()),
        Err(refused) => Err(refused),
    }
}

/// Returns the whole log. Port gives fifty lines at a time.
async fn all_lines(portal: &Portal, id: &str) -> Result<Vec<LogLine>, Refused> {
    const PAGE: usize = 50;
    let mut lines = Vec::new();
    loop {
        let path = format!("/actions/runs/{id}/logs?limit={PAGE}&offset={}", lines.len());
        let more = LogLine::list(&portal.port().get(portal.who(), &path).await?);
        let is_last = more.len() < PAGE;
        lines.extend(more);
        if is_last {
            return Ok(lines);
        }
    }
}

/// Returns the job that a run has started in GitHub.
fn job(portal: &Portal, run: &str) -> Option<Job> {
    let sandbox = portal.sandbox();
    let started = sandbox.port.runs().into_iter().find(|known| known["id"] == run)?["workflowRunId"].as_u64()?;
    let repositories = sandbox.github.repository_names().into_iter();
    repositories.filter_map(|repository| sandbox.github.run(&repository, started)).map(|run| Job::of(&run)).next()
}
