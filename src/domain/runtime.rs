//! The program that the workflows run: which one they pin, and how it stands to another one.
//!
//! A release of the target repository is named `port-iam-vVERSION-DIGEST`, by the first digits of the asset's digest; a
//! second one of the same bytes has the number 2 behind that.

use std::cmp::Ordering;
use std::fmt;

use memchr::memmem;
use serde_json::Value;

use super::runtime_tag;
use super::workflow_literal::literal;

/// How the tag of a release begins that `init` publishes.
const TAG: &str = "port-iam-v";
/// So many digits of the digest stand in the tag.
const DIGITS: usize = 8;
/// Stands in every build of this program, so that a file tells its version without being run.
const MARK: &str = concat!("port-iam-runtime-version=", env!("CARGO_PKG_VERSION"), ";");

const BEFORE_VERSION: &[u8] = b"port-iam-runtime-version=";
/// No version is longer.
const LONGEST_MARKED: usize = 40;

/// A version of this program, as Cargo takes it; what comes before a release is older than that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    numbers: [u64; 3],
    /// What follows the hyphen.
    before: Option<String>,
}

impl Version {
    /// Reads a version such as `0.2.0` or `0.2.0-rc.1`.
    pub fn parse(text: &str) -> Option<Self> {
        let (numbers, before) = match text.split_once('-') {
            Some((numbers, before)) if !before.is_empty() => (numbers, Some(before.to_owned())),
            Some(_) => return None,
            None => (text, None),
        };
        let numbers: Vec<u64> = numbers.split('.').map(number).collect::<Option<_>>()?;
        Some(Self { numbers: numbers.try_into().ok()?, before })
    }

    /// Returns the version of this very program.
    pub fn own() -> Self {
        Self::parse(own_version()).unwrap_or(Self { numbers: [0; 3], before: None })
    }

    /// Returns the version that the file of a program tells; none where it was built before there was this mark.
    pub fn of_program(bytes: &[u8]) -> Option<Self> {
        memmem::find_iter(bytes, BEFORE_VERSION).find_map(|at| Self::marked(&bytes[at + BEFORE_VERSION.len()..]))
    }

    /// Reads what stands behind a mark; it ends with a semicolon.
    fn marked(bytes: &[u8]) -> Option<Self> {
        let length = bytes.iter().take(LONGEST_MARKED + 1).position(|byte| *byte == b';')?;
        let text = std::str::from_utf8(&bytes[..length]).ok()?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
        if is_plain { Self::parse(text) } else { None }
    }
}

/// Reads a number of a version: digits alone, and no zero before them (SemVer 2.0.0, item 2), so that no version has a
/// second spelling.
fn number(text: &str) -> Option<u64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text.len() == 1 || !text.starts_with('0'));
    if is_plain { text.parse().ok() } else { None }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let is_release = |version: &Self| version.before.is_none();
        self.numbers
            .cmp(&other.numbers)
            .then(is_release(self).cmp(&is_release(other)))
            .then_with(|| precedence(self.before.as_deref(), other.before.as_deref()))
            // What has the same precedence is still another version: `1` and `01`, which SemVer knows no second of.
            .then_with(|| self.before.cmp(&other.before))
    }
}

/// Returns the order of what follows the hyphen (SemVer 2.0.0, item 11): identifier by identifier, numbers as numbers and
/// before words, and the longer one later where all before is equal.
fn precedence(one: Option<&str>, other: Option<&str>) -> Ordering {
    let identifiers = |text: Option<&str>| -> Vec<Identifier> {
        text.into_iter().flat_map(|text| text.split('.')).map(Identifier::of).collect()
    };
    identifiers(one).cmp(&identifiers(other))
}

/// A part of what follows the hyphen, in the order of SemVer.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    /// Digits alone: by their count without leading zeros, and then by what they are.
    Number(usize, String),
    Word(String),
}

impl Identifier {
    fn of(text: &str) -> Self {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Self::Word(text.to_owned());
        }
        let digits = text.trim_start_matches('0');
        Self::Number(digits.len(), digits.to_owned())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(formatter, "{major}.{minor}.{patch}")?;
        self.before.iter().try_for_each(|before| write!(formatter, "-{before}"))
    }
}

/// Returns the version of this very program as a text. It is read from the mark, which would else be in no build.
pub fn own_version() -> &'static str {
    let mark = std::hint::black_box(MARK);
    mark.split_once('=').and_then(|(_, version)| version.strip_suffix(';')).unwrap_or(env!("CARGO_PKG_VERSION"))
}

/// Returns the tag of the release that carries a program of this version and this digest; `unknown` stands for the version
/// of one that does not tell it.
pub fn tag(version: Option<&Version>, sha256: &str) -> String {
    let version = version.map_or_else(|| "unknown".to_owned(), Version::to_string);
    format!("{TAG}{version}-{}", sha256.get(..DIGITS).unwrap_or(sha256))
}

/// The runtime that a workflow downloads, as it stands in that workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedRuntime {
    /// Tag of the release.
    pub tag: String,
    /// File name of the asset.
    pub asset: String,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl PinnedRuntime {
    /// Returns what a workflow pins; none where that cannot be read. A pin that stands there twice, or in another place
    /// than its lines say, is not known: a line may be no more than a part of a script.
    pub fn of_workflow(text: &str) -> Option<Self> {
        let workflow: Value = serde_saphyr::from_str(text).ok()?;
        let pinned = |name: &str| {
            let mut found = Vec::new();
            values(&workflow, name, &mut found);
            literal(text, name).filter(|literal| found == [literal.as_str()])
        };
        Some(Self { tag: pinned("RUNTIME_TAG")?, asset: pinned("RUNTIME_ASSET")?, sha256: pinned("RUNTIME_SHA256")? })
    }

    /// Returns the version that the tag tells; what the bytes are is told by the digest alone.
    pub fn version(&self) -> Option<Version> {
        let (version, digits) = runtime_tag::first(&self.tag).strip_prefix(TAG)?.rsplit_once('-')?;
        let is_of_it = digits.len() == DIGITS && self.sha256.starts_with(digits);
        is_of_it.then(|| Version::parse(version)).flatten()
    }
}

/// Finds every value of this name.
fn values<'a>(part: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match part {
        Value::Object(fields) => {
            for (key, value) in fields {
                if key == name {
                    found.push(value);
                }
                values(value, name, found);
            }
        }
        Value::Array(parts) => parts.iter().for_each(|part| values(part, name, found)),
        _ => {}
    }
}

/// How a program stands to the runtime that the workflows pin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// It is that one, byte by byte.
    Same,
    /// It is another build of that version, or nobody can tell which of the two is newer.
    OtherBuild,
    /// It is a newer one.
    Newer,
    /// It is an older one.
    Older,
    /// It does not tell its version, as builds before there was the mark: nobody can call it newer.
    Untold,
}

impl Standing {
    /// Returns how a program of this digest (hexadecimal digits) and version stands to what is pinned.
    pub fn of(sha256: &str, version: Option<&Version>, pinned: &PinnedRuntime) -> Self {
        if pinned.sha256 == sha256 {
            return Self::Same;
        }
        match (version, pinned.version()) {
            (Some(own), Some(there)) if *own > there => Self::Newer,
            (Some(own), Some(there)) if *own < there => Self::Older,
            (None, _) => Self::Untold,
            _ => Self::OtherBuild,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn pinned(tag: &str, sha256: &str) -> PinnedRuntime {
        PinnedRuntime { tag: tag.to_owned(), asset: "port-iam-x86_64-linux.gz".to_owned(), sha256: sha256.to_owned() }
    }

    #[test]
    fn versions_are_in_the_order_of_their_numbers_and_a_candidate_comes_before_its_release() {
        for (older, newer) in [("0.1.0", "0.1.1"), ("0.9.0", "0.10.0"), ("0.9.9", "1.0.0"), ("1.0.0-rc.1", "1.0.0")] {
            assert!(version(older) < version(newer), "{older} {newer}");
            assert_eq!(version(older).to_string(), older);
        }
        // The example of SemVer 2.0.0, item 11, and what a text would have the other way round.
        let order = ["alpha", "alpha.1", "alpha.beta", "beta", "beta.2", "beta.11", "rc.1", "rc.9", "rc.10"];
        for pair in order.windows(2) {
            let [older, newer] = [pair[0], pair[1]].map(|before| version(&format!("1.0.0-{before}")));
            assert!(older < newer && newer < version("1.0.0"), "{pair:?}");
        }
        for text in
            ["", "1", "1.2", "1.2.3.4", "1.2.x", "1.2.3-", "v1.2.3", "-1.2.3", "01.2.3", "+1.2.3", "1.2.00", "1..3"]
        {
            assert_eq!(Version::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_program_tells_its_version_without_being_run() {
        let bytes = |text: &str| format!("\u{7f}ELF\0…{text}…\0").into_bytes();
        // The text that is looked for stands in this program without a version, too.
        let with = bytes("port-iam-runtime-version=\0port-iam-runtime-version=1.2.3;9.9.9;");
        assert_eq!(Version::of_program(&with), Some(version("1.2.3")));
        assert_eq!(Version::of_program(&bytes("port-iam/1.2.3")), None);
        assert_eq!(Version::of_program(MARK.as_bytes()), Some(Version::own()));
        assert_eq!(own_version(), env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn a_tag_tells_the_version_of_what_it_names_and_of_nothing_else() {
        let digest = "0a1b2c3d".repeat(8);
        let untold = super::tag(None, &digest);
        assert_eq!((untold.as_str(), pinned(&untold, &digest).version()), ("port-iam-vunknown-0a1b2c3d", None));
        let tag = tag(Some(&version("0.2.0-rc.1")), &digest);
        assert_eq!(tag, "port-iam-v0.2.0-rc.1-0a1b2c3d");
        assert_eq!(pinned(&tag, &digest).version(), Some(version("0.2.0-rc.1")));
        assert_eq!(pinned(&tag, &"f".repeat(64)).version(), None, "the digest is another one");
        assert_eq!(pinned(&format!("{tag}-2"), &digest).version(), Some(version("0.2.0-rc.1")), "its second release");
        for other in [
            "v0.2.0",
            "port-iam-v0.2.0",
            "port-iam-v0.2.0-",
            "port-iam-v0.2.0-0a1b2c3d-1",
            "port-iam-v0.2.0-0a1b",
            "port-iam-vx-0a1b2c3d",
            "",
        ] {
            assert_eq!(pinned(other, &digest).version(), None, "{other}");
        }
    }

    #[test]
    fn a_pin_is_what_the_workflow_runs_and_not_what_a_line_of_it_says() {
        let digest = "0a1b2c3d".repeat(8);
        let pins = |sha256: &str| {
            format!("jobs:\n  a:\n    env:\n      RUNTIME_TAG: \"t\"\n      RUNTIME_ASSET: \"a.gz\"\n{sha256}\n")
        };
        let one = format!("      RUNTIME_SHA256: \"{digest}\"");
        assert_eq!(PinnedRuntime::of_workflow(&pins(&one)).unwrap().sha256, digest);
        for decoyed in [
            format!("env: {{ RUNTIME_SHA256: \"{}\" }}\n{}", "f".repeat(64), pins(&one)),
            format!("run: |\n  RUNTIME_SHA256: {}\n{}", "f".repeat(64), pins(&one)),
            pins(&format!(
                "      \"RUNTIME_SHA256\": \"{}\"\n    run: |\n      RUNTIME_SHA256: \"{digest}\"",
                "f".repeat(64)
            )),
            pins(&format!("{one}\n{one}")),
        ] {
            assert_eq!(PinnedRuntime::of_workflow(&decoyed), None, "{decoyed}");
        }
    }

    #[test]
    fn what_stands_to_what_is_told_by_bytes_first_and_by_versions_then() {
        let digest = "0a1b2c3d".repeat(8);
        let there = pinned("port-iam-v0.2.0-0a1b2c3d", &digest);
        let of = |sha256: &str, own: &str| Standing::of(sha256, Version::parse(own).as_ref(), &there);
        assert_eq!(of(&digest, "9.9.9"), Standing::Same);
        let other = "f".repeat(64);
        assert_eq!(of(&other, "0.2.0"), Standing::OtherBuild);
        assert_eq!(of(&other, "0.3.0"), Standing::Newer);
        assert_eq!(of(&other, "0.1.9"), Standing::Older);
        assert_eq!(of(&other, "?"), Standing::Untold);
    }
}
