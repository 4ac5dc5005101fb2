//! `get`, `list`, `history`, `logs`.

use insta::assert_snapshot;
use serde_json::json;
use tempfile::TempDir;

use crate::ctl::{Ran, against};
use crate::server::Server;

fn run(server: &Server, arguments: &[&str]) -> Ran {
    let folder = TempDir::new().unwrap();
    against(server, folder.path(), arguments)
}

#[test]
fn one_tenant() {
    let server = Server::with(&["acme"]);
    assert_snapshot!("get", run(&server, &["get", "acme"]));
    assert_snapshot!("get_color", run(&server, &["get", "acme", "--color", "always"]));
    assert_snapshot!("get_json", run(&server, &["get", "acme", "-o", "json"]));
    assert_snapshot!("get_yaml", run(&server, &["get", "acme", "-o", "yaml"]));
    assert_snapshot!("get_missing", run(&server, &["get", "beta"]));
}

#[test]
fn a_tenants_plugins() {
    let server = Server::with(&["acme"]);
    let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
    let result = |name: &str, to: Option<&str>, required: bool, result: &str, message: &str| json!({ "name": name, "to": to, "required": required, "result": result, "message": message, "ms": 1 });
    server.state().tenants.get_mut("acme").unwrap().plugins = json!({
        "lockDigest": digest("1"), "bundle": digest("2"),
        "running": [{ "name": "woocommerce", "version": "9.4.1" }, { "name": "akismet", "version": "5.2" }],
        "results": [
            result("woocommerce", Some("9.4.1"), true, "applied", ""),
            result("akismet", Some("5.3"), false, "unhealthy-reverted", "/ answers 500"),
            result("gone", None, false, "not-found", "the plugin directory has no plugin of this name"),
        ],
    });
    assert_snapshot!("get_plugins", run(&server, &["get", "acme"]));
}

#[test]
fn many_tenants() {
    let server = Server::with(&["acme", "beta", "gamma"]);
    server.state().tenants.get_mut("gamma").unwrap().phase = "Failed";
    assert_snapshot!("list", run(&server, &["list"]));
    assert_snapshot!("list_failed", run(&server, &["list", "--phase", "Failed"]));
    assert_snapshot!("list_drifted", run(&server, &["list", "--drifted", "-q"]));
    assert_snapshot!("list_unknown_phase", run(&server, &["list", "--phase", "Happy"]));
}

#[test]
fn the_fleet() {
    let server = Server::with(&["acme", "beta", "gamma", "delta"]);
    server.state().tenants.get_mut("gamma").unwrap().phase = "Failed";
    server.state().tenants.get_mut("delta").unwrap().phase = "Held";
    assert_snapshot!("fleet", run(&server, &["fleet"]));
    assert_snapshot!("fleet_csv", run(&server, &["fleet", "-o", "csv"]));
    assert_eq!(run(&server, &["fleet", "-o", "json"]).out.matches("\"tenants\": 4").count(), 1);
    assert_snapshot!("top_without_a_terminal", run(&server, &["top"]));
}

#[test]
fn a_rollout() {
    let server = Server::with(&[]);
    assert_snapshot!("rollout", run(&server, &["rollout", "status"]));
    assert_snapshot!("rollout_undo", run(&server, &["rollout", "undo", "-o", "yaml"]));
    assert_snapshot!("rollout_refused", run(&server, &["rollout", "pause"]));
}

#[test]
fn every_page() {
    let server = Server::with(&["aaa", "bbb", "ccc", "ddd", "eee"]);
    server.state().page = Some(2);
    let ran = run(&server, &["list", "-o", "yaml"]);
    assert_eq!((ran.code, ran.out.matches("phase: Ready").count()), (0, 5));
    assert_eq!(server.state().requests.len(), 3);
}

#[test]
fn operations_and_their_logs() {
    let server = Server::with(&["acme"]);
    server.state().operation("acme", "DriftCheck", Some(1), None);
    assert_snapshot!("history", run(&server, &["history", "acme"]));
    assert_snapshot!("history_limited", run(&server, &["history", "acme", "--limit", "1", "-o", "json"]));
    assert_snapshot!("logs", run(&server, &["logs", "acme"]));
    assert_snapshot!("logs_follow", run(&server, &["logs", "acme", "--follow"]));
    assert_snapshot!("logs_unknown", run(&server, &["logs", "acme", "01JGJ7P9M00000000000000000"]));
    assert_snapshot!("logs_no_id", run(&server, &["logs", "acme", "latest"]));
}
