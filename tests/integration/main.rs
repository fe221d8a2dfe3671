//! Whole commands against the sandbox: `port_iam::run` with real HTTP, and nothing of this process showing through.

#![cfg(feature = "sandbox")]
#![expect(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod accounts;
mod act;
mod act_runner;
mod audit;
mod aws;
mod aws_profile;
mod bad_input;
mod bad_usage;
mod benchmark;
mod break_glass;
mod canary;
mod contracts;
mod counterparts;
mod credentials;
mod crowd;
mod doctor;
mod documents;
mod extend;
mod forged;
mod grant;
mod harness;
mod in_the_way;
mod init;
mod installed;
mod layers;
mod life;
mod list;
mod live_installation;
mod lost_run;
mod matrix;
mod metadata_service;
mod model;
mod moto;
mod moto_server;
mod no_installation;
mod ocean;
mod oidc;
mod open_grants;
mod other_tools;
mod patience;
mod people;
mod policy;
mod policy_oracle;
mod portal;
mod prefix;
mod quota;
mod read_back;
mod real_names;
mod recorded_demo;
mod reference;
mod release;
mod repeats;
mod report;
mod returning;
mod revoke;
mod revoke_at_once;
mod revoke_by_hand;
mod rotate;
mod round_trips;
mod seed;
mod shell;
mod signals;
mod split;
mod split_faults;
mod step_summary;
mod sweep;
mod token_rights;
mod trust;
mod uninstall;
mod workflows;

// The body of a fuzz target names them from the root of its own crate.
use port_iam::{clients, domain};
