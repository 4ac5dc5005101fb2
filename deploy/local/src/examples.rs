//! The example definitions, uploaded at the first start so that there is something to look at.

use std::path::Path;

use bytes::Bytes;
use tenancy::store::gcs::{GcsClients, GcsSettings};
use tenancy::store::{NewObject, ObjectName, ObjectReader, ObjectStore, Precondition};

use crate::cloud;

/// Uploads the files of `folder` into a definitions bucket that holds none. One that was deleted stays deleted: the bucket
/// still has its earlier generations. Says how many were uploaded.
pub(crate) async fn upload(storage: String, folder: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let bucket = GcsClients::new(GcsSettings { endpoint: Some(storage.clone()) }).bucket(cloud::DEFINITIONS);
    if !bucket.list("tenants/", None, 1).await?.items.is_empty() {
        return Ok(0);
    }
    upload_list(&storage).await?;
    let mut uploaded = 0;
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = ObjectName::new(format!("tenants/{file}"))?;
        if bucket.generations(&name).await?.is_empty() {
            let body = Bytes::from(std::fs::read(&path)?);
            let object = NewObject { body, content_type: Some("application/yaml".to_owned()), ..NewObject::default() };
            bucket.write(&name, object, Precondition::Absent).await?;
            uploaded += 1;
        }
    }
    Ok(uploaded)
}

/// The plugin list that one of the examples refers to, unless it is there.
async fn upload_list(storage: &str) -> Result<(), Box<dyn std::error::Error>> {
    let bucket = GcsClients::new(GcsSettings { endpoint: Some(storage.to_owned()) }).bucket(cloud::LISTS);
    let name = ObjectName::new("wordpress/plugins.yaml")?;
    if bucket.stat(&name).await?.is_none() {
        let body = Bytes::from_static(b"- name: hello-dolly\n  required: true\n- name: akismet\n");
        let object = NewObject { body, content_type: Some("application/yaml".to_owned()), ..NewObject::default() };
        bucket.write(&name, object, Precondition::Absent).await?;
    }
    Ok(())
}
