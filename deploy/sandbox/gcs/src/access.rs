//! The one way from a protocol to the store: off the async threads, and past the faults.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::sync::Arc;

use bytes::Bytes;

use crate::faults::{Fault, Faults, Operation};
use crate::range::ByteRange;
use crate::store::{
    Attributes, BucketName, Content, Error, ListQuery, Object, Page, Progress, Received, Store, Target, UploadId, Write,
};

/// Why a request gets no good answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The store refused.
    #[error(transparent)]
    Store(#[from] Error),
    /// A fault: too many requests.
    #[error("The rate of requests is too high. Reduce it and try again.")]
    TooManyRequests,
    /// A fault: unavailable for now.
    #[error("We encountered an internal error. Please try again.")]
    Unavailable,
    /// A fault: unavailable for so many seconds.
    #[error("We encountered an internal error. Please try again in {0} s.")]
    Later(u32),
    /// A fault: the connection breaks instead of an answer.
    #[error("the answer was lost")]
    Severed,
    /// The server is stopping.
    #[error("The server is stopping. Try again when it is back.")]
    Stopping,
}

/// Content on its way to a reader.
#[derive(Debug)]
pub(crate) struct Reading {
    /// What it is a part of.
    pub object: Arc<Object>,
    /// Which part; `None`: all of it.
    pub range: Option<(u64, u64)>,
    /// The bytes of that part.
    pub content: Bytes,
    /// The connection is to break half-way.
    pub torn: bool,
}

/// Carries requests out.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    store: Arc<Store>,
    faults: Arc<Faults>,
}

impl Access {
    /// In front of `store`, subject to `faults`.
    pub(crate) const fn new(store: Arc<Store>, faults: Arc<Faults>) -> Self {
        Self { store, faults }
    }

    /// Reads an object's description.
    pub(crate) async fn get(&self, bucket: BucketName, target: Target) -> Result<Arc<Object>, Failure> {
        let path = format!("{bucket}/{}", target.name);
        self.run(Operation::Get, &path, move |store| store.bucket(&bucket)?.get(&target)).await
    }

    /// Reads an object's content, or the part of it that `range` names.
    pub(crate) async fn read(
        &self,
        bucket: BucketName,
        target: Target,
        range: Option<ByteRange>,
    ) -> Result<Reading, Failure> {
        let path = format!("{bucket}/{}", target.name);
        let fault = self.before(Operation::Read, &path).await?;
        let torn = fault == Some(Fault::TornResponse);
        let reading = self.blocking(move |store| {
            let (object, file) = store.bucket(&bucket)?.read(&target)?;
            let range = range.map(|range| range.within(object.digests.size)).transpose()?;
            let content = content(file, range, object.digests.size)
                .map_err(|source| Error::Io { path: format!("{bucket}/{}", target.name).into(), source })?;
            Ok(Reading { object, range, content, torn })
        });
        let reading = reading.await;
        if fault == Some(Fault::LostAnswer) { Err(Failure::Severed) } else { reading }
    }

    /// Lists a page.
    pub(crate) async fn list(&self, bucket: BucketName, query: ListQuery) -> Result<Page, Failure> {
        let path = format!("{bucket}/{}", query.prefix);
        self.run(Operation::List, &path, move |store| Ok(store.bucket(&bucket)?.list(&query))).await
    }

    /// Writes an object.
    pub(crate) async fn write(
        &self,
        bucket: BucketName,
        write: Write,
        content: Content,
    ) -> Result<Arc<Object>, Failure> {
        let path = format!("{bucket}/{}", write.name);
        self.run(Operation::Write, &path, move |store| store.bucket(&bucket)?.write(write, content)).await
    }

    /// Deletes or archives a version.
    pub(crate) async fn delete(&self, bucket: BucketName, target: Target) -> Result<(), Failure> {
        let path = format!("{bucket}/{}", target.name);
        self.run(Operation::Delete, &path, move |store| store.bucket(&bucket)?.delete(&target)).await
    }

    /// Changes a version's attributes.
    pub(crate) async fn update(
        &self,
        bucket: BucketName,
        target: Target,
        change: impl FnOnce(Attributes) -> Result<Attributes, Error> + Send + 'static,
    ) -> Result<Arc<Object>, Failure> {
        let path = format!("{bucket}/{}", target.name);
        self.run(Operation::Update, &path, move |store| store.bucket(&bucket)?.update(&target, change)).await
    }

    /// Starts a resumable upload.
    pub(crate) async fn start_upload(&self, bucket: BucketName, write: Write) -> Result<UploadId, Failure> {
        let path = format!("{bucket}/{}", write.name);
        self.run(Operation::Other, &path, move |store| store.bucket(&bucket)?.start_upload(write)).await
    }

    /// Goes on with one; `name` is that of the object it will be.
    pub(crate) async fn continue_upload(
        &self,
        bucket: BucketName,
        name: &str,
        id: UploadId,
        received: Received,
    ) -> Result<Progress, Failure> {
        let path = format!("{bucket}/{name}");
        let operation = received.operation();
        self.run(operation, &path, move |store| store.bucket(&bucket)?.continue_upload(id, &received)).await
    }

    /// Anything about buckets.
    pub(crate) async fn buckets<T: Send + 'static>(
        &self,
        path: &str,
        work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        self.run(Operation::Other, path, work).await
    }

    async fn run<T: Send + 'static>(
        &self,
        operation: Operation,
        path: &str,
        work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        let fault = self.before(operation, path).await?;
        let result = self.blocking(work).await;
        match fault {
            Some(Fault::LostAnswer | Fault::TornResponse) => Err(Failure::Severed),
            _ => result,
        }
    }

    /// Lets the faults that come before the effect strike, and says which one comes after it.
    async fn before(&self, operation: Operation, path: &str) -> Result<Option<Fault>, Failure> {
        match self.faults.strike(operation, path) {
            Some(Fault::Delay(time)) => {
                tokio::time::sleep(time).await;
                Ok(None)
            }
            Some(Fault::TooManyRequests) => Err(Failure::TooManyRequests),
            Some(Fault::Unavailable) => Err(Failure::Unavailable),
            Some(Fault::Later(seconds)) => Err(Failure::Later(seconds)),
            after @ (Some(Fault::TornResponse | Fault::LostAnswer) | None) => Ok(after),
        }
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Failure> {
        let store = Arc::clone(&self.store);
        match tokio::task::spawn_blocking(move || work(&store)).await {
            Ok(result) => Ok(result?),
            Err(error) => {
                tracing::error!(%error, "a request was not carried out");
                Err(Failure::Stopping)
            }
        }
    }
}

fn content(mut file: File, range: Option<(u64, u64)>, size: u64) -> std::io::Result<Bytes> {
    let (start, end) = range.unwrap_or((0, size));
    file.seek(SeekFrom::Start(start))?;
    let mut content = Vec::new();
    file.take(end - start).read_to_end(&mut content)?;
    Ok(content.into())
}
