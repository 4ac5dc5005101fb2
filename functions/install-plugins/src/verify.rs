//! The public site looked at, once the revision with the bundle serves. Nothing is changed.

use tenancy::config::InstallConfig;
use tenancy::plugins::{InstallRequest, InstallStatus};

use crate::activate::site;
use crate::bundle::Bundles;
use crate::error::InstallError;
use crate::program::Outcome;
use crate::sources::Sources;
use crate::wordpress::Pages;

/// Whether every plugin of the lock is active, and visitors get what they should.
pub(crate) async fn verify(
    request: &InstallRequest,
    sources: &Sources,
    config: &InstallConfig,
) -> Result<Outcome, InstallError> {
    let url = request.site_url.as_deref();
    let url = url.ok_or_else(|| InstallError::BadInput("the request has no siteUrl to look at".to_owned()))?;
    let bundles = Bundles::new(sources.bucket(&request.artifacts_bucket), request.tenant.clone());
    let marker = bundles.staged(&request.lock).await?;
    let active = site(request, config)?.read().await?.active;
    let asleep: Vec<_> =
        marker.iter().flat_map(|marker| &marker.plugins).filter(|p| !active.contains(&p.main)).collect();

    tracing::info!("step: look");
    let health = Pages::new(None, config.probe)?.look(url, None).await.health;
    let mut why: Vec<String> = asleep.iter().map(|plugin| format!("{} is not active", plugin.name)).collect();
    if !health.well() {
        why.push(health.problems());
    }
    let status = if why.is_empty() { InstallStatus::Converged } else { InstallStatus::UnhealthyBefore };
    let outcome = Outcome::of(status, Vec::new());
    Ok(Outcome { message: why.join("; "), health_before: Some(health), ..outcome })
}
