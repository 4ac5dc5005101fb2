//! Before a destroy: what will go is written down, definition, state and database are kept; and the way back.

use super::*;
use crate::exports::ExportError;
use crate::records::{Burial, RecordName};
use crate::store::document::read_json;

async fn burial(world: &World) -> Burial {
    let delete = world.operations("acme").await.pop().unwrap();
    let name = RecordName::graveyard(&tenant("acme"), delete.id);
    read_json::<Burial>(world.records.as_ref(), &name).await.unwrap().unwrap().value
}

#[tokio::test(start_paused = true)]
async fn what_goes_is_kept_and_comes_back() {
    let world = World::new();
    let acme = definition("acme", "runtime: {scaling: {maxInstances: 5}}");
    world.create(&acme).await.unwrap();
    world.delete("acme").await.unwrap();
    assert_eq!(world.status("acme").await, None);

    let buried = burial(&world).await;
    assert_eq!((buried.changes.changes().len(), buried.principal.0.as_str()), (2, "ada@example.com"));
    let export = buried.export.clone().unwrap();
    let exported = crate::store::ObjectName::new(export.strip_prefix("records:").unwrap()).unwrap();
    assert!(world.records.stat(&exported).await.unwrap().is_some(), "{export}");
    let state = RecordName::graveyard_state(&tenant("acme"), buried.operation);
    assert!(world.records.stat(&state).await.unwrap().is_some());

    world.commands.undelete(&caller(), &tenant("acme"), Wait::ForResult).await.unwrap();
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.phase, Phase::Ready);
    let restored = status.restored.unwrap();
    assert_eq!((restored.from, restored.export), (buried.operation, Some(export)));
    let name = DefinitionObject::of(&tenant("acme"), Format::Yaml).name;
    assert_eq!(world.definitions.read(&name).await.unwrap().unwrap().value, acme.as_bytes());
    let again = world.commands.undelete(&caller(), &tenant("acme"), Wait::ForResult).await;
    assert!(matches!(again, Err(CommandError::AlreadyExists(_))), "{again:?}");
}

#[tokio::test(start_paused = true)]
async fn a_vanished_definition_is_put_back_as_it_was() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    world.remove("acme").await;
    world.reconcile("acme").await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Tombstoned));
    world.commands.undelete(&caller(), &tenant("acme"), Wait::ForResult).await.unwrap();
    let status = world.status("acme").await.unwrap();
    assert_eq!((status.phase, status.restored), (Phase::Ready, None));
    assert_eq!(world.provisioner.runs(), 1, "nothing had been destroyed");
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_tenant_comes_back_too() {
    let world = World::new();
    world.create(&definition("acme", "deletionPolicy: Retain")).await.unwrap();
    world.delete("acme").await.unwrap();
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
    world.commands.undelete(&caller(), &tenant("acme"), Wait::ForResult).await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    let nobody = world.commands.undelete(&caller(), &tenant("nobody"), Wait::ForResult).await;
    assert!(matches!(nobody, Err(CommandError::NothingKept { .. })), "{nobody:?}");
}

#[tokio::test(start_paused = true)]
async fn nothing_goes_without_an_export_unless_somebody_says_so() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    world.exports.fail_next(ExportError::Failed { reason: "403 not yours".to_owned() });
    let refused = world.delete("acme").await.unwrap_err();
    assert!(refused.to_string().contains("not yours; nothing was destroyed"), "{refused}");
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
    assert_eq!(world.phase("acme").await, Some(Phase::Failed));

    world.exports.fail_next(ExportError::Failed { reason: "403 not yours".to_owned() });
    world.commands.delete(&caller(), &tenant("acme"), IfMatch::Any, true, Wait::ForResult).await.unwrap();
    assert!(world.provisioner.resources(&tenant("acme")).is_empty());
    assert_eq!(burial(&world).await.export, None);
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_busy_only_delays() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    world.exports.fail_next(ExportError::Later { reason: "409 operation in progress".to_owned() });
    assert!(world.delete("acme").await.unwrap_err().retryable());
    world.later(61).await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.status("acme").await, None);
    assert!(burial(&world).await.export.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_destroy_that_failed_half_way_needs_no_second_export() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    world.provisioner.fail_next(crate::provision::memory::Fault::Refused);
    assert!(world.delete("acme").await.is_err());
    // By now the database may be gone: a second export would fail for ever.
    world.exports.fail_next(ExportError::Failed { reason: "404 no such database".to_owned() });
    world.later(61).await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.status("acme").await, None);
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_is_not_kept() {
    let world = World::new();
    let acme = definition("acme", "runtime: {scaling: {maxInstances: 5}}");
    world.create(&acme).await.unwrap();
    world.upload("acme", &definition("acme", "runtime: {environmentVariables: {SMTP_PASSWORD: hunter2hunter2}}")).await;
    world.reconcile("acme").await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Invalid));
    world.delete("acme").await.unwrap();
    let kept = RecordName::graveyard_definition(&tenant("acme"), burial(&world).await.operation);
    assert_eq!(world.records.read(&kept).await.unwrap().unwrap().value, acme.as_bytes());
}

/// A run that died has made the database in one place and saved nothing; the next would have it in another, and is held. What
/// the first one made goes with the tenant all the same.
#[tokio::test(start_paused = true)]
async fn what_no_state_knows_and_the_last_variables_would_replace_goes_too() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    lose_state(&world).await;
    let moved = world.update("acme", &definition("acme", "database: {tier: premium}")).await;
    assert!(matches!(moved, Err(CommandError::Held { .. })), "{moved:?}");
    world.delete("acme").await.unwrap();
    assert_eq!(world.status("acme").await, None);
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_can_be_taken_over_by_no_variables_at_hand_keeps_the_tenant() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    let created = world.operations("acme").await[0].id;
    lose_state(&world).await;
    let moved = world.update("acme", &definition("acme", "database: {tier: premium}")).await;
    assert!(matches!(moved, Err(CommandError::Held { .. })), "{moved:?}");
    let name = RecordName::operation_variables(&tenant("acme"), created);
    let kept = world.records.stat(&name).await.unwrap().unwrap();
    world.records.delete(&name, kept.generation).await.unwrap();

    let error = world.delete("acme").await.unwrap_err();
    assert!(error.to_string().contains("no longer known; nothing was destroyed"), "{error}");
    assert!(world.status("acme").await.unwrap().unsaved);
    assert_eq!(world.operations("acme").await.pop().unwrap().reason.as_deref(), Some("LEFTOVERS"));
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
    world.commands.delete(&caller(), &tenant("acme"), IfMatch::Any, true, Wait::ForResult).await.unwrap();
    assert_eq!(world.status("acme").await, None);
}

/// What is left where a process died between making something and saving its state.
async fn lose_state(world: &World) {
    let acme = tenant("acme");
    let ports = world.reconciler.ports();
    let (operation, epoch) = (ports.ids.next(world.clock.now()), crate::provision::Epoch(1));
    ports.provisioner.forget(&acme, operation, epoch).await.unwrap();
    ports.statuses.update(&acme, |status| (status.in_doubt, status.unsaved) = (true, true)).await.unwrap();
}
