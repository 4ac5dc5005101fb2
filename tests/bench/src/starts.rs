//! From the start of a function's process to its first answer, as an image starts it: release build, module initialised
//! when the image was built.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use end_to_end::binary;
use sandbox_gcs::{Bucket, Sandbox, Settings};
use tempfile::TempDir;
use tenancy::clock::SystemClock;
use tenancy::store::memory::MemoryStore;
use tenancy::terraform::{Engine, EngineSettings, STATEFUL_TYPES};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::figure::{Figure, median, millis};

const TIMES: usize = 20;

pub(crate) async fn measure() -> Vec<Figure> {
    let place = Place::prepare().await;
    let mut figures = Vec::new();
    for (function, path, most) in [
        ("get-tenant", "/tenants", 10.0),
        ("create-tenant", "/healthz", 15.0),
        ("definition-changed", "/healthz", 15.0),
    ] {
        let (mut took, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let (first, kib) = place.start(function, path).await;
            took.push(first);
            memory.push(kib);
        }
        memory.sort_unstable();
        let (ms, mib) = (millis(median(took)), memory[TIMES / 2] / 1024);
        let what = format!("`{function}`: start to the first answer to `{path}`; memory");
        let target = format!("≤ {most} ms; ≤ 20 MB");
        figures.push(Figure::new(
            what,
            target,
            format!("{ms:.1} ms; {mib} MB (medians of {TIMES})"),
            ms <= most && mib <= 20,
        ));
    }
    place.sandbox.stop().await;
    figures
}

struct Place {
    folder: TempDir,
    sandbox: Sandbox,
    environment: Vec<(String, String)>,
}

impl Place {
    async fn prepare() -> Self {
        let folder = TempDir::new().unwrap();
        let root = |name: &str| folder.path().join(name);
        let mut settings = Settings::new(root("buckets"));
        for name in ["definitions", "records", "state-bucket"] {
            settings.buckets.push(Bucket { name: name.parse().unwrap(), versioning: true });
        }
        let sandbox = Sandbox::start(settings).await.unwrap();
        let cli = sandbox_google_provider::install(&binary("sandbox-google-provider"), &root("provider")).unwrap();
        std::fs::create_dir_all(root("cloud")).unwrap();
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let mut environment = vec![
            ("AIPRESS_DEFINITIONS_BUCKET".to_owned(), "definitions".to_owned()),
            ("AIPRESS_RECORDS_BUCKET".to_owned(), "records".to_owned()),
            ("AIPRESS_STATE_BUCKET".to_owned(), "state-bucket".to_owned()),
            ("AIPRESS_STORAGE_ENDPOINT".to_owned(), sandbox.endpoint()),
            ("AIPRESS_PLATFORM".to_owned(), text(repository.join("deploy/local/platform.yaml"))),
            ("AIPRESS_MODULE".to_owned(), text(repository.join("terraform/tenant"))),
            ("AIPRESS_WORK".to_owned(), text(root("work"))),
            ("AIPRESS_PREPARED".to_owned(), text(root("prepared"))),
            ("AIPRESS_HOST".to_owned(), "127.0.0.1".to_owned()),
            ("TF_CLI_CONFIG_FILE".to_owned(), text(cli.clone())),
            ("SANDBOX_CLOUD_DIR".to_owned(), text(root("cloud"))),
        ];
        let inherited: Vec<(String, String)> = ["PATH", "HOME"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), environment_variable(name)?)))
            .collect();
        environment.extend(inherited.clone());
        let nowhere = || Arc::new(MemoryStore::new("none", Arc::new(SystemClock)));
        let engine = EngineSettings {
            program: "terraform".into(),
            module: repository.join("terraform/tenant"),
            work: root("prepare"),
            cli_config: Some(cli),
            lock_file: None,
            prepared: None,
            pass_env: inherited,
            secret_env: Vec::new(),
            state: nowhere(),
            records: nowhere(),
            runs: 1,
            lock_wait: Duration::ZERO,
            stop_grace: Duration::ZERO,
            stateful: STATEFUL_TYPES.map(str::to_owned).into(),
        };
        Engine::prepare(&engine, &root("prepared")).await.unwrap();
        Self { folder, sandbox, environment }
    }

    /// Starts a function; how long until it answered, and its resident memory in KiB then.
    async fn start(&self, function: &str, path: &str) -> (Duration, u64) {
        let port = free_port();
        let began = Instant::now();
        let mut process = self.spawn(function, port);
        first_answer(SocketAddr::from(([127, 0, 0, 1], port)), path, &mut process).await;
        let took = began.elapsed();
        let kib = resident(process.id().unwrap());
        process.kill().await.unwrap();
        (took, kib)
    }

    #[expect(clippy::disallowed_methods, reason = "the functions themselves are measured")]
    fn spawn(&self, function: &str, port: u16) -> Child {
        Command::new(binary(function))
            .current_dir(self.folder.path())
            .env_clear()
            .envs(self.environment.iter().cloned())
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "what Terraform needs of this machine")]
fn environment_variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn first_answer(address: SocketAddr, path: &str, process: &mut Child) {
    loop {
        if let Ok(mut stream) = TcpStream::connect(address).await {
            let request = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            return;
        }
        assert!(process.try_wait().unwrap().is_none(), "the function ended");
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap()
}
