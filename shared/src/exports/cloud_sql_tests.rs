use std::sync::{Arc, Mutex};

use axum::Json;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};

use super::*;

/// A server of the Admin API's two calls: busy once, then an export that runs once and ends as it is told to.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<Asked>>);

#[derive(Default)]
struct Asked {
    exports: Vec<(String, Value)>,
    looks: usize,
    fails: bool,
}

async fn serve(server: Server) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/v1/projects/{project}/instances/{instance}/export", post(export))
        .route("/v1/projects/{project}/operations/{operation}", get(operation))
        .with_state(server);
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

async fn export(
    State(server): State<Server>,
    Path((_, instance)): Path<(String, String)>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    let mut asked = server.0.lock().unwrap();
    asked.exports.push((instance.clone(), body));
    match (asked.exports.len(), instance.as_str()) {
        (_, "other") => (StatusCode::FORBIDDEN, Json(json!({"error": {"message": "not yours"}}))),
        (1, _) => (StatusCode::CONFLICT, Json(json!({"error": {"message": "operation in progress"}}))),
        _ => (StatusCode::OK, Json(json!({"name": "export-1", "status": "PENDING"}))),
    }
}

async fn operation(State(server): State<Server>, Path((_, name)): Path<(String, String)>) -> Json<Value> {
    let mut asked = server.0.lock().unwrap();
    asked.looks += 1;
    Json(match (asked.looks, asked.fails) {
        (1, _) => json!({"name": name, "status": "RUNNING"}),
        (_, true) => {
            json!({"name": name, "status": "DONE", "error": {"errors": [{"code": "NO_SPACE", "message": "full"}]}})
        }
        (_, false) => json!({"name": name, "status": "DONE"}),
    })
}

fn request(instance: &str) -> ExportRequest {
    ExportRequest {
        tenant: "acme".parse().unwrap(),
        operation: "01KDVDNA000000000000000001".parse().unwrap(),
        database: format!("projects/p/instances/{instance}/databases/wp_acme").parse().unwrap(),
    }
}

#[tokio::test]
async fn an_export_is_begun_once_the_instance_is_free_and_followed_to_its_end() {
    let server = Server::default();
    let exports = CloudSqlExports::at(&serve(server.clone()).await, "artifacts");
    let request = request("shared-1");
    let busy = exports.begin(&request).await.unwrap_err();
    assert_eq!(busy, ExportError::Later { reason: "409 operation in progress".to_owned() });
    let job = exports.begin(&request).await.unwrap();
    assert_eq!(job.uri, "gs://artifacts/graveyard/acme/01KDVDNA000000000000000001/wp_acme.sql.gz");
    assert_eq!(exports.progress(&request.database, &job).await, Ok(Progress::Running));
    assert_eq!(exports.progress(&request.database, &job).await, Ok(Progress::Done));
    let asked = server.0.lock().unwrap();
    let context = json!({"exportContext": {"databases": ["wp_acme"], "fileType": "SQL", "uri": job.uri}});
    assert_eq!(asked.exports[1], ("shared-1".to_owned(), context));
}

#[tokio::test]
async fn what_failed_says_why_and_what_may_pass_says_later() {
    let server = Server::default();
    let endpoint = serve(server.clone()).await;
    let exports = CloudSqlExports::at(&endpoint, "artifacts");
    let refused = exports.begin(&request("other")).await.unwrap_err();
    assert_eq!(refused, ExportError::Failed { reason: "403 not yours".to_owned() });
    server.0.lock().unwrap().fails = true;
    let job = exports.begin(&request("shared-1")).await.unwrap();
    assert_eq!(exports.progress(&request("shared-1").database, &job).await, Ok(Progress::Running));
    let failed = exports.progress(&request("shared-1").database, &job).await;
    assert_eq!(failed, Err(ExportError::Failed { reason: "NO_SPACE full".to_owned() }));
    let nobody = CloudSqlExports::at("http://127.0.0.1:1", "artifacts");
    assert!(matches!(nobody.begin(&request("shared-1")).await, Err(ExportError::Later { .. })));
}
