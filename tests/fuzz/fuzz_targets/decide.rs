//! Whatever the event, Port's answers and the reviewed files hold: no panic, no hang, and no grant that they do not bear
//! out. `decide/` holds the body, which `cargo test` runs too.

#![no_main]

#[path = "decide/mod.rs"]
mod body;
#[path = "../../../src/clients/port/decoding.rs"]
mod decoding;
#[allow(dead_code, unused_imports, missing_docs)]
#[path = "../../../src/domain/mod.rs"]
mod domain;
#[path = "decide/mutation.rs"]
mod mutation;

/// Of the clients the one file that knows the shapes of Port's answers.
mod clients {
    pub mod port {
        pub(crate) use crate::decoding;
    }
}

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

/// What one request may take. Counting coverage makes it about ten times slower; `scripts/fuzz` replays what was found
/// without it.
const TIME_BOX: Duration = Duration::from_millis(if cfg!(fuzzing) { 1_000 } else { 100 });

static GRANTED: AtomicU64 = AtomicU64::new(0);

fuzz_target!(|bytes: &[u8]| {
    if bytes.len() > body::LONGEST_INPUT {
        return;
    }
    let before = body::slowest();
    let outcome = body::check(&String::from_utf8_lossy(bytes), TIME_BOX);
    if body::slowest() > before {
        eprintln!("SLOWEST {} us", body::slowest().as_micros());
    }
    if matches!(outcome.decided, Some(Ok(_))) {
        let granted = GRANTED.fetch_add(1, Ordering::Relaxed) + 1;
        if granted.is_power_of_two() {
            eprintln!("GRANTED {granted}");
        }
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, longest: usize, seed: u32| {
    mutation::mutate(data, size, longest, seed)
});
