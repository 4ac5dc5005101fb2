//! Terraform's own gcs backend as the client: an independent judge of reads, writes, preconditions and listings.

use std::path::Path;
use std::process::Output;

use google_cloud_storage::client::Storage;
use tempfile::TempDir;
use tokio::process::Command;

use crate::support::{Running, VERSIONED, installed, read, resource, start, storage};

const CONFIGURATION: &str = r#"
terraform {
  backend "gcs" {}
}

variable "content" {
  default = "first"
}

resource "terraform_data" "site" {
  input = "${terraform.workspace} ${var.content}"
}

output "site" {
  value = terraform_data.site.output
}
"#;

struct Terraform {
    folder: TempDir,
    endpoint: String,
}

impl Terraform {
    async fn init(endpoint: String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("main.tf"), CONFIGURATION).unwrap();
        let terraform = Self { folder, endpoint };
        let bucket = format!("-backend-config=bucket={VERSIONED}");
        terraform.ok(&["init", &bucket, "-backend-config=prefix=terraform/tenants"]).await;
        terraform
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        Command::new("terraform")
            .args(arguments)
            .args(["-no-color"])
            .current_dir(self.folder.path())
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("GOOGLE_OAUTH_ACCESS_TOKEN", "fake")
            .env("GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", format!("{}/storage/v1/", self.endpoint))
            .output()
            .await
            .unwrap()
    }

    async fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let (out, err) = texts(&output);
        assert!(output.status.success(), "terraform {arguments:?}:\n{out}\n{err}");
        out
    }

    async fn fails(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let (out, err) = texts(&output);
        assert!(!output.status.success(), "terraform {arguments:?} succeeded:\n{out}\n{err}");
        err
    }
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

async fn names(running: &Running) -> Vec<String> {
    let control = crate::support::control(&running.sandbox.endpoint()).await;
    let page = control.list_objects().set_parent(resource(VERSIONED)).send().await.unwrap();
    page.objects.into_iter().map(|object| object.name).collect()
}

async fn hold_lock(storage: &Storage, path: &str) -> i64 {
    let info = r#"{"ID":"","Operation":"OperationTypeApply","Who":"somebody@elsewhere","Version":"1.11.4","Created":"2025-01-01T00:00:00Z","Path":""}"#;
    let lock = storage.write_object(resource(VERSIONED), path, info).set_if_generation_match(0_i64);
    lock.send_buffered().await.unwrap().generation
}

#[tokio::test(flavor = "multi_thread")]
async fn workspaces_are_made_applied_listed_and_deleted() {
    if !installed("terraform").await {
        return;
    }
    let running = start().await;
    let terraform = Terraform::init(running.sandbox.endpoint()).await;
    terraform.ok(&["workspace", "new", "acme"]).await;
    terraform.ok(&["apply", "-auto-approve"]).await;
    assert_eq!(terraform.ok(&["output", "-raw", "site"]).await, "acme first");
    assert!(terraform.ok(&["state", "list"]).await.contains("terraform_data.site"));
    // `init` itself leaves an empty state of the workspace `default`.
    let default = "terraform/tenants/default.tfstate";
    let acme = "terraform/tenants/acme.tfstate";
    assert_eq!(names(&running).await, [acme, default]);

    terraform.ok(&["workspace", "new", "beta"]).await;
    terraform.ok(&["apply", "-auto-approve", "-var", "content=second"]).await;
    assert_eq!(terraform.ok(&["output", "-raw", "site"]).await, "beta second");
    let listed = terraform.ok(&["workspace", "list"]).await;
    assert!(listed.contains("acme") && listed.contains("* beta"), "{listed}");

    terraform.ok(&["workspace", "select", "acme"]).await;
    assert_eq!(terraform.ok(&["output", "-raw", "site"]).await, "acme first");
    terraform.ok(&["workspace", "delete", "-force", "beta"]).await;
    assert_eq!(names(&running).await, [acme, default]);

    let storage = storage(&running.sandbox.endpoint()).await;
    let state = read(&storage, VERSIONED, acme).await.unwrap();
    let state: serde_json::Value = serde_json::from_slice(&state).unwrap();
    assert_eq!(state["outputs"]["site"]["value"], "acme first");
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_lock_keeps_terraform_out_until_it_is_forced() {
    if !installed("terraform").await {
        return;
    }
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let terraform = Terraform::init(running.sandbox.endpoint()).await;
    let lock = hold_lock(&storage, "terraform/tenants/default.tflock").await;
    let apply = ["apply", "-auto-approve", "-lock-timeout=1s"];
    let refused = terraform.fails(&apply).await;
    assert!(refused.contains("Error acquiring the state lock"), "{refused}");
    assert!(refused.contains("somebody@elsewhere"), "{refused}");
    assert!(refused.contains(&lock.to_string()), "{refused}");
    let locked = ["terraform/tenants/default.tflock", "terraform/tenants/default.tfstate"];
    assert_eq!(names(&running).await, locked);
    terraform.ok(&["force-unlock", "-force", &lock.to_string()]).await;
    terraform.ok(&apply).await;
    assert_eq!(names(&running).await, ["terraform/tenants/default.tfstate"]);
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_state_is_uploaded_in_parts() {
    if !installed("terraform").await {
        return;
    }
    let running = start().await;
    let terraform = Terraform::init(running.sandbox.endpoint()).await;
    // Go's client sends what is larger than 16 MiB as a resumable upload; the content is in the state several times.
    let variables = format!("content = \"{}\"\n", "x".repeat(7 << 20));
    write(terraform.folder.path(), "terraform.tfvars", &variables);
    terraform.ok(&["apply", "-auto-approve"]).await;
    let size = running.root.path().join(VERSIONED).join("live/terraform%2Ftenants%2Fdefault.tfstate");
    assert!(std::fs::metadata(size).unwrap().len() > 17 << 20);
    assert!(terraform.ok(&["state", "list"]).await.contains("terraform_data.site"));
    running.sandbox.stop().await;
}

fn write(folder: &Path, name: &str, content: &str) {
    std::fs::write(folder.join(name), content).unwrap();
}
