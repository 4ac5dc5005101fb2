//! Methods about buckets.

use googleapis_tonic_google_storage_v2::google::storage::v2 as proto;

use super::convert;
use super::status::Status;
use crate::access::Access;
use crate::store::BucketName;

pub(super) async fn get(access: &Access, request: proto::GetBucketRequest) -> Result<proto::Bucket, Status> {
    let name = BucketName::from_resource(&request.name)?;
    let record = access.buckets(&name.to_string(), move |store| Ok(store.bucket(&name)?.record())).await?;
    Ok(convert::bucket(&record))
}

/// All of them on one page: a sandbox has a handful.
pub(super) async fn list(
    access: &Access,
    request: proto::ListBucketsRequest,
) -> Result<proto::ListBucketsResponse, Status> {
    let buckets = access.buckets("", |store| Ok(store.buckets())).await?;
    let wanted = buckets.iter().filter(|record| record.name.as_str().starts_with(&request.prefix));
    Ok(proto::ListBucketsResponse {
        buckets: wanted.map(convert::bucket).collect(),
        ..proto::ListBucketsResponse::default()
    })
}

pub(super) async fn create(access: &Access, request: proto::CreateBucketRequest) -> Result<proto::Bucket, Status> {
    let name: BucketName = request.bucket_id.parse()?;
    let versioning = request.bucket.and_then(|bucket| bucket.versioning).is_some_and(|versioning| versioning.enabled);
    let create = move |store: &crate::store::Store| store.create_bucket(name, versioning);
    let record = access.buckets(&request.bucket_id, create).await?;
    Ok(convert::bucket(&record))
}

pub(super) async fn delete(access: &Access, request: proto::DeleteBucketRequest) -> Result<(), Status> {
    let name = BucketName::from_resource(&request.name)?;
    Ok(access.buckets(&name.to_string(), move |store| store.delete_bucket(&name)).await?)
}
