//! What can go wrong in the store, in terms of buckets and objects, not of a protocol.

use std::io;
use std::path::PathBuf;

use super::{BucketName, Generation, ObjectName};

/// Why an operation had no effect.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bucket was never created.
    #[error("The specified bucket does not exist: {0}")]
    NoSuchBucket(BucketName),
    /// The object has no live version, or not the one that was asked for.
    #[error("No such object: {bucket}/{object}{}", generation.map_or(String::new(), |g| format!("#{g}")))]
    NoSuchObject {
        /// Where it was looked for.
        bucket: BucketName,
        /// What was looked for.
        object: ObjectName,
        /// Which version, when one was named.
        generation: Option<Generation>,
    },
    /// The resumable upload was never started, or is too old.
    #[error("No such upload session: {0}")]
    NoSuchUpload(String),
    /// The bucket is there already.
    #[error("Your previous request to create the named bucket succeeded and you already own it: {0}")]
    BucketExists(BucketName),
    /// Only an empty bucket can be deleted.
    #[error("The bucket you tried to delete is not empty: {0}")]
    BucketNotEmpty(BucketName),
    /// A precondition of a change did not hold.
    #[error("At least one of the pre-conditions you specified did not hold.")]
    PreconditionFailed,
    /// A 'not match' precondition of a read did not hold: the reader has this version already.
    #[error("The object was not modified.")]
    NotModified,
    /// A range that starts behind the end of the content.
    #[error("The requested range cannot be satisfied: the object has {size} bytes.")]
    UnsatisfiableRange {
        /// Size of the object in bytes.
        size: u64,
    },
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// The disk refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file it was about.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file of the store cannot be understood.
    #[error("{} is damaged: {source}. Restore it, or delete the folder of its bucket.", path.display())]
    Damaged {
        /// The file it is about.
        path: PathBuf,
        /// What the parser said.
        source: serde_json::Error,
    },
}

impl Error {
    /// Whether the same request can succeed later, nothing else being changed.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Io { .. } => true,
            Self::NoSuchBucket(_)
            | Self::NoSuchObject { .. }
            | Self::NoSuchUpload(_)
            | Self::BucketExists(_)
            | Self::BucketNotEmpty(_)
            | Self::PreconditionFailed
            | Self::NotModified
            | Self::UnsatisfiableRange { .. }
            | Self::Invalid(_)
            | Self::Damaged { .. } => false,
        }
    }
}
