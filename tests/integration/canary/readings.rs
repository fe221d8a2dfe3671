//! What a text says to whoever decodes it.

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Takes the middle of what somebody has encoded, too.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// No secret is so short that fewer letters hold it.
const SHORTEST: usize = 20;

/// Returns a text with what it says when its percent signs are decoded, and whatever looks like base64 in that.
pub(super) fn readings(text: &str) -> Vec<u8> {
    let mut all = text.as_bytes().to_vec();
    let plain: Cow<'_, [u8]> = percent_encoding::percent_decode(text.as_bytes()).into();
    if let Cow::Owned(plain) = &plain {
        all.push(b'\n');
        all.extend_from_slice(plain);
    }
    for run in plain.split(|letter| !is_of_base64(*letter)).filter(|run| run.len() >= SHORTEST) {
        let letters: Vec<u8> = run.iter().map(|letter| of_standard(*letter)).collect();
        // Nobody knows where in the run it begins.
        for start in 0..4 {
            let letters = &letters[start..];
            // A single letter over is less than a byte.
            let whole = letters.len() - usize::from(letters.len() % 4 == 1);
            all.push(b'\n');
            BASE64.decode_vec(&letters[..whole], &mut all).unwrap();
        }
    }
    all
}

fn is_of_base64(letter: u8) -> bool {
    letter.is_ascii_alphanumeric() || b"+/-_".contains(&letter)
}

/// The alphabet for addresses has two other letters.
fn of_standard(letter: u8) -> u8 {
    match letter {
        b'-' => b'+',
        b'_' => b'/',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn a_secret_is_read_in_every_encoding_wherever_it_begins() {
        let secret = "wJalr/XUtnFEMI+K7MDENG?bPxRfiCY";
        let says = |text: &str| memchr::memmem::find(&readings(text), secret.as_bytes()).is_some();
        let encoded = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC).to_string();
        assert!(says(&format!("key={secret}!")) && says(&format!("key={encoded}&x=%")));
        for before in ["", "a", "id:", "a client:"] {
            for after in ["", ".", " and", " more"] {
                let whole = format!("{before}{secret}{after}");
                for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
                    let encoded = engine.encode(&whole);
                    assert!(says(&format!("\"Basic {encoded}\"")), "{whole}");
                    // Letters before it, and an address in which its signs are encoded again.
                    assert!(says(&format!("x/{encoded}")), "{whole}");
                    let again = percent_encoding::utf8_percent_encode(&encoded, percent_encoding::NON_ALPHANUMERIC);
                    assert!(says(&format!("?token={again}")), "{whole}");
                }
            }
        }
        for other in ["", "%", "====", "x/y/z-and-nothing-else-that-is-a-secret", &STANDARD.encode(&secret[1..])] {
            assert!(!says(other), "{other}");
        }
    }
}
