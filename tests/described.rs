//! The API against its own description, by a program that reads such descriptions and knows nothing else of it.

use end_to_end::{ControlPlane, Options, definition, python, run};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// What is held against the document: every status, header and body; and that nothing fails.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method";
/// Where the document's example keeps its plugin list.
const LIST: (&str, &str) = ("acme-config", "plugins.yaml");

#[tokio::test]
async fn no_answer_is_outside_the_document() {
    let Some(schemathesis) = python("schemathesis") else { return };
    let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
    assert_eq!(plane.create(&definition("acme", "")).await.status, StatusCode::CREATED);
    plane.storage.make_bucket(LIST.0).await;
    plane.storage.upload(LIST.0, LIST.1, "[]").await;
    let mut document = plane.get("/openapi.json").await.body;
    assert!(lists_are_where_there_is_one(&mut document), "definitions may refer to a plugin list");
    let file = plane.folder().join("document.json");
    std::fs::write(&file, document.to_string()).unwrap();
    let mut arguments = vec!["run", file.to_str().unwrap(), "--url", plane.api.url(), "--checks", CHECKS];
    arguments.extend(["--phases", "examples,coverage,fuzzing", "--seed", "1", "--generation-deterministic"]);
    arguments.extend(["--max-examples", "12", "--no-color"]);
    arguments.extend(["--request-timeout", "30", "--suppress-health-check", "all"]);
    let said = run(schemathesis.to_str().unwrap(), &arguments, plane.folder(), &[]).await;
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert_eq!(plane.get("/healthz").await.status, StatusCode::OK);
}

/// A list that nobody can read is answered 502, whatever the document says of its address. Says whether there was a place for
/// one.
fn lists_are_where_there_is_one(document: &mut Value) -> bool {
    match document {
        Value::Object(members) => members.iter_mut().fold(false, |found, (name, member)| {
            if name == "pluginsYamlGcsUri" && member.is_object() {
                *member = json!({"type": "string", "const": format!("gs://{}/{}", LIST.0, LIST.1)});
                return true;
            }
            lists_are_where_there_is_one(member) || found
        }),
        Value::Array(items) => {
            items.iter_mut().filter_map(|item| lists_are_where_there_is_one(item).then_some(())).count() > 0
        }
        _ => false,
    }
}
