//! From settings to serving, and to a clean stop.

use std::error::Error;
use std::io::Write as _;

use sandbox_gcs::Sandbox;
use tenancy::config::{self, LogConfig};
use tenancy::telemetry;
use tokio::net::TcpListener;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::plugins::Directory;
use crate::settings::{Settings, repository, variable};
use crate::welcome::Welcome;
use crate::{cloud, examples, plane, scheduler};

/// Serves until told to stop.
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    start_log()?;
    let settings = Settings::from_env()?;
    std::fs::create_dir_all(&settings.root).map_err(|error| format!("'{}': {error}", settings.root.display()))?;
    let listener = TcpListener::bind(settings.api).await.map_err(|error| {
        format!("cannot listen on {}: {error}; choose another port: PORT=9090 make run", settings.api)
    })?;
    let api = format!("http://{}", listener.local_addr()?);
    let storage = cloud::start_storage(&settings).await?;
    let directory = Directory::start(&settings.root).await?;
    let assembled = plane::assemble(&settings, &storage, &directory).await?;
    if settings.events {
        cloud::subscribe(&storage, format!("{api}/events"))?;
    }
    let uploaded = if settings.examples {
        examples::upload(storage.endpoint(), &repository().join("examples/tenants")).await?
    } else {
        0
    };
    let sweeps = settings.sweep.map(|every| tokio::spawn(scheduler::sweep(api.clone(), every)));
    announce(&settings, &api, &storage, uploaded)?;
    assembled.run_on(listener).await?;
    if let Some(sweeps) = sweeps {
        sweeps.abort();
    }
    storage.stop().await;
    telemetry::end().await;
    Ok(())
}

/// Says where everything is: to people, and, in `endpoints.json`, to programs.
fn announce(settings: &Settings, api: &str, storage: &Sandbox, uploaded: usize) -> Result<(), Box<dyn Error>> {
    let storage = storage.endpoint();
    let endpoints = serde_json::json!({"api": api, "storage": storage});
    let written = settings.root.join("endpoints.json.new");
    std::fs::write(&written, endpoints.to_string())?;
    std::fs::rename(&written, settings.root.join("endpoints.json"))?;
    let welcome = Welcome { api, storage: &storage, root: &settings.root, examples: uploaded };
    writeln!(std::io::stdout(), "{welcome}")?;
    Ok(())
}

/// On stderr, so that the welcome stands alone on stdout. Quiet unless `AIPRESS_LOG` says otherwise.
fn start_log() -> Result<(), Box<dyn Error>> {
    let config = config::load(LogConfig::read)?;
    let filter = EnvFilter::try_new(variable("AIPRESS_LOG").unwrap_or_else(|| "warn".to_owned()))?;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    telemetry::begin_with(lines, config.traces.as_ref());
    Ok(())
}
