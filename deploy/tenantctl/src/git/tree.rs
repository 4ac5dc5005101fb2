//! Every definition file of one commit: one listing and one process that reads, however many files there are.

use tenancy::tenant::Format;

use super::{Commit, GitError, Repository};
use crate::files::{DefinitionFile, format_of};

/// A file of a tree, not read yet.
struct Entry {
    path: String,
    object: String,
}

impl Repository {
    /// The definition files in a folder at a commit, sorted by path. Links and submodules are none.
    pub(crate) async fn definition_files(&self, at: &Commit, folder: &str) -> Result<Vec<DefinitionFile>, GitError> {
        let mut arguments = vec!["ls-tree", "-r", "-z", "--full-tree", at.as_str()];
        if !folder.is_empty() {
            arguments.extend(["--", folder]);
        }
        let listing = self.git(&arguments).await?;
        let entries = entries(&listing, folder)?;
        let mut wanted = entries.iter().map(|entry| entry.object.as_str()).collect::<Vec<_>>().join("\n");
        wanted.push('\n');
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let answer = self.git_reading(&["cat-file", "--batch"], wanted.into_bytes()).await?;
        contents(&answer, entries)
    }
}

/// `MODE blob OBJECT\tPATH`, each ended by NUL.
fn entries(listing: &[u8], folder: &str) -> Result<Vec<Entry>, GitError> {
    let unreadable = |why: &str| GitError::Unreadable { command: "ls-tree", why: why.to_owned() };
    let mut entries = Vec::new();
    for line in listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()) {
        let line = std::str::from_utf8(line).map_err(|_| unreadable("a path is not UTF-8"))?;
        let (what, path) = line.split_once('\t').ok_or_else(|| unreadable("a line without a path"))?;
        let mut words = what.split(' ');
        let (Some(mode), Some(_), Some(object)) = (words.next(), words.next(), words.next()) else {
            return Err(unreadable("a line without an object"));
        };
        let within = path.strip_prefix(folder).unwrap_or(path);
        if matches!(mode, "100644" | "100755") && format_of(within).is_some() {
            entries.push(Entry { path: path.to_owned(), object: object.to_owned() });
        }
    }
    Ok(entries)
}

/// `OBJECT blob SIZE\n`, SIZE bytes, `\n`, once for each entry and in their order.
fn contents(mut answer: &[u8], entries: Vec<Entry>) -> Result<Vec<DefinitionFile>, GitError> {
    let unreadable = |why: &str| GitError::Unreadable { command: "cat-file", why: why.to_owned() };
    let mut files = Vec::with_capacity(entries.len());
    for Entry { path, .. } in entries {
        let end = answer.iter().position(|byte| *byte == b'\n').ok_or_else(|| unreadable("it ends early"))?;
        let header = String::from_utf8_lossy(&answer[..end]);
        let size = header.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
        let size = size.ok_or_else(|| unreadable(&format!("'{header}' instead of {path}")))?;
        let source = answer.get(end + 1..end + 1 + size).ok_or_else(|| unreadable("it ends early"))?.to_vec();
        answer = answer.get(end + size + 2..).unwrap_or_default();
        let format = Format::of_file_name(&path).ok_or_else(|| unreadable("a file that was not asked for"))?;
        files.push(DefinitionFile { path, format, source });
    }
    Ok(files)
}
