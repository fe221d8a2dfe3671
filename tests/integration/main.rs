//! Whole commands against the sandbox: `port_iam::run` with real HTTP, and nothing of this process showing through.

#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod faults;
mod grant;
mod harness;
mod init;
mod installed;
mod prefix;
mod revoke;
mod seed;
