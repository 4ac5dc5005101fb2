//! What the commands about a range of history take.

use std::path::PathBuf;

use clap::Args;

use super::FollowArguments;

/// A range of a repository's history.
#[derive(Debug, Clone, Args)]
pub(crate) struct RangeArguments {
    /// The revision that was synced before; left out, all zeros or no ancestor of --to: every file counts as added
    #[arg(long, value_name = "REVISION")]
    pub(crate) from: Option<String>,
    /// The revision to sync
    #[arg(long, default_value = "HEAD", value_name = "REVISION")]
    pub(crate) to: String,
    /// The repository
    #[arg(long, default_value = ".", value_name = "FOLDER")]
    pub(crate) repo: PathBuf,
    /// The folder of definitions within it
    #[arg(long, default_value = "tenants", value_name = "FOLDER")]
    pub(crate) folder: String,
}

/// Deletions that are let through when nothing is said: a few that a change is seen to make, none that only follow from
/// a comparison, since a tenant may have come by another way than this repository.
const DELETES: usize = 3;

impl SyncArguments {
    /// Deletions that are let through.
    pub(crate) fn deletes(&self) -> usize {
        self.max_deletes.unwrap_or(if self.full { 0 } else { DELETES })
    }
}

/// What `sync` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SyncArguments {
    /// The range.
    #[command(flatten)]
    pub(crate) range: RangeArguments,
    /// Compare with the tenants that are there instead of an earlier revision: for a forced push, or when it is not known
    /// what was synced before
    #[arg(long, conflicts_with = "from")]
    pub(crate) full: bool,
    /// Refuse to delete more tenants than this, before anything is done [default: 3; with --full: 0]
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_deletes: Option<usize>,
    /// Allow renamed tenants: the old one is deleted with its data, the new one starts empty
    #[arg(long)]
    pub(crate) allow_rename: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How long to follow.
    #[command(flatten)]
    pub(crate) follow: FollowArguments,
}
