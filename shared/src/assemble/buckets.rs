//! The buckets, checked before anything is served.

use std::sync::Arc;

use futures::future::BoxFuture;

use crate::config::StoreConfig;
use crate::store::gcs::{GcsClients, GcsSettings, GcsStore};
use crate::store::{ObjectReader, ObjectStore, StoreError};

/// The connections to where a function's buckets are.
pub(super) fn clients(config: &StoreConfig) -> Arc<GcsClients> {
    GcsClients::new(GcsSettings { endpoint: config.endpoint.clone() })
}

/// Two buckets as the reading half of the port.
type Readers = (Arc<dyn ObjectReader>, Arc<dyn ObjectReader>);

/// The definitions and the records bucket, for reading.
pub(super) fn readers(config: &StoreConfig) -> BoxFuture<'_, Result<Readers, StoreError>> {
    Box::pin(async move {
        let (definitions, records) = both(config, &clients(config)).await?;
        Ok::<Readers, _>((Arc::new(definitions), Arc::new(records)))
    })
}

/// The definitions and the records bucket.
pub(super) async fn both(config: &StoreConfig, clients: &Arc<GcsClients>) -> Result<(GcsStore, GcsStore), StoreError> {
    let (definitions, records) = (clients.bucket(&config.definitions), clients.bucket(&config.records));
    tokio::try_join!(definitions.check(), records.check())?;
    Ok((definitions, records))
}

/// A bucket as the port.
pub(super) fn store(bucket: &GcsStore) -> Arc<dyn ObjectStore> {
    Arc::new(bucket.clone())
}

/// A bucket as the reading half of the port.
pub(super) fn reader(bucket: &GcsStore) -> Arc<dyn ObjectReader> {
    Arc::new(bucket.clone())
}
