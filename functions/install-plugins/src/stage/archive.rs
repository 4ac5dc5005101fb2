//! Unpacking an archive that nobody vouches for: one folder at its top, plain files in it, nothing that leads out, and no more
//! than a plugin can need, counted as it is unpacked and not as the archive says.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use zip::ZipArchive;
use zip::read::ZipFile;

/// What a plugin may need at most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of the archive.
    pub(crate) archive: usize,
    /// Bytes of its files.
    pub(crate) unpacked: u64,
    /// Files and folders.
    pub(crate) entries: usize,
}

impl Limits {
    /// The biggest plugins of the directory have a tenth of it.
    pub(crate) const PLUGIN: Self = Self { archive: 200 << 20, unpacked: 500 << 20, entries: 25_000 };
}

/// Why an archive was not unpacked.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It holds what no plugin may, or is damaged.
    Unsafe(String),
    /// The disk does not take it.
    Disk(PathBuf, io::Error),
}

/// Unpacks the archive's one folder into `into`, and says which files there are, by path in it, in order.
pub(crate) fn unpack(archive: &[u8], into: &Path, limits: &Limits) -> Result<Vec<PathBuf>, Refused> {
    let mut archive =
        ZipArchive::new(Cursor::new(archive)).map_err(|e| unsafe_because(format!("it is no zip archive: {e}")))?;
    if archive.len() > limits.entries {
        return Err(unsafe_because(format!("it has {} entries, more than {}", archive.len(), limits.entries)));
    }
    let (mut top, mut paths, mut left) = (None::<String>, BTreeSet::new(), limits.unpacked);
    for at in 0..archive.len() {
        let mut entry = archive.by_index(at).map_err(|e| unsafe_because(format!("entry {at} cannot be read: {e}")))?;
        let name =
            entry.name().map_err(|e| unsafe_because(format!("entry {at} has no readable name: {e}")))?.into_owned();
        let inside = checked(&entry, &name)?;
        let (folder, path) = inside.split_first().ok_or_else(|| unsafe_because(format!("{name:?} has no name")))?;
        let first = top.get_or_insert_with(|| (*folder).to_owned());
        if first != folder {
            return Err(unsafe_because(format!("it has more than one folder at its top: {first:?} and {folder:?}")));
        }
        let path: PathBuf = path.iter().collect();
        if entry.is_dir() {
            let folder = into.join(&path);
            fs::create_dir_all(&folder).map_err(|error| of_disk(&name, folder, error))?;
            continue;
        }
        if path.as_os_str().is_empty() {
            return Err(unsafe_because(format!("{name:?} is a file beside the plugin's folder")));
        }
        left -= written(&mut entry, &name, &into.join(&path), left)?;
        paths.insert(path);
    }
    Ok(paths.into_iter().collect())
}

/// The parts of an entry's path, if it is a plain file or folder below the archive's top.
fn checked<'a, R: Read>(entry: &ZipFile<'_, R>, name: &'a str) -> Result<Vec<&'a str>, Refused> {
    const KIND: u32 = 0o170_000;
    const PLAIN: [u32; 3] = [0, 0o100_000, 0o040_000];
    if entry.is_symlink() {
        return Err(unsafe_because(format!("{name:?} is a symbolic link")));
    }
    if entry.unix_mode().is_some_and(|mode| !PLAIN.contains(&(mode & KIND))) {
        return Err(unsafe_because(format!("{name:?} is neither a file nor a folder")));
    }
    if name.starts_with('/') || name.contains(['\\', ':']) {
        return Err(unsafe_because(format!("{name:?} is an absolute path, or one of another system")));
    }
    let parts: Vec<&str> = name.strip_suffix('/').unwrap_or(name).split('/').collect();
    let plain = |part: &&str| !part.is_empty() && *part != "." && *part != ".." && !part.chars().any(char::is_control);
    if parts.iter().all(plain) && name.len() <= 512 {
        Ok(parts)
    } else {
        Err(unsafe_because(format!("{name:?} leads out of its folder, or is no plain path")))
    }
}

/// Writes one file of at most `left` bytes, and says how many it had.
fn written(entry: &mut impl Read, name: &str, to: &Path, left: u64) -> Result<u64, Refused> {
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(|error| of_disk(name, folder.to_owned(), error))?;
    }
    let mut file = fs::File::create_new(to).map_err(|error| of_disk(name, to.to_owned(), error))?;
    let size = io::copy(&mut entry.take(left + 1), &mut file).map_err(|error| match error.kind() {
        io::ErrorKind::StorageFull => Refused::Disk(to.to_owned(), error),
        _ => unsafe_because(format!("{name:?} is damaged: {error}")),
    })?;
    if size > left { Err(unsafe_because(format!("it unpacks to more than is allowed, at {name:?}"))) } else { Ok(size) }
}

fn unsafe_because(why: String) -> Refused {
    Refused::Unsafe(why)
}

fn of_disk(name: &str, path: PathBuf, error: io::Error) -> Refused {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => {
            unsafe_because(format!("{name:?} is there twice"))
        }
        _ => Refused::Disk(path, error),
    }
}

#[cfg(test)]
#[path = "archive_tests.rs"]
mod tests;
