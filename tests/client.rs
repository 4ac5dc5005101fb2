//! `tenantctl` against the real API: what people type, what programs read, and how it ends.

use end_to_end::{Client, ControlPlane, Options, definition, eventually};
use reqwest::{Method, StatusCode};

#[tokio::test]
async fn a_tenant_from_validate_to_delete() {
    let plane = ControlPlane::start().await;
    let client = Client::of(&plane);
    client.write("acme.yaml", &definition("acme", "runtime: {scaling: {maxInstance: 3}}"));
    let told = client.ends(3, &["validate", "acme.yaml"]).await;
    assert!(told.stdout.contains("acme.yaml:6:23: UNKNOWN_FIELD") && told.stdout.contains("maxInstances"), "{told:?}");
    client.write("acme.yaml", &definition("acme", "runtime: {scaling: {maxInstances: 3}}"));
    client.ends(0, &["validate", "acme.yaml"]).await;

    let planned = client.json(0, &["plan", "acme.yaml"]).await;
    assert_eq!((&planned["items"][0]["tenant"], &planned["items"][0]["intent"]), (&"acme".into(), &"create".into()));
    assert!(planned.to_string().contains("google_sql_database.site"), "{planned}");
    assert_eq!(plane.get("/tenants/acme").await.status, StatusCode::NOT_FOUND, "planned only");

    let applied = client.json(0, &["apply", "acme.yaml"]).await;
    assert_eq!(applied["items"][0]["result"], "created", "{applied}");
    let operation = applied["items"][0]["operation"].as_str().unwrap();
    assert!(applied["items"][0]["changes"].to_string().contains("google_sql_database.site"), "{applied}");
    let again = client.json(0, &["apply", "acme.yaml"]).await;
    assert_eq!(again["items"][0]["result"], "unchanged", "{again}");

    let shown = client.ends(0, &["get", "acme"]).await.stdout;
    assert!(shown.contains("Ready") && shown.contains("https://"), "{shown}");
    assert_eq!(client.json(0, &["get", "acme"]).await, plane.get("/tenants/acme").await.body);
    let listed = client.ends(0, &["list"]).await.stdout;
    let columns: Vec<&str> = listed.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!((columns[0], columns[1], columns[4]), ("acme", "Ready", "-"), "{listed}");
    assert_eq!(client.json(0, &["list"]).await["items"], plane.get("/tenants").await.body["items"]);
    assert_eq!(client.json(0, &["list", "--phase", "Failed"]).await["items"], serde_json::json!([]));

    let history = client.ends(0, &["history", "acme"]).await.stdout;
    assert!(history.contains(operation) && history.contains("Create") && history.contains("Succeeded"), "{history}");
    let log = client.ends(0, &["logs", "acme"]).await.stdout;
    assert!(log.contains("google_sql_database.site"), "{log}");
    assert_eq!(client.ends(0, &["logs", "acme", operation, "--follow"]).await.stdout, log);

    let gone = client.json(0, &["delete", "acme", "--yes"]).await;
    assert_eq!(gone["items"][0]["result"], "deleted", "{gone}");
    assert!(plane.cloud().resources_of("acme").is_empty());
    client.ends(4, &["get", "acme"]).await;
}

#[tokio::test]
async fn a_log_is_followed_while_its_run_is_under_way() {
    // Without events: they would bring a run of their own before the one that is followed.
    let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
    let slowly = r#"[{"type": "google_cloud_run_v2_service", "op": "create", "delayMs": 6000, "times": 1}]"#;
    std::fs::write(plane.folder().join("cloud/faults.json"), slowly).unwrap();
    let asked = [("prefer", "respond-async")];
    let answer = plane.send(Method::POST, "/tenants", Some(&definition("acme", "")), &asked).await;
    let operation = answer.location.unwrap();
    let early = eventually("the log begins", || async {
        let log = plane.get(&format!("{operation}/log")).await;
        (log.status == StatusCode::OK && !log.text.is_empty()).then_some(log.text)
    });
    let early = early.await;
    assert_eq!(plane.get(&operation).await.body["outcome"], "Running");
    assert!(early.contains("workspace locked"), "{early}");

    let client = Client::of(&plane);
    let followed = client.ends(0, &["logs", "acme", "--follow"]).await;
    assert!(followed.stdout.starts_with(&early), "{early}\n{}", followed.stdout);
    assert_eq!(followed.stdout, plane.get(&format!("{operation}/log")).await.text);
    assert_eq!(plane.get(&operation).await.body["outcome"], "Succeeded");
}

#[tokio::test]
async fn back_to_an_earlier_definition() {
    let plane = ControlPlane::start().await;
    let client = Client::of(&plane);
    for most in [2, 5] {
        let file =
            client.write("acme.yaml", &definition("acme", &format!("runtime: {{scaling: {{maxInstances: {most}}}}}")));
        client.ends(0, &["apply", file.to_str().unwrap()]).await;
    }
    let kept = client.json(0, &["history", "acme", "--definitions"]).await;
    assert_eq!(kept["items"].as_array().unwrap().len(), 2, "{kept}");
    let first = kept["items"][1]["generation"].to_string();
    let first = first.trim_matches('"');
    client.ends(0, &["rollback", "acme", "--to", first]).await;
    let service = plane.cloud().read("google_cloud_run_v2_service", "acme");
    assert_eq!(service["template"][0]["scaling"][0]["max_instance_count"], 2, "{service}");
    let kept = client.json(0, &["history", "acme", "--definitions"]).await;
    assert_eq!(kept["items"].as_array().unwrap().len(), 3, "a new generation, none forgotten: {kept}");
    client.ends(4, &["rollback", "acme", "--to", "7"]).await;
}

#[tokio::test]
async fn how_it_ends() {
    let plane = ControlPlane::start().await;
    let client = Client::of(&plane);
    client.write("acme.yaml", &definition("acme", ""));
    client.write("globex.yaml", &definition("globex", "deletionProtection: true"));
    client.ends(0, &["apply", "acme.yaml", "globex.yaml"]).await;

    client.ends(2, &["list", "--phase", "Nope"]).await;
    client.ends(2, &["apply"]).await;
    client.ends(4, &["get", "nobody"]).await;
    client.ends(4, &["delete", "nobody", "--yes"]).await;
    client.ends(4, &["logs", "nobody"]).await;
    client.ends(4, &["apply", "nothing.yaml"]).await;
    let refused = client.ends(6, &["delete", "acme"]).await;
    assert!(refused.stderr.contains("--yes"), "nobody is there to be asked: {refused:?}");
    let protected = client.ends(6, &["delete", "globex", "--yes"]).await;
    assert!(protected.stderr.contains("deletionProtection"), "{protected:?}");

    client.write("acme.yaml", &definition("acme", "database: {tier: premium}"));
    let planned = client.ends(0, &["plan", "acme.yaml"]).await;
    assert!(planned.stdout.contains("would be held"), "{planned:?}");
    let held = client.ends(6, &["apply", "acme.yaml"]).await;
    assert!(held.stderr.contains("approve"), "{held:?}");
    let both = client.json(8, &["apply", "acme.yaml", "globex.yaml"]).await;
    let results = both["items"].as_array().unwrap().iter().map(|item| item["result"].as_str().unwrap());
    assert_eq!(results.collect::<Vec<_>>(), ["refused", "unchanged"], "{both}");

    let bad = client.write("bad.yaml", &definition("bad", "suspend: 7"));
    let invalid = client.json(3, &["apply", bad.to_str().unwrap()]).await;
    assert_eq!(invalid["error"]["exitCode"], 3, "{invalid}");
    assert_eq!(plane.get("/tenants/bad").await.status, StatusCode::NOT_FOUND);

    plane.storage.upload("aipress-sandbox-definitions", "tenants/globex.json", "{}").await;
    client.ends(5, &["apply", "globex.yaml"]).await;
    let nobody = Client::at("http://127.0.0.1:1");
    let away = nobody.ends(7, &["get", "acme"]).await;
    assert!(away.stderr.contains("127.0.0.1:1"), "{away:?}");
}

#[tokio::test]
async fn an_apply_that_fails_says_where_to_read_why() {
    let plane = ControlPlane::start().await;
    let client = Client::of(&plane);
    let faults =
        r#"[{"type": "google_sql_database", "op": "create", "error": "googleapi: Error 400: no such charset"}]"#;
    std::fs::create_dir_all(plane.folder().join("cloud")).unwrap();
    std::fs::write(plane.folder().join("cloud/faults.json"), faults).unwrap();
    client.write("acme.yaml", &definition("acme", ""));
    let failed = client.json(1, &["apply", "acme.yaml"]).await;
    let item = &failed["items"][0];
    assert_eq!((&item["result"], &item["reason"]), (&"failed".into(), &"APPLY_FAILED".into()), "{failed}");
    assert!(item["message"].as_str().unwrap().contains("no such charset"), "{failed}");
    let logs = item["next"].as_str().unwrap();
    let operation = item["operation"].as_str().unwrap();
    assert!(logs.contains(&format!("tenantctl logs acme {operation}")), "{failed}");
    assert!(client.ends(0, &["logs", "acme", operation]).await.stdout.contains("no such charset"));
    assert_eq!(client.json(0, &["list", "--phase", "Failed"]).await["items"][0]["name"], "acme");
}
