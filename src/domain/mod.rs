//! Decisions, as pure functions of values: no clock, no environment, no files, no network.

pub mod evaluation;
pub mod names;
