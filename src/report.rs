//! What a command came to: for people as text, for machines as JSON of version 1.

use serde_json::{Value, json};

use crate::cli::Output;
use crate::failure::Failure;
use crate::world::World;

/// The result of a command that did not fail.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// For people; printed as it is.
    pub text: String,
    /// For machines; the field `version` is added.
    pub json: Value,
    /// Exit code: 0, or 3 when changes are pending.
    pub exit_code: u8,
}

impl Report {
    /// Creates the report of something that is done.
    pub fn done(text: impl Into<String>, json: Value) -> Self {
        Self { text: text.into(), json, exit_code: 0 }
    }

    /// Returns the same report with another exit code.
    #[must_use]
    pub fn with_exit_code(mut self, exit_code: u8) -> Self {
        self.exit_code = exit_code;
        self
    }

    /// Prints the report on standard output.
    pub fn print(&self, world: &World, output: Output) {
        match output {
            Output::Text if self.text.is_empty() => {}
            Output::Text => world.stdout.write(&format!("{}\n", self.text.trim_end())),
            Output::Json => world.stdout.write(&format!("{:#}\n", versioned(&self.json))),
        }
    }
}

/// Prints a failure for machines; people read it on standard error.
pub fn print_failure(world: &World, output: Output, failure: &Failure) {
    if output == Output::Json {
        let refusal = failure.refusal.as_ref();
        let error = json!({ "error": {
            "kind": failure.kind.heading(),
            "exit_code": failure.kind.exit_code(),
            "message": failure.message,
            "hints": failure.hints,
            "code": refusal.map(|refusal| refusal.code),
            "field": refusal.map(|refusal| refusal.field),
        }});
        world.stdout.write(&format!("{:#}\n", versioned(&error)));
    }
}

fn versioned(json: &Value) -> Value {
    let mut all = json!({ "version": 1 });
    if let (Some(all), Some(fields)) = (all.as_object_mut(), json.as_object()) {
        all.extend(fields.clone());
    }
    all
}
