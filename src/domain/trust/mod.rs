//! Who may assume a granted role, and until when.

mod document;
mod mode;
mod name;

pub use document::{digest_of, document, end_of, is_same, notes, wants_name, wants_source_identity};
pub use mode::{PermissionSet, Trust};
pub use name::{AwsName, CommonName, NameMapping};

#[cfg(test)]
mod tests;
