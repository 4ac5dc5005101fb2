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

/// What `sync` takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct SyncArguments {
    /// The range.
    #[command(flatten)]
    pub(crate) range: RangeArguments,
    /// Refuse to delete more tenants than this, before anything is done
    #[arg(long, default_value_t = 3, value_name = "NUMBER")]
    pub(crate) max_deletes: usize,
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
