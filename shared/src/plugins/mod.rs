//! Plugins, from what is wanted to what a site runs: the **lock** (exact versions of exact archives), the **contract** with
//! the program that installs them, and the ports to whoever knows plugins and whoever installs them. In which order that
//! happens is decided and done in `reconcile`.

mod contract;
mod directory;
mod installer;
mod lists;
mod lock;
mod resolve;
mod source;
mod verdict;
mod wanted;

#[cfg(test)]
mod fuzz;

pub use contract::{
    Health, InstallPhase, InstallRequest, InstallStatus, PluginReport, PluginResult, Probe, Report, effective,
};
#[cfg(any(test, feature = "contract"))]
pub use directory::memory::MemoryDirectory;
pub use directory::{Archive, DirectoryError, MOST_ARCHIVE_BYTES, PluginDirectory};
#[cfg(feature = "gcs")]
pub use directory::{DirectorySettings, WordPressOrg};
#[cfg(any(feature = "server", feature = "gcs"))]
pub use installer::Exchange;
#[cfg(any(test, feature = "contract"))]
pub use installer::memory::MemoryInstaller;
#[cfg(feature = "server")]
pub use installer::{AttachedSite, InstallerProcess, ProcessSettings};
#[cfg(feature = "gcs")]
pub use installer::{CloudRunJobs, InvalidJobName, JobName, JobsSettings};
pub use installer::{InstallError, InstallRun, NoInstaller, PluginInstaller};
#[cfg(any(test, feature = "contract"))]
pub use lists::MemoryBuckets;
pub use lists::{Buckets, ListAddress, PluginLists, address};
pub use lock::{InvalidPluginName, InvalidPluginVersion, Lock, LockedPlugin, LockedTwice, PluginName, PluginVersion};
pub use resolve::{Resolution, ResolveError, Resolver};
#[cfg(feature = "server")]
pub(crate) use source::names_a_user;
pub use source::{InvalidSource, Source};
pub use verdict::{Setback, failures, only_sends_home, outcome};
pub use wanted::{wanted, wanted_digest};
