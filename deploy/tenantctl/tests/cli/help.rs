//! What the program says of itself.

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::ctl::offline;

#[test]
fn help() {
    let folder = TempDir::new().unwrap();
    assert_snapshot!("help", offline(folder.path(), &["--help"]));
    assert_snapshot!("help_sync", offline(folder.path(), &["sync", "--help"]));
    assert_eq!(offline(folder.path(), &["frobnicate"]).code, 2);
}

#[test]
fn the_schema_is_the_one_definitions_are_checked_with() {
    let folder = TempDir::new().unwrap();
    let ran = offline(folder.path(), &["schema"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, tenancy::tenant::SCHEMA));
}

#[test]
fn completions_name_the_commands() {
    let folder = TempDir::new().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = offline(folder.path(), &["completions", shell]);
        assert_eq!(ran.code, 0, "{shell}");
        for command in ["validate", "rollback", "sync"] {
            assert!(ran.out.contains(command), "{shell}: {command}");
        }
    }
}
