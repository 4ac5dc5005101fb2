//! Bad input: a clear problem, nothing changed.

use axum::body::Body;
use http::Method;
use insta::assert_snapshot;

use super::world::{ACME, World, request};
use crate::http::negotiate::MAX_BODY;
use crate::store::ObjectReader as _;

const YAML: &str = "application/yaml";

/// Refused, with nothing in either bucket afterwards.
async fn refused(name: &str, method: Method, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) {
    let world = World::new();
    let answered = world.ask(request(method, path, headers, body)).await;
    assert!(answered.status.is_client_error(), "{name}: {}", answered.status);
    assert_eq!(answered.header("content-type"), Some("application/problem+json"), "{name}");
    for store in [&world.definitions, &world.records] {
        assert!(store.list("", None, 10).await.unwrap().items.is_empty(), "{name}");
    }
    assert_snapshot!(name, answered.snapshot());
}

#[tokio::test]
async fn definitions_that_cannot_be() {
    let bomb = "a: &a [x, x]\nb: *a\n";
    let twice = ACME.replace("kind: Tenant", "kind: Tenant\nkind: Tenant");
    let two = format!("{ACME}---\n{ACME}");
    let wrong = ACME
        .replace("v1alpha1", "v9")
        .replace("kind: Tenant", "kind: Tennant")
        .replace("name: acme", "name: Acme_Corp")
        .replace("{maxInstances: 2}", "{maxInstance: 2, minInstances: many}");
    for (name, body) in [
        ("syntax", "kind: [\n"),
        ("empty", ""),
        ("aliases", bomb),
        ("duplicate_key", twice.as_str()),
        ("two_documents", two.as_str()),
        ("everything_wrong", wrong.as_str()),
        ("a_list", "- a\n- b\n"),
    ] {
        refused(&format!("definition_{name}"), Method::POST, "/tenants", &[("content-type", YAML)], body.to_owned())
            .await;
    }
    let not_utf8 = ACME.replace("Acme Corp", "?").into_bytes().into_iter().map(|b| if b == b'?' { 0xff } else { b });
    let body: Vec<u8> = not_utf8.collect();
    refused("definition_not_utf8", Method::POST, "/tenants", &[("content-type", YAML)], body).await;
    refused("definition_json_syntax", Method::POST, "/tenants", &[("content-type", "application/json")], "{,}").await;
}

#[tokio::test]
async fn bodies_that_are_too_large() {
    let large = || "#".repeat(MAX_BODY + 1);
    let length = (MAX_BODY + 1).to_string();
    refused("body_too_large", Method::POST, "/tenants", &[("content-type", YAML)], large()).await;
    let announced = [("content-type", YAML), ("content-length", length.as_str())];
    refused("body_announced_too_large", Method::PUT, "/tenants/acme", &announced, "").await;
}

#[tokio::test]
async fn media_types_that_are_not_spoken() {
    for (name, headers) in [
        ("no_content_type", &[][..]),
        ("content_type_of_a_form", &[("content-type", "application/x-www-form-urlencoded")]),
        ("charset", &[("content-type", "application/json; charset=utf-16")]),
        ("content_encoding", &[("content-type", YAML), ("content-encoding", "gzip")]),
        ("not_acceptable", &[("content-type", YAML), ("accept", "text/html")]),
    ] {
        refused(name, Method::POST, "/tenants", headers, ACME).await;
    }
}

#[tokio::test]
async fn addresses_of_nothing() {
    for (name, path) in [
        ("id_dots", "/tenants/.."),
        ("id_dots_encoded", "/tenants/%2e%2e"),
        ("id_slash_encoded", "/tenants/a%2fb"),
        ("id_upper_case", "/tenants/ACME"),
        ("id_not_utf8", "/tenants/%ff%fe"),
        ("id_nul", "/tenants/acme%00"),
        ("id_too_long", "/tenants/abcdefghijklmnopqrstuvwxyzz"),
        ("operation_id", "/tenants/acme/operations/latest"),
        ("generation", "/tenants/acme/definitions/-1"),
        ("no_route", "/tenants/acme/secrets"),
        ("trailing_slash", "/tenants/"),
        ("operation_not_found", "/tenants/acme/operations/01KDVD2700000000000000000Z"),
        ("log_not_found", "/tenants/acme/operations/01KDVD2700000000000000000Z/log"),
        ("operations_of_nobody", "/tenants/acme/operations"),
        ("definitions_of_nobody", "/tenants/acme/definitions/7"),
    ] {
        refused(&format!("address_{name}"), Method::GET, path, &[], "").await;
    }
}

#[tokio::test]
async fn methods_that_do_nothing() {
    let world = World::new();
    for (path, allowed) in
        [("/tenants", "GET,HEAD,POST"), ("/tenants/acme", "GET,HEAD,PUT,DELETE"), ("/events", "POST")]
    {
        let answered = world.ask(request(Method::PATCH, path, &[], "")).await;
        let sorted = |list: &str| {
            let mut methods: Vec<String> = list.split(',').map(|method| method.trim().to_owned()).collect();
            methods.sort();
            methods
        };
        assert_eq!(sorted(answered.header("allow").unwrap()), sorted(allowed), "{path}");
    }
    refused("method_not_allowed", Method::PATCH, "/tenants/acme", &[], "").await;
}

#[tokio::test]
async fn parameters_that_cannot_be_used() {
    for (name, path) in [
        ("limit_zero", "/tenants?limit=0"),
        ("limit_text", "/tenants?limit=many"),
        ("limit_large", "/tenants?limit=1001"),
        ("phase", "/tenants?phase=ready"),
        ("drifted", "/tenants?drifted=yes"),
        ("twice", "/tenants?limit=1&limit=2"),
        ("unknown", "/tenants?colour=red"),
        ("page_token", "/tenants?pageToken=%00nonsense"),
        (
            "page_token_of_another_list",
            "/tenants/acme/operations?pageToken=eyJ2IjoxLCJsaXN0IjoidGVuYW50cyIsImF0Ijp7fX0",
        ),
    ] {
        refused(&format!("parameter_{name}"), Method::GET, path, &[], "").await;
    }
}

#[tokio::test]
async fn preconditions_that_cannot_be_read() {
    for (name, value) in [("unquoted", "7"), ("open", "\"7"), ("empty", ""), ("mixed", "*, \"7\"")] {
        let headers = [("content-type", YAML), ("if-match", value)];
        refused(&format!("if_match_{name}"), Method::PUT, "/tenants/acme", &headers, ACME).await;
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_too() {
    use tower::ServiceExt as _;
    async fn broken() -> &'static str {
        panic!("on purpose")
    }
    let router = crate::http::router::complete(axum::Router::new().route("/broken", axum::routing::get(broken)));
    let response = router.oneshot(request(Method::GET, "/broken", &[], "")).await.unwrap();
    assert_eq!(response.status(), http::StatusCode::INTERNAL_SERVER_ERROR);
    let body = axum::body::to_bytes(response.into_body(), 10_000).await.unwrap();
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((&body["reason"], &body["instance"]), (&"INTERNAL".into(), &"/broken".into()));
    assert!(!body.to_string().contains("on purpose"));
}
