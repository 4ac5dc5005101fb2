use http::{HeaderMap, HeaderName, HeaderValue};

use super::{EventSource, Hint, asset_hint, task_hint};

fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), HeaderValue::from_bytes(value.as_bytes()).unwrap())
    };
    pairs.iter().map(pair).collect()
}

fn binary(kind: &str, bucket: &str, subject: &str) -> Hint {
    let kind = format!("google.cloud.storage.object.v1.{kind}");
    let source = format!("//storage.googleapis.com/projects/_/buckets/{bucket}");
    let headers = headers(&[
        ("ce-specversion", "1.0"),
        ("ce-id", "7"),
        ("ce-type", &kind),
        ("ce-source", &source),
        ("ce-subject", subject),
        ("content-type", "application/json"),
    ]);
    EventSource::new("definitions").hint(&headers, b"not even JSON")
}

fn outcome(hint: &Hint) -> &str {
    match hint {
        Hint::Tenant(tenant) => tenant.as_str(),
        Hint::Ignored(_) => "ignored",
        Hint::Malformed(_) => "malformed",
    }
}

#[test]
fn cloud_events_in_binary_mode() {
    for (kind, bucket, subject, expected) in [
        ("finalized", "definitions", "objects/tenants/acme.yaml", "acme"),
        ("deleted", "definitions", "objects/tenants/acme.json", "acme"),
        ("archived", "definitions", "objects/tenants/acme.yml", "acme"),
        ("metadataUpdated", "definitions", "objects/tenants/acme.yaml", "ignored"),
        ("finalized", "elsewhere", "objects/tenants/acme.yaml", "ignored"),
        ("finalized", "definitions", "objects/README.md", "ignored"),
        ("finalized", "definitions", "objects/tenants/../acme.yaml", "ignored"),
        ("finalized", "definitions", "objects/tenants%2Facme.yaml", "ignored"),
        ("finalized", "definitions", "objects/tenants/ACME.yaml", "ignored"),
        ("finalized", "definitions", "tenants/acme.yaml", "malformed"),
        ("finalized", "definitions", "objects/tenants/ä.yaml", "malformed"),
    ] {
        assert_eq!(outcome(&binary(kind, bucket, subject)), expected, "{kind} {bucket} {subject}");
    }
}

#[test]
fn cloud_events_in_structured_mode() {
    let source = EventSource::new("definitions");
    let headers = headers(&[("content-type", "application/cloudevents+json; charset=utf-8")]);
    let event = r#"{"specversion": "1.0", "id": "7", "type": "google.cloud.storage.object.v1.finalized",
        "source": "//storage.googleapis.com/projects/_/buckets/definitions", "subject": "objects/tenants/acme.yaml",
        "data": {"generation": 7}}"#;
    assert_eq!(outcome(&source.hint(&headers, event.as_bytes())), "acme");
    for bad in ["", "{}", "[]", r#"{"specversion": "9"}"#, "\u{0}"] {
        assert_eq!(outcome(&source.hint(&headers, bad.as_bytes())), "malformed", "{bad}");
    }
}

#[test]
fn notifications_wrapped_and_unwrapped() {
    let source = EventSource::new("definitions");
    let attributes = [("eventType", "OBJECT_FINALIZE"), ("bucketId", "definitions"), ("objectId", "tenants/acme.yaml")];
    assert_eq!(outcome(&source.hint(&headers(&attributes), b"")), "acme");
    assert_eq!(outcome(&source.hint(&headers(&attributes[..2]), b"")), "malformed");

    let push = |event: &str| {
        format!(
            r#"{{"message": {{"attributes": {{"eventType": "{event}", "bucketId": "definitions",
            "objectId": "tenants/acme.yaml"}}, "messageId": "1"}}, "subscription": "s"}}"#
        )
    };
    for (event, expected) in [("OBJECT_DELETE", "acme"), ("OBJECT_METADATA_UPDATE", "ignored")] {
        assert_eq!(outcome(&source.hint(&HeaderMap::new(), push(event).as_bytes())), expected, "{event}");
    }
    for bad in ["", "{}", r#"{"message": {}}"#, r#"{"message": {"attributes": {"eventType": 7}}}"#] {
        assert_eq!(outcome(&source.hint(&HeaderMap::new(), bad.as_bytes())), "malformed", "{bad}");
    }
}

#[test]
fn tasks_wrapped_and_plain() {
    for (body, expected) in [
        (r#"{"tenant": "acme"}"#, "acme"),
        (r#"{"tenant": "acme", "priority": "upkeep"}"#, "acme"),
        // {"tenant":"acme"}
        (r#"{"message": {"data": "eyJ0ZW5hbnQiOiJhY21lIn0="}, "subscription": "s"}"#, "acme"),
        (r#"{"message": {"data": "%%%"}}"#, "malformed"),
        (r#"{"message": {"data": "e30="}}"#, "malformed"),
        (r#"{"tenant": "../acme"}"#, "malformed"),
        ("", "malformed"),
    ] {
        assert_eq!(outcome(&task_hint(body.as_bytes())), expected, "{body}");
    }
}

#[test]
fn changed_assets_wrapped_and_plain() {
    let asset = |data: &str| {
        format!(
            r#"{{"asset": {{"name": "//run.googleapis.com/projects/p/locations/l/services/wp-acme",
            "updateTime": "2026-01-02T03:04:06Z", "resource": {{"data": {data}}}}},
            "window": {{"startTime": "2026-01-02T03:04:05Z"}}}}"#
        )
    };
    let labels = r#"{"labels": {"aipress-tenant": "acme"}}"#;
    let deleted = r#"{"asset": {"name": "n"}, "deleted": true,
        "priorAsset": {"name": "n", "resource": {"data": {"labels": {"aipress-tenant": "acme"}}}}}"#;
    for (body, expected) in [
        (asset(labels), "acme"),
        (asset(&format!(r#"{{"metadata": {labels}}}"#)), "acme"),
        (asset(r#"{"settings": {"userLabels": {"aipress-tenant": "acme"}}}"#), "acme"),
        (asset(r#"{"labels": {"aipress-tenant": "../acme"}}"#), "ignored"),
        (asset("{}"), "ignored"),
        (deleted.to_owned(), "acme"),
        (r#"{"message": {"data": "eyJhc3NldCI6IHsibmFtZSI6ICJuIn19"}}"#.to_owned(), "ignored"),
        ("You have successfully configured a feed".to_owned(), "ignored"),
        (String::new(), "ignored"),
    ] {
        assert_eq!(outcome(&asset_hint(body.as_bytes()).0), expected, "{body}");
    }
    let (_, at) = asset_hint(asset(labels).as_bytes());
    assert_eq!(at, Some("2026-01-02T03:04:05Z".parse().unwrap()), "when it changed, not when it was noticed");
}
