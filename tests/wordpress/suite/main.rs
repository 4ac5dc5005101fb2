//! Plugins that really install, on a real WordPress: Debian's, with PHP and MariaDB, over the sandbox's buckets, with the
//! runtime's own configuration. `tests/tools` installs what is needed; without it a test says 'skipped', and in CI it fails.
//!
//! - `world`: a database server, sites, revisions that serve, archives, the installer.
//! - `cases`: what is done to a site, each ending with what a visitor gets and what the database says.

mod cases;
mod world;
