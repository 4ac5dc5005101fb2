//! What is asked for, tenant by tenant, and what must have come of it in the end.

use end_to_end::ControlPlane;
use rand::RngExt as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::Value;

const DEFINITIONS: &str = "aipress-sandbox-definitions";
const RECORDS: &str = "aipress-sandbox-records";
const STATE: &str = "aipress-sandbox-state";
const SERVICE: &str = "google_cloud_run_v2_service";
const MAXIMUM: &str = "/template/0/scaling/0/max_instance_count";

/// What is done to a tenant while it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
    /// Any of them.
    pub(crate) fn draw(random: &mut StdRng) -> Self {
        use Deed::{Delete, Drift, Plugins, Restore, Upload, Vanish, Write};
        let all = [Write, Write, Write, Upload, Upload, Plugins, Delete, Delete, Vanish, Restore, Drift];
        all[random.random_range(0..all.len())]
    }
}

/// A definition whose number is seen in the cloud.
pub(crate) fn definition(id: &str, most: u32, plugins: bool) -> String {
    let plugins =
        if plugins { format!("  plugins: [{{name: woocommerce, version: 9.4.{most}}}]\n") } else { String::new() };
    format!(
        "apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {{name: {id}}}\nspec:\n  driftPolicy: Correct\n  \
         runtime: {{scaling: {{maxInstances: {most}}}}}\n{plugins}"
    )
}

/// Does it. Whatever is answered: the process may die meanwhile.
pub(crate) async fn perform(plane: &ControlPlane, id: &str, deed: Deed, most: u32) {
    let path = format!("/tenants/{id}");
    let object = format!("tenants/{id}.yaml");
    let exists = plane.storage.read(DEFINITIONS, &object).await.is_some();
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
            tokio::time::sleep(std::time::Duration::from_millis(2_200)).await;
            plane.api.try_send(Method::POST, "/sweep", None).await;
        }
        Deed::Restore => {
            plane.storage.try_delete(DEFINITIONS, &object).await;
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            plane.storage.try_upload(DEFINITIONS, &object, definition(id, most, false)).await;
        }
        Deed::Drift => {
            let cloud = plane.cloud();
            let services = cloud.resources_of(id).into_iter().filter(|file| file.to_string_lossy().contains(SERVICE));
            for file in services {
                change(&file);
            }
            plane.api.try_send(Method::POST, "/sweep", None).await;
        }
    }
}

/// Somebody with a console; what is being written at this moment is left alone.
fn change(file: &std::path::Path) {
    let Some(mut service) = std::fs::read(file).ok().and_then(|body| serde_json::from_slice::<Value>(&body).ok())
    else {
        return;
    };
    if let Some(maximum) = service.pointer_mut(MAXIMUM) {
        *maximum = 77.into();
        let new = file.with_extension("changed");
        if std::fs::write(&new, service.to_string()).is_ok() {
            let _ = std::fs::rename(new, file);
        }
    }
}

/// What must be in the end, as the buckets say after the kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Not there.
    Gone,
    /// There, with so many instances at most.
    There(u64),
}

/// Reads what people asked for from the buckets alone.
pub(crate) async fn wanted(plane: &ControlPlane, id: &str) -> Wanted {
    let status = plane.storage.read(RECORDS, &format!("status/{id}.json")).await.unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    let Some(source) = plane.storage.read(DEFINITIONS, &format!("tenants/{id}.yaml")).await else {
        return Wanted::Gone;
    };
    if status["deletion"].is_object() {
        return Wanted::Gone;
    }
    let most = source.split("maxInstances: ").nth(1).and_then(|rest| rest.split('}').next()?.parse().ok());
    most.map_or(Wanted::Gone, Wanted::There)
}

/// Whether a tenant is as wanted: cloud, state, status and journal; otherwise what is not.
pub(crate) async fn check(plane: &ControlPlane, id: &str, want: Wanted, resources: usize) -> Result<(), String> {
    let found = plane.cloud().resources_of(id);
    let state = plane.storage.read(STATE, &format!("terraform/tenants/{id}.tfstate")).await;
    let lock = plane.storage.read(STATE, &format!("terraform/tenants/{id}.tflock")).await;
    let answer = plane.api.get(&format!("/tenants/{id}")).await;
    if let Some(lock) = lock {
        return Err(format!("{id}: the workspace is locked: {lock}"));
    }
    match want {
        Wanted::Gone if !found.is_empty() => return Err(format!("{id}: gone, but there is {found:?}")),
        Wanted::Gone if answer.status != reqwest::StatusCode::NOT_FOUND => {
            return Err(format!("{id}: gone, but the API says {}", answer.text));
        }
        Wanted::Gone if state.is_some() => return Err(format!("{id}: gone, but its state is there")),
        Wanted::Gone => {}
        Wanted::There(most) => {
            let status = &answer.body["status"];
            if status["phase"] != "Ready" {
                return Err(format!("{id}: {}", answer.text));
            }
            if found.len() != resources {
                return Err(format!("{id}: {} resources instead of {resources}: {found:?}", found.len()));
            }
            let real = plane.cloud().read(SERVICE, id).pointer(MAXIMUM).and_then(Value::as_u64);
            if real != Some(most) {
                return Err(format!("{id}: at most {real:?} instances instead of {most}"));
            }
            if !status["drift"]["found"].as_array().is_none_or(Vec::is_empty) {
                return Err(format!("{id}: the plan is not empty: {}", status["drift"]));
            }
        }
    }
    journal(plane, id).await
}

async fn journal(plane: &ControlPlane, id: &str) -> Result<(), String> {
    let open = |name: &String| {
        let ulid = name.rsplit('/').next().and_then(|file| file.strip_suffix(".json"));
        ulid.is_some_and(|ulid| ulid.len() == 26)
    };
    for name in plane.storage.list(RECORDS, &format!("operations/{id}/")).await.iter().filter(|name| open(name)) {
        let operation = plane.storage.read(RECORDS, name).await.unwrap_or_default();
        let operation: Value = serde_json::from_str(&operation).unwrap_or_default();
        if matches!(operation["outcome"].as_str(), None | Some("Queued" | "Running")) {
            return Err(format!("{id}: an operation has not ended: {operation}"));
        }
    }
    Ok(())
}
