//! Actions secrets, sealed with libsodium's box for the key of their store.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_box::PublicKey;
use crypto_box::aead::rand_core::{CryptoRng, Error, RngCore};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

use super::environment::route_of_secrets;
use super::{GitHub, Repository, segment};
use crate::clients::error::{Api, ApiError, ApiErrorKind};
use crate::domain::setup::SecretStore;
use crate::world::World;

impl GitHub {
    /// Returns the names of the secrets in a store. Their values cannot be read back.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn secret_names(&self, repository: &Repository, store: &SecretStore) -> Result<Vec<String>, ApiError> {
        const OPERATION: &str = "list the secrets";
        let route = format!("{}?per_page=100", route_of_secrets(store, repository));
        let Some(answer) = self.find(OPERATION, &route).await? else { return Ok(Vec::new()) };
        let secrets = answer["secrets"].as_array().ok_or_else(|| answer.undecodable(OPERATION))?;
        let name = |secret: &Value| secret["name"].as_str().map(str::to_owned);
        Ok(secrets.iter().filter_map(name).collect())
    }

    /// Returns when a secret was last set; none when it is not there.
    ///
    /// # Errors
    ///
    /// Fails when GitHub cannot be asked.
    pub async fn secret_set_at(
        &self,
        repository: &Repository,
        store: &SecretStore,
        name: &str,
    ) -> Result<Option<Timestamp>, ApiError> {
        const OPERATION: &str = "ask when the secret was set";
        let route = format!("{}/{}", route_of_secrets(store, repository), segment(name));
        let Some(secret) = self.find(OPERATION, &route).await? else { return Ok(None) };
        let set = secret["updated_at"].as_str().and_then(|text| text.parse().ok());
        set.map(Some).ok_or_else(|| secret.undecodable(OPERATION))
    }

    /// Sets secrets, each sealed for the store's own key.
    ///
    /// # Errors
    ///
    /// Fails when GitHub refuses or cannot be asked.
    pub async fn set_secrets(
        &self,
        repository: &Repository,
        store: &SecretStore,
        secrets: &[(&str, SecretString)],
    ) -> Result<(), ApiError> {
        const OPERATION: &str = "set the secret";
        let route = route_of_secrets(store, repository);
        let key = self.get("read the key for secrets", &format!("{route}/public-key")).await?;
        let (Some(id), Some(text)) = (key["key_id"].as_str(), key["key"].as_str()) else {
            return Err(key.undecodable(OPERATION));
        };
        for (name, value) in secrets {
            let sealed = seal(text, value, &self.world).ok_or_else(|| {
                ApiError::new(
                    Api::GitHub,
                    OPERATION,
                    ApiErrorKind::Undecodable,
                    "the value could not be sealed for GitHub's key",
                )
            })?;
            let body = json!({ "encrypted_value": sealed, "key_id": id });
            self.put(OPERATION, &format!("{route}/{}", segment(name)), &body).await?;
        }
        Ok(())
    }
}

/// Returns `value` sealed for the base64 key, in base64; none when the key is none or there is no randomness.
fn seal(key: &str, value: &SecretString, world: &World) -> Option<String> {
    let key: [u8; 32] = STANDARD.decode(key).ok()?.try_into().ok()?;
    // A sealed box draws the 32 bytes of one secret key; they are drawn first, so that a lack of them is seen.
    let mut seed = [0; 32];
    world.fill_random(&mut seed).ok()?;
    let sealed =
        PublicKey::from(key).seal(&mut Seed { bytes: seed, used: 0 }, value.expose_secret().as_bytes()).ok()?;
    Some(STANDARD.encode(sealed))
}

/// Randomness that was drawn before. It fails rather than give out a byte twice.
struct Seed {
    bytes: [u8; 32],
    used: usize,
}

impl RngCore for Seed {
    fn next_u32(&mut self) -> u32 {
        rand_core_next(self)
    }

    fn next_u64(&mut self) -> u64 {
        u64::from(rand_core_next(self)) << 32 | u64::from(rand_core_next(self))
    }

    fn fill_bytes(&mut self, destination: &mut [u8]) {
        // `seal` asks once, for a secret key; anything beyond the drawn bytes is left as it is, and caught in tests.
        let _ = self.try_fill_bytes(destination);
    }

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Error> {
        let end = self.used.checked_add(destination.len()).filter(|end| *end <= self.bytes.len());
        let Some(end) = end else { return Err(NonZeroU32::MIN.into()) };
        destination.copy_from_slice(&self.bytes[self.used..end]);
        self.used = end;
        Ok(())
    }
}

fn rand_core_next(seed: &mut Seed) -> u32 {
    let mut bytes = [0; 4];
    seed.fill_bytes(&mut bytes);
    u32::from_le_bytes(bytes)
}

impl CryptoRng for Seed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_equals_the_known_answer_of_gh() {
        // The vector of the GitHub CLI's own test: randomness of fives.
        let key: [u8; 32] =
            STANDARD.decode("CDjXqf7AJBXWhMczcy+Fs7JlACEptgceysutztHaFQI=").unwrap().try_into().unwrap();
        let sealed = PublicKey::from(key).seal(&mut Seed { bytes: [5; 32], used: 0 }, b"a secret").unwrap();
        assert_eq!(
            STANDARD.encode(sealed),
            "UKYUCbHd0DJemxa3AOcZ6XcsBwALG9d4bpB8ZT0gSV39vl3BHiGSgj8zJapDxgB2BwqNqRhpjC4="
        );
    }

    #[test]
    fn randomness_is_never_given_out_twice() {
        let mut seed = Seed { bytes: [5; 32], used: 0 };
        assert!(seed.try_fill_bytes(&mut [0; 32]).is_ok());
        assert!(seed.try_fill_bytes(&mut [0; 1]).is_err());
    }

    #[test]
    fn two_seals_of_one_value_differ_and_open_with_the_key() {
        let secret = crypto_box::SecretKey::from([7; 32]);
        let key = STANDARD.encode(secret.public_key().as_bytes());
        let value = SecretString::from("hunter2".to_owned());
        let world = World::system();
        let (one, two) = (seal(&key, &value, &world).unwrap(), seal(&key, &value, &world).unwrap());
        assert_ne!(one, two);
        assert_eq!(secret.unseal(&STANDARD.decode(one).unwrap()).unwrap(), b"hunter2");
    }
}
