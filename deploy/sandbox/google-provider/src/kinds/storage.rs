//! Buckets: one that holds something is not removed, unless the state says `force_destroy`.

use crate::cloud::{Cloud, CloudError};
use crate::value::{Fields, Value};

pub(super) fn empty(bucket: &str, state: &Fields, cloud: &Cloud) -> Result<(), CloudError> {
    if state.get("force_destroy").and_then(Value::as_bool) == Some(true) {
        return cloud.empty_bucket(bucket);
    }
    if cloud.bucket_is_empty(bucket)? {
        return Ok(());
    }
    Err(CloudError::Refused(format!(
        "Error trying to delete bucket {bucket} containing objects without `force_destroy` set to true"
    )))
}
