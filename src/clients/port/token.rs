//! Port's access token and what it says of itself.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::Value;

/// How long before its end a token is no longer used.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);

pub(super) struct Token {
    pub(super) secret: SecretString,
    pub(super) claims: Value,
    ends: Timestamp,
}

impl Token {
    pub(super) fn from_answer(answer: &Value, now: Timestamp) -> Option<Self> {
        let text = answer["accessToken"].as_str()?;
        // `expiresIn` is in seconds, and counts from now even for a token that was handed out before.
        let seconds = answer["expiresIn"].as_f64().unwrap_or(0.0).clamp(0.0, 86_400.0);
        let ends = now.checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()?;
        Some(Self { secret: SecretString::from(text.to_owned()), claims: claims(text).unwrap_or_default(), ends })
    }

    pub(super) fn is_good_at(&self, now: Timestamp) -> bool {
        self.ends.checked_sub(MARGIN).is_ok_and(|last| now < last)
    }
}

/// Returns the claims of a JWT. They are read for information only: no decision about access rests on them.
fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()
}

/// Returns the claim `name`, whether it stands plain or behind the audience's address.
pub(super) fn claim<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    let claims = claims.as_object()?;
    claims
        .get(name)
        .or_else(|| claims.iter().find(|(key, _)| key.ends_with(&format!("/{name}"))).map(|(_, value)| value))
}
