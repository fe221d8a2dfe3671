//! Git's objects, addressed by git's own hashes, so that a client which computes them finds nothing unchanged
//! rewritten.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;

use sha1::{Digest as _, Sha1};

/// Mode of an ordinary file.
pub(super) const FILE_MODE: &str = "100644";
const DIRECTORY_MODE: &str = "40000";

/// One name in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TreeEntry {
    /// Mode as git writes it: directories have `40000`, without a leading zero.
    pub(super) mode: String,
    pub(super) id: String,
}

impl TreeEntry {
    pub(super) fn is_directory(&self) -> bool {
        self.mode == DIRECTORY_MODE
    }

    /// Returns the type in the API's words.
    pub(super) fn kind(&self) -> &'static str {
        match self.mode.as_str() {
            DIRECTORY_MODE => "tree",
            "160000" => "commit",
            _ => "blob",
        }
    }

    /// Returns the mode with six digits, as the API shows it.
    pub(super) fn api_mode(&self) -> String {
        format!("{:0>6}", self.mode)
    }
}

/// All files of a tree by their full path.
pub(super) type Files = BTreeMap<String, TreeEntry>;

/// Who made a commit, and when (seconds since 1970, UTC).
#[derive(Clone, Debug)]
pub(super) struct Signature {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) seconds: i64,
}

/// A commit.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) tree: String,
    pub(super) parents: Vec<String>,
    pub(super) author: Signature,
    pub(super) committer: Signature,
    pub(super) message: String,
    /// Whether GitHub signed it, as it does for commits of GraphQL and of the contents API.
    pub(super) verified: bool,
}

#[derive(Clone, Debug)]
enum Object {
    Blob(Vec<u8>),
    Tree(BTreeMap<String, TreeEntry>),
    Commit(Box<Commit>),
}

/// The objects of one repository.
#[derive(Clone, Debug, Default)]
pub(super) struct Objects {
    by_id: HashMap<String, Object>,
}

impl Objects {
    pub(super) fn add_blob(&mut self, content: &[u8]) -> String {
        self.add("blob", content, Object::Blob(content.to_vec()))
    }

    pub(super) fn add_commit(&mut self, commit: Commit) -> String {
        let mut text = format!("tree {}\n", commit.tree);
        for parent in &commit.parents {
            let _ = writeln!(text, "parent {parent}");
        }
        for (role, who) in [("author", &commit.author), ("committer", &commit.committer)] {
            let _ = writeln!(text, "{role} {} <{}> {} +0000", who.name, who.email, who.seconds);
        }
        let _ = write!(text, "\n{}", commit.message);
        self.add("commit", text.as_bytes(), Object::Commit(Box::new(commit)))
    }

    /// Stores the trees of `files` from the leaves up and returns the id of the root.
    pub(super) fn add_files(&mut self, files: &Files) -> String {
        let mut entries: BTreeMap<String, TreeEntry> = BTreeMap::new();
        let mut directories: BTreeMap<String, Files> = BTreeMap::new();
        for (path, entry) in files {
            match path.split_once('/') {
                Some((directory, rest)) => {
                    directories.entry(directory.to_owned()).or_default().insert(rest.to_owned(), entry.clone());
                }
                None => {
                    entries.insert(path.clone(), entry.clone());
                }
            }
        }
        for (name, files) in directories {
            let id = self.add_files(&files);
            entries.insert(name, TreeEntry { mode: DIRECTORY_MODE.to_owned(), id });
        }
        self.add_tree(entries)
    }

    fn add_tree(&mut self, entries: BTreeMap<String, TreeEntry>) -> String {
        // Git sorts a directory as if its name ended in a slash.
        let mut sorted: Vec<_> = entries.iter().collect();
        sorted.sort_by_key(|(name, entry)| {
            let slash = if entry.is_directory() { "/" } else { "" };
            format!("{name}{slash}").into_bytes()
        });
        let mut content = Vec::new();
        for (name, entry) in sorted {
            content.extend_from_slice(format!("{} {name}\0", entry.mode).as_bytes());
            content.extend(bytes_of(&entry.id));
        }
        self.add("tree", &content, Object::Tree(entries))
    }

    fn add(&mut self, kind: &str, content: &[u8], object: Object) -> String {
        let mut hash = Sha1::new();
        hash.update(format!("{kind} {}\0", content.len()));
        hash.update(content);
        let id = hexadecimal(&hash.finalize());
        self.by_id.insert(id.clone(), object);
        id
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        self.by_id.contains_key(id)
    }

    pub(super) fn blob(&self, id: &str) -> Option<&[u8]> {
        match self.by_id.get(id) {
            Some(Object::Blob(content)) => Some(content),
            _ => None,
        }
    }

    pub(super) fn commit(&self, id: &str) -> Option<&Commit> {
        match self.by_id.get(id) {
            Some(Object::Commit(commit)) => Some(commit),
            _ => None,
        }
    }

    pub(super) fn tree(&self, id: &str) -> Option<&BTreeMap<String, TreeEntry>> {
        match self.by_id.get(id) {
            Some(Object::Tree(entries)) => Some(entries),
            _ => None,
        }
    }

    /// Returns the tree that `id` names: itself, or the tree of the commit.
    pub(super) fn tree_id(&self, id: &str) -> Option<String> {
        match self.by_id.get(id)? {
            Object::Tree(_) => Some(id.to_owned()),
            Object::Commit(commit) => Some(commit.tree.clone()),
            Object::Blob(_) => None,
        }
    }

    /// Returns all files below a tree or a commit.
    pub(super) fn files(&self, id: &str) -> Files {
        self.listing(id).into_iter().filter(|(_, entry)| !entry.is_directory()).collect()
    }

    /// Returns all files and directories below a tree or a commit, by full path.
    pub(super) fn listing(&self, id: &str) -> Files {
        let mut found = Files::new();
        if let Some(tree) = self.tree_id(id) {
            self.walk(&tree, "", &mut found);
        }
        found
    }

    fn walk(&self, tree: &str, prefix: &str, found: &mut Files) {
        for (name, entry) in self.tree(tree).into_iter().flatten() {
            let path = format!("{prefix}{name}");
            if entry.is_directory() {
                self.walk(&entry.id, &format!("{path}/"), found);
            }
            found.insert(path, entry.clone());
        }
    }

    /// Returns what lies at `path` below a tree or a commit; the empty path is the tree itself.
    pub(super) fn find(&self, id: &str, path: &str) -> Option<TreeEntry> {
        let mut at = TreeEntry { mode: DIRECTORY_MODE.to_owned(), id: self.tree_id(id)? };
        for name in path.split('/').filter(|name| !name.is_empty()) {
            at = self.tree(&at.id)?.get(name)?.clone();
        }
        Some(at)
    }

    /// Returns `id` and its ancestors, newest first along each line.
    pub(super) fn history(&self, id: &str) -> Vec<String> {
        let (mut found, mut seen, mut waiting) = (Vec::new(), HashSet::new(), vec![id.to_owned()]);
        while let Some(id) = waiting.pop() {
            let Some(commit) = self.commit(&id) else { continue };
            if seen.insert(id.clone()) {
                waiting.extend(commit.parents.iter().rev().cloned());
                found.push(id);
            }
        }
        found
    }
}

/// Writes bytes in lower-case hexadecimal.
pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    (0..hexadecimal.len() / 2)
        .filter_map(|index| hexadecimal.get(2 * index..2 * index + 2))
        .filter_map(|pair| u8::from_str_radix(pair, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected ids were made by git 2.39 (`git write-tree`, `git commit-tree`) from the same files.
    #[test]
    fn blobs_trees_and_commits_have_gits_own_hashes() {
        let mut objects = Objects::default();
        let mut files = Files::new();
        let contents = [
            (".github/workflows/create.yaml", "on: workflow_dispatch\n"),
            ("a/t.json", "{}"),
            ("a.txt", "x"),
            ("a-b", "y"),
        ];
        for (path, content) in contents {
            let id = objects.add_blob(content.as_bytes());
            files.insert(path.to_owned(), TreeEntry { mode: FILE_MODE.to_owned(), id });
        }
        assert_eq!(files[".github/workflows/create.yaml"].id, "301b07520749e1da909f0623f5afad07d5c131be");
        let tree = objects.add_files(&files);
        assert_eq!(tree, "4d19d6ed6b7253c9fefc9b9dc2672320d04bc6ba");
        let ada = Signature { name: "Ada".to_owned(), email: "ada@acme.example".to_owned(), seconds: 1_700_000_000 };
        let commit = objects.add_commit(Commit {
            tree,
            parents: Vec::new(),
            author: ada.clone(),
            committer: ada,
            message: "Add files".to_owned(),
            verified: false,
        });
        assert_eq!(commit, "d46dddc578044eea1e959aff50061274bbc3f573");
        assert_eq!(objects.files(&commit), files);
    }

    #[test]
    fn an_empty_tree_has_gits_well_known_hash() {
        assert_eq!(Objects::default().add_files(&Files::new()), "4b825dc642cb6eb9a060e54bf8d69288fbee4904");
    }
}
