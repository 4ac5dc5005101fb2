use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::clock::SystemClock;
use crate::digest::Digest;
use crate::plugins::contract::{InstallRequest, InstallStatus};
use crate::plugins::{Lock, LockedPlugin};
use crate::store::memory::MemoryStore;
use crate::store::{NewObject, ObjectReader as _, ObjectStore as _, Precondition};

const STAGE: &str = "projects/control/locations/europe-west1/jobs/stage";
const SITE: &str = "projects/tenants/locations/europe-west1/jobs/wp-acme-plugins";

/// A stand-in for the Cloud Run Admin API: jobs run, executions end after two looks, or never.
#[derive(Clone)]
struct Cloud {
    artifacts: Arc<MemoryStore>,
    /// Every call, in order.
    calls: Arc<Mutex<Vec<(String, Value)>>>,
    ends: bool,
    leaves_report: bool,
}

impl Cloud {
    fn new(ends: bool, leaves_report: bool) -> Self {
        let artifacts = Arc::new(MemoryStore::new("artifacts", Arc::new(SystemClock)));
        Self { artifacts, calls: Arc::default(), ends, leaves_report }
    }

    fn calls(&self, of: &str) -> Vec<(String, Value)> {
        self.calls.lock().unwrap().iter().filter(|(path, _)| path.contains(of)).cloned().collect()
    }

    async fn installer(&self) -> CloudRunJobs {
        let routes = Router::new().route("/{*path}", post(act).get(look)).with_state(self.clone());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = Some(format!("http://{}", listener.local_addr().unwrap()));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let settings = JobsSettings { stage: STAGE.parse().unwrap(), endpoint };
        let poll = Duration::from_millis(20);
        CloudRunJobs { poll, ..CloudRunJobs::new(settings, Exchange::new(self.artifacts.clone())) }
    }

    /// What the job's process does: read the request it is told of, and leave a report beside it.
    async fn work(&self, overrides: &Value) {
        let arguments = overrides["containerOverrides"][0]["args"].as_array().unwrap();
        let [phase, source] = arguments.as_slice() else { panic!("{arguments:?}") };
        let Source::Object { name, .. } = source.as_str().unwrap().parse().unwrap() else { panic!("{source}") };
        let request = self.artifacts.read(&name).await.unwrap().unwrap().value;
        let request: InstallRequest = serde_json::from_slice(&request).unwrap();
        let report = json!({
            "tenant": request.tenant, "operation": request.operation, "phase": phase,
            "status": InstallStatus::Converged, "plugins": [], "ms": 1,
        });
        let name = name.as_str().replace(".json", &format!(".{}.json", phase.as_str().unwrap()));
        let name = crate::store::ObjectName::new(name).unwrap();
        let object = NewObject { body: report.to_string().into(), ..NewObject::default() };
        // The site may add a report and change none.
        self.artifacts.write(&name, object, Precondition::Absent).await.unwrap();
    }
}

use crate::plugins::Source;

async fn act(
    State(cloud): State<Cloud>,
    Path(path): Path<String>,
    Json(body): Json<Value>,
) -> (StatusCode, Json<Value>) {
    cloud.calls.lock().unwrap().push((path.clone(), body.clone()));
    if path.contains("/missing:run") {
        let error =
            json!({"error": {"code": 404, "status": "NOT_FOUND", "message": "Resource 'missing' was not found"}});
        return (StatusCode::NOT_FOUND, Json(error));
    }
    let Some(job) = path.strip_prefix("v2/").and_then(|path| path.strip_suffix(":run")) else {
        return (StatusCode::OK, Json(json!({"name": "operations/cancel", "done": false})));
    };
    if cloud.leaves_report {
        cloud.work(&body["overrides"]).await;
    }
    let metadata = json!({
        "@type": "type.googleapis.com/google.cloud.run.v2.Execution", "name": format!("{job}/executions/one"),
    });
    (StatusCode::OK, Json(json!({"name": "operations/run", "metadata": metadata, "done": false})))
}

async fn look(State(cloud): State<Cloud>, Path(path): Path<String>) -> Json<Value> {
    let looks = cloud.calls("GET").len();
    cloud.calls.lock().unwrap().push((format!("GET {path}"), Value::Null));
    let mut execution = json!({"name": path.trim_start_matches("v2/"), "taskCount": 1, "runningCount": 1});
    if cloud.ends && looks > 0 {
        execution["completionTime"] = json!("2026-01-01T00:00:00Z");
        execution["conditions"] = json!([
            {"type": "Completed", "state": "CONDITION_FAILED", "message": "The container exited with an error."},
        ]);
    }
    Json(execution)
}

fn run(phase: InstallPhase) -> InstallRun {
    let plugin = LockedPlugin {
        name: "shop".parse().unwrap(),
        version: "1.0".parse().unwrap(),
        sha256: Digest::of(b"shop"),
        source: "https://plugins.example/shop.1.0.zip".parse().unwrap(),
        required: true,
    };
    let request = InstallRequest {
        tenant: "acme".parse().unwrap(),
        generation: None,
        operation: "01J9ZQ4Y3T8V5W6X7Y8Z9A0B1C".parse().unwrap(),
        artifacts_bucket: "artifacts".to_owned(),
        before: Lock::default(),
        lock: Lock::new(vec![plugin]).unwrap(),
        settled: false,
        site_url: None,
    };
    let (site, cancel) = (Some(SITE.to_owned()), CancellationToken::new());
    InstallRun { request, phase, site, deadline: Duration::from_mins(1), cancel }
}

#[tokio::test]
async fn a_phase_is_an_execution_of_the_job_that_may_do_it() {
    let cloud = Cloud::new(true, true);
    let installer = cloud.installer().await;
    for (phase, job) in [(InstallPhase::Stage, STAGE), (InstallPhase::Activate, SITE), (InstallPhase::Verify, SITE)] {
        let report = installer.run(&run(phase)).await.unwrap();
        assert_eq!((report.phase, report.status), (phase, InstallStatus::Converged));
        let started = cloud.calls(":run");
        let (path, body) = started.last().unwrap();
        assert_eq!(path, &format!("v2/{job}:run"));
        insta::assert_json_snapshot!(format!("run_{}", phase.as_str()), body);
    }
    // Asked again, the report of before is gone: another one is waited for.
    let report = installer.run(&run(InstallPhase::Stage)).await.unwrap();
    assert_eq!(report.status, InstallStatus::Converged);
}

#[tokio::test]
async fn an_execution_that_leaves_no_report_says_what_is_known_of_its_end() {
    let installer = Cloud::new(true, false).installer().await;
    let error = installer.run(&run(InstallPhase::Activate)).await.unwrap_err();
    assert_eq!(error.to_string(), "the activate phase ended without a report: The container exited with an error.");
    assert!(error.retryable());
}

#[tokio::test]
async fn a_wait_ends_with_its_time_or_its_run_and_stops_the_execution() {
    let cloud = Cloud::new(false, false);
    let installer = cloud.installer().await;
    let short = InstallRun { deadline: Duration::from_millis(200), ..run(InstallPhase::Stage) };
    assert!(matches!(installer.run(&short).await, Err(InstallError::TimedOut { .. })));
    let cancelled = run(InstallPhase::Stage);
    cancelled.cancel.cancel();
    assert!(matches!(installer.run(&cancelled).await, Err(InstallError::Interrupted(InstallPhase::Stage))));
    assert_eq!(cloud.calls(":cancel").len(), 2);
}

#[tokio::test]
async fn a_job_that_is_not_there_is_no_matter_of_time() {
    let installer = Cloud::new(true, true).installer().await;
    let missing = SITE.replace("wp-acme-plugins", "missing");
    let error = installer.run(&InstallRun { site: Some(missing), ..run(InstallPhase::Activate) }).await.unwrap_err();
    assert!(matches!(&error, InstallError::Misconfigured(said) if said.contains("was not found")), "{error}");
    let none = installer.run(&InstallRun { site: None, ..run(InstallPhase::Activate) }).await.unwrap_err();
    assert!(matches!(none, InstallError::NoSite(_)));
}
