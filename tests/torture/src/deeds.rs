//! What is done to a tenant while it is killed.

use std::time::Duration;

use end_to_end::{Cloud, ControlPlane};
use rand::RngExt as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::Value;

use crate::check::{MAXIMUM, SERVICE};
use crate::plane::GRACE;
use crate::wanted::object;

/// The bucket of definitions.
pub(crate) const DEFINITIONS: &str = "aipress-sandbox-definitions";
/// The plugin that comes and goes, in the versions that the local directory has.
pub(crate) const PLUGIN: (&str, [&str; 2]) = ("woocommerce", ["9.4.1", "9.4.2"]);

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// Written through the API, new or anew.
    Write,
    /// Uploaded to the bucket, new or anew.
    Upload,
    /// Other plugins are wanted.
    Plugins,
    /// Deleted through the API.
    Delete,
    /// Its definition is taken out of the bucket, and its grace period is over.
    Vanish,
    /// Its definition is taken out and put back.
    Restore,
    /// Somebody changes its service, and a sweep finds it.
    Drift,
}

impl Deed {
    /// Any of them, for a tenant that is there or not: nobody deletes or repairs what is not there.
    pub(crate) fn draw(random: &mut StdRng, exists: bool) -> Self {
        use Deed::{Delete, Drift, Plugins, Restore, Upload, Vanish, Write};
        let there = [Write, Upload, Plugins, Plugins, Delete, Delete, Vanish, Restore, Drift, Drift];
        let new = [Write, Write, Upload, Plugins];
        let from: &[Self] = if exists { &there } else { &new };
        from[random.random_range(0..from.len())]
    }
}

/// A definition whose number is seen in the cloud: an odd one wants another version of the plugin than an even one.
pub(crate) fn definition(id: &str, most: u32, plugins: bool) -> String {
    let (name, versions) = PLUGIN;
    let version = versions[usize::from(most % 2 == 1)];
    let plugins = if plugins { format!("  plugins: [{{name: {name}, version: {version}}}]\n") } else { String::new() };
    format!(
        "apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {{name: {id}}}\nspec:\n  driftPolicy: Correct\n  \
         runtime: {{scaling: {{maxInstances: {most}}}}}\n{plugins}"
    )
}

/// Does it. Whatever is answered: the process may die meanwhile.
pub(crate) async fn perform(plane: &ControlPlane, id: &str, deed: Deed, exists: bool, most: u32) {
    let path = format!("/tenants/{id}");
    let object = object(id);
    match deed {
        Deed::Write | Deed::Plugins => {
            let body = definition(id, most, deed == Deed::Plugins);
            let (method, path) = if exists { (Method::PUT, path.as_str()) } else { (Method::POST, "/tenants") };
            plane.api.try_send(method, path, Some(&body)).await;
        }
        Deed::Upload => plane.storage.try_upload(DEFINITIONS, &object, definition(id, most, false)).await,
        Deed::Delete => plane.api.try_send(Method::DELETE, &path, None).await,
        Deed::Vanish => {
            plane.storage.try_delete(DEFINITIONS, &object).await;
            tokio::time::sleep(GRACE + Duration::from_millis(200)).await;
            plane.api.try_send(Method::POST, "/sweep", None).await;
        }
        Deed::Restore => {
            plane.storage.try_delete(DEFINITIONS, &object).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            plane.storage.try_upload(DEFINITIONS, &object, definition(id, most, false)).await;
        }
        Deed::Drift => {
            change(&plane.cloud(), id);
            plane.api.try_send(Method::POST, "/sweep", None).await;
        }
    }
}

/// Somebody with a console; what is being written at this moment is left alone.
fn change(cloud: &Cloud, id: &str) {
    let services = cloud.resources_of(id).into_iter().filter(|file| file.to_string_lossy().contains(SERVICE));
    for file in services {
        let body = std::fs::read(&file).ok();
        let Some(mut service) = body.and_then(|body| serde_json::from_slice::<Value>(&body).ok()) else { continue };
        if let Some(maximum) = service.pointer_mut(MAXIMUM) {
            *maximum = 77.into();
            let new = file.with_extension("changed");
            if std::fs::write(&new, service.to_string()).is_ok() {
                let _ = std::fs::rename(new, file);
            }
        }
    }
}
