//! Temporary AWS permissions through Port.

pub mod assets;
pub mod domain;
#[cfg(feature = "sandbox")]
pub mod sandbox;
