//! Whole commands against the sandbox: `port_iam::run` with real HTTP, and nothing of this process showing through.

#![cfg(feature = "sandbox")]

mod harness;
mod init;
mod seed;
