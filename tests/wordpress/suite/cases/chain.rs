//! The whole chain: a definition goes into the control plane of `make run`, and a visitor of a real site behind it sees what its
//! plugins say.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use end_to_end::{ControlPlane, Options, binary};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::world::{ARTIFACTS, Revision, Site, World};

const BUNDLES: &str = "aipress-sandbox-artifacts";

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

/// The digest that the service in the sandbox's cloud mounts.
fn mounted(plane: &ControlPlane, site: &str) -> Option<String> {
    let service = plane.cloud().read("google_cloud_run_v2_service", site);
    let text = service.to_string();
    let (_, rest) = text.split_once("AIPRESS_PLUGINS_DIGEST")?;
    let at = rest.find("sha256:")?;
    rest.get(at..at + 71).map(str::to_owned)
}

/// Starts the revision that the sandbox's cloud describes.
async fn roll(plane: &ControlPlane, site: &Site, front: &Front) -> Revision {
    let bundle = mounted(plane, &site.name);
    if let Some(bundle) = &bundle {
        let prefix = format!("tenants/{}/plugins/{}/", site.name, bundle.trim_start_matches("sha256:"));
        for name in plane.storage.list(BUNDLES, &prefix).await {
            let body = plane.storage.read(BUNDLES, &name).await.unwrap();
            site.world.storage.upload(ARTIFACTS, &name, body).await;
        }
    }
    let bundle = bundle.map(|bundle| bundle.parse().unwrap());
    let revision = Revision::start(site, bundle, &[]).await.unwrap();
    front.now_before(&revision);
    revision
}

fn definition(site: &str, plugins: &str) -> String {
    format!("apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata:\n  name: {site}\nspec:\n  plugins: [{plugins}]\n")
}

fn condition(tenant: &Value) -> (String, String, String) {
    let conditions = tenant["status"]["conditions"].as_array().unwrap();
    let found = conditions.iter().find(|condition| condition["type"] == "PluginsInstalled").unwrap();
    let text = |name: &str| found[name].as_str().unwrap().to_owned();
    (text("status"), text("reason"), text("message"))
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_of_a_definition_are_seen_by_a_visitor() {
    let Some(world) = World::new().await else { return };
    let site = world.site("chain").await;
    let first = site.serve().await;
    let front = Front::before(&first).await;
    let sites = BTreeMap::from([(&site.name, json!({"program": installer_of(&site).await, "url": front.address}))]);
    let file = site.folder.join("sites.json");
    std::fs::write(&file, serde_json::to_vec(&sites).unwrap()).unwrap();
    let environment = vec![("LOCAL_SITES".to_owned(), file.display().to_string())];
    let plane = ControlPlane::start_with(Options { environment, ..Options::default() }).await;

    let dolly = "{name: hello-dolly, version: '1.7.2', required: true}";
    let created = plane.create(&definition(&site.name, dolly)).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}\n{}", created.text, plane.log());
    assert_eq!(condition(&created.body).0, "True", "{}", created.text);
    assert_eq!(site.active().await, ["hello-dolly/hello-dolly.php"]);
    let second = roll(&plane, &site, &front).await;
    assert_eq!(
        (second.plugins_seen().await, second.statuses().await),
        (vec!["hello-dolly 1.7.2".to_owned()], [200; 3])
    );

    // One that breaks the front page is tried beside the site, taken back, and never mounted.
    let before = mounted(&plane, &site.name);
    let broken = format!("{dolly}, {{name: broken-page, required: true}}");
    let refused = plane.update(&site.name, &definition(&site.name, &broken)).await;
    assert!(refused.status.is_server_error() || refused.status.is_client_error(), "{}", refused.text);
    assert_eq!(mounted(&plane, &site.name), before);
    assert_eq!(
        (second.plugins_seen().await, second.statuses().await),
        (vec!["hello-dolly 1.7.2".to_owned()], [200; 3])
    );
    let tenant = plane.get(&format!("/tenants/{}", site.name)).await.body;
    let (truth, reason, message) = condition(&tenant);
    assert_eq!(
        (truth.as_str(), reason.as_str(), tenant["status"]["phase"].as_str()),
        ("False", "RolledBack", Some("Failed"))
    );
    assert!(message.contains("plugin broken-page 1.0"), "{message}");

    // As an optional one it stops nobody, and latest is what is newest.
    let mixed = format!("{dolly}, {{name: broken-page}}, {{name: woocommerce}}");
    let updated = plane.update(&site.name, &definition(&site.name, &mixed)).await;
    assert_eq!(updated.status, StatusCode::OK, "{}\n{}", updated.text, plane.log());
    assert_eq!(condition(&updated.body).1, "OptionalFailed", "{}", updated.text);
    let third = roll(&plane, &site, &front).await;
    assert_eq!(third.plugins_seen().await, ["hello-dolly 1.7.2", "woocommerce 9.4.2"]);
    assert_eq!(third.statuses().await, [200; 3]);
    assert_eq!(second.statuses().await, [200; 3], "the revision before serves whoever it still has");

    let none = plane.update(&site.name, &definition(&site.name, "")).await;
    assert_eq!(none.status, StatusCode::OK, "{}\n{}", none.text, plane.log());
    let last = roll(&plane, &site, &front).await;
    assert_eq!((last.plugins_seen().await.len(), site.active().await.len(), last.statuses().await), (0, 0, [200; 3]));
}
