use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use super::fixture::{Fixture, Told, appears, lines, waiting};
use crate::provision::{Change, Guard, ProvisionError, Provisioner, Run};
use crate::terraform::{Engine, EngineSettings};

/// A run whose worker has begun and will not end by itself.
fn endless(fixture: &Fixture) -> (Run, std::path::PathBuf) {
    let begun = fixture.folder.path().join("begun");
    let run = fixture.run("acme", &waiting(&begun, Path::new("/nowhere/at/all")));
    (run, begun)
}

/// Processes that work in this fixture's folder.
fn children(fixture: &Fixture) -> usize {
    let folder = fixture.folder.path();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let places = processes.filter_map(|entry| std::fs::read_link(entry.path().join("cwd")).ok());
    places.filter(|place| place.starts_with(folder)).count()
}

async fn no_children(fixture: &Fixture) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while children(fixture) > 0 {
        assert!(Instant::now() < deadline, "{} processes are left", children(fixture));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn made(error: &ProvisionError) -> Vec<String> {
    let changes: &[Change] = match error {
        ProvisionError::Interrupted { changes } => changes.changes(),
        other => panic!("{other:?}"),
    };
    lines(changes)
}

#[tokio::test]
async fn a_cancelled_run_saves_what_it_did_and_leaves_nobody() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let (run, begun) = endless(&fixture);
    let (ended, ()) = tokio::join!(engine.apply(&run, Guard::Protect, &told), async {
        appears(&begun).await;
        assert!(children(&fixture) > 0);
        run.cancel.cancel();
    });
    assert_eq!(made(&ended.unwrap_err()), ["create terraform_data.db", "create terraform_data.svc"]);
    no_children(&fixture).await;
    let names: Vec<String> = fixture.resources("acme").await.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["db", "svc", "worker"], "the unfinished one is known, and tainted");
    assert_eq!(fixture.state.names().await, ["terraform/tenants/acme.tfstate"]);
    assert_eq!(fixture.run_folders(), 0);

    let resumed = engine.apply(&fixture.run("acme", &json!({"command": "true"})), Guard::Protect, &told).await.unwrap();
    assert_eq!(lines(resumed.changes.changes()), ["replace terraform_data.worker[0]"]);
}

#[tokio::test]
async fn a_run_out_of_time_is_interrupted() {
    let fixture = Fixture::new();
    let engine = fixture.engine().await;
    let (mut run, _) = endless(&fixture);
    run.deadline = Duration::from_secs(2);
    let ended = engine.apply(&run, Guard::Protect, &Told::default()).await.unwrap_err();
    assert!(matches!(ended, ProvisionError::Interrupted { .. }), "{ended:?}");
    no_children(&fixture).await;
    assert!(!fixture.state.names().await.iter().any(|name| name.ends_with(".tflock")));
}

#[tokio::test]
async fn a_run_that_does_not_stop_is_killed_and_its_lock_removed() {
    let fixture = Fixture::new();
    let settings = EngineSettings { stop_grace: Duration::ZERO, ..fixture.settings() };
    let (engine, told) = (Engine::start(settings).await.unwrap(), Told::default());
    let (run, begun) = endless(&fixture);
    let (ended, ()) = tokio::join!(engine.apply(&run, Guard::Protect, &told), async {
        appears(&begun).await;
        run.cancel.cancel();
    });
    assert!(matches!(ended, Err(ProvisionError::Interrupted { .. })), "{ended:?}");
    no_children(&fixture).await;
    assert!(
        !fixture.state.names().await.iter().any(|name| name.ends_with(".tflock")),
        "{:?}",
        fixture.state.names().await
    );
}

#[tokio::test]
async fn a_dropped_run_leaves_nobody() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let (run, begun) = endless(&fixture);
    tokio::select! {
        ended = engine.apply(&run, Guard::Protect, &told) => panic!("{ended:?}"),
        () = appears(&begun) => {}
    }
    no_children(&fixture).await;
    assert_eq!(fixture.run_folders(), 0);
}

#[tokio::test]
async fn who_waits_for_a_turn_can_be_cancelled() {
    let fixture = Fixture::new();
    let engine = Engine::start(EngineSettings { runs: 1, ..fixture.settings() }).await.unwrap();
    let (run, begun) = endless(&fixture);
    let waiting = fixture.run("other", &json!({}));
    let told = Told::default();
    let (first, second) = tokio::join!(engine.apply(&run, Guard::Protect, &told), async {
        appears(&begun).await;
        let (ended, ()) = tokio::join!(engine.apply(&waiting, Guard::Protect, &told), async {
            waiting.cancel.cancel();
        });
        run.cancel.cancel();
        ended
    });
    assert!(first.is_err());
    assert_eq!(made(&second.unwrap_err()), Vec::<String>::new());
    assert!(fixture.resources("other").await.is_empty());
}
