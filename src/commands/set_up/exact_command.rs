//! The command that does exactly what some arguments say, for whoever copies it.

use std::path::Path;

use super::SetUpArgs;
use crate::config::port::PortSettings;
use crate::config::variables::{
    PORT_CLIENT_ID, PORT_CLIENT_SECRET, PORT_IAM_MANAGER_ACCESS_KEY_ID, PORT_IAM_MANAGER_SECRET_ACCESS_KEY,
    PORT_IAM_WORKFLOW_PORT_CLIENT_ID, PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET,
};
use crate::domain::own_command::{Invocation, shell_word};
use crate::domain::setup::System;
use crate::world::World;

/// What a command of `init` says beyond the installation.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::commands) struct Further<'a> {
    /// The account that is added.
    pub(in crate::commands) add_account: Option<&'a str>,
    /// The folder that what is wanted is written to.
    pub(in crate::commands) emit: Option<&'a Path>,
    /// Whether it is done without asking.
    pub(in crate::commands) yes: bool,
}

/// Returns the command of `init` that does what these arguments say, as a shell takes it.
pub(in crate::commands) fn exact_command(invocation: &Invocation, args: &SetUpArgs, further: Further<'_>) -> String {
    let Further { add_account, emit, yes } = further;
    let only = args.only_words();
    let emit = emit.map(|folder| folder.display().to_string());
    let values = [
        ("--add-account", add_account),
        ("--only", only.as_deref()),
        ("--aws-profile", args.aws_profile.as_deref()),
        ("--emit", emit.as_deref()),
    ];
    let values = values.into_iter().filter_map(|(flag, value)| Some((flag, value?)));
    let profiles = args.profiles.profiles.iter().map(|profile| ("--account-profile", profile.as_str()));
    let switches = [
        ("--aws-setup", args.aws_setup),
        ("--adopt", args.adopt),
        ("--force", args.force),
        ("--upgrade", args.upgrade),
        ("--downgrade", args.downgrade),
        ("--rotate-secrets", args.rotate_secrets),
        ("--writers-are-admins", args.writers_are_admins),
        ("--yes", yes),
    ];
    let mut words = vec!["init".to_owned()];
    words.extend(values.chain(profiles).map(|(flag, value)| format!("{flag} {}", shell_word(value))));
    words.extend(switches.iter().filter(|(_, is_set)| *is_set).map(|(flag, _)| (*flag).to_owned()));
    invocation.command(&words.join(" "))
}

/// Returns the variables that the command needs for what was typed in here instead; secrets are no part of a command.
/// `secrets` are the names of those that were set, and `has_pair` tells whether the workflows' own Port credentials were
/// typed in.
pub(in crate::commands) fn variables(
    world: &World,
    args: &SetUpArgs,
    secrets: &[&str],
    has_pair: bool,
) -> Vec<&'static str> {
    let mut typed = Vec::new();
    if args.share().contains(System::Port) && matches!(PortSettings::find(world), Ok(None)) {
        typed.extend([PORT_CLIENT_ID, PORT_CLIENT_SECRET]);
    }
    if has_pair {
        typed.extend([PORT_IAM_WORKFLOW_PORT_CLIENT_ID, PORT_IAM_WORKFLOW_PORT_CLIENT_SECRET]);
    }
    if secrets.contains(&"AWS_ACCESS_KEY_ID") {
        typed.extend([PORT_IAM_MANAGER_ACCESS_KEY_ID, PORT_IAM_MANAGER_SECRET_ACCESS_KEY]);
    }
    typed.retain(|name| world.variable(name).is_none());
    typed
}
