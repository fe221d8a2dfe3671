//! Tells cargo which folders are embedded: on stable, `include_dir!` alone does not notice a file that was added. With the
//! feature `packed-reference` it packs AWS's actions.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::{env, fs, io};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

const REFERENCE: &str = "src/domain/reference/iam-reference.jsonl";
/// So many bytes at most are unpacked to read one service, unless it is longer alone; larger parts are hardly smaller packed.
const PART: usize = 64 * 1024;

fn main() -> io::Result<()> {
    for folder in ["blueprints", "actions", "pages", "workflows", REFERENCE] {
        println!("cargo::rerun-if-changed={folder}");
    }
    match (env::var_os("CARGO_FEATURE_PACKED_REFERENCE"), env::var_os("OUT_DIR")) {
        (Some(_), Some(folder)) => pack(Path::new(&folder)),
        _ => Ok(()),
    }
}

/// Writes a list of the parts, each with the prefix of its first service and its packed bytes.
fn pack(folder: &Path) -> io::Result<()> {
    let mut list = "static PACKED: &[(&str, &[u8])] = &[\n".to_owned();
    for (index, part) in parts(&fs::read_to_string(REFERENCE)?).into_iter().enumerate() {
        let name = format!("iam-reference-{index}.deflate");
        fs::write(folder.join(&name), packed(&part)?)?;
        // The line about the edition has no prefix, and is the first part.
        let first = part.strip_prefix(r#"{"p":""#).and_then(|rest| rest.split('"').next()).unwrap_or_default();
        _ = writeln!(list, "    (\"{first}\", include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\"))),");
    }
    fs::write(folder.join("iam_reference.rs"), list + "];\n")
}

/// Returns whole lines, so many at a time; the first alone, since whoever asks for the edition asks for no service.
fn parts(text: &str) -> Vec<String> {
    let (edition, services) = text.split_at(text.find('\n').map_or(text.len(), |end| end + 1));
    let mut parts = vec![edition.to_owned()];
    for line in services.split_inclusive('\n') {
        match parts.last_mut() {
            Some(part) if part.as_str() != edition && part.len() + line.len() <= PART => part.push_str(line),
            _ => parts.push(line.to_owned()),
        }
    }
    parts
}

fn packed(text: &str) -> io::Result<Vec<u8>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes())?;
    let packed = encoder.finish()?;
    let mut again = String::new();
    DeflateDecoder::new(packed.as_slice()).read_to_string(&mut again)?;
    if again == text { Ok(packed) } else { Err(io::Error::other("AWS's actions do not come back as they were packed")) }
}
