//! The store's decisions, without a disk.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::versions::Outcome;
use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn object(name: &str, generation: i64) -> Object {
    Object {
        name: name.parse().unwrap(),
        generation: Generation::new(generation),
        metageneration: 1,
        digests: Digests::of(b"content"),
        created: at(generation),
        updated: at(generation),
        archived: None,
        attributes: Attributes::default(),
    }
}

#[test]
fn preconditions_are_held_against_what_is_there() {
    let conditions = |is, is_not, meta_is, meta_is_not| Preconditions {
        generation_is: is,
        generation_is_not: is_not,
        metageneration_is: meta_is,
        metageneration_is_not: meta_is_not,
    };
    let there = object("a", 7);
    // Conditions; whether a change is allowed where nothing is, and where generation 7 is.
    let cases = [
        (conditions(None, None, None, None), true, true),
        (conditions(Some(0), None, None, None), true, false),
        (conditions(Some(7), None, None, None), false, true),
        (conditions(Some(6), None, None, None), false, false),
        (conditions(None, Some(0), None, None), false, true),
        (conditions(None, Some(7), None, None), true, false),
        (conditions(None, None, Some(1), None), false, true),
        (conditions(None, None, Some(2), None), false, false),
        (conditions(None, None, None, Some(1)), true, false),
        (conditions(Some(7), None, Some(2), None), false, false),
    ];
    for (conditions, nothing, something) in cases {
        assert_eq!(conditions.allow_change(None).is_ok(), nothing, "{conditions:?}");
        assert_eq!(conditions.allow_change(Some(&there)).is_ok(), something, "{conditions:?}");
    }
    let read = |conditions: Preconditions| conditions.allow_read(&there);
    assert!(matches!(read(conditions(Some(6), None, None, None)), Err(Error::PreconditionFailed)));
    assert!(matches!(read(conditions(None, Some(7), None, None)), Err(Error::NotModified)));
    assert!(matches!(read(conditions(None, None, None, Some(1))), Err(Error::NotModified)));
}

/// What a change leaves and tells, in short.
fn told(outcome: &Outcome) -> (Vec<i64>, Option<i64>, Vec<(ChangeKind, i64)>) {
    let number = |object: &Arc<Object>| object.generation.get();
    let changes = outcome.changes.iter().map(|change| (change.kind, number(&change.object)));
    let next = &outcome.next;
    (next.archived.iter().map(number).collect(), next.live.as_ref().map(number), changes.collect())
}

#[test]
fn what_becomes_of_older_versions_depends_on_versioning() {
    use ChangeKind::{Archived, Deleted, Finalized};
    let none = Versions::none("a".parse().unwrap());
    let first = none.write(object("a", 1), true, at(1));
    assert_eq!(told(&first), (vec![], Some(1), vec![(Finalized, 1)]));
    let kept = first.next.write(object("a", 2), true, at(2));
    assert_eq!(told(&kept), (vec![1], Some(2), vec![(Finalized, 2), (Archived, 1)]));
    assert_eq!(kept.next.archived[0].archived, Some(at(2)));
    let lost = first.next.write(object("a", 2), false, at(2));
    assert_eq!(told(&lost), (vec![], Some(2), vec![(Finalized, 2), (Deleted, 1)]));

    let delete = |generation: Option<i64>, versioning| {
        kept.next.delete(generation.map(Generation::new), versioning, at(3)).map(|o| told(&o))
    };
    assert_eq!(delete(None, true), Some((vec![1, 2], None, vec![(Archived, 2)])));
    assert_eq!(delete(None, false), Some((vec![1], None, vec![(Deleted, 2)])));
    assert_eq!(delete(Some(1), true), Some((vec![], Some(2), vec![(Deleted, 1)])));
    assert_eq!(delete(Some(2), true), Some((vec![1], None, vec![(Deleted, 2)])));
    assert_eq!(delete(Some(9), true), None);
    assert_eq!(none.delete(None, true, at(3)).map(|o| told(&o)), None);
}

fn index() -> BTreeMap<ObjectName, Versions> {
    let mut index = BTreeMap::new();
    for (number, name) in ["a", "a/", "a/1", "a/b/2", "a/b/3", "b", "é/1", "é/2"].iter().enumerate() {
        let number = i64::try_from(number).unwrap() * 10;
        let none = Versions::none(name.parse().unwrap());
        let once = none.write(object(name, number + 1), true, at(1)).next;
        let twice = once.write(object(name, number + 2), true, at(2)).next;
        index.insert(none.name, twice);
    }
    index
}

#[test]
fn pages_of_every_size_add_up_to_the_same_listing() {
    let index = index();
    let queries = [
        ListQuery::default(),
        ListQuery { versions: true, ..ListQuery::default() },
        ListQuery { delimiter: "/".into(), ..ListQuery::default() },
        ListQuery { delimiter: "/".into(), prefix: "a/".into(), versions: true, ..ListQuery::default() },
        ListQuery { delimiter: "/".into(), include_trailing_delimiter: true, ..ListQuery::default() },
        ListQuery { start: "a/1".into(), end: "b".into(), ..ListQuery::default() },
        ListQuery { prefix: "nothing".into(), ..ListQuery::default() },
    ];
    for query in queries {
        let whole = listing::page(&index, &query);
        assert_eq!(whole.next, None);
        for page_size in 1..20 {
            let (mut objects, mut prefixes, mut token) = (Vec::new(), Vec::new(), None);
            loop {
                let page = listing::page(&index, &ListQuery { page_size, token, ..query.clone() });
                assert!(page.objects.len() + page.prefixes.len() <= page_size);
                objects.extend(page.objects);
                prefixes.extend(page.prefixes);
                let Some(next) = page.next else { break };
                token = PageToken::decode(&next.encode()).unwrap();
            }
            assert_eq!((&objects, &prefixes), (&whole.objects, &whole.prefixes), "{query:?}");
        }
    }
}

#[test]
fn a_listing_folds_at_the_delimiter() {
    let query = |prefix: &str, trailing| ListQuery {
        prefix: prefix.into(),
        delimiter: "/".into(),
        include_trailing_delimiter: trailing,
        ..ListQuery::default()
    };
    let listed = |query: ListQuery| {
        let page = listing::page(&index(), &query);
        let names: Vec<_> = page.objects.iter().map(|object| object.name.to_string()).collect();
        (names.join(" "), page.prefixes.join(" "))
    };
    let expected = |names: &str, prefixes: &str| (names.to_owned(), prefixes.to_owned());
    assert_eq!(listed(query("", false)), expected("a b", "a/ é/"));
    assert_eq!(listed(query("a/", false)), expected("a/ a/1", "a/b/"));
    assert_eq!(listed(query("", true)), expected("a a/ b", "a/ é/"));
    PageToken::decode("nonsense").unwrap_err();
}

#[test]
fn names_are_checked() {
    for good in ["abc", "a-b_c.d", "0a0"] {
        good.parse::<BucketName>().unwrap();
    }
    for bad in ["", "ab", "Abc", "-abc", "abc.", "a/b", "käse", ".sandbox", &"a".repeat(64)] {
        bad.parse::<BucketName>().unwrap_err();
    }
    for bad in ["", ".", "..", "a\nb", &"a".repeat(1025)] {
        bad.parse::<ObjectName>().unwrap_err();
    }
    assert_eq!(BucketName::from_resource("projects/_/buckets/abc").unwrap().as_str(), "abc");
    BucketName::from_resource("abc").unwrap_err();
}
