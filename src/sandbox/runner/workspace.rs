//! The folder of one job: home, temporary files, the event, and a `gh` that asks the sandbox.

use std::ffi::OsString;
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
        let gh = workspace.path("bin/gh");
        std::fs::write(&gh, gh_script(program))?;
        std::fs::set_permissions(&gh, std::fs::Permissions::from_mode(0o755))?;
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
        path.push(std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into()));
        path
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        // What cannot be removed lies in the temporary folder, where the system removes it.
        let _ = std::fs::remove_dir_all(&self.root);
    }
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
    fn the_folder_is_gone_with_its_value() {
        let workspace = Workspace::new(Path::new("/bin/true")).unwrap();
        let root = workspace.root.clone();
        assert!(root.is_dir());
        drop(workspace);
        assert!(!root.exists());
    }
}
