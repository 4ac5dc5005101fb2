//! A process that dies between any two of its writes, before or after each took effect: two sweeps later the tenant is as
//! defined, and every operation has ended.

use super::*;
use crate::records::{Outcome, RecordName};
use crate::store::faulty::{Fault, Mischief};

/// What the doomed process is asked to do, and what must be so in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Work {
    Create,
    Update,
    Drift,
    Hold,
    Delete,
    CarryOutTombstone,
    Forget,
    Queue,
}

const ALL: [Work; 8] = [
    Work::Create,
    Work::Update,
    Work::Drift,
    Work::Hold,
    Work::Delete,
    Work::CarryOutTombstone,
    Work::Forget,
    Work::Queue,
];

impl Work {
    async fn prepare(self, world: &World) {
        if self == Self::Create {
            return;
        }
        let retained = if self == Self::Forget { "deletionPolicy: Retain" } else { "" };
        world.create(&definition("other", "")).await.unwrap();
        world.create(&definition("acme", retained)).await.unwrap();
        match self {
            Self::Drift => world.later(86_401).await,
            Self::CarryOutTombstone => {
                world.remove("acme").await;
                world.sweeper.sweep().await.unwrap();
                world.work_off().await;
                world.later(86_401).await;
                world.sweeper.sweep().await.unwrap();
            }
            _ => {}
        }
    }

    async fn ask(self, commands: &Commands, reconciler: &Reconciler) {
        let (acme, wait) = (tenant("acme"), Wait::ForResult);
        let update = |spec| commands.update(&CALLER, &acme, submission(&definition("acme", spec)), IfMatch::Any, wait);
        match self {
            Self::Create => drop(commands.create(&CALLER, submission(&definition("acme", "")), wait).await),
            Self::Update => drop(update("runtime: {scaling: {maxInstances: 5}}").await),
            Self::Hold => drop(update("database: {tier: premium}").await),
            Self::Delete | Self::Forget => drop(commands.delete(&CALLER, &acme, IfMatch::Any, false, wait).await),
            Self::Queue => {
                let changed = submission(&definition("acme", "runtime: {scaling: {maxInstances: 5}}"));
                drop(commands.update(&CALLER, &acme, changed, IfMatch::Any, Wait::No).await);
                drop(reconciler.reconcile(&CALLER, &acme, Insist::No).await);
            }
            Self::Drift | Self::CarryOutTombstone => drop(reconciler.reconcile(&CALLER, &acme, Insist::No).await),
        }
    }

    /// Whether it is asked for in this very call, which its caller makes again when nobody answers.
    const fn is_asked_again(self) -> bool {
        !matches!(self, Self::Drift | Self::CarryOutTombstone)
    }

    async fn check(self, world: &World, told: &str) {
        let phase = world.phase("acme").await;
        let resources = world.provisioner.resources(&tenant("acme")).len();
        let expected = match self {
            Self::Create | Self::Update | Self::Drift | Self::Queue => (Some(Phase::Ready), 2),
            Self::Hold => (Some(Phase::Held), 2),
            Self::Delete | Self::CarryOutTombstone => (None, 0),
            Self::Forget => (None, 2),
        };
        assert_eq!((phase, resources), expected, "{told}");
        for operation in world.operations("acme").await {
            assert!(operation.outcome.is_final(), "{told}: {operation:?}");
            let ended = operation.outcome == Outcome::Queued || operation.finished.is_some();
            assert!(ended, "{told}: {operation:?}");
        }
        let lease = RecordName::lease(&tenant("acme"));
        assert_eq!(world.reconciler.ports().leases.holder(&lease).await.unwrap(), None, "{told}");
        assert_eq!(world.provisioner.overlaps(), 0, "{told}");
    }
}

static CALLER: std::sync::LazyLock<Caller> = std::sync::LazyLock::new(caller);

/// Kills at the given write; says whether the work went that far.
async fn killed_at(work: Work, number: usize, fault: Fault) -> bool {
    let told = format!("{work:?}, {fault:?} {number}");
    let world = World::new();
    work.prepare(&world).await;
    let mischief = Mischief::default();
    let (commands, reconciler) = world.doomed(&mischief);
    mischief.dies_at(number, fault);
    let _ = tokio::time::timeout(Duration::from_secs(30), work.ask(&commands, &reconciler)).await;
    if !mischief.is_dead() {
        return false;
    }
    // The caller got no answer and asks another process, as soon as that one may work there.
    world.later(61).await;
    if work.is_asked_again() {
        work.ask(&world.commands, &world.reconciler).await;
    }
    for _ in 0..2 {
        world.sweeper.sweep().await.unwrap();
        world.work_off().await;
    }
    work.check(&world, &told).await;
    true
}

/// Kills at every write of the work, with both kinds of death; gives the number of kills.
async fn killed_everywhere(work: Work) -> usize {
    let mut kills = 0;
    for fault in [Fault::DiesBefore, Fault::DiesAfter] {
        let mut number = 0;
        while killed_at(work, number, fault).await {
            number += 1;
            kills += 1;
        }
        assert!(number > 4, "{work:?} writes {number} times only");
    }
    kills
}

#[tokio::test(start_paused = true)]
async fn whatever_it_does_and_whenever_it_dies() {
    let mut kills = 0;
    for work in ALL {
        kills += killed_everywhere(work).await;
    }
    assert!(kills > 120, "only {kills} writes to die at");
}

/// What was to be kept is to go after all: a forgetting that died half done has taken the state away, and what it left in no
/// state is destroyed all the same.
#[tokio::test(start_paused = true)]
async fn a_mind_that_changes_after_a_death() {
    let mut destroyed = 0;
    for number in 0.. {
        let world = World::new();
        Work::Forget.prepare(&world).await;
        let mischief = Mischief::default();
        let (commands, reconciler) = world.doomed(&mischief);
        mischief.dies_at(number, Fault::DiesBefore);
        let asked = Work::Forget.ask(&commands, &reconciler);
        let _ = tokio::time::timeout(Duration::from_secs(30), asked).await;
        if !mischief.is_dead() {
            break;
        }
        world.later(61).await;
        let name = DefinitionObject::of(&tenant("acme"), Format::Yaml).name;
        if world.definitions.stat(&name).await.unwrap().is_none() || world.status("acme").await.is_none() {
            continue;
        }
        world.upload("acme", &definition("acme", "")).await;
        world.delete("acme").await.unwrap();
        Work::Delete.check(&world, &format!("forgetting died at write {number}")).await;
        destroyed += 1;
    }
    assert!(destroyed > 4, "only {destroyed} deaths left something to destroy");
}

/// The same when nobody asks again: what was written down is carried out by the sweep alone.
#[tokio::test(start_paused = true)]
async fn nobody_needs_to_ask_again_once_it_is_written_down() {
    for number in 1..12 {
        let world = World::new();
        let mischief = Mischief::default();
        let (commands, reconciler) = world.doomed(&mischief);
        mischief.dies_at(number, Fault::DiesAfter);
        let asked = Work::Create.ask(&commands, &reconciler);
        let _ = tokio::time::timeout(Duration::from_secs(30), asked).await;
        world.later(61).await;
        for _ in 0..2 {
            world.sweeper.sweep().await.unwrap();
            world.work_off().await;
        }
        Work::Create.check(&world, &format!("unasked, {number}")).await;
    }
}

/// Stores that refuse, lose answers and show old listings while everything goes on: nothing is lost for good.
#[tokio::test(start_paused = true)]
async fn stores_that_fail_now_and_then_only_delay() {
    for seed in 0..30 {
        let odds = crate::store::faulty::Odds { refused: 60, answer_lost: 60, stale: 100 };
        let mischief = Mischief::seeded(seed, odds);
        let world = World::new();
        let (commands, reconciler) = world.doomed(&mischief);
        for work in [Work::Create, Work::Update, Work::Drift, Work::Update] {
            work.ask(&commands, &reconciler).await;
            world.later(30).await;
        }
        mischief.calm();
        world.later(4_000).await;
        for _ in 0..2 {
            world.sweeper.sweep().await.unwrap();
            world.work_off().await;
        }
        if world.phase("acme").await.is_some() {
            Work::Update.check(&world, &format!("seed {seed}, {} faults", mischief.met())).await;
        }
    }
}
