//! The writing of what differs: many entities a request, and as many requests at once as Port lets us.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use serde_json::Value;

use super::{INIT_FIRST, Outcome, Progress, Seeding, Trouble};
use crate::clients::error::{ApiError, ApiErrorKind};
use crate::clients::port::{MOST_AT_ONCE, Upsert};
use crate::domain::seed::{Kind, Step};
use crate::failure::Failure;
use crate::stop::BEGUN_WITHIN;

/// What became of one request: of each of its entities, or of all together. A signal is a failure of its own.
type Became = Result<Result<Vec<Result<(), ApiError>>, ApiError>, Failure>;

impl Seeding<'_> {
    /// Writes `steps` and returns what became of each, in their order.
    ///
    /// It goes on after entities that Port refuses, and stops when Port refuses everything or cannot be asked. After a
    /// signal no further request is begun, and those at work have a bounded time to end.
    pub async fn write(&self, steps: &[&Step]) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = vec![Outcome::NotTried; steps.len()];
        let mut stopped: Option<Trouble> = None;
        let mut done = 0;
        for kind in Kind::ALL {
            let places: Vec<usize> = (0..steps.len()).filter(|&place| steps[place].entity.kind == kind).collect();
            let mut portions = places.chunks(MOST_AT_ONCE);
            let mut under_way = FuturesUnordered::new();
            loop {
                while stopped.is_none() && self.stop.asked().is_none() && under_way.len() < self.port.bulk_width() {
                    let Some(places) = portions.next() else { break };
                    under_way.push(self.write_portion(kind, places, steps));
                }
                let Some((places, became)) = under_way.next().await else { break };
                let trouble = note(&mut outcomes, places, became);
                stopped = stopped.or(trouble);
                done += places.len();
                (self.progress)(Progress { done, all: steps.len() });
            }
            if let Some(trouble) = &stopped {
                for &place in portions.flatten() {
                    outcomes[place] = Outcome::Failed(not_tried(trouble));
                }
            }
        }
        outcomes
    }

    async fn write_portion<'a>(&self, kind: Kind, places: &'a [usize], steps: &[&Step]) -> (&'a [usize], Became) {
        let bodies: Vec<Value> = places.iter().map(|&place| steps[place].body()).collect();
        let writing = async { Ok(self.write_some(kind, &bodies).await) };
        (places, self.stop.within(BEGUN_WITHIN, writing).await)
    }

    async fn write_some(&self, kind: Kind, bodies: &[Value]) -> Result<Vec<Result<(), ApiError>>, ApiError> {
        let blueprint = kind.blueprint(self.names);
        match bodies {
            [body] => self.port.upsert_entity(blueprint, body, Upsert { run_id: None }).await.map(|()| vec![Ok(())]),
            _ => self.port.upsert_entities(blueprint, bodies).await,
        }
    }
}

/// Notes what became of a request, and returns why no further one is sent, if none is.
fn note(outcomes: &mut [Outcome], places: &[usize], became: Became) -> Option<Trouble> {
    match became {
        Ok(Ok(results)) => {
            for (&place, result) in places.iter().zip(results) {
                outcomes[place] = result.map_or_else(|error| Outcome::Failed(trouble(&error)), |()| Outcome::Written);
            }
            None
        }
        Err(failure) => {
            let message = format!("{failure} before Port had answered");
            for &place in places {
                outcomes[place] = Outcome::Failed(Trouble { message: message.clone(), hint: None });
            }
            None
        }
        Ok(Err(error)) => {
            for &place in places {
                outcomes[place] = Outcome::Failed(trouble(&error));
            }
            concerns_all(error.kind).then(|| trouble(&error))
        }
    }
}

/// Returns whether the next request would fare the same.
fn concerns_all(kind: ApiErrorKind) -> bool {
    !matches!(kind, ApiErrorKind::Invalid | ApiErrorKind::LimitExceeded | ApiErrorKind::Undecodable)
}

fn trouble(error: &ApiError) -> Trouble {
    let missing = matches!(error.kind, ApiErrorKind::NotFound | ApiErrorKind::Conflict);
    let hint = if missing { Some(INIT_FIRST.to_owned()) } else { error.hint() };
    Trouble { message: error.to_string(), hint }
}

fn not_tried(after: &Trouble) -> Trouble {
    Trouble { message: format!("not tried, since a request before it failed: {}", after.message), hint: None }
}
