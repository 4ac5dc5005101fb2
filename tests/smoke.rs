//! The smoke test that ends a release, against a control plane that serves and one that does not.

use std::path::Path;

use end_to_end::{ControlPlane, Finished, run};

async fn smoke(folder: &Path, functions: &serde_json::Value) -> Finished {
    let file = folder.join("functions.json");
    std::fs::write(&file, functions.to_string()).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/smoke");
    // Prints the audience itself, as a token.
    run(script, &[file.to_str().unwrap()], folder, &[("TOKEN_COMMAND", "echo")]).await
}

#[tokio::test]
async fn it_passes_on_what_serves_and_changes_nothing() {
    let plane = ControlPlane::start().await;
    let url = plane.api.url();
    let ended = smoke(plane.folder(), &serde_json::json!({"get-tenant": url, "create-tenant": url})).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
    assert!(ended.stdout.contains("a tenant can be planned"), "{}", ended.stdout);
    assert_eq!(plane.get("/tenants").await.body["items"], serde_json::json!([]));

    // A storage server is no control plane, and a function that is not named cannot be asked.
    let wrong = serde_json::json!({"get-tenant": plane.storage.endpoint(), "create-tenant": url});
    let ended = smoke(plane.folder(), &wrong).await;
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    assert!(ended.stderr.contains("answered 404, not 200"), "{}", ended.stderr);
    assert_eq!(smoke(plane.folder(), &serde_json::json!({})).await.code, 1);
}
