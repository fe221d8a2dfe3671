//! The folder of one job: home, temporary files, the event, and a `gh` that asks the sandbox.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A folder that is removed with this value.
#[derive(Debug)]
pub(super) struct Workspace {
    root: PathBuf,
}

static NEXT: AtomicU64 = AtomicU64::new(1);

impl Workspace {
    /// Makes the folder, readable by the user alone. `program` answers `sandbox-gh …` for `gh`.
    pub(super) fn new(program: &Path) -> io::Result<Self> {
        let name = format!("port-iam-runner-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::SeqCst));
        let root = std::env::temp_dir().join(name);
        std::fs::DirBuilder::new().mode(0o700).create(&root)?;
        let workspace = Self { root };
        for folder in ["bin", "home", "temp", "work"] {
            std::fs::create_dir(workspace.path(folder))?;
        }
        workspace.write_program("gh", &gh_script(program))?;
        // GitHub's runners have it; macOS calls it otherwise.
        if !is_on_path("sha256sum", &search_path()) {
            workspace.write_program("sha256sum", SHA256SUM.as_bytes())?;
        }
        Ok(workspace)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file below the folder and returns its path.
    pub(super) fn write(&self, name: &str, content: &[u8]) -> io::Result<PathBuf> {
        let path = self.path(name);
        std::fs::write(&path, content)?;
        Ok(path)
    }

    /// Returns the search path: our `gh` first, then what this machine has.
    pub(super) fn search_path(&self) -> OsString {
        let mut path = self.path("bin").into_os_string();
        path.push(":");
        path.push(search_path());
        path
    }

    fn write_program(&self, name: &str, script: &[u8]) -> io::Result<()> {
        let program = self.write(&format!("bin/{name}"), script)?;
        std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755))
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // What cannot be removed lies in the temporary folder, where the system removes it.
        let _ = std::fs::remove_dir_all(&self.root);
    }
}

/// Stands in for `sha256sum`, with the same options.
const SHA256SUM: &str = "#!/bin/sh\nexec shasum -a 256 \"$@\"\n";

fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into())
}

fn is_on_path(program: &str, path: &OsStr) -> bool {
    std::env::split_paths(path).any(|folder| folder.join(program).is_file())
}

fn gh_script(program: &Path) -> Vec<u8> {
    let mut quoted = Vec::new();
    for byte in program.as_os_str().as_bytes() {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\\''"),
            _ => quoted.push(*byte),
        }
    }
    let mut script = OsString::from("#!/bin/sh\nexec '");
    script.push(OsString::from_vec(quoted));
    script.push("' sandbox-gh \"$@\"\n");
    script.into_vec()
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn gh_calls_the_program_whatever_its_path_contains() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("it's $HOME \"here\"");
        std::fs::write(&program, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let workspace = Workspace::new(&program).unwrap();
        let output = Command::new(workspace.path("bin/gh")).args(["release", "a b"]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "sandbox-gh\nrelease\na b\n");
    }

    #[test]
    fn a_machine_without_sha256sum_is_given_one_that_checks_as_it_does() {
        assert!(is_on_path("sh", OsStr::new("/nowhere:/bin:/usr/bin")) && !is_on_path("sh", OsStr::new("/nowhere")));
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("sha256sum");
        std::fs::write(&program, SHA256SUM).unwrap();
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  /dev/null\n";
        for (line, is_good) in [(empty.to_owned(), true), (empty.replace("e3b0", "0000"), false)] {
            std::fs::write(folder.path().join("sums"), line).unwrap();
            let checked = Command::new("sh")
                .arg(&program)
                .args(["--check", "--strict", "sums"])
                .current_dir(folder.path())
                .output();
            assert_eq!(checked.unwrap().status.success(), is_good);
        }
    }

    #[test]
    fn the_folder_is_gone_with_its_value() {
        let workspace = Workspace::new(Path::new("/bin/true")).unwrap();
        let root = workspace.root.clone();
        assert!(root.is_dir());
        drop(workspace);
        assert!(!root.exists());
    }
}
