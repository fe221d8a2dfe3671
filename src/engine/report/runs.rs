//! Reads the runs that came to nothing, with their logs and who declined them, and those that are not over.

use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::{AT_ONCE, Gathering, PORT_NOT_LOOKED_AT};
use crate::clients::error::ApiError;
use crate::clients::port::{MOST_RUNS, Port};
use crate::domain::catalog::{Approval, Run, User};
use crate::domain::report::{Declined, RunSeen, RunsSeen};

/// How many logs are read, of the newest runs that came to nothing.
const MOST_LOGS: usize = 200;

impl Gathering<'_> {
    pub(super) async fn runs(&self) -> Result<RunsSeen, String> {
        let Some(port) = self.looking.port else { return Err(PORT_NOT_LOOKED_AT.to_owned()) };
        let names = self.looking.names;
        let actions = names.granting_actions().into_iter().chain(names.revoking_actions());
        let listing = actions.map(async |action| Ok::<_, ApiError>((action, port.runs_of(action).await?)));
        let (listed, users) = join(stream::iter(listing).buffered(AT_ONCE).try_collect::<Vec<_>>(), port.users()).await;
        let listed = listed.map_err(|error| error.to_string())?;
        let mut seen = RunsSeen::default();
        let (mut runs, mut open): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
        for (action, of_action) in listed {
            let is_older = |run: &Run| run.created_at.is_some_and(|at| at < self.since);
            if of_action.len() >= MOST_RUNS {
                let missing = if of_action.iter().any(is_older) {
                    "what is not over and began before them is missing"
                } else {
                    "older ones are missing"
                };
                seen.gaps.push(format!("Port tells the newest {MOST_RUNS} runs of {action} alone: {missing}"));
            }
            let (of_open, over): (Vec<Run>, Vec<Run>) = of_action.into_iter().partition(is_open);
            open.extend(of_open);
            runs.extend(over.into_iter().filter(|run| !run.is_successful() && !is_older(run)));
        }
        for runs in [&mut runs, &mut open] {
            runs.sort_by_key(|run| std::cmp::Reverse(run.created_at));
        }
        if runs.len() > MOST_LOGS {
            seen.gaps.push(format!("why it was is read of the newest {MOST_LOGS} of {} runs", runs.len()));
        }
        if let Err(error) = &users {
            seen.gaps.push(format!("who asked is told as Port's user id: {error}"));
        }
        let users = users.unwrap_or_default();
        let asked_by = |run: &Run| run.created_by.as_ref().and_then(|id| email(&users, id));
        let reading = runs.into_iter().enumerate().map(async |(index, run)| {
            let is_read = index < MOST_LOGS;
            let declined = declined(port, &run, &users, is_read).await;
            // One that cannot be read is told by its run.
            let log = if is_read { port.logs(&run.id, 0).await.ok() } else { None };
            RunSeen { asked_by: asked_by(&run), run, log, declined }
        });
        let unread = |run: Run| RunSeen { asked_by: asked_by(&run), run, log: None, declined: Ok(Vec::new()) };
        seen.open = open.into_iter().map(unread).collect();
        seen.runs = stream::iter(reading).buffered(AT_ONCE).collect().await;
        Ok(seen)
    }
}

fn is_open(run: &Run) -> bool {
    run.is_in_progress() || run.is_waiting()
}

fn email(users: &[User], id: &str) -> Option<String> {
    users.iter().find(|user| user.id == id).map(|user| user.email.clone())
}

/// Returns who declined a run, and why; nobody of one that ended otherwise.
async fn declined(port: &Port, run: &Run, users: &[User], is_read: bool) -> Result<Vec<Declined>, String> {
    if !run.is_declined() {
        return Ok(Vec::new());
    }
    if !is_read {
        return Err("it was not read".to_owned());
    }
    let approvals = port.approvals(&run.id).await.map_err(|error| error.to_string())?;
    let no = approvals.into_iter().filter(Approval::is_declined);
    let said = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    Ok(no
        .map(|no| Declined { by: email(users, &no.user_id).unwrap_or(no.user_id), why: no.said.and_then(said) })
        .collect())
}
