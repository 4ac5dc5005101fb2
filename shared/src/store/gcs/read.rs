//! Reading: content over JSON, where generation and content come in one answer; all else over gRPC.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use google_cloud_storage::model::{ListObjectsResponse, Object};

use super::GcsStore;
use super::attempts::{Limits, attempt};
use super::fault::Fault;
use super::object::{generation, meta, number};
use crate::store::{
    Generation, LIST_LIMIT, ObjectMeta, ObjectName, ObjectReader, Page, PageToken, StoreError, Versioned,
};

/// Anybody with access to the bucket may put something huge under one of our names; a function has a few hundred MiB.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

impl GcsStore {
    /// The content of the live object, or of one generation.
    async fn content(&self, name: &ObjectName, of: Option<Generation>) -> Result<Option<Versioned<Bytes>>, StoreError> {
        match attempt(&Limits::READ, || self.content_once(name, of)).await.result {
            Ok(content) => Ok(Some(content)),
            Err(Fault::NotFound(reason)) => self.object_was_meant(reason).await.map(|()| None),
            Err(fault) => Err(self.error(name, fault)),
        }
    }

    async fn content_once(&self, name: &ObjectName, of: Option<Generation>) -> Result<Versioned<Bytes>, Fault> {
        // People upload with `gcloud storage cp --gzip-local`; what they meant is the text.
        let request = self.clients.media().await?.read_object(self.path(), name.as_str());
        let mut request = request.with_automatic_decompression(true);
        if let Some(generation) = of {
            request = request.set_generation(number(generation));
        }
        let mut response = request.send().await.map_err(|error| Fault::of(&error))?;
        let highlights = response.object();
        let size = u64::try_from(highlights.size).unwrap_or_default();
        let mut content = BytesMut::with_capacity(usize::try_from(fitting(size)?).unwrap_or_default());
        while let Some(chunk) = response.next().await {
            content.extend_from_slice(&chunk.map_err(|error| Fault::of(&error))?);
            fitting(content.len() as u64)?;
        }
        Ok(Versioned { value: content.freeze(), generation: generation(highlights.generation)? })
    }

    async fn stat_once(&self, name: &ObjectName) -> Result<Object, Fault> {
        let request = self.clients.control().await?.get_object();
        let request = request.set_bucket(self.path()).set_object(name.as_str());
        request.send().await.map_err(|error| Fault::of(&error))
    }

    async fn list_once(&self, prefix: &str, page: &str, limit: usize) -> Result<ListObjectsResponse, Fault> {
        let request = self.clients.control().await?.list_objects();
        let request = request.set_parent(self.path()).set_prefix(prefix).set_page_token(page);
        request.set_page_size(page_size(limit)).send().await.map_err(|error| Fault::of(&error))
    }

    async fn versions_once(&self, name: &ObjectName, page: &str) -> Result<ListObjectsResponse, Fault> {
        let request = self.clients.control().await?.list_objects();
        let request = request.set_parent(self.path()).set_prefix(name.as_str()).set_page_token(page);
        let request = request.set_versions(true).set_page_size(page_size(LIST_LIMIT));
        request.send().await.map_err(|error| Fault::of(&error))
    }

    /// Every generation of one name, as the service lists them.
    pub(super) async fn versions(&self, name: &ObjectName, limits: &Limits) -> Result<Vec<Object>, StoreError> {
        let mut versions = Vec::new();
        let mut page = String::new();
        loop {
            let response = attempt(limits, || self.versions_once(name, &page)).await.result;
            let response = response.map_err(|fault| self.error(name, fault))?;
            // A name sorts before every longer one that begins with it, so the first other name ends it.
            let listed = response.objects.len();
            versions.extend(response.objects.into_iter().take_while(|object| object.name == name.as_str()));
            page = response.next_page_token;
            if page.is_empty() || versions.len() < listed {
                return Ok(versions);
            }
        }
    }
}

#[async_trait]
impl ObjectReader for GcsStore {
    async fn read(&self, name: &ObjectName) -> Result<Option<Versioned<Bytes>>, StoreError> {
        self.content(name, None).await
    }

    async fn read_generation(&self, name: &ObjectName, generation: Generation) -> Result<Option<Bytes>, StoreError> {
        Ok(self.content(name, Some(generation)).await?.map(|content| content.value))
    }

    async fn stat(&self, name: &ObjectName) -> Result<Option<ObjectMeta>, StoreError> {
        let object = match attempt(&Limits::READ, || self.stat_once(name)).await.result {
            Ok(object) => object,
            Err(Fault::NotFound(reason)) => return self.object_was_meant(reason).await.map(|()| None),
            Err(fault) => return Err(self.error(name, fault)),
        };
        meta(name.clone(), object).map(Some).map_err(|fault| self.error(name, fault))
    }

    async fn list(&self, prefix: &str, page: Option<&PageToken>, limit: usize) -> Result<Page<ObjectMeta>, StoreError> {
        let token = page.map_or("", |token| token.0.as_str());
        let response = match attempt(&Limits::READ, || self.list_once(prefix, token, limit)).await.result {
            Ok(response) => response,
            Err(Fault::Invalid(_)) if page.is_some() => return Err(StoreError::InvalidPageToken),
            Err(fault) => return Err(self.unusable(fault)),
        };
        let mut items = Vec::with_capacity(response.objects.len());
        for object in response.objects {
            // Anybody may upload to a bucket; what has a name that we could not write is none of ours.
            if let Ok(name) = ObjectName::new(&object.name) {
                items.push(meta(name.clone(), object).map_err(|fault| self.error(&name, fault))?);
            }
        }
        let next = Some(response.next_page_token).filter(|token| !token.is_empty()).map(PageToken);
        Ok(Page { items, next })
    }

    async fn generations(&self, name: &ObjectName) -> Result<Vec<ObjectMeta>, StoreError> {
        let versions = self.versions(name, &Limits::READ).await?;
        let metas = versions.into_iter().map(|object| meta(name.clone(), object));
        let mut metas = metas.collect::<Result<Vec<_>, _>>().map_err(|fault| self.error(name, fault))?;
        metas.sort_unstable_by_key(|meta| std::cmp::Reverse(meta.generation));
        Ok(metas)
    }
}

fn fitting(size: u64) -> Result<u64, Fault> {
    if size <= MAX_BYTES {
        return Ok(size);
    }
    Err(Fault::Unreadable(format!("it has more than {MAX_BYTES} bytes")))
}

fn page_size(limit: usize) -> i32 {
    i32::try_from(limit.clamp(1, LIST_LIMIT)).unwrap_or(i32::MAX)
}
