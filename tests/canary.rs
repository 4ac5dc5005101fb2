//! A secret put through every channel appears nowhere: a search by bytes over everything that is kept.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use end_to_end::{ControlPlane, Installation, definition};
use reqwest::{Method, StatusCode};

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

#[tokio::test]
async fn no_secret_is_on_the_argument_list_of_any_process() {
    let cloud = Installation::new().await;
    let environment = [("GOOGLE_OAUTH_ACCESS_TOKEN", CANARY)];
    let create = cloud.start_with("create-tenant", &environment).await;
    let slowly = r#"[{"type": "google_sql_user", "op": "create", "delayMs": 1500, "times": 1}]"#;
    std::fs::write(cloud.folder().join("cloud/faults.json"), slowly).unwrap();
    let acme = definition("acme", "");
    let mut seen = BTreeSet::new();
    let made = tokio::select! {
        made = create.api.send(Method::POST, "/tenants", Some(&acme), &[]) => made,
        () = watch_processes(&mut seen) => unreachable!("they are watched for ever"),
    };
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    for program in ["terraform apply", "terraform-provider-google"] {
        assert!(seen.iter().any(|list| list.contains(program)), "'{program}' was not seen: {seen:?}");
    }
    let opened = sandbox_google_provider::cloud::Cloud::open(cloud.folder().join("cloud")).unwrap();
    let fields = [("project", "aipress-sandbox"), ("secret", "wp-acme-db")]
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into_iter()
        .collect();
    let opened = sandbox_google_provider::kinds::open_secret(&opened, &fields, None).unwrap();
    let password = opened["secret_data"].as_str().unwrap();
    for secret in [CANARY, password] {
        let holders: Vec<&String> = seen.iter().filter(|list| list.contains(secret)).collect();
        assert_eq!(holders, Vec::<&String>::new());
    }
}

/// Notes every argument list on this machine, again and again.
async fn watch_processes(seen: &mut BTreeSet<String>) {
    loop {
        for process in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Ok(list) = std::fs::read(process.path().join("cmdline")) else { continue };
            let list = String::from_utf8_lossy(&list).replace('\0', " ");
            seen.insert(list);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
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
