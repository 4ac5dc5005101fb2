//! The definitions bucket: the desired state, versioned.

use std::future;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, TryStreamExt as _};
use jiff::Timestamp;

use super::names::DefinitionObject;
use crate::store::listing::every;
use crate::store::{
    Generation, NewObject, ObjectMeta, ObjectName, ObjectReader, ObjectStore, Precondition, StoreError,
};
use crate::tenant::{Format, TenantId};

/// What the bucket says of one tenant, without reading a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefinitionHead {
    /// Nothing. A listing said so: a failed listing is an error, never this.
    Absent,
    /// One definition.
    Present(StoredDefinition),
    /// Several objects for one id: none of them is applied.
    Conflict(Vec<ObjectName>),
}

/// A definition that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDefinition {
    /// Where.
    pub object: DefinitionObject,
    /// Which generation.
    pub generation: Generation,
    /// Since when.
    pub updated: Timestamp,
}

impl StoredDefinition {
    /// What an object's metadata says, if the object is a definition.
    pub fn of(meta: &ObjectMeta) -> Option<Self> {
        let object = DefinitionObject::parse(&meta.name)?;
        Some(Self { object, generation: meta.generation, updated: meta.updated })
    }
}

/// Reads definitions.
#[derive(Clone)]
pub struct Definitions {
    bucket: Arc<dyn ObjectReader>,
}

impl Definitions {
    /// Over the definitions bucket.
    pub fn new(bucket: Arc<dyn ObjectReader>) -> Self {
        Self { bucket }
    }

    /// What is there for one tenant: one listing, whose pages may be short.
    pub async fn head(&self, tenant: &TenantId) -> Result<DefinitionHead, StoreError> {
        let mut found: Vec<StoredDefinition> = self.every(&DefinitionObject::prefix(tenant)).try_collect().await?;
        Ok(match (found.pop(), found.is_empty()) {
            (None, _) => DefinitionHead::Absent,
            (Some(only), true) => DefinitionHead::Present(only),
            (Some(last), false) => {
                DefinitionHead::Conflict(found.into_iter().chain([last]).map(|stored| stored.object.name).collect())
            }
        })
    }

    /// Whether an object defines the tenant, in another generation than this one. Each is asked for by its name: a listing
    /// may be behind.
    pub async fn is_there(&self, tenant: &TenantId, but: Option<Generation>) -> Result<bool, StoreError> {
        for object in DefinitionObject::candidates(tenant) {
            let live = self.bucket.stat(&object.name).await?;
            if live.is_some_and(|live| Some(live.generation) != but) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The source of exactly this generation; `None` if the store no longer has it.
    pub async fn source(&self, stored: &StoredDefinition) -> Result<Option<Bytes>, StoreError> {
        self.bucket.read_generation(&stored.object.name, stored.generation).await
    }

    /// Definitions of the whole fleet, by object name.
    pub fn all(&self) -> impl Stream<Item = Result<StoredDefinition, StoreError>> + Send + use<> {
        self.every(DefinitionObject::PREFIX)
    }

    fn every(&self, prefix: &str) -> impl Stream<Item = Result<StoredDefinition, StoreError>> + Send + use<> {
        let listed = every(Arc::clone(&self.bucket), prefix);
        listed.try_filter_map(|meta| future::ready(Ok(StoredDefinition::of(&meta))))
    }

    /// The newest generation the store still has of any of a tenant's definition objects.
    pub async fn last_generation(&self, tenant: &TenantId) -> Result<Option<Generation>, StoreError> {
        Ok(self.generations(tenant).await?.into_iter().map(|stored| stored.generation).max())
    }

    /// Every generation the store still has of any of a tenant's definition objects, newest first.
    pub async fn generations(&self, tenant: &TenantId) -> Result<Vec<StoredDefinition>, StoreError> {
        let mut found = Vec::new();
        for object in DefinitionObject::candidates(tenant) {
            found.extend(self.bucket.generations(&object.name).await?.iter().filter_map(StoredDefinition::of));
        }
        found.sort_by_key(|stored| std::cmp::Reverse(stored.updated));
        Ok(found)
    }
}

/// Writes definitions, each under a precondition.
#[derive(Clone)]
pub struct DefinitionWriter {
    bucket: Arc<dyn ObjectStore>,
}

impl DefinitionWriter {
    /// Over the definitions bucket.
    pub fn new(bucket: Arc<dyn ObjectStore>) -> Self {
        Self { bucket }
    }

    /// Writes a definition where there is none: always the same object, so that of several writers one creates. YAML, or
    /// JSON, which is YAML too.
    pub async fn create(&self, tenant: &TenantId, source: Bytes) -> Result<Generation, StoreError> {
        let object = DefinitionObject::of(tenant, Format::Yaml);
        self.bucket.write(&object.name, definition(source, object.format), Precondition::Absent).await
    }

    /// Replaces exactly this definition in its own object, whose format `source` is in: a second object would be a second
    /// write, and whatever fell between the two a conflict.
    pub async fn replace(&self, old: &StoredDefinition, source: Bytes) -> Result<Generation, StoreError> {
        let when = Precondition::Matches(old.generation);
        self.bucket.write(&old.object.name, definition(source, old.object.format), when).await
    }

    /// Removes exactly this definition; the bucket keeps it as an archived generation.
    pub async fn remove(&self, stored: &StoredDefinition) -> Result<(), StoreError> {
        self.bucket.delete(&stored.object.name, stored.generation).await
    }
}

fn definition(source: Bytes, format: Format) -> NewObject {
    let content_type = match format {
        Format::Yaml => "application/yaml",
        Format::Json => "application/json",
    };
    NewObject { body: source, content_type: Some(content_type.to_owned()), ..NewObject::default() }
}
