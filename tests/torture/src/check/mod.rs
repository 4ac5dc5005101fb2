//! The verdict on one tenant: everything that must hold once it is quiet, and what its whole history must show in the end.

mod cloud;
mod history;
mod journal;

use end_to_end::ControlPlane;
use serde_json::Value;

use crate::wanted::{Site, Wanted};

pub(crate) use cloud::Measure;
pub(crate) use history::history;
pub(crate) use journal::step;

/// The bucket of status records, leases and operations.
pub(crate) const RECORDS: &str = "aipress-sandbox-records";
/// The bucket of states and locks.
const STATE: &str = "aipress-sandbox-state";
/// The bucket of bundles.
const ARTIFACTS: &str = "aipress-sandbox-artifacts";
/// What a definition's number is seen on.
pub(crate) const SERVICE: &str = "google_cloud_run_v2_service";
/// Where it is seen.
pub(crate) const MAXIMUM: &str = "/template/0/scaling/0/max_instance_count";

/// Whether a tenant is as wanted: cloud, state, status, plugins and journal; otherwise what is not.
pub(crate) async fn tenant(plane: &ControlPlane, id: &str, want: &Wanted, measure: &Measure) -> Result<(), String> {
    if let Some(lock) = plane.storage.read(STATE, &format!("terraform/tenants/{id}.tflock")).await {
        return Err(format!("{id}: the workspace is locked: {lock}"));
    }
    let state = plane.storage.read(STATE, &format!("terraform/tenants/{id}.tfstate")).await;
    let answer = plane.api.get(&format!("/tenants/{id}")).await;
    match want {
        Wanted::Gone => {
            if answer.status != reqwest::StatusCode::NOT_FOUND {
                return Err(format!("{id}: gone, but the API says {}", answer.text));
            }
            if state.is_some() {
                return Err(format!("{id}: gone, but its state is there"));
            }
            let found = plane.cloud().resources_of(id);
            if !found.is_empty() {
                return Err(format!("{id}: gone, but there is {found:?}"));
            }
        }
        Wanted::There(site) => {
            let status = &answer.body["status"];
            if status["phase"] != "Ready" {
                let lately = journal::lately(plane, id).await;
                return Err(format!("{id}: not ready: {}; lately: {lately}", briefly(status)));
            }
            if !status["drift"]["found"].as_array().is_none_or(Vec::is_empty) {
                return Err(format!("{id}: the plan is not empty: {}", status["drift"]));
            }
            let state = state.ok_or_else(|| format!("{id}: there, without a state"))?;
            measure.equal(plane, id, &state)?;
            let service = plane.cloud().read(SERVICE, id);
            let real = service.pointer(MAXIMUM).and_then(Value::as_u64);
            if real != Some(site.most) {
                return Err(format!("{id}: at most {real:?} instances instead of {}", site.most));
            }
            plugins(plane, id, site, status, &service).await?;
        }
    }
    journal::ended(plane, id).await
}

/// What a status says of a tenant that is not ready.
fn briefly(status: &Value) -> String {
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let bad = conditions.filter(|condition| condition["status"] != "True");
    let said: Vec<String> = bad.map(|it| format!("{}: {}: {}", it["type"], it["reason"], it["message"])).collect();
    format!("{} {}; retry {}; {}", status["phase"], status["operation"], status["retry"], said.join("; "))
}

/// What a site runs is what is wanted, whole in the bucket, and mounted.
async fn plugins(plane: &ControlPlane, id: &str, site: &Site, status: &Value, service: &Value) -> Result<(), String> {
    let plugins = &status["plugins"];
    let running = plugins["running"][0]["version"].as_str();
    if running != site.plugin.as_deref() {
        return Err(format!("{id}: runs the plugin in {running:?} instead of {:?}: {plugins}", site.plugin));
    }
    let Some(bundle) = plugins["bundle"].as_str() else { return Ok(()) };
    let hex = bundle.rsplit(':').next().unwrap_or(bundle);
    if !service.to_string().contains(hex) {
        return Err(format!("{id}: its service does not mount bundle {bundle}"));
    }
    let marker = format!("tenants/{id}/plugins/{hex}/.aipress-bundle.json");
    let whole = plane.storage.read(ARTIFACTS, &marker).await.is_some();
    whole.then_some(()).ok_or_else(|| format!("{id}: there is no {marker}"))
}

/// Whether somebody holds the lease of one of them.
pub(crate) async fn is_held(plane: &ControlPlane, ids: impl Iterator<Item = &String>) -> bool {
    for id in ids {
        let lease = plane.storage.read(RECORDS, &format!("leases/{id}.json")).await.unwrap_or_default();
        let lease: Value = serde_json::from_str(&lease).unwrap_or_default();
        if lease["holder"].is_object() {
            return true;
        }
    }
    false
}
