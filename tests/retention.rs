//! What was kept long enough goes with a sweep, what is still needed stays, and who asks for what is gone is told.

use std::path::Path;

use end_to_end::{Client, ControlPlane, definition};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const RECORDS: &str = "aipress-sandbox-records";
/// Of the first of January 2020.
const LONG_AGO: &str = "2020-01-01T00:00:00Z";
const OLD: &str = "01DXF6DT000000000000000000";

/// Makes a record of the storage say that these objects were written long ago.
fn age(folder: &Path, prefix: &str) -> usize {
    let escaped = prefix.replace('/', "%2F");
    let mut aged = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            aged += age(&path, prefix);
        } else if path.parent().unwrap().ends_with(format!("{RECORDS}/meta"))
            && path.file_name().unwrap().to_str().unwrap().starts_with(&escaped)
        {
            let mut versions: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            say_long_ago(&mut versions);
            std::fs::write(&path, versions.to_string()).unwrap();
            aged += 1;
        }
    }
    aged
}

fn say_long_ago(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "updated" || name == "created" {
                    *value = LONG_AGO.into();
                } else {
                    say_long_ago(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(say_long_ago),
        _ => {}
    }
}

/// A tenant with an old operation besides its own, one that was deleted long ago and one that was deleted just now.
async fn with_a_past() -> ControlPlane {
    let mut plane = ControlPlane::start().await;
    for tenant in ["acme", "beta", "gamma"] {
        let created = plane.create(&definition(tenant, "")).await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.text);
    }
    for tenant in ["beta", "gamma"] {
        assert_eq!(plane.delete(tenant).await.status, StatusCode::OK);
    }
    let old = json!({
        "id": OLD, "tenant": "acme", "kind": "Update", "principal": "ada@example.com", "trigger": "Api",
        "outcome": "Succeeded", "requested": LONG_AGO, "finished": LONG_AGO,
        "steps": [{"at": LONG_AGO, "what": "apply"}],
    });
    for (ending, content) in
        [("json", old.to_string()), ("log", "applied".to_owned()), ("variables.json", "{}".to_owned())]
    {
        plane.storage.upload(RECORDS, &format!("operations/acme/{OLD}.{ending}"), content).await;
    }
    plane.kill().await;
    assert!(age(plane.folder(), "operations/acme/") >= 6, "two operations' records, logs and variables");
    assert_eq!(age(plane.folder(), "graveyard/beta/"), 4, "record, definition, state and what stands in for an export");
    plane.start_again().await;
    plane
}

#[tokio::test]
async fn what_was_kept_long_enough_goes_and_who_asks_is_told() {
    let plane = with_a_past().await;
    let pruned = plane.sweep().await["pruned"].clone();
    assert_eq!((&pruned["visited"], &pruned["graveyard"]), (&json!(3), &json!(4)), "{pruned}");
    assert_eq!((&pruned["records"], &pruned["variables"]), (&json!(0), &json!(1)), "{pruned}");
    assert_eq!(plane.sweep().await["pruned"]["visited"], 0, "once a day");

    let log = plane.get(&format!("/tenants/acme/operations/{OLD}/log")).await;
    assert_eq!((log.status, &log.body["reason"]), (StatusCode::NOT_FOUND, &"LOG_NOT_KEPT".into()), "{}", log.text);
    let record = plane.get(&format!("/tenants/acme/operations/{OLD}")).await;
    assert_eq!(record.body["principal"], "ada@example.com", "who did it is still known: {}", record.text);
    let client = Client::of(&plane);
    let said = client.ends(4, &["logs", "acme", OLD]).await.stderr;
    assert!(said.contains("was kept for 90 days and is gone"), "{said}");

    let beta = plane.send(Method::POST, "/tenants/beta/undelete", None, &[]).await;
    assert_eq!((beta.status, &beta.body["reason"]), (StatusCode::NOT_FOUND, &"NOTHING_KEPT".into()), "{}", beta.text);
    let said = client.ends(4, &["undelete", "beta"]).await;
    let said = format!("{}{}", said.stdout, said.stderr);
    assert!(said.contains("deleted more than 90 days ago"), "{said}");
    let gamma = plane.send(Method::POST, "/tenants/gamma/undelete", None, &[]).await;
    assert_eq!((gamma.status, &gamma.body["status"]["phase"]), (StatusCode::OK, &"Ready".into()), "{}", gamma.text);

    // As old as the rest, but a destroy runs with them.
    let variables = plane.storage.list(RECORDS, "operations/acme/").await;
    assert_eq!(variables.iter().filter(|name| name.ends_with(".variables.json")).count(), 1, "{variables:?}");
    assert_eq!(plane.delete("acme").await.status, StatusCode::OK);
}
