//! So many runs a minute and project, over all processes; people first.

use futures::future::join_all;

use super::*;
use crate::records::OperationKind;

fn limited(most: u32) -> String {
    format!("{PLATFORM}limits: {{runsPerMinute: {most}, runsPerInstance: 50, runs: 50, waitSeconds: 600}}\n")
}

/// When each run of these tenants began, in seconds since the world did.
async fn begun(world: &World, ids: &[String], counts: fn(&Operation) -> bool) -> Vec<i64> {
    let epoch = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut found = Vec::new();
    for id in ids {
        let operations = world.operations(id).await;
        found
            .extend(operations.iter().filter(|it| counts(it)).map(|it| it.steps[0].at.duration_since(epoch).as_secs()));
    }
    found.sort_unstable();
    found
}

/// The most that began within any one minute.
fn most_within_a_minute(begun: &[i64]) -> usize {
    begun.iter().map(|end| begun.iter().filter(|at| *at <= end && end - *at < 60).count()).max().unwrap_or(0)
}

#[tokio::test(start_paused = true)]
async fn two_processes_together_begin_no_more_than_may() {
    let world = World::with_platform(&limited(6));
    world.provisioner.runs_take(Duration::from_secs(5));
    let processes = [world.reconciler.clone(), world.another_process("other")];
    let ids: Vec<String> = (0..20).map(|number| format!("site-{number}")).collect();
    for id in &ids {
        world.upload(id, &definition(id, "")).await;
    }
    let caller = caller();
    let (caller, processes) = (&caller, &processes);
    join_all(ids.iter().enumerate().map(|(number, id)| async move {
        processes[number % 2].reconcile(caller, &tenant(id), Insist::No).await.unwrap();
    }))
    .await;
    let begun = begun(&world, &ids, |_| true).await;
    assert_eq!((begun.len(), most_within_a_minute(&begun)), (20, 6), "{begun:?}");
    assert!(
        begun.last().is_some_and(|last| (180..190).contains(last)),
        "nobody waits longer than they must: {begun:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_persons_change_begins_at_once_while_a_new_module_is_rolled_out() {
    let world = World::with_platform(&format!("{PLATFORM}limits: {{runsPerInstance: 50}}\n"));
    let ids: Vec<String> = (0..30).map(|number| format!("site-{number}")).collect();
    for id in &ids {
        world.create(&definition(id, "")).await.unwrap();
    }
    world.later(120).await;
    world.provisioner.release_module();
    let processes = ["one", "two"].map(|name| world.another_process_with(name, &limited(6)));
    let task = Caller::new(Principal("queue".to_owned()), Trigger::Task);
    let flood = join_all(ids.iter().enumerate().map(|(number, id)| {
        let (processes, task, world) = (&processes, &task, &world);
        async move {
            // As a topic delivers what was put off.
            while let Err(put_off) = processes[number % 2].reconcile(task, &tenant(id), Insist::No).await {
                let CommandError::Busy { retry_after } = put_off else { panic!("{put_off}") };
                world.clock.sleep(retry_after + Duration::from_secs(10)).await;
            }
        }
    }));
    let people = async {
        let commands = Commands::new(processes[0].clone(), Arc::new(world.queue.clone()));
        let mut waited = Vec::new();
        for number in 0..3 {
            world.later(90).await;
            let (asked, source) = (world.clock.now(), definition(&format!("new-{number}"), ""));
            commands.create(&caller(), submission(&source), Wait::ForResult).await.unwrap();
            waited.push(world.clock.now().duration_since(asked).as_secs());
        }
        waited
    };
    let ((), waited) = tokio::join!(async { drop(flood.await) }, people);
    assert_eq!(waited, [0, 0, 0]);
    let upkeep = begun(&world, &ids, |operation| operation.kind == OperationKind::Update).await;
    assert_eq!((upkeep.len(), most_within_a_minute(&upkeep)), (30, 3), "{upkeep:?}");
}
