//! The program that the workflows run: checked, packed, and named by its digest.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

use crate::assets::Runtime;
use crate::config;
use crate::domain::refusal::{Refusal, RefusalCode};
use crate::domain::runtime::{Version, tag};
use crate::failure::Failure;
use crate::world::World;

/// Name of the asset, for the only platform that GitHub's default runners have. On loopback, where this program itself is
/// what runs the workflows, it holds a program for this machine, whatever that is.
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
/// Fails when the program cannot be read. Where it would leave this machine (`on_loopback` says that it does not), it is
/// refused, too, when it is no Linux program for x86-64 or a debug build. What a flag names has to be such a program
/// anywhere.
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
    // To another repository than the sandbox's goes what GitHub's runners can start, wherever Port is.
    let stays_here = on_loopback && config::github::address(world)?.value.is_loopback();
    let path: PathBuf = match flag {
        Some(path) => path.to_owned(),
        None if !stays_here && !cfg!(all(target_os = "linux", target_arch = "x86_64")) => {
            return Err(Failure::usage("the workflows run on Linux on x86-64, and this program does not").hint(hint));
        }
        None if world.is_debug_build && !stays_here => {
            let reason = "this is a debug build, which is not put into a real repository";
            return Err(Refusal::new(RefusalCode::DebugBuild, "--runtime-binary", reason, hint).into());
        }
        None => world.program.clone(),
    };
    let bytes = std::fs::read(&path).map_err(|error| {
        Failure::usage(format!("could not read the runtime {}: {error}", path.display())).hint(hint)
    })?;
    // This program runs here, so that the sandbox's runner can start it, too.
    if flag.is_some() || !stays_here {
        check(&bytes, &path.display().to_string())?;
    }
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

    /// A world whose program is a file with these bytes, beside a GitHub at this address.
    fn world_of(folder: &Path, program: &[u8], github: &str) -> World {
        let path = folder.join("port-iam");
        std::fs::write(&path, program).unwrap();
        let environment = BTreeMap::from([("GITHUB_API_URL".to_owned(), github.to_owned())]);
        let mut world = World::isolated(environment, path, Sink::new(std::io::sink()), Sink::new(std::io::sink()));
        world.is_debug_build = false;
        world
    }

    #[test]
    fn the_sandbox_runs_this_program_whatever_machine_it_is_built_for() {
        let folder = tempfile::tempdir().unwrap();
        let (mach_o, arm) = ([0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1].to_vec(), elf(0xb7));
        for program in [mach_o, arm] {
            let here = world_of(folder.path(), &program, "http://127.0.0.1:1");
            let packed = pack(&here, None, true).unwrap();
            let digest: String = Sha256::digest(&packed.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(packed.runtime.sha256, digest);
            // What somebody names, and what leaves this machine, has to run on GitHub's runners.
            let path = folder.path().join("port-iam");
            assert_eq!(pack(&here, Some(&path), true).unwrap_err().kind.exit_code(), 2);
            assert_eq!(pack(&here, None, false).unwrap_err().kind.exit_code(), 2);
            let real = world_of(folder.path(), &program, "https://api.github.com");
            assert_eq!(pack(&real, None, true).unwrap_err().kind.exit_code(), 2, "Port alone is on loopback");
        }
    }

    #[test]
    fn a_debug_build_stays_on_this_machine() {
        let mut world = world(None);
        let github = ("GITHUB_API_URL".to_owned(), "http://127.0.0.1:1".to_owned());
        world.environment = Arc::new(BTreeMap::from([github]));
        world.is_debug_build = true;
        assert_eq!(pack(&world, None, false).unwrap_err().kind.exit_code(), 5);
        let missing = pack(&world, None, true).unwrap_err();
        assert!(missing.message.contains("/nowhere/port-iam"), "{missing}");
    }
}
