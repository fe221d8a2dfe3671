//! Keys of the rules file that may be left out, and not be written without a value.

use serde::{Deserialize, Deserializer};

/// Reads the value of a key that is there. One without a value, whose list somebody has commented out for one, is no key that
/// was left out: what it limits would be limited no more.
///
/// # Errors
///
/// Fails on `null` and on what is no value of the type.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}
