//! Asks a person for more resources and permissions, until an empty line.

use crate::domain::seed::{Entry, Facts, Kind, Place, Placed, Types, check};
use crate::failure::{Failure, FailureKind};
use crate::world::World;

/// Asks for entries and adds them to those that are there. What is wrong is told at once and asked anew.
///
/// # Errors
///
/// Fails when the terminal does.
pub(super) fn ask(world: &World, facts: &Facts, entries: &mut Vec<Entry>) -> Result<(), Failure> {
    for kind in Kind::ALL {
        let question = match kind {
            Kind::Resource => "ARN of another resource (empty: no more)",
            Kind::Permission => "Another IAM action, such as s3:GetObject (empty: no more)",
        };
        while let Some(identifier) = answer(world, question)? {
            let mut entry = Entry { kind, identifier, title: None, resource_type: None, account: None };
            let without_types =
                Facts { resource_types: Types::Unknown, permission_types: Types::Unknown, ..facts.clone() };
            if !is_good(world, entries, &entry, &without_types) {
                continue;
            }
            entry.title = answer(world, "Title (empty: none)")?;
            entry.resource_type = resource_type(world, facts, &entry)?;
            if is_good(world, entries, &entry, facts) {
                entries.push(entry);
            }
        }
    }
    Ok(())
}

fn resource_type(world: &World, facts: &Facts, entry: &Entry) -> Result<Option<Placed>, Failure> {
    match facts.default_type(entry.kind, &entry.identifier.text) {
        Some(default) => answer(world, &format!("Resource type (empty: {default})")),
        None => answer(world, "Resource type"),
    }
}

fn answer(world: &World, question: &str) -> Result<Option<Placed>, Failure> {
    let text = world.terminal.optional_text(question).map_err(failure)?;
    Ok(text.map(|text| Placed { text: text.trim().to_owned(), place: Place::Answer }))
}

/// Tells what is wrong with one more entry, and returns whether nothing is.
fn is_good(world: &World, entries: &[Entry], entry: &Entry, facts: &Facts) -> bool {
    let mut all = entries.to_vec();
    all.push(entry.clone());
    let mistakes = check(&all, facts).mistakes;
    let mine: Vec<_> = mistakes.iter().filter(|mistake| mistake.place == Place::Answer).collect();
    for mistake in &mine {
        world.stderr.write(&format!("{mistake}\n"));
    }
    mine.is_empty()
}

/// Returns the failure of a terminal: an interrupt, or that nobody could be asked.
pub(super) fn failure(error: std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::Interrupted {
        return Failure::new(FailureKind::Interrupted, "stopped at the question; nothing was written");
    }
    Failure::usage(format!("nobody could be asked: {error}")).hint("pass --yes")
}
