//! A secret put through every channel appears nowhere: a search by bytes over everything that is kept.

use std::path::{Path, PathBuf};

use end_to_end::{ControlPlane, definition};
use reqwest::StatusCode;

const CANARY: &str = "k4nari-v0gel-9b1c7f20";

#[tokio::test]
async fn a_plain_secret_is_refused_and_never_repeated() {
    let plane = ControlPlane::start().await;
    let with =
        |value: &str| definition("acme", &format!("runtime: {{environmentVariables: {{SMTP_PASSWORD: \"{value}\"}}}}"));
    let refused = plane.create(&with(CANARY)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("secretVariables"), "{}", refused.text);
    assert!(!refused.text.contains(CANARY));
    // Uploaded past the API, it is in the bucket because its owner put it there, and nowhere else.
    plane.upload("acme", &with(CANARY)).await;
    let tenant = plane.until_phase("acme", "Invalid").await;
    assert!(!tenant["status"].to_string().contains(CANARY));
    plane.remove_upload("acme").await;
    plane.until_gone("acme").await;
    let holders = holding(plane.folder(), CANARY.as_bytes());
    assert!(
        holders.iter().all(|file| file.starts_with(plane.folder().join("buckets/aipress-sandbox-definitions"))),
        "{holders:?}"
    );
}

#[tokio::test]
async fn the_generated_password_is_in_no_file_that_is_kept() {
    let plane = ControlPlane::start().await;
    plane.create(&definition("acme", "")).await;
    plane.update("acme", &definition("acme", "runtime: {scaling: {maxInstances: 4}}")).await;
    let secret = sandbox_google_provider::cloud::Cloud::open(plane.folder().join("cloud")).unwrap();
    let project = [("project", "aipress-sandbox"), ("secret", "wp-acme-db")];
    let fields = project.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
    let opened = sandbox_google_provider::kinds::open_secret(&secret, &fields, None).unwrap();
    let password = opened["secret_data"].as_str().unwrap();
    assert!(password.len() > 16, "there is a password to look for");
    let holders = holding(plane.folder(), password.as_bytes());
    assert_eq!(holders, Vec::<PathBuf>::new());
}

/// Files that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read(&path).is_ok_and(|content| content.windows(bytes.len()).any(|at| at == bytes)) {
                found.push(path);
            }
        }
    }
    found
}
