//! What can be done about a rollout.

use clap::Subcommand;

/// Shows the rollout, or asks something of it.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum RolloutAction {
    /// Show how it stands, wave by wave
    Status,
    /// Stop it for now
    Pause,
    /// Let it go on, whatever failed so far
    Resume,
    /// End it; tenants stay where they are
    Abort,
    /// Take it back: tenants that were moved get what they had
    Undo,
}
