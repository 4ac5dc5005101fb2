//! Rollouts of another module: a worker holds one only, so going back takes workers that hold the one before.

use super::*;
use crate::provision::Provisioner;
use crate::provision::memory::MODULE;

impl World {
    /// Tenants whose service this module made.
    fn made_by(&self, module: u64, size: usize) -> BTreeSet<usize> {
        let made = |number: &usize| {
            let service = &self.provisioner.resources(&tenant(&name(*number)))["memory_service.site"];
            service[MODULE] == module
        };
        (0..size).filter(made).collect()
    }

    /// Tenants of what was deployed, then another module and workers that hold it.
    async fn deploy_another_module(&self, old: &Deployed, size: usize, settings: &str) -> Deployed {
        self.rolled(old, size).await;
        old.sweeper.sweep().await.unwrap();
        self.provisioner.release_module();
        self.deploy_newest(settings).await
    }

    async fn deploy_newest(&self, settings: &str) -> Deployed {
        let deployed = self.deploy(settings);
        deployed.reconciler.announce().await;
        deployed
    }
}

#[tokio::test(start_paused = true)]
async fn another_module_goes_out_in_waves_too_and_is_no_drift_meanwhile() {
    let world = World::new();
    let settings = format!("{PLATFORM}rollout: {{automatic: false, waves: [1], soakSeconds: 0}}\n");
    let new = world.deploy_another_module(&world.deploy(&settings), 5, &settings).await;
    world.later(2 * 86_400).await;
    assert_eq!(new.sweeper.sweep().await.unwrap().due, [], "no check would tell drift from what the new module does");
    for number in 0..5 {
        new.reconciler.reconcile(&caller(), &tenant(&name(number)), Insist::No).await.unwrap();
    }
    assert_eq!(world.provisioner.runs(), 5);
    world.order(&new, Order::Resume).await.unwrap();
    world.until(&new, RolloutState::Done).await;
    assert_eq!(world.provisioner.runs(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_module_that_breaks_every_20th_halts_early_and_is_undone_by_workers_that_hold_the_one_before() {
    let (world, settings) = (World::new(), platform(OLD, ""));
    let before = world.provisioner.keeping_its_module();
    let new = world.deploy_another_module(&world.deploy_with(&before, &settings), 500, &settings).await;
    let broken = world.provisioner.platform_digest();
    world.provisioner.breaks_where(move |run, module| module == broken && is_a_20th(&run.tenant));
    world.until(&new, RolloutState::Halted).await;
    let touched = world.made_by(1, 500);
    assert!(world.rollout().await.wave <= 2 && !touched.is_empty() && touched.len() < 100, "{touched:?}");

    let asked = world.order(&new, Order::Undo).await.unwrap();
    assert!(asked.state == RolloutState::Undoing && asked.reason.contains("release before"), "{asked:?}");
    for _ in 0..5 {
        new.sweeper.sweep().await.unwrap();
        world.work_off_by(&new.reconciler).await;
        world.later(3_600).await;
    }
    let waits = world.rollout().await;
    assert_eq!((waits.state, waits.tally.undoable, waits.tally.awaiting), (RolloutState::Undoing, 0, touched.len()));
    assert_eq!(world.made_by(1, 500), touched, "no worker holds what they had");

    let back = world.deploy_with(&before, &settings);
    back.reconciler.announce().await;
    world.until(&back, RolloutState::Undone).await;
    assert_eq!(world.made_by(0, 500).len(), 500);
    for number in 0..500 {
        assert_eq!(world.phase(&name(number)).await, Some(Phase::Ready), "{number}");
    }
    let runs = world.provisioner.runs();
    world.until(&back, RolloutState::Done).await;
    assert_eq!(world.provisioner.runs(), runs, "everybody has what is deployed");
}

#[tokio::test(start_paused = true)]
async fn an_undo_that_waits_for_a_module_can_be_given_up() {
    let (world, settings) = (World::new(), platform(OLD, "waves: [1], soakSeconds: 0"));
    let new = world.deploy_another_module(&world.deploy(&settings), 5, &settings).await;
    world.until(&new, RolloutState::Done).await;
    world.order(&new, Order::Undo).await.unwrap();
    new.sweeper.sweep().await.unwrap();
    world.order(&new, Order::Abort).await.unwrap();
    world.provisioner.release_module();
    let mended = world.deploy_newest(&settings).await;
    world.until(&mended, RolloutState::Done).await;
    assert_eq!(world.made_by(2, 5).len(), 5);
}
