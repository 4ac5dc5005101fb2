//! A run's own folder: links to what all runs share, files of what is its own.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use tempfile::TempDir;

use super::init::{DATA, Init, LOCK_FILE};
use super::module::Module;
use crate::provision::Run;

/// The state that the process could not save.
const ERRORED: &str = "errored.tfstate";

/// Removed with this value.
pub(super) struct RunFolder(TempDir);

impl RunFolder {
    /// Makes it under `runs`. `guard` is the override that protects stateful resources.
    pub(super) fn make(
        runs: &Path,
        run: &Run,
        module: &Module,
        init: &Init,
        guard: Option<&str>,
    ) -> std::io::Result<Self> {
        let prefix = format!("{}-{}-", run.tenant, run.operation);
        let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(runs)?;
        let path = folder.path();
        for (name, file) in module.files() {
            symlink(file, path.join(name))?;
        }
        for shared in [DATA, LOCK_FILE] {
            let target = init.folder.join(shared);
            // A module without providers has no lock file.
            if target.exists() {
                symlink(target, path.join(shared))?;
            }
        }
        std::fs::write(path.join("tenant.auto.tfvars.json"), run.variables.as_json())?;
        if let Some(guard) = guard {
            std::fs::write(path.join("guard_override.tf.json"), guard)?;
        }
        Ok(Self(folder))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// The state that the process could not save, if there is one.
    pub(super) fn unsaved_state(&self) -> Option<Bytes> {
        std::fs::read(self.path().join(ERRORED)).ok().map(Bytes::from)
    }

    /// Keeps it for good.
    pub(super) fn keep(self) -> PathBuf {
        self.0.keep()
    }
}
