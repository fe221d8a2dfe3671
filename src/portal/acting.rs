//! In whose name the portal acts: whoever would be logged in to Port.

use std::sync::{Mutex, PoisonError};

use crate::sandbox::cast::{self, Person};

/// Who can be chosen: the developer first, then who approves and administers, then somebody beside.
pub(super) const PEOPLE: [(Person, &str); 3] =
    [(cast::DANA, "developer"), (cast::ADA, "administrator, approver"), (cast::MAX, "another developer")];

/// Who acts now.
#[derive(Debug)]
pub(super) struct Acting(Mutex<Person>);

impl Default for Acting {
    fn default() -> Self {
        Self(Mutex::new(cast::DANA))
    }
}

impl Acting {
    pub(super) fn now(&self) -> Person {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets somebody else act. Whoever cannot be chosen changes nothing.
    pub(super) fn become_person(&self, email: &str) {
        if let Some((person, _)) = PEOPLE.into_iter().find(|(person, _)| person.email == email) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = person;
        }
    }
}
