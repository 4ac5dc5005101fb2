//! Database users, of whose password only a salted digest is kept, and scripts: what one grants is remembered on the user.

use serde_json::{Value as Json, json};

use super::Change;
use crate::cloud::{CloudError, Object, password_digest};
use crate::value::Value;

const USER: &str = "google_sql_user";
const PASSWORD: &str = "password_sha256";
const ROLES: &str = "roles";
const GRANTS: &str = "grants";
/// What the API gives a user that is made without roles.
const SUPERUSER: &str = "cloudsqlsuperuser";

pub(super) fn complete(change: &mut Change<'_>) {
    change.keep_own();
    // The real provider sends the password at a creation, and later when its version changed.
    let sent =
        change.before.is_none() || change.prior.get("password_wo_version") != change.config.get("password_wo_version");
    if let Some(password) = change.config.get("password_wo").as_str().filter(|_| sent) {
        change.after.own.insert(PASSWORD.to_owned(), password_digest(password).into());
    }
    let asked: Vec<&str> = change.config.get("database_roles").elements().iter().filter_map(Value::as_str).collect();
    if !asked.is_empty() {
        change.after.own.insert(ROLES.to_owned(), json!(asked));
    } else if change.before.is_none() {
        change.after.own.insert(ROLES.to_owned(), json!([SUPERUSER]));
    }
}

/// Runs a script: what it grants to users and revokes from them. Its other statements leave nothing that is looked at here.
pub(super) fn run(change: &Change<'_>) -> Result<(), CloudError> {
    let script: Vec<&str> = change.text("script").lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    for statement in script.join("\n").split(';').map(str::trim) {
        let names: Vec<&str> = statement.split('\'').skip(1).step_by(2).collect();
        match names.as_slice() {
            [user, host] if statement.starts_with("GRANT") => with_user(change, user, host, |object| {
                object.own.insert(GRANTS.to_owned(), json!([statement]));
            })?,
            [role, user, host] if statement.contains("REVOKE") => with_user(change, user, host, |object| {
                if let Some(Json::Array(roles)) = object.own.get_mut(ROLES) {
                    roles.retain(|granted| granted != *role);
                }
            })?,
            _ => {}
        }
    }
    Ok(())
}

fn with_user(
    change: &Change<'_>,
    user: &str,
    host: &str,
    change_it: impl FnOnce(&mut Object),
) -> Result<(), CloudError> {
    let (project, instance) = (change.text("project"), change.text("instance"));
    let name = format!("projects/{project}/instances/{instance}/users/{user}@{host}");
    let Some(mut object) = change.cloud.read(USER, &name)? else {
        let said = "Error 1410 (42000): You are not allowed to create a user with GRANT";
        return Err(CloudError::Refused(format!("failed to run script on instance '{instance}': {said}")));
    };
    change_it(&mut object);
    change.cloud.write(USER, &name, &object)
}
