//! The three outside systems, one client each: Port, GitHub, AWS.

mod answered;
pub mod aws;
pub mod github;
pub mod http;
mod pace;
pub mod patience;
pub mod port;
pub mod retry;
pub mod webhook;

// It stands below the clients: how a command fails, and so how the world stops one, knows it without knowing them.
pub use crate::api_error as error;
