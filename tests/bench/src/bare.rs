//! Terraform as a person runs it: the same module and variables, the same provider, and the same state bucket through
//! Terraform's own gcs backend. That backend and not http, because it is what the product replaces: its layout, its lock,
//! and a client of the same storage server that is not ours.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::process::Command;

use crate::Failure;
use crate::wire::{Wire, request};
use crate::world::{Counted, World, repository};

/// One initialised folder for every workspace.
pub(crate) struct Bare {
    folder: PathBuf,
    environment: Vec<(String, String)>,
    storage: String,
    bucket: &'static str,
    /// Its Terraform.
    pub(crate) terraform: Counted,
}

impl Bare {
    /// Copies the module and initialises it.
    pub(crate) async fn init(world: &World) -> Result<Self, Failure> {
        let folder = world.folder("bare")?;
        for entry in std::fs::read_dir(repository().join("terraform/tenant"))? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                std::fs::copy(entry.path(), folder.join(entry.file_name()))?;
            }
        }
        let bucket = world.buckets.names.state;
        let backend = format!(
            "terraform {{\n  backend \"gcs\" {{\n    bucket = \"{bucket}\"\n    prefix = \"terraform/bare\"\n  }}\n}}\n"
        );
        std::fs::write(folder.join("backend_override.tf"), backend)?;
        let mut environment = world.environment();
        let more = [
            ("GOOGLE_OAUTH_ACCESS_TOKEN", "sandbox"),
            ("GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", &format!("{}/storage/v1/", world.buckets.endpoint)),
            ("TF_IN_AUTOMATION", "1"),
            ("CHECKPOINT_DISABLE", "1"),
        ];
        environment.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let terraform = world.counted("bare")?;
        let bare = Self { folder, environment, storage: world.buckets.endpoint.clone(), bucket, terraform };
        bare.run("default", &["init", "-input=false", "-no-color"]).await?;
        bare.terraform.take()?;
        Ok(bare)
    }

    /// Makes a workspace, as `terraform workspace new` does, and its variables: what a person has done before the apply.
    pub(crate) async fn workspace(&self, id: &str, variables: &str) -> Result<(), Failure> {
        self.variables(id, variables)?;
        let state = json!({
            "version": 4, "terraform_version": "1.11.0", "serial": 1, "lineage": format!("bench-{id}"),
            "outputs": {}, "resources": [],
        });
        let address = self.storage.trim_start_matches("http://").parse()?;
        let path = format!("/upload/storage/v1/b/{}/o?uploadType=media&name=terraform/bare/{id}.tfstate", self.bucket);
        let headers = [("content-type", "application/json")];
        let reply = Wire::open(address).await?.exchange(&request("POST", &path, &headers, &state.to_string())).await?;
        if reply.status == 200 { Ok(()) } else { Err(format!("the workspace {id}: {}", reply.status).into()) }
    }

    /// Gives a workspace other variables.
    pub(crate) fn variables(&self, id: &str, variables: &str) -> Result<(), Failure> {
        Ok(std::fs::write(self.folder.join(format!("{id}.json")), variables)?)
    }

    /// One apply, and how long it took.
    pub(crate) async fn apply(&self, id: &str) -> Result<Duration, Failure> {
        let file = format!("-var-file={id}.json");
        let began = Instant::now();
        self.run(id, &["apply", "-auto-approve", "-input=false", "-no-color", &file]).await?;
        Ok(began.elapsed())
    }

    /// One plan of what is applied already, and how long it took. It fails where anything differs.
    pub(crate) async fn plan(&self, id: &str) -> Result<Duration, Failure> {
        let file = format!("-var-file={id}.json");
        let began = Instant::now();
        self.run(id, &["plan", "-detailed-exitcode", "-input=false", "-no-color", &file]).await?;
        Ok(began.elapsed())
    }

    #[expect(clippy::disallowed_methods, reason = "what is measured runs in processes of its own")]
    async fn run(&self, workspace: &str, arguments: &[&str]) -> Result<(), Failure> {
        let output = Command::new(&self.terraform.program)
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("TF_WORKSPACE", workspace)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(format!("bare `terraform {}` in {workspace}: {said}", arguments[0]).into())
    }
}
