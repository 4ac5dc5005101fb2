//! Whatever a sender may deliver: nothing but a tenant's name comes of it, at no great cost, and nothing at all where it is
//! about another bucket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

use super::{EventSource, Hint, asset_hint, task_hint};

/// A delivery: headers, and a body.
type Delivery = (&'static [(&'static str, &'static str)], &'static str);

const STRUCTURED: &[(&str, &str)] = &[("content-type", "application/cloudevents+json; charset=utf-8")];
const SOURCE: &str = "//storage.googleapis.com/projects/_/buckets/definitions";

/// One of every kind that is taken, and of kinds that are nearly so: a batch, fields that are there twice, fields of another
/// type, other cases of letters, another version.
const SEEDS: [Delivery; 26] = [
    // CloudEvents, binary: every type of the bucket.
    (
        &[
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-type", "google.cloud.storage.object.v1.finalized"),
            ("ce-source", SOURCE),
            ("ce-subject", "objects/tenants/acme.yaml"),
            ("content-type", "application/json"),
        ],
        r#"{"bucket":"definitions","name":"tenants/acme.yaml","generation":"1767322845000000"}"#,
    ),
    (
        &[
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-type", "google.cloud.storage.object.v1.deleted"),
            ("ce-source", SOURCE),
            ("ce-subject", "objects/tenants/acme.json"),
            ("ce-time", "2026-01-02T03:04:05.678Z"),
            ("ce-bucket", "definitions"),
        ],
        "",
    ),
    (
        &[
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-type", "google.cloud.storage.object.v1.archived"),
            ("ce-source", SOURCE),
            ("ce-subject", "objects/tenants/acme.yml"),
            ("ce-time", "yesterday"),
        ],
        "{}",
    ),
    (
        &[
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-type", "google.cloud.storage.object.v1.metadataUpdated"),
            ("ce-source", SOURCE),
            ("ce-subject", "objects/tenants/acme.yaml"),
        ],
        "{}",
    ),
    // Headers that are there twice, empty, of another version.
    (
        &[
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-type", "google.cloud.storage.object.v1.finalized"),
            ("ce-type", "google.cloud.storage.object.v1.deleted"),
            ("ce-source", SOURCE),
            ("ce-subject", "objects/tenants/acme.yaml"),
            ("ce-subject", "objects/tenants/globex.yaml"),
        ],
        "",
    ),
    (
        &[
            ("ce-specversion", "1.0"),
            ("ce-specversion", "0.3"),
            ("ce-id", ""),
            ("ce-type", ""),
            ("ce-source", ""),
            ("ce-subject", ""),
        ],
        "",
    ),
    (
        &[
            ("ce-specversion", "0.3"),
            ("ce-id", "7"),
            ("ce-type", "google.cloud.storage.object.v1.finalized"),
            ("ce-source", SOURCE),
            ("ce-subject", "objects/tenants/acme.yaml"),
        ],
        "",
    ),
    (
        &[
            ("ce-specversion", "1.0"),
            ("ce-id", "7"),
            ("ce-type", "google.cloud.storage.object.v1.finalized"),
            ("ce-source", "http://[::1"),
            ("ce-subject", "objects/tenants/%61cme.yaml"),
        ],
        "",
    ),
    // Structured.
    (
        STRUCTURED,
        r#"{"specversion":"1.0","id":"7","type":"google.cloud.storage.object.v1.finalized","source":"//storage.googleapis.com/projects/_/buckets/definitions","subject":"objects/tenants/acme.yaml","time":"2026-01-02T03:04:05Z","datacontenttype":"application/json","data":{"name":"tenants/acme.yaml"}}"#,
    ),
    (
        STRUCTURED,
        r#"{"specversion":"1.0","id":"7","type":"google.cloud.storage.object.v1.deleted","type":"x","source":"//storage.googleapis.com/projects/_/buckets/definitions","subject":"objects/tenants/acme.yaml","subject":"objects/tenants/globex.yaml","data":1,"data":2}"#,
    ),
    (STRUCTURED, r#"{"specversion":"1.0","id":7,"type":null,"source":[],"subject":{},"data_base64":"%%%","time":0}"#),
    (
        STRUCTURED,
        r#"{"specversion":"1.0","id":"\ud800","type":"google.cloud.storage.object.v1.archived","source":"//storage.googleapis.com/projects/_/buckets/definitions","subject":"objects/tenants/\u0061cme.yaml","data_base64":"AAAA","data":{}}"#,
    ),
    (STRUCTURED, r#"{"data":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["#),
    (
        &[("content-type", "application/cloudevents-batch+json")],
        r#"[{"specversion":"1.0","id":"7","type":"google.cloud.storage.object.v1.finalized","source":"//storage.googleapis.com/projects/_/buckets/definitions","subject":"objects/tenants/acme.yaml"}]"#,
    ),
    // Notifications through Pub/Sub, with the wrapper and without.
    (
        &[("content-type", "application/json")],
        r#"{"message":{"attributes":{"eventType":"OBJECT_FINALIZE","bucketId":"definitions","objectId":"tenants/acme.yaml","payloadFormat":"JSON_API_V1","objectGeneration":"1767322845000000"},"data":"e30=","messageId":"1","publishTime":"2026-01-02T03:04:05Z"},"subscription":"projects/p/subscriptions/s","deliveryAttempt":5}"#,
    ),
    (
        &[],
        r#"{"message":{"attributes":{"eventType":"OBJECT_DELETE","eventType":"OBJECT_ARCHIVE","bucketId":"definitions","objectId":"tenants/acme.yaml","objectId":"tenants/globex.yml"},"message":{}},"message":{}}"#,
    ),
    (&[], r#"{"message":{"attributes":{"eventType":7,"bucketId":null,"objectId":["tenants/acme.yaml"]}}}"#),
    (&[("eventType", "OBJECT_ARCHIVE"), ("bucketId", "definitions"), ("objectId", "tenants/acme.json")], "{}"),
    (
        &[
            ("eventType", "OBJECT_FINALIZE"),
            ("eventType", "OBJECT_DELETE"),
            ("bucketId", "definitions"),
            ("objectId", "tenants/acme.yaml"),
            ("objectId", "tenants/../globex.yaml"),
        ],
        "",
    ),
    // Tasks: plain, pushed, of a priority nobody knows, twice.
    (&[], r#"{"tenant":"acme","priority":"change"}"#),
    (
        &[],
        r#"{"message":{"data":"eyJ0ZW5hbnQiOiJhY21lIiwicHJpb3JpdHkiOiJ1cGtlZXAifQ==","messageId":"1"},"subscription":"s"}"#,
    ),
    (&[], r#"{"tenant":"acme","tenant":"globex","priority":9,"message":{"data":"eyJ0ZW5hbnQiOiJhY21lIn0"}}"#),
    // Assets: changed, deleted, the feed's greeting, labels in every place.
    (
        &[],
        r#"{"asset":{"name":"//run.googleapis.com/projects/p/locations/l/services/wp-acme","updateTime":"2026-01-02T03:04:06Z","resource":{"data":{"labels":{"aipress-tenant":"acme"},"metadata":{"labels":{"aipress-tenant":"globex"}},"settings":{"userLabels":{"aipress-tenant":7}}}}},"window":{"startTime":"2026-01-02T03:04:05Z"}}"#,
    ),
    (
        &[],
        r#"{"asset":{"name":"n"},"deleted":true,"priorAsset":{"name":"n","resource":{"data":{"settings":{"userLabels":{"aipress-tenant":"acme"}}}}},"window":{"startTime":"+292278994-08-17T07:12:55Z"}}"#,
    ),
    (&[], "You have successfully configured real time feed for asset types."),
    (&[], "\u{feff}\u{0}"),
];

/// More memory than a delivery may cost, as a multiple of its size, beside what every one costs.
const MEMORY_FACTOR: u64 = 100;
const MEMORY_BASE: u64 = 1 << 16;

/// The names in the seeds, and the only ones that anything made of them can be about.
fn is_about(hint: &Hint, headers: &HeaderMap, body: &[u8]) {
    let Hint::Tenant(tenant) = hint else { return };
    let body = String::from_utf8_lossy(body);
    let pushed = serde_json::from_str::<serde_json::Value>(&body).ok();
    let pushed = pushed.and_then(|body| STANDARD.decode(body["message"]["data"].as_str()?).ok()).unwrap_or_default();
    // Escapes of JSON are all there is between a name and how it is written.
    let written = body.contains(tenant.as_str())
        || body.contains("\\u")
        || String::from_utf8_lossy(&pushed).contains(tenant.as_str())
        || headers.values().any(|value| String::from_utf8_lossy(value.as_bytes()).contains(tenant.as_str()));
    assert!(written, "'{tenant}' is not in {headers:?} {body}");
}

fn is_taken(pairs: &[(String, Vec<u8>)], body: &[u8]) {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let Ok(value) = HeaderValue::from_bytes(value) else { continue };
        headers.append(name.parse::<HeaderName>().unwrap(), value);
    }
    let [ours, others] = ["definitions", "nobodys"].map(EventSource::new);
    // Compilers, tables and the like are made once in a process.
    let _ = (ours.hint(&headers, body), task_hint(body), asset_hint(body));
    let held = allocation_counter::measure(|| {
        let hint = ours.hint(&headers, body);
        is_about(&hint, &headers, body);
        assert_eq!(ours.hint(&headers, body), hint, "the same the next time");
        assert!(!matches!(others.hint(&headers, body), Hint::Tenant(_)), "of another bucket");
        is_about(&task_hint(body), &HeaderMap::new(), body);
        is_about(&asset_hint(body).0, &HeaderMap::new(), body);
    });
    let size = body.len() + pairs.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
    assert!(held.bytes_max <= MEMORY_BASE + MEMORY_FACTOR * size as u64, "{} bytes for {size}", held.bytes_max);
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, Vec<u8>)> {
    headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect()
}

/// Each seed whole, cut short at every byte, with each header left out and each there twice, and with every other's body.
#[test]
fn seeds_are_taken() {
    for (headers, body) in SEEDS {
        let headers = owned(headers);
        for end in 0..=body.len() {
            is_taken(&headers, &body.as_bytes()[..end]);
        }
        for at in 0..headers.len() {
            let (mut without, mut twice) = (headers.clone(), headers.clone());
            without.remove(at);
            twice.push(headers[at].clone());
            is_taken(&without, body.as_bytes());
            is_taken(&twice, body.as_bytes());
        }
        for (_, other) in SEEDS {
            is_taken(&headers, other.as_bytes());
            is_taken(&headers, format!("{body}{other}").as_bytes());
        }
    }
}

proptest! {
    #[test]
    fn any_delivery_is_taken(
        (of, with) in (prop::sample::select(SEEDS.to_vec()), prop::sample::select(SEEDS.to_vec())),
        header in prop::option::weighted(0.5, (any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..40))),
        (from, upto) in (any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        put in prop::collection::vec(any::<u8>(), 0..6),
    ) {
        let mut headers = owned(of.0);
        if let Some((at, value)) = header && !headers.is_empty() {
            let at = at.index(headers.len());
            headers[at].1 = value;
        }
        // One's beginning, something, and another's end.
        let (head, tail) = (of.1.as_bytes(), with.1.as_bytes());
        let mut body = head[..from.index(head.len() + 1)].to_vec();
        body.extend(put);
        body.extend(&tail[upto.index(tail.len() + 1)..]);
        is_taken(&headers, &body);
    }
}
