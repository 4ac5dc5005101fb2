//! The JSON API (<https://cloud.google.com/storage/docs/json_api>), its uploads, and reads in the style of the XML
//! API: as much of them as the official crate, `gcloud storage`, Terraform's gcs backend and curl use.

mod buckets;
mod content_range;
mod failure;
mod input;
mod media;
mod multipart;
mod objects;
mod params;
pub(crate) mod resource;
mod uploads;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::access::Access;

/// What handlers share.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// The store.
    pub access: Access,
    /// `http://HOST:PORT`: links in answers start with it.
    pub base_url: String,
}

/// All routes of the API.
pub(crate) fn router(api: Api) -> Router {
    Router::new()
        .route("/storage/v1/b", get(buckets::list).post(buckets::insert))
        .route("/storage/v1/b/{bucket}", get(buckets::get).patch(buckets::patch).delete(buckets::delete))
        .route("/storage/v1/b/{bucket}/storageLayout", get(buckets::layout))
        .route("/storage/v1/b/{bucket}/o", get(objects::list))
        .route(
            "/storage/v1/b/{bucket}/o/{object}",
            get(objects::get).patch(objects::patch).put(objects::update).delete(objects::delete),
        )
        .route("/storage/v1/b/{bucket}/o/{object}/rewriteTo/b/{to_bucket}/o/{to_object}", post(objects::rewrite))
        .route("/download/storage/v1/b/{bucket}/o/{object}", get(media::download))
        .route("/upload/storage/v1/b/{bucket}/o", uploads::methods())
        // Where gcloud sends resumable uploads.
        .route("/resumable/upload/storage/v1/b/{bucket}/o", uploads::methods())
        .route("/{bucket}/{*object}", get(media::xml))
        .layer(DefaultBodyLimit::disable())
        .with_state(api)
}
