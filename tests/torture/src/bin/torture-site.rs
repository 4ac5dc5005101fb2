//! `torture-site PHASE gs://…`: stands where a site's own `install-plugins` would, on a site of which every plugin is good. It
//! takes a moment, in which it can be killed.

#![expect(clippy::unwrap_used, reason = "what fails here is a report that never comes")]

use std::time::{Duration, Instant};

use end_to_end::Storage;
use tenancy::plugins::{Health, InstallPhase, InstallRequest, InstallStatus, PluginResult, Report, Source};

/// What a look at a site and its plugins takes at the least.
const WORK: Duration = Duration::from_millis(300);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let began = Instant::now();
    let mut arguments = std::env::args().skip(1);
    let phase = match arguments.next().as_deref() {
        Some("verify") => InstallPhase::Verify,
        _ => InstallPhase::Activate,
    };
    let address: Source = arguments.next().unwrap().parse().unwrap();
    let Source::Object { bucket, name } = &address else { return };
    #[expect(clippy::disallowed_methods, reason = "as install-plugins is told")]
    let storage = Storage::new(std::env::var("AIPRESS_STORAGE_ENDPOINT").unwrap());
    let request = storage.read(bucket, name.as_str()).await.unwrap();
    let request: InstallRequest = serde_json::from_str(&request).unwrap();
    tokio::time::sleep(WORK).await;
    let report = report(&request, phase, began);
    let Source::Object { name, .. } = InstallRequest::report_source(&address, phase) else { return };
    storage.upload(bucket, name.as_str(), serde_json::to_string(&report).unwrap()).await;
}

fn report(request: &InstallRequest, phase: InstallPhase, began: Instant) -> Report {
    let plugins = request.lock.plugins().iter().map(|plugin| request.told(plugin, PluginResult::Applied)).collect();
    let ms = u64::try_from(began.elapsed().as_millis()).unwrap_or_default();
    let health_after = Some(Health::default());
    Report { health_after, ms, ..request.answered(phase, InstallStatus::Converged, plugins) }
}
