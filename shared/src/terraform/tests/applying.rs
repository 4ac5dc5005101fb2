use std::time::{Duration, Instant};

use serde_json::json;

use super::faulty::Fault;
use super::fixture::{Fixture, MODULE, Told, lines, lock_name, state_name};
use crate::provision::{Epoch, Goal, Guard, ProvisionError, Provisioner, RunEvent};
use crate::store::{NewObject, ObjectStore, Precondition};
use crate::terraform::{Engine, EngineSettings};

#[tokio::test]
async fn applies_changes_nothing_twice_and_destroys() {
    let fixture = Fixture::new();
    let engine = fixture.engine().await;
    let tenant = "acme".parse().unwrap();
    assert_eq!(engine.head(&tenant).await.unwrap(), None);

    let told = Told::default();
    let applied = engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    assert_eq!(lines(applied.changes.changes()), ["create terraform_data.db", "create terraform_data.svc"]);
    assert_eq!(serde_json::Value::Object(applied.outputs), json!({"name": "one"}));
    let head = engine.head(&tenant).await.unwrap().unwrap();
    assert_eq!(head.epoch, Some(Epoch(1)));
    assert_course(&told.events(), head.state);
    assert!(!told.log().contains("canary-of-an-output"));
    assert_eq!(fixture.state.names().await, ["terraform/tenants/acme.tfstate"], "the lock is gone");

    let again = engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    assert!(again.changes.is_empty());
    assert_eq!(engine.head(&tenant).await.unwrap().unwrap().state, head.state, "nothing changed, nothing saved");
    let plan = engine.plan(&fixture.run("acme", &json!({})), Goal::Defined, &told).await.unwrap();
    assert!(plan.changes.is_empty() && plan.drift.is_empty());

    let plan = engine
        .plan(&fixture.run("acme", &json!({"name": "two", "size": "large"})), Goal::Defined, &told)
        .await
        .unwrap();
    assert_eq!(lines(plan.changes.changes()), ["replace terraform_data.db", "update terraform_data.svc"]);
    assert!(plan.drift.is_empty(), "what the definition changes is no drift");

    let destroyed = engine.destroy(&fixture.run("acme", &json!({})), &told).await.unwrap();
    assert_eq!(lines(destroyed.changes()), ["delete terraform_data.db", "delete terraform_data.svc"]);
    assert!(fixture.state.names().await.is_empty(), "no state, no lock");
    assert!(engine.destroy(&fixture.run("acme", &json!({})), &told).await.unwrap().is_empty());
    assert_eq!(fixture.run_folders(), 0);
    assert!(fixture.records.names().await.is_empty());
}

/// Locked, then made, then saved, then unlocked.
fn assert_course(events: &[RunEvent], state: crate::store::Generation) {
    let place = |found: fn(&RunEvent) -> bool| events.iter().position(found).unwrap();
    let locked = place(|event| matches!(event, RunEvent::Locked { .. }));
    let finished = place(|event| matches!(event, RunEvent::Finished { .. }));
    let unlocked = place(|event| matches!(event, RunEvent::Unlocked));
    let saved = events.iter().rposition(|event| *event == RunEvent::StateSaved { state }).unwrap();
    assert!(locked < finished && locked < saved && saved < unlocked, "{events:#?}");
}

#[tokio::test]
async fn guard_holds_a_replacement_until_exactly_it_is_approved() {
    let fixture = Fixture::new();
    let engine = fixture.guarded().await;
    let (tenant, told) = ("acme".parse().unwrap(), Told::default());
    engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    let before = engine.head(&tenant).await.unwrap();

    let both = json!({"size": "large", "name": "two"});
    let held = engine.apply(&fixture.run("acme", &both), Guard::Protect, &told).await.unwrap_err();
    let ProvisionError::Guarded { addresses } = &held else { panic!("{held:?}") };
    assert_eq!(addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["terraform_data.db"]);
    assert_eq!(engine.head(&tenant).await.unwrap(), before, "the rest of the change was not made either");

    let plan = engine.plan(&fixture.run("acme", &both), Goal::Defined, &told).await.unwrap();
    let other = json!({"size": "large"});
    let refused = engine.apply(&fixture.run("acme", &other), Guard::Approved(plan.approval.unwrap()), &told).await;
    assert!(matches!(refused, Err(ProvisionError::NotApproved { now }) if now != plan.approval), "{refused:?}");
    assert_eq!(engine.head(&tenant).await.unwrap(), before);

    let approved = Guard::Approved(plan.approval.unwrap());
    let applied = engine.apply(&fixture.run("acme", &both), approved, &told).await.unwrap();
    assert_eq!(applied.changes, plan.changes);
    assert_eq!(applied.outputs["name"], "two");
    assert_eq!(fixture.run_folders(), 0);
}

#[tokio::test]
async fn guard_holds_what_the_module_no_longer_speaks_of() {
    let fixture = Fixture::new();
    let told = Told::default();
    let engine = fixture.guarded().await;
    engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    let before = fixture.resources("acme").await;

    let renamed = MODULE.replace(r#""terraform_data" "db""#, r#""terraform_data" "database""#);
    std::fs::write(fixture.module().join("main.tf"), &renamed).unwrap();
    let engine = fixture.guarded().await;
    let held = engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap_err();
    let ProvisionError::Guarded { addresses } = &held else { panic!("{held:?}") };
    assert_eq!(addresses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["terraform_data.db"]);
    assert_eq!(fixture.resources("acme").await, before);
    assert_eq!(fixture.state.names().await, ["terraform/tenants/acme.tfstate"], "the lock is released");

    let moved = format!("{renamed}\nmoved {{\n  from = terraform_data.db\n  to   = terraform_data.database\n}}\n");
    std::fs::write(fixture.module().join("main.tf"), moved).unwrap();
    let engine = fixture.guarded().await;
    let applied = engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    assert!(applied.changes.is_empty(), "a move destroys nothing: {:?}", applied.changes);
}

#[tokio::test]
async fn a_failure_says_why_and_keeps_what_was_done() {
    let fixture = Fixture::new();
    let canary = ("CANARY".to_owned(), "canary-of-the-environment".to_owned());
    let settings = fixture.with(|installed| installed.secret_env = vec![canary]);
    let (engine, told) = (Engine::start(settings).await.unwrap(), Told::default());
    let run = fixture.run("acme", &json!({"command": "echo $CANARY; env | sort; exit 3"}));
    let failed = engine.apply(&run, Guard::Protect, &told).await.unwrap_err();
    let text = format!("{failed:?}");
    let ProvisionError::Failed { diagnostics, changes, transient: false } = failed else { panic!("{text}") };
    assert_eq!(diagnostics[0].address.as_ref().unwrap().as_str(), "terraform_data.worker[0]");
    assert_eq!(lines(changes.changes()), ["create terraform_data.db", "create terraform_data.svc"]);
    for secret in ["canary-of-the-environment", "canary-of-an-output"] {
        assert!(!text.contains(secret) && !told.log().contains(secret), "{text}\n{}", told.log());
    }
    assert!(told.log().contains("TF_HTTP_PASSWORD=(redacted)"), "{}", told.log());
    assert!(told.events().iter().any(|event| matches!(event, RunEvent::Failed(_))));

    let repaired = engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    assert_eq!(lines(repaired.changes.changes()), ["delete terraform_data.worker[0]"]);
}

#[tokio::test]
async fn a_cloud_that_says_later_is_a_transient_failure() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let command = "echo 'googleapi: Error 409: operationInProgress' ; exit 1";
    let failed = engine.apply(&fixture.run("acme", &json!({"command": command})), Guard::Protect, &told).await;
    assert!(matches!(failed, Err(ProvisionError::Failed { transient: true, .. })), "{failed:?}");
}

#[tokio::test]
async fn eight_tenants_at_once_off_one_init() {
    let fixture = Fixture::new();
    let engine = fixture.engine().await;
    let names: Vec<String> = (0..8).map(|number| format!("tenant-{number}")).collect();
    let applies = names.iter().map(|name| {
        let (engine, run) = (&engine, fixture.run(name, &json!({ "name": name })));
        async move { engine.apply(&run, Guard::Protect, &Told::default()).await }
    });
    for applied in futures::future::join_all(applies).await {
        applied.unwrap();
    }
    for name in &names {
        assert!(fixture.resources(name).await.contains(&("svc".to_owned(), json!(name))), "{name}");
    }
    assert_eq!(fixture.run_folders(), 0);
}

#[tokio::test]
async fn a_lost_answer_of_the_store_is_not_a_lost_state() {
    for lost in [".tflock", ".tfstate"] {
        let fixture = Fixture::new();
        let (engine, told) = (fixture.engine().await, Told::default());
        fixture.state.order(Fault::AnswerLost, lost, 1);
        engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
        assert_eq!(fixture.resources("acme").await.len(), 2, "{lost}");
        assert_eq!(fixture.state.names().await, [state_name("acme").to_string()], "{lost}");
    }
}

#[tokio::test]
async fn a_lock_of_somebody_else_is_waited_for_then_named() {
    let fixture = Fixture::new();
    let (engine, told) = (fixture.engine().await, Told::default());
    let info = json!({"ID": "", "Who": "jo@laptop", "Created": "2026-01-02T03:04:05Z", "Path": "gs://b/x"});
    let object = NewObject { body: info.to_string().into(), ..NewObject::default() };
    let lock = fixture.state.write(&lock_name("acme"), object, Precondition::Absent).await.unwrap();

    let run = fixture.run("acme", &json!({}));
    let held = engine.apply(&run, Guard::Protect, &told).await.unwrap_err();
    let ProvisionError::Locked(holder) = &held else { panic!("{held:?}") };
    assert_eq!((holder.who.as_str(), holder.since.as_str(), holder.lock), ("jo@laptop", "2026-01-02T03:04:05Z", lock));
    assert!(matches!(engine.forget(&run.tenant, run.operation, Epoch(1)).await, Err(ProvisionError::Locked(_))));
    assert!(engine.plan(&run, Goal::Defined, &told).await.is_ok(), "a preview waits for nobody");

    let patient = EngineSettings { lock_wait: Duration::from_secs(30), ..fixture.settings() };
    let patient = Engine::start(patient).await.unwrap();
    let (waiting, released) = tokio::join!(patient.apply(&run, Guard::Protect, &told), async {
        let before = fixture.state.collisions();
        let deadline = Instant::now() + Duration::from_secs(30);
        while fixture.state.collisions() == before {
            assert!(Instant::now() < deadline, "the lock was never tried");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        fixture.state.delete(&lock_name("acme"), lock).await
    });
    released.unwrap();
    assert_eq!(waiting.unwrap().changes.changes().len(), 2);
}
