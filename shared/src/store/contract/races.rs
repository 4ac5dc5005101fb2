//! Clauses about many writers at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Subject, name, text};
use crate::store::{Generation, ObjectName, ObjectStore, Precondition, StoreError};

/// Tasks that write at once.
const WRITERS: u32 = 8;
/// Increments by each of them.
const INCREMENTS: u32 = 5;

/// Five write one absent name: one succeeds, the others are told, and the content is the winner's.
pub async fn of_five_creators_one_wins(subject: Subject) {
    let object = name("leases/acme.json");
    let mut creators = JoinSet::new();
    for creator in 0..5 {
        let (store, object) = (Arc::clone(&subject.store), object.clone());
        creators.spawn(async move {
            (creator, store.write(&object, text(&creator.to_string()), Precondition::Absent).await)
        });
    }
    let mut winners = Vec::new();
    for (creator, result) in creators.join_all().await {
        match result {
            Ok(generation) => winners.push((creator, generation)),
            Err(StoreError::PreconditionFailed { .. }) => {}
            Err(error) => panic!("creator {creator}: {error}"),
        }
    }
    let [(winner, generation)] = winners[..] else { panic!("{} creators won", winners.len()) };
    let live = subject.store.read(&object).await.unwrap().unwrap();
    assert_eq!((live.value, live.generation), (winner.to_string().into(), generation));
}

/// Compare-and-swap counts right: no increment is lost, and each generation was won by one writer.
pub async fn no_update_of_many_writers_is_lost(subject: Subject) {
    let counter = name("status/counter");
    subject.create(&counter, "0").await;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        writers.spawn(increment(Arc::clone(&subject.store), counter.clone()));
    }
    let won: Vec<Generation> = writers.join_all().await.into_iter().flatten().collect();
    let distinct: BTreeSet<_> = won.iter().collect();
    assert_eq!((won.len(), distinct.len()), ((WRITERS * INCREMENTS) as usize, won.len()));

    let live = subject.store.read(&counter).await.unwrap().unwrap();
    assert_eq!(live.value, (WRITERS * INCREMENTS).to_string());
    assert_eq!(Some(&&live.generation), distinct.last());
}

/// Increments until it has won as often as it should; says the generations it won.
async fn increment(store: Arc<dyn ObjectStore>, counter: ObjectName) -> Vec<Generation> {
    let mut won = Vec::new();
    while won.len() < INCREMENTS as usize {
        let read = store.read(&counter).await.unwrap().unwrap();
        let count: u32 = std::str::from_utf8(&read.value).unwrap().parse().unwrap();
        let next = text(&(count + 1).to_string());
        match store.write(&counter, next, Precondition::Matches(read.generation)).await {
            Ok(generation) => won.push(generation),
            // Somebody else came first, or the store wants us to wait: the loop reads again.
            Err(StoreError::PreconditionFailed { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    won
}

/// One writes and one deletes on the same generation: exactly one succeeds, and the bucket shows whose.
pub async fn of_a_writer_and_a_deleter_one_wins(subject: Subject) {
    for round in 0..10 {
        let object = name(&format!("tenants/t{round}.yaml"));
        let generation = subject.create(&object, "one").await;
        let (written, deleted) = tokio::join!(
            subject.write(&object, "two", Precondition::Matches(generation)),
            subject.store.delete(&object, generation),
        );
        let live = subject.body(&object).await;
        match (written, deleted) {
            (Ok(_), Err(StoreError::PreconditionFailed { .. })) => assert_eq!(live.as_deref(), Some("two")),
            (Err(StoreError::PreconditionFailed { .. }), Ok(())) => assert_eq!(live, None),
            both => panic!("{both:?}"),
        }
    }
}
