//! Everything a case needs: one database server and one WordPress a process, a database and folders a site.

mod archive;
mod database;
mod here;
mod hosted;
mod installer;
mod revision;
mod site;
mod tasks;

pub(crate) use archive::{Archive, PHP};
pub(crate) use hosted::{BUNDLES, Hosted, plugins_condition};
pub(crate) use installer::Done;
pub(crate) use revision::Revision;
pub(crate) use site::{Rollout, Site};
pub(crate) use tasks::TaskQueue;

use std::sync::Arc;

use database::Database;
use end_to_end::Storage;
use sandbox_gcs::{Bucket, Sandbox, Settings};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// The bucket of bundles.
pub(crate) const ARTIFACTS: &str = "artifacts";

/// One server for all tests of this process; it ends with it.
static DATABASE: OnceCell<Database> = OnceCell::const_new();

/// What all sites of one test stand on.
pub(crate) struct World {
    folder: TempDir,
    database: &'static Database,
    _sandbox: Sandbox,
    pub(crate) storage: Storage,
}

impl World {
    /// `None`, and 'skipped' with the reason, where there is no WordPress, PHP or `MariaDB`.
    pub(crate) async fn new() -> Option<Arc<Self>> {
        if !here::everything_is() {
            return None;
        }
        let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let database = DATABASE.get_or_init(Database::start).await;
        let mut settings = Settings::new(folder.path().join("buckets"));
        settings.buckets.push(Bucket { name: ARTIFACTS.parse().unwrap(), versioning: false });
        let sandbox = Sandbox::start(settings).await.unwrap();
        let storage = Storage::new(sandbox.endpoint());
        Some(Arc::new(Self { folder, database, _sandbox: sandbox, storage }))
    }

    /// A site of this name, installed and without plugins.
    pub(crate) async fn site(self: &Arc<Self>, name: &str) -> Site {
        self.database.create(name, true).await;
        Site::new(Arc::clone(self), name)
    }

    /// A site of this name that nobody has installed yet.
    pub(crate) async fn blank_site(self: &Arc<Self>, name: &str) -> Site {
        self.database.create(name, false).await;
        Site::new(Arc::clone(self), name)
    }
}
