use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;

use super::faulty::Fault;
use super::fixture::{Fixture, Told, appears, lines, lock_name, state_name, waiting};
use crate::provision::{Epoch, Guard, LeaseCheck, ProvisionError, Provisioner, Run, RunEvent};
use crate::store::{NewObject, ObjectReader, ObjectStore, Precondition, StoreError};

/// Takes the workspace over from a run that is under way, and lets that one go on to its end.
async fn take_over(fixture: &Fixture, made_before: bool) {
    let (engine, told) = (fixture.engine().await, Told::default());
    let tenant = "acme".parse().unwrap();
    if made_before {
        engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    }
    let (begun, go_on) = (fixture.folder.path().join("begun"), fixture.folder.path().join("go-on"));
    let old = fixture.run_at(1, "acme", &waiting(&begun, &go_on));
    let old_told = Told::default();
    let (ended, ()) = tokio::join!(engine.apply(&old, Guard::Protect, &old_told), async {
        appears(&begun).await;
        old_told.until(|event| matches!(event, RunEvent::Locked { .. })).await;
        engine.fence(&tenant, Epoch(2)).await.unwrap();
        engine.fence(&tenant, Epoch(2)).await.unwrap();
        engine.break_lock(&tenant, old.operation).await.unwrap();
        let new = fixture.run_at(2, "acme", &json!({"name": "two"}));
        engine.apply(&new, Guard::Protect, &told).await.unwrap();
        engine.break_lock(&tenant, old.operation).await.unwrap();
        std::fs::write(&go_on, "").unwrap();
    });
    assert!(matches!(&ended, Err(ProvisionError::Fenced { operation }) if *operation == old.operation), "{ended:?}");
    assert_eq!(engine.head(&tenant).await.unwrap().unwrap().epoch, Some(Epoch(2)));
    assert!(fixture.resources("acme").await.contains(&("svc".to_owned(), json!("two"))), "the newer state stands");
    let leftover = format!("operations/acme/{}.errored.tfstate", old.operation);
    assert_eq!(fixture.records.names().await, std::slice::from_ref(&leftover));
    let kept = fixture.records.read(&leftover.try_into().unwrap()).await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&kept.value).contains("worker"), "what the old run knew is in it");
    assert_eq!(fixture.run_folders(), 0);
}

#[tokio::test]
async fn an_older_run_cannot_save_over_a_newer_one() {
    take_over(&Fixture::new(), true).await;
}

#[tokio::test]
async fn an_older_run_cannot_make_a_workspace_that_was_fenced_before_it_was_there() {
    take_over(&Fixture::new(), false).await;
}

#[tokio::test]
async fn an_older_run_cannot_make_a_workspace_again_that_was_destroyed() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let tenant = "acme".parse().unwrap();
    let (begun, go_on) = (fixture.folder.path().join("begun"), fixture.folder.path().join("go-on"));
    let old = fixture.run_at(1, "acme", &waiting(&begun, &go_on));
    let (ended, ()) = tokio::join!(engine.apply(&old, Guard::Protect, &told), async {
        appears(&begun).await;
        engine.fence(&tenant, Epoch(2)).await.unwrap();
        engine.break_lock(&tenant, old.operation).await.unwrap();
        engine.destroy(&fixture.run_at(2, "acme", &json!({})), &told).await.unwrap();
        std::fs::write(&go_on, "").unwrap();
    });
    assert!(matches!(ended, Err(ProvisionError::Fenced { .. })), "{ended:?}");
    assert_eq!(engine.head(&tenant).await.unwrap(), None);
    assert_eq!(fixture.records.names().await.len(), 1, "what it made is kept on record");
}

#[tokio::test]
async fn a_run_that_starts_with_an_epoch_that_is_over_does_nothing() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let tenant = "acme".parse().unwrap();
    engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    engine.fence(&tenant, Epoch(5)).await.unwrap();
    let before = engine.head(&tenant).await.unwrap();
    let late = fixture.run_at(4, "acme", &json!({"name": "late"}));
    assert!(matches!(engine.apply(&late, Guard::Protect, &told).await, Err(ProvisionError::Fenced { .. })));
    assert!(matches!(engine.destroy(&late, &told).await, Err(ProvisionError::Fenced { .. })));
    assert!(matches!(engine.fence(&tenant, Epoch(4)).await, Err(ProvisionError::Store(_))));
    assert!(matches!(engine.forget(&tenant, late.operation, Epoch(4)).await, Err(ProvisionError::Store(_))));
    assert_eq!(engine.head(&tenant).await.unwrap(), before);
    assert_eq!(fixture.state.names().await, [state_name("acme").to_string()]);
}

#[tokio::test]
async fn a_fenced_place_is_no_workspace_until_it_is_made() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let tenant = "acme".parse().unwrap();
    engine.fence(&tenant, Epoch(3)).await.unwrap();
    assert_eq!(engine.head(&tenant).await.unwrap(), None);
    assert!(engine.destroy(&fixture.run_at(3, "acme", &json!({})), &told).await.unwrap().is_empty());
    assert!(fixture.state.names().await.is_empty());
    engine.fence(&tenant, Epoch(4)).await.unwrap();
    let applied = engine.apply(&fixture.run_at(4, "acme", &json!({})), Guard::Protect, &told).await.unwrap();
    assert_eq!(lines(applied.changes.changes()).len(), 2);
    assert_eq!(engine.head(&tenant).await.unwrap().unwrap().epoch, Some(Epoch(4)));
}

#[tokio::test]
async fn a_forgotten_workspace_is_gone_and_nothing_was_destroyed() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let tenant = "acme".parse().unwrap();
    let run = fixture.run("acme", &json!({}));
    engine.apply(&run, Guard::Protect, &told).await.unwrap();
    let lock = NewObject { body: "x".into(), ..NewObject::default() };
    fixture.state.write(&lock_name("other"), lock, Precondition::Absent).await.unwrap();
    engine.forget(&tenant, run.operation, Epoch(1)).await.unwrap();
    engine.forget(&tenant, run.operation, Epoch(1)).await.unwrap();
    assert_eq!(engine.head(&tenant).await.unwrap(), None);
    assert_eq!(fixture.state.names().await, [lock_name("other").to_string()], "another tenant's lock is left alone");
}

#[tokio::test]
async fn who_died_while_forgetting_leaves_a_lock_that_is_known_to_be_theirs() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let run = fixture.run("acme", &json!({}));
    engine.apply(&run, Guard::Protect, &told).await.unwrap();
    fixture.state.order(Fault::Late, ".tflock", 1);
    let forgetting = engine.forget(&run.tenant, run.operation, run.epoch);
    assert!(tokio::time::timeout(Duration::from_millis(50), forgetting).await.is_err(), "it dies under its lock");
    assert!(fixture.state.names().await.contains(&lock_name("acme").to_string()));
    engine.break_lock(&run.tenant, run.operation).await.unwrap();
    assert_eq!(fixture.state.names().await, [state_name("acme").to_string()]);
}

#[tokio::test]
async fn a_state_that_could_not_be_saved_is_saved_afterwards() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    fixture.state.order(Fault::Refused, ".tfstate", 1);
    let ended = engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await;
    assert!(matches!(ended, Err(ProvisionError::Failed { transient: true, .. })), "{ended:?}");
    assert_eq!(fixture.resources("acme").await.len(), 2);
    assert_eq!(fixture.state.names().await, [state_name("acme").to_string()]);
    assert!(fixture.records.names().await.is_empty());
}

#[tokio::test]
async fn a_state_that_nobody_takes_stays_in_its_folder() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    fixture.state.order(Fault::Refused, ".tfstate", 99);
    fixture.records.order(Fault::Refused, ".tfstate", 99);
    let ended = engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await;
    assert!(matches!(ended, Err(ProvisionError::Store(_))), "{ended:?}");
    assert_eq!(fixture.run_folders(), 1);
    let log = told.log();
    let folder = log.split_once("kept in '").unwrap().1.trim_end_matches('\'');
    assert!(std::path::Path::new(folder).join("errored.tfstate").exists(), "{log}");
}

#[tokio::test]
async fn a_lock_that_an_older_lease_left_is_broken_once_its_run_is_fenced() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let epoch = |epoch: &str| std::collections::BTreeMap::from([("epoch".to_owned(), epoch.to_owned())]);
    for (metadata, breaks) in [(epoch("1"), true), (epoch("2"), false), (epoch("3"), false), (epoch("x"), false)] {
        let lock = NewObject { body: "x".into(), metadata: metadata.clone(), ..NewObject::default() };
        let lock = fixture.state.write(&lock_name("acme"), lock, Precondition::Absent).await.unwrap();
        let ended = engine.apply(&fixture.run_at(2, "acme", &json!({})), Guard::Protect, &told).await;
        assert_eq!(ended.is_ok(), breaks, "{metadata:?}: {ended:?}");
        if !breaks {
            assert!(matches!(ended, Err(ProvisionError::Locked(_))), "{ended:?}");
            fixture.state.delete(&lock_name("acme"), lock).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_persons_lock_is_never_broken() {
    let fixture = Fixture::new();
    let engine = fixture.engine().await;
    let lock = NewObject { body: "x".into(), ..NewObject::default() };
    fixture.state.write(&lock_name("acme"), lock, Precondition::Absent).await.unwrap();
    let run = fixture.run("acme", &json!({}));
    engine.break_lock(&run.tenant, run.operation).await.unwrap();
    assert_eq!(fixture.state.names().await, [lock_name("acme").to_string()]);
}

/// A lease that somebody else has taken over.
#[derive(Debug)]
struct TakenOver;

#[async_trait]
impl LeaseCheck for TakenOver {
    async fn is_still_ours(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}

/// Whoever took over may have destroyed the tenant since: the workspace is not there to tell.
#[tokio::test]
async fn a_run_that_finds_no_workspace_asks_whether_its_lease_is_still_its_own() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let late = Run { lease: Arc::new(TakenOver), ..fixture.run("acme", &json!({})) };
    let ended = engine.apply(&late, Guard::Protect, &told).await;
    assert!(matches!(ended, Err(ProvisionError::Fenced { .. })), "{ended:?}");
    assert_eq!(fixture.state.names().await, [""; 0], "neither a state nor a lock is left");
}
