//! `gcloud storage` as the client, where the SDK is installed.

use std::path::Path;

use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{PLAIN, installed, start};

struct Gcloud {
    configuration: TempDir,
    endpoint: String,
}

impl Gcloud {
    async fn storage(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new("gcloud")
            .arg("storage")
            .args(arguments)
            .env("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", format!("{}/storage/v1/", self.endpoint))
            .env("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true")
            .env("CLOUDSDK_CORE_PROJECT", "sandbox")
            .env("CLOUDSDK_CORE_DISABLE_PROMPTS", "true")
            .env("CLOUDSDK_CONFIG", self.configuration.path())
            .output()
            .await
            .unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(String::from_utf8_lossy(&output.stdout).into_owned()) } else { Err(err) }
    }

    async fn ok(&self, arguments: &[&str]) -> String {
        let result = self.storage(arguments).await;
        result.unwrap_or_else(|err| panic!("gcloud storage {arguments:?}:\n{err}"))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_copied_listed_read_and_removed() {
    if !installed("gcloud").await {
        return;
    }
    let running = start().await;
    let configuration = tempfile::tempdir().unwrap();
    let gcloud = Gcloud { configuration, endpoint: running.sandbox.endpoint() };
    let folder = tempfile::tempdir().unwrap();
    let definition = folder.path().join("acme.yaml");
    std::fs::write(&definition, "kind: Tenant\n").unwrap();
    let large = folder.path().join("large.bin");
    let content: Vec<u8> = (0..9_000_000_u32).map(|i| (i % 253) as u8).collect();
    std::fs::write(&large, &content).unwrap();

    let url = |name: &str| format!("gs://{PLAIN}/{name}");
    gcloud.ok(&["cp", text(&definition), &url("tenants/")]).await;
    gcloud.ok(&["cp", text(&large), &url("large.bin")]).await;
    let listed = gcloud.ok(&["ls", &url("")]).await;
    assert_eq!(listed.lines().collect::<Vec<_>>(), [url("large.bin"), url("tenants/")]);
    let listed = gcloud.ok(&["ls", "--recursive", &url("tenants/**")]).await;
    assert_eq!(listed.trim(), url("tenants/acme.yaml"));
    assert_eq!(gcloud.ok(&["cat", &url("tenants/acme.yaml")]).await, "kind: Tenant\n");

    let back = folder.path().join("back.bin");
    gcloud.ok(&["cp", &url("large.bin"), text(&back)]).await;
    assert_eq!(std::fs::read(&back).unwrap(), content);
    gcloud.ok(&["cp", &url("tenants/acme.yaml"), &url("tenants/copy.yaml")]).await;
    let copy = url("tenants/copy.yaml");
    let only_new = ["cp", "--if-generation-match=0", text(&definition), &copy];
    let refused = gcloud.storage(&only_new).await.unwrap_err();
    assert!(refused.contains("412") || refused.contains("pre-condition"), "{refused}");
    gcloud.ok(&["rm", &url("tenants/copy.yaml")]).await;
    gcloud.ok(&["rm", "--recursive", &url("tenants/")]).await;
    assert_eq!(gcloud.ok(&["ls", &url("")]).await.trim(), url("large.bin"));
    let missing = gcloud.storage(&["cat", &url("tenants/acme.yaml")]).await.unwrap_err();
    assert!(missing.contains("matched no objects") || missing.contains("404"), "{missing}");
    running.sandbox.stop().await;
}
