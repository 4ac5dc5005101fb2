//! One site: its database, what it runs, and the control plane's part in a roll-out.

use std::path::PathBuf;
use std::sync::Arc;

use tenancy::clock::{Clock as _, OperationIds as _, SystemClock, UlidIds};
use tenancy::digest::Digest;
use tenancy::plugins::{InstallPhase, InstallRequest, Lock, LockedPlugin, effective};

use super::database::site_folder;
use super::{ARTIFACTS, Archive, Done, Revision, World};

/// A site.
pub(crate) struct Site {
    pub(crate) world: Arc<World>,
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    /// The lock that it runs.
    pub(crate) before: Lock,
    more: Vec<(String, String)>,
}

/// What came of wanting other plugins.
pub(crate) struct Rollout {
    pub(crate) stage: Done,
    /// Not tried where staging failed.
    pub(crate) activate: Option<Done>,
}

impl Rollout {
    /// The exit code that says most.
    pub(crate) fn code(&self) -> i32 {
        let activate = self.activate.as_ref().map_or(0, |done| done.code);
        if activate == 0 { self.stage.code } else { activate }
    }

    /// What came of one plugin in the end.
    pub(crate) fn result(&self, plugin: &str) -> String {
        let staged = self.stage.result(plugin);
        let activated = self.activate.as_ref().map(|done| done.result(plugin)).unwrap_or_default();
        if staged.is_empty() || (staged == "staged" && !activated.is_empty()) { activated } else { staged }
    }

    /// And why.
    pub(crate) fn message(&self, plugin: &str) -> String {
        let activated = self.activate.as_ref().map(|done| done.message(plugin)).unwrap_or_default();
        if activated.is_empty() { self.stage.message(plugin) } else { activated }
    }

    /// How long it took.
    pub(crate) fn took(&self) -> std::time::Duration {
        self.stage.took + self.activate.as_ref().map(|done| done.took).unwrap_or_default()
    }
}

impl Site {
    pub(super) fn new(world: Arc<World>, name: &str) -> Self {
        let folder = world.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self { world, name: name.to_owned(), folder, before: Lock::default(), more: Vec::new() }
    }

    /// What the runtime and the installer get.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let mut environment = self.world.database.environment(&self.name);
        environment.push(("DISABLE_WP_CRON".to_owned(), "1".to_owned()));
        environment.extend(self.more.iter().cloned());
        environment
    }

    /// The installer's own WordPress.
    pub(crate) async fn job_folder(&self) -> PathBuf {
        let folder = self.folder.join("job");
        if !folder.exists() {
            site_folder(&folder).await;
        }
        folder
    }

    /// A plugin as locked, its archive in a file.
    pub(crate) fn locked(&self, archive: &Archive, required: bool) -> LockedPlugin {
        let zip = archive.zip();
        let file = self.folder.join(format!("{}.{}.zip", archive.name, archive.version));
        std::fs::write(&file, &zip).unwrap();
        LockedPlugin {
            name: archive.name.parse().unwrap(),
            version: archive.version.parse().unwrap(),
            sha256: Digest::of(&zip),
            source: format!("file://{}", file.display()).parse().unwrap(),
            required,
        }
    }

    /// A lock of these archives, none of them required.
    pub(crate) fn lock(&self, archives: &[Archive]) -> Lock {
        Lock::new(archives.iter().map(|archive| self.locked(archive, false)).collect()).unwrap()
    }

    /// A request for a lock, from what the site runs now.
    pub(crate) fn request(&self, lock: &Lock) -> InstallRequest {
        InstallRequest {
            tenant: self.name.parse().unwrap(),
            generation: None,
            operation: UlidIds::default().next(SystemClock.now()),
            artifacts_bucket: ARTIFACTS.to_owned(),
            before: self.before.clone(),
            lock: lock.clone(),
            settled: false,
            site_url: None,
        }
    }

    /// What the control plane does when other plugins are wanted, up to the digest that it would roll out.
    pub(crate) async fn roll_out(&mut self, lock: &Lock) -> Rollout {
        let request = self.request(lock);
        let stage = self.run(InstallPhase::Stage, &request).await;
        let staged = effective(&request, stage.report.status, &stage.report.plugins);
        assert_eq!(staged.bundle(), stage.report.bundle);
        if !stage.report.status.moves() {
            return Rollout { stage, activate: None };
        }
        let request = self.request(&staged);
        let activate = self.run(InstallPhase::Activate, &request).await;
        let active = effective(&request, activate.report.status, &activate.report.plugins);
        assert_eq!(active.bundle(), activate.report.bundle);
        if activate.report.status.moves() && active.bundle() != staged.bundle() {
            let request = self.request(&active);
            assert_eq!(
                self.run(InstallPhase::Stage, &request).await.code,
                0,
                "what works is staged without what broke"
            );
        }
        self.before = active;
        Rollout { stage, activate: Some(activate) }
    }

    /// The same, where everything is to work.
    pub(crate) async fn roll_out_well(&mut self, lock: &Lock) -> Rollout {
        let rollout = self.roll_out(lock).await;
        assert_eq!(rollout.code(), 0, "{:?} {:?}", rollout.stage, rollout.activate);
        rollout
    }

    /// A revision with the bundle that the site runs now.
    pub(crate) async fn serve(&self) -> Revision {
        Revision::start(self, self.before.bundle(), &[]).await.unwrap()
    }

    /// What the database calls active, in order.
    pub(crate) async fn active(&self) -> Vec<String> {
        let stored = self.option("active_plugins").await;
        // A serialised list of texts: every second quoted part.
        stored.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    }

    /// One option, as it is stored; empty if there is none.
    pub(crate) async fn option(&self, name: &str) -> String {
        let sql = format!("SELECT option_value FROM wp_options WHERE option_name = '{name}'");
        self.world.database.query(&self.name, &sql).await.trim_end().to_owned()
    }

    /// Changes the database behind everybody's back.
    pub(crate) async fn sql(&self, sql: &str) {
        self.world.database.query(&self.name, sql).await;
    }
}
