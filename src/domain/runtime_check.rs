//! Whether the runtime in a target repository is the one that this program would publish, and what its workflows pin.

use serde_json::{Value, json};

use super::runtime::{PinnedRuntime, Standing, Version};
use super::setup::Origin;

/// What one workflow downloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// File name of the workflow.
    pub workflow: String,
    /// Where it comes from, as far as its head tells; none where it is not there.
    pub origin: Option<Origin>,
    /// How it stands to what this program would write in its place.
    pub written: Written,
    /// What it pins; none where that cannot be read.
    pub pinned: Option<PinnedRuntime>,
    /// Whether a complete asset of that name is published under that tag.
    pub is_there: bool,
    /// Its digest, where GitHub tells it.
    pub digest: Option<String>,
}

/// How a workflow stands to what this program would write in its place, with what it pins and the settings that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// Nobody looked, or its head and seal tell already that it is not ours.
    Unasked,
    /// It is just that, and the newest commit to it says that it is of `init`.
    AsOurs,
    /// It is of another version, whose form this program does not know.
    OtherVersion,
    /// It is something else.
    Otherwise,
    /// The workflows name different settings, or none that can be read.
    SettingsDiffer,
    /// It calls this address, which is neither Port's or AWS's own nor one that the operator names.
    StrangeAddress(String),
    /// It is as it would be, and the newest commit to it is not one of `init`.
    CommitOfOthers,
}

impl Written {
    /// Returns why what it runs is not what it pins, if so.
    fn wrong(&self) -> Option<String> {
        Some(match self {
            Self::Unasked | Self::AsOurs | Self::OtherVersion => return None,
            Self::Otherwise => {
                "it is not what `init` writes with the runtime that it pins: what it runs cannot be told".to_owned()
            }
            Self::SettingsDiffer => {
                "the workflows do not name one account, one region and one address of Port: what they run cannot be told"
                    .to_owned()
            }
            Self::StrangeAddress(address) => format!(
                "it sends credentials to {address}, which is no address of Port or AWS that is known here (PORT_API_URL and AWS_ENDPOINT_URL name yours)"
            ),
            Self::CommitOfOthers => "the newest commit to it is not one of `init`".to_owned(),
        })
    }

    /// Returns the word for machines: whether it is as `init` writes it; none where that cannot be told.
    fn is_as_written(&self) -> Option<bool> {
        match self {
            Self::AsOurs => Some(true),
            Self::Unasked | Self::OtherVersion => None,
            Self::Otherwise | Self::SettingsDiffer | Self::StrangeAddress(_) | Self::CommitOfOthers => Some(false),
        }
    }
}

/// The program that `init` would publish from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// Its version; none of a program that does not tell it.
    pub version: Option<Version>,
    /// Digest of the asset, in hexadecimal digits; none where this program cannot be published from here.
    pub sha256: Option<String>,
}

/// What the look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All workflows are as this program writes them, and pin this very program.
    Same,
    /// All pin this version; the bytes were not compared.
    SameVersion,
    /// They pin another build of this version.
    OtherBuild,
    /// They pin an older one.
    UpgradeAvailable,
    /// They pin a newer one than this.
    Newer,
    /// What a workflow would download is not what it pins, or cannot be told to be; or one is not as it was written.
    Mismatch,
}

impl Verdict {
    /// Returns the word for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::SameVersion => "same-version",
            Self::OtherBuild => "other-build",
            Self::UpgradeAvailable => "upgrade-available",
            Self::Newer => "newer",
            Self::Mismatch => "mismatch",
        }
    }
}

/// The verdict on all workflows, with a line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The verdict.
    pub verdict: Verdict,
    /// What there is to say of each workflow.
    pub lines: Vec<String>,
    /// What to do, where something is to be done.
    pub remedy: Option<String>,
    /// Whether GitHub told no digest of an asset, so that the workflows alone look at its bytes.
    pub is_untold: bool,
}

/// Judges what the workflows of `repository` (`owner/name`) download. What is not what they pin weighs most.
pub fn check(repository: &str, own: &Own, workflows: &[Downloaded]) -> Checked {
    let wrong = |downloaded: &Downloaded| wrong(downloaded).is_some();
    let standings: Vec<Standing> = workflows
        .iter()
        .filter_map(|it| it.pinned.as_ref())
        .map(|pinned| Standing::of(own.sha256.as_deref().unwrap_or_default(), own.version.as_ref(), pinned))
        .collect();
    let verdict = if workflows.iter().any(wrong) {
        Verdict::Mismatch
    } else {
        match standings.iter().max() {
            Some(Standing::Older) => Verdict::Newer,
            Some(Standing::Newer) => Verdict::UpgradeAvailable,
            Some(Standing::Untold) => Verdict::OtherBuild,
            Some(Standing::OtherBuild) if own.sha256.is_none() => Verdict::SameVersion,
            Some(Standing::OtherBuild) => Verdict::OtherBuild,
            Some(Standing::Same) | None => Verdict::Same,
        }
    };
    let remedy = match verdict {
        Verdict::Same => None,
        Verdict::SameVersion => Some(
            "`--runtime-binary PATH`, with the runtime of a release of this project, compares the bytes as well".to_owned(),
        ),
        Verdict::OtherBuild if own.version.is_none() => Some(
            "this program does not tell its version: `port-iam init --downgrade` publishes it and has the workflows run it"
                .to_owned(),
        ),
        Verdict::OtherBuild | Verdict::UpgradeAvailable => {
            Some("`port-iam init --upgrade` publishes this program and has the workflows run it".to_owned())
        }
        Verdict::Newer => Some("upgrade this program".to_owned()),
        Verdict::Mismatch => Some(format!(
            "find out who changed the release or the workflow: gh release list --repo {repository}, `port-iam plan`, and the audit log; then `port-iam init --upgrade`"
        )),
    };
    Checked {
        verdict,
        lines: workflows.iter().map(line).collect(),
        remedy,
        is_untold: workflows.iter().any(|it| it.is_there && it.digest.is_none()),
    }
}

impl Checked {
    /// Returns the verdict for machines.
    pub fn json(&self, repository: &str, own: &Own, workflows: &[Downloaded]) -> Value {
        let workflow = |it: &Downloaded| {
            json!({
                "workflow": it.workflow,
                "tag": it.pinned.as_ref().map(|pinned| &pinned.tag),
                "version": it.pinned.as_ref().and_then(PinnedRuntime::version).map(|version| version.to_string()),
                "pinned_sha256": it.pinned.as_ref().map(|pinned| &pinned.sha256),
                "asset_digest": it.digest,
                "as_written": is_as_written(it),
                "matches": matches(it),
            })
        };
        json!({
            "repository": repository,
            "verdict": self.verdict.word(),
            "program": { "version": own.version.as_ref().map(Version::to_string), "sha256": own.sha256 },
            "workflows": workflows.iter().map(workflow).collect::<Vec<_>>(),
            "remedy": self.remedy,
        })
    }
}

/// Returns whether a workflow is as `init` wrote it; none where that cannot be told.
fn is_as_written(downloaded: &Downloaded) -> Option<bool> {
    if downloaded.origin == Some(Origin::AsWritten) { downloaded.written.is_as_written() } else { Some(false) }
}

/// Returns whether a workflow runs what it pins: it is as `init` wrote it, and its release holds that. None where nothing
/// is known against it and one of the two cannot be told: a pin that is kept says nothing about the lines beside it, and a
/// release without a digest nothing about its bytes.
fn matches(downloaded: &Downloaded) -> Option<bool> {
    if wrong(downloaded).is_some() {
        Some(false)
    } else {
        is_as_written(downloaded).filter(|is_as_written| *is_as_written && downloaded.digest.is_some())
    }
}

/// Returns why a workflow cannot download what it pins, or may run something else.
fn wrong(downloaded: &Downloaded) -> Option<String> {
    match downloaded.origin {
        None => return Some("it is not on the default branch".to_owned()),
        Some(Origin::Edited) => return Some("somebody has edited it: what it runs cannot be told".to_owned()),
        Some(Origin::Foreign) => return Some("it is not of `port-iam init`: what it runs cannot be told".to_owned()),
        Some(Origin::AsWritten) => {}
    }
    if let Some(wrong) = downloaded.written.wrong() {
        return Some(wrong);
    }
    let Some(pinned) = &downloaded.pinned else { return Some("it pins no runtime that can be read".to_owned()) };
    if !downloaded.is_there {
        return Some(format!("the release {} with {} is not there", pinned.tag, pinned.asset));
    }
    let differs = downloaded.digest.as_ref().is_some_and(|digest| *digest != format!("sha256:{}", pinned.sha256));
    differs.then(|| {
        format!(
            "the release {} holds {}, and the workflow pins sha256:{}",
            pinned.tag,
            downloaded.digest.as_deref().unwrap_or_default(),
            pinned.sha256
        )
    })
}

fn line(downloaded: &Downloaded) -> String {
    let Downloaded { workflow, pinned, digest, written, .. } = downloaded;
    match (wrong(downloaded), pinned) {
        (Some(wrong), _) => format!("! {workflow}: {wrong}"),
        (None, Some(pinned)) if *written == Written::OtherVersion => format!(
            "? {workflow}: {}; it is of another version than this program, which cannot tell whether it is as that wrote it",
            pinned.tag
        ),
        (None, Some(pinned)) if digest.is_some() => {
            format!("= {workflow}: {}, and the release holds what it pins", pinned.tag)
        }
        (None, Some(pinned)) => format!("= {workflow}: {}; GitHub tells no digest of the asset", pinned.tag),
        (None, None) => workflow.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::runtime::tag;

    const HERE: &str = "0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d";
    const THERE: &str = "ffffffff0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d";

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    fn own(sha256: Option<&str>) -> Own {
        Own { version: Some(version("0.2.0")), sha256: sha256.map(str::to_owned) }
    }

    fn downloaded(of: &str, sha256: &str) -> Downloaded {
        let pinned = PinnedRuntime {
            tag: tag(Some(&version(of)), sha256),
            asset: "port-iam-x86_64-linux.gz".to_owned(),
            sha256: sha256.to_owned(),
        };
        Downloaded {
            workflow: "create.yaml".to_owned(),
            origin: Some(Origin::AsWritten),
            written: Written::AsOurs,
            digest: Some(format!("sha256:{sha256}")),
            pinned: Some(pinned),
            is_there: true,
        }
    }

    fn verdict(own: &Own, workflows: &[Downloaded]) -> Verdict {
        check("acme/iam", own, workflows).verdict
    }

    #[test]
    fn the_same_bytes_are_the_same_and_versions_say_the_rest() {
        let here = own(Some(HERE));
        assert_eq!(verdict(&here, &[downloaded("0.2.0", HERE)]), Verdict::Same);
        assert_eq!(verdict(&here, &[downloaded("0.2.0", THERE)]), Verdict::OtherBuild);
        assert_eq!(verdict(&here, &[downloaded("0.1.0", THERE)]), Verdict::UpgradeAvailable);
        assert_eq!(verdict(&here, &[downloaded("0.3.0", THERE)]), Verdict::Newer);
        // One that was left behind is an upgrade that is not over.
        assert_eq!(verdict(&here, &[downloaded("0.2.0", HERE), downloaded("0.1.0", THERE)]), Verdict::UpgradeAvailable);
        assert_eq!(verdict(&own(None), &[downloaded("0.2.0", THERE)]), Verdict::SameVersion);
        assert_eq!(verdict(&own(None), &[downloaded("0.1.0", THERE)]), Verdict::UpgradeAvailable);
    }

    #[test]
    fn a_program_without_a_version_is_another_build_and_no_upgrade() {
        let untold = Own { version: None, sha256: Some(HERE.to_owned()) };
        let checked = check("acme/iam", &untold, &[downloaded("0.2.0", THERE)]);
        assert_eq!(checked.verdict, Verdict::OtherBuild);
        assert!(checked.remedy.unwrap().contains("--downgrade"));
        assert_eq!(verdict(&untold, &[downloaded("0.2.0", HERE)]), Verdict::Same);
    }

    #[test]
    fn whatever_is_not_what_is_pinned_weighs_most() {
        let sound = downloaded("0.2.0", HERE);
        let swapped = Downloaded { digest: Some(format!("sha256:{THERE}")), ..sound.clone() };
        let missing = Downloaded { is_there: false, digest: None, ..sound.clone() };
        let unreadable = Downloaded { pinned: None, ..sound.clone() };
        let edited = Downloaded { origin: Some(Origin::Edited), ..sound.clone() };
        let of_others = Downloaded { origin: Some(Origin::Foreign), ..sound.clone() };
        let deleted = Downloaded { origin: None, pinned: None, is_there: false, digest: None, ..sound.clone() };
        let written = |written: Written| Downloaded { written, ..sound.clone() };
        let forged = [
            written(Written::Otherwise),
            written(Written::SettingsDiffer),
            written(Written::StrangeAddress("https://evil.example".to_owned())),
            written(Written::CommitOfOthers),
        ];
        for wrong in [swapped, missing, unreadable, edited, of_others, deleted].into_iter().chain(forged) {
            let checked = check("acme/iam", &own(Some(HERE)), &[sound.clone(), wrong]);
            assert_eq!(checked.verdict, Verdict::Mismatch);
            assert!(checked.lines[1].starts_with("! create.yaml: "), "{:?}", checked.lines);
        }
    }

    #[test]
    fn of_another_version_it_is_said_that_it_cannot_be_told() {
        let older = Downloaded { written: Written::OtherVersion, ..downloaded("0.1.0", THERE) };
        let checked = check("acme/iam", &own(Some(HERE)), std::slice::from_ref(&older));
        assert_eq!(checked.verdict, Verdict::UpgradeAvailable);
        assert!(checked.lines[0].starts_with("? create.yaml: ") && checked.lines[0].contains("cannot tell"));
        let json = checked.json("acme/iam", &own(Some(HERE)), &[older]);
        let of = |json: &Value, key: &str| json["workflows"][0][key].clone();
        assert_eq!((of(&json, "as_written"), of(&json, "matches")), (Value::Null, Value::Null), "{json}");
        // What is known to be wrong is no matter of its version.
        let missing =
            Downloaded { is_there: false, digest: None, written: Written::OtherVersion, ..downloaded("0.1.0", THERE) };
        let checked = check("acme/iam", &own(Some(HERE)), std::slice::from_ref(&missing));
        let json = checked.json("acme/iam", &own(Some(HERE)), &[missing]);
        assert_eq!((of(&json, "as_written"), of(&json, "matches")), (Value::Null, json!(false)), "{json}");
        let sound = downloaded("0.2.0", HERE);
        let json = check("acme/iam", &own(Some(HERE)), std::slice::from_ref(&sound)).json(
            "acme/iam",
            &own(Some(HERE)),
            &[sound],
        );
        assert_eq!((of(&json, "as_written"), of(&json, "matches")), (json!(true), json!(true)), "{json}");
        // What GitHub does not tell of the file was not compared.
        let untold = Downloaded { digest: None, ..downloaded("0.2.0", HERE) };
        let json = check("acme/iam", &own(Some(HERE)), std::slice::from_ref(&untold)).json(
            "acme/iam",
            &own(Some(HERE)),
            &[untold],
        );
        assert_eq!((of(&json, "as_written"), of(&json, "matches")), (json!(true), Value::Null), "{json}");
    }

    #[test]
    fn what_github_does_not_tell_is_said_and_is_no_mismatch() {
        let untold = Downloaded { digest: None, ..downloaded("0.2.0", HERE) };
        let checked = check("acme/iam", &own(Some(HERE)), &[untold]);
        assert_eq!((checked.verdict, checked.is_untold), (Verdict::Same, true));
        assert!(checked.lines[0].contains("GitHub tells no digest"), "{:?}", checked.lines);
    }
}
