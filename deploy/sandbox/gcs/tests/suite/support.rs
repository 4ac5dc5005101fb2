//! A sandbox in a temporary folder, and clients for it.

use std::path::Path;
use std::time::{Duration, Instant};

use google_cloud_auth::credentials::anonymous;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_storage::client::{Storage, StorageControl};
use sandbox_gcs::{Bucket, Redelivery, Sandbox, Settings};
use tempfile::TempDir;

/// An unversioned bucket.
pub(crate) const PLAIN: &str = "plain-bucket";
/// A versioned one.
pub(crate) const VERSIONED: &str = "versioned-bucket";

/// As the official crate names a bucket.
pub(crate) fn resource(bucket: &str) -> String {
    format!("projects/_/buckets/{bucket}")
}

/// Settings with both buckets and quick redelivery.
pub(crate) fn settings(root: &Path) -> Settings {
    let bucket = |name: &str, versioning| Bucket { name: name.parse().unwrap(), versioning };
    Settings {
        buckets: vec![bucket(PLAIN, false), bucket(VERSIONED, true)],
        redelivery: Redelivery {
            min: Duration::from_millis(20),
            max: Duration::from_millis(100),
            ..Redelivery::default()
        },
        ..Settings::new(root)
    }
}

/// A running sandbox and its folder.
pub(crate) struct Running {
    pub(crate) sandbox: Sandbox,
    pub(crate) root: TempDir,
}

pub(crate) async fn start() -> Running {
    let root = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(settings(root.path())).await.unwrap();
    Running { sandbox, root }
}

/// The official client for content; it never retries.
pub(crate) async fn storage(endpoint: &str) -> Storage {
    Storage::builder()
        .with_endpoint(endpoint)
        .with_credentials(anonymous::Builder::new().build())
        .with_retry_policy(NeverRetry)
        .build()
        .await
        .unwrap()
}

/// The official client for everything else; it never retries.
pub(crate) async fn control(endpoint: &str) -> StorageControl {
    StorageControl::builder()
        .with_endpoint(endpoint)
        .with_credentials(anonymous::Builder::new().build())
        .with_retry_policy(NeverRetry)
        .build()
        .await
        .unwrap()
}

/// Reads a whole object through the official client.
pub(crate) async fn read(storage: &Storage, bucket: &str, name: &str) -> google_cloud_storage::Result<Vec<u8>> {
    let mut response = storage.read_object(resource(bucket), name).send().await?;
    let mut content = Vec::new();
    while let Some(chunk) = response.next().await {
        content.extend_from_slice(&chunk?);
    }
    Ok(content)
}

/// Waits until `probe` gives something, at most 20 seconds.
pub(crate) async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not happen in time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether a program can be run here; says so when it cannot.
pub(crate) async fn installed(program: &str) -> bool {
    let found = tokio::process::Command::new(program).arg("--version").output().await.is_ok();
    if !found {
        println!("skipped: {program} is not installed");
    }
    found
}
