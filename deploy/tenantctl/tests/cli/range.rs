//! `changed`: what a range of history means.

use insta::assert_snapshot;

use crate::ctl::offline;
use crate::repository::Repository;

/// Commit ids are of the moment: `FROM`, `TO`.
fn changed(repository: &Repository, arguments: &[&str]) -> String {
    let ran = offline(repository.path(), &[&["changed"], arguments].concat());
    let head = repository.git(&["rev-parse", "HEAD"]);
    ran.to_string().replace(&head[..10], "TO")
}

#[test]
fn added_modified_deleted_renamed() {
    let repository = Repository::new();
    repository.tenant("acme", "").tenant("beta", "").tenant("gamma", "suspend: true").tenant("same", "");
    let from = repository.commit();
    repository
        .tenant("acme", "suspend: true")
        .tenant("delta", "deletionProtection: true, customDomains: [a.example, b.example]");
    repository.remove("tenants/gamma.yaml").write("README.md", "other");
    repository.git(&["mv", "tenants/beta.yaml", "tenants/beta-two.yaml"]);
    repository.git(&["mv", "tenants/same.yaml", "tenants/same.yml"]);
    repository.commit();
    // What lies in the work tree is not asked for.
    repository.tenant("uncommitted", "");
    assert_snapshot!("changed", changed(&repository, &["--from", &from]));
    assert_snapshot!("changed_json", changed(&repository, &["--from", &from, "-o", "json"]));
    assert_snapshot!("changed_nothing", changed(&repository, &["--from", "HEAD"]));
}

#[test]
fn a_merge_brings_what_its_branch_changed() {
    let repository = Repository::new();
    repository.tenant("acme", "");
    let from = repository.commit();
    repository.git(&["checkout", "--quiet", "-b", "feature"]);
    repository.tenant("beta", "").commit();
    repository.git(&["checkout", "--quiet", "main"]);
    repository.tenant("acme", "suspend: true").commit();
    repository.git(&["merge", "--quiet", "--no-ff", "--no-edit", "feature"]);
    assert_snapshot!("changed_merge", changed(&repository, &["--from", &from]));
}

#[test]
fn nothing_to_compare_with() {
    let repository = Repository::new();
    repository.tenant("acme", "");
    let base = repository.commit();
    let dropped = repository.tenant("beta", "").commit();
    repository.git(&["reset", "--quiet", "--hard", &base]);
    repository.tenant("gamma", "").commit();
    let zeros = "0".repeat(40);
    let gone = "1234567890".repeat(4);
    for (name, from) in [("zeros", zeros.as_str()), ("forced", &dropped), ("gone", &gone)] {
        let said = changed(&repository, &["--from", from]).replace(&dropped[..10], "FROM");
        assert_snapshot!(format!("changed_{name}"), said);
    }
    assert_snapshot!("changed_first", changed(&repository, &[]));
}

#[test]
fn what_is_no_range() {
    let repository = Repository::new();
    repository.tenant("acme", "").commit();
    assert_snapshot!("changed_no_revision", changed(&repository, &["--from", "mian"]));
    assert_snapshot!("changed_option", changed(&repository, &["--from=--output=/tmp/x"]));
    let elsewhere = tempfile::TempDir::new().unwrap();
    let ran = offline(elsewhere.path(), &["changed"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("not a git repository") && ran.err.contains("--repo"), "{}", ran.err);
}

#[test]
fn from_a_folder_within_the_repository() {
    let repository = Repository::new();
    repository.write("deploy/x.txt", "").commit();
    repository.write("a b/tenants/acme.yaml", &crate::ctl::definition("acme", ""));
    let from = repository.git(&["rev-parse", "HEAD"]);
    repository.commit();
    let ran = offline(&repository.path().join("deploy"), &["changed", "--from", &from, "--folder", "./a b/tenants/"]);
    assert_snapshot!("changed_within", ran);
}
