//! From settings to serving, and to a clean stop.

use std::error::Error;
use std::time::Duration;

use sandbox_gcs::Sandbox;
use tenancy::http::{router, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::plane::Plane;
use crate::settings::{Settings, repository};
use crate::welcome::Welcome;
use crate::{cloud, upkeep};

const GRACE: Duration = Duration::from_secs(5);

/// Serves until told to stop.
pub(crate) async fn run() -> Result<(), Box<dyn Error>> {
    let settings = Settings::from_env()?;
    start_log();
    std::fs::create_dir_all(&settings.root).map_err(|error| format!("'{}': {error}", settings.root.display()))?;
    let listener = TcpListener::bind(settings.api).await.map_err(|error| {
        format!("cannot listen on {}: {error}; choose another port: PORT=9090 make run", settings.api)
    })?;
    let api = format!("http://{}", listener.local_addr()?);
    let storage = cloud::start_storage(&settings).await?;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let plane = Plane::assemble(&settings, &storage, &stop).await?;
    if settings.events {
        cloud::subscribe(&storage, format!("{api}/events"))?;
    }
    let examples = match settings.examples {
        true => upkeep::upload_examples(&*plane.definitions, &repository().join("examples/tenants")).await?,
        false => 0,
    };
    let reconciler = plane.parts.reconciler.clone();
    tasks.spawn(upkeep::work(plane.queue, reconciler, plane.runs, stop.clone()));
    if let Some(every) = settings.sweep {
        tasks.spawn(upkeep::sweep(plane.parts.sweeper.clone(), every, stop.clone()));
    }
    announce(&settings, &api, &storage, examples)?;
    let routes = router::complete(router::all(plane.parts));
    let asked = stop_signal()?;
    serve::serve_until(routes, listener, GRACE, stop.clone(), asked).await?;
    stop.cancel();
    tasks.close();
    let _ = tokio::time::timeout(GRACE, tasks.wait()).await;
    storage.stop().await;
    Ok(())
}

/// Says where everything is: to people, and, in `endpoints.json`, to programs.
fn announce(settings: &Settings, api: &str, storage: &Sandbox, examples: usize) -> Result<(), Box<dyn Error>> {
    let storage = storage.endpoint();
    let endpoints = serde_json::json!({"api": api, "storage": storage});
    let written = settings.root.join("endpoints.json.new");
    std::fs::write(&written, endpoints.to_string())?;
    std::fs::rename(&written, settings.root.join("endpoints.json"))?;
    say(&Welcome { api, storage: &storage, root: &settings.root, examples });
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the one thing this program says to people")]
fn say(welcome: &Welcome<'_>) {
    println!("{welcome}");
}

/// Warnings and worse, unless `AIPRESS_LOG` says otherwise; on stderr, so that the welcome stands alone on stdout.
fn start_log() {
    let filter = crate::settings::variable("AIPRESS_LOG").unwrap_or_else(|| "info,hyper=warn,h2=warn".to_owned());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, std::io::Error> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
