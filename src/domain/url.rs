//! Text as a part of an address.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// Everything that `encodeURIComponent` escapes: identifiers are one path segment, whatever they hold.
pub const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
