//! `apply`, `plan`, `delete`, `rollback`: one tenant or a few.

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::ctl::{Ran, against, definition, write};
use crate::server::{Fault, Server};

fn folder(names: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for name in names {
        write(folder.path(), &format!("tenants/{name}.yaml"), &definition(name, ""));
    }
    folder
}

fn apply(server: &Server, names: &[&str], more: &[&str]) -> Ran {
    let folder = folder(names);
    against(server, folder.path(), &[&["apply", "tenants", "--parallel", "1"], more].concat())
}

#[test]
fn apply_creates_and_updates() {
    let server = Server::with(&["acme"]);
    assert_snapshot!("apply", apply(&server, &["acme", "beta"], &[]));
    assert_eq!(server.writes(), ["PUT /tenants/acme", "PUT /tenants/beta", "POST /tenants"]);
}

#[test]
fn apply_for_programs() {
    let server = Server::start();
    assert_snapshot!("apply_json", apply(&server, &["acme"], &["-o", "json", "--quiet"]));
}

#[test]
fn apply_without_waiting() {
    let server = Server::start();
    assert_snapshot!("apply_no_wait", apply(&server, &["acme"], &["--no-wait"]));
    let looks: u32 = server.state().tenants["acme"].operations.iter().map(|operation| operation.looks).sum();
    assert_eq!(looks, 0);
}

#[test]
fn apply_calls_nothing_when_a_file_is_invalid() {
    let server = Server::start();
    let folder = folder(&["acme"]);
    write(folder.path(), "tenants/beta.yaml", &definition("beta", "suspend: 7"));
    assert_snapshot!("apply_invalid", against(&server, folder.path(), &["apply", "tenants"]));
    assert_snapshot!("apply_invalid_json", against(&server, folder.path(), &["apply", "tenants", "-o", "json"]));
    assert!(server.state().requests.is_empty());
}

#[test]
fn apply_that_is_held() {
    let server = Server::with(&["acme"]);
    let message = "the change would destroy google_sql_database.site: held until it is approved";
    server.fault("acme", Fault::Operation { reason: "HELD", message });
    assert_snapshot!("apply_held", apply(&server, &["acme"], &[]));
}

#[test]
fn apply_that_fails_for_one_of_two() {
    let server = Server::with(&["acme", "beta"]);
    server.fault("acme", Fault::Operation { reason: "APPLY_FAILED", message: "the quota is used up" });
    assert_snapshot!("apply_one_failed", apply(&server, &["acme", "beta"], &[]));
}

#[test]
fn apply_tries_again_when_the_api_says_later() {
    let server = Server::with(&["acme"]);
    server.fault("acme", Fault::Problem { status: 503, reason: "BUSY", retry_after: Some(1) });
    server.fault("acme", Fault::Raw { status: 502, body: "<h1>Bad gateway</h1>" });
    assert_snapshot!("apply_retried", apply(&server, &["acme"], &[]));
    assert_eq!(server.writes().len(), 3);
}

#[test]
fn apply_gives_up_when_its_budget_is_spent() {
    let server = Server::with(&["acme"]);
    server.fault("acme", Fault::Problem { status: 503, reason: "BUSY", retry_after: Some(30) });
    assert_snapshot!("apply_gave_up", apply(&server, &["acme"], &["--retry-for", "5"]));
    assert_eq!(server.writes().len(), 1);
}

#[test]
fn plan_shows_and_changes_nothing() {
    let server = Server::with(&["acme", "held"]);
    server.state().held.push("held");
    let folder = folder(&["acme", "beta", "held"]);
    assert_snapshot!("plan", against(&server, folder.path(), &["plan", "tenants"]));
    assert_snapshot!("plan_markdown", against(&server, folder.path(), &["plan", "tenants", "-o", "markdown"]));
    assert_snapshot!("plan_json", against(&server, folder.path(), &["plan", "tenants/acme.yaml", "-q", "-o", "json"]));
    assert_eq!(server.state().tenants.len(), 2);
}

#[test]
fn delete_asks_or_wants_yes() {
    let server = Server::with(&["acme"]);
    let folder = TempDir::new().unwrap();
    assert_snapshot!("delete_unasked", against(&server, folder.path(), &["delete", "acme"]));
    assert!(server.writes().is_empty());
    assert_snapshot!("delete", against(&server, folder.path(), &["delete", "acme", "--yes"]));
    assert_snapshot!("delete_again", against(&server, folder.path(), &["delete", "acme", "--yes"]));
}

#[test]
fn delete_of_a_protected_tenant() {
    let server = Server::with(&["acme"]);
    server.state().protected.push("acme");
    let folder = TempDir::new().unwrap();
    assert_snapshot!("delete_protected", against(&server, folder.path(), &["delete", "acme", "--yes"]));
}

#[test]
fn rollback_writes_the_earlier_source_again() {
    let server = Server::start();
    let first = format!("# the first\n{}", definition("acme", ""));
    server.state().store("acme", first.clone(), "application/yaml", "Create");
    server.state().store("acme", definition("acme", "suspend: true"), "application/yaml", "Update");
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str]| against(&server, folder.path(), arguments);
    assert_snapshot!("history_definitions", run(&["history", "acme", "--definitions"]));
    assert_snapshot!("rollback_unknown", run(&["rollback", "acme", "--to", "2"]));
    assert_snapshot!("rollback_live", run(&["rollback", "acme", "--to", "3"]));
    assert!(server.writes().is_empty());
    assert_snapshot!("rollback", run(&["rollback", "acme", "--to", "1"]));
    let state = server.state();
    let sources: Vec<&str> = state.tenants["acme"].definitions.iter().map(|kept| kept.source.as_str()).collect();
    assert_eq!(sources, [first.as_str(), &definition("acme", "suspend: true"), first.as_str()]);
}

#[test]
fn rollback_restores_a_deleted_tenant() {
    let server = Server::with(&["acme"]);
    let folder = TempDir::new().unwrap();
    against(&server, folder.path(), &["delete", "acme", "--yes", "-q"]);
    assert_snapshot!("rollback_deleted", against(&server, folder.path(), &["rollback", "acme", "--to", "1"]));
    assert!(server.state().tenants["acme"].live);
}
