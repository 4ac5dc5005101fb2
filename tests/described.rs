//! The API against its own description, by a program that reads such descriptions and knows nothing else of it.

use end_to_end::{ControlPlane, Options, definition, python, run};
use reqwest::StatusCode;

/// What is held against the document: every status, header and body; and that nothing fails.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,\
                      response_schema_conformance,unsupported_method";

#[tokio::test]
async fn no_answer_is_outside_the_document() {
    let Some(schemathesis) = python("schemathesis") else { return };
    let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
    assert_eq!(plane.create(&definition("acme", "")).await.status, StatusCode::CREATED);
    // Where the document's example keeps its plugin list.
    plane.storage.make_bucket("acme-config").await;
    plane.storage.upload("acme-config", "plugins.yaml", "[]").await;
    let document = format!("{}/openapi.json", plane.api.url());
    let mut arguments = vec!["run", &document, "--checks", CHECKS, "--phases", "examples,coverage,fuzzing"];
    arguments.extend(["--seed", "1", "--max-examples", "12", "--generation-deterministic", "--no-color"]);
    arguments.extend(["--request-timeout", "30", "--suppress-health-check", "all"]);
    let said = run(schemathesis.to_str().unwrap(), &arguments, plane.folder(), &[]).await;
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert_eq!(plane.get("/healthz").await.status, StatusCode::OK);
}
