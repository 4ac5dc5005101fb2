use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::sync::mpsc::unbounded_channel;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::super::session::{Access, Session};
use super::super::tests::faulty::{Fault, FaultyStore};
use super::super::workspace::Workspace;
use super::*;
use crate::provision::{Epoch, NoLease, Run, Variables};
use crate::redact::Redactor;
use crate::store::{ObjectReader, ObjectStore};

const LOCK: &str = r#"{"ID": "l1", "Who": "me", "Created": "now"}"#;

fn session(store: &Arc<FaultyStore>, access: Access) -> Session {
    let store: Arc<dyn ObjectStore> = store.clone();
    let workspace = Workspace::of(&store, &"acme".parse().unwrap()).unwrap();
    let run = Run {
        tenant: "acme".parse().unwrap(),
        operation: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
        epoch: Epoch(1),
        lease: Arc::new(NoLease),
        variables: Variables::from_json(&serde_json::Value::Null),
        deadline: Duration::from_mins(1),
        cancel: CancellationToken::new(),
    };
    Session::new(workspace, &run, access, unbounded_channel().0, Redactor::default())
}

async fn send(
    open: &OpenSession,
    method: &str,
    path: &str,
    password: &str,
    body: impl Into<Body>,
) -> (StatusCode, String) {
    let credentials = BASE64_STANDARD.encode(format!("run:{password}"));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Basic {credentials}"))
        .body(body.into())
        .unwrap();
    let answer = router(Arc::clone(&open.sessions)).oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

async fn status(open: &OpenSession, method: &str, path: &str, body: &str) -> u16 {
    send(open, method, path, &open.password, body.to_owned()).await.0.as_u16()
}

#[tokio::test]
async fn serves_its_sessions_and_nothing_else() {
    let (gateway, store) = (Gateway::open().await.unwrap(), Arc::<FaultyStore>::default());
    let open = gateway.serve(session(&store, Access::Change { guarded_by: None }));
    let other = gateway.serve(session(&store, Access::Change { guarded_by: None }));
    assert_eq!(status(&open, "GET", &open.path, "").await, 404, "no state yet");
    assert_eq!(status(&open, "GET", "/", "").await, 404);
    assert_eq!(status(&open, "GET", "/none", "").await, 404);
    assert_eq!(status(&open, "DELETE", &open.path, "").await, 405);
    for wrong in ["", "x", &other.password] {
        assert_eq!(send(&open, "GET", &open.path, wrong, "").await.0, StatusCode::UNAUTHORIZED);
        assert_eq!(send(&open, "LOCK", &open.path, wrong, LOCK).await.0, StatusCode::UNAUTHORIZED);
    }
    let flood = vec![b'x'; LARGEST_STATE + 1];
    assert_eq!(send(&open, "POST", &open.path, &open.password, flood).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(store.names().await.is_empty());

    let (path, sessions) = (open.path.clone(), Arc::clone(&open.sessions));
    drop(open);
    assert!(sessions.with(|open| !open.contains_key(&path)), "a session ends with its run");
}

#[tokio::test]
async fn saves_under_its_own_lock_only() {
    let (gateway, store) = (Gateway::open().await.unwrap(), Arc::<FaultyStore>::default());
    let open = gateway.serve(session(&store, Access::Change { guarded_by: None }));
    let save = |id: &str| format!("{}?ID={id}", open.path);
    assert_eq!(status(&open, "POST", &save("l1"), "{}").await, 409, "not locked");
    for nonsense in ["", "x", "[]", "{}"] {
        assert_eq!(status(&open, "LOCK", &open.path, nonsense).await, 409, "{nonsense}");
    }
    assert_eq!(status(&open, "LOCK", &open.path, LOCK).await, 200);
    assert_eq!(status(&open, "LOCK", &open.path, LOCK).await, 200, "asked again after a lost answer");
    assert_eq!(status(&open, "POST", &open.path, "{}").await, 409, "no lock id");
    assert_eq!(status(&open, "POST", &save("l2"), "{}").await, 409, "another lock's id");
    assert_eq!(status(&open, "POST", &save("l1"), "{}").await, 200);
    assert_eq!(send(&open, "GET", &open.path, &open.password, "").await, (StatusCode::OK, "{}".to_owned()));

    let other = gateway.serve(session(&store, Access::Change { guarded_by: None }));
    let (held, holder) = send(&other, "LOCK", &other.path, &other.password, LOCK.replace("l1", "l2")).await;
    assert_eq!(held, StatusCode::LOCKED);
    let holder: serde_json::Value = serde_json::from_str(&holder).unwrap();
    assert_eq!(holder["Who"], "operation 01ARZ3NDEKTSV4RRFFQ69G5FAV (me)");
    let lock = store.stat(&"terraform/tenants/acme.tflock".to_owned().try_into().unwrap()).await.unwrap().unwrap();
    assert_eq!(holder["ID"], lock.generation.to_string(), "a lock's id is its generation, as the gcs backend has it");
    assert_eq!(holder["Path"], "terraform/tenants/acme.tflock");

    assert_eq!(status(&open, "UNLOCK", &open.path, LOCK).await, 200);
    assert_eq!(status(&open, "UNLOCK", &open.path, LOCK).await, 200);
    assert_eq!(store.names().await, ["terraform/tenants/acme.tfstate"]);
}

#[tokio::test]
async fn who_reads_cannot_lock_or_save() {
    let (gateway, store) = (Gateway::open().await.unwrap(), Arc::<FaultyStore>::default());
    let open = gateway.serve(session(&store, Access::Read));
    assert_eq!(status(&open, "LOCK", &open.path, LOCK).await, 409);
    assert_eq!(status(&open, "POST", &format!("{}?ID=l1", open.path), "{}").await, 409);
    assert!(store.names().await.is_empty());
}

#[tokio::test]
async fn what_a_killed_process_asked_for_last_is_known_and_nothing_is_carried_out_after_its_run() {
    let (gateway, store) = (Gateway::open().await.unwrap(), Arc::<FaultyStore>::default());
    let open = gateway.serve(session(&store, Access::Change { guarded_by: None }));
    store.order(Fault::Late, "tflock", 1);
    let hangs_up = tokio::time::timeout(Duration::from_millis(20), status(&open, "LOCK", &open.path, LOCK)).await;
    assert!(hangs_up.is_err(), "the process is killed while its lock is being taken");
    let mut run = open.session.lock().await;
    run.release().await.unwrap();
    run.facts();
    drop(run);
    assert_eq!(store.names().await, Vec::<String>::new(), "no lock is left");
    assert_eq!(status(&open, "LOCK", &open.path, LOCK).await, 409, "the run is over");
    assert_eq!(store.names().await, Vec::<String>::new());
}
