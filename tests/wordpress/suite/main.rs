//! Plugins that really install, on a real WordPress: Debian's, with PHP and `MariaDB`, over the sandbox's buckets, with the
//! runtime's own configuration. `tests/tools` installs what is needed; without it a test says 'skipped', and in CI it fails.
//!
//! - `world`: a database server, sites, revisions that serve, archives, the installer.
//! - `cases`: what is done to a site, each ending with what a visitor gets and what the database says.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails where it stands, and says what it skips"
)]

mod cases;
mod world;
