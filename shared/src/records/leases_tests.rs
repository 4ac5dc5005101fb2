use super::*;
use crate::clock::{OperationIds as _, RuntimeClock, UlidIds};
use crate::records::RecordName;
use crate::store::faulty::{Call, Fault, FaultyStore, Mischief};
use crate::store::memory::MemoryStore;

struct World {
    clock: Arc<dyn Clock>,
    records: Arc<dyn ObjectStore>,
    mischief: Mischief,
    name: ObjectName,
}

impl World {
    fn new() -> Self {
        let clock: Arc<dyn Clock> = Arc::new(RuntimeClock::starting_at("2026-01-01T00:00:00Z".parse().unwrap()));
        let mischief = Mischief::default();
        let memory = Arc::new(MemoryStore::new("records", Arc::clone(&clock)));
        let records = Arc::new(FaultyStore::new("records", memory, mischief.clone()));
        Self { clock, records, mischief, name: RecordName::lease(&"acme".parse().unwrap()) }
    }

    fn process(&self, name: &str) -> Leases {
        let term = Duration::from_mins(1);
        Leases::new(Arc::clone(&self.records), Arc::clone(&self.clock), name.to_owned(), term)
    }

    fn id(&self) -> OperationId {
        UlidIds::default().next(self.clock.now())
    }
}

fn mine(acquired: Acquired) -> Lease {
    match acquired {
        Acquired::Mine(lease) => lease,
        Acquired::Held(holder) => panic!("held by {holder:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_takeover_that_dies_forgets_nobody() {
    let world = World::new();
    let (first, second, third) = (world.id(), world.id(), world.id());
    for (process, operation, unsettled) in
        [("a", first, vec![]), ("b", second, vec![first]), ("c", third, vec![first, second])]
    {
        let lease = mine(world.process(process).acquire(&world.name, operation).await.unwrap());
        assert_eq!(lease.unsettled, unsettled);
        assert_eq!(world.process("x").abandoned(&world.name).await.unwrap(), None);
        world.clock.sleep(Duration::from_mins(2)).await;
        assert_eq!(world.process("x").abandoned(&world.name).await.unwrap(), Some(first));
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_given_back_unsettled_is_the_next_ones_to_settle() {
    let world = World::new();
    let (leases, first) = (world.process("a"), world.id());
    let mut lease = mine(leases.acquire(&world.name, first).await.unwrap());
    lease.unsettled.push(first);
    leases.release(lease).await.unwrap();
    assert_eq!(leases.abandoned(&world.name).await.unwrap(), Some(first));
    let mut lease = mine(leases.acquire(&world.name, world.id()).await.unwrap());
    assert_eq!((lease.epoch, lease.unsettled.as_slice()), (Epoch(2), [first].as_slice()));
    lease.unsettled.clear();
    leases.release(lease).await.unwrap();
    assert_eq!(leases.abandoned(&world.name).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_loses_no_lease() {
    let world = World::new();
    let (leases, operation) = (world.process("a"), world.id());
    // Even when it cannot be looked up at once.
    let lose = || {
        world.mischief.next(Call::Write, "leases/", Fault::AnswerLost);
        world.mischief.next(Call::Read, "leases/", Fault::Refused);
    };
    world.mischief.next(Call::Write, "leases/", Fault::AnswerLost);
    let mut lease = mine(leases.acquire(&world.name, operation).await.unwrap());
    world.mischief.next(Call::Write, "leases/", Fault::AnswerLost);
    leases.renew(&mut lease).await.unwrap();
    lose();
    assert!(leases.renew(&mut lease).await.unwrap_err().retryable());
    leases.renew(&mut lease).await.unwrap();
    let other = world.process("b").acquire(&world.name, world.id()).await.unwrap();
    assert!(matches!(other, Acquired::Held(holder) if holder.operation == operation));
    lose();
    assert!(leases.release(lease.clone()).await.is_err());
    leases.release(lease).await.unwrap();
    mine(world.process("b").acquire(&world.name, world.id()).await.unwrap());
}
