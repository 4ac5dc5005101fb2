//! Clauses about one object: read, write, delete.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::{Subject, assert_precondition_failed, name, text};
use crate::store::{NewObject, Precondition};

/// Absent is `None` for every way of reading.
pub async fn what_is_absent_reads_as_nothing(subject: Subject) {
    let absent = name("status/nobody.json");
    assert_eq!(subject.store.read(&absent).await.unwrap(), None);
    assert_eq!(subject.store.stat(&absent).await.unwrap(), None);
    assert_eq!(subject.store.generations(&absent).await.unwrap(), []);
}

/// The generation a write returns is the one a read finds.
pub async fn what_was_written_is_read_back_with_its_generation(subject: Subject) {
    let object = name("status/acme.json");
    let created = subject.create(&object, "one").await;
    let read = subject.store.read(&object).await.unwrap().unwrap();
    assert_eq!((read.value, read.generation), (Bytes::from_static(b"one"), created));

    let updated = subject.write(&object, "two", Precondition::Matches(created)).await.unwrap();
    let read = subject.store.read(&object).await.unwrap().unwrap();
    assert_eq!((read.value, read.generation), (Bytes::from_static(b"two"), updated));
}

/// Creating what exists fails and changes nothing.
pub async fn a_name_is_created_once(subject: Subject) {
    let object = name("leases/acme.json");
    subject.create(&object, "first").await;
    assert_precondition_failed(subject.write(&object, "second", Precondition::Absent).await, &object);
    assert_eq!(subject.body(&object).await.as_deref(), Some("first"));
}

/// A write on a generation that is no longer live fails and changes nothing.
pub async fn a_stale_generation_overwrites_nothing(subject: Subject) {
    let object = name("status/acme.json");
    let stale = subject.create(&object, "one").await;
    subject.write(&object, "two", Precondition::Matches(stale)).await.unwrap();
    assert_precondition_failed(subject.write(&object, "three", Precondition::Matches(stale)).await, &object);
    assert_eq!(subject.body(&object).await.as_deref(), Some("two"));
}

/// A generation matches nothing where no live object is, neither one of another name nor the name's own former one.
pub async fn a_generation_of_something_absent_writes_nothing(subject: Subject) {
    let (other, object) = (name("status/other.json"), name("status/acme.json"));
    let of_other = subject.create(&other, "other").await;
    assert_precondition_failed(subject.write(&object, "one", Precondition::Matches(of_other)).await, &object);

    let former = subject.create(&object, "one").await;
    subject.store.delete(&object, former).await.unwrap();
    assert_precondition_failed(subject.write(&object, "two", Precondition::Matches(former)).await, &object);
    assert_eq!(subject.body(&object).await, None);
}

/// Every write of a name has a greater generation than all before it, also after the name was gone.
pub async fn generations_grow_through_delete_and_recreate(subject: Subject) {
    let object = name("leases/acme.json");
    let mut last = subject.create(&object, "0").await;
    for round in 1..5 {
        let updated = subject.write(&object, &round.to_string(), Precondition::Matches(last)).await.unwrap();
        assert!(updated > last, "{updated} after {last}");
        subject.store.delete(&object, updated).await.unwrap();
        last = subject.create(&object, &round.to_string()).await;
        assert!(last > updated, "{last} after {updated}");
    }
}

/// What a writer says of an object is what `stat` shows, and nothing else is shown.
pub async fn metadata_and_content_type_come_back(subject: Subject) {
    let object = name("status/acme.json");
    let metadata = BTreeMap::from([
        ("phase".to_owned(), "Ready".to_owned()),
        ("observed-generation".to_owned(), "1732431600000000".to_owned()),
        ("reason".to_owned(), "größer als erlaubt: 100 % \"voll\"".to_owned()),
        ("empty".to_owned(), String::new()),
    ]);
    let content_type = Some("application/yaml".to_owned());
    let new = NewObject { body: "a: 1\n".into(), content_type: content_type.clone(), metadata: metadata.clone() };
    let generation = subject.store.write(&object, new, Precondition::Absent).await.unwrap();

    let meta = subject.store.stat(&object).await.unwrap().unwrap();
    assert_eq!((meta.name, meta.generation, meta.size), (object, generation, 5));
    assert_eq!((meta.content_type, meta.metadata), (content_type, metadata));
}

/// Metadata belongs to a generation: a rewrite without it has none.
pub async fn a_rewrite_replaces_metadata(subject: Subject) {
    let object = name("status/acme.json");
    let metadata = BTreeMap::from([("phase".to_owned(), "Ready".to_owned())]);
    let first = NewObject { metadata, ..text("one") };
    let created = subject.store.write(&object, first, Precondition::Absent).await.unwrap();
    subject.write(&object, "two", Precondition::Matches(created)).await.unwrap();
    let meta = subject.store.stat(&object).await.unwrap().unwrap();
    assert_eq!(meta.metadata, BTreeMap::new());
}

/// Deleting on a stale generation fails and deletes nothing.
pub async fn only_the_generation_that_was_read_is_deleted(subject: Subject) {
    let object = name("tenants/acme.yaml");
    let stale = subject.create(&object, "one").await;
    let live = subject.write(&object, "two", Precondition::Matches(stale)).await.unwrap();
    assert_precondition_failed(subject.store.delete(&object, stale).await, &object);
    assert_eq!(subject.body(&object).await.as_deref(), Some("two"));

    subject.store.delete(&object, live).await.unwrap();
    assert_eq!(subject.body(&object).await, None);
    assert_eq!(subject.store.stat(&object).await.unwrap(), None);
}

/// Deleting what is gone, or never was, is a failed precondition.
pub async fn what_is_absent_is_not_deleted(subject: Subject) {
    let (object, never) = (name("tenants/acme.yaml"), name("tenants/never.yaml"));
    let generation = subject.create(&object, "one").await;
    assert_precondition_failed(subject.store.delete(&never, generation).await, &never);
    subject.store.delete(&object, generation).await.unwrap();
    assert_precondition_failed(subject.store.delete(&object, generation).await, &object);
}

/// Every name that [`ObjectName`](crate::store::ObjectName) allows works in every call, and no two are mixed up.
pub async fn awkward_names_are_names(subject: Subject) {
    let long = "x".repeat(1024);
    let names = [
        "with space",
        "per%cent",
        "per%25cent",
        "plus+sign",
        "a/b",
        "a%2Fb",
        "a//b",
        "/leading",
        "trailing/",
        "größe",
        "grosse\u{308}",
        "日本語/テナント",
        "emoji-🦀",
        "question?mark=1&x#fragment",
        "quote\"'`",
        "back\\slash",
        "[1]*",
        "semi;colon:at@",
        ".hidden",
        "...",
        &long,
    ];
    for text in names {
        subject.create(&name(text), text).await;
    }
    for text in names {
        let object = name(text);
        assert_eq!(subject.body(&object).await.as_deref(), Some(text));
        let meta = subject.store.stat(&object).await.unwrap().unwrap();
        assert_eq!(meta.name, object);
        let listed = subject.store.list(text, None, 10).await.unwrap().items;
        assert!(listed.contains(&meta), "'{text}' is not in {listed:?}");
        assert_eq!(subject.store.generations(&object).await.unwrap(), std::slice::from_ref(&meta));
        assert!(subject.store.read_generation(&object, meta.generation).await.unwrap().is_some(), "{text}");
    }
    for text in names {
        let object = name(text);
        let generation = subject.store.stat(&object).await.unwrap().unwrap().generation;
        subject.store.delete(&object, generation).await.unwrap();
        assert_eq!(subject.body(&object).await, None, "{text}");
    }
}

/// No bytes are not no object.
pub async fn an_empty_object_is_an_object(subject: Subject) {
    let object = name("empty");
    let generation = subject.store.write(&object, NewObject::default(), Precondition::Absent).await.unwrap();
    let read = subject.store.read(&object).await.unwrap().unwrap();
    assert_eq!((read.value, read.generation), (Bytes::new(), generation));
    assert_eq!(subject.store.stat(&object).await.unwrap().unwrap().size, 0);
}

/// Ten mebibytes, no two of their 8-byte words alike.
pub async fn a_big_object_comes_back_whole(subject: Subject) {
    let object = name("tenants/acme/plugins/bundle.tar");
    let body: Bytes = (0..10 * 1024 * 1024 / 8_u64).flat_map(u64::to_be_bytes).collect();
    let new = NewObject { body: body.clone(), ..NewObject::default() };
    subject.store.write(&object, new, Precondition::Absent).await.unwrap();
    let read = subject.store.read(&object).await.unwrap().unwrap();
    assert!(read.value == body, "{} bytes came back, or others", read.value.len());
    assert_eq!(subject.store.stat(&object).await.unwrap().unwrap().size, body.len() as u64);
}
