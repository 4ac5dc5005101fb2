//! Definition files: where they are, what is in them, and everything that is wrong with all of them at once.

mod check;
mod folder;

pub(crate) use check::{Defined, FileProblem, check};
pub(crate) use folder::collect;

use tenancy::tenant::Format;

/// A file that should hold a definition, not looked into yet.
#[derive(Debug, Clone)]
pub(crate) struct DefinitionFile {
    /// Its path as people know it, with `/` between its parts.
    pub(crate) path: String,
    /// How it is written.
    pub(crate) format: Format,
    /// What is in it.
    pub(crate) source: Vec<u8>,
}

/// How a file is written, `None` if it is no definition: another extension, or hidden (`.yamllint.yaml`, `.github/…`).
pub(crate) fn format_of(path: &str) -> Option<Format> {
    let hidden = path.split('/').any(|part| part.starts_with('.') && !matches!(part, "." | ".."));
    if hidden { None } else { Format::of_file_name(path) }
}

/// A file name without its folders and its extension: the tenant's name.
pub(crate) fn stem(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').map_or(file, |(stem, _)| stem)
}
