//! JSON documents in a bucket.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Generation, NewObject, ObjectName, ObjectReader, ObjectStore, Precondition, StoreError, Versioned};

/// Reads a document; [`StoreError::Corrupt`] where it is not what was written.
pub async fn read_json<T: DeserializeOwned>(
    store: &(impl ObjectReader + ?Sized),
    name: &ObjectName,
) -> Result<Option<Versioned<T>>, StoreError> {
    let Some(Versioned { value, generation }) = store.read(name).await? else { return Ok(None) };
    let corrupt = |error: serde_json::Error| StoreError::Corrupt { name: name.clone(), reason: error.to_string() };
    Ok(Some(Versioned { value: serde_json::from_slice(&value).map_err(corrupt)?, generation }))
}

/// Writes a document under a precondition.
pub async fn write_json<T: Serialize>(
    store: &(impl ObjectStore + ?Sized),
    name: &ObjectName,
    document: &T,
    metadata: BTreeMap<String, String>,
    when: Precondition,
) -> Result<Generation, StoreError> {
    let corrupt = |error: serde_json::Error| StoreError::Corrupt { name: name.clone(), reason: error.to_string() };
    let body = Bytes::from(serde_json::to_vec_pretty(document).map_err(corrupt)?);
    let object = NewObject { body, content_type: Some("application/json".to_owned()), metadata };
    store.write(name, object, when).await
}
