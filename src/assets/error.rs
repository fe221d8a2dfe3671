//! What can be wrong with an asset or with a value that is rendered into it.

/// A refusal to render: nothing of the asset may be sent or committed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssetError {
    /// The file is not part of this build.
    #[error("{path} is not embedded in this build")]
    Missing {
        /// Path of the file in this project.
        path: String,
    },
    /// The file is not JSON, or not the JSON that its kind of asset consists of.
    #[error("{path} cannot be used: {problem}")]
    Malformed {
        /// Path of the file in this project.
        path: String,
        /// What the parser or the check says.
        problem: String,
    },
    /// A placeholder would have been sent as it is.
    #[error("{path} still holds the placeholder {placeholder} after rendering")]
    PlaceholderLeft {
        /// Path of the file in this project.
        path: String,
        /// The placeholder, with its angle brackets.
        placeholder: String,
    },
    /// An identifier stands where [`Names`](crate::domain::names::Names) must decide, and is none that it knows.
    #[error("{path} holds {identifier:?} as {key:?}, which no name of the installation replaces")]
    UnknownIdentifier {
        /// Path of the file in this project.
        path: String,
        /// The JSON key.
        key: String,
        /// The identifier that stands there.
        identifier: String,
    },
    /// A conditional block of a workflow is not closed, not opened, or names a condition that does not exist.
    #[error("{path}, line {line}: {problem}")]
    Block {
        /// Path of the file in this project.
        path: String,
        /// Line number, counted from 1.
        line: usize,
        /// What is wrong.
        problem: String,
    },
    /// A value cannot be written into an asset safely.
    #[error("the {what} {value:?} cannot be used: it must be {expected}")]
    Value {
        /// Which value.
        what: &'static str,
        /// The value as it was given.
        value: String,
        /// What it must look like.
        expected: &'static str,
    },
}
