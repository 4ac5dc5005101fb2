//! The cloud: a folder in which each object is one JSON file, made to be looked at and edited by hand.
//!
//! `{folder}/{type}/{name, percent-encoded}.json` holds what the cloud knows of an object; what only Terraform's state knows
//! (`deletion_protection`, say) is not in it. `faults.json` beside the types makes operations fail, wait, or end not ready;
//! `objects/{bucket}/` is what a bucket contains.

mod clock;
mod facts;
mod faults;
mod names;
mod objects;
#[cfg(test)]
mod tests;
mod vault;

use std::io;
use std::path::PathBuf;

pub use clock::now;
pub use facts::{Facts, digest, field_text, project_number};
pub use faults::{Fault, Operation};
pub use names::Pattern;
pub use objects::{Cloud, Object};
pub(crate) use vault::password_digest;
pub use vault::{Sealed, is_password};

/// Why the cloud did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CloudError {
    /// The folder or a file in it cannot be used: never taken for 'gone'.
    #[error("the sandbox cloud cannot be used: {path}: {source}")]
    Io {
        /// What was touched.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file in the folder is not what it should be.
    #[error("the sandbox cloud cannot be used: {path} is not valid: {problem}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A creation of what exists.
    #[error("googleapi: Error 409: The resource '{name}' already exists, alreadyExists")]
    Exists {
        /// Its unique name.
        name: String,
    },
    /// A change of what does not exist.
    #[error("googleapi: Error 404: The resource '{name}' was not found, notFound")]
    NotFound {
        /// Its unique name.
        name: String,
    },
    /// A secret's payload that cannot be opened: it was changed by hand, or the key was.
    #[error("googleapi: Error 500: the payload of '{name}' cannot be decrypted, internal")]
    Sealed {
        /// Its unique name.
        name: String,
    },
    /// The operation is refused, in the words of the real one.
    #[error("{0}")]
    Refused(String),
}

impl CloudError {
    fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
