//! What becomes of one file among those that are committed at once.

/// What is said of a workflow that shall name another release of the program that it runs already.
pub const OTHER_RELEASE: &str = "it runs the same program, from a release of another tag";

/// What becomes of one file among those that are committed at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Path from the root of the repository.
    pub path: String,
    /// Whether there is no such file yet.
    pub is_new: bool,
    /// What should be known of the one that is there.
    pub note: Option<&'static str>,
    /// What changes in it, a line each, indented.
    pub lines: Vec<String>,
}

impl FileChange {
    /// Returns the lines of it: its path first.
    pub fn told(&self) -> Vec<String> {
        let Self { path, is_new, note, lines } = self;
        let mark = if *is_new { '+' } else { '~' };
        let note = note.map_or_else(String::new, |note| format!(": {note}"));
        std::iter::once(format!("{mark} {path}{note}")).chain(lines.iter().cloned()).collect()
    }
}
