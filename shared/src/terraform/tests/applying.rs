use serde_json::json;

use super::fixture::{Fixture, MODULE, Told, lines, lock_name, state_name};
use crate::provision::{Epoch, Guard, ProvisionError, Provisioner, RunEvent};
use crate::store::ObjectReader;

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
    assert_eq!(fixture.state.names(), ["terraform/tenants/acme.tfstate"], "the lock is gone");

    let again = engine.apply(&fixture.run("acme", &json!({})), Guard::Protect, &told).await.unwrap();
    assert!(again.changes.is_empty());
    assert_eq!(engine.head(&tenant).await.unwrap().unwrap().state, head.state, "nothing changed, nothing saved");
    let plan = engine.plan(&fixture.run("acme", &json!({})), &told).await.unwrap();
    assert!(plan.changes.is_empty() && plan.drift.is_empty());

    let plan = engine.plan(&fixture.run("acme", &json!({"name": "two", "size": "large"})), &told).await.unwrap();
    assert_eq!(lines(plan.changes.changes()), ["replace terraform_data.db", "update terraform_data.svc"]);
    assert!(plan.drift.is_empty(), "what the definition changes is no drift");

    let destroyed = engine.destroy(&fixture.run("acme", &json!({})), &told).await.unwrap();
    assert_eq!(lines(destroyed.changes()), ["delete terraform_data.db", "delete terraform_data.svc"]);
    assert!(fixture.state.names().is_empty(), "no state, no lock");
    assert!(engine.destroy(&fixture.run("acme", &json!({})), &told).await.unwrap().is_empty());
    assert_eq!(fixture.run_folders(), 0);
    assert!(fixture.records.names().is_empty());
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
