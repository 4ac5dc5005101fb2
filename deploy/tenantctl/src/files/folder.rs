//! Files and folders of the work tree.

use std::path::{Path, PathBuf};

use tenancy::tenant::Format;

use super::{DefinitionFile, format_of};
use crate::exit::Failure;

/// Reads the definition files that are named, and every one in the folders that are named, folders within them included.
/// Sorted by path; a file that is named twice is read once.
pub(crate) fn collect(paths: &[PathBuf]) -> Result<Vec<DefinitionFile>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        let before = found.len();
        if path.is_dir() {
            walk(path, path, &mut found)?;
        } else if path.is_file() && path.to_str().and_then(Format::of_file_name).is_some() {
            found.push(path.clone());
        } else if path.exists() {
            return Err(usage(path, "is no .yaml, .yml or .json file"));
        } else {
            return Err(missing(path, "does not exist"));
        }
        if found.len() == before {
            return Err(missing(path, "holds no definition: no .yaml, .yml or .json file"));
        }
    }
    found.sort();
    found.dedup();
    found.iter().map(|path| read(path)).collect()
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = std::fs::read_dir(folder).map_err(|error| missing(folder, &format!("cannot be read: {error}")))?;
    for entry in entries {
        let entry = entry.map_err(|error| missing(folder, &format!("cannot be read: {error}")))?;
        let path = entry.path();
        // Relative to what was named: a hidden folder that somebody names is meant.
        let relative = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let kind = entry.file_type().map_err(|error| missing(&path, &format!("cannot be read: {error}")))?;
        if kind.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            walk(root, &path, found)?;
        } else if !kind.is_dir() && format_of(&relative).is_some() {
            found.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<DefinitionFile, Failure> {
    let name = path.to_string_lossy().replace('\\', "/");
    let format = Format::of_file_name(&name).ok_or_else(|| usage(path, "is no definition file"))?;
    let source = std::fs::read(path).map_err(|error| missing(path, &format!("cannot be read: {error}")))?;
    Ok(DefinitionFile { path: name, format, source })
}

fn missing(path: &Path, what: &str) -> Failure {
    Failure::NotFound {
        what: format!("{} {what}", path.display()),
        next: "name definition files, or a folder that holds some".to_owned(),
    }
}

fn usage(path: &Path, what: &str) -> Failure {
    Failure::Usage {
        what: format!("{} {what}", path.display()),
        next: "name files that end in .yaml, .yml or .json".to_owned(),
    }
}
