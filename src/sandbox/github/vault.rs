//! Secrets and variables of a repository or an environment. Sealed values are opened with the real key.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_box::SecretKey;
use crypto_box::aead::OsRng;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::Refusal;
use super::shapes::date;

/// A secret may be no longer than 48 KiB.
const LONGEST_SECRET: usize = 48 * 1024;

/// A named value with its dates.
#[derive(Clone)]
struct Entry {
    value: String,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// Secrets under a key pair of their own, and variables. Names are kept in upper case, as GitHub does.
#[derive(Clone)]
pub(super) struct Vault {
    key: SecretKey,
    key_id: String,
    secrets: BTreeMap<String, Entry>,
    variables: BTreeMap<String, Entry>,
}

// The values are secrets: only their names are shown.
impl std::fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = |entries: &BTreeMap<String, Entry>| entries.keys().cloned().collect::<Vec<_>>();
        let mut shown = formatter.debug_struct("Vault");
        shown.field("secrets", &names(&self.secrets)).field("variables", &names(&self.variables));
        shown.finish_non_exhaustive()
    }
}

impl Vault {
    pub(super) fn new(key_id: u64) -> Self {
        Self {
            key: SecretKey::generate(&mut OsRng),
            key_id: format!("{}", 568_250_000_000_000_000 + key_id),
            secrets: BTreeMap::new(),
            variables: BTreeMap::new(),
        }
    }

    pub(super) fn public_key(&self) -> Value {
        json!({ "key_id": self.key_id, "key": STANDARD.encode(self.key.public_key().as_bytes()) })
    }

    /// Opens a sealed value and keeps it. Returns whether the name is new.
    pub(super) fn put_secret(
        &mut self,
        name: &str,
        sealed: &str,
        key_id: &str,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        let name = checked_name(name, "Secret")?;
        if key_id != self.key_id {
            return Err(Refusal::unprocessable("Invalid or expired public key: fetch the public key again"));
        }
        let sealed = STANDARD.decode(sealed).map_err(|_| Refusal::unprocessable("encrypted_value is not base64"))?;
        let value = self.key.unseal(&sealed).ok().and_then(|value| String::from_utf8(value).ok());
        let value = value
            .ok_or_else(|| Refusal::unprocessable("Bad request - encrypted_value cannot be opened with the key"))?;
        if value.len() > LONGEST_SECRET {
            return Err(Refusal::unprocessable("Secret value is too large: at most 48 KB"));
        }
        Ok(put(&mut self.secrets, name, value, now))
    }

    /// Keeps a variable. Returns whether the name is new.
    pub(super) fn put_variable(&mut self, name: &str, value: &str, now: Timestamp) -> Result<bool, Refusal> {
        let name = checked_name(name, "Variable")?;
        Ok(put(&mut self.variables, name, value.to_owned(), now))
    }

    pub(super) fn secret(&self, name: &str) -> Option<&str> {
        self.secrets.get(&name.to_uppercase()).map(|entry| entry.value.as_str())
    }

    pub(super) fn has_variable(&self, name: &str) -> bool {
        self.variables.contains_key(&name.to_uppercase())
    }

    pub(super) fn remove_secret(&mut self, name: &str) -> bool {
        self.secrets.remove(&name.to_uppercase()).is_some()
    }

    pub(super) fn remove_variable(&mut self, name: &str) -> bool {
        self.variables.remove(&name.to_uppercase()).is_some()
    }

    /// Returns all secrets with their values, for a job.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (String, String)> {
        self.secrets.iter().map(|(name, entry)| (name.clone(), entry.value.clone()))
    }

    /// Returns all variables with their values, for a job.
    pub(super) fn variables(&self) -> impl Iterator<Item = (String, String)> {
        self.variables.iter().map(|(name, entry)| (name.clone(), entry.value.clone()))
    }

    /// Returns what the API says about the secrets: never a value.
    pub(super) fn secret_shapes(&self) -> Vec<Value> {
        self.secrets.iter().map(|(name, entry)| dated(name, entry)).collect()
    }

    pub(super) fn secret_shape(&self, name: &str) -> Option<Value> {
        self.secrets.get_key_value(&name.to_uppercase()).map(|(name, entry)| dated(name, entry))
    }

    pub(super) fn variable_shapes(&self) -> Vec<Value> {
        self.variables.keys().filter_map(|name| self.variable_shape(name)).collect()
    }

    pub(super) fn variable_shape(&self, name: &str) -> Option<Value> {
        let (name, entry) = self.variables.get_key_value(&name.to_uppercase())?;
        let mut shape = dated(name, entry);
        shape["value"] = Value::from(entry.value.as_str());
        Some(shape)
    }
}

fn put(entries: &mut BTreeMap<String, Entry>, name: String, value: String, now: Timestamp) -> bool {
    let created_at = entries.get(&name).map(|entry| entry.created_at);
    entries.insert(name, Entry { value, created_at: created_at.unwrap_or(now), updated_at: now });
    created_at.is_none()
}

fn dated(name: &str, entry: &Entry) -> Value {
    json!({ "name": name, "created_at": date(entry.created_at), "updated_at": date(entry.updated_at) })
}

/// Letters, digits and underscores, not starting with a digit or `GITHUB_`.
fn checked_name(name: &str, resource: &str) -> Result<String, Refusal> {
    let upper = name.to_uppercase();
    let plain = upper.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let starts_well = !upper.starts_with(|first: char| first.is_ascii_digit()) && !upper.starts_with("GITHUB_");
    if plain && starts_well && !upper.is_empty() {
        Ok(upper)
    } else {
        Err(Refusal::unprocessable(format!(
            "{resource} names can only contain alphanumeric characters and underscores, and must not start with a number or GITHUB_."
        )))
    }
}
