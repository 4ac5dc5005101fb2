//! A control plane to which nothing may happen, and requests as no client library would send them.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use crate::api::{Answer, Api};
use crate::control_plane::{ControlPlane, Options};
use crate::definition::definition;

/// A control plane with one tenant, and what everything looked like before the bad input came.
pub struct Untouched {
    /// The control plane.
    pub plane: ControlPlane,
    tenant: Value,
    kept: Vec<(PathBuf, Vec<u8>)>,
}

impl Untouched {
    /// Starts one with the tenant `acme`.
    pub async fn with_acme() -> Self {
        let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
        assert_eq!(plane.create(&definition("acme", "")).await.status, StatusCode::CREATED);
        let tenant = plane.get("/tenants/acme").await.body;
        let kept = kept(&plane);
        Self { plane, tenant, kept }
    }

    /// Buckets and cloud are as they were, and the control plane answers.
    pub async fn assert(self) {
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

/// A request written byte for byte: a client library would mend its address, or refuse to send it.
pub fn raw(api: &Api, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(api.url().trim_start_matches("http://")).unwrap();
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

/// The answer is this problem, and says what, why and where.
pub fn assert_problem(case: &str, answer: &Answer, status: u16, reason: &str) {
    assert_eq!((answer.status.as_u16(), answer.body["reason"].as_str()), (status, Some(reason)), "{case}: {answer:?}");
    assert_eq!(answer.kind.as_deref(), Some("application/problem+json"), "{case}");
    assert_eq!(answer.body["status"], status, "{case}");
    for member in ["type", "title", "detail"] {
        assert!(!answer.body[member].as_str().unwrap_or_default().is_empty(), "{case}: no {member} in {}", answer.text);
    }
}
