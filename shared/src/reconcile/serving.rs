//! Applied is not ready: a run can succeed while the site's newest revision never served a request.

use serde_json::{Map, Value};

/// Whether the outputs of an apply show a site that serves what was applied; otherwise what to tell people.
///
/// The module's outputs `latest_created_revision` and `latest_ready_revision` must be the same; `ready.message` says why
/// where they are not. Outputs that are not there show nothing, and are not held against it.
pub fn check_serving(outputs: &Map<String, Value>) -> Result<(), String> {
    let text = |name: &str| outputs.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let Some(created) = text("latest_created_revision") else { return Ok(()) };
    if text("latest_ready_revision") == Some(created) {
        return Ok(());
    }
    let said = outputs.get("ready").and_then(|ready| ready["message"].as_str()).filter(|text| !text.is_empty());
    let why = said.unwrap_or("the platform gives no reason; look at the revision's own log");
    let old = text("latest_ready_revision")
        .map_or_else(|| "nothing serves".to_owned(), |old| format!("revision {old} still serves"));
    Err(format!("revision {created} was made but is not ready: {why}; {old}"))
}

/// The revision that serves after an apply, where the outputs name one.
pub(super) fn serving_revision(outputs: &Map<String, Value>) -> Option<String> {
    outputs.get("latest_ready_revision").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_revision_must_be_the_ready_one() {
        let check = |outputs: Value| check_serving(outputs.as_object().unwrap());
        assert_eq!(check(json!({})), Ok(()));
        assert_eq!(check(json!({"latest_created_revision": "b", "latest_ready_revision": "b"})), Ok(()));
        let bad = check(json!({
            "latest_created_revision": "b", "latest_ready_revision": "a", "ready": {"message": "image not found"}
        }));
        assert_eq!(bad.unwrap_err(), "revision b was made but is not ready: image not found; revision a still serves");
        assert!(check(json!({"latest_created_revision": "b"})).unwrap_err().ends_with("nothing serves"));
    }
}
