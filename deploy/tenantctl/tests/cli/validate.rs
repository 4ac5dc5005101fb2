//! `validate`: offline, everything at once.

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::ctl::{definition, offline, write};

#[test]
fn a_good_folder() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "tenants/acme.yaml", &definition("acme", ""));
    write(
        folder.path(),
        "tenants/eu/beta.json",
        r#"{"apiVersion":"aipress.io/v1alpha1","kind":"Tenant","metadata":{"name":"beta"},"spec":{}}"#,
    );
    write(folder.path(), "tenants/README.md", "Not a definition.");
    write(folder.path(), "tenants/.yamllint.yaml", "rules: {}");
    assert_snapshot!("validate_good", offline(folder.path(), &["validate", "tenants"]));
}

fn bad() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "t/acme.yaml", &definition("acme", "runtime: {scaling: {maxInstance: 3}}, suspend: perhaps"));
    write(folder.path(), "t/beta.yaml", &definition("gamma", ""));
    write(folder.path(), "t/delta.yaml", &definition("delta", ""));
    write(folder.path(), "t/old/delta.yml", &definition("delta", ""));
    write(folder.path(), "t/Bad_Name.yaml", &definition("acme", ""));
    write(folder.path(), "t/syntax.yaml", "apiVersion: [\n");
    folder
}

#[test]
fn every_problem_of_every_file() {
    assert_snapshot!("validate_bad", offline(bad().path(), &["validate", "t"]));
}

#[test]
fn problems_for_programs() {
    let folder = bad();
    assert_snapshot!("validate_bad_json", offline(folder.path(), &["validate", "t/beta.yaml", "-o", "json", "-q"]));
    assert_snapshot!("validate_bad_yaml", offline(folder.path(), &["validate", "t/beta.yaml", "-o", "yaml", "-q"]));
}

#[test]
fn what_holds_no_definition() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "empty/README.md", "");
    for (name, path) in [("missing", "nowhere"), ("empty", "empty"), ("other", "empty/README.md")] {
        assert_snapshot!(format!("validate_{name}"), offline(folder.path(), &["validate", path]));
    }
}
