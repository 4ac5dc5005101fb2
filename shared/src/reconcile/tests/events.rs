//! Events are hints: doubled, reversed or lost, the tenant ends as its definition says.

use super::*;
use crate::records::ConditionKind;

#[tokio::test(start_paused = true)]
async fn an_upload_is_followed_and_a_second_event_finds_nothing_to_do() {
    let world = World::new();
    world.upload("acme", &definition("acme", "")).await;
    let first = world.watcher.notice(&tenant("acme")).await.unwrap();
    assert_eq!(first, Noticed::HandedOn(Action::Apply(Why::New)));
    world.work_off().await;
    assert_eq!(world.watcher.notice(&tenant("acme")).await.unwrap(), Noticed::Settled);
    assert_eq!(world.provisioner.runs(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_about_what_was_comes_after_one_about_what_is() {
    let world = World::new();
    world.upload("acme", &definition("acme", "")).await;
    world.remove("acme").await;
    // 'Archived' arrives first, 'finalized' second: both only name the tenant.
    assert_eq!(world.watcher.notice(&tenant("acme")).await.unwrap(), Noticed::Settled);
    assert_eq!(world.watcher.notice(&tenant("acme")).await.unwrap(), Noticed::Settled);
    world.upload("acme", &definition("acme", "")).await;
    world.watcher.notice(&tenant("acme")).await.unwrap();
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
}

#[tokio::test(start_paused = true)]
async fn lost_events_are_healed_by_the_sweep() {
    let world = World::new();
    world.upload("acme", &definition("acme", "")).await;
    let report = world.sweeper.sweep().await.unwrap();
    assert_eq!(report.due, [(tenant("acme"), Due::Changed)]);
    world.work_off().await;
    world.upload("acme", &definition("acme", "runtime: {scaling: {maxInstances: 9}}")).await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    assert_eq!(world.provisioner.runs(), 2);
    assert_eq!(world.sweeper.sweep().await.unwrap().due, []);
}

#[tokio::test(start_paused = true)]
async fn a_bad_definition_is_recorded_and_what_ran_still_runs() {
    let world = World::new();
    world.upload("acme", &definition("acme", "")).await;
    world.reconcile("acme").await.unwrap();
    world.upload("acme", &definition("acme", "maxInstance: 3")).await;
    assert_eq!(world.watcher.notice(&tenant("acme")).await.unwrap(), Noticed::Recorded(Action::Reject));
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.phase, Phase::Invalid);
    let message = &status.conditions.get(ConditionKind::DefinitionValid).unwrap().message;
    assert!(message.contains("maxInstance"), "{message}");
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
    assert_eq!(world.watcher.notice(&tenant("acme")).await.unwrap(), Noticed::Settled);
}

#[tokio::test(start_paused = true)]
async fn two_files_for_one_tenant_are_a_conflict_and_apply_nothing() {
    let world = World::new();
    world.upload("acme", &definition("acme", "")).await;
    world.reconcile("acme").await.unwrap();
    let second = crate::store::ObjectName::new("tenants/acme.yml").unwrap();
    let object = NewObject { body: Bytes::from(definition("acme", "suspend: true")), ..NewObject::default() };
    let generation = world.definitions.write(&second, object, Precondition::Absent).await.unwrap();
    assert_eq!(world.watcher.notice(&tenant("acme")).await.unwrap(), Noticed::Recorded(Action::Reject));
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.conditions.get(ConditionKind::DefinitionValid).unwrap().reason, "Conflict");
    world.definitions.delete(&second, generation).await.unwrap();
    world.watcher.notice(&tenant("acme")).await.unwrap();
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    assert_eq!(world.provisioner.runs(), 1);
}
