//! Bodies that are too large, or that come with what is refused anyhow: whoever sends them hears the answer.

use std::time::{Duration, Instant};

use end_to_end::{Api, Installation, Untouched, assert_problem, definition, installed, raw, run};
use reqwest::{Method, StatusCode};

const YAML: &str = "application/yaml";
const MEBIBYTE: usize = 1024 * 1024;

#[tokio::test]
async fn a_body_over_a_mebibyte() {
    let world = Untouched::with_acme().await;
    let head = |rest: &str| format!("PUT /tenants/acme HTTP/1.1\r\nhost: x\r\ncontent-type: {YAML}\r\n{rest}\r\n\r\n");
    let announced = head(&format!("content-length: {}", MEBIBYTE + 1));
    let (status, answer) = raw(&world.plane.api, announced.as_bytes());
    assert_eq!(status, 413, "{answer}");
    assert!(answer.contains("BODY_TOO_LARGE") && answer.contains(&MEBIBYTE.to_string()), "{answer}");

    let mut streamed = head("transfer-encoding: chunked").into_bytes();
    streamed.extend(format!("{:x}\r\n", MEBIBYTE + 1).into_bytes());
    streamed.extend(b"#".repeat(MEBIBYTE + 1));
    let (status, answer) = raw(&world.plane.api, &streamed);
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
        assert_eq!(raw(&world.plane.api, &streamed).0, 413);
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
        assert_eq!(raw(&world.plane.api, announced.as_bytes()).0, 204, "{door}");
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

type Header = (&'static str, &'static str);

/// Requests that are refused whatever their body is, with their headers and what they are answered.
fn refused() -> Vec<(Method, &'static str, Vec<Header>, u16)> {
    let yaml = ("content-type", YAML);
    vec![
        (Method::POST, "/tenants", vec![("content-type", "text/plain")], 415),
        (Method::PUT, "/tenants/acme", vec![yaml, ("content-encoding", "gzip")], 415),
        (Method::PUT, "/tenants/acme", vec![yaml, ("accept", "text/html")], 406),
        (Method::PUT, "/tenants/acme", vec![yaml, ("if-match", "7")], 400),
        (Method::PUT, "/tenants/ACME", vec![yaml], 400),
        (Method::POST, "/tenants?dryrun=true", vec![yaml], 400),
        (Method::POST, "/nowhere", vec![yaml], 404),
        (Method::PATCH, "/tenants/acme", vec![yaml], 405),
        (Method::DELETE, "/tenants", vec![yaml], 405),
    ]
}

/// Whoever sends a large body with such a request hears why, and not a reset; whoever asks before sending need not send.
async fn hears(api: &Api, method: &Method, path: &str, headers: &[(&str, &str)], status: u16) {
    let large = b"#".repeat(8 * MEBIBYTE);
    for _ in 0..3 {
        let sent = api.send_bytes(method.clone(), path, Some(large.clone()), headers).await;
        assert_eq!(sent.status.as_u16(), status, "{method} {path}: {}", sent.text);
    }
    let lines: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{}connection: close\r\n", lines.concat());
    let announced = format!("{head}content-length: {}\r\n", large.len());
    let sent = [format!("{announced}\r\n").as_bytes(), &large].concat();
    assert_eq!(raw(api, &sent).0, status, "{method} {path}");
    let asked = Instant::now();
    assert_eq!(raw(api, format!("{announced}expect: 100-continue\r\n\r\n").as_bytes()).0, status, "{method} {path}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{method} {path}: {:?}", asked.elapsed());
}

#[tokio::test]
async fn a_large_body_of_a_request_that_is_refused_anyhow() {
    let world = Untouched::with_acme().await;
    for (method, path, headers, status) in refused() {
        hears(&world.plane.api, &method, path, &headers, status).await;
    }
    world.assert().await;
}

#[tokio::test]
async fn a_large_body_of_somebody_unknown() {
    let cloud = Installation::new().await;
    let callers = [("AIPRESS_AUTH", "iam"), ("AIPRESS_CALLERS", "*"), ("K_SERVICE", "create-tenant")];
    let create = cloud.start_with("create-tenant", &callers).await;
    let stranger = [("content-type", YAML)];
    hears(&create.api, &Method::POST, "/tenants", &stranger, 401).await;
}
