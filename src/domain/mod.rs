//! Decisions, as pure functions of values: no clock, no environment, no files, no network.

pub mod adoption;
pub mod arn;
pub mod boundary;
pub mod catalog;
pub mod decision;
pub mod duration;
pub mod evaluation;
mod glob;
pub mod grant;
pub mod identifier;
pub mod names;
pub mod policy;
pub mod reference;
pub mod refusal;
pub mod rehearsal;
pub mod request;
pub mod resource_types;
pub mod revocation;
pub mod rules;
pub mod security;
pub mod seed;
pub mod setup;
pub mod template;
pub mod time;
pub mod trust;
pub mod verification;
