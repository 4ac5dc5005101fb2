//! `sync`: the pipeline's one command.

use insta::assert_snapshot;

use crate::ctl::{Ran, against};
use crate::repository::Repository;
use crate::server::{Fault, Server};

/// Long enough that git does not take the file for another one renamed.
const UNLIKE_OTHERS: &str = "deletionProtection: true, runtime: {scaling: {minInstances: 1, maxInstances: 2}}, \
                             customDomains: [www.delta.example, shop.delta.example]";

fn sync(server: &Server, repository: &Repository, from: &str, more: &[&str]) -> Ran {
    let mut ran = against(server, repository.path(), &[&["sync", "--from", from, "--parallel", "1"], more].concat());
    let head = repository.git(&["rev-parse", "HEAD"]);
    ran.err = ran.err.replace(&head[..10], "TO");
    ran
}

/// Three tenants that are there, then one of each change.
fn changed() -> (Repository, String, Server) {
    let repository = Repository::new();
    repository.tenant("acme", "").tenant("beta", "").tenant("same", "");
    let from = repository.commit();
    repository.tenant("acme", "suspend: true").tenant("delta", UNLIKE_OTHERS);
    repository.remove("tenants/beta.yaml").commit();
    (repository, from, Server::with(&["acme", "beta", "same"]))
}

#[test]
fn one_of_each() {
    let (repository, from, server) = changed();
    assert_snapshot!("sync_dry_run", sync(&server, &repository, &from, &["--dry-run"]));
    assert!(server.state().requests.is_empty());
    // Not the work tree's, the revision's.
    repository.tenant("acme", "suspend: false");
    assert_snapshot!("sync", sync(&server, &repository, &from, &["--max-deletes", "1"]));
    assert_eq!(server.writes(), ["POST /tenants", "PUT /tenants/acme", "DELETE /tenants/beta"]);
    assert!(server.state().tenants["acme"].definitions.last().unwrap().source.contains("suspend: true"));
}

#[test]
fn again_after_it_was_done() {
    let (repository, from, server) = changed();
    sync(&server, &repository, &from, &[]);
    assert_snapshot!("sync_again", sync(&server, &repository, &from, &["-o", "json"]));
}

#[test]
fn nothing_is_called_when_any_file_is_invalid() {
    let (repository, _, server) = changed();
    let from = repository.git(&["rev-parse", "HEAD"]);
    repository.tenant("good", "").commit();
    repository.write("tenants/same.yaml", &crate::ctl::definition("same", "suspend: 7"));
    repository.commit();
    let bad = repository.git(&["rev-parse", "HEAD"]);
    repository.tenant("good", "suspend: true").commit();
    // The bad file is not even in the range.
    assert_snapshot!("sync_invalid", sync(&server, &repository, &bad, &[]));
    assert_eq!(sync(&server, &repository, &from, &[]).code, 3);
    assert!(server.state().requests.is_empty());
}

#[test]
fn too_many_deletions() {
    let (repository, from, server) = changed();
    repository.remove("tenants/same.yaml").commit();
    assert_snapshot!("sync_too_many", sync(&server, &repository, &from, &["--max-deletes", "1"]));
    assert!(server.state().requests.is_empty());
}

#[test]
fn an_empty_folder_deletes_nothing() {
    let repository = Repository::new();
    repository.tenant("acme", "");
    let from = repository.commit();
    repository.remove("tenants/acme.yaml").commit();
    let server = Server::with(&["acme"]);
    assert_snapshot!("sync_empty", sync(&server, &repository, &from, &["--max-deletes", "9"]));
    assert_snapshot!("sync_other_folder", sync(&server, &repository, &from, &["--folder", "tenant"]));
    assert!(server.state().requests.is_empty());
}

#[test]
fn a_rename_is_allowed_or_not_done() {
    let repository = Repository::new();
    repository.tenant("acme", "customDomains: [www.acme.example, shop.acme.example]").tenant("same", "");
    let from = repository.commit();
    repository.remove("tenants/acme.yaml");
    repository.tenant("acme-two", "customDomains: [www.acme.example, shop.acme.example]").commit();
    let server = Server::with(&["acme", "same"]);
    assert_snapshot!("sync_rename", sync(&server, &repository, &from, &[]));
    assert!(server.state().requests.is_empty());
    assert_snapshot!("sync_rename_allowed", sync(&server, &repository, &from, &["--allow-rename"]));
    assert_eq!(server.writes(), ["POST /tenants", "DELETE /tenants/acme"]);
}

#[test]
fn the_old_name_stays_when_the_new_one_fails() {
    let repository = Repository::new();
    repository.tenant("acme", "").tenant("same", UNLIKE_OTHERS);
    let from = repository.commit();
    repository.git(&["mv", "tenants/acme.yaml", "tenants/acme-two.yaml"]);
    repository.tenant("acme-two", "").commit();
    let server = Server::with(&["acme", "same"]);
    server.fault("acme-two", Fault::Operation { reason: "APPLY_FAILED", message: "the quota is used up" });
    assert_snapshot!("sync_rename_failed", sync(&server, &repository, &from, &["--allow-rename"]));
    assert!(server.state().tenants["acme"].live);
}

#[test]
fn planned_before_it_is_merged() {
    let (repository, from, server) = changed();
    let plan = |arguments: &[&str]| against(&server, repository.path(), arguments);
    assert_snapshot!("plan_range", plan(&["plan", "--from", &from]));
    assert_snapshot!("plan_range_markdown", plan(&["plan", "--from", &from, "-q", "-o", "markdown"]));
    assert_snapshot!("plan_usage", plan(&["plan"]));
    assert!(server.writes().iter().all(|write| write.ends_with("?dryRun=true")));
}

#[test]
fn the_others_go_on_after_a_failure() {
    let (repository, from, server) = changed();
    server.fault("delta", Fault::Problem { status: 500, reason: "INTERNAL", retry_after: None });
    server.fault("acme", Fault::Operation { reason: "HELD", message: "the change would destroy data" });
    assert_snapshot!("sync_partial", sync(&server, &repository, &from, &["--retry-for", "0"]));
    assert!(!server.state().tenants["beta"].live);
}

#[test]
fn later_is_tried_again() {
    let (repository, from, server) = changed();
    server.fault("acme", Fault::Problem { status: 503, reason: "WORKSPACE_LOCKED", retry_after: Some(1) });
    let ran = sync(&server, &repository, &from, &["-q"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(server.writes().iter().filter(|write| *write == "PUT /tenants/acme").count(), 2);
}

#[test]
fn a_first_push_and_a_forced_one_delete_nothing() {
    let (repository, from, server) = changed();
    assert_snapshot!("sync_first", sync(&server, &repository, &"0".repeat(40), &[]));
    repository.git(&["reset", "--quiet", "--hard", &from]);
    let other = repository.tenant("beta", "suspend: true").commit();
    repository.git(&["reset", "--quiet", "--hard", &from]);
    repository.remove("tenants/beta.yaml").commit();
    assert_eq!(sync(&server, &repository, &other, &[]).code, 0);
    assert!(server.state().tenants["beta"].live);
}

#[test]
fn compared_with_the_tenants_that_are_there() {
    let (repository, _, server) = changed();
    let full = |more: &[&str]| {
        let mut ran = against(&server, repository.path(), &[&["sync", "--full", "--parallel", "1"], more].concat());
        ran.err = ran.err.replace(&repository.git(&["rev-parse", "HEAD"])[..10], "TO");
        ran
    };
    assert_snapshot!("sync_full_refused", full(&[]));
    assert!(server.writes().is_empty());
    assert_snapshot!("sync_full", full(&["--max-deletes", "1", "-o", "markdown"]));
    assert_eq!(server.writes(), ["POST /tenants", "PUT /tenants/acme", "PUT /tenants/same", "DELETE /tenants/beta"]);
    assert_eq!(sync(&server, &repository, "HEAD", &["--full"]).code, 2, "either a revision or everything");
}

#[test]
fn at_once_and_each_to_its_end() {
    let repository = Repository::new();
    let names: Vec<String> = (0..12).map(|number| format!("tenant-{number}")).collect();
    for name in &names {
        repository.tenant(name, "");
    }
    repository.commit();
    let server = Server::start();
    let ran = against(&server, repository.path(), &["sync", "--parallel", "8", "-q", "-o", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out.matches("\"result\": \"created\"").count(), 12);
    assert!(
        server.state().tenants.values().all(|tenant| tenant.operations.iter().all(|operation| operation.looks == 2))
    );
}
