//! Plugins on this machine: a directory with a few stand-ins, the installer beside this program, and the sites that are
//! attached.
//!
//! Without a site a bundle is staged and nothing is activated; the tenant says so.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Path as Named, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;
use tenancy::config::{InstallerConfig, PluginsConfig};
use tenancy::plugins::{AttachedSite, DirectorySettings, ProcessSettings};
use tenancy::tenant::TenantId;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use zip::write::SimpleFileOptions;

use crate::settings::{Settings, variable};

/// What the directory has, the newest of each plugin last. Named as the examples name theirs; each says at the end of a page
/// that it is there, and does nothing else.
const STAND_INS: [(&str, &str); 7] = [
    ("akismet", "5.3"),
    (BROKEN, "1.0"),
    ("hello-dolly", "1.7.2"),
    ("woocommerce", "9.4.1"),
    ("woocommerce", "9.4.2"),
    ("wordpress-seo", "23.7"),
    ("wordpress-seo", "23.8"),
];

/// Breaks the front page and nothing else, so that it can be watched being taken back.
const BROKEN: &str = "broken-page";

/// Why plugins cannot be had on this machine.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PluginsError {
    /// The directory did not start.
    #[error("the plugin directory's stand-in: {0}")]
    Directory(#[from] std::io::Error),
    /// An archive was not made.
    #[error("a stand-in's archive: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// The attached sites cannot be read.
    #[error("'{}', the attached sites, cannot be read: {why}", .path.display())]
    Sites {
        /// Their file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
}

/// The directory while it serves.
pub(crate) struct Directory {
    url: String,
    serving: JoinHandle<()>,
}

type Shelves = Arc<BTreeMap<&'static str, BTreeMap<&'static str, Vec<u8>>>>;

impl Directory {
    /// Makes the archives and serves them as WordPress.org does, where it did before: locks name archives by their address.
    pub(crate) async fn start(root: &Path) -> Result<Self, PluginsError> {
        let mut shelves: BTreeMap<&str, BTreeMap<&str, Vec<u8>>> = BTreeMap::new();
        for (plugin, version) in STAND_INS {
            shelves.entry(plugin).or_default().insert(version, archive(plugin, version)?);
        }
        let routes = Router::new()
            .route("/plugins/info/1.2/", get(describe))
            .route("/plugin/{file}", get(download))
            .with_state(Arc::new(shelves));
        let listener = listen_again(&root.join("plugin-directory.port")).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the plugin directory's stand-in ended");
            }
        });
        Ok(Self { url, serving })
    }
}

/// On the port that was noted there, if it is free; otherwise on any, which is noted.
async fn listen_again(noted: &Path) -> std::io::Result<TcpListener> {
    let port = std::fs::read_to_string(noted).ok().and_then(|text| text.parse::<u16>().ok());
    if let Some(port) = port
        && let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
    {
        return Ok(listener);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    std::fs::write(noted, listener.local_addr()?.port().to_string())?;
    Ok(listener)
}

impl Drop for Directory {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Who knows and installs plugins here. `AIPRESS_PLUGIN_DIRECTORY` names another directory.
pub(crate) fn config(settings: &Settings, directory: &Directory, storage: &str) -> Result<PluginsConfig, PluginsError> {
    let api = variable("AIPRESS_PLUGIN_DIRECTORY").unwrap_or_else(|| directory.url.clone());
    let downloads = variable("AIPRESS_PLUGIN_DOWNLOADS").unwrap_or_else(|| api.clone());
    let program = std::env::current_exe()?.with_file_name("install-plugins");
    let installer = if program.exists() {
        let environment = ["PATH", "HOME", "TMPDIR", "AIPRESS_LOG"].into_iter();
        let mut environment: Vec<(String, String)> =
            environment.filter_map(|name| variable(name).map(|value| (name.to_owned(), value))).collect();
        environment.push(("AIPRESS_STORAGE_ENDPOINT".to_owned(), storage.to_owned()));
        let sites = settings.sites.as_deref().map(sites).transpose()?.unwrap_or_default();
        InstallerConfig::Processes(ProcessSettings { program, environment, sites })
    } else {
        InstallerConfig::Nobody
    };
    Ok(PluginsConfig { directory: DirectorySettings { api, downloads }, installer })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    program: PathBuf,
    url: String,
}

/// `{"acme": {"program": "/path/to/what/knows/the/site", "url": "http://127.0.0.1:9000"}}`.
fn sites(path: &Path) -> Result<BTreeMap<TenantId, AttachedSite>, PluginsError> {
    let unreadable = |why: String| PluginsError::Sites { path: path.to_owned(), why };
    let text = std::fs::read(path).map_err(|error| unreadable(error.to_string()))?;
    let sites: BTreeMap<TenantId, Site> =
        serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
    let attached = |Site { program, url }| AttachedSite { program, url };
    Ok(sites.into_iter().map(|(tenant, site)| (tenant, attached(site))).collect())
}

#[derive(Deserialize)]
struct Question {
    #[serde(rename = "request[slug]")]
    slug: String,
}

async fn describe(State(shelves): State<Shelves>, Query(question): Query<Question>) -> Response {
    let newest = shelves.get(question.slug.as_str()).and_then(|versions| versions.keys().next_back());
    match newest {
        Some(version) => Json(json!({"slug": question.slug, "version": version})).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"error": "Plugin not found."}))).into_response(),
    }
}

async fn download(State(shelves): State<Shelves>, Named(file): Named<String>) -> Result<Vec<u8>, StatusCode> {
    let found = file.strip_suffix(".zip").and_then(|stem| {
        let (plugin, version) = stem.split_once('.')?;
        shelves.get(plugin)?.get(version).cloned()
    });
    found.ok_or(StatusCode::NOT_FOUND)
}

/// A stand-in, as an archive.
fn archive(plugin: &str, version: &str) -> Result<Vec<u8>, PluginsError> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(format!("{plugin}/{plugin}.php"), SimpleFileOptions::default())?;
    write!(archive, "<?php\n/*\nPlugin Name: {plugin} (a stand-in)\nVersion: {version}\n*/\n")?;
    if plugin == BROKEN {
        writeln!(archive, "add_action('template_redirect', function () {{ throw new Error('broken on purpose'); }});")?;
    } else {
        writeln!(archive, "add_action('wp_footer', function () {{ echo '<!-- {plugin} {version} -->'; }});")?;
    }
    Ok(archive.finish()?.into_inner())
}
