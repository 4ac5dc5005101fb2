//! When there is no API, or not ours, or it does not know us.

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::ctl::{against, offline, with_environment, write};
use crate::server::{Fault, Server};

#[test]
fn nobody_answers() {
    let folder = TempDir::new().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut ran = offline(folder.path(), &["list", "--server", &format!("http://127.0.0.1:{port}")]);
    ran.err = ran.err.replace(&port.to_string(), "PORT");
    assert_snapshot!("unreachable", ran);
}

#[test]
fn somebody_else_answers() {
    let server = Server::with(&["acme"]);
    let folder = TempDir::new().unwrap();
    let elsewhere = format!("{}/elsewhere", server.url());
    let mut ran = offline(folder.path(), &["list", "--server", &elsewhere]);
    ran.err = ran.err.replace(server.url(), "SERVER");
    assert_snapshot!("not_the_api", ran);
    server.fault("acme", Fault::Raw { status: 302, body: "" });
    assert_snapshot!("redirected", against(&server, folder.path(), &["delete", "acme", "--yes"]));
}

#[test]
fn a_token_from_the_environment_or_a_file() {
    let server = Server::with(&["acme"]);
    server.state().token = Some("s3cret");
    let folder = TempDir::new().unwrap();
    assert_snapshot!("unauthorized", against(&server, folder.path(), &["list"]));
    let url = ("TENANTS_URL", server.url());
    assert_eq!(with_environment(folder.path(), &["list"], &[url, ("TENANTS_TOKEN", "s3cret")]).code, 0);
    write(folder.path(), "token", "s3cret\n");
    assert_eq!(with_environment(folder.path(), &["list", "--token-file", "token"], &[url]).code, 0);
    assert_eq!(with_environment(folder.path(), &["list", "--token-command", "echo s3cret"], &[url]).code, 0);
    let command = |command| offline(folder.path(), &["list", "--token-command", command]);
    assert_snapshot!("failed_token_command", command("exit 7"));
    assert_snapshot!("mute_token_command", command("true"));
    assert_snapshot!("no_token_file", offline(folder.path(), &["list", "--token-file", "nowhere"]));
}

#[test]
fn a_token_is_not_sent_in_the_clear() {
    let folder = TempDir::new().unwrap();
    let environment = [("TENANTS_TOKEN", "s3cret"), ("TENANTS_URL", "http://tenants.example")];
    let ran = with_environment(folder.path(), &["list"], &environment);
    assert_snapshot!("token_in_the_clear", ran);
    assert!(!ran.err.contains("s3cret"));
}

#[test]
fn addresses_that_are_none() {
    let folder = TempDir::new().unwrap();
    assert_snapshot!("address", offline(folder.path(), &["list", "--server", "tenants.example"]));
    assert_snapshot!("address_json", offline(folder.path(), &["list", "--server", "ftp://x", "-o", "json"]));
}
