//! Definitions in a repository's history: files are read at a revision, never from the work tree.

mod diff;
mod process;
mod range;
mod tree;

pub(crate) use diff::FileChange;
pub(crate) use range::{Base, Range, range};

use std::path::PathBuf;

/// Why the repository could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GitError {
    /// No git, or it could not be started.
    #[error("git could not be started: {0}")]
    NotStarted(std::io::Error),
    /// Git said no.
    #[error("git {command} failed in {}: {said}", .repository.display())]
    Failed {
        /// What was run.
        command: String,
        /// Where.
        repository: PathBuf,
        /// What it said.
        said: String,
    },
    /// No such revision.
    #[error("there is no revision '{revision}' in {}", .repository.display())]
    NoRevision {
        /// As it was given.
        revision: String,
        /// Where.
        repository: PathBuf,
    },
    /// Git answered what we do not understand.
    #[error("the answer of git {command} cannot be read: {why}")]
    Unreadable {
        /// What was run.
        command: &'static str,
        /// What is wrong with its answer.
        why: String,
    },
}

impl GitError {
    /// What to do next.
    pub(crate) fn next(&self) -> String {
        match self {
            Self::NotStarted(_) => "install git, or add it to PATH",
            Self::Failed { .. } => "name the repository with --repo",
            Self::NoRevision { .. } => {
                "name a branch, a tag or a commit that was fetched (a shallow clone lacks older ones)"
            }
            Self::Unreadable { .. } => "update git: this needs 2.25 or later",
        }
        .to_owned()
    }
}

/// A repository, by a folder within it.
#[derive(Debug)]
pub(crate) struct Repository {
    folder: PathBuf,
}

impl Repository {
    /// The repository that a folder is in; git says so if it is in none.
    pub(crate) fn at(folder: PathBuf) -> Self {
        Self { folder }
    }
}

/// A commit that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Commit(String);

impl Commit {
    /// The first characters, for people.
    pub(crate) fn short(&self) -> &str {
        self.0.get(..10).unwrap_or(&self.0)
    }

    /// The whole id.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}
