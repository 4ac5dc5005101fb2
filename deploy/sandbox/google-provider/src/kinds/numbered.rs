//! What the cloud itself gives a name, a number in the end: alert policies, dashboards, a bucket's notifications.

use super::Change;
use crate::cloud::{digest, project_number};
use crate::value::{Fields, Value};

/// The name is made at the creation and stays.
pub(super) fn identify(kind: &str, change: &mut Change<'_>) {
    let fields = change.before.map_or_else(|| named(kind, &change.after.fields), |before| kept(&before.fields));
    change.after.fields.extend(fields);
}

fn kept(before: &Fields) -> Fields {
    let names = ["id", "name", "notification_id"].into_iter();
    names.filter_map(|name| Some((name.to_owned(), before.get(name)?.clone()))).collect()
}

fn named(kind: &str, fields: &Fields) -> Fields {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    // Of its content, since nothing in this cloud is random; of another kind the same content has another number.
    let content = serde_json::Value::from(&Value::Map(fields.clone())).to_string();
    let number = project_number(&digest(&format!("{kind} {content}")));
    let project = text("project");
    match kind {
        "google_monitoring_alert_policy" => {
            let name = Value::from(format!("projects/{project}/alertPolicies/{number}"));
            Fields::from([("id".to_owned(), name.clone()), ("name".to_owned(), name)])
        }
        "google_monitoring_dashboard" => {
            let id = format!("projects/{project}/dashboards/{number}");
            Fields::from([("id".to_owned(), id.into())])
        }
        _ => {
            let id = format!("{}/notificationConfigs/{number}", text("bucket"));
            Fields::from([("id".to_owned(), id.into()), ("notification_id".to_owned(), number.into())])
        }
    }
}
