//! Vanished definitions: a tombstone, a grace period, a breaker, and the way back.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_vanished_definition_is_a_tombstone_first_and_putting_it_back_restores() {
    let world = World::new();
    world.upload("acme", &definition("acme", "")).await;
    world.reconcile("acme").await.unwrap();
    world.remove("acme").await;
    world.watcher.notice(&tenant("acme")).await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Tombstoned));
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);

    world.upload("acme", &definition("acme", "")).await;
    world.watcher.notice(&tenant("acme")).await.unwrap();
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    assert_eq!(world.provisioner.runs(), 1, "nothing had changed");
}

#[tokio::test(start_paused = true)]
async fn a_tombstone_is_carried_out_after_its_grace_by_the_sweep() {
    let world = World::new();
    for id in ["acme", "globex"] {
        world.upload(id, &definition(id, "")).await;
        world.reconcile(id).await.unwrap();
    }
    world.remove("acme").await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Tombstoned));
    world.later(86_000).await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Tombstoned));
    world.later(401).await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.status("acme").await, None);
    assert!(world.provisioner.resources(&tenant("acme")).is_empty());
    assert_eq!(world.phase("globex").await, Some(Phase::Ready));
}

#[tokio::test(start_paused = true)]
async fn a_definition_put_back_and_removed_unnoticed_has_its_whole_grace() {
    let world = World::new();
    for id in ["acme", "globex"] {
        world.upload(id, &definition(id, "")).await;
        world.reconcile(id).await.unwrap();
    }
    world.remove("acme").await;
    world.watcher.notice(&tenant("acme")).await.unwrap();
    // No event of these arrives, and no sweep comes by.
    world.later(80_000).await;
    world.upload("acme", &definition("acme", "")).await;
    world.remove("acme").await;
    for expected in [Some(Phase::Tombstoned), None] {
        world.later(86_500).await;
        world.sweeper.sweep().await.unwrap();
        world.work_off().await;
        assert_eq!(world.phase("acme").await, expected);
    }
    assert!(world.provisioner.resources(&tenant("acme")).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deletion_asked_for_destroys_nothing_beside_another_definition() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    world.provisioner.fail_next(crate::provision::memory::Fault::Refused);
    assert!(world.delete("acme").await.is_err());
    let beside = DefinitionObject::of(&tenant("acme"), Format::Json).name;
    let body = Bytes::from_static(b"{}");
    world.definitions.write(&beside, NewObject { body, ..NewObject::default() }, Precondition::Absent).await.unwrap();
    world.later(61).await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Invalid));
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_definition_put_back_while_the_database_is_exported_is_kept() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    world.exports.take(20);
    let put_back = async {
        world.later(50).await;
        world.upload("acme", &definition("acme", "suspend: false")).await;
    };
    let (deleted, ()) = tokio::join!(world.delete("acme"), put_back);
    assert!(!deleted.unwrap().finished);
    assert_eq!(world.operations("acme").await[1].reason.as_deref(), Some("WANTED_AGAIN"));
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_emptied_bucket_destroys_nothing() {
    let world = World::new();
    let ids: Vec<String> = (0..20).map(|number| format!("tenant-{number}")).collect();
    for id in &ids {
        world.upload(id, &definition(id, "")).await;
        world.reconcile(id).await.unwrap();
    }
    for id in &ids {
        world.remove(id).await;
    }
    for _ in 0..3 {
        let report = world.sweeper.sweep().await.unwrap();
        assert!(report.deletions_held);
        world.work_off().await;
        world.later(90_000).await;
    }
    for id in &ids {
        assert_eq!(world.provisioner.resources(&tenant(id)).len(), 2, "{id}");
        assert_eq!(world.phase(id).await, Some(Phase::Held), "{id}");
    }
    // Put back, they are as they were.
    for id in &ids {
        world.upload(id, &definition(id, "")).await;
    }
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    for id in &ids {
        assert_eq!(world.phase(id).await, Some(Phase::Ready), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn retained_resources_are_kept_and_forgotten() {
    let world = World::new();
    world.create(&definition("acme", "deletionPolicy: Retain")).await.unwrap();
    world.delete("acme").await.unwrap();
    assert_eq!(world.status("acme").await, None);
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_protected_tenant_outlives_its_file() {
    let world = World::new();
    world.upload("acme", &definition("acme", "deletionProtection: true")).await;
    world.reconcile("acme").await.unwrap();
    world.remove("acme").await;
    world.watcher.notice(&tenant("acme")).await.unwrap();
    world.later(100_000).await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Held));
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_definition_that_never_was_applied_leaves_nothing_behind() {
    let world = World::new();
    world.upload("acme", "kind: nonsense").await;
    world.watcher.notice(&tenant("acme")).await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Invalid));
    world.remove("acme").await;
    world.watcher.notice(&tenant("acme")).await.unwrap();
    world.work_off().await;
    assert_eq!(world.status("acme").await, None);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_fails_stands_and_is_tried_again_later() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    world.provisioner.fail_next(crate::provision::memory::Fault::Refused);
    assert!(matches!(world.delete("acme").await, Err(CommandError::Failed { retried: true, .. })));
    let runs = world.provisioner.runs();
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [], "not before its time");
    world.reconcile("acme").await.unwrap();
    assert_eq!(world.provisioner.runs(), runs);
    world.later(61).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::Deletion)]);
    world.work_off().await;
    assert_eq!(world.status("acme").await, None);
    assert!(world.provisioner.resources(&tenant("acme")).is_empty());
}
