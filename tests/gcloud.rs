//! An operator's way: `gcloud storage cp` and `rm`, with Google's own program.

use end_to_end::{ControlPlane, Finished, definition, installed, run};

struct Operator<'a>(&'a ControlPlane);

impl Operator<'_> {
    async fn types(&self, arguments: &[&str]) -> Finished {
        let storage = format!("{}/storage/v1/", self.0.storage.endpoint());
        let environment = [
            ("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", storage.as_str()),
            ("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true"),
            ("CLOUDSDK_CORE_PROJECT", "aipress-sandbox"),
            ("CLOUDSDK_CORE_DISABLE_PROMPTS", "true"),
        ];
        let ended = run("gcloud", &[&["storage"], arguments].concat(), self.0.folder(), &environment).await;
        assert_eq!(ended.code, 0, "gcloud storage {arguments:?}: {}", ended.stderr);
        ended
    }
}

#[tokio::test]
async fn a_definition_that_gcloud_copies_is_made_and_one_that_it_removes_is_a_tombstone() {
    if !installed("gcloud") {
        return;
    }
    let plane = ControlPlane::start().await;
    let operator = Operator(&plane);
    let file = plane.folder().join("acme.yaml");
    std::fs::write(&file, definition("acme", "")).unwrap();
    operator.types(&["cp", file.to_str().unwrap(), "gs://aipress-sandbox-definitions/tenants/"]).await;
    plane.until_phase("acme", "Ready").await;
    let listed = operator.types(&["ls", "gs://aipress-sandbox-definitions/tenants/"]).await;
    assert_eq!(listed.stdout.trim(), "gs://aipress-sandbox-definitions/tenants/acme.yaml");

    operator.types(&["rm", "gs://aipress-sandbox-definitions/tenants/acme.yaml"]).await;
    plane.until_phase("acme", "Tombstoned").await;
    assert!(!plane.cloud().resources_of("acme").is_empty(), "not destroyed");
}
