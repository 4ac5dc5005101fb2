//! Whatever comes in: a clear problem, nothing changed, nothing lost.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use end_to_end::{Answer, ControlPlane, Options, definition, installed, run};
use reqwest::{Method, StatusCode};
use serde_json::Value;

const YAML: &str = "application/yaml";
const JSON: &str = "application/json";
const MEBIBYTE: usize = 1024 * 1024;

/// A control plane with one tenant, and what everything looked like before the bad input came.
struct Untouched {
    plane: ControlPlane,
    tenant: Value,
    kept: Vec<(PathBuf, Vec<u8>)>,
}

impl Untouched {
    async fn with_acme() -> Self {
        let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
        assert_eq!(plane.create(&definition("acme", "")).await.status, StatusCode::CREATED);
        let tenant = plane.get("/tenants/acme").await.body;
        let kept = kept(&plane);
        Self { plane, tenant, kept }
    }

    /// Buckets and cloud are as they were, and the control plane answers.
    async fn assert(self) {
        let now = kept(&self.plane);
        let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
        assert_eq!(names(&now), names(&self.kept));
        assert!(now == self.kept, "an object or a resource has another content");
        assert_eq!(self.plane.get("/tenants/acme").await.body, self.tenant);
        assert_eq!(self.plane.get("/healthz").await.status, StatusCode::OK);
    }
}

/// Every object of every bucket and every resource of the cloud.
fn kept(plane: &ControlPlane) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![plane.folder().join("buckets"), plane.folder().join("cloud")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.clone(), std::fs::read(path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.iter().any(|(path, _)| is_in(path, "cloud")) && found.iter().any(|(path, _)| is_in(path, "buckets")));
    found
}

fn is_in(path: &Path, folder: &str) -> bool {
    path.components().any(|part| part.as_os_str() == folder)
}

fn assert_problem(case: &str, answer: &Answer, status: u16, reason: &str) {
    assert_eq!((answer.status.as_u16(), answer.body["reason"].as_str()), (status, Some(reason)), "{case}: {answer:?}");
    assert_eq!(answer.kind.as_deref(), Some("application/problem+json"), "{case}");
    assert_eq!(answer.body["status"], status, "{case}");
    for member in ["type", "title", "detail"] {
        assert!(!answer.body[member].as_str().unwrap_or_default().is_empty(), "{case}: no {member} in {}", answer.text);
    }
}

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

/// A request written byte for byte: a client library would mend its address, or refuse to send it.
fn raw(plane: &ControlPlane, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(plane.api.url().trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A server that will not read the rest may reset the connection behind its answer.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    assert!(status.is_some(), "no answer to {}: '{answer}'", String::from_utf8_lossy(request));
    (status.unwrap(), answer)
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
            let (status, answer) = raw(&world.plane, request.as_bytes());
            assert!([400, 404, 405].contains(&status), "{method} {place}: {answer}");
            assert!(answer.contains("application/problem+json"), "{method} {place}: {answer}");
        }
    }
    for garbage in ["hello\r\n\r\n", "GET /tenants/ac\0me HTTP/1.1\r\nhost: x\r\n\r\n", "GET /tenants HTTP/9.9\r\n\r\n"]
    {
        assert_eq!(raw(&world.plane, garbage.as_bytes()).0, 400, "{garbage:?}");
    }
    world.assert().await;
}

#[tokio::test]
async fn a_body_over_a_mebibyte() {
    let world = Untouched::with_acme().await;
    let head = |rest: &str| format!("PUT /tenants/acme HTTP/1.1\r\nhost: x\r\ncontent-type: {YAML}\r\n{rest}\r\n\r\n");
    let announced = head(&format!("content-length: {}", MEBIBYTE + 1));
    let (status, answer) = raw(&world.plane, announced.as_bytes());
    assert_eq!(status, 413, "{answer}");
    assert!(answer.contains("BODY_TOO_LARGE") && answer.contains(&MEBIBYTE.to_string()), "{answer}");

    let mut streamed = head("transfer-encoding: chunked").into_bytes();
    streamed.extend(format!("{:x}\r\n", MEBIBYTE + 1).into_bytes());
    streamed.extend(b"#".repeat(MEBIBYTE + 1));
    let (status, answer) = raw(&world.plane, &streamed);
    assert_eq!(status, 413, "{answer}");

    // Clients that send it all before they listen hear the answer too, and not a reset.
    let large = b"#".repeat(5 * MEBIBYTE);
    for _ in 0..3 {
        let headers = [("content-type", YAML)];
        let sent = world.plane.api.send_bytes(Method::POST, "/tenants", Some(large.clone()), &headers).await;
        assert_problem("5 MiB", &sent, 413, "BODY_TOO_LARGE");
        let mut streamed = head("transfer-encoding: chunked").into_bytes();
        streamed.extend(format!("{:x}\r\n", large.len()).into_bytes());
        streamed.extend(&large);
        streamed.extend(b"\r\n0\r\n\r\n");
        assert_eq!(raw(&world.plane, &streamed).0, 413);
    }
    if installed("curl") {
        let file = world.plane.folder().join("large.yaml");
        std::fs::write(&file, &large).unwrap();
        let data = format!("@{}", file.display());
        let (url, kind) = (format!("{}/tenants", world.plane.api.url()), format!("content-type: {YAML}"));
        for header in ["expect: 100-continue", "expect:"] {
            let arguments = ["-sS", "-w", "%{http_code}", "-H", &kind, "-H", header, "--data-binary", &data, &url];
            let said = run("curl", &arguments, world.plane.folder(), &[]).await;
            assert!(said.code == 0 && said.stdout.ends_with("413"), "{header} {said:?}");
        }
        std::fs::remove_file(file).unwrap();
    }

    // A sender of events or tasks would only send the same again.
    for door in ["/events", "/tasks"] {
        let length = MEBIBYTE + 1;
        let announced =
            format!("POST {door} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
        assert_eq!(raw(&world.plane, announced.as_bytes()).0, 204, "{door}");
    }

    // As large as it may be: a comment fills it up.
    let mut most = definition("acme", "").into_bytes();
    most.push(b'#');
    most.resize(MEBIBYTE, b'x');
    let preview =
        world.plane.api.send_bytes(Method::PUT, "/tenants/acme?dryRun=true", Some(most), &[("content-type", YAML)]);
    let preview = preview.await;
    assert_eq!(preview.status, StatusCode::OK, "{}", preview.text);
    world.assert().await;
}

/// Whoever sends a large body with a request that is refused for something else hears why, and not a reset.
#[tokio::test]
async fn a_large_body_of_a_request_that_is_refused_anyhow() {
    let world = Untouched::with_acme().await;
    let large = b"#".repeat(8 * MEBIBYTE);
    let yaml = ("content-type", YAML);
    for (method, path, headers, status) in [
        (Method::POST, "/tenants", vec![("content-type", "text/plain")], 415),
        (Method::PUT, "/tenants/acme", vec![yaml, ("content-encoding", "gzip")], 415),
        (Method::PUT, "/tenants/acme", vec![yaml, ("accept", "text/html")], 406),
        (Method::PUT, "/tenants/acme", vec![yaml, ("if-match", "7")], 400),
        (Method::PUT, "/tenants/ACME", vec![yaml], 400),
        (Method::POST, "/tenants?dryrun=true", vec![yaml], 400),
        (Method::POST, "/nowhere", vec![yaml], 404),
        (Method::PATCH, "/tenants/acme", vec![yaml], 405),
        (Method::DELETE, "/tenants", vec![yaml], 405),
    ] {
        for _ in 0..3 {
            let sent = world.plane.api.send_bytes(method.clone(), path, Some(large.clone()), &headers).await;
            assert_eq!(sent.status.as_u16(), status, "{method} {path}: {}", sent.text);
        }
        let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (head, length) =
            (format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{lines}connection: close\r\n"), large.len());
        let sent = [format!("{head}content-length: {length}\r\n\r\n").as_bytes(), &large].concat();
        assert_eq!(raw(&world.plane, &sent).0, status, "{method} {path}");
        // Who asks before sending is answered at once, and need not send.
        let asked = std::time::Instant::now();
        let asking = format!("{head}content-length: {length}\r\nexpect: 100-continue\r\n\r\n");
        assert_eq!(raw(&world.plane, asking.as_bytes()).0, status, "{method} {path}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{method} {path}: {:?}", asked.elapsed());
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
