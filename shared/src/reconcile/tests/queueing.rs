//! Operations that wait for their turn: whoever looks while one is put down, it is never lost.

use super::calls::{CALL, Slow};
use super::*;
use crate::reconcile::queued::{enqueue, waiting};
use crate::records::{OperationKind, Outcome};

/// Somebody looks for what waits at every moment of another's putting an operation down, one call of each being late.
#[tokio::test(start_paused = true)]
async fn an_operation_that_is_looked_for_while_it_is_put_down_still_waits() {
    for number in 0..16 * 6 * 6 {
        let (moment, late_asking, late_looking) = (number / 36, number / 6 % 6, number % 6);
        let world = World::new();
        world.create(&definition("acme", "")).await.unwrap();
        let [asking, looking] = [late_asking, late_looking]
            .map(|late| world.ports_over("slow", world.definitions.clone(), Slow::late_at(&world.records, late)));
        let id = asking.ids.next(world.clock.now());
        let operation = Operation::new(id, tenant("acme"), OperationKind::Update, world.clock.now());
        let look = async {
            tokio::time::sleep(CALL * u32::try_from(moment).unwrap() / 2).await;
            waiting(&looking, &tenant("acme")).await.unwrap()
        };
        let (put_down, _) = tokio::join!(enqueue(&asking, operation), look);
        assert_eq!(put_down.unwrap(), id);
        let case = format!("looked for at moment {moment}; calls {late_asking} and {late_looking} late");
        assert_eq!(world.status("acme").await.unwrap().queued, Some(id), "{case}");
        let entry = asking.journal.find(&tenant("acme"), id).await.unwrap().unwrap();
        assert_eq!(entry.operation.outcome, Outcome::Queued, "{case}");
    }
}

/// It stands on the status a moment before it is in the journal. A process that dies in between leaves what nobody waits for.
#[tokio::test(start_paused = true)]
async fn what_nobody_will_write_down_any_more_waits_no_longer() {
    let world = World::new();
    world.create(&definition("acme", "")).await.unwrap();
    let ports = world.reconciler.ports();
    let left = ports.ids.next(world.clock.now());
    ports.statuses.update(&tenant("acme"), |status| status.queued = Some(left)).await.unwrap();
    for (seconds, still) in [(0, Some(left)), (59, Some(left)), (2, None)] {
        world.later(seconds).await;
        assert_eq!(waiting(ports, &tenant("acme")).await.unwrap(), None);
        assert_eq!(world.status("acme").await.unwrap().queued, still, "after {seconds} s more");
    }
}

/// A flood on one tenant: as many are taken as may be, the others are sent away with nothing done, and nobody who asks for
/// another tenant waits for any of them.
#[tokio::test(start_paused = true)]
async fn a_flood_on_one_tenant_is_cut_off_and_starves_nobody() {
    let world = World::with_platform(&format!("{PLATFORM}limits: {{requestsPerTenant: 3, waitSeconds: 600}}\n"));
    world.create(&definition("acme", "")).await.unwrap();
    world.provisioner.runs_take(Duration::from_mins(1));
    let (world, began) = (&world, world.clock.now());
    let flood = (1..=20).map(|most| async move {
        let change = definition("acme", &format!("runtime: {{scaling: {{maxInstances: {most}}}}}"));
        world.update("acme", &change).await
    });
    let others = (0..4).map(|number| async move {
        let made = world.create(&definition(&format!("other-{number}"), "")).await;
        (made, world.clock.now().duration_since(began).as_secs())
    });
    let (flood, others) = tokio::join!(futures::future::join_all(flood), futures::future::join_all(others));
    let (taken, sent_away): (Vec<_>, Vec<_>) = flood.into_iter().partition(Result::is_ok);
    assert_eq!((taken.len(), sent_away.len()), (3, 17));
    for one in sent_away {
        assert!(matches!(one, Err(CommandError::Crowded { tenant, .. }) if tenant == super::tenant("acme")));
    }
    // Nothing of theirs was written: the first, and the three that were taken.
    let name = DefinitionObject::of(&tenant("acme"), Format::Yaml).name;
    assert_eq!(world.definitions.generations(&name).await.unwrap().len(), 4);
    for (made, after) in others {
        assert!(made.is_ok() && after <= 61, "{made:?} after {after} s");
    }
    assert!(world.update("acme", &definition("acme", "")).await.is_ok(), "there is room again");
}
