//! The control plane of `make run` as a process of its own, on free ports and in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::api::{Answer, Api};
use crate::cloud::Cloud;
use crate::storage::Storage;
use crate::tools::{binary, eventually};

/// What a test wants otherwise than the default.
#[derive(Debug, Clone)]
pub struct Options {
    /// Events of the definitions bucket reach the control plane.
    pub events: bool,
    /// Seconds between two sweeps; 0: none.
    pub sweep_seconds: u32,
    /// The platform's settings; `None`: the local ones.
    pub platform: Option<String>,
    /// More environment variables.
    pub environment: Vec<(String, String)>,
}

impl Default for Options {
    fn default() -> Self {
        Self { events: true, sweep_seconds: 0, platform: None, environment: Vec::new() }
    }
}

/// A running control plane; stopped when dropped.
pub struct ControlPlane {
    folder: TempDir,
    options: Options,
    process: Child,
    /// Its door.
    pub api: Api,
    /// The buckets.
    pub storage: Storage,
}

impl ControlPlane {
    /// Starts one with events and without sweeps.
    pub async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// Starts one.
    pub async fn start_with(options: Options) -> Self {
        let folder = TempDir::new().unwrap();
        let (process, api, storage) = launch(folder.path(), &options).await;
        Self { folder, options, process, api: Api::new(api), storage: Storage::new(storage) }
    }

    /// Everything it keeps.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its cloud.
    pub fn cloud(&self) -> Cloud {
        Cloud::new(self.folder().join("cloud"))
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// Stops it as the platform does, and starts it again over what it kept.
    pub async fn restart(&mut self) {
        self.signal("TERM").await;
        let stopped = tokio::time::timeout(std::time::Duration::from_secs(20), self.process.wait()).await;
        assert!(stopped.is_ok(), "it did not stop within 20 s");
        self.relaunch().await;
    }

    /// The same with other settings of the platform.
    pub async fn deploy(&mut self, platform: String) {
        self.options.platform = Some(platform);
        self.restart().await;
    }

    /// Ends it in the middle of whatever it does, and starts it again over what it left.
    pub async fn kill_and_restart(&mut self) {
        self.kill().await;
        self.start_again().await;
    }

    /// Kills it in the middle of whatever it does.
    pub async fn kill(&mut self) {
        self.process.kill().await.unwrap();
    }

    /// Starts it over what it left.
    pub async fn start_again(&mut self) {
        self.relaunch().await;
    }

    async fn relaunch(&mut self) {
        let (process, api, storage) = launch(self.folder.path(), &self.options).await;
        (self.process, self.api, self.storage) = (process, Api::new(api), Storage::new(storage));
    }

    async fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = crate::tools::run("kill", &[&format!("-{name}"), &pid], self.folder(), &[]).await;
        assert_eq!(sent.code, 0, "{}", sent.stderr);
    }

    /// Sends a request with a body (YAML, if there is one).
    pub async fn send(&self, method: Method, path: &str, body: Option<&str>, headers: &[(&str, &str)]) -> Answer {
        self.api.send(method, path, body, headers).await
    }

    /// Delivers an event with these headers, as the event's sender would.
    pub async fn post_event(&self, headers: &[(&str, &str)], body: String) -> Answer {
        self.api.send_bytes(Method::POST, "/events", Some(body.into_bytes()), headers).await
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    /// `POST /tenants`.
    pub async fn create(&self, definition: &str) -> Answer {
        self.send(Method::POST, "/tenants", Some(definition), &[]).await
    }

    /// `PUT /tenants/{id}`.
    pub async fn update(&self, id: &str, definition: &str) -> Answer {
        self.send(Method::PUT, &format!("/tenants/{id}"), Some(definition), &[]).await
    }

    /// `DELETE /tenants/{id}`.
    pub async fn delete(&self, id: &str) -> Answer {
        self.send(Method::DELETE, &format!("/tenants/{id}"), None, &[]).await
    }

    /// Sweeps once.
    pub async fn sweep(&self) -> Value {
        let answer = self.send(Method::POST, "/sweep", None, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.body
    }

    /// Puts a definition into the bucket.
    pub async fn upload(&self, id: &str, definition: &str) {
        self.storage.upload("aipress-sandbox-definitions", &format!("tenants/{id}.yaml"), definition).await;
    }

    /// Takes a definition out of the bucket.
    pub async fn remove_upload(&self, id: &str) {
        self.storage.delete("aipress-sandbox-definitions", &format!("tenants/{id}.yaml")).await;
    }

    /// Waits until a tenant's status fits.
    pub async fn until(&self, id: &str, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/tenants/{id}");
        eventually(&format!("{id} {what}"), || async {
            let answer = self.get(&path).await;
            (answer.status == StatusCode::OK && fits(&answer.body)).then_some(answer.body)
        })
        .await
    }

    /// Waits until a tenant is in a phase.
    pub async fn until_phase(&self, id: &str, phase: &str) -> Value {
        self.until(id, phase, |tenant| tenant["status"]["phase"] == phase).await
    }

    /// Waits until a tenant is gone.
    pub async fn until_gone(&self, id: &str) {
        let path = format!("/tenants/{id}");
        eventually(&format!("{id} gone"), || async {
            (self.get(&path).await.status == StatusCode::NOT_FOUND).then_some(())
        })
        .await;
    }

    /// Waits until an operation has ended: a tenant is ready a moment before the operation that made it so has ended.
    pub async fn until_ended(&self, operation: &str) -> Value {
        eventually(&format!("{operation} has ended"), || async {
            let answer = self.get(operation).await;
            (!answer.body["finished"].is_null()).then_some(answer.body)
        })
        .await
    }

    /// Every operation of a tenant, newest first, once all of them have ended.
    pub async fn ended_operations(&self, id: &str) -> Vec<Value> {
        eventually(&format!("all operations of {id} have ended"), || async {
            let operations = self.operations(id).await;
            operations.iter().all(|operation| !operation["finished"].is_null()).then_some(operations)
        })
        .await
    }

    /// Every operation of a tenant, newest first.
    pub async fn operations(&self, id: &str) -> Vec<Value> {
        let answer = self.get(&format!("/tenants/{id}/operations?limit=1000")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        answer.body["items"].as_array().cloned().unwrap_or_default()
    }
}

#[expect(clippy::disallowed_methods, reason = "end-to-end tests run real programs")]
async fn launch(folder: &Path, options: &Options) -> (Child, String, String) {
    let endpoints = folder.join("endpoints.json");
    let _ = std::fs::remove_file(&endpoints);
    let log = std::fs::File::options().create(true).append(true).open(folder.join("log")).unwrap();
    let mut command = Command::new(binary("local"));
    command
        .env("LOCAL_DIR", folder)
        .env("PORT", "0")
        .env("STORAGE_PORT", "0")
        .env("LOCAL_EXAMPLES", "no")
        .env("LOCAL_EVENTS", if options.events { "yes" } else { "no" })
        .env("LOCAL_SWEEP_SECONDS", options.sweep_seconds.to_string())
        .envs(options.environment.iter().cloned())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .kill_on_drop(true);
    if let Some(platform) = &options.platform {
        command.env("AIPRESS_PLATFORM", written(folder.join("platform.yaml"), platform));
    }
    let mut process = command.spawn().unwrap();
    let found = eventually("the control plane serves", || {
        let ended = process.try_wait().unwrap();
        let endpoints = endpoints.clone();
        async move {
            assert!(ended.is_none(), "the control plane ended: {ended:?}; its log is in {}", endpoints.display());
            serde_json::from_slice::<Value>(&std::fs::read(endpoints).ok()?).ok()
        }
    })
    .await;
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    (process, text("api"), text("storage"))
}

fn written(path: PathBuf, text: &str) -> PathBuf {
    std::fs::write(&path, text).unwrap();
    path
}
