//! Listings longer than a page.

use std::sync::Arc;

use futures::stream::{self, Stream, TryStreamExt as _};

use super::{LIST_LIMIT, ObjectMeta, ObjectReader, StoreError};

/// Every live object whose name starts with `prefix`, by name. A page of [`LIST_LIMIT`] is in memory at a time, and the next
/// is asked for when it is needed. A page that fails is an error, never an end.
pub fn every(
    bucket: Arc<dyn ObjectReader>,
    prefix: &str,
) -> impl Stream<Item = Result<ObjectMeta, StoreError>> + Send + use<> {
    let prefix: Arc<str> = prefix.into();
    let pages = stream::try_unfold(Some(None), move |at| {
        let (bucket, prefix) = (Arc::clone(&bucket), Arc::clone(&prefix));
        async move {
            let Some(token) = at else { return Ok(None) };
            let page = bucket.list(&prefix, token.as_ref(), LIST_LIMIT).await?;
            Ok(Some((stream::iter(page.items.into_iter().map(Ok)), page.next.map(Some))))
        }
    });
    pages.try_flatten()
}
