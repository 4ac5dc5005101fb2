//! A bundle into the bucket: what is there already stays, the marker comes last.

use std::collections::BTreeMap;
use std::path::PathBuf;

use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tenancy::plugins::{Lock, LockedPlugin, PluginName};

use super::prepare::{Files, Prepared};
use crate::bundle::{AT_ONCE, Bundle, Bundles, MarkedPlugin, Marker, PluginFile};
use crate::error::InstallError;

/// Where one file of a bundle comes from.
enum Origin {
    Disk(PathBuf),
    Bundle(tenancy::digest::Digest),
}

/// Uploads the bundle of a lock: each plugin as it was prepared, or else as the bundle of `before` has it.
pub(crate) async fn upload(
    bundles: &Bundles,
    lock: &Lock,
    before: &Lock,
    ready: BTreeMap<PluginName, Prepared>,
) -> Result<(), InstallError> {
    let Some(digest) = lock.bundle() else { return Ok(()) };
    let bundle = bundles.bundle(digest);
    if bundle.marker().await?.is_some() {
        return Ok(());
    }
    let (mut origins, mut plugins) = (BTreeMap::new(), Vec::new());
    for plugin in lock.plugins() {
        let (main, files) = match ready.get(&plugin.name) {
            Some(Prepared { main, files: Files::Unpacked(folder, paths) }) => {
                let each = paths.iter().map(|path| {
                    (format!("{}/{}", plugin.name, path.display()), Origin::Disk(folder.path().join(path)))
                });
                (main.clone(), each.collect())
            }
            Some(Prepared { main, files: Files::Bundled(other) }) => {
                (main.clone(), bundled(&bundles.bundle(*other), plugin).await?)
            }
            None => kept(bundles, before, plugin).await?,
        };
        origins.extend(files);
        plugins.push(marked(plugin, main));
    }
    let there = bundle.files("").await?;
    tracing::info!(bundle = %digest, files = origins.len(), there = there.len(), "step: upload");
    let missing = origins.iter().filter(|(path, _)| !there.contains_key(*path));
    let written = stream::iter(missing).map(|(path, origin)| put(bundles, &bundle, path, origin));
    written.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
    tracing::info!(bundle = %digest, "step: mark");
    bundle.complete(&Marker { digest, plugins, files: origins.len() }).await
}

/// A plugin whose new archive is no good, as the site has it now.
async fn kept(
    bundles: &Bundles,
    before: &Lock,
    plugin: &LockedPlugin,
) -> Result<(PluginFile, BTreeMap<String, Origin>), InstallError> {
    let marker = bundles.staged(before).await?;
    let lost = || InstallError::DamagedBundle(format!("the bundle before does not hold {}", plugin.name));
    let marker = marker.ok_or_else(lost)?;
    let main = marker.main(&plugin.name).ok_or_else(lost)?.clone();
    Ok((main, bundled(&bundles.bundle(marker.digest), plugin).await?))
}

async fn bundled(bundle: &Bundle<'_>, plugin: &LockedPlugin) -> Result<BTreeMap<String, Origin>, InstallError> {
    let files = bundle.files(&format!("{}/", plugin.name)).await?;
    Ok(files.into_keys().map(|path| (path, Origin::Bundle(bundle.digest()))).collect())
}

fn marked(plugin: &LockedPlugin, main: PluginFile) -> MarkedPlugin {
    MarkedPlugin { name: plugin.name.clone(), version: plugin.version.clone(), sha256: plugin.sha256, main }
}

async fn put(bundles: &Bundles, bundle: &Bundle<'_>, path: &str, origin: &Origin) -> Result<(), InstallError> {
    let body: Bytes = match origin {
        Origin::Disk(file) => tokio::fs::read(file).await.map_err(InstallError::disk(file))?.into(),
        Origin::Bundle(other) => bundles.bundle(*other).read(path).await?,
    };
    bundle.write(path, body).await
}
