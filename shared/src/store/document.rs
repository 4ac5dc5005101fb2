//! JSON documents as objects: read typed, written under a precondition.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Generation, NewObject, ObjectName, ObjectReader, ObjectStore, Precondition, StoreError, Versioned};

/// MIME type of what [`write_json`] writes.
const JSON: &str = "application/json";

/// The live document, `None` if there is none. What is not JSON of this shape is [`StoreError::Corrupt`], with the line
/// and column where it stops being so.
pub async fn read_json<T: DeserializeOwned>(
    store: &(impl ObjectReader + ?Sized),
    name: &ObjectName,
) -> Result<Option<Versioned<T>>, StoreError> {
    let Some(Versioned { value, generation }) = store.read(name).await? else { return Ok(None) };
    match serde_json::from_slice(&value) {
        Ok(value) => Ok(Some(Versioned { value, generation })),
        Err(error) => Err(StoreError::Corrupt { name: name.clone(), reason: error.to_string() }),
    }
}

/// Writes a document if the precondition holds, with `metadata` that a listing shows. A value that JSON cannot hold (a map
/// with keys that are not text) is [`StoreError::Corrupt`], and nothing is written.
///
/// Where no answer came, the document is read back before it is judged: what stands there word for word was written.
pub async fn write_json<T: Serialize + Sync>(
    store: &(impl ObjectStore + ?Sized),
    name: &ObjectName,
    document: &T,
    metadata: BTreeMap<String, String>,
    when: Precondition,
) -> Result<Generation, StoreError> {
    let body = serde_json::to_vec(document)
        .map_err(|error| StoreError::Corrupt { name: name.clone(), reason: error.to_string() })?;
    let object = NewObject { body: body.into(), content_type: Some(JSON.to_owned()), metadata };
    write_surely(store, name, object, when).await
}

/// Writes an object that nobody else writes in the same words. Where no answer came, it is read back.
pub async fn write_surely(
    store: &(impl ObjectStore + ?Sized),
    name: &ObjectName,
    object: NewObject,
    when: Precondition,
) -> Result<Generation, StoreError> {
    let body = object.body.clone();
    let lost = match store.write(name, object, when).await {
        Err(lost @ StoreError::Unavailable { .. }) => lost,
        other => return other,
    };
    // Whoever cannot look it up either says what was wrong first.
    let found = store.read(name).await.ok().flatten();
    let before = match when {
        Precondition::Absent => None,
        Precondition::Matches(generation) => Some(generation),
    };
    match found {
        Some(found) if found.value == body && Some(found.generation) != before => Ok(found.generation),
        _ => Err(lost),
    }
}

/// Deletes exactly this generation. Where no answer came, it is looked up: what is not there was deleted.
pub async fn delete_surely(
    store: &(impl ObjectStore + ?Sized),
    name: &ObjectName,
    when: Generation,
) -> Result<(), StoreError> {
    let lost = match store.delete(name, when).await {
        Err(lost @ StoreError::Unavailable { .. }) => lost,
        other => return other,
    };
    match store.stat(name).await {
        Ok(None) => Ok(()),
        _ => Err(lost),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde::{Deserialize, Serialize};

    use super::{delete_surely, read_json, write_json};
    use crate::clock::SystemClock;
    use crate::store::faulty::{Call, Fault, FaultyStore, Mischief};
    use crate::store::memory::MemoryStore;
    use crate::store::{NewObject, ObjectName, ObjectReader as _, ObjectStore as _, Precondition, StoreError};

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Counter {
        count: u32,
    }

    fn store() -> MemoryStore {
        MemoryStore::new("records", Arc::new(SystemClock))
    }

    #[tokio::test]
    async fn a_document_comes_back_with_its_generation_and_shows_its_metadata() {
        let (store, name) = (store(), ObjectName::new("status/acme.json").unwrap());
        assert_eq!(read_json::<Counter>(&store, &name).await.unwrap(), None);

        let summary = BTreeMap::from([("phase".to_owned(), "Ready".to_owned())]);
        let written = write_json(&store, &name, &Counter { count: 3 }, summary.clone(), Precondition::Absent).await;
        let read = read_json::<Counter>(&store, &name).await.unwrap().unwrap();
        assert_eq!((read.value, read.generation), (Counter { count: 3 }, written.unwrap()));

        let meta = store.stat(&name).await.unwrap().unwrap();
        assert_eq!((meta.content_type.as_deref(), meta.metadata), (Some("application/json"), summary));
    }

    #[tokio::test]
    async fn what_is_not_the_document_is_corrupt_and_says_where() {
        let (store, name) = (store(), ObjectName::new("status/acme.json").unwrap());
        let object = NewObject { body: "{\n \"count\": \"three\"}".into(), ..NewObject::default() };
        store.write(&name, object, Precondition::Absent).await.unwrap();
        let error = read_json::<Counter>(&store, &name).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("status/acme.json") && error.to_string().contains("line 2"), "{error}");
    }

    #[tokio::test]
    async fn what_was_written_without_an_answer_is_written() {
        let mischief = Mischief::default();
        let (store, name) = (
            FaultyStore::new("records", Arc::new(store()), mischief.clone()),
            ObjectName::new("status/acme.json").unwrap(),
        );
        mischief.next(Call::Write, "", Fault::AnswerLost);
        let first = write_json(&store, &name, &Counter { count: 1 }, BTreeMap::new(), Precondition::Absent).await;
        let first = first.unwrap();
        mischief.next(Call::Write, "", Fault::Refused);
        let refused =
            write_json(&store, &name, &Counter { count: 1 }, BTreeMap::new(), Precondition::Matches(first)).await;
        assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "the same words, and not written: {refused:?}");
        mischief.next(Call::Delete, "", Fault::Refused);
        assert!(delete_surely(&store, &name, first).await.is_err());
        mischief.next(Call::Delete, "", Fault::AnswerLost);
        delete_surely(&store, &name, first).await.unwrap();
    }

    #[tokio::test]
    async fn what_json_cannot_hold_is_not_written() {
        let (store, name) = (store(), ObjectName::new("status/acme.json").unwrap());
        let keyed_by_pairs = BTreeMap::from([((1, 2), 3)]);
        let error = write_json(&store, &name, &keyed_by_pairs, BTreeMap::new(), Precondition::Absent).await;
        assert!(matches!(error, Err(StoreError::Corrupt { .. })), "{error:?}");
        assert_eq!(store.stat(&name).await.unwrap(), None);
    }
}
