//! Which of the releases that are there is the one of this program, and which tag a new one gets.

use super::seen::ReleaseSeen;
use crate::domain::runtime::PinnedRuntime;
use crate::domain::runtime_tag::{first, next, number};

/// What is said of a new release that does not get the tag of the one before it.
pub(super) const USED_TAG: &str =
    "the workflows pin a release that is gone; GitHub lets no release have the tag of an immutable one again";

/// What there is under the tags of one program, and what is known of those that were.
pub struct ReleasesFound<'a> {
    /// The first of its tags.
    pub tag: &'a str,
    /// Its digest, `sha256:` and hexadecimal digits.
    pub digest: &'a str,
    /// The published releases.
    pub releases: &'a [(String, ReleaseSeen)],
    /// What the workflows on the default branch pin.
    pub pinned: Option<&'a PinnedRuntime>,
    /// Whether a release is immutable once it is published.
    pub are_immutable: bool,
}

impl ReleasesFound<'_> {
    /// Returns the release of the program, and its tag: the one that the workflows pin before any other that holds its
    /// bytes. Where there is none, what the workflows pin is a tag that nobody can use again.
    pub fn choose(&self) -> (String, ReleaseSeen) {
        let pinned = self.pinned.filter(|pinned| self.is_of_it(pinned)).map(|pinned| pinned.tag.as_str());
        let mut of_it: Vec<&(String, ReleaseSeen)> =
            self.releases.iter().filter(|(tag, _)| first(tag) == self.tag).collect();
        of_it.sort_by_key(|(tag, _)| (Some(tag.as_str()) != pinned, number(tag)));
        let chosen = of_it.iter().find(|(_, seen)| self.is_whole(seen)).or_else(|| of_it.first());
        if let Some((tag, seen)) = chosen {
            return (tag.clone(), seen.clone());
        }
        let tag = pinned.filter(|_| self.are_immutable).map_or_else(|| self.tag.to_owned(), next);
        (tag, ReleaseSeen::Absent)
    }

    fn is_of_it(&self, pinned: &PinnedRuntime) -> bool {
        first(&pinned.tag) == self.tag && self.digest.strip_prefix("sha256:") == Some(pinned.sha256.as_str())
    }

    /// Where GitHub tells no digest, the one that the workflows pin still decides.
    fn is_whole(&self, seen: &ReleaseSeen) -> bool {
        match seen {
            ReleaseSeen::Published { digest } => digest.as_ref().is_none_or(|held| held == self.digest),
            ReleaseSeen::Absent | ReleaseSeen::WithoutAsset => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAG: &str = "port-iam-v0.2.0-0a1b2c3d";

    fn tag(number: u32) -> String {
        if number == 1 { TAG.to_owned() } else { format!("{TAG}-{number}") }
    }

    /// Returns the number of the chosen tag, and whether there is a release of it.
    fn chosen(releases: &[(u32, &str)], pinned: Option<u32>, are_immutable: bool) -> (u32, bool) {
        let sha256 = "0a1b2c3d".repeat(8);
        let digest = format!("sha256:{sha256}");
        let seen = |what: &str| match what {
            "whole" => ReleaseSeen::Published { digest: Some(digest.clone()) },
            "untold" => ReleaseSeen::Published { digest: None },
            "other" => ReleaseSeen::Published { digest: Some("sha256:1".to_owned()) },
            _ => ReleaseSeen::WithoutAsset,
        };
        let mut releases: Vec<_> = releases.iter().map(|(number, what)| (tag(*number), seen(what))).collect();
        releases.push(("v1".to_owned(), ReleaseSeen::WithoutAsset));
        let asset = "port-iam-x86_64-linux.gz".to_owned();
        let pinned = pinned.map(|number| PinnedRuntime { tag: tag(number), asset, sha256 });
        let found =
            ReleasesFound { tag: TAG, digest: &digest, releases: &releases, pinned: pinned.as_ref(), are_immutable };
        let (tag, seen) = found.choose();
        assert_eq!(first(&tag), TAG);
        (number(&tag), seen != ReleaseSeen::Absent)
    }

    #[test]
    fn a_release_is_found_by_its_bytes_whatever_its_number() {
        assert_eq!(chosen(&[(2, "whole")], None, true), (2, true));
        assert_eq!(chosen(&[(3, "whole"), (2, "whole")], None, true), (2, true));
        assert_eq!(chosen(&[(3, "whole"), (2, "whole")], Some(3), true), (3, true));
        assert_eq!(chosen(&[(1, "other"), (2, "untold")], Some(1), true), (2, true));
        assert_eq!(chosen(&[(1, "other"), (2, "empty")], Some(1), true), (1, true), "the one in use is what is wrong");
    }

    #[test]
    fn a_tag_that_the_workflows_pin_and_that_is_gone_cannot_come_back_where_releases_are_immutable() {
        assert_eq!(chosen(&[], None, true), (1, false));
        assert_eq!(chosen(&[], Some(1), true), (2, false));
        assert_eq!(chosen(&[], Some(7), true), (8, false));
        assert_eq!(chosen(&[], Some(1), false), (1, false));
    }
}
