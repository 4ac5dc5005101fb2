//! What every store must do, as tests that any implementation runs: [`store_contract!`](crate::store_contract) makes one
//! test of each clause.
//!
//! A clause gets a bucket of its own, empty, and fails by panicking, as a test does.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a clause fails by panicking, as a test does"
)]

mod listing;
mod objects;
mod races;
mod versions;

pub use self::listing::*;
pub use self::objects::*;
pub use self::races::*;
pub use self::versions::*;

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Generation, NewObject, ObjectName, ObjectStore, Precondition, StoreError};

/// An empty bucket, and what it needs to live.
pub struct Subject {
    /// The bucket.
    pub store: Arc<dyn ObjectStore>,
    /// Whether it keeps archived generations.
    pub versioned: bool,
    /// Dropped when the clause is over: a server, a folder.
    pub keep: Box<dyn Any + Send + Sync>,
}

impl Subject {
    async fn write(&self, name: &ObjectName, body: &str, when: Precondition) -> Result<Generation, StoreError> {
        self.store.write(name, text(body), when).await
    }

    async fn create(&self, name: &ObjectName, body: &str) -> Generation {
        self.write(name, body, Precondition::Absent).await.unwrap()
    }

    async fn body(&self, name: &ObjectName) -> Option<String> {
        let read = self.store.read(name).await.unwrap();
        read.map(|read| String::from_utf8(read.value.to_vec()).unwrap())
    }
}

fn name(text: &str) -> ObjectName {
    ObjectName::new(text).unwrap()
}

fn text(body: &str) -> NewObject {
    NewObject { body: body.to_owned().into(), content_type: Some("text/plain".to_owned()), metadata: BTreeMap::new() }
}

#[track_caller]
fn assert_precondition_failed<T: std::fmt::Debug>(result: Result<T, StoreError>, expected: &ObjectName) {
    match result {
        Err(StoreError::PreconditionFailed { name }) => assert_eq!(&name, expected),
        other => panic!("a failed precondition of '{expected}' was expected, not {other:?}"),
    }
}

/// One `#[tokio::test]` for each clause of the contract. The argument is the path of an `async fn() -> Subject`; the
/// package that calls it needs tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! store_contract {
    ($make:path) => {
        $crate::store_contract!($make:
            what_is_absent_reads_as_nothing,
            what_was_written_is_read_back_with_its_generation,
            a_name_is_created_once,
            a_stale_generation_overwrites_nothing,
            a_generation_of_something_absent_writes_nothing,
            generations_grow_through_delete_and_recreate,
            metadata_and_content_type_come_back,
            a_rewrite_replaces_metadata,
            only_the_generation_that_was_read_is_deleted,
            what_is_absent_is_not_deleted,
            awkward_names_are_names,
            an_empty_object_is_an_object,
            a_big_object_comes_back_whole,
            a_listing_has_the_prefix_and_is_in_order,
            a_listing_shows_what_stat_shows,
            pages_add_up_to_the_listing,
            a_page_has_at_most_its_limit,
            a_page_token_from_elsewhere_is_refused,
            a_deleted_object_is_not_listed,
            generations_are_newest_first,
            an_archived_generation_is_read_if_the_bucket_is_versioned,
            a_generation_that_never_was_reads_as_nothing,
            of_five_creators_one_wins,
            no_update_of_many_writers_is_lost,
            of_a_writer_and_a_deleter_one_wins,
        );
    };
    ($make:path: $($clause:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $clause() {
                $crate::store::contract::$clause($make().await).await;
            }
        )+
    };
}

#[cfg(test)]
mod memory {
    use std::sync::Arc;

    use super::Subject;
    use crate::clock::SystemClock;
    use crate::store::memory::MemoryStore;

    mod versioned {
        async fn empty() -> super::Subject {
            super::subject(usize::MAX)
        }

        crate::store_contract!(empty);
    }

    mod unversioned {
        async fn empty() -> super::Subject {
            super::subject(0)
        }

        crate::store_contract!(empty);
    }

    fn subject(archived: usize) -> Subject {
        let store = MemoryStore::new("contract", Arc::new(SystemClock)).keep_archived(archived);
        Subject { store: Arc::new(store), versioned: archived > 0, keep: Box::new(()) }
    }
}
