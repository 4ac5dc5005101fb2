//! Archives in, an immutable bundle out. No plugin's code is run and no database is needed. Everything may be repeated: what
//! is there already is neither fetched nor written again, and the marker comes last.

mod archive;
mod header;
mod prepare;
mod upload;

use futures::{StreamExt as _, stream};
use tenancy::plugins::{InstallRequest, InstallStatus, Lock, LockedPlugin, PluginReport, PluginResult, effective};

use self::prepare::{Failure, Prepared, Preparing};
use crate::bundle::{Bundles, MARKER};
use crate::error::InstallError;
use crate::program::Outcome;
use crate::sources::Sources;

/// Archives fetched at once: each lies in memory until it is unpacked.
const ARCHIVES_AT_ONCE: usize = 3;

/// Stages the bundle of a request's lock; of the plugins that may fail, one that does stays as it was before.
pub(crate) async fn stage(request: &InstallRequest, sources: &Sources) -> Result<Outcome, InstallError> {
    let bundles = Bundles::new(sources.bucket(&request.artifacts_bucket), request.tenant.clone());
    let Some(asked) = request.lock.bundle() else {
        return Ok(Outcome::of(InstallStatus::Converged, Vec::new()));
    };
    if bundles.bundle(asked).marker().await?.is_some() {
        tracing::info!(bundle = %asked, "staged already");
        let plugins = request.lock.plugins().iter().map(|plugin| request.told(plugin, PluginResult::Staged));
        return Ok(Outcome::of(InstallStatus::Converged, plugins.collect()));
    }

    let prepared = prepared(request, sources, &bundles).await?;
    let plugins: Vec<PluginReport> =
        prepared.iter().map(|(plugin, done, ms)| outcome(request, plugin, done, *ms)).collect();
    let status = judged(&plugins);
    if status == InstallStatus::BadArchive {
        return Ok(Outcome { message: required(&plugins), ..Outcome::of(status, plugins) });
    }

    let lock = effective(request, status, &plugins);
    let ready = prepared.into_iter().filter_map(|(plugin, done, _)| Some((plugin.name.clone(), done.ok()?))).collect();
    upload::upload(&bundles, &lock, &request.before, ready).await?;
    tracing::info!(bundle = ?lock.bundle().map(|digest| digest.to_string()), marker = MARKER, "staged");
    if request.settled {
        sweep_out(request, &lock, &bundles).await;
    }
    Ok(Outcome::of(status, plugins))
}

/// Removes the bundles that nobody runs any more. What cannot be removed now is removed next time, and stops nobody.
async fn sweep_out(request: &InstallRequest, staged: &Lock, bundles: &Bundles) {
    tracing::info!("step: sweep out");
    let keep: Vec<_> = [&request.before, &request.lock, staged].into_iter().filter_map(Lock::bundle).collect();
    match bundles.keep_only(&keep, request.operation).await {
        Ok(removed) => tracing::info!(removed, "old bundles removed"),
        Err(error) => tracing::warn!(%error, "old bundles stay until plugins change again"),
    }
}

type Tried<'a> = (&'a LockedPlugin, Result<Prepared, Failure>, u64);

async fn prepared<'a>(
    request: &'a InstallRequest,
    sources: &Sources,
    bundles: &Bundles,
) -> Result<Vec<Tried<'a>>, InstallError> {
    // Before the first run, or after somebody removed old bundles, everything is fetched.
    let before = match request.before.bundle() {
        Some(digest) => bundles.bundle(digest).marker().await?,
        None => None,
    };
    let preparing = &Preparing { sources, before: &request.before, marker: before.as_ref() };
    let each = stream::iter(request.lock.plugins()).map(|plugin| async move {
        let began = std::time::Instant::now();
        tracing::info!(plugin = %plugin.name, version = %plugin.version, "step: prepare");
        let done = preparing.prepare(plugin).await?;
        Ok::<_, InstallError>((plugin, done, crate::program::milliseconds(began)))
    });
    let tried: Vec<Result<Tried<'a>, InstallError>> = each.buffered(ARCHIVES_AT_ONCE).collect().await;
    tried.into_iter().collect()
}

fn outcome(request: &InstallRequest, plugin: &LockedPlugin, done: &Result<Prepared, Failure>, ms: u64) -> PluginReport {
    match done {
        Ok(_) => PluginReport { ms, ..request.told(plugin, PluginResult::Staged) },
        Err(failure) => PluginReport { message: failure.message.clone(), ms, ..request.told(plugin, failure.result) },
    }
}

fn judged(plugins: &[PluginReport]) -> InstallStatus {
    let failed = |required: bool| plugins.iter().any(|p| p.required == required && !p.result.holds());
    match (failed(true), failed(false)) {
        (true, _) => InstallStatus::BadArchive,
        (false, true) => InstallStatus::OptionalFailed,
        (false, false) => InstallStatus::Converged,
    }
}

fn required(plugins: &[PluginReport]) -> String {
    let failed = plugins.iter().filter(|plugin| plugin.required && !plugin.result.holds());
    failed.map(|plugin| format!("{}: {}", plugin.name, plugin.message)).collect::<Vec<_>>().join("; ")
}
