//! The same work by hand: plain Terraform on the same module, with its own gcs backend on the same storage, and the same
//! provider over the same cloud.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use end_to_end::{ControlPlane, run};
use serde_json::Value;
use tempfile::TempDir;

/// A tenant made by hand, initialised already.
pub(crate) struct Bare {
    folder: TempDir,
    env: Vec<(String, String)>,
    variables: Value,
}

impl Bare {
    /// Prepares one. `like` is a tenant of the control plane whose variables are taken over.
    pub(crate) async fn prepare(plane: &ControlPlane, like: &str, name: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let module = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../terraform/tenant");
        for entry in std::fs::read_dir(module).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "tf") {
                std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
            }
        }
        std::fs::write(folder.path().join("backend_override.tf"), "terraform {\n  backend \"gcs\" {}\n}\n").unwrap();
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let env = vec![
            ("SANDBOX_CLOUD_DIR".to_owned(), text(plane.folder().join("cloud"))),
            ("TF_CLI_CONFIG_FILE".to_owned(), text(plane.folder().join("provider/terraform.rc"))),
            ("GOOGLE_OAUTH_ACCESS_TOKEN".to_owned(), "fake".to_owned()),
            ("GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT".to_owned(), format!("{}/storage/v1/", plane.storage.endpoint())),
            ("CHECKPOINT_DISABLE".to_owned(), "1".to_owned()),
        ];
        let operation = plane.operations(like).await[0]["id"].as_str().unwrap().to_owned();
        let object = format!("operations/{like}/{operation}.variables.json");
        let text = plane.storage.read("aipress-sandbox-records", &object).await.unwrap();
        let mut variables: Value = serde_json::from_str(&text).unwrap();
        variables["tenant"] = name.into();
        let bare = Self { folder, env, variables };
        let prefix = format!("-backend-config=prefix=bare/{name}");
        bare.terraform(&["init", "-input=false", "-backend-config=bucket=aipress-sandbox-state", &prefix]).await;
        bare
    }

    /// Applies with this many instances at most, and says how long that took.
    pub(crate) async fn apply(&mut self, most: usize) -> Duration {
        self.variables["scaling"]["max_instances"] = most.into();
        let file = self.folder.path().join("tenant.auto.tfvars.json");
        std::fs::write(file, self.variables.to_string()).unwrap();
        let began = Instant::now();
        self.terraform(&["apply", "-auto-approve", "-input=false", "-json"]).await;
        began.elapsed()
    }

    async fn terraform(&self, arguments: &[&str]) {
        let env: Vec<(&str, &str)> = self.env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let done = run("terraform", arguments, self.folder.path(), &env).await;
        assert_eq!(done.code, 0, "terraform {arguments:?}: {}{}", done.stdout, done.stderr);
    }
}
