//! Bundles that nobody runs any more. They would cost storage for ever, and a file more for every file of every upgrade.

use std::future;
use std::pin::pin;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::store::listing::every;
use tenancy::store::{LIST_LIMIT, ObjectMeta, StoreError};

use super::{AT_ONCE, Bundles, MARKER};
use crate::error::InstallError;

impl Bundles {
    /// Removes what is neither of these bundles nor this operation's request or report; answers how many objects. A bundle
    /// loses its marker first, which the bucket lists first: half a bundle is taken for none and staged anew.
    pub(crate) async fn keep_only(&self, keep: &[Digest], operation: OperationId) -> Result<usize, InstallError> {
        let start = format!("tenants/{}/plugins/", self.tenant);
        let mut kept: Vec<String> = keep.iter().map(|digest| format!("{}/", self.bundle(*digest).path)).collect();
        kept.push(format!("{start}requests/{operation}."));
        let is_old = |object: &ObjectMeta| !kept.iter().any(|kept| object.name.as_str().starts_with(kept));
        let old = every(self.store.clone(), &start).try_filter(|object| future::ready(is_old(object)));
        let (mut chunks, mut removed) = (pin!(old.try_chunks(LIST_LIMIT)), 0);
        while let Some(objects) = chunks.try_next().await.map_err(|error| error.1)? {
            let (markers, others): (Vec<_>, Vec<_>) =
                objects.iter().partition(|object| object.name.as_str().ends_with(MARKER));
            removed += self.remove(&markers).await? + self.remove(&others).await?;
        }
        Ok(removed)
    }

    async fn remove(&self, objects: &[&ObjectMeta]) -> Result<usize, InstallError> {
        let gone = stream::iter(objects).map(|object| self.store.delete(&object.name, object.generation));
        let mut gone = gone.buffer_unordered(AT_ONCE);
        while let Some(done) = gone.next().await {
            match done {
                // Another run of the same request was quicker.
                Ok(()) | Err(StoreError::PreconditionFailed { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(objects.len())
    }
}
