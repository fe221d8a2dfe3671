//! The program that the workflows run: checked, packed, and named by its digest.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use crate::assets::Runtime;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::runtime::{Version, tag};
use crate::failure::Failure;
use crate::world::World;

/// Name of the asset, for the only platform that GitHub's default runners have.
const ASSET: &str = "port-iam-x86_64-linux.gz";
/// From this size on speed is worth more than bytes: only debug builds are so large.
const LARGE: usize = 24 * 1024 * 1024;
/// Where an ELF file names its machine, and the number of x86-64 (System V ABI, ELF header).
const MACHINE: std::ops::Range<usize> = 18..20;
const X86_64: [u8; 2] = [0x3e, 0];

/// The runtime as it is uploaded.
#[derive(Clone, Debug)]
pub struct PackedRuntime {
    /// How the workflows name it.
    pub runtime: Runtime,
    /// The packed bytes.
    pub bytes: Vec<u8>,
}

/// Reads, checks and packs the program for the workflows. Equal bytes give an equal package: the packed file holds
/// neither time nor name.
///
/// # Errors
///
/// Fails when the program cannot be read, is no Linux program for x86-64, or is a debug build that would leave this
/// machine (`on_loopback` says that it does not).
pub fn pack(world: &World, flag: Option<&Path>, on_loopback: bool) -> Result<PackedRuntime, Failure> {
    let program = program(world, flag, on_loopback)?;
    let packed = compress(&program).map_err(|error| Failure::failed(format!("could not pack the runtime: {error}")))?;
    let sha256: String = Sha256::digest(&packed).iter().map(|byte| format!("{byte:02x}")).collect();
    // The files are as this program writes them; the runtime may be of another version.
    let version = env!("CARGO_PKG_VERSION").to_owned();
    // A program without the mark is older than that; whoever publishes it does not give it their own version.
    let tag = tag(Version::of_program(&program).as_ref(), &sha256);
    Ok(PackedRuntime { runtime: Runtime { tag, asset: ASSET.to_owned(), sha256, version }, bytes: packed })
}

fn program(world: &World, flag: Option<&Path>, on_loopback: bool) -> Result<Vec<u8>, Failure> {
    if let (None, Some(bytes)) = (flag, &world.runtime_stand_in) {
        check(bytes, "the stand-in")?;
        return Ok(bytes.to_vec());
    }
    let hint = "pass --runtime-binary PATH with a release build for Linux on x86-64";
    let path: PathBuf = match flag {
        Some(path) => path.to_owned(),
        None if !cfg!(all(target_os = "linux", target_arch = "x86_64")) => {
            return Err(Failure::usage("the workflows run on Linux on x86-64, and this program does not").hint(hint));
        }
        None if world.is_debug_build && !on_loopback => {
            let reason = "this is a debug build, which is not put into a real repository";
            return Err(Refusal::new(RefusalCode::DebugBuild, "--runtime-binary", reason, hint).into());
        }
        None => world.program.clone(),
    };
    let bytes = std::fs::read(&path).map_err(|error| {
        Failure::usage(format!("could not read the runtime {}: {error}", path.display())).hint(hint)
    })?;
    check(&bytes, &path.display().to_string())?;
    Ok(bytes)
}

/// Refuses what a GitHub runner could not start.
fn check(bytes: &[u8], name: &str) -> Result<(), Failure> {
    // 64 bits, least significant byte first.
    let is_elf = bytes.starts_with(&[0x7f, b'E', b'L', b'F', 2, 1]);
    if is_elf && bytes.get(MACHINE) == Some(X86_64.as_slice()) {
        return Ok(());
    }
    Err(Failure::usage(format!("{name} is not a Linux program for x86-64 (ELF)"))
        .hint("pass --runtime-binary PATH with a release build for Linux on x86-64"))
}

fn compress(program: &[u8]) -> std::io::Result<Vec<u8>> {
    let level = if program.len() >= LARGE { Compression::fast() } else { Compression::best() };
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), level);
    encoder.write_all(program)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;
    use std::sync::Arc;

    use super::*;
    use crate::world::Sink;

    fn elf(machine: u8) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1]);
        bytes[18] = machine;
        bytes
    }

    fn world(stand_in: Option<Vec<u8>>) -> World {
        let mut world = World::isolated(
            BTreeMap::new(),
            "/nowhere/port-iam".into(),
            Sink::new(std::io::sink()),
            Sink::new(std::io::sink()),
        );
        world.runtime_stand_in = stand_in.map(Arc::new);
        world
    }

    #[test]
    fn equal_programs_give_equal_packages_that_unpack_to_them() {
        let (one, two) = (world(Some(elf(0x3e))), world(Some(elf(0x3e))));
        let (one, two) = (pack(&one, None, true).unwrap(), pack(&two, None, true).unwrap());
        assert_eq!(one.bytes, two.bytes);
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(one.bytes.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, elf(0x3e));
        assert!(one.runtime.tag.ends_with(&one.runtime.sha256[..8]), "{}", one.runtime.tag);
    }

    #[test]
    fn what_a_runner_cannot_start_is_refused() {
        for bytes in [elf(0xb7), b"#!/bin/sh\n".to_vec(), Vec::new()] {
            assert_eq!(pack(&world(Some(bytes)), None, true).unwrap_err().kind.exit_code(), 2);
        }
    }

    #[test]
    fn the_tag_tells_the_version_of_the_program_and_not_of_whoever_publishes_it() {
        let mut older = elf(0x3e);
        older.extend(b"port-iam-runtime-version=0.0.9;");
        let packed = pack(&world(Some(older)), None, true).unwrap();
        assert!(packed.runtime.tag.starts_with("port-iam-v0.0.9-"), "{}", packed.runtime.tag);
        assert_eq!(packed.runtime.version, env!("CARGO_PKG_VERSION"));
        let unmarked = pack(&world(Some(elf(0x3e))), None, true).unwrap();
        assert!(unmarked.runtime.tag.starts_with("port-iam-vunknown-"), "{}", unmarked.runtime.tag);
    }

    #[test]
    fn a_debug_build_stays_on_this_machine() {
        let mut world = world(None);
        world.is_debug_build = true;
        assert_eq!(pack(&world, None, false).unwrap_err().kind.exit_code(), 5);
        let missing = pack(&world, None, true).unwrap_err();
        assert!(missing.message.contains("/nowhere/port-iam"), "{missing}");
    }
}
