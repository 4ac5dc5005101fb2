//! Methods about objects.

use googleapis_tonic_google_storage_v2::google::storage::v2 as proto;

use super::convert;
use super::status::Status;
use crate::access::Access;
use crate::store::{BucketName, Error, Generation, ListQuery, PageToken, Preconditions, Target};

/// The preconditions of a request; every message has the same fields, but no type in common.
macro_rules! preconditions {
    ($request:ident) => {
        Preconditions {
            generation_is: $request.if_generation_match,
            generation_is_not: $request.if_generation_not_match,
            metageneration_is: $request.if_metageneration_match,
            metageneration_is_not: $request.if_metageneration_not_match,
        }
    };
}

pub(super) async fn get(access: &Access, request: proto::GetObjectRequest) -> Result<proto::Object, Status> {
    if request.soft_deleted == Some(true) {
        return Err(Status::unimplemented("soft deletion"));
    }
    let bucket = BucketName::from_resource(&request.bucket)?;
    let target = Target {
        name: request.object.parse()?,
        generation: generation(request.generation),
        preconditions: preconditions!(request),
    };
    let object = access.get(bucket.clone(), target).await?;
    Ok(convert::object(&bucket, &object))
}

pub(super) async fn list(
    access: &Access,
    request: proto::ListObjectsRequest,
) -> Result<proto::ListObjectsResponse, Status> {
    if request.soft_deleted {
        return Err(Status::unimplemented("soft deletion"));
    }
    if !request.match_glob.is_empty() || !request.filter.is_empty() {
        return Err(Status::unimplemented("match_glob and filter"));
    }
    let bucket = BucketName::from_resource(&request.parent)?;
    let query = ListQuery {
        prefix: request.prefix,
        delimiter: request.delimiter,
        include_trailing_delimiter: request.include_trailing_delimiter,
        start: request.lexicographic_start,
        end: request.lexicographic_end,
        versions: request.versions,
        page_size: usize::try_from(request.page_size)
            .map_err(|_| Error::Invalid("page_size must not be negative".into()))?,
        token: PageToken::decode(&request.page_token)?,
    };
    let page = access.list(bucket.clone(), query).await?;
    Ok(proto::ListObjectsResponse {
        objects: page.objects.iter().map(|object| convert::object(&bucket, object)).collect(),
        prefixes: page.prefixes,
        next_page_token: page.next.map(|token| token.encode()).unwrap_or_default(),
    })
}

pub(super) async fn delete(access: &Access, request: proto::DeleteObjectRequest) -> Result<(), Status> {
    let bucket = BucketName::from_resource(&request.bucket)?;
    let target = Target {
        name: request.object.parse()?,
        generation: generation(request.generation),
        preconditions: preconditions!(request),
    };
    Ok(access.delete(bucket, target).await?)
}

pub(super) async fn update(access: &Access, request: proto::UpdateObjectRequest) -> Result<proto::Object, Status> {
    let wanted = request.object.ok_or_else(|| Status::invalid("object is required"))?;
    let mask = request.update_mask.ok_or_else(|| Status::invalid("update_mask is required"))?.paths;
    let bucket = BucketName::from_resource(&wanted.bucket)?;
    let target = Target {
        name: wanted.name.parse()?,
        generation: generation(wanted.generation),
        preconditions: preconditions!(request),
    };
    let change = move |current| convert::masked(current, &wanted, &mask);
    let object = access.update(bucket.clone(), target, change).await?;
    Ok(convert::object(&bucket, &object))
}

/// In these messages 0 means that no generation is named.
fn generation(number: i64) -> Option<Generation> {
    (number != 0).then_some(Generation::new(number))
}
