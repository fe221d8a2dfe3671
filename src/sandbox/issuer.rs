//! GitHub's issuer of OIDC tokens: it signs what a job may say about itself, and AWS checks the signature.
//!
//! A token is a JSON web token (RFC 7519) signed by RS256, as GitHub's are. The key is made when it is first used, and
//! shared by the sandbox's GitHub and AWS, in the place of the issuer's published keys.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The issuer that GitHub's tokens name (GitHub Docs, "OpenID Connect reference").
pub const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// Signs tokens and checks them. Clones share the key.
#[derive(Clone, Debug, Default)]
pub struct Issuer {
    key: Arc<OnceLock<Option<RsaKeyPair>>>,
}

impl Issuer {
    /// Returns a token that says `claims`. Without randomness for a key it is not signed, and nobody takes it.
    pub fn sign(&self, claims: &Value) -> String {
        let header = json!({ "typ": "JWT", "alg": "RS256", "kid": "sandbox" });
        let content = format!("{}.{}", encoded(header.to_string()), encoded(claims.to_string()));
        let signature = self.key().and_then(|key| {
            let mut signature = vec![0; key.public_modulus_len()];
            let signed = key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), content.as_bytes(), &mut signature);
            signed.ok().map(|()| signature)
        });
        format!("{content}.{}", encoded(signature.unwrap_or_default()))
    }

    /// Returns the claims of a token that this issuer signed.
    pub(super) fn verified(&self, token: &str) -> Option<Value> {
        let (content, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key()?.public_key().as_ref());
        public.verify(content.as_bytes(), &signature).ok()?;
        unverified(token)
    }

    fn key(&self) -> Option<&RsaKeyPair> {
        self.key.get_or_init(|| RsaKeyPair::generate(KeySize::Rsa2048).ok()).as_ref()
    }
}

/// Returns the claims of a token, whoever signed it.
pub(super) fn unverified(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_from_its_own_issuer_alone_and_only_as_it_was_signed() {
        let (ours, other) = (Issuer::default(), Issuer::default());
        let token = ours.sign(&json!({ "sub": "repo:acme/tools:ref:refs/heads/main" }));
        assert_eq!(ours.verified(&token).unwrap()["sub"], "repo:acme/tools:ref:refs/heads/main");
        assert_eq!(other.verified(&token), None);
        let parts: Vec<&str> = token.split('.').collect();
        let forged = encoded(json!({ "sub": "repo:evil/tools:ref:refs/heads/main" }).to_string());
        assert_eq!(ours.verified(&format!("{}.{forged}.{}", parts[0], parts[2])), None);
        assert_eq!(ours.verified(&format!("{}.{}.", parts[0], parts[1])), None);
    }
}
