//! Create, change, and everything a caller can be told.

use super::*;
use crate::provision::memory::Fault;
use crate::records::{ConditionKind, OperationKind, Outcome};

#[tokio::test(start_paused = true)]
async fn a_tenant_is_made_changed_and_removed() {
    let world = World::new();
    let made = world.create(&definition("acme", "")).await.unwrap();
    assert!(made.finished);
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.phase, Phase::Ready);
    assert!(status.conditions.is_true(ConditionKind::Ready));
    assert_eq!(status.observed_generation, made.tenant.definition.map(|definition| definition.generation));
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);

    world.update("acme", &definition("acme", "runtime: {scaling: {maxInstances: 7}}")).await.unwrap();
    let service = &world.provisioner.resources(&tenant("acme"))["memory_service.site"];
    assert_eq!(service["scaling"]["max_instances"], 7);

    world.delete("acme").await.unwrap();
    assert_eq!(world.status("acme").await, None);
    assert!(world.provisioner.resources(&tenant("acme")).is_empty());
    let kinds: Vec<_> = world.operations("acme").await.into_iter().map(|op| (op.kind, op.outcome)).collect();
    let done = Outcome::Succeeded;
    assert_eq!(kinds, [(OperationKind::Create, done), (OperationKind::Update, done), (OperationKind::Delete, done)]);
    assert!(matches!(world.delete("acme").await, Err(CommandError::NotFound(_))));
}

#[tokio::test(start_paused = true)]
async fn what_a_caller_is_told() {
    let world = World::new();
    let acme = definition("acme", "");
    assert!(matches!(world.update("acme", &acme).await, Err(CommandError::NotFound(_))));
    world.create(&acme).await.unwrap();
    assert!(matches!(world.create(&acme).await, Err(CommandError::AlreadyExists(_))));
    assert!(matches!(world.update("globex", &acme).await, Err(CommandError::NameMismatch { .. })));
    let stale = IfMatch::Generation(crate::store::Generation::new(u64::MAX).unwrap());
    let stale = world.commands.update(&caller(), &tenant("acme"), submission(&acme), stale, Wait::ForResult).await;
    assert!(matches!(stale, Err(CommandError::Stale { .. })));
    let bad = world.update("acme", &definition("acme", "database: {tier: gold}")).await;
    assert!(matches!(bad, Err(CommandError::Invalid(_))));
    let protected = definition("acme", "deletionProtection: true");
    world.update("acme", &protected).await.unwrap();
    assert!(matches!(world.delete("acme").await, Err(CommandError::Protected(_))));
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn unchanged_means_no_run() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    let same = world.update("acme", &definition("acme", "")).await.unwrap();
    assert_eq!(same.operation, None);
    // Other bytes, the same variables.
    let commented = format!("# a comment\n{}", definition("acme", ""));
    let answer = world.update("acme", &commented).await.unwrap();
    let generation = answer.tenant.definition.unwrap().generation;
    assert_eq!(world.provisioner.runs(), 1);
    assert_eq!(world.status("acme").await.unwrap().observed_generation, Some(generation));
    // Another release of the module is another digest.
    world.provisioner.release_module();
    world.reconcile("acme").await.unwrap();
    assert_eq!(world.provisioner.runs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_apply_is_told_recorded_and_tried_again_later() {
    let world = World::new();
    world.provisioner.fail_next(Fault::Refused);
    let failed = world.create(&definition("acme", "")).await;
    assert!(matches!(failed, Err(CommandError::Failed { retried: true, .. })), "{failed:?}");
    let status = world.status("acme").await.unwrap();
    assert_eq!((status.phase, status.in_doubt), (Phase::Failed, true));

    world.reconcile("acme").await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Failed), "not before its time");
    world.later(61).await;
    let report = world.sweeper.sweep().await.unwrap();
    assert_eq!(report.due, [(tenant("acme"), Due::Retry)]);
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    let outcomes: Vec<_> = world.operations("acme").await.into_iter().map(|op| op.outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Succeeded]);
}

#[tokio::test(start_paused = true)]
async fn applied_is_not_ready() {
    let world = World::new();
    world.provisioner.fail_next(Fault::NotServing);
    assert!(matches!(world.create(&definition("acme", "")).await, Err(CommandError::Failed { .. })));
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.phase, Phase::Failed);
    assert_eq!(status.conditions.get(ConditionKind::Ready).unwrap().reason, "NotServing");
    world.later(61).await;
    world.reconcile("acme").await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_would_replace_the_database_is_held_whole() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    let before = world.provisioner.resources(&tenant("acme"));
    let change = definition("acme", "database: {tier: premium}\n  runtime: {scaling: {maxInstances: 9}}");
    let held = world.update("acme", &change).await;
    assert!(matches!(held, Err(CommandError::Held { .. })), "{held:?}");
    assert_eq!(world.provisioner.resources(&tenant("acme")), before);
    assert_eq!(world.phase("acme").await, Some(Phase::Held));
    let runs = world.provisioner.runs();
    world.reconcile("acme").await.unwrap();
    assert_eq!(world.provisioner.runs(), runs, "it is not tried again and again");
    // Changing the definition back needs no approval and no run.
    world.update("acme", &definition("acme", "")).await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    assert_eq!(world.provisioner.runs(), runs);
}

#[tokio::test(start_paused = true)]
async fn suspended_is_recorded_and_untouched() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    let runs = world.provisioner.runs();
    let suspended = definition("acme", "suspend: true\n  runtime: {scaling: {maxInstances: 9}}");
    world.update("acme", &suspended).await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Suspended));
    assert_eq!(world.provisioner.runs(), runs);
    world.update("acme", &definition("acme", "runtime: {scaling: {maxInstances: 9}}")).await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    assert_eq!(world.provisioner.runs(), runs + 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_does_not_wait_gets_an_operation_that_ends() {
    let world = World::new();
    let answer = world.commands.create(&caller(), submission(&definition("acme", "")), Wait::No).await.unwrap();
    assert!(!answer.finished);
    let operations = world.operations("acme").await;
    assert_eq!(operations[0].outcome, Outcome::Queued);
    world.work_off().await;
    let operations = world.operations("acme").await;
    assert_eq!(operations.len(), 1);
    assert_eq!((Some(operations[0].id), operations[0].outcome), (answer.operation, Outcome::Succeeded));
    assert_eq!(operations[0].principal.0, "ada@example.com");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_wait_is_told_how_it_ended_each_time() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    let change = definition("acme", "database: {tier: premium}");
    for _ in 0..2 {
        let change = submission(&change);
        let asked = world.commands.update(&caller(), &tenant("acme"), change, IfMatch::Any, Wait::No).await.unwrap();
        let asked = asked.operation.unwrap();
        assert_eq!(world.status("acme").await.unwrap().queued, Some(asked));
        world.work_off().await;
        assert_eq!(world.status("acme").await.unwrap().queued, None);
        let operations = world.operations("acme").await;
        let ended = operations.iter().find(|operation| operation.id == asked).unwrap();
        assert_eq!((ended.outcome, ended.reason.as_deref()), (Outcome::Failed, Some("HELD")), "it was planned anew");
    }
    let back = submission(&definition("acme", ""));
    let back = world.commands.update(&caller(), &tenant("acme"), back, IfMatch::Any, Wait::No).await.unwrap();
    world.work_off().await;
    let operations = world.operations("acme").await;
    let ended = operations.iter().find(|operation| Some(operation.id) == back.operation).unwrap();
    assert_eq!(ended.outcome, Outcome::Succeeded);
}

#[tokio::test(start_paused = true)]
async fn a_preview_changes_nothing() {
    let world = World::new();
    let new = world.commands.preview_create(&caller(), &submission(&definition("acme", ""))).await.unwrap();
    assert_eq!(new.changes.to_string(), "2 to create");
    assert_eq!(world.status("acme").await, None);
    world.create(&definition("acme", "")).await.unwrap();
    let change = submission(&definition("acme", "database: {tier: premium}"));
    let change = world.commands.preview_update(&caller(), &tenant("acme"), &change, IfMatch::Any).await.unwrap();
    assert!(change.held);
    let gone = world.commands.preview_delete(&caller(), &tenant("acme"), IfMatch::Any).await.unwrap();
    assert_eq!(gone.changes.to_string(), "2 to delete");
    assert_eq!(world.provisioner.resources(&tenant("acme")).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_log_can_be_read_while_its_run_is_under_way_and_is_whole_at_the_end() {
    let world = World::new();
    world.provisioner.runs_take(Duration::from_secs(100));
    let acme = definition("acme", "");
    let reading = async {
        world.later(5).await;
        let running = world.operations("acme").await.remove(0);
        let name = crate::records::RecordName::operation_log(&running.tenant, running.id);
        let early = world.records.read(&name).await.unwrap().unwrap();
        world.later(60).await;
        let quiet = world.records.read(&name).await.unwrap().unwrap();
        assert_eq!(early, quiet, "nothing came, nothing was written");
        (name, early.value)
    };
    let (made, (name, early)) = tokio::join!(world.create(&acme), reading);
    made.unwrap();
    let whole = world.records.read(&name).await.unwrap().unwrap().value;
    assert!(!early.is_empty() && whole.starts_with(&early), "{early:?} {whole:?}");
}
