//! A function as the platform starts it: its own process, its own environment, requests over its socket.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::Failure;
use crate::wire::{Reply, Wire, request};
use crate::world::{World, binary, repository};

/// A running function; killed when dropped.
pub(crate) struct Function {
    process: Child,
    /// When it was started.
    pub(crate) began: Instant,
    /// Where it serves.
    pub(crate) address: SocketAddr,
}

/// Whether a function runs Terraform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only reads.
    Reader,
    /// It records and hands on.
    Fleet,
    /// It runs Terraform.
    Worker,
}

/// Every function that serves requests.
pub(crate) const ALL: [(&str, Kind); 7] = [
    ("get-tenant", Kind::Reader),
    ("definition-changed", Kind::Fleet),
    ("check-drift", Kind::Fleet),
    ("create-tenant", Kind::Worker),
    ("update-tenant", Kind::Worker),
    ("delete-tenant", Kind::Worker),
    ("reconcile-tenant", Kind::Worker),
];

impl Function {
    /// Starts one and waits until it says where it serves.
    pub(crate) async fn start(world: &World, name: &str, kind: Kind) -> Result<Self, Failure> {
        let mut command = command(world, name, kind)?;
        let began = Instant::now();
        let mut process = command.spawn()?;
        let mut log = BufReader::new(process.stdout.take().ok_or("a function logs nothing")?).lines();
        let mut last = String::new();
        while let Some(line) = log.next_line().await? {
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if entry["message"] == "serving"
                && let Some(address) = entry["address"].as_str()
            {
                let address = address.parse()?;
                tokio::spawn(async move { while matches!(log.next_line().await, Ok(Some(_))) {} });
                return Ok(Self { process, began, address });
            }
            last = line;
        }
        Err(format!("{name} ended before it served: {last}").into())
    }

    /// A request on a connection of its own.
    pub(crate) async fn ask(&self, request: &[u8]) -> Result<Reply, Failure> {
        Wire::open(self.address).await?.exchange(request).await
    }

    /// Whether it answers at all.
    pub(crate) async fn is_well(&self) -> Result<(), Failure> {
        let reply = self.ask(&request("GET", "/healthz", &[], "")).await?;
        if reply.status == 200 { Ok(()) } else { Err(format!("/healthz answers {}", reply.status).into()) }
    }

    /// Resident memory in MiB, as Linux counts it.
    pub(crate) fn memory(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()?)).ok()?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: f64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib / 1024.0)
    }

    /// Ends it and waits until it is gone, so that it takes nothing from what comes next.
    pub(crate) async fn stop(mut self) -> Result<(), Failure> {
        Ok(self.process.kill().await?)
    }

    /// Asks again until the answer fits.
    pub(crate) async fn until(&self, what: &str, request: &[u8], fits: impl Fn(&Reply) -> bool) -> Result<(), Failure> {
        let deadline = Instant::now() + Duration::from_mins(2);
        while Instant::now() < deadline {
            if fits(&self.ask(request).await?) {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Err(format!("after two minutes still not: {what}").into())
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured runs in processes of its own")]
fn command(world: &World, name: &str, kind: Kind) -> Result<Command, Failure> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut command = Command::new(binary(name)?);
    command
        .env_clear()
        .env("PORT", "0")
        .env("AIPRESS_HOST", "127.0.0.1")
        .env("AIPRESS_AUTH", "none")
        .env("AIPRESS_STORAGE_ENDPOINT", &world.buckets.endpoint)
        .env("AIPRESS_DEFINITIONS_BUCKET", world.buckets.names.definitions)
        .env("AIPRESS_RECORDS_BUCKET", world.buckets.names.records)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    if kind != Kind::Reader {
        command.env("AIPRESS_PLATFORM", text(&world.platform_file));
    }
    if kind == Kind::Fleet {
        // Needed to start at all; nothing that is measured hands a task on.
        command
            .env("AIPRESS_TASKS_TOPIC", "projects/bench/topics/tasks")
            .env("AIPRESS_PUBSUB_ENDPOINT", "http://127.0.0.1:9");
    }
    if kind == Kind::Worker {
        command
            .envs(world.environment())
            .env("TERRAFORM_BIN", text(&world.counted("product")?.program))
            .env("AIPRESS_STATE_BUCKET", world.buckets.names.state)
            .env("AIPRESS_MODULE", text(&repository().join("terraform/tenant")))
            .env("AIPRESS_WORK", text(&world.folder(&format!("work-{name}"))?))
            .env("AIPRESS_PREPARED", text(&world.prepared));
    }
    Ok(command)
}
