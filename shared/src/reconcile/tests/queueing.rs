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
