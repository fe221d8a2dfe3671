//! The data as they are reviewed, embedded: a line about the edition, and one for each service, sorted by prefix. They come in
//! parts, so that whoever asks for one service waits for one part.

#[cfg(not(feature = "packed-reference"))]
use embedded as parts;
#[cfg(feature = "packed-reference")]
use packed as parts;

/// Returns the line about the edition; nothing in a build whose data are damaged.
pub(super) fn edition() -> Option<&'static str> {
    parts::part(0).lines().next()
}

/// Returns the lines of all services.
pub(super) fn lines() -> impl Iterator<Item = &'static str> {
    (0..parts::COUNT).flat_map(|index| services_of(index).lines())
}

/// Returns the lines in which that of a service stands if there is one.
pub(super) fn lines_around(prefix: &str) -> &'static str {
    parts::holding(prefix).map_or("", services_of)
}

/// The first part begins with the edition.
fn services_of(index: usize) -> &'static str {
    let part = parts::part(index);
    if index == 0 { part.split_once('\n').map_or("", |(_, services)| services) } else { part }
}

/// One part, which is there.
#[cfg(not(feature = "packed-reference"))]
mod embedded {
    pub(super) const COUNT: usize = 1;

    pub(super) const fn holding(_prefix: &str) -> Option<usize> {
        Some(0)
    }

    pub(super) const fn part(_index: usize) -> &'static str {
        include_str!("iam-reference.jsonl")
    }
}

/// Parts that `build.rs` has packed; it reads each of them back.
#[cfg(feature = "packed-reference")]
mod packed {
    use std::io::Read as _;
    use std::sync::OnceLock;

    // `PACKED`: the prefix that each part begins with, none for the first, and its bytes.
    include!(concat!(env!("OUT_DIR"), "/iam_reference.rs"));

    pub(super) const COUNT: usize = PACKED.len();
    static UNPACKED: [OnceLock<String>; COUNT] = [const { OnceLock::new() }; COUNT];

    pub(super) fn holding(prefix: &str) -> Option<usize> {
        PACKED.partition_point(|(first, _)| *first <= prefix).checked_sub(1)
    }

    /// Unpacks a part when it is asked for first.
    pub(super) fn part(index: usize) -> &'static str {
        let (Some((_, packed)), Some(unpacked)) = (PACKED.get(index), UNPACKED.get(index)) else { return "" };
        unpacked.get_or_init(|| {
            let mut text = String::new();
            let read = flate2::read::DeflateDecoder::new(*packed).read_to_string(&mut text);
            read.map(|_| text).unwrap_or_default()
        })
    }
}
