//! A site behind the control plane of `make run`: what Cloud Run does for it is done here.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use end_to_end::{Answer, ControlPlane, Options, binary};
use serde_json::{Value, json};
use tenancy::digest::Digest;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use super::{ARTIFACTS, Revision, Site, World};

/// The sandbox's bucket of bundles.
pub(crate) const BUNDLES: &str = "aipress-sandbox-artifacts";

/// A site, its control plane and its address.
pub(crate) struct Hosted {
    pub(crate) plane: ControlPlane,
    pub(crate) site: Site,
    front: Front,
    first: Revision,
}

impl Hosted {
    /// A site of this name without plugins, unknown to a control plane with these platform settings.
    pub(crate) async fn start(world: &Arc<World>, name: &str, platform: Option<String>) -> Self {
        let site = world.site(name).await;
        let first = site.serve().await;
        let front = Front::before(&first).await;
        let sites = BTreeMap::from([(&site.name, json!({"program": installer_of(&site).await, "url": front.address}))]);
        let file = site.folder.join("sites.json");
        std::fs::write(&file, serde_json::to_vec(&sites).unwrap()).unwrap();
        let environment = vec![("LOCAL_SITES".to_owned(), file.display().to_string())];
        let plane = ControlPlane::start_with(Options { platform, environment, ..Options::default() }).await;
        Self { plane, site, front, first }
    }

    /// The revision before the control plane knew of the site.
    pub(crate) const fn first(&self) -> &Revision {
        &self.first
    }

    /// The bundle that the service in the sandbox's cloud mounts.
    pub(crate) fn mounted(&self) -> Option<Digest> {
        let service = self.plane.cloud().read("google_cloud_run_v2_service", &self.site.name).to_string();
        let (_, rest) = service.split_once("AIPRESS_PLUGINS_DIGEST")?;
        let at = rest.find("sha256:")?;
        rest.get(at..at + 71)?.parse().ok()
    }

    /// Starts the revision that the sandbox's cloud describes, and sends visitors there.
    pub(crate) async fn roll(&self) -> Revision {
        let bundle = self.mounted();
        if let Some(bundle) = &bundle {
            let hex = bundle.to_string();
            let prefix = format!("tenants/{}/plugins/{}/", self.site.name, hex.trim_start_matches("sha256:"));
            for name in self.plane.storage.list(BUNDLES, &prefix).await {
                let body = self.plane.storage.read(BUNDLES, &name).await.unwrap();
                self.site.world.storage.upload(ARTIFACTS, &name, body).await;
            }
        }
        let revision = Revision::start(&self.site, bundle, &[]).await.unwrap();
        self.front.now_before(&revision);
        revision
    }

    /// `POST /tenants` with a definition of this `spec` (flow style: `{plugins: []}`).
    pub(crate) async fn create(&self, spec: &str) -> Answer {
        self.plane.create(&self.definition(spec)).await
    }

    /// `PUT /tenants/{id}` with a definition of this `spec`.
    pub(crate) async fn update(&self, spec: &str) -> Answer {
        self.plane.update(&self.site.name, &self.definition(spec)).await
    }

    fn definition(&self, spec: &str) -> String {
        let name = &self.site.name;
        format!("apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata:\n  name: {name}\nspec: {spec}\n")
    }
}

/// Status, reason and message of the condition `PluginsInstalled`.
pub(crate) fn plugins_condition(tenant: &Value) -> (String, String, String) {
    let conditions = tenant["status"]["conditions"].as_array().unwrap();
    let found = conditions.iter().find(|condition| condition["type"] == "PluginsInstalled").unwrap();
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    (text("status"), text("reason"), text("message"))
}

/// The one address of a site: whoever comes is served by the revision of now.
struct Front {
    address: String,
    behind: Arc<Mutex<String>>,
}

impl Front {
    async fn before(revision: &Revision) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let behind = Arc::new(Mutex::new(revision.address().to_owned()));
        let now = Arc::clone(&behind);
        tokio::spawn(async move {
            while let Ok((mut visitor, _)) = listener.accept().await {
                let behind = now.lock().unwrap().replace("http://", "");
                tokio::spawn(async move {
                    if let Ok(mut revision) = TcpStream::connect(behind).await {
                        let _ = copy_bidirectional(&mut visitor, &mut revision).await;
                    }
                });
            }
        });
        Self { address, behind }
    }

    fn now_before(&self, revision: &Revision) {
        revision.address().clone_into(&mut self.behind.lock().unwrap());
    }
}

/// What knows the site: the environment of its database, then the installer.
async fn installer_of(site: &Site) -> PathBuf {
    let mut script = "#!/bin/sh\n".to_owned();
    let mut environment = site.environment();
    environment.push(("AIPRESS_SITE".to_owned(), site.job_folder().await.display().to_string()));
    environment.push(("AIPRESS_BUNDLES".to_owned(), site.folder.join("bundles").display().to_string()));
    for (name, value) in environment {
        writeln!(script, "export {name}='{value}'").unwrap();
    }
    writeln!(script, "exec '{}' \"$@\"", binary("install-plugins").display()).unwrap();
    let file = site.folder.join("install");
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    file
}
