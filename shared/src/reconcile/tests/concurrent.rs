//! Many at once, on one tenant and on many, in one process and in several.

use futures::future::join_all;

use super::*;

#[tokio::test(start_paused = true)]
async fn fifty_updates_of_one_tenant_the_last_definition_wins_and_no_two_runs_overlap() {
    let world = World::new();
    world.provisioner.runs_take(Duration::from_millis(100));
    world.create(&definition("acme", "")).await.unwrap();
    let updates = (1..=50).map(|most| {
        let source = definition("acme", &format!("runtime: {{scaling: {{maxInstances: {most}}}}}"));
        let world = &world;
        async move { world.update("acme", &source).await }
    });
    for answer in join_all(updates).await {
        answer.unwrap();
    }
    assert_eq!(world.provisioner.overlaps(), 0);
    let name = DefinitionObject::of(&tenant("acme"), Format::Yaml).name;
    let stored = world.definitions.read(&name).await.unwrap().unwrap();
    let stored = crate::tenant::parse(&stored.value, Format::Yaml).unwrap();
    let service = &world.provisioner.resources(&tenant("acme"))["memory_service.site"];
    let last = stored.spec.runtime.unwrap().scaling.unwrap().max_instances.unwrap();
    assert_eq!(service["scaling"]["max_instances"], last);
    assert!(world.provisioner.runs() < 20, "most of them were served by a later one's run");
}

#[tokio::test(start_paused = true)]
async fn processes_wait_for_each_others_leases() {
    let world = World::new();
    world.provisioner.runs_take(Duration::from_secs(5));
    let others: Vec<Reconciler> = (0..4).map(|number| world.another_process(&format!("p{number}"))).collect();
    world.upload("acme", &definition("acme", "")).await;
    let tenant = tenant("acme");
    let caller = caller();
    let all = others.iter().map(|other| other.reconcile(&caller, &tenant, Insist::No));
    for done in join_all(all).await {
        done.unwrap();
    }
    assert_eq!((world.provisioner.runs(), world.provisioner.overlaps()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_gets_an_operation_to_follow() {
    let world = World::new();
    world.provisioner.runs_take(Duration::from_mins(2));
    let first = definition("acme", "");
    let second = definition("acme", "runtime: {scaling: {maxInstances: 9}}");
    let (made, changed) = tokio::join!(world.create(&first), async {
        world.later(1).await;
        world.update("acme", &second).await
    });
    assert!(made.unwrap().finished);
    let changed = changed.unwrap();
    assert!(!changed.finished);
    assert!(changed.operation.is_some());
    world.work_off().await;
    let service = &world.provisioner.resources(&tenant("acme"))["memory_service.site"];
    assert_eq!(service["scaling"]["max_instances"], 9);
}

#[tokio::test(start_paused = true)]
async fn runs_on_one_database_instance_are_limited() {
    let world = World::with_platform(&format!("{PLATFORM}\nlimits: {{runsPerInstance: 1}}"));
    world.provisioner.runs_take(Duration::from_secs(10));
    let began = world.clock.now();
    let ids = ["one", "two", "three"];
    join_all(ids.map(|id| {
        let source = definition(id, "");
        let world = &world;
        async move { world.create(&source).await.unwrap() }
    }))
    .await;
    let took = world.clock.now().duration_since(began).as_secs();
    assert!(took >= 30, "one after the other takes 30 s, this took {took} s");
}

/// What is written while a run is under way is looked at without its lease, and the run's end is not the last word on it.
#[tokio::test(start_paused = true)]
async fn a_definition_refused_during_a_run_stays_refused() {
    for (spec, phase) in [("unknown: true", Phase::Invalid), ("suspend: true", Phase::Suspended)] {
        let world = World::new();
        world.provisioner.runs_take(Duration::from_secs(10));
        let meanwhile = async {
            world.later(5).await;
            world.upload("acme", &definition("acme", spec)).await;
            world.another_process("other").reconcile(&caller(), &tenant("acme"), Insist::No).await.unwrap();
            assert_eq!(world.phase("acme").await, Some(phase));
        };
        let acme = definition("acme", "");
        let (made, ()) = tokio::join!(world.create(&acme), meanwhile);
        made.unwrap();
        world.sweeper.sweep().await.unwrap();
        world.work_off().await;
        assert_eq!(world.phase("acme").await, Some(phase));
    }
}
