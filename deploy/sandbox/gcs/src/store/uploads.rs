//! Resumable uploads: parts are appended to a file, which becomes an object when the last one is in. A session
//! survives a restart, and answers questions about itself after it has finished.

use std::fmt;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, Content, Write};
use super::{Claims, Error, Object, disk};
use crate::faults::Operation;

/// Names a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UploadId(i64);

impl fmt::Display for UploadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl FromStr for UploadId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        i64::from_str_radix(text, 16).map(Self).map_err(|_| Error::NoSuchUpload(text.to_owned()))
    }
}

/// What one request of a session brings.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    /// Where `bytes` belong; `None`: the request only asks how far the upload is.
    pub offset: Option<u64>,
    /// How long the whole content is.
    pub total: Total,
    /// The part.
    pub bytes: Bytes,
    /// Checksums of the whole content, if sent with this part.
    pub claims: Claims,
}

impl Received {
    /// For the faults: only a part that may be the last one can write an object.
    pub(crate) fn operation(&self) -> Operation {
        if self.total == Total::Unknown { Operation::Other } else { Operation::Write }
    }
}

/// What a request says about the length of the whole content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Total {
    /// Nothing yet: more will come.
    Unknown,
    /// So many bytes.
    Known(u64),
    /// It ends where this part ends.
    EndsHere,
}

/// How far a session is.
#[derive(Debug, Clone)]
pub(crate) enum Progress {
    /// So many bytes are stored.
    Partial(u64),
    /// The object is written.
    Finished(Arc<Object>),
}

#[derive(Debug, Serialize, Deserialize)]
struct Session {
    write: Write,
    finished: Option<Arc<Object>>,
}

impl Bucket {
    /// Starts a session; what `write` demands is checked now and again at the end.
    pub(crate) fn start_upload(&self, write: Write) -> Result<UploadId, Error> {
        self.may_write(&write)?;
        let id = UploadId(self.unique()?.get());
        self.dir().replace_json(&self.session_file(id), &Session { write, finished: None })?;
        Ok(id)
    }

    /// Takes one request of a session in.
    pub(crate) fn continue_upload(&self, id: UploadId, received: &Received) -> Result<Progress, Error> {
        let _only_one = self.uploading.lock().unwrap_or_else(PoisonError::into_inner);
        let file = self.session_file(id);
        let mut session: Session = disk::read_json(&file)?.ok_or_else(|| Error::NoSuchUpload(id.to_string()))?;
        if let Some(object) = session.finished {
            return Ok(Progress::Finished(object));
        }
        let stored = self.append(id, received.offset, &received.bytes)?;
        session.write.claims = session.write.claims.and(received.claims);
        let complete = match received.total {
            Total::Unknown => false,
            Total::Known(total) => stored == total,
            Total::EndsHere => true,
        };
        if !complete {
            return Ok(Progress::Partial(stored));
        }
        let written = self.write(session.write.clone(), Content::File(self.part_file(id)));
        match written {
            Ok(object) => {
                session.finished = Some(Arc::clone(&object));
                self.dir().replace_json(&file, &session)?;
                Ok(Progress::Finished(object))
            }
            Err(e) => {
                disk::remove(&file)?;
                Err(e)
            }
        }
    }

    /// Forgets a session and its parts.
    pub(crate) fn cancel_upload(&self, id: UploadId) -> Result<(), Error> {
        let _only_one = self.uploading.lock().unwrap_or_else(PoisonError::into_inner);
        disk::remove(&self.session_file(id))?;
        disk::remove(&self.part_file(id))
    }

    /// Appends what is new of a part and says how much is stored then.
    fn append(&self, id: UploadId, offset: Option<u64>, bytes: &[u8]) -> Result<u64, Error> {
        let path = self.part_file(id);
        let mut part = OpenOptions::new().create(true).append(true).open(&path).map_err(disk::at(&path))?;
        let stored = part.metadata().map_err(disk::at(&path))?.len();
        let Some(offset) = offset else {
            return Ok(stored);
        };
        let known = stored.checked_sub(offset).ok_or_else(|| {
            Error::Invalid(format!("The part starts at byte {offset}, but only {stored} bytes were received so far."))
        })?;
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        let new = bytes.get(known..).unwrap_or_default();
        part.write_all(new).map_err(disk::at(&path))?;
        Ok(stored + new.len() as u64)
    }

    fn session_file(&self, id: UploadId) -> PathBuf {
        self.dir().uploads().join(format!("{id}.json"))
    }

    fn part_file(&self, id: UploadId) -> PathBuf {
        self.dir().uploads().join(format!("{id}.part"))
    }
}
