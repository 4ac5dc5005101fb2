//! Whatever comes in: a clear problem, nothing changed, nothing lost.

use end_to_end::{Untouched, assert_problem, definition, raw};
use reqwest::{Method, StatusCode};

const YAML: &str = "application/yaml";
const JSON: &str = "application/json";

fn spec(lines: &str) -> Vec<u8> {
    definition("acme", lines).into_bytes()
}

fn edited(from: &str, to: &str) -> Vec<u8> {
    let whole = definition("acme", "");
    assert!(whole.contains(from));
    whole.replace(from, to).into_bytes()
}

/// A body that is no definition: what it is, how it is sent, what is answered, and what the answer must name.
type Case = (&'static str, &'static str, Vec<u8>, u16, &'static str, &'static str);

fn bodies() -> Vec<Case> {
    let malformed = |what, kind, body: &[u8], names| (what, kind, body.to_vec(), 400, "MALFORMED_DEFINITION", names);
    let invalid = |what, body, names| (what, YAML, body, 422, "INVALID_DEFINITION", names);
    vec![
        malformed("nothing", YAML, b"", ""),
        malformed("YAML that is none", YAML, b"a: [1", "line"),
        malformed("a tab", YAML, b"a:\n\t- b", "line"),
        malformed("JSON that is none", JSON, b"{\"a\": }", "line"),
        malformed("YAML sent as JSON", JSON, definition("acme", "").as_bytes(), "line"),
        malformed("not UTF-8", YAML, b"kind: \xff\xfe", "UTF-8"),
        malformed("UTF-16", JSON, b"\xff\xfe{\0}\0", "UTF-8"),
        malformed("two documents", YAML, &[spec(""), b"---\n".to_vec(), spec("")].concat(), "document"),
        malformed("JSON and more", JSON, b"{} {}", ""),
        invalid("an alias", spec("runtime: &a {}\n  database: *a"), "lias"),
        invalid("an anchor", edited("name: acme", "name: &name acme"), "nchor"),
        invalid("a merge", spec("runtime: {<<: {cpu: 1}}"), "<<"),
        invalid("a key twice", spec("suspend: false\n  suspend: true"), "suspend"),
        invalid("a list", b"- a\n- b\n".to_vec(), "mapping"),
        invalid("text", b"hello".to_vec(), "mapping"),
        invalid("a number for a list", spec("customDomains: 7"), "/spec/customDomains"),
        invalid("text for a number", spec("runtime: {scaling: {maxInstances: many}}"), "maxInstances"),
        invalid("a Boolean for text", spec("runtime: {environmentVariables: {WP_DEBUG: false}}"), "WP_DEBUG"),
        invalid("an unknown field", spec("runtime: {scaling: {maxInstance: 3}}"), "maxInstances"),
        invalid("another version", edited("v1alpha1", "v9"), "/apiVersion"),
        invalid("another kind", edited("kind: Tenant", "kind: Site"), "/kind"),
        invalid("a name that does not fit", edited("name: acme", "name: Acme_1"), "/metadata/name"),
        invalid("a name too long", edited("name: acme", &format!("name: {}", "a".repeat(27))), "/metadata/name"),
        invalid("no name", b"apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {}\nspec: {}\n".to_vec(), "name"),
        invalid("least above most", spec("runtime: {scaling: {minInstances: 4, maxInstances: 2}}"), "minInstances"),
        invalid("deep nesting", [b"[".repeat(5_000), b"]".repeat(5_000)].concat(), ""),
    ]
}

#[tokio::test]
async fn a_body_that_is_no_definition() {
    let world = Untouched::with_acme().await;
    for (method, path) in [
        (Method::POST, "/tenants"),
        (Method::PUT, "/tenants/acme"),
        (Method::POST, "/tenants?dryRun=true"),
        (Method::PUT, "/tenants/acme?dryRun=true"),
    ] {
        for (what, kind, body, status, reason, names) in bodies() {
            let case = format!("{method} {path}: {what}");
            let headers = [("content-type", kind)];
            let answer = world.plane.api.send_bytes(method.clone(), path, Some(body), &headers).await;
            // How deep a document may be is the reader's to say.
            if what == "deep nesting" {
                assert!([400, 422].contains(&answer.status.as_u16()), "{case}: {answer:?}");
                continue;
            }
            assert_problem(&case, &answer, status, reason);
            assert!(answer.text.contains(names), "{case} should name {names}: {}", answer.text);
            assert!(!answer.body["errors"].as_array().unwrap().is_empty(), "{case}");
        }
    }
    world.assert().await;
}

#[tokio::test]
async fn a_request_that_does_not_fit() {
    let world = Untouched::with_acme().await;
    let body = definition("acme", "suspend: true");
    for (what, method, path, headers, status, reason) in [
        ("no type", Method::PUT, "/tenants/acme", vec![], 415, "UNSUPPORTED_MEDIA_TYPE"),
        ("text", Method::PUT, "/tenants/acme", vec![("content-type", "text/plain")], 415, "UNSUPPORTED_MEDIA_TYPE"),
        (
            "a form",
            Method::POST,
            "/tenants",
            vec![("content-type", "multipart/form-data")],
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            "another charset",
            Method::PUT,
            "/tenants/acme",
            vec![("content-type", "application/yaml; charset=latin1")],
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            "packed",
            Method::PUT,
            "/tenants/acme",
            vec![("content-type", YAML), ("content-encoding", "gzip")],
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            "an answer we do not give",
            Method::PUT,
            "/tenants/acme",
            vec![("content-type", YAML), ("accept", "text/html")],
            406,
            "NOT_ACCEPTABLE",
        ),
        ("a parameter misspelt", Method::DELETE, "/tenants/acme?dryrun=true", vec![], 400, "INVALID_PARAMETER"),
        ("dryRun=maybe", Method::DELETE, "/tenants/acme?dryRun=maybe", vec![], 400, "INVALID_PARAMETER"),
        ("PATCH", Method::PATCH, "/tenants/acme", vec![("content-type", YAML)], 405, "METHOD_NOT_ALLOWED"),
        ("DELETE of all", Method::DELETE, "/tenants", vec![], 405, "METHOD_NOT_ALLOWED"),
        ("nowhere", Method::GET, "/tenant/acme", vec![], 404, "ROUTE_NOT_FOUND"),
    ] {
        let bytes = Some(body.clone().into_bytes());
        assert_problem(what, &world.plane.api.send_bytes(method, path, bytes, &headers).await, status, reason);
    }
    for tag in ["7", "\"7", "\"7\" \"8\"", "*, \"7\"", "", ","] {
        for (method, body) in [(Method::PUT, Some(body.as_str())), (Method::DELETE, None)] {
            let answer = world.plane.send(method, "/tenants/acme", body, &[("if-match", tag)]).await;
            assert_problem(tag, &answer, 400, "INVALID_PRECONDITION");
        }
    }
    for tag in ["\"7\"", "W/\"7\"", "\"seven\""] {
        let answer = world.plane.send(Method::DELETE, "/tenants/acme", None, &[("if-match", tag)]).await;
        assert_problem(tag, &answer, 412, "PRECONDITION_FAILED");
    }
    for list in ["/tenants", "/tenants/acme/operations"] {
        for query in ["limit=0", "limit=-1", "limit=1001", "limit=ten", "limit=", "limit=1&limit=2", "size=1"] {
            assert_problem(query, &world.plane.get(&format!("{list}?{query}")).await, 400, "INVALID_PARAMETER");
        }
        for token in ["x", "%00", "e30", "eyJ2IjoxfQ", &"a".repeat(4000)] {
            let answer = world.plane.get(&format!("{list}?pageToken={token}")).await;
            assert_problem(token, &answer, 400, "INVALID_PAGE_TOKEN");
        }
    }
    for query in ["phase=Nope", "drifted=perhaps", "phase=ready"] {
        assert_problem(query, &world.plane.get(&format!("/tenants?{query}")).await, 400, "INVALID_PARAMETER");
    }
    world.assert().await;
}

#[tokio::test]
async fn an_address_that_names_no_tenant() {
    let world = Untouched::with_acme().await;
    let long = "a".repeat(27);
    let ids = [
        "..",
        ".",
        "%2e%2e",
        "%2f",
        "%2E%2E%2Facme",
        "acme%2f..",
        "acme%2F",
        "ACME",
        "Acme",
        "acme%00",
        "%00",
        "%ff",
        "ac",
        "acme.yaml",
        "acme%20",
        "-acme",
        "acme-",
        "a--b",
        "%",
        "%zz",
        "acme;x",
        "*",
        &long,
    ];
    let places: Vec<String> = ids
        .iter()
        .flat_map(|id| {
            [format!("/tenants/{id}"), format!("/tenants/{id}/operations"), format!("/tenants/{id}/definitions/1")]
        })
        .chain(
            [
                "operations/..",
                "operations/x",
                "operations/%2e%2e/log",
                "definitions/0",
                "definitions/-1",
                "definitions/x",
            ]
            .map(|rest| format!("/tenants/acme/{rest}")),
        )
        .chain(
            ["/tenants/", "/tenants//", "/tenants/acme/", "/tenants/../tenants/acme", "//tenants"].map(str::to_owned),
        )
        .collect();
    let body = definition("acme", "suspend: true");
    for place in places {
        for method in ["GET", "PUT", "DELETE"] {
            let length = if method == "PUT" { body.len() } else { 0 };
            let request = format!(
                "{method} {place} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {YAML}\r\n\
                 content-length: {length}\r\n\r\n{}",
                &body[..length]
            );
            let (status, answer) = raw(&world.plane.api, request.as_bytes());
            assert!([400, 404, 405].contains(&status), "{method} {place}: {answer}");
            assert!(answer.contains("application/problem+json"), "{method} {place}: {answer}");
        }
    }
    for garbage in ["hello\r\n\r\n", "GET /tenants/ac\0me HTTP/1.1\r\nhost: x\r\n\r\n", "GET /tenants HTTP/9.9\r\n\r\n"]
    {
        assert_eq!(raw(&world.plane.api, garbage.as_bytes()).0, 400, "{garbage:?}");
    }
    world.assert().await;
}

type Headers = Vec<(String, String)>;

#[tokio::test]
async fn an_event_or_a_task_that_cannot_be_understood() {
    let world = Untouched::with_acme().await;
    let ours = "//storage.googleapis.com/projects/_/buckets/aipress-sandbox-definitions";
    let finalized = "google.cloud.storage.object.v1.finalized";
    let event = |kind: &str, source: &str, subject: &str| {
        [("ce-id", "1"), ("ce-specversion", "1.0"), ("ce-type", kind), ("ce-source", source), ("ce-subject", subject)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    };
    let structured = || vec![("content-type".to_owned(), "application/cloudevents+json".to_owned())];
    let (elsewhere, acme) = (ours.replace("definitions", "records"), "objects/tenants/acme.yaml");
    let cases: Vec<(&str, Headers, Vec<u8>)> = vec![
        ("nothing", vec![], vec![]),
        ("no event", vec![], b"{".to_vec()),
        ("half a binary event", event(finalized, ours, acme)[..2].to_vec(), b"{}".to_vec()),
        ("another specification", vec![("ce-specversion".into(), "9".into())], b"{}".to_vec()),
        ("another type", event("google.cloud.pubsub.topic.v1.messagePublished", ours, acme), b"{}".to_vec()),
        ("another bucket", event(finalized, &elsewhere, acme), b"{}".to_vec()),
        ("no bucket", event(finalized, "//storage.googleapis.com/", acme), b"{}".to_vec()),
        ("another object", event(finalized, ours, "objects/README.md"), b"{}".to_vec()),
        ("another folder", event(finalized, ours, "objects/tenants/old/acme.yaml"), b"{}".to_vec()),
        ("a way out", event(finalized, ours, "objects/tenants/../tenants/acme.yaml"), b"{}".to_vec()),
        ("upper case", event(finalized, ours, "objects/tenants/ACME.yaml"), b"{}".to_vec()),
        ("no subject", event(finalized, ours, ""), b"{}".to_vec()),
        ("structured nothing", structured(), vec![]),
        ("a structured list", structured(), b"[]".to_vec()),
        ("structured bytes", structured(), b"\xff\x00".to_vec()),
        ("half a structured event", structured(), b"{\"specversion\": \"1.0\"}".to_vec()),
        ("a push without a message", vec![], b"{\"message\": 7}".to_vec()),
    ];
    for (what, headers, body) in cases {
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        for door in ["/events", "/tasks"] {
            let sent = world.plane.api.send_bytes(Method::POST, door, Some(body.clone()), &headers).await;
            assert_eq!(sent.status, StatusCode::NO_CONTENT, "{what} at {door}: a retry cannot mend it: {sent:?}");
        }
    }
    for task in [r#"{"tenant": "../acme"}"#, r#"{"tenant": 7}"#, "[]", r#"{"message": {"data": "%%%"}}"#] {
        let sent = world.plane.api.send_bytes(Method::POST, "/tasks", Some(task.into()), &[]).await;
        assert_eq!(sent.status, StatusCode::NO_CONTENT, "{task}");
    }
    let odd = world.plane.api.send_bytes(Method::POST, "/sweep?fast=yes", None, &[]).await;
    assert_problem("a sweep with a parameter", &odd, 400, "INVALID_PARAMETER");
    world.assert().await;
}
