//! Titles. That of a permission always says which action it is: whoever approves sees the title, and a title alone
//! could call `iam:PassRole` "Read reports".

use super::{Kind, SeedEntity};

/// What is wanted of a title.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Title {
    /// Nothing: whatever is there stays.
    Any,
    /// A title for an entity that is new; somebody's own stays.
    WhenNew(String),
    /// This one.
    Exactly(String),
}

impl SeedEntity {
    /// Returns the title when the entity is new; none leaves it to Port, which shows the identifier.
    pub fn title_of_new(&self) -> Option<String> {
        match &self.title {
            Title::Any => (self.kind == Kind::Permission).then(|| self.identifier.clone()),
            Title::WhenNew(title) | Title::Exactly(title) => Some(self.complete(title)),
        }
    }

    /// Returns the title that the entity shall have instead of `found`; none where that one stays.
    pub(super) fn title_instead_of(&self, found: Option<&str>) -> Option<String> {
        let wanted = match (&self.title, found) {
            (Title::Exactly(title), _) => self.complete(title),
            (Title::Any | Title::WhenNew(_), Some(found)) => self.complete(found),
            (Title::Any | Title::WhenNew(_), None) if self.kind == Kind::Resource => return None,
            (Title::Any | Title::WhenNew(_), None) => self.title_of_new()?,
        };
        (found != Some(&wanted)).then_some(wanted)
    }

    fn complete(&self, title: &str) -> String {
        complete(self.kind, title, &self.identifier)
    }
}

/// Returns the title with the identifier behind it, where it has to name it and does not.
pub(super) fn complete(kind: Kind, title: &str, identifier: &str) -> String {
    if kind == Kind::Resource || names(title, identifier) {
        return title.to_owned();
    }
    format!("{title} ({identifier})")
}

/// Returns whether the identifier stands in the title, and not as a part of a longer one (`s3:PutObjectAcl`).
fn names(title: &str, identifier: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, ':' | '-' | '_');
    title.match_indices(identifier).any(|(start, _)| {
        let (before, after) = (&title[..start], &title[start + identifier.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}
