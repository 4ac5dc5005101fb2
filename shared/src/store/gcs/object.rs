//! The service's object resource as ours, and the mark by which a writer knows its own write again.

use std::collections::{BTreeMap, HashMap};

use google_cloud_storage::model::Object;
use jiff::Timestamp;

use super::fault::Fault;
use crate::store::{Generation, ObjectMeta, ObjectName};

/// The metadata key that carries a write's mark. It is ours: readers of the port never see it.
const MARK_KEY: &str = "aipress-write";

/// What tells one write from every other, even of the same content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark(String);

impl Mark {
    /// 128 random bits.
    pub(super) fn new() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// The metadata to store: the writer's, and the mark.
    pub(super) fn put_on(&self, metadata: &BTreeMap<String, String>) -> HashMap<String, String> {
        let own = metadata.iter().map(|(key, value)| (key.clone(), value.clone()));
        own.chain([(MARK_KEY.to_owned(), self.0.clone())]).collect()
    }

    /// Whether the object was written with this mark.
    pub(super) fn is_on(&self, object: &Object) -> bool {
        object.metadata.get(MARK_KEY) == Some(&self.0)
    }
}

/// The generation in a number of the service's.
pub(super) fn generation(number: i64) -> Result<Generation, Fault> {
    let generation = u64::try_from(number).ok().and_then(Generation::new);
    generation.ok_or_else(|| Fault::Unreadable(format!("the store says it is of generation {number}")))
}

/// The number the service takes for a generation. Its own are 64-bit signed, so nothing is lost.
pub(super) fn number(generation: Generation) -> i64 {
    i64::try_from(generation.get()).unwrap_or(i64::MAX)
}

/// What the port says of an object.
pub(super) fn meta(name: ObjectName, object: Object) -> Result<ObjectMeta, Fault> {
    let content_type = Some(object.content_type).filter(|text| !text.is_empty());
    let metadata = object.metadata.into_iter().filter(|(key, _)| key != MARK_KEY).collect();
    // The time of this generation; `update_time` also moves when somebody edits the metadata.
    let written = object.create_time.or(object.update_time);
    let updated = written.and_then(|time| Timestamp::new(time.seconds(), time.nanos()).ok());
    Ok(ObjectMeta {
        name,
        generation: generation(object.generation)?,
        size: u64::try_from(object.size).unwrap_or_default(),
        updated: updated.ok_or_else(|| Fault::Unreadable("the store does not say when it was written".to_owned()))?,
        content_type,
        metadata,
    })
}
