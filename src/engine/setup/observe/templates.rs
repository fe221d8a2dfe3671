//! Looks at the templates of the documents, and at other texts that may be ours: what is ours by its digest is not read.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;

use super::super::Setup;
use crate::clients::error::ApiError;
use crate::clients::github::Repository;
use crate::domain::setup::{Seen, TemplateSeen, Wanted, template_paths};

impl Setup<'_> {
    /// Returns the text of a file on the default branch, where GitHub tells of one.
    pub(super) async fn text_of(
        &self,
        repository: &Repository,
        blobs: &BTreeMap<String, String>,
        wanted: &Wanted,
        path: &str,
    ) -> Result<Option<String>, ApiError> {
        match wanted.files.iter().find(|file| file.path == path && blobs.get(path) == Some(&file.blob)) {
            Some(ours) => Ok(Some(ours.contents.clone())),
            None => self.github.readable_file(repository, path).await,
        }
    }

    /// Returns the templates on the default branch, each with its text where it is one. Only one that is not ours is read.
    pub(super) async fn template_texts(
        &self,
        repository: Option<&Repository>,
        seen: &Seen,
        wanted: &Wanted,
    ) -> Result<Vec<(String, Option<String>)>, ApiError> {
        let Some((repository, blobs)) = repository.zip(seen.blobs()) else { return Ok(Vec::new()) };
        let paths = template_paths(self.names).into_iter().filter(|path| blobs.contains_key(*path));
        let texts = paths.map(async |path| Ok((path.to_owned(), self.text_of(repository, blobs, wanted, path).await?)));
        try_join_all(texts).await
    }

    /// Returns those of the templates that are not as they are written, judged by the rules that are there or will be.
    pub(super) fn templates(
        &self,
        texts: Vec<(String, Option<String>)>,
        rules: Option<&str>,
        wanted: &Wanted,
    ) -> BTreeMap<String, TemplateSeen> {
        let of = |path: &str| wanted.files.iter().find(|file| file.path == path).map(|file| file.contents.as_str());
        let rules = rules.or(of(&self.names.rules_path)).unwrap_or_default();
        let differing = texts.into_iter().filter(|(path, text)| of(path) != text.as_deref());
        let seen = differing.map(|(path, text)| {
            let seen = TemplateSeen::read(self.names, &path, text, rules);
            (path, seen)
        });
        seen.collect()
    }
}
