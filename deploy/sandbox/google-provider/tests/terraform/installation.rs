//! What the binary does by itself: lay itself out, and say what it is to whom starts it by hand.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::workspace::files;

const BINARY: &str = env!("CARGO_BIN_EXE_sandbox-google-provider");

fn install(into: &Path) -> PathBuf {
    let output = Command::new(BINARY).arg("--install").arg(into).output().unwrap();
    assert!(output.status.success());
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

#[test]
fn lays_out_both_providers_for_both_registries_and_again() {
    let folder = TempDir::new().unwrap();
    for _ in 0..2 {
        let config = install(&folder.path().join("made/on/demand"));
        let text = fs::read_to_string(&config).unwrap();
        assert!(text.contains("filesystem_mirror") && !text.contains("direct"), "{text}");
        let mirror = config.parent().unwrap().join("mirror");
        let mut found: Vec<_> =
            files(&mirror).iter().map(|path| path.strip_prefix(&mirror).unwrap().display().to_string()).collect();
        found.sort();
        let platform = found[0].split('/').nth(4).unwrap().to_owned();
        let expected = ["registry.opentofu.org", "registry.terraform.io"].into_iter().flat_map(|registry| {
            ["google/7.45.0", "random/3.9.0"].map(|provider| {
                let (name, version) = provider.split_once('/').unwrap();
                format!("{registry}/hashicorp/{provider}/{platform}/terraform-provider-{name}_v{version}_x5")
            })
        });
        assert_eq!(found, expected.collect::<Vec<_>>());
    }
}

#[test]
fn says_what_it_is_when_it_is_started_by_hand() {
    for arguments in [&[][..], &["--help"], &["--install"]] {
        let output = Command::new(BINARY).args(arguments).env_remove("TF_PLUGIN_MAGIC_COOKIE").output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty(), "standard output belongs to the handshake");
        assert!(String::from_utf8(output.stderr).unwrap().contains("--install DIR"));
    }
}
