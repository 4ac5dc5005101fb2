//! An engine over buckets in memory, a module in a temporary folder, and runs to be made of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::faulty::FaultyStore;
use crate::clock::{OperationIds, UlidIds};
use crate::provision::{Change, Epoch, NoLease, Run, RunEvent, RunObserver, Variables};
use crate::store::{ObjectName, ObjectReader};
use crate::terraform::{Engine, EngineSettings, Installed};

/// `db` is replaced by another `size`, `svc` changes in place with `name`, `worker` runs `command` when it is made.
pub(super) const MODULE: &str = r#"
terraform {
  backend "http" {}
}
variable "size" { default = "small" }
variable "name" { default = "one" }
variable "command" { default = "" }
resource "terraform_data" "db" {
  input            = "database"
  triggers_replace = [var.size]
}
resource "terraform_data" "svc" {
  input = var.name
}
resource "terraform_data" "worker" {
  count = var.command == "" ? 0 : 1
  provisioner "local-exec" {
    command = var.command
  }
  depends_on = [terraform_data.svc]
}
output "name" { value = terraform_data.svc.output }
output "token" {
  value     = "canary-of-an-output"
  sensitive = true
}
"#;

pub(super) struct Fixture {
    pub(super) folder: TempDir,
    pub(super) state: Arc<FaultyStore>,
    pub(super) records: Arc<FaultyStore>,
    ids: UlidIds,
}

impl Fixture {
    pub(super) fn new() -> Self {
        Self::of(MODULE)
    }

    pub(super) fn of(module: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("module")).unwrap();
        let fixture = Self { folder, state: Arc::default(), records: Arc::default(), ids: UlidIds::default() };
        std::fs::write(fixture.module().join("main.tf"), module).unwrap();
        fixture
    }

    pub(super) fn module(&self) -> PathBuf {
        self.folder.path().join("module")
    }

    pub(super) fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub(super) fn settings(&self) -> EngineSettings {
        EngineSettings {
            installed: Installed {
                program: "terraform".into(),
                module: self.module(),
                work: self.work(),
                cli_config: None,
                lock_file: None,
                pass_env: inherited(),
                secret_env: Vec::new(),
            },
            prepared: None,
            state: self.state.clone(),
            records: self.records.clone(),
            runs: 4,
            lock_wait: Duration::from_millis(100),
            stop_grace: Duration::from_secs(10),
            stateful: BTreeSet::new(),
        }
    }

    /// The same with something else installed.
    pub(super) fn with(&self, change: impl FnOnce(&mut Installed)) -> EngineSettings {
        let mut settings = self.settings();
        change(&mut settings.installed);
        settings
    }

    pub(super) async fn engine(&self) -> Engine {
        Engine::start(self.settings()).await.unwrap()
    }

    /// One whose `terraform_data` resources of the module are all protected.
    pub(super) async fn guarded(&self) -> Engine {
        let stateful = BTreeSet::from(["terraform_data".to_owned()]);
        Engine::start(EngineSettings { stateful, ..self.settings() }).await.unwrap()
    }

    pub(super) fn run(&self, tenant: &str, variables: &Value) -> Run {
        self.run_at(1, tenant, variables)
    }

    pub(super) fn run_at(&self, epoch: u64, tenant: &str, variables: &Value) -> Run {
        Run {
            tenant: tenant.parse().unwrap(),
            operation: self.ids.next(jiff::Timestamp::UNIX_EPOCH),
            epoch: Epoch(epoch),
            lease: Arc::new(NoLease),
            variables: Variables::from_json(variables),
            deadline: Duration::from_mins(1),
            cancel: CancellationToken::new(),
        }
    }

    /// Addresses in the tenant's state, with their inputs.
    pub(super) async fn resources(&self, tenant: &str) -> Vec<(String, Value)> {
        let name = state_name(tenant);
        let Some(found) = self.state.read(&name).await.unwrap() else { return Vec::new() };
        let state: Value = serde_json::from_slice(&found.value).unwrap();
        let resources = state["resources"].as_array().unwrap().iter();
        resources
            .map(|r| {
                (r["name"].as_str().unwrap().to_owned(), r["instances"][0]["attributes"]["input"]["value"].clone())
            })
            .collect()
    }

    /// Nothing of any run may stay behind.
    pub(super) fn run_folders(&self) -> usize {
        std::fs::read_dir(self.work().join("runs")).unwrap().count()
    }
}

pub(super) fn state_name(tenant: &str) -> ObjectName {
    ObjectName::new(format!("terraform/tenants/{tenant}.tfstate")).unwrap()
}

pub(super) fn lock_name(tenant: &str) -> ObjectName {
    ObjectName::new(format!("terraform/tenants/{tenant}.tflock")).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests find terraform where the shell does")]
pub(super) fn inherited() -> Vec<(String, String)> {
    ["PATH", "HOME"].iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect()
}

/// Keeps what it is told.
#[derive(Default)]
pub(super) struct Told(Mutex<Vec<RunEvent>>);

impl RunObserver for Told {
    fn event(&self, event: RunEvent) {
        self.0.lock().unwrap().push(event);
    }
}

impl Told {
    pub(super) fn events(&self) -> Vec<RunEvent> {
        self.0.lock().unwrap().clone()
    }

    pub(super) fn log(&self) -> String {
        let lines = self.events().into_iter().filter_map(|event| match event {
            RunEvent::Log(line) => Some(line),
            _ => None,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Waits until something was told.
    pub(super) async fn until(&self, found: impl Fn(&RunEvent) -> bool) -> RunEvent {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            if let Some(event) = self.events().into_iter().find(|event| found(event)) {
                return event;
            }
            assert!(Instant::now() < deadline, "never told; told was {:#?}", self.events());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

pub(super) fn lines(changes: &[Change]) -> Vec<String> {
    changes.iter().map(|change| format!("{} {}", change.action, change.address)).collect()
}

/// A command for `worker` that says it began, then takes until it is killed or told to go on.
pub(super) fn waiting(begun: &Path, go_on: &Path) -> Value {
    let (begun, go_on) = (begun.display(), go_on.display());
    json!({"command": format!("touch {begun}; while [ ! -e {go_on} ]; do sleep 0.05; done")})
}

/// Waits for a file to be there.
pub(super) async fn appears(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !path.exists() {
        assert!(Instant::now() < deadline, "{} never came", path.display());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
