//! A definitions repository and the pipeline's commands: what a range of its history does to the tenants.

use end_to_end::{Client, ControlPlane, Options, definition};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// Long enough that git does not take the file for another one renamed.
const UNLIKE_OTHERS: &str = "deletionProtection: true\n  runtime: {scaling: {minInstances: 1, maxInstances: 2}}\n  \
                             customDomains: [www.delta.example, shop.delta.example]";

async fn repository(plane: &ControlPlane, tenants: &[&str]) -> (Client, String) {
    let client = Client::of(plane);
    client.git(&["init", "--quiet", "--initial-branch=main"]).await;
    for id in tenants {
        client.write(&format!("tenants/{id}.yaml"), &definition(id, ""));
    }
    let first = client.commit().await;
    (client, first)
}

fn results(report: &Value) -> Vec<(&str, &str)> {
    let items = report["items"].as_array().unwrap();
    items.iter().map(|item| (item["tenant"].as_str().unwrap(), item["result"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn what_is_added_edited_and_deleted_in_git() {
    // Without events: one that overtakes the request makes the change, and the request finds nothing to do.
    let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
    let (client, first) = repository(&plane, &["acme", "beta", "same"]).await;
    // A first push has nothing to compare with: everything is added.
    let report = client.json(0, &["sync", "--to", &first]).await;
    assert_eq!(results(&report), [("acme", "created"), ("beta", "created"), ("same", "created")], "{report}");

    client.write("tenants/acme.yaml", &definition("acme", "runtime: {scaling: {maxInstances: 7}}"));
    client.write("tenants/delta.yaml", &definition("delta", UNLIKE_OTHERS));
    client.write("README.md", "not a definition");
    std::fs::remove_file(client.folder().join("tenants/beta.yaml")).unwrap();
    let second = client.commit().await;
    let changed = client.json(0, &["changed", "--from", &first, "--to", &second]).await;
    let tenants =
        |part: &str| changed[part].as_array().unwrap().iter().map(|file| file["tenant"].clone()).collect::<Value>();
    assert_eq!((tenants("added"), tenants("modified")), (json!(["delta"]), json!(["acme"])), "{changed}");
    assert_eq!((tenants("deleted"), &changed["renamed"]), (json!(["beta"]), &json!([])), "{changed}");

    let planned = client.json(0, &["plan", "--from", &first]).await;
    let intents = planned["items"].as_array().unwrap().iter().map(|plan| plan["intent"].clone()).collect::<Value>();
    assert_eq!(intents, json!(["update", "create", "delete"]), "{planned}");
    assert_eq!(plane.get("/tenants/delta").await.status, StatusCode::NOT_FOUND, "planned only");

    let range = ["sync", "--from", &first, "--to", &second];
    let report = client.json(0, &range).await;
    assert_eq!(results(&report), [("acme", "updated"), ("beta", "deleted"), ("delta", "created")], "{report}");
    let service = plane.cloud().read("google_cloud_run_v2_service", "acme");
    assert_eq!(service["template"][0]["scaling"][0]["max_instance_count"], 7, "{service}");
    assert!(plane.cloud().resources_of("beta").is_empty());
    let again = client.json(0, &range).await;
    assert_eq!(results(&again), [("acme", "unchanged"), ("beta", "absent"), ("delta", "unchanged")], "{again}");
}

#[tokio::test]
async fn what_is_refused_before_anything_is_called() {
    let plane = ControlPlane::start().await;
    let (client, first) = repository(&plane, &["acme", "beta", "same"]).await;
    client.ends(0, &["sync", "--to", &first]).await;

    client.git(&["mv", "tenants/acme.yaml", "tenants/acme-two.yaml"]).await;
    client.write("tenants/acme-two.yaml", &definition("acme-two", ""));
    let renamed = client.commit().await;
    let refused = client.ends(6, &["sync", "--from", &first, "--to", &renamed]).await;
    assert!(refused.stderr.contains("acme to acme-two") && refused.stderr.contains("--allow-rename"), "{refused:?}");

    std::fs::remove_file(client.folder().join("tenants/beta.yaml")).unwrap();
    let fewer = client.commit().await;
    let refused = client.ends(6, &["sync", "--from", &renamed, "--to", &fewer, "--max-deletes", "0"]).await;
    assert!(refused.stderr.contains("beta") && refused.stderr.contains("--max-deletes 1"), "{refused:?}");

    client.write("tenants/same.yaml", &definition("same", "suspend: 7"));
    let invalid = client.commit().await;
    client.ends(3, &["sync", "--from", &first, "--to", &invalid, "--allow-rename"]).await;

    let names = plane.get("/tenants").await.body["items"].clone();
    let names = names.as_array().unwrap().iter().map(|item| item["name"].clone()).collect::<Value>();
    assert_eq!(names, json!(["acme", "beta", "same"]), "nothing was called");

    let report = client.json(0, &["sync", "--from", &first, "--to", &renamed, "--allow-rename"]).await;
    assert_eq!(results(&report), [("acme", "deleted"), ("acme-two", "created")], "{report}");
}

#[tokio::test]
async fn a_tenant_that_fails_stops_no_other() {
    let plane = ControlPlane::start().await;
    let (client, first) = repository(&plane, &["acme"]).await;
    client.ends(0, &["sync", "--to", &first]).await;
    let faults =
        r#"[{"type": "google_sql_database", "op": "create", "name": "beta", "error": "googleapi: Error 400: no"}]"#;
    std::fs::write(plane.folder().join("cloud/faults.json"), faults).unwrap();
    client.write("tenants/acme.yaml", &definition("acme", "database: {tier: premium}"));
    client.write("tenants/beta.yaml", &definition("beta", ""));
    client.write("tenants/delta.yaml", &definition("delta", UNLIKE_OTHERS));
    let second = client.commit().await;
    let report = client.json(8, &["sync", "--from", &first, "--to", &second]).await;
    assert_eq!(results(&report), [("acme", "refused"), ("beta", "failed"), ("delta", "created")], "{report}");
    assert_eq!(report["summary"], json!({"refused": 1, "failed": 1, "created": 1}));
    assert_eq!(report["items"][0]["reason"], "HELD");

    // The reasons gone, the same range again does the rest.
    std::fs::remove_file(plane.folder().join("cloud/faults.json")).unwrap();
    client.write("tenants/acme.yaml", &definition("acme", ""));
    let third = client.commit().await;
    let report = client.json(0, &["sync", "--from", &first, "--to", &third]).await;
    assert_eq!(results(&report)[0].0, "beta", "{report}");
    assert_eq!(plane.get("/tenants/beta").await.body["status"]["phase"], "Ready");
    plane.send(reqwest::Method::PUT, "/tenants/acme", Some(&definition("acme", "")), &[]).await;
    assert_eq!(plane.get("/tenants/acme").await.body["status"]["phase"], "Ready");
}
