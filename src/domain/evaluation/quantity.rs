//! The typed values of conditions: numbers, dates, networks, bytes.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

/// The digits after the point that a number may have.
const FRACTION_DIGITS: usize = 18;
/// The digits before the point that a number may have: with the fraction they fit into 128 bits.
const INTEGER_DIGITS: usize = 19;

/// A decimal number, kept exactly: as floating point, large neighbours would be equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal(i128);

impl Decimal {
    /// Returns the number, or nothing when the text is no plain decimal (no exponent) or has too many digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (integer, fraction) = match digits.split_once('.') {
            Some((integer, fraction)) if !fraction.is_empty() => (integer, fraction),
            Some(_) => return None,
            None => (digits, ""),
        };
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if integer.is_empty()
            || integer.len() > INTEGER_DIGITS
            || fraction.len() > FRACTION_DIGITS
            || !all_digits(integer)
            || !all_digits(fraction)
        {
            return None;
        }
        let scaled: i128 = format!("{integer}{fraction:0<FRACTION_DIGITS$}").parse().ok()?;
        Some(Self(if negative { -scaled } else { scaled }))
    }
}

/// Returns the moment a text names: a date or date and time of ISO 8601 with an offset, or seconds since 1970.
///
/// A date alone is its first moment in UTC. A time without offset is nothing, and so is a bare year: AWS would have to
/// guess, and so would we.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return if text.len() <= 4 { None } else { Timestamp::from_second(text.parse().ok()?).ok() };
    }
    let shape = |position: usize| text.as_bytes().get(position) == Some(&b'-');
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"-+:.TZ".contains(&byte));
    if !plain || !shape(4) || !shape(7) {
        return None;
    }
    if text.len() == 10 { format!("{text}T00:00:00Z").parse().ok() } else { text.parse().ok() }
}

/// Returns the bytes of a base64 text, or nothing when it is none.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Returns the truth value of a text, in any case of letters.
pub(super) fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// A range of IP addresses, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    address: IpAddr,
    prefix_length: u32,
}

impl Network {
    /// Returns the range of a CIDR text or of a single address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix_length = match prefix {
            // `parse` would take a sign too.
            Some(prefix) if prefix.bytes().all(|byte| byte.is_ascii_digit()) => prefix.parse().ok()?,
            Some(_) => return None,
            None => bits,
        };
        (prefix_length <= bits).then_some(Self { address, prefix_length })
    }

    /// Returns whether the address lies in the range; an address of the other family never does.
    pub(super) fn contains(&self, address: IpAddr) -> bool {
        // A shift by the whole width would overflow: it is the range of all addresses.
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(32 - self.prefix_length).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (own.to_bits() ^ other.to_bits()).checked_shr(128 - self.prefix_length).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}
