//! What a schema cannot say: how the cloud behaves for each kind of object.
//!
//! Everything else about a kind is in its schema file.

mod cloud_run;
mod numbered;
mod password;
mod secret;
mod sql;
mod storage;
#[cfg(test)]
mod tests;

use crate::cloud::{Cloud, CloudError, Object};
use crate::value::{Fields, Value};

pub use password::generate as generate_password;
pub use secret::open as open_secret;

/// A creation or an update that is being made.
pub struct Change<'a> {
    /// Where.
    pub cloud: &'a Cloud,
    /// What the configuration says: the only place where write-only values are.
    pub config: &'a Value,
    /// What Terraform's state said before; null at a creation.
    pub prior: &'a Value,
    /// The object before; none at a creation.
    pub before: Option<&'a Object>,
    /// The object after: as planned, and whatever the kind adds.
    pub after: Object,
    /// Why what was made is not ready, when it is not.
    pub not_ready: Option<String>,
}

impl Change<'_> {
    /// What the sandbox remembers of an object outlives an update.
    fn keep_own(&mut self) {
        if let Some(before) = self.before {
            self.after.own.clone_from(&before.own);
        }
    }

    /// A whole number that the sandbox remembers of the object; 0 to begin with.
    fn counter(&self, name: &str) -> u64 {
        self.before.and_then(|before| before.own.get(name)).and_then(serde_json::Value::as_u64).unwrap_or_default()
    }

    fn text(&self, name: &str) -> &str {
        self.after.fields.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// Adds what must be known before the object has a name.
pub fn identify(kind: &str, change: &mut Change<'_>) -> Result<(), CloudError> {
    match kind {
        "google_secret_manager_secret_version" => secret::identify(change),
        "google_monitoring_alert_policy" | "google_monitoring_dashboard" | "google_storage_notification" => {
            numbered::identify(kind, change);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Adds what the cloud makes up for an object named `name`.
pub fn complete(kind: &str, name: &str, change: &mut Change<'_>) -> Result<(), CloudError> {
    match kind {
        "google_cloud_run_v2_service" => cloud_run::complete(name, change),
        "google_secret_manager_secret_version" => return secret::complete(name, change),
        "google_sql_user" => sql::complete(change),
        _ => change.keep_own(),
    }
    Ok(())
}

/// Notes that the object exists, where the cloud must remember it for longer than the object lives.
pub fn created(kind: &str, change: &Change<'_>) -> Result<(), CloudError> {
    match kind {
        "google_secret_manager_secret_version" => secret::created(change),
        _ => Ok(()),
    }
}

/// Does what leaves no object of its own.
pub fn act(kind: &str, change: &Change<'_>) -> Result<(), CloudError> {
    match kind {
        "google_sql_provision_script" => sql::run(change),
        _ => Ok(()),
    }
}

/// What a removal does.
#[derive(Debug, PartialEq, Eq)]
pub enum Removal {
    /// The object goes.
    Delete,
    /// Terraform forgets it; the object stays.
    Abandon,
    /// It stays, switched off.
    Disable,
}

/// What goes with an object, since it lives inside it: types, and how the unique names in them begin.
pub fn contained(kind: &str, name: &str) -> Vec<(&'static str, String)> {
    match kind {
        "google_secret_manager_secret" => vec![
            ("google_secret_manager_secret_version", format!("{name}/")),
            ("google_secret_manager_secret_iam_member", format!("{name}/")),
        ],
        "google_cloud_run_v2_service" => {
            vec![("google_cloud_run_v2_service_iam_member", format!("{name}/"))]
        }
        "google_storage_bucket" => vec![
            ("google_storage_bucket_iam_member", format!("b/{name}/")),
            ("google_storage_managed_folder", format!("{name}/")),
            ("google_storage_managed_folder_iam_member", format!("b/{name}/")),
            ("google_storage_notification", format!("{name}/")),
        ],
        "google_pubsub_topic" => vec![("google_pubsub_topic_iam_member", format!("{name}/"))],
        "google_pubsub_subscription" => vec![("google_pubsub_subscription_iam_member", format!("{name}/"))],
        "google_cloud_run_v2_job" => vec![("google_cloud_run_v2_job_iam_member", format!("{name}/"))],
        "google_storage_managed_folder" => {
            let (bucket, folder) = name.split_once('/').unwrap_or((name, ""));
            vec![("google_storage_managed_folder_iam_member", format!("b/{bucket}/managedFolders/{folder}"))]
        }
        _ => Vec::new(),
    }
}

/// Whether the object may be removed, by what Terraform's state says of it.
pub fn removal(kind: &str, state: &Fields, cloud: &Cloud) -> Result<Removal, CloudError> {
    let text = |name: &str| state.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("deletion_policy") {
        "PREVENT" => {
            return Err(CloudError::Refused(format!(
                "cannot destroy {kind} without setting deletion_policy to DELETE or ABANDON and running `terraform apply`"
            )));
        }
        "ABANDON" => return Ok(Removal::Abandon),
        "DISABLE" => return Ok(Removal::Disable),
        _ => {}
    }
    if state.get("deletion_protection").and_then(Value::as_bool) == Some(true) {
        return Err(CloudError::Refused(format!(
            "cannot destroy {kind} without setting deletion_protection=false and running `terraform apply`"
        )));
    }
    if kind == "google_project_service" && state.get("disable_on_destroy").and_then(Value::as_bool) != Some(true) {
        return Ok(Removal::Abandon);
    }
    if kind == "google_storage_bucket" {
        storage::empty(text("name"), state, cloud)?;
    }
    Ok(Removal::Delete)
}
