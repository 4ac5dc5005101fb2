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
    assert_eq!(found[0].item.address.as_str(), "memory_service.site");
    assert!(found[0].item.attributes.contains("value"));
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

#[tokio::test(start_paused = true)]
async fn what_is_seen_once_is_looked_at_again_soon_and_then_told() {
    let world = drifted("Report").await;
    let reason = |status: Status| status.conditions.get(ConditionKind::Drifted).unwrap().reason.clone();
    assert_eq!(reason(world.status("acme").await.unwrap()), "SeenOnce");
    world.later(3_600).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::DriftCheck)]);
    world.work_off().await;
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.drift.as_ref().map(|drift| (drift.found[0].sightings, drift.confirmed())), Some((2, 1)));
    assert_eq!(reason(status), "ChangedOutside");
}

#[tokio::test(start_paused = true)]
async fn ignored_differences_are_no_drift_and_are_not_corrected() {
    let world = World::new();
    let rule = "driftPolicy: Correct\n  driftIgnore: [{resource: 'memory_service.*', attributes: [value]}]";
    world.create(&definition("acme", rule)).await.unwrap();
    world.provisioner.change_service(&tenant("acme"));
    world.later(2 * 86_400).await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.drift.as_ref().map(|drift| drift.found.len()), Some(0));
    assert!(!status.conditions.is_true(ConditionKind::Drifted));
    assert_eq!(world.provisioner.runs(), 1, "looked, not touched");
}

#[tokio::test(start_paused = true)]
async fn a_change_that_somebody_reports_is_checked_at_once_and_our_own_is_not() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    let applied = world.clock.now();
    let ours = world.watcher.suspect(&tenant("acme"), Some(applied)).await.unwrap();
    assert_eq!(ours, Suspicion::Unfounded);
    assert_eq!(world.watcher.suspect(&tenant("nobody"), None).await.unwrap(), Suspicion::Unfounded);
    world.later(600).await;
    world.provisioner.change_service(&tenant("acme"));
    assert_eq!(world.watcher.suspect(&tenant("acme"), None).await.unwrap(), Suspicion::HandedOn);
    world.work_off().await;
    assert_eq!(world.status("acme").await.unwrap().drift.unwrap().found.len(), 1);
    assert_eq!(world.status("acme").await.unwrap().drift_suspected, None);
}

#[tokio::test(start_paused = true)]
async fn a_reported_change_whose_task_was_lost_is_found_by_the_sweep() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    world.later(600).await;
    let statuses = &world.reconciler.ports().statuses;
    let now = world.clock.now();
    statuses.update(&tenant("acme"), |status| status.drift_suspected = Some(now)).await.unwrap();
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::DriftCheck)]);
}
