//! Temporary AWS permissions through Port.

pub mod assets;
pub mod clients;
pub mod config;
pub mod domain;
pub mod engine;
pub mod failure;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod ui;
pub mod world;
