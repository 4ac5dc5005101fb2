//! What is held goes on when somebody approves exactly that: once, and in time.

use super::*;
use crate::digest::Digest;
use crate::provision::memory::Fault;
use crate::records::Outcome;

const MOVED: &str = "database: {tier: premium}";

/// A tenant whose change would replace its database; the digest of what waits.
async fn held(world: &World) -> Digest {
    world.create(&definition("acme", "")).await.unwrap();
    let error = world.update("acme", &definition("acme", MOVED)).await.unwrap_err();
    let CommandError::Held { hold, .. } = error else { panic!("{error:?}") };
    hold.digest
}

async fn approve(world: &World, digest: Digest) -> Result<Answer, CommandError> {
    world.commands.approve(&caller(), &tenant("acme"), digest, Wait::ForResult).await
}

fn database(world: &World) -> String {
    world.provisioner.resources(&tenant("acme"))["memory_database.site"].to_string()
}

#[tokio::test(start_paused = true)]
async fn exactly_the_approved_plan_goes_through() {
    let world = World::new();
    let digest = held(&world).await;
    let before = database(&world);
    world.reconcile("acme").await.unwrap();
    assert_eq!(database(&world), before, "a hint approves nothing");

    let other = approve(&world, Digest::of(b"another plan")).await.unwrap_err();
    assert!(matches!(other, CommandError::NotHeld { waits: Some(waits), .. } if waits == digest), "{other:?}");
    assert_eq!(database(&world), before);

    approve(&world, digest).await.unwrap();
    let status = world.status("acme").await.unwrap();
    assert_eq!((status.phase, status.hold), (Phase::Ready, None));
    assert_ne!(database(&world), before);
    let last = world.operations("acme").await.pop().unwrap();
    assert!(last.steps[0].what.contains("ada@example.com approved"), "{:?}", last.steps);
    assert!(matches!(approve(&world, digest).await, Err(CommandError::NotHeld { waits: None, .. })), "nothing waits");
}

#[tokio::test(start_paused = true)]
async fn another_change_asks_again() {
    let world = World::new();
    let digest = held(&world).await;
    // Approved, but before the run somebody wants something else.
    let approval =
        crate::records::Approval { by: caller().principal, at: world.clock.now(), expires: jiff::Timestamp::MAX };
    let give = |status: &mut Status| status.hold.as_mut().unwrap().approval = Some(approval.clone());
    world.reconciler.ports().statuses.update(&tenant("acme"), give).await.unwrap();
    let before = database(&world);
    let both = format!("{MOVED}\n  runtime: {{scaling: {{maxInstances: 7}}}}");
    let error = world.update("acme", &definition("acme", &both)).await.unwrap_err();
    assert!(matches!(error, CommandError::Held { hold, .. } if hold.digest != digest && hold.approval.is_none()));
    assert_eq!(database(&world), before);
}

#[tokio::test(start_paused = true)]
async fn an_approval_is_for_one_run_and_for_its_time() {
    let world = World::new();
    let digest = held(&world).await;
    world.provisioner.runs_take(Duration::from_secs(10));
    world.provisioner.fail_next(Fault::Refused);
    assert!(approve(&world, digest).await.is_err());
    let used = world.status("acme").await.unwrap();
    assert!(used.hold.is_none_or(|hold| hold.approval.is_none()), "the run used it up");

    let world = World::new();
    let digest = held(&world).await;
    let before = database(&world);
    let late = crate::records::Approval { by: caller().principal, at: world.clock.now(), expires: world.clock.now() };
    let give = |status: &mut Status| status.hold.as_mut().unwrap().approval = Some(late.clone());
    world.reconciler.ports().statuses.update(&tenant("acme"), give).await.unwrap();
    world.later(1).await;
    world.reconcile("acme").await.unwrap();
    assert_eq!((world.phase("acme").await, database(&world)), (Some(Phase::Held), before), "{digest}");
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_the_breaker_holds_goes_on_when_approved() {
    let world = World::new();
    let ids: Vec<String> = (0..10).map(|number| format!("tenant-{number}")).collect();
    for id in &ids {
        world.create(&definition(id, "")).await.unwrap();
    }
    for id in &ids {
        world.remove(id).await;
    }
    for _ in 0..2 {
        world.sweeper.sweep().await.unwrap();
        world.work_off().await;
        world.later(86_401).await;
    }
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    let status = world.status("tenant-3").await.unwrap();
    assert_eq!(status.phase, Phase::Held);
    let digest = status.tombstone.as_ref().unwrap().digest(&tenant("tenant-3"));
    let said = status.conditions.get(crate::records::ConditionKind::Held).unwrap();
    assert!(said.message.contains(&digest.to_string()), "{}", said.message);
    let approve = |id| world.commands.approve(&CALLER, id, digest, Wait::ForResult);
    let (three, four) = (tenant("tenant-3"), tenant("tenant-4"));
    assert!(matches!(approve(&four).await, Err(CommandError::NotHeld { .. })), "another tenant's");
    approve(&three).await.unwrap();
    assert_eq!(world.status("tenant-3").await, None);
    assert_eq!(world.phase("tenant-4").await, Some(Phase::Held));
}

#[tokio::test(start_paused = true)]
async fn nobody_approves_for_a_tenant_that_is_not_there() {
    let world = World::new();
    assert!(matches!(approve(&world, Digest::of(b"x")).await, Err(CommandError::NotFound(_))));
    assert_eq!(world.status("acme").await, None);
    assert_eq!(world.operations("acme").await.iter().filter(|one| one.outcome == Outcome::Running).count(), 0);
}

static CALLER: std::sync::LazyLock<Caller> = std::sync::LazyLock::new(caller);
