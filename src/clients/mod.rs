//! The three outside systems, one client each: Port, GitHub, AWS.

pub mod aws;
pub mod error;

pub mod github;
pub mod http;
mod pace;
pub mod port;
pub mod retry;
pub mod webhook;
