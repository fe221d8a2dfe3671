//! Tells cargo which folders are embedded: on stable, `include_dir!` alone does not notice a file that was added. With the
//! feature `packed-reference` it packs AWS's actions.

use std::io::Write as _;
use std::path::Path;
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::DeflateEncoder;

const REFERENCE: &str = "src/domain/reference/iam-reference.jsonl";

fn main() -> io::Result<()> {
    for folder in ["blueprints", "actions", "pages", "workflows", REFERENCE] {
        println!("cargo::rerun-if-changed={folder}");
    }
    match (env::var_os("CARGO_FEATURE_PACKED_REFERENCE"), env::var_os("OUT_DIR")) {
        (Some(_), Some(folder)) => pack(Path::new(&folder)),
        _ => Ok(()),
    }
}

fn pack(folder: &Path) -> io::Result<()> {
    let mut packed = DeflateEncoder::new(fs::File::create(folder.join("iam-reference.deflate"))?, Compression::best());
    packed.write_all(&fs::read(REFERENCE)?)?;
    packed.finish().map(|_| ())
}
