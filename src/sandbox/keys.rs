//! The secrets that open the sandbox's Port and GitHub: published where nothing is run, drawn at each start where
//! workflows are.
//!
//! A workflow is a script that runs as whoever started the sandbox. Whoever may commit and dispatch one may therefore do
//! on this machine what that user may, and the secrets of `cast` stand in a public repository.

use std::fmt;

use sha2::{Digest as _, Sha256};

use super::cast::{self, Person};

/// What opens one sandbox.
#[derive(Clone, Default)]
pub struct Keys {
    /// What the secrets are derived from; none leaves those that are published.
    seed: Option<[u8; 32]>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").field("drawn", &self.seed.is_some()).finish()
    }
}

impl Keys {
    /// Returns keys that nobody knows but whoever is told.
    ///
    /// # Errors
    ///
    /// Fails when the machine has no randomness.
    pub fn drawn() -> std::io::Result<Self> {
        Ok(Self { seed: Some(random()?) })
    }

    /// Returns the secret of a person's client of Port.
    pub fn port_client_secret(&self, person: &Person) -> String {
        self.instead_of(person.port_client_secret)
    }

    /// Returns a person's GitHub token.
    pub fn github_token(&self, person: &Person) -> String {
        self.instead_of(person.github_token)
    }

    /// Returns the secret of the workflows' client of Port.
    pub fn workflow_port_client_secret(&self) -> String {
        self.instead_of(cast::WORKFLOW_PORT_CLIENT_SECRET)
    }

    /// Returns the token with which Port's GitHub app calls GitHub.
    pub fn port_app_token(&self) -> String {
        self.instead_of(cast::PORT_APP_TOKEN)
    }

    /// Returns all of them.
    pub(super) fn all(&self) -> Vec<String> {
        let of_people =
            cast::port_users().flat_map(|person| [self.port_client_secret(&person), self.github_token(&person)]);
        of_people.chain([self.workflow_port_client_secret(), self.port_app_token()]).collect()
    }

    fn instead_of(&self, published: &str) -> String {
        let Some(seed) = self.seed else { return published.to_owned() };
        let drawn = hexadecimal(&Sha256::new().chain_update(seed).chain_update(published).finalize());
        match published.split_once('_') {
            // GitHub's tokens have a kind in front of 36 characters.
            Some((kind @ ("ghp" | "ghs"), _)) => format!("{kind}_{}", &drawn[..36]),
            _ => drawn,
        }
    }
}

/// Returns a credential of one job: `kind` and 36 characters that nobody can guess.
///
/// # Errors
///
/// Fails when the machine has no randomness.
pub(super) fn job_credential(kind: &str) -> std::io::Result<String> {
    Ok(format!("{kind}_{}", &hexadecimal(&random()?)[..36]))
}

fn random() -> std::io::Result<[u8; 32]> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawn_keys_are_those_of_no_other_start_and_none_that_is_published() {
        let (one, other, published) =
            (Keys::drawn().unwrap().all(), Keys::drawn().unwrap().all(), Keys::default().all());
        for secret in &one {
            assert!(!other.contains(secret) && !published.contains(secret), "{secret}");
        }
        let mut distinct = one.clone();
        distinct.sort();
        distinct.dedup();
        assert_eq!(distinct.len(), one.len());
        assert_eq!(format!("{:?}", Keys::drawn().unwrap()), "Keys { drawn: true }");
    }

    #[test]
    fn a_drawn_token_still_looks_like_one_of_github() {
        let keys = Keys::drawn().unwrap();
        for (token, kind) in [(keys.github_token(&cast::ADA), "ghp_"), (keys.port_app_token(), "ghs_")] {
            assert!(token.starts_with(kind) && token.len() == 40, "{token}");
        }
        assert_ne!(job_credential("ghs").unwrap(), job_credential("ghs").unwrap());
    }
}
