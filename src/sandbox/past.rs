//! What the three systems were like at some moment, for answers that lag behind.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use axum::Router;

use super::request_log::Api;

/// Makes a system as it was, anew each time, so that nothing that is asked of it lasts.
pub(super) type AsItWas = Box<dyn Fn() -> Router + Send>;

/// The remembered systems; none before something was remembered.
#[derive(Default)]
pub(crate) struct Past {
    systems: Mutex<Vec<(Api, AsItWas)>>,
}

impl Past {
    pub(super) fn remember(&self, systems: Vec<(Api, AsItWas)>) {
        *self.systems.lock().unwrap_or_else(PoisonError::into_inner) = systems;
    }

    /// Returns the router of a system as it was.
    pub(super) fn router(&self, api: Api) -> Option<Router> {
        let systems = self.systems.lock().unwrap_or_else(PoisonError::into_inner);
        systems.iter().find(|(known, _)| *known == api).map(|(_, as_it_was)| as_it_was())
    }
}

impl fmt::Debug for Past {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Past").finish_non_exhaustive()
    }
}
