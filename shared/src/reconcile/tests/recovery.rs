//! A process that dies at work leaves a lease that runs out; whoever comes next settles what it left.

use super::*;
use crate::records::Outcome;

/// Stops listening in the middle of a run, and lets nothing of that process go on.
async fn die_during_create(world: &World) {
    world.provisioner.runs_take(Duration::from_secs(1_000_000));
    world.upload("acme", &definition("acme", "")).await;
    let (tenant, caller) = (tenant("acme"), caller());
    let runtime = tokio::time::timeout(Duration::from_secs(2), async {
        let doomed = world.another_process("doomed");
        let _ = doomed.reconcile(&caller, &tenant, Insist::No).await;
    });
    assert!(runtime.await.is_err());
    world.provisioner.runs_take(Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_renewed_is_not_taken() {
    let world = World::new();
    die_during_create(&world).await;
    // The doomed process's task still renews: to the others it is at work.
    world.later(300).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, []);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_ran_out_is_taken_over_fenced_and_the_operation_ended() {
    let world = World::new();
    world.upload("acme", &definition("acme", "")).await;
    // What a process leaves that died during an apply: its lease, its journal entry, a status in doubt.
    let ports = world.reconciler.ports();
    let dead = ports.ids.next(world.clock.now());
    let lease = crate::records::RecordName::lease(&tenant("acme"));
    ports.leases.acquire(&lease, dead).await.unwrap();
    let mut operation = Operation::new(dead, tenant("acme"), crate::records::OperationKind::Create, world.clock.now());
    operation.outcome = Outcome::Running;
    ports.journal.open(operation).await.unwrap();
    let say = |status: &mut Status| {
        status.phase = Phase::Applying;
        status.in_doubt = true;
        status.operation = Some(dead);
    };
    ports.statuses.update(&tenant("acme"), say).await.unwrap();

    assert_eq!(world.sweeper.sweep().await.unwrap().due, [], "its lease has not run out");
    world.later(61).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::Interrupted)]);
    world.work_off().await;
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    let outcomes: Vec<_> = world.operations("acme").await.into_iter().map(|op| op.outcome).collect();
    assert_eq!(outcomes, [Outcome::Interrupted, Outcome::Succeeded]);
    let head = crate::provision::Provisioner::head(&world.provisioner, &tenant("acme")).await.unwrap().unwrap();
    assert_eq!(head.epoch, Some(crate::provision::Epoch(2)));
}

/// A process that only got no time to run in would write the first of its entry after all, and nobody would end it.
#[tokio::test(start_paused = true)]
async fn an_operation_that_was_taken_over_before_it_had_begun_cannot_begin() {
    let world = World::new();
    world.upload("acme", &definition("acme", "")).await;
    let ports = world.reconciler.ports();
    let frozen = ports.ids.next(world.clock.now());
    let lease = crate::records::RecordName::lease(&tenant("acme"));
    ports.leases.acquire(&lease, frozen).await.unwrap();
    world.later(61).await;
    world.reconcile("acme").await.unwrap();
    let mut operation =
        Operation::new(frozen, tenant("acme"), crate::records::OperationKind::Create, world.clock.now());
    operation.outcome = Outcome::Running;
    let late = ports.journal.open(operation).await;
    assert!(matches!(late, Err(crate::store::StoreError::PreconditionFailed { .. })), "{late:?}");
    let outcomes: Vec<_> = world.operations("acme").await.into_iter().map(|op| op.outcome).collect();
    assert_eq!(outcomes, [Outcome::Interrupted, Outcome::Succeeded]);
}

/// What an earlier try may have made is as its variables say: they are not written over by those of another definition.
#[tokio::test(start_paused = true)]
async fn an_operation_that_is_tried_again_with_another_definition_ends_and_the_next_one_is_for_it() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    let changed = submission(&definition("acme", "runtime: {scaling: {maxInstances: 5}}"));
    let asked = world.commands.update(&caller(), &tenant("acme"), changed, IfMatch::Any, Wait::No).await.unwrap();
    let (asked, journal) = (asked.operation.unwrap(), &world.reconciler.ports().journal);
    let earlier = crate::provision::Variables::from_json(&serde_json::json!({"an earlier": "try"}));
    assert!(journal.keep_variables(&tenant("acme"), asked, &earlier).await.unwrap());
    world.work_off().await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    let outcomes: Vec<_> = world.operations("acme").await.into_iter().map(|op| op.outcome).collect();
    assert_eq!(outcomes, [Outcome::Succeeded, Outcome::Interrupted, Outcome::Succeeded]);
    assert_eq!(journal.variables(&tenant("acme"), asked).await.unwrap(), Some(earlier));
    let status = world.status("acme").await.unwrap();
    assert_eq!((status.phase, status.variables), (Phase::Ready, world.operations("acme").await.pop().map(|op| op.id)));
}

#[tokio::test(start_paused = true)]
async fn an_older_runs_word_on_the_status_no_longer_counts() {
    let world = World::new();
    world.provisioner.runs_take(Duration::from_secs(10));
    let acme = definition("acme", "");
    let newer = async {
        world.later(5).await;
        let say = |status: &mut Status| {
            status.epoch = Some(crate::provision::Epoch(9));
            status.phase = Phase::Held;
        };
        world.reconciler.ports().statuses.update(&tenant("acme"), say).await.unwrap();
    };
    let (made, ()) = tokio::join!(world.create(&acme), newer);
    made.unwrap();
    let status = world.status("acme").await.unwrap();
    assert_eq!((status.phase, status.applied), (Phase::Held, None));
}

#[tokio::test(start_paused = true)]
async fn a_run_that_was_stopped_is_due_again_at_once() {
    let world = World::new();
    world.provisioner.runs_take(Duration::from_secs(100));
    world.upload("acme", &definition("acme", "")).await;
    let stopping = async {
        world.later(5).await;
        world.reconciler.ports().shutdown.cancel();
    };
    let (stopped, ()) = tokio::join!(world.reconcile("acme"), stopping);
    assert!(stopped.is_err());
    assert_eq!(world.operations("acme").await[0].outcome, Outcome::Interrupted);
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::Retry)]);
    world.provisioner.runs_take(Duration::ZERO);
    let next = world.another_process("next");
    next.reconcile(&caller(), &tenant("acme"), Insist::No).await.unwrap();
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
}

#[tokio::test(start_paused = true)]
async fn who_asked_for_a_run_that_was_stopped_gets_an_operation_that_another_process_ends() {
    let world = World::new();
    world.provisioner.runs_take(Duration::from_secs(100));
    let acme = definition("acme", "");
    let stopping = async {
        world.later(5).await;
        world.reconciler.ports().shutdown.cancel();
    };
    let (answer, ()) = tokio::join!(world.create(&acme), stopping);
    let answer = answer.unwrap();
    assert!(!answer.finished);
    let followed = answer.operation.unwrap();
    let outcomes: Vec<Outcome> = world.operations("acme").await.iter().map(|operation| operation.outcome).collect();
    assert_eq!(outcomes, [Outcome::Interrupted, Outcome::Queued]);

    // The queue of the process went with it: the sweep knows that somebody waits.
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::Queued)]);
    world.provisioner.runs_take(Duration::ZERO);
    let next = world.another_process("next");
    next.reconcile(&caller(), &tenant("acme"), Insist::No).await.unwrap();
    let ended = world.operations("acme").await.pop().unwrap();
    assert_eq!((ended.id, ended.outcome), (followed, Outcome::Succeeded));
    assert_eq!(world.sweeper.sweep().await.unwrap().due, []);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_was_stopped_is_delivered_again() {
    let world = World::new();
    world.provisioner.runs_take(Duration::from_secs(100));
    world.upload("acme", &definition("acme", "")).await;
    let stopping = async {
        world.later(5).await;
        world.reconciler.ports().shutdown.cancel();
    };
    let (stopped, ()) = tokio::join!(world.reconcile("acme"), stopping);
    let error = stopped.unwrap_err();
    assert!(matches!(error, CommandError::Interrupted { .. }) && error.retryable(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_takes_too_long_failed_and_is_not_tried_again_at_once() {
    let world = World::with_platform(&format!("{PLATFORM}\nlimits: {{runSeconds: 30}}"));
    world.provisioner.runs_take(Duration::from_secs(100));
    let error = world.create(&definition("acme", "")).await.unwrap_err();
    assert!(matches!(&error, CommandError::Failed { message, .. } if message.contains("runSeconds")), "{error}");
    assert_eq!(world.operations("acme").await[0].reason.as_deref(), Some("TIMED_OUT"));
    let retry = world.status("acme").await.unwrap().retry.unwrap();
    assert_eq!(retry.failures, 1);
    assert!(retry.not_before > world.clock.now());
}
