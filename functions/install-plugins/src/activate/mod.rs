//! The database made to fit a bundle, beside the revision that serves: on a WordPress of its own, over the site's database,
//! one plugin at a time. Each is activated in a process of its own, seen active in a fresh one, and the site looked at; what
//! breaks is taken back without loading a plugin. A visitor meets none of it but the database.
//!
//! What was active before is kept in the database until the run has ended: whatever ends a run early, the next one starts from
//! there. `plan` decides, `run` carries out.

mod plan;
mod run;
mod tree;

use tenancy::config::InstallConfig;
use tenancy::plugins::{Health, InstallRequest, InstallStatus};
use tenancy::redact::Redactor;

use self::plan::plan;
use self::run::Run;
use self::tree::Tree;
use crate::bundle::{BundleCache, Bundles};
use crate::error::InstallError;
use crate::program::Outcome;
use crate::sources::Sources;
use crate::wordpress::{Site, SiteSettings};

/// Activates the staged bundle of a request's lock.
pub(crate) async fn activate(
    request: &InstallRequest,
    sources: &Sources,
    config: &InstallConfig,
) -> Result<Outcome, InstallError> {
    let bundles = Bundles::new(sources.bucket(&request.artifacts_bucket), request.tenant.clone());
    let cache = BundleCache::new(config.bundles.join(request.tenant.as_str()));
    let mut markers = Vec::new();
    for lock in [&request.before, &request.lock] {
        let marker = bundles.staged(lock).await?;
        if let Some(marker) = &marker {
            cache.fetch(&bundles.bundle(marker.digest), marker).await?;
        }
        markers.push(marker);
    }
    let wanted = markers.pop().flatten();

    let site = site(request, config)?;
    let _ours = site.lock(config.wait).await?;
    let tree = Tree::new(&config.site, cache);
    tracing::info!("step: compose");
    tree.compose(&request.before)?;
    let mut state = site.read().await?;
    if !state.installed {
        return Ok(unwell("WordPress is not installed: its service does that as it starts", Health::default()));
    }
    if let Some(active) = state.journal.take() {
        tracing::warn!("an earlier run did not end; beginning where it began");
        state = site.write(&active, None).await?;
    }
    tracing::info!("step: look");
    let before = site.look(None).await?;
    if !before.health.well() {
        return Ok(unwell("the site is not well, with the plugins it has; nothing was changed", before.health));
    }
    let plan = plan(&request.before, &request.lock, wanted.as_ref(), &state.active)
        .map_err(|plugin| InstallError::DamagedBundle(format!("the staged bundle does not hold {}", plugin.name)))?;
    Run::new(request, &site, &tree, before, state.active).carry_out(plan).await
}

fn unwell(why: &str, health: Health) -> Outcome {
    let outcome = Outcome::of(InstallStatus::UnhealthyBefore, Vec::new());
    Outcome { message: why.to_owned(), health_before: Some(health), ..outcome }
}

/// Knows the password of the site's database: plugins know it too, and may say it.
fn redactor(config: &InstallConfig) -> Result<Redactor, InstallError> {
    let Some(file) = &config.secret else { return Ok(Redactor::default()) };
    let secret = std::fs::read_to_string(file)
        .map_err(|error| InstallError::BadInput(format!("{}, the site's secret: {error}", file.display())))?;
    Ok(Redactor::new([secret.as_str()]))
}

/// The WordPress to work with.
pub(crate) fn site(request: &InstallRequest, config: &InstallConfig) -> Result<Site, InstallError> {
    if !config.site.join("wp-load.php").is_file() {
        return Err(InstallError::BadInput(format!("{} is no WordPress: set AIPRESS_SITE", config.site.display())));
    }
    let settings = SiteSettings {
        folder: config.site.clone(),
        php: config.php.clone(),
        home: request.site_url.clone(),
        step: config.step,
        probe: config.probe,
        redactor: redactor(config)?,
    };
    Ok(Site::new(settings)?)
}
