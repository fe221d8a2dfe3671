//! Port, GitHub and AWS on loopback: the other end of the wire for `demo`, for trying commands by hand and for the
//! tests.
//!
//! Each emulator keeps one model of its system's state with an axum router over it, in a thread of its own.
//! It is a test bed and no product: nothing is kept, and nothing but 127.0.0.1 is listened on. A request that names another
//! host, or that a page of somebody else sends, is refused; where workflows are run, the secrets are of this start alone.
//! It knows no client of ours, so that the contract it keeps is the vendors' and not our reading of it.

mod addressee;
pub mod aws;
pub mod cast;
pub mod clock;
pub mod fault;
pub mod gh;
pub mod github;
pub mod inventory;
pub mod issuer;
pub mod keys;
pub mod nth_request;
mod past;
mod pattern;
pub mod port;
pub mod request_log;
pub mod runner;
mod secrets;
mod start;
pub mod wire;

pub use secrets::Secrets;
pub use start::{Options, Sandbox};
