//! Buckets on Google Cloud Storage, through Google's own client.
//!
//! Content is read and written over JSON (`media`), all else over gRPC (`control`). The client's own retries are switched
//! off: [`attempts`] retries both protocols by one rule, with a limit on attempts and on the whole, and knows afterwards
//! whether a write may have been carried out although nobody said so. [`write`] then looks it up before it judges.

mod attempts;
mod fault;
mod object;
mod read;
mod write;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use google_cloud_auth::credentials::{Builder as GoogleCredentials, Credentials, anonymous};
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_storage::client::{Storage, StorageControl};
use tokio::sync::OnceCell;

use self::attempts::{Limits, attempt};
use self::fault::Fault;
use super::{ObjectName, StoreError};

/// Where the store is.
#[derive(Debug, Clone, Default)]
pub struct GcsSettings {
    /// The URL of a sandbox, which is spoken to without credentials. `None`: Google, as the identity this process has.
    pub endpoint: Option<String>,
}

/// The connections that all buckets of a process share.
///
/// Making this touches neither disk nor network: each of the two clients is built when it is first needed, so that a
/// function's first answer waits for nothing it does not use.
pub struct GcsClients {
    settings: GcsSettings,
    credentials: OnceCell<Credentials>,
    media: OnceCell<Storage>,
    control: OnceCell<StorageControl>,
}

/// One bucket.
#[derive(Clone)]
pub struct GcsStore {
    clients: Arc<GcsClients>,
    bucket: Arc<str>,
    /// An answer has shown that the bucket exists. Until then 'not found' may mean the bucket.
    seen: Arc<AtomicBool>,
}

impl GcsClients {
    /// Clients for this store, built on first use.
    pub fn new(settings: GcsSettings) -> Arc<Self> {
        Arc::new(Self { settings, credentials: OnceCell::new(), media: OnceCell::new(), control: OnceCell::new() })
    }

    /// The bucket of this name. Nothing is asked of it yet: see [`GcsStore::check`].
    pub fn bucket(self: &Arc<Self>, name: &str) -> GcsStore {
        GcsStore { clients: Arc::clone(self), bucket: name.into(), seen: Arc::default() }
    }

    async fn media(&self) -> Result<&Storage, Fault> {
        let build = || async {
            let mut builder = Storage::builder()
                .with_credentials(self.credentials().await?)
                .with_retry_policy(NeverRetry)
                // One request a write, however big: the loop around it is the only one.
                .with_resumable_upload_threshold(usize::MAX)
                .with_grpc_subchannel_count(1);
            if let Some(endpoint) = &self.settings.endpoint {
                builder = builder.with_endpoint(endpoint);
            }
            builder.build().await.map_err(|error| Fault::of_building(&error))
        };
        self.media.get_or_try_init(build).await
    }

    async fn control(&self) -> Result<&StorageControl, Fault> {
        let build = || async {
            let mut builder =
                StorageControl::builder().with_credentials(self.credentials().await?).with_retry_policy(NeverRetry);
            if let Some(endpoint) = &self.settings.endpoint {
                builder = builder.with_endpoint(endpoint);
            }
            builder.build().await.map_err(|error| Fault::of_building(&error))
        };
        self.control.get_or_try_init(build).await
    }

    async fn credentials(&self) -> Result<Credentials, Fault> {
        let build = || async {
            if self.settings.endpoint.is_some() {
                return Ok(anonymous::Builder::new().build());
            }
            GoogleCredentials::default().build().map_err(|error| Fault::of_building(&error))
        };
        self.credentials.get_or_try_init(build).await.cloned()
    }
}

impl GcsStore {
    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Whether the bucket exists and this process may list it: one request.
    pub async fn check(&self) -> Result<(), StoreError> {
        let first = || async {
            let control = self.clients.control().await?;
            control.list_objects().set_parent(self.path()).set_page_size(1).send().await.map_err(|e| Fault::of(&e))
        };
        match attempt(&Limits::READ, first).await.result {
            Ok(_) => {
                self.seen.store(true, Ordering::Relaxed);
                Ok(())
            }
            Err(fault) => Err(self.unusable(fault)),
        }
    }

    /// The bucket as the service writes it.
    fn path(&self) -> String {
        format!("projects/_/buckets/{}", self.bucket)
    }

    /// Makes sure that 'not found' was said of the object: a lost bucket must never look like an empty one.
    async fn object_was_meant(&self, reason: String) -> Result<(), StoreError> {
        if fault::speaks_of_bucket(&reason) {
            self.seen.store(false, Ordering::Relaxed);
            return Err(self.unusable(Fault::NotFound(reason)));
        }
        if self.seen.load(Ordering::Relaxed) { Ok(()) } else { self.check().await }
    }

    /// The error of a call about one object.
    fn error(&self, name: &ObjectName, fault: Fault) -> StoreError {
        match fault {
            Fault::Precondition => StoreError::PreconditionFailed { name: name.clone() },
            Fault::Unreadable(reason) => StoreError::Corrupt { name: name.clone(), reason },
            fault => self.unusable(fault),
        }
    }

    /// The error of a call about the bucket as a whole.
    fn unusable(&self, fault: Fault) -> StoreError {
        let bucket = self.bucket.to_string();
        match fault {
            Fault::Unavailable { reason, .. } => StoreError::Unavailable { reason },
            Fault::NotFound(reason)
            | Fault::Denied(reason)
            | Fault::Invalid(reason)
            | Fault::Refused(reason)
            | Fault::Unreadable(reason) => StoreError::Unusable { bucket, reason },
            Fault::Precondition => {
                StoreError::Unusable { bucket, reason: "a precondition failed that was not set".to_owned() }
            }
        }
    }
}
