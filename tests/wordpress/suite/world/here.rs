//! What is on this machine, and where.

use std::path::{Path, PathBuf};

use end_to_end::installed;

/// The repository.
pub(super) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A WordPress as Debian packages it, never to be written to.
pub(super) fn wordpress() -> PathBuf {
    repository().join(".tools/wordpress/site")
}

/// The platform's part of the image.
pub(super) fn runtime() -> PathBuf {
    repository().join("deploy/images/wordpress-runtime")
}

/// Whether a site can be made here. CI never skips.
pub(super) fn everything_is() -> bool {
    let unpacked = wordpress().join("wp-load.php").is_file();
    if !unpacked {
        eprintln!("skipped: no WordPress in .tools/wordpress; run `make tools`");
    }
    let programs = ["php", "mariadbd", "mariadb", "mariadb-install-db", "setpriv"];
    let here = unpacked
        && programs.into_iter().all(|program| installed(program) || Path::new("/usr/sbin").join(program).exists());
    #[expect(clippy::disallowed_methods, reason = "whether skipping is allowed")]
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(here || !ci, "CI runs these tests: install tests/tools/debian.txt and run tests/tools/wordpress");
    here
}

/// A program with its arguments, ready to be started; what it inherits is said by whoever starts it.
#[expect(clippy::disallowed_methods, reason = "end-to-end tests run real programs")]
pub(super) fn command(program: &str) -> tokio::process::Command {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = tokio::process::Command::new(program);
    command.env_clear().env("PATH", format!("{path}:/usr/sbin")).kill_on_drop(true);
    command
}
