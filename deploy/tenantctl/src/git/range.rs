//! From what was typed to a range that can be compared, or to 'everything', with the reason.

use super::{Commit, FileChange, GitError, Repository, diff};

/// What the revision to sync is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    /// An ancestor.
    Commit(Commit),
    /// Nothing: every file counts as added, and nothing as deleted. Why, for people.
    Nothing(String),
}

/// A range of history.
#[derive(Debug, Clone)]
pub(crate) struct Range {
    /// Compared with what.
    pub(crate) base: Base,
    /// The revision to sync.
    pub(crate) to: Commit,
}

/// Resolves what was typed. A first push (no --from, or all zeros) and a forced one (--from is no ancestor, or is gone) have
/// nothing to be compared with; a name that does not exist is an error, since it is rather a slip of the pen.
pub(crate) async fn range(repository: &Repository, from: Option<&str>, to: &str) -> Result<Range, GitError> {
    let to = repository.commit(to).await?.ok_or_else(|| repository.no_revision(to))?;
    let Some(from) = from.filter(|from| !from.is_empty()) else {
        return Ok(Range { base: Base::Nothing("no --from was given".to_owned()), to });
    };
    if from.bytes().all(|byte| byte == b'0') {
        return Ok(Range { base: Base::Nothing("--from is all zeros: a first push".to_owned()), to });
    }
    let base = match repository.commit(from).await? {
        Some(base) if repository.is_ancestor(&base, &to).await? => Base::Commit(base),
        Some(base) => Base::Nothing(format!("{} is no ancestor of {}: a forced push", base.short(), to.short())),
        None if is_object_id(from) => {
            Base::Nothing(format!("{} is not in this clone: a forced push, or a shallow clone", &from[..10]))
        }
        None => return Err(repository.no_revision(from)),
    };
    Ok(Range { base, to })
}

/// A whole SHA-1 or SHA-256 id.
fn is_object_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Repository {
    /// What changed in a folder between two commits.
    pub(crate) async fn changes(&self, from: &Commit, to: &Commit, folder: &str) -> Result<Vec<FileChange>, GitError> {
        let path = if folder.is_empty() { ":(top)".to_owned() } else { format!(":(top,literal){folder}") };
        let (from, to) = (from.as_str(), to.as_str());
        let flags = ["diff", "--name-status", "-z", "-M", "--no-ext-diff", "--no-textconv", "--no-relative"];
        let answer = self.git(&[&flags[..], &[from, to, "--", &path]].concat()).await?;
        diff::parse(&answer)
    }

    async fn commit(&self, revision: &str) -> Result<Option<Commit>, GitError> {
        let wanted = format!("{revision}^{{commit}}");
        let ended = self.try_git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted]).await?;
        if !ended.success {
            // Not a repository at all is another matter than a revision it lacks.
            self.git(&["rev-parse", "--git-dir"]).await?;
            return Ok(None);
        }
        Ok(Some(Commit(String::from_utf8_lossy(&ended.stdout).trim().to_owned())))
    }

    async fn is_ancestor(&self, old: &Commit, new: &Commit) -> Result<bool, GitError> {
        Ok(self.try_git(&["merge-base", "--is-ancestor", old.as_str(), new.as_str()]).await?.success)
    }

    fn no_revision(&self, revision: &str) -> GitError {
        GitError::NoRevision { revision: revision.to_owned(), repository: self.folder.clone() }
    }
}
