//! The same router under the Lambda runtime API: a small local server of that API, and this very program as its client.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

use super::world::{ACME, World};
use crate::http::serve::{Bounds, Front, ServeSettings, Stopping, serve};

/// Set for the child, by its parent only.
const RUNTIME_API: &str = "AWS_LAMBDA_RUNTIME_API";

struct RuntimeApi {
    events: Mutex<mpsc::UnboundedReceiver<(String, Value)>>,
    answers: mpsc::UnboundedSender<(String, Value)>,
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> impl IntoResponse {
    let Some((id, event)) = api.events.lock().await.recv().await else { return std::future::pending().await };
    let headers = [
        ("lambda-runtime-aws-request-id", id),
        ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:1:function:tenants".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn answered(
    State(api): State<Arc<RuntimeApi>>,
    Path((id, _)): Path<(String, String)>,
    body: String,
) -> http::StatusCode {
    api.answers.send((id, serde_json::from_str(&body).unwrap())).unwrap();
    http::StatusCode::ACCEPTED
}

fn event(method: &str, path: &str, query: &str, body: Option<(&str, bool)>) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"content-type": "application/yaml", "host": "api.example"},
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "api.example", "domainPrefix": "api", "requestId": "r",
            "routeKey": "$default", "stage": "$default", "time": "01/Jan/2026:00:00:00 +0000", "timeEpoch": 1_767_225_600_000_i64,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"},
        },
        "body": body.map(|(body, _)| body),
        "isBase64Encoded": body.is_some_and(|(_, encoded)| encoded),
    })
}

#[tokio::test]
async fn the_router_answers_api_gateway_events() {
    let (events, queue) = mpsc::unbounded_channel();
    let (answers, mut answers_seen) = mpsc::unbounded_channel();
    let api = Arc::new(RuntimeApi { events: Mutex::new(queue), answers });
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{what}", post(answered))
        .with_state(api);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut child = start(&address.to_string());

    let encoded = STANDARD.encode(ACME);
    for (id, event) in [
        ("create", event("POST", "/tenants", "", Some((&encoded, true)))),
        ("again", event("POST", "/tenants", "", Some((ACME, false)))),
        ("list", event("GET", "/tenants", "limit=1", None)),
        ("bad", event("GET", "/tenants/ACME", "", None)),
    ] {
        events.send((id.to_owned(), event)).unwrap();
    }
    let mut seen = HashMap::new();
    while seen.len() < 4 {
        let (id, answer) = tokio::time::timeout(Duration::from_secs(30), answers_seen.recv()).await.unwrap().unwrap();
        seen.insert(id, answer);
    }
    child.kill().await.unwrap();

    assert_eq!(seen["create"]["statusCode"], 201, "{}", seen["create"]);
    assert_eq!(seen["create"]["headers"]["location"], "/tenants/acme");
    assert_eq!(seen["again"]["statusCode"], 409);
    assert_eq!(seen["again"]["headers"]["content-type"], "application/problem+json");
    assert_eq!(body(&seen["again"])["reason"], "ALREADY_EXISTS");
    assert_eq!(body(&seen["list"])["items"][0]["name"], "acme");
    assert_eq!((&seen["bad"]["statusCode"], &body(&seen["bad"])["reason"]), (&json!(400), &json!("INVALID_TENANT_ID")));
}

fn body(answer: &Value) -> Value {
    let text = answer["body"].as_str().unwrap();
    let bytes =
        if answer["isBase64Encoded"] == true { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() };
    serde_json::from_slice(&bytes).unwrap()
}

/// The client of the API reads its address from the environment, which a test cannot set for itself.
fn start(api: &str) -> tokio::process::Child {
    #[expect(clippy::disallowed_methods, reason = "the child is this test program")]
    let mut command = tokio::process::Command::new(std::env::current_exe().unwrap());
    let own = [
        (RUNTIME_API, api),
        ("AWS_LAMBDA_FUNCTION_NAME", "tenants"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "s"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "g"),
    ];
    command.args(["--exact", "--ignored", "http::tests::lambda::serves_the_runtime_api_it_is_told_of"]);
    command.envs(own).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap()
}

#[tokio::test]
#[ignore = "the child of the test above"]
async fn serves_the_runtime_api_it_is_told_of() {
    let stopping = Stopping { grace: Duration::ZERO, drain: Duration::ZERO, stop: CancellationToken::new() };
    let settings = ServeSettings { front: Front::Lambda, bounds: Bounds::default(), stopping };
    serve(World::new().router, settings).await.unwrap();
}
