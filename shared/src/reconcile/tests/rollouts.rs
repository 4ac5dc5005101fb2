//! Rollouts over fleets in memory: waves, health, halting, going back, and dying anywhere.

mod modules;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::plugins::PluginLists;
use crate::rollout::{Order, Refused, Rollout, RolloutState};
use crate::store::faulty::Fault;

const OLD: &str = "registry.example/wordpress-runtime:6.8";
const NEW: &str = "registry.example/wordpress-runtime:6.9";

/// The platform with this default image and these settings of rollouts.
fn platform(image: &str, rollout: &str) -> String {
    format!("{}drift: {{intervalSeconds: 31536000}}\nrollout: {{{rollout}}}\n", PLATFORM.replace(OLD, image))
}

/// What is deployed: a sweep and a worker of one platform.
struct Deployed {
    sweeper: Sweeper,
    reconciler: Reconciler,
}

impl World {
    fn deploy(&self, platform: &str) -> Deployed {
        self.deploy_with(&self.provisioner, platform)
    }

    /// What is deployed where workers make tenants by this provisioner, with its module.
    fn deploy_with(&self, provisioner: &MemoryProvisioner, platform: &str) -> Deployed {
        let platform = Arc::new(Platform::parse(platform).unwrap());
        let ports = self.ports_of("deployed", &platform, self.definitions.clone(), self.records.clone());
        let ports = Ports { provisioner: Arc::new(provisioner.clone()), ..ports };
        Deployed { sweeper: self.sweeper_on(self.records.clone(), platform), reconciler: Reconciler::new(ports) }
    }

    fn sweeper_on(&self, records: Arc<dyn ObjectStore>, platform: Arc<Platform>) -> Sweeper {
        Sweeper::new(
            self.definitions.clone(),
            records,
            PluginLists::new(Arc::new(MemoryBuckets::new(&self.clock))),
            Arc::new(self.queue.clone()),
            Arc::clone(&self.clock),
            platform,
        )
    }

    /// Tenants on the old image, the first of them a canary.
    async fn rolled(&self, deployed: &Deployed, size: usize) {
        for number in 0..size {
            let source = definition(&name(number), "");
            let canary = format!("  name: {}\n  labels: {{canary: 'yes'}}\n", name(number));
            let plain = format!("  name: {}\n", name(number));
            self.upload(&name(number), &if number == 0 { source.replace(&plain, &canary) } else { source }).await;
            deployed.reconciler.reconcile(&caller(), &tenant(&name(number)), Insist::No).await.unwrap();
        }
    }

    async fn rollout(&self) -> Rollout {
        self.reconciler.ports().rollouts.read().await.unwrap().unwrap().value
    }

    async fn order(&self, deployed: &Deployed, order: Order) -> Result<Rollout, Refused> {
        let ports = deployed.reconciler.ports();
        let (by, module, now) = (caller().principal, ports.provisioner.platform_digest(), ports.clock.now());
        ports.rollouts.update(|rollout| rollout.ordered(order, &by, module, now)).await.unwrap()
    }

    /// Which image each tenant's service runs, tenants by image.
    fn images(&self, size: usize) -> BTreeMap<String, BTreeSet<String>> {
        let mut images = BTreeMap::<_, BTreeSet<_>>::new();
        for number in 0..size {
            let service = &self.provisioner.resources(&tenant(&name(number)))["memory_service.site"];
            images.entry(service["image"].as_str().unwrap().to_owned()).or_default().insert(name(number));
        }
        images
    }

    /// Sweeps and what they hand out, until the rollout stands so.
    async fn until(&self, deployed: &Deployed, state: RolloutState) {
        for _ in 0..200 {
            deployed.sweeper.sweep().await.unwrap();
            self.work_off_by(&deployed.reconciler).await;
            if self.rollout().await.state == state {
                return;
            }
            self.later(300).await;
        }
        panic!("not {state:?}: {:?}", self.rollout().await);
    }
}

fn name(number: usize) -> String {
    format!("tenant-{number}")
}

#[tokio::test(start_paused = true)]
async fn a_new_default_image_goes_out_in_waves_the_canaries_first() {
    let (world, settings) = (World::new(), "waves: [0.2, 1], soakSeconds: 600");
    let old = world.deploy(&platform(OLD, settings));
    world.rolled(&old, 40).await;
    old.sweeper.sweep().await.unwrap();
    assert_eq!(world.rollout().await.state, RolloutState::Done, "everybody has the first release");

    let new = world.deploy(&platform(NEW, settings));
    for number in 0..40 {
        new.reconciler.reconcile(&caller(), &tenant(&name(number)), Insist::No).await.unwrap();
    }
    assert_eq!(world.provisioner.runs(), 40, "nothing is applied for that alone");
    let report = new.sweeper.sweep().await.unwrap();
    assert_eq!(report.due, [(tenant("tenant-0"), Due::Rollout)]);
    world.work_off_by(&new.reconciler).await;
    assert_eq!(world.images(40)[NEW].len(), 1);
    assert_eq!(new.sweeper.sweep().await.unwrap().due, [], "the canary has to stay well");
    world.later(599).await;
    assert_eq!(new.sweeper.sweep().await.unwrap().due, []);
    world.later(1).await;
    new.sweeper.sweep().await.unwrap();
    let first = new.sweeper.sweep().await.unwrap().due.len();
    assert!((3..=14).contains(&first), "{first} of 39 in the wave of a fifth");
    world.work_off_by(&new.reconciler).await;
    assert_eq!(world.images(40)[NEW].len(), 1 + first);
    world.until(&new, RolloutState::Done).await;
    assert_eq!(world.images(40)[NEW].len(), 40);
    assert_eq!(world.provisioner.runs(), 80, "once each");
    let status = world.status("tenant-7").await.unwrap();
    assert_eq!(status.release.unwrap().before.unwrap().defaults.image, OLD);
}

#[tokio::test(start_paused = true)]
async fn who_names_an_image_is_not_touched_by_another_default() {
    let (world, settings) = (World::new(), "waves: [1], soakSeconds: 0");
    let old = world.deploy(&platform(OLD, settings));
    world.upload("own", &definition("own", "runtime: {image: 'registry.example/own:1'}")).await;
    old.reconciler.reconcile(&caller(), &tenant("own"), Insist::No).await.unwrap();
    let new = world.deploy(&platform(NEW, settings));
    new.sweeper.sweep().await.unwrap();
    world.until(&new, RolloutState::Done).await;
    assert_eq!(world.provisioner.runs(), 1);
    let pin = world.status("own").await.unwrap().release.unwrap();
    assert_eq!((pin.release.defaults.image.as_str(), pin.applied), (NEW, true), "it is on the target all the same");
}

#[tokio::test(start_paused = true)]
async fn a_tenants_own_change_is_applied_with_the_release_it_has() {
    let (world, settings) = (World::new(), "automatic: false, waves: [1]");
    let old = world.deploy(&platform(OLD, settings));
    world.rolled(&old, 2).await;
    old.sweeper.sweep().await.unwrap();
    let new = world.deploy(&platform(NEW, settings));
    new.sweeper.sweep().await.unwrap();
    let commands = Commands::new(new.reconciler.clone(), Arc::new(world.queue.clone()));
    let changed = submission(&definition("tenant-1", "runtime: {scaling: {maxInstances: 5}}"));
    commands.update(&caller(), &tenant("tenant-1"), changed, IfMatch::Any, Wait::ForResult).await.unwrap();
    let service = &world.provisioner.resources(&tenant("tenant-1"))["memory_service.site"];
    assert_eq!((&service["image"], &service["scaling"]["max_instances"]), (&OLD.into(), &5.into()));
    commands.create(&caller(), submission(&definition("newer", "")), Wait::ForResult).await.unwrap();
    assert_eq!(world.provisioner.resources(&tenant("newer"))["memory_service.site"]["image"], NEW);
    assert_eq!(world.rollout().await.state, RolloutState::Paused, "it waits for somebody");
    world.order(&new, Order::Resume).await.unwrap();
    world.until(&new, RolloutState::Running).await;
    assert_eq!(world.images(1)[NEW].len(), 1);
}

fn is_a_20th(tenant: &TenantId) -> bool {
    tenant.as_str().trim_start_matches("tenant-").parse::<usize>().is_ok_and(|number| number.is_multiple_of(20))
}

/// Every 20th tenant's site does not start with the new image.
fn breaks_every_20th(world: &World) {
    world.provisioner.breaks_where(|run, _| is_a_20th(&run.tenant) && run.variables.as_json().contains(NEW));
}

#[tokio::test(start_paused = true)]
async fn a_release_that_breaks_every_20th_halts_early_touches_nobody_more_and_is_undone() {
    let (world, settings) = (World::new(), "");
    let old = world.deploy(&platform(OLD, settings));
    world.rolled(&old, 500).await;
    old.sweeper.sweep().await.unwrap();
    breaks_every_20th(&world);
    let new = world.deploy(&platform(NEW, settings));
    world.until(&new, RolloutState::Halted).await;
    let halted = world.rollout().await;
    let touched = world.images(500)[NEW].clone();
    assert!(halted.wave <= 2 && touched.len() < 100, "wave {}, {} touched", halted.wave, touched.len());

    // Tasks that still wait, people who look, sweeps and days: nobody is touched any more.
    for number in 0..500 {
        new.reconciler.reconcile(&caller(), &tenant(&name(number)), Insist::No).await.unwrap_or_else(|_| {
            panic!("tenant {number}");
        });
    }
    world.until(&new, RolloutState::Halted).await;
    assert_eq!(world.images(500)[NEW], touched);

    world.order(&new, Order::Undo).await.unwrap();
    world.until(&new, RolloutState::Undone).await;
    assert_eq!(world.images(500).into_keys().collect::<Vec<_>>(), [OLD]);
    for number in 0..500 {
        assert_eq!(world.phase(&name(number)).await, Some(Phase::Ready), "{number}");
    }
    let runs = world.provisioner.runs();
    for _ in 0..3 {
        new.sweeper.sweep().await.unwrap();
        world.work_off_by(&new.reconciler).await;
        world.later(3_600).await;
    }
    assert_eq!(world.provisioner.runs(), runs, "what was undone is not begun again");
    let back = world.deploy(&platform(OLD, settings));
    world.until(&back, RolloutState::Done).await;
    assert_eq!(world.provisioner.runs(), runs, "the settings say again what everybody has");
}

#[tokio::test(start_paused = true)]
async fn a_halted_rollout_goes_on_with_the_release_that_mends_it_the_broken_first() {
    let (world, settings) = (World::new(), "waves: [0.5, 1], soakSeconds: 60");
    let old = world.deploy(&platform(OLD, settings));
    world.rolled(&old, 20).await;
    old.sweeper.sweep().await.unwrap();
    world.provisioner.breaks_where(|run, _| run.variables.as_json().contains(NEW));
    let new = world.deploy(&platform(NEW, settings));
    world.until(&new, RolloutState::Halted).await;
    assert_eq!(world.phase("tenant-0").await, Some(Phase::Failed));
    let mended = world.deploy(&platform("registry.example/wordpress-runtime:7.0", settings));
    world.until(&mended, RolloutState::Done).await;
    assert_eq!(world.images(20).len(), 1);
    assert_eq!(world.phase("tenant-0").await, Some(Phase::Ready));
    let pin = world.status("tenant-0").await.unwrap().release.unwrap();
    assert_eq!(pin.before.unwrap().defaults.image, OLD, "what never worked is nothing to go back to");
}

#[tokio::test(start_paused = true)]
async fn pause_resume_and_abort_are_heeded_at_once() {
    let (world, settings) = (World::new(), "waves: [1], soakSeconds: 0");
    let old = world.deploy(&platform(OLD, settings));
    world.rolled(&old, 10).await;
    old.sweeper.sweep().await.unwrap();
    let new = world.deploy(&platform(NEW, settings));
    new.sweeper.sweep().await.unwrap();
    world.work_off_by(&new.reconciler).await;
    new.sweeper.sweep().await.unwrap();
    new.sweeper.sweep().await.unwrap();
    assert!(!world.queue.is_empty(), "nine tasks wait");
    let paused = world.order(&new, Order::Pause).await.unwrap();
    assert_eq!(paused.by, Some(caller().principal));
    world.work_off_by(&new.reconciler).await;
    assert_eq!(world.images(10)[NEW].len(), 1, "tasks that waited find it paused");
    world.order(&new, Order::Resume).await.unwrap();
    new.sweeper.sweep().await.unwrap();
    world.order(&new, Order::Abort).await.unwrap();
    world.work_off_by(&new.reconciler).await;
    new.sweeper.sweep().await.unwrap();
    assert_eq!((world.images(10)[NEW].len(), world.rollout().await.state), (1, RolloutState::Aborted));
    assert_eq!(world.order(&new, Order::Pause).await, Err(Refused::State(RolloutState::Aborted, Order::Pause)));
    world.order(&new, Order::Resume).await.unwrap();
    world.until(&new, RolloutState::Done).await;
    assert_eq!(world.images(10)[NEW].len(), 10);
}

#[tokio::test(start_paused = true)]
async fn two_sweeps_at_once_do_no_harm() {
    let (world, settings) = (World::new(), "waves: [0.5, 1], soakSeconds: 60");
    let old = world.deploy(&platform(OLD, settings));
    world.rolled(&old, 20).await;
    old.sweeper.sweep().await.unwrap();
    let new = world.deploy(&platform(NEW, settings));
    for _ in 0..20 {
        let (one, other) = tokio::join!(new.sweeper.sweep(), new.sweeper.sweep());
        one.unwrap();
        other.unwrap();
        world.work_off_by(&new.reconciler).await;
        world.later(60).await;
    }
    assert_eq!(world.rollout().await.state, RolloutState::Done);
    assert_eq!((world.images(20)[NEW].len(), world.provisioner.runs()), (20, 40));
}

/// A deployment whose process dies at its `number`th write.
async fn dies_at(number: usize, fault: Fault) -> bool {
    let (mut world, settings) = (World::new(), "waves: [1], soakSeconds: 60");
    let old = world.deploy(&platform(OLD, settings));
    world.rolled(&old, 2).await;
    old.sweeper.sweep().await.unwrap();
    let new = world.deploy(&platform(NEW, settings));
    let mischief = Mischief::default();
    let faulty: Arc<dyn ObjectStore> = Arc::new(FaultyStore::new("records", world.records.clone(), mischief.clone()));
    let deployed = &new.reconciler.ports().platform;
    let ports = world.ports_of("doomed", deployed, world.definitions.clone(), Arc::clone(&faulty));
    let sweeper = world.sweeper_on(faulty, Arc::clone(deployed));
    let doomed = Deployed { sweeper, reconciler: Reconciler::new(ports) };
    mischief.dies_at(number, fault);
    let lives = async {
        for _ in 0..6 {
            if doomed.sweeper.sweep().await.is_err() {
                return;
            }
            world.work_off_by(&doomed.reconciler).await;
            world.later(60).await;
        }
    };
    let death = async {
        while !mischief.is_dead() {
            world.later(1).await;
        }
    };
    tokio::select! {
        () = lives => {}
        () = death => {}
    }
    // A queue in memory dies with its process: what it was working on is nobody's task any more.
    world.queue = LocalQueue::new(1_000);
    let new = world.deploy(&platform(NEW, settings));
    world.later(120).await;
    world.until(&new, RolloutState::Done).await;
    assert_eq!(world.images(2)[NEW].len(), 2, "{fault:?} {number}");
    for number in 0..2 {
        assert_eq!(world.phase(&name(number)).await, Some(Phase::Ready));
    }
    assert_eq!(world.provisioner.overlaps(), 0);
    mischief.is_dead()
}

#[tokio::test(start_paused = true)]
async fn it_goes_on_wherever_a_process_dies() {
    // Every third write of one kind, and the ones between of the other.
    for (fault, first) in [(Fault::DiesBefore, 0), (Fault::DiesAfter, 1)] {
        let mut number = first;
        while Box::pin(dies_at(number, fault)).await {
            number += 3;
        }
        assert!(number > 10, "{number} writes");
    }
}
