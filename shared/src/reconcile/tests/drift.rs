//! Drift: found when a check is due, reported or corrected as the definition says.

use super::*;
use crate::records::{ConditionKind, OperationKind};

async fn drifted(policy: &str) -> World {
    let world = World::new();
    world.create(&definition("acme", &format!("driftPolicy: {policy}"))).await.unwrap();
    world.provisioner.change_service(&tenant("acme"));
    // Half an interval to one and a half: its own moment comes.
    world.later(86_400 * 3 / 2).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::DriftCheck)]);
    world.work_off().await;
    world
}

#[tokio::test(start_paused = true)]
async fn drift_is_reported_with_resource_and_attribute() {
    let world = drifted("Report").await;
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.phase, Phase::Ready);
    assert!(status.conditions.is_true(ConditionKind::Drifted));
    let found = &status.drift.unwrap().found;
    assert_eq!(found[0].address.as_str(), "memory_service.site");
    assert!(found[0].attributes.contains("value"));
    assert_eq!(world.provisioner.runs(), 1, "looked, not touched");
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [], "checked once an interval");
}

#[tokio::test(start_paused = true)]
async fn drift_is_corrected_where_the_definition_says_so() {
    let world = drifted("Correct").await;
    assert_eq!(world.provisioner.runs(), 2);
    let status = world.status("acme").await.unwrap();
    assert!(!status.conditions.is_true(ConditionKind::Drifted));
    let kinds: Vec<_> = world.operations("acme").await.into_iter().map(|op| op.kind).collect();
    assert_eq!(kinds, [OperationKind::Create, OperationKind::DriftCorrection]);
}
