//! Follows a Port run to its end.

use std::time::Duration;

use crate::clients::port::Port;
use crate::domain::catalog::Run;
use crate::domain::refusal::quoted;
use crate::domain::step_summary::ToldNotDone;
use crate::failure::{Failure, FailureKind};
use crate::world::World;

/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(500);

/// A run that ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// The run.
    pub run_id: String,
    /// Its log.
    pub lines: Vec<String>,
}

/// Follows a run until it ends, telling each line of its log as it comes.
///
/// # Errors
///
/// Fails when the run does, when it waits for an approval or is not over after `timeout` seconds, and when Port
/// cannot be asked.
pub async fn follow(
    port: &Port,
    world: &World,
    run_id: &str,
    timeout: u64,
    tell: &(dyn Fn(&str) + Sync),
) -> Result<Followed, Failure> {
    let mut lines: Vec<String> = Vec::new();
    let looks = (Duration::from_secs(timeout).as_millis() / PAUSE.as_millis()).max(1);
    let mut told_waiting = false;
    for look in 0..looks {
        let run = port.run(run_id).await?;
        let Some(run) = run else { return Err(Failure::failed(format!("Port has forgotten the run {run_id}"))) };
        let is_over = !run.is_in_progress() && !run.is_waiting();
        let mut news = port.logs(run_id, lines.len()).await?;
        // The last word on a run that went wrong becomes the failure's own sentence.
        let last_word = if is_over && !run.is_successful() { news.pop() } else { None };
        let last_word = last_word.filter(|word| !word.trim().is_empty());
        for line in news {
            tell(&line);
            lines.push(line);
        }
        if run.is_successful() {
            return Ok(Followed { run_id: run_id.to_owned(), lines });
        }
        if is_over {
            return Err(ended_badly(&run, last_word));
        }
        if run.is_waiting() && !told_waiting {
            tell("Waiting for an approval in Port");
            told_waiting = true;
        }
        if look + 1 < looks {
            world.sleep(PAUSE).await;
        }
    }
    Err(Failure::new(FailureKind::ChangesPending, format!("run {run_id} is not over after {timeout} seconds"))
        .hint("look at the run in Port, and at the workflow in GitHub; in a sandbox, start it with --run-workflows"))
}

/// A run that was refused is told by the label that the workflow's runtime gives it.
fn ended_badly(run: &Run, last_word: Option<String>) -> Failure {
    let refused = FailureKind::Refused.heading();
    let kind = if run.status_label.as_deref() == Some(refused) { FailureKind::Refused } else { FailureKind::Failed };
    let word = last_word.unwrap_or_else(|| format!("it ended as {}", quoted(&run.status)));
    // The reason is the failure's sentence, and its kind is told by the failure itself.
    let (why, remedies) = ToldNotDone::parse(&word).map_or((word, Vec::new()), |told| (told.why, told.remedies));
    let failure = Failure::new(kind, format!("run {}: {why}", run.id));
    remedies
        .into_iter()
        .fold(failure, |failure, remedy| failure.hint(remedy))
        .hint("Port shows the run's log, GitHub the workflow's")
}
