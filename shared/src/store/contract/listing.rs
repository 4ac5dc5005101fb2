//! Clauses about listings.

use std::collections::BTreeMap;

use super::{Subject, name, text};
use crate::store::{NewObject, ObjectMeta, PageToken, Precondition, StoreError};

/// Every page of a listing, and how many there were. Stops a listing that would not end.
async fn all(subject: &Subject, prefix: &str, limit: usize) -> Vec<ObjectMeta> {
    let mut items = Vec::new();
    let mut token = None;
    for _ in 0..100 {
        let page = subject.store.list(prefix, token.as_ref(), limit).await.unwrap();
        assert!(page.items.len() <= limit, "{} on a page of {limit}", page.items.len());
        items.extend(page.items);
        token = page.next;
        if token.is_none() {
            return items;
        }
    }
    panic!("the listing of '{prefix}' does not end");
}

fn names(items: &[ObjectMeta]) -> Vec<&str> {
    items.iter().map(|meta| meta.name.as_str()).collect()
}

/// Names by their bytes, those with the prefix and no other; a prefix is text, not a folder.
pub async fn a_listing_has_the_prefix_and_is_in_order(subject: Subject) {
    let written =
        ["tenants/b.yaml", "tenants/a.yaml", "tenants/ä.yaml", "tenants/a-2.yaml", "tenants", "tenant/z", "Tenants/a"];
    for text in written {
        subject.create(&name(text), "").await;
    }
    let cases: [(&str, &[&str]); 6] = [
        ("tenants/", &["tenants/a-2.yaml", "tenants/a.yaml", "tenants/b.yaml", "tenants/ä.yaml"]),
        ("tenants/a", &["tenants/a-2.yaml", "tenants/a.yaml"]),
        ("tenants/ä", &["tenants/ä.yaml"]),
        ("tenants/a.yaml", &["tenants/a.yaml"]),
        ("tenants/zz", &[]),
        (
            "",
            &[
                "Tenants/a",
                "tenant/z",
                "tenants",
                "tenants/a-2.yaml",
                "tenants/a.yaml",
                "tenants/b.yaml",
                "tenants/ä.yaml",
            ],
        ),
    ];
    for (prefix, expected) in cases {
        assert_eq!(names(&all(&subject, prefix, 1000).await), expected, "prefix '{prefix}'");
    }
}

/// A listing tells all that `stat` does, so nobody has to ask again for each object.
pub async fn a_listing_shows_what_stat_shows(subject: Subject) {
    let object = name("status/acme.json");
    let metadata = BTreeMap::from([("phase".to_owned(), "Ready".to_owned())]);
    let new = NewObject { metadata, ..text("{}") };
    subject.store.write(&object, new, Precondition::Absent).await.unwrap();
    let stat = subject.store.stat(&object).await.unwrap().unwrap();
    assert_eq!(all(&subject, "status/", 1000).await, [stat]);
}

/// Whatever the size of its pages, a listing has every object once and in order.
pub async fn pages_add_up_to_the_listing(subject: Subject) {
    let expected: Vec<_> = (0..7).map(|number| format!("status/t{number}.json")).collect();
    for text in expected.iter().rev() {
        subject.create(&name(text), "").await;
    }
    subject.create(&name("operations/other"), "").await;
    for limit in [1, 2, 3, 6, 7, 8] {
        assert_eq!(names(&all(&subject, "status/", limit).await), expected, "pages of {limit}");
    }
}

/// The limit is kept, and a limit out of range is brought into it.
pub async fn a_page_has_at_most_its_limit(subject: Subject) {
    for text in ["a", "b", "c"] {
        subject.create(&name(text), "").await;
    }
    let first = subject.store.list("", None, 2).await.unwrap();
    assert!(first.items.len() <= 2 && first.next.is_some(), "{first:?}");
    assert_eq!(names(&all(&subject, "", 1).await), ["a", "b", "c"]);
    let least = subject.store.list("", None, 0).await.unwrap();
    assert!(least.items.len() <= 1 && least.next.is_some(), "{least:?}");
    assert_eq!(names(&subject.store.list("", None, usize::MAX).await.unwrap().items), ["a", "b", "c"]);
}

/// Text that was never given out as a token is not taken for the beginning of a listing.
pub async fn a_page_token_from_elsewhere_is_refused(subject: Subject) {
    subject.create(&name("status/a"), "").await;
    for forged in ["not a token", "%00", "c3RhdHVzL2E"] {
        let answer = subject.store.list("status/", Some(&PageToken(forged.to_owned())), 10).await;
        assert!(matches!(answer, Err(StoreError::InvalidPageToken)), "'{forged}': {answer:?}");
    }
}

/// A listing shows live objects only, and only their live generation.
pub async fn a_deleted_object_is_not_listed(subject: Subject) {
    let (kept, deleted) = (name("status/kept"), name("status/deleted"));
    let first = subject.create(&kept, "one").await;
    let live = subject.write(&kept, "two", Precondition::Matches(first)).await.unwrap();
    let generation = subject.create(&deleted, "one").await;
    subject.store.delete(&deleted, generation).await.unwrap();
    let listed = all(&subject, "status/", 1000).await;
    assert_eq!(listed.iter().map(|meta| (&meta.name, meta.generation)).collect::<Vec<_>>(), [(&kept, live)]);
}
