//! One step of a job: whether it runs, with what, and what it left behind.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::super::github::{Conclusion, StepRecord};
use super::expression::{condition, interpolate};
use super::file_commands;
use super::job::{Job, minutes};
use super::plan::Step;
use super::process::{self, Ending, Script};

/// How long steps with `always()` or `cancelled()` may still run after a cancellation.
const AFTER_CANCELLATION: Duration = Duration::from_secs(300);

/// The files of one step: variable that names it, and file name.
const STEP_FILES: [(&str, &str); 4] =
    [("GITHUB_OUTPUT", "output"), ("GITHUB_ENV", "env"), ("GITHUB_PATH", "path"), ("GITHUB_STEP_SUMMARY", "summary")];

impl Job<'_> {
    /// Runs one step, or skips it.
    pub(super) async fn step(&mut self, number: usize, step: &Step) -> StepRecord {
        let mut record = StepRecord {
            name: step.name.clone(),
            conclusion: Conclusion::Skipped,
            exit_code: None,
            log: String::new(),
            summary: String::new(),
            outputs: BTreeMap::new(),
        };
        let outcome = self.try_step(number, step, &mut record).await;
        if let Err(message) = outcome {
            record.conclusion = Conclusion::Failure;
            record.log.push_str(&self.masks.hide(&format!("Error: {message}\n")));
            self.conclude(Conclusion::Failure, Some(message));
        }
        if let (Some(id), Some(steps)) = (&step.id, self.contexts.get_mut("steps")) {
            let outcome = record.conclusion.as_str();
            steps[id] = json!({ "outputs": record.outputs, "outcome": outcome, "conclusion": outcome });
        }
        record
    }

    async fn try_step(&mut self, number: usize, step: &Step, record: &mut StepRecord) -> Result<(), String> {
        if !self.wanted(step)? {
            return Ok(());
        }
        record.name = interpolate(&step.name, &self.contexts)?;
        let own = self.evaluated(&step.variables)?;
        let folder = format!("step-{number}");
        let trouble = |error: std::io::Error| format!("the runner cannot prepare the step: {error}");
        let place = self.workspace.path(&folder);
        std::fs::create_dir(&place).map_err(trouble)?;
        for (_, file) in STEP_FILES {
            std::fs::write(place.join(file), "").map_err(trouble)?;
        }
        let text = interpolate(&step.script, &self.contexts)?;
        let file = self.workspace.write(&format!("{folder}/script.sh"), text.as_bytes()).map_err(trouble)?;
        let limit = step.timeout_minutes.map(|limit| Instant::now() + minutes(limit));
        let mut directory = self.workspace.path("work");
        if let Some(below) = &step.directory {
            directory.push(interpolate(below, &self.contexts)?);
        }
        let script = Script {
            file,
            strict: step.strict,
            environment: self.environment(own, &place),
            directory,
            log: place.join("log"),
            deadline: limit.map_or(self.deadline, |limit| limit.min(self.deadline)),
        };
        // After a cancellation the remaining steps have their own deadline.
        let cancelled = || self.conclusion != Conclusion::Cancelled && self.github.cancel_requested(&self.context.run);
        let ending = process::run(&script, cancelled).await.map_err(trouble)?;
        record.log = self.masks.log(&read(&script.log));
        record.summary = self.masks.hide(&read(&place.join("summary")));
        let by_step = limit.is_some_and(|limit| limit <= self.deadline);
        self.end(step, ending, by_step, record);
        self.take_file_commands(&place, record)
    }

    fn wanted(&self, step: &Step) -> Result<bool, String> {
        let Some(text) = &step.condition else { return condition("success()", &self.contexts) };
        let asks_status = ["success(", "failure(", "always(", "cancelled("].iter().any(|call| text.contains(call));
        // A condition that says nothing about the status means "and nothing failed".
        Ok(condition(text, &self.contexts)? && (asks_status || condition("success()", &self.contexts)?))
    }

    fn environment(&self, own: BTreeMap<String, String>, place: &Path) -> BTreeMap<String, OsString> {
        let mut environment = self.machine.clone();
        for (name, value) in self.contexts["env"].as_object().into_iter().flatten() {
            environment.insert(name.clone(), value.as_str().unwrap_or_default().into());
        }
        environment.extend(own.into_iter().map(|(name, value)| (name, value.into())));
        environment.extend(self.defaults.clone());
        for (name, file) in STEP_FILES {
            environment.insert(name.to_owned(), place.join(file).into_os_string());
        }
        environment
    }

    fn end(&mut self, step: &Step, ending: Ending, by_step: bool, record: &mut StepRecord) {
        let (conclusion, message) = match ending {
            Ending::Exited(Some(0)) => (Conclusion::Success, None),
            Ending::Exited(code) => {
                record.exit_code = code;
                (Conclusion::Failure, None)
            }
            Ending::TimedOut if by_step => {
                (Conclusion::Failure, Some(format!("The step '{}' has timed out.", record.name)))
            }
            Ending::TimedOut => {
                (Conclusion::Cancelled, Some("The job has exceeded the maximum execution time.".to_owned()))
            }
            Ending::Cancelled => (Conclusion::Cancelled, Some("The operation was canceled.".to_owned())),
        };
        record.conclusion = conclusion;
        if let Some(message) = &message {
            record.log.push_str(&format!("Error: {message}\n"));
        }
        match conclusion {
            Conclusion::Success => record.exit_code = Some(0),
            Conclusion::Failure if step.continue_on_error => {}
            Conclusion::Cancelled => {
                self.deadline = Instant::now() + AFTER_CANCELLATION;
                self.conclude(conclusion, message);
            }
            _ => self.conclude(conclusion, message),
        }
    }

    /// Takes over outputs and variables that the step wrote into its files.
    fn take_file_commands(&mut self, place: &Path, record: &mut StepRecord) -> Result<(), String> {
        let parse = |file: &str| {
            let parsed = file_commands::parse(&read(&place.join(file)));
            parsed.map_err(|problem| format!("Unable to process file command '{file}' successfully. {problem}"))
        };
        record.outputs = parse("output")?;
        let variables = parse("env")?;
        if let Some(name) = variables.keys().find(|name| name.starts_with("GITHUB_") || name.starts_with("RUNNER_")) {
            return Err(format!("Unable to process file command 'env' successfully. {name} cannot be set"));
        }
        self.add_to_env(variables);
        let added = read(&place.join("path"));
        if let Some(path) = self.defaults.get_mut("PATH") {
            for folder in added.lines().filter(|line| !line.is_empty()) {
                let mut longer = OsString::from(folder);
                longer.push(":");
                longer.push(&*path);
                *path = longer;
            }
        }
        Ok(())
    }
}

/// Returns a file's text, empty when it is not there: a step may remove its files.
fn read(path: &Path) -> String {
    std::fs::read(path).map(|content| String::from_utf8_lossy(&content).into_owned()).unwrap_or_default()
}
