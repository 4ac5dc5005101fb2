//! Clauses about generations that are no longer live.

use super::{Subject, name};
use crate::store::{Generation, Precondition};

/// Newest first, live one included, with none of a name that merely begins the same.
pub async fn generations_are_newest_first(subject: Subject) {
    let object = name("tenants/acme.yaml");
    subject.create(&name("tenants/acme.yaml.bak"), "other").await;
    subject.create(&name("tenants/acme"), "other").await;
    let one = subject.create(&object, "1").await;
    let two = subject.write(&object, "22", Precondition::Matches(one)).await.unwrap();
    subject.store.delete(&object, two).await.unwrap();
    let three = subject.create(&object, "333").await;

    let found = subject.store.generations(&object).await.unwrap();
    let found: Vec<_> = found.iter().map(|meta| (meta.name.clone(), meta.generation, meta.size)).collect();
    let all = [(object.clone(), three, 3), (object.clone(), two, 2), (object.clone(), one, 1)];
    assert_eq!(found, if subject.versioned { &all[..] } else { &all[..1] });

    subject.store.delete(&object, three).await.unwrap();
    let found = subject.store.generations(&object).await.unwrap();
    let found: Vec<_> = found.iter().map(|meta| meta.generation).collect();
    assert_eq!(found, if subject.versioned { vec![three, two, one] } else { vec![] });
}

/// An archived generation has the content it had; an unversioned bucket has it no longer.
pub async fn an_archived_generation_is_read_if_the_bucket_is_versioned(subject: Subject) {
    let object = name("tenants/acme.yaml");
    let one = subject.create(&object, "one").await;
    let two = subject.write(&object, "two", Precondition::Matches(one)).await.unwrap();
    let read = async |generation| subject.store.read_generation(&object, generation).await.unwrap();
    let archived = |content: &'static str| subject.versioned.then_some(content.as_bytes());

    assert_eq!(read(two).await.as_deref(), Some("two".as_bytes()));
    assert_eq!(read(one).await.as_deref(), archived("one"));
    subject.store.delete(&object, two).await.unwrap();
    assert_eq!(subject.store.read(&object).await.unwrap(), None);
    assert_eq!(read(two).await.as_deref(), archived("two"));
}

/// Neither a generation of another name nor one that no name has.
pub async fn a_generation_that_never_was_reads_as_nothing(subject: Subject) {
    let (object, other) = (name("tenants/acme.yaml"), name("tenants/other.yaml"));
    let live = subject.create(&object, "one").await;
    let of_other = subject.create(&other, "other").await;
    let never = Generation::new(live.get().max(of_other.get()) + 1).unwrap();
    for generation in [of_other, never] {
        assert_eq!(subject.store.read_generation(&object, generation).await.unwrap(), None, "{generation}");
    }
}
