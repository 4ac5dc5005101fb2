//! A git repository with a history, made with git itself.

use std::path::Path;

use tempfile::TempDir;

use crate::ctl::{definition, must, write};

pub(crate) struct Repository(TempDir);

const WHEN: &str = "2026-01-02T03:04:05Z";

impl Repository {
    pub(crate) fn new() -> Self {
        let repository = Self(TempDir::new().unwrap());
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        let environment = [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_AUTHOR_DATE", WHEN),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_DATE", WHEN),
        ];
        must("git", self.path(), arguments, &environment).trim().to_owned()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        write(self.path(), path, text);
        self
    }

    /// A definition in `tenants/`.
    pub(crate) fn tenant(&self, name: &str, spec: &str) -> &Self {
        self.write(&format!("tenants/{name}.yaml"), &definition(name, spec))
    }

    pub(crate) fn remove(&self, path: &str) -> &Self {
        std::fs::remove_file(self.path().join(path)).unwrap();
        self
    }

    /// Commits everything and says which commit it is.
    pub(crate) fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "-m", "A change"]);
        self.git(&["rev-parse", "HEAD"])
    }
}
