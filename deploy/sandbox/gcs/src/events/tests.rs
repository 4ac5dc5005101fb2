//! What goes over the wire, and how long it takes until it goes again.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::store::{Attributes, Change, ChangeKind, Digests, Generation, Object};

#[test]
fn an_event_carries_the_headers_and_the_body_eventarc_sends() {
    let object = Object {
        name: "tenants/käse 1.yaml".parse().unwrap(),
        generation: Generation::new(1_700_000_000_000_001),
        metageneration: 2,
        digests: Digests::of(b"hello"),
        created: Timestamp::from_second(1_700_000_000).unwrap(),
        updated: Timestamp::from_second(1_700_000_001).unwrap(),
        archived: Some(Timestamp::from_second(1_700_000_002).unwrap()),
        attributes: Attributes {
            content_type: Some("application/yaml".into()),
            metadata: [("by".to_owned(), "test".to_owned())].into(),
            ..Attributes::default()
        },
    };
    let change = Change { kind: ChangeKind::Archived, object: Arc::new(object) };
    let bucket = "definitions".parse().unwrap();
    let event = CloudEvent::new(&bucket, &change, "42", "http://127.0.0.1:9023");
    insta::assert_json_snapshot!(event);
}

#[test]
fn waits_double_up_to_the_longest() {
    let waits: Vec<_> = (1..9).map(|n| Redelivery::default().backoff(n).as_secs()).collect();
    assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600, 600]);
    let quick = Redelivery { min: Duration::from_millis(1), ..Redelivery::default() };
    assert_eq!(quick.backoff(u32::MAX), quick.max);
}
