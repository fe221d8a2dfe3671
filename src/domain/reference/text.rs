//! The data as they are reviewed, embedded.

/// Returns a line about the edition, and one for each service.
#[cfg(not(feature = "packed-reference"))]
pub(super) const fn text() -> &'static str {
    include_str!("iam-reference.jsonl")
}

/// Returns a line about the edition, and one for each service, unpacked when they are asked for first; nothing in a build
/// whose data are damaged, which `scripts/build-runtime` refuses.
#[cfg(feature = "packed-reference")]
pub(super) fn text() -> &'static str {
    use std::io::Read as _;
    use std::sync::LazyLock;

    const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/iam-reference.deflate"));
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let mut text = String::new();
        match flate2::read::DeflateDecoder::new(PACKED).read_to_string(&mut text) {
            Ok(_) => text,
            Err(_) => String::new(),
        }
    });
    &TEXT
}
