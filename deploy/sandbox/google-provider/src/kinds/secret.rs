//! Secret versions: numbered by the secret, payload encrypted, read back by an ephemeral resource.

use super::Change;
use crate::cloud::{Cloud, CloudError, Object, Sealed, project_number};
use crate::value::{Fields, Value};

const SECRET: &str = "google_secret_manager_secret";
const VERSION: &str = "google_secret_manager_secret_version";
/// On the secret: the highest number ever given, so that none is given twice.
const NUMBERED: &str = "versions";
/// On the version.
const PAYLOAD: &str = "payload";

pub(super) fn identify(change: &mut Change<'_>) -> Result<(), CloudError> {
    if let Some(before) = change.before {
        for name in ["name", "version"] {
            change.after.fields.insert(name.to_owned(), before.fields.get(name).cloned().unwrap_or(Value::Null));
        }
        return Ok(());
    }
    let secret = change.text("secret").to_owned();
    let number = numbered(&parent(change.cloud, &secret)?) + 1;
    let name = format!("{}/versions/{number}", numbered_project(&secret));
    change.after.fields.insert("version".to_owned(), number.to_string().into());
    change.after.fields.insert("name".to_owned(), name.into());
    Ok(())
}

pub(super) fn complete(name: &str, change: &mut Change<'_>) -> Result<(), CloudError> {
    change.keep_own();
    if change.before.is_some() {
        return Ok(());
    }
    let Some(payload) = change.config.get("secret_data_wo").as_str() else {
        return Err(CloudError::Refused("one of `secret_data,secret_data_wo` must be specified".into()));
    };
    let Sealed(sealed) = change.cloud.seal(name, payload)?;
    change.after.own.insert(PAYLOAD.to_owned(), sealed.into());
    Ok(())
}

pub(super) fn created(change: &Change<'_>) -> Result<(), CloudError> {
    let secret = change.text("secret");
    let mut parent = parent(change.cloud, secret)?;
    let number: u64 = change.text("version").parse().unwrap_or_default();
    parent.own.insert(NUMBERED.to_owned(), number.max(numbered(&parent)).into());
    change.cloud.write(SECRET, secret, &parent)
}

/// What `google_secret_manager_secret_version` answers for a configuration, payload included.
pub fn open(cloud: &Cloud, config: &Fields, project: Option<&str>) -> Result<Fields, CloudError> {
    let text = |name: &str| config.get(name).and_then(Value::as_str);
    let secret = match text("secret").unwrap_or_default() {
        path if path.contains('/') => path.to_owned(),
        id => format!("projects/{}/secrets/{id}", text("project").or(project).unwrap_or_default()),
    };
    let version = match text("version") {
        Some(version) if version != "latest" => version.to_owned(),
        _ => numbered(&parent(cloud, &secret)?).to_string(),
    };
    let name = format!("{secret}/versions/{version}");
    let object = cloud.read(VERSION, &name)?.ok_or_else(|| CloudError::NotFound { name: name.clone() })?;
    if object.fields.get("enabled") == Some(&Value::Bool(false)) {
        return Err(CloudError::Refused(format!(
            "googleapi: Error 400: Secret Version [{name}] is in DISABLED state., failedPrecondition"
        )));
    }
    let sealed = object.own.get(PAYLOAD).and_then(serde_json::Value::as_str).unwrap_or_default();
    let payload = cloud.unseal(&name, &Sealed(sealed.to_owned()))?;
    let mut fields = config.clone();
    for copied in ["name", "enabled", "create_time"] {
        fields.insert(copied.to_owned(), object.fields.get(copied).cloned().unwrap_or(Value::Null));
    }
    fields.insert("version".to_owned(), version.into());
    fields.insert("secret_data".to_owned(), payload.into());
    Ok(fields)
}

fn parent(cloud: &Cloud, secret: &str) -> Result<Object, CloudError> {
    cloud.read(SECRET, secret)?.ok_or_else(|| CloudError::NotFound { name: secret.to_owned() })
}

fn numbered(secret: &Object) -> u64 {
    secret.own.get(NUMBERED).and_then(serde_json::Value::as_u64).unwrap_or_default()
}

/// Secret Manager answers with the project's number where it was asked with the project's id.
fn numbered_project(secret: &str) -> String {
    match secret.strip_prefix("projects/").and_then(|rest| rest.split_once('/')) {
        Some((project, rest)) => format!("projects/{}/{rest}", project_number(project)),
        None => secret.to_owned(),
    }
}
