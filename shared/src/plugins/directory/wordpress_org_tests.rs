use std::net::Ipv4Addr;

use axum::Router;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;

use super::*;
use crate::digest::Digest;

/// A stand-in that says what the directory says: an answer with a version, or a 404 with an error.
async fn described(RawQuery(query): RawQuery) -> (StatusCode, String) {
    let query = query.unwrap_or_default();
    let asked = |slug: &str| {
        query.contains(&format!("request%5Bslug%5D={slug}")) && query.contains("action=plugin_information")
    };
    if asked("hello-dolly") {
        (StatusCode::OK, r#"{"name":"Hello Dolly","slug":"hello-dolly","version":"1.7.2","requires":false}"#.to_owned())
    } else if asked("odd") {
        (StatusCode::OK, r#"{"version":"trunk"}"#.to_owned())
    } else if asked("busy") {
        (StatusCode::TOO_MANY_REQUESTS, String::new())
    } else {
        (StatusCode::NOT_FOUND, r#"{"error":"Plugin not found."}"#.to_owned())
    }
}

async fn archive(Path(file): Path<String>) -> Result<Vec<u8>, StatusCode> {
    match file.as_str() {
        "hello-dolly.1.7.2.zip" => Ok(b"an archive".to_vec()),
        "busy.1.zip" => Err(StatusCode::BAD_GATEWAY),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

async fn directory() -> WordPressOrg {
    let routes = Router::new().route("/plugins/info/1.2/", get(described)).route("/plugin/{file}", get(archive));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    WordPressOrg::new(DirectorySettings { api: url.clone(), downloads: url })
}

#[tokio::test]
async fn what_the_directory_says() {
    let directory = directory().await;
    let newest = |slug: &str| {
        let slug = slug.parse().unwrap();
        let directory = &directory;
        async move { directory.newest(&slug).await }
    };
    assert_eq!(newest("hello-dolly").await.map(|version| version.to_string()), Ok("1.7.2".to_owned()));
    assert_eq!(newest("gone").await, Err(DirectoryError::NoSuchPlugin { said: "Plugin not found.".to_owned() }));
    assert!(newest("busy").await.unwrap_err().retryable());
    assert!(matches!(newest("odd").await, Err(DirectoryError::Unusable(_))));
}

#[tokio::test]
async fn an_archive_is_known_by_its_bytes() {
    let directory = directory().await;
    let (dolly, version) = ("hello-dolly".parse().unwrap(), "1.7.2".parse().unwrap());
    let archive = directory.archive(&dolly, &version).await.unwrap();
    assert_eq!(archive.sha256, Digest::of(b"an archive"));
    assert!(archive.source.to_string().ends_with("/plugin/hello-dolly.1.7.2.zip"));
    let other = "1.7.3".parse().unwrap();
    assert_eq!(directory.archive(&dolly, &other).await, Err(DirectoryError::NoSuchVersion(other)));
    assert!(directory.archive(&"busy".parse().unwrap(), &"1".parse().unwrap()).await.unwrap_err().retryable());
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_asked_again_later() {
    let nowhere = "http://127.0.0.1:9".to_owned();
    let directory = WordPressOrg::new(DirectorySettings { api: nowhere.clone(), downloads: nowhere });
    assert!(directory.newest(&"hello-dolly".parse().unwrap()).await.unwrap_err().retryable());
}
