//! An installation as in the cloud: each function a process of its own with its production settings, over the stand-ins for
//! the storage and the provider.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use sandbox_gcs::{Bucket, Sandbox, Settings};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::api::Api;
use crate::cloud::Cloud;
use crate::pubsub::PubSub;
use crate::storage::Storage;
use crate::tools::{binary, eventually, run};

/// Buckets and a cloud, and the settings of functions over them.
pub struct Installation {
    folder: TempDir,
    sandbox: Sandbox,
    /// The buckets.
    pub storage: Storage,
    environment: BTreeMap<String, String>,
}

/// A function that serves; killed when dropped.
pub struct Function {
    process: Child,
    folder: PathBuf,
    log: PathBuf,
    /// Its door.
    pub api: Api,
}

/// How a function that did not serve, or that stopped, ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; -1 if a signal ended it.
    pub code: i32,
    /// What it logged, a JSON object a line.
    pub log: String,
}

impl Installation {
    /// Empty buckets, an empty cloud.
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = Settings::new(folder.path().join("buckets"));
        for (name, versioning) in [("definitions", true), ("records", false), ("state", true)] {
            settings.buckets.push(Bucket { name: format!("e2e-{name}").parse().unwrap(), versioning });
        }
        let sandbox = Sandbox::start(settings).await.unwrap();
        let storage = Storage::new(sandbox.endpoint());
        let environment = environment(folder.path(), &sandbox.endpoint());
        Self { folder, sandbox, storage, environment }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The storage server.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// Its cloud.
    pub fn cloud(&self) -> Cloud {
        Cloud::new(self.folder().join("cloud"))
    }

    /// The settings of every function.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    /// Starts a function and waits until it serves.
    pub async fn start(&self, name: &str) -> Function {
        self.start_with(name, &[]).await
    }

    /// The same with some settings otherwise.
    pub async fn start_with(&self, name: &str, other: &[(&str, &str)]) -> Function {
        let log = self.folder().join(format!("{name}.log"));
        let mut environment = self.environment.clone();
        environment.insert("K_REVISION".to_owned(), format!("{name}-00001"));
        // They need somebody to hand tasks to; the others have a queue of their own.
        if ["definition-changed", "check-drift"].contains(&name) {
            environment.insert("AIPRESS_TASKS_TOPIC".to_owned(), PubSub::topic_name("tasks"));
        }
        environment.extend(other.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let mut process = spawn(name, &environment, &log);
        let address = eventually(&format!("{name} serves"), || {
            let ended = process.try_wait().unwrap();
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            async move {
                assert!(ended.is_none(), "{name} ended ({ended:?}): {said}");
                address(&said)
            }
        })
        .await;
        let api = Api::new(format!("http://{address}"));
        Function { process, folder: self.folder().to_owned(), log, api }
    }

    /// Starts a function that cannot serve with exactly this environment, and waits for its end.
    pub async fn refused(&self, name: &str, environment: &BTreeMap<String, String>) -> Ended {
        let log = tempfile::NamedTempFile::new_in(self.folder()).unwrap();
        ended(&mut spawn(name, environment, log.path()), log.path()).await
    }
}

impl Function {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.process.id().expect("it runs")
    }

    /// The most memory it has held so far, in MiB.
    pub fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() >> 10
    }

    /// Asks it to stop, as the platform does.
    pub async fn terminate(&self) {
        let pid = self.pid().to_string();
        let sent = run("kill", &["-TERM", &pid], &self.folder, &[]).await;
        assert_eq!(sent.code, 0, "{}", sent.stderr);
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until it ended.
    pub async fn ended(mut self) -> Ended {
        ended(&mut self.process, &self.log).await
    }
}

async fn ended(process: &mut Child, log: &Path) -> Ended {
    let ended = tokio::time::timeout(Duration::from_mins(1), process.wait()).await;
    let log = std::fs::read_to_string(log).unwrap();
    let status = ended.unwrap_or_else(|_| panic!("it still runs after a minute: {log}")).unwrap();
    Ended { code: status.code().unwrap_or(-1), log }
}

fn environment(folder: &Path, storage: &str) -> BTreeMap<String, String> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let cloud = folder.join("cloud");
    std::fs::create_dir_all(&cloud).unwrap();
    let provider = binary("sandbox-google-provider");
    let config = sandbox_google_provider::install(&provider, &folder.join("provider")).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    #[expect(clippy::disallowed_methods, reason = "where Terraform is on this machine")]
    let path = std::env::var("PATH").unwrap();
    let pairs = [
        ("PORT", "0".to_owned()),
        ("AIPRESS_HOST", "127.0.0.1".to_owned()),
        ("AIPRESS_AUTH", "none".to_owned()),
        ("AIPRESS_DEFINITIONS_BUCKET", "e2e-definitions".to_owned()),
        ("AIPRESS_RECORDS_BUCKET", "e2e-records".to_owned()),
        ("AIPRESS_STATE_BUCKET", "e2e-state".to_owned()),
        // Where nobody listens: a test that wants tasks to travel says where somebody does.
        ("AIPRESS_PUBSUB_ENDPOINT", "http://127.0.0.1:9".to_owned()),
        ("AIPRESS_STORAGE_ENDPOINT", storage.to_owned()),
        ("AIPRESS_PLATFORM", text(&repository.join("deploy/local/platform.yaml"))),
        ("AIPRESS_MODULE", text(&repository.join("terraform/tenant"))),
        ("AIPRESS_WORK", text(&folder.join("work"))),
        ("TF_CLI_CONFIG_FILE", text(&config)),
        ("SANDBOX_CLOUD_DIR", text(&cloud)),
        ("PATH", path),
        ("HOME", text(folder)),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

#[expect(clippy::disallowed_methods, reason = "end-to-end tests run real programs")]
fn spawn(name: &str, environment: &BTreeMap<String, String>, log: &Path) -> Child {
    let file = std::fs::File::create(log).unwrap();
    Command::new(binary(name))
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .stdout(file.try_clone().unwrap())
        .stderr(file)
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Where it serves, once it has said so.
fn address(log: &str) -> Option<String> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let serving = lines.into_iter().find(|line| line["message"] == "serving")?;
    serving["address"].as_str().map(str::to_owned)
}
