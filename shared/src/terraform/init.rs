//! The initialised module that every run links to: made once, or found as it was made.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::hcl;
use super::module::Module;
use super::program::{Identity, Program};
use super::settings::StartError;
use crate::digest::Digest;

/// Where `init` puts providers.
pub(super) const DATA: &str = ".terraform";
/// Which providers, by version and checksum.
pub(super) const LOCK_FILE: &str = ".terraform.lock.hcl";
const STAMP: &str = "prepared.json";

/// An initialised folder.
pub(super) struct Init {
    /// Where.
    pub(super) folder: PathBuf,
    /// Names the module, its providers and the program.
    pub(super) digest: Digest,
    /// Removes the folder with the engine that made it.
    _made: Option<TempDir>,
}

/// What a prepared folder was made of.
#[derive(Serialize, Deserialize)]
struct Stamp {
    program: Identity,
    version: String,
    digest: Digest,
}

impl Init {
    /// The folder as prepared earlier, if it was made of exactly this module and this program. Starts no process.
    pub(super) fn found(folder: &Path, program: &Program, module: &Module) -> Option<Self> {
        let folder = std::path::absolute(folder).ok()?;
        let stamp: Stamp = serde_json::from_slice(&std::fs::read(folder.join(STAMP)).ok()?).ok()?;
        let fits = stamp.program == program.identity().ok()?
            && stamp.digest == platform_digest(module, &folder, &stamp.version)
            && folder.join(DATA).is_dir();
        fits.then_some(Self { folder, digest: stamp.digest, _made: None })
    }

    /// Initialises the module in a folder of its own under `work`, which goes with this value. `nowhere` is an address
    /// at which there is no state.
    pub(super) async fn make(
        work: &Path,
        program: &Program,
        module: &Module,
        lock_file: Option<&Path>,
        nowhere: &str,
    ) -> Result<Self, StartError> {
        let failed = |error: std::io::Error| StartError::Folder { folder: work.to_owned(), reason: error.to_string() };
        let made = tempfile::Builder::new().prefix("init-").tempdir_in(work).map_err(failed)?;
        let version = initialise(made.path(), program, module, lock_file, nowhere).await?;
        let digest = platform_digest(module, made.path(), &version);
        Ok(Self { folder: made.path().to_owned(), digest, _made: Some(made) })
    }

    /// Initialises the module in `folder`, which is replaced, and keeps it there for later starts.
    pub(super) async fn prepare(
        folder: &Path,
        program: &Program,
        module: &Module,
        lock_file: Option<&Path>,
        nowhere: &str,
    ) -> Result<Digest, StartError> {
        let failed =
            |error: std::io::Error| StartError::Folder { folder: folder.to_owned(), reason: error.to_string() };
        let folder = std::path::absolute(folder).map_err(failed)?;
        if folder.join(STAMP).exists() {
            std::fs::remove_dir_all(&folder).map_err(failed)?;
        }
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let version = initialise(&folder, program, module, lock_file, nowhere).await?;
        let digest = platform_digest(module, &folder, &version);
        let stamp = Stamp { program: program.identity()?, version, digest };
        let text = serde_json::to_vec_pretty(&stamp).map_err(std::io::Error::from).map_err(failed)?;
        std::fs::write(folder.join(STAMP), text).map_err(failed)?;
        Ok(digest)
    }
}

/// Says the program's version.
async fn initialise(
    folder: &Path,
    program: &Program,
    module: &Module,
    lock_file: Option<&Path>,
    nowhere: &str,
) -> Result<String, StartError> {
    let failed = |error: std::io::Error| StartError::Folder { folder: folder.to_owned(), reason: error.to_string() };
    let version = program.version().await?;
    for (name, path) in module.files() {
        symlink(path, folder.join(name)).map_err(failed)?;
    }
    let mut arguments = vec!["init", "-no-color", "-input=false"];
    if let Some(lock_file) = lock_file {
        std::fs::copy(lock_file, folder.join(LOCK_FILE)).map_err(failed)?;
        arguments.push("-lockfile=readonly");
    }
    let address = ("TF_HTTP_ADDRESS".to_owned(), nowhere.to_owned());
    let (exit, out, err) = program.ask(folder, &arguments, &[address]).await?;
    if exit.success {
        return Ok(version);
    }
    let said = if err.trim().is_empty() { out } else { err };
    Err(StartError::Init { reason: program.redactor.redact(said.trim()) })
}

/// Checksums are left out of it: they differ from platform to platform for the same provider.
fn platform_digest(module: &Module, folder: &Path, version: &str) -> Digest {
    let lock_file = std::fs::read_to_string(folder.join(LOCK_FILE)).unwrap_or_default();
    let providers: Vec<String> = hcl::blocks(&lock_file)
        .iter()
        .filter(|block| block.header.first().is_some_and(|word| word == "provider"))
        .map(|block| format!("{} {}", block.header.join(" "), block.attribute("version").unwrap_or_default()))
        .collect();
    let parts = std::iter::once(version.as_bytes()).chain(providers.iter().map(String::as_bytes)).chain(module.parts());
    Digest::of_parts(parts)
}
