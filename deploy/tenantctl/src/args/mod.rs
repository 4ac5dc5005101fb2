//! What can be typed. No meaning here: [`crate::commands`] gives it one.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tenancy::digest::Digest;
use tenancy::operation::OperationId;
use tenancy::store::Generation;
use tenancy::tenant::TenantId;

mod range;
mod rollout;

pub(crate) use range::{RangeArguments, SyncArguments};
pub(crate) use rollout::RolloutAction;

/// Tenants as code: validate definitions, apply them, follow what happens.
#[derive(Debug, Parser)]
#[command(name = "tenantctl", version, after_help = crate::exit::table(), max_term_width = 110)]
pub(crate) struct Arguments {
    /// For every command.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// For every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Address of the tenants API
    #[arg(long, global = true, env = "TENANTS_URL", default_value = "http://127.0.0.1:8080", value_name = "URL")]
    pub(crate) server: String,
    /// File with the bearer token; without it, the token is read from `TENANTS_TOKEN`
    #[arg(long, global = true, env = "TENANTS_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Command that prints the bearer token, such as `gcloud auth print-identity-token`; run by the shell, once
    #[arg(long, global = true, env = "TENANTS_TOKEN_COMMAND", conflicts_with = "token_file", value_name = "COMMAND")]
    pub(crate) token_command: Option<String>,
    /// How the result is written
    #[arg(short, long, global = true, value_enum, default_value_t = Form::Table, value_name = "FORM")]
    pub(crate) output: Form,
    /// When to use colour; `NO_COLOR` is respected
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
    /// Say nothing but the result and errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Seconds to wait for one answer
    #[arg(long, global = true, default_value = "60", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) request_timeout: Duration,
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    Table,
    /// For programs
    Json,
    /// For programs
    Yaml,
    /// For spreadsheets: the table
    Csv,
    /// For a comment on a pull request or a build's summary
    Markdown,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Everywhere
    Always,
    /// Nowhere
    Never,
}

/// How long to follow work.
#[derive(Debug, Clone, Args)]
pub(crate) struct FollowArguments {
    /// Do not wait for the work to end; say which operation does it
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Seconds to follow one operation
    #[arg(long, default_value = "1800", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) wait_timeout: Duration,
    /// Tenants worked on at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64), value_name = "NUMBER")]
    pub(crate) parallel: u8,
    /// Seconds during which a tenant is tried again while the API says 'later'
    #[arg(long, default_value = "300", value_parser = seconds, value_name = "SECONDS")]
    pub(crate) retry_for: Duration,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check definition files, offline: every problem of every file at once
    Validate {
        /// Definition files, or folders of them
        #[arg(required = true, value_name = "FILE|FOLDER")]
        paths: Vec<PathBuf>,
    },
    /// Show what applying definition files, or syncing a range of history, would change
    Plan {
        /// Definition files, or folders of them
        #[arg(required_unless_present = "from", conflicts_with = "from", value_name = "FILE|FOLDER")]
        paths: Vec<PathBuf>,
        /// Instead of files.
        #[command(flatten)]
        range: RangeArguments,
        /// Tenants planned at once
        #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=64), value_name = "NUMBER")]
        parallel: u8,
    },
    /// Create or update the tenants of definition files, and follow the work
    Apply {
        /// Definition files, or folders of them
        #[arg(required = true, value_name = "FILE|FOLDER")]
        paths: Vec<PathBuf>,
        /// How long to follow.
        #[command(flatten)]
        follow: FollowArguments,
    },
    /// Show one tenant
    Get {
        /// Which
        tenant: TenantId,
    },
    /// List tenants
    List {
        /// Only tenants in this phase, such as Ready or Failed
        #[arg(long)]
        phase: Option<String>,
        /// Only tenants that drifted
        #[arg(long)]
        drifted: bool,
    },
    /// Show the fleet in numbers: phases, conditions, images, what is slow, what is held
    Fleet,
    /// Follow the fleet in numbers on a terminal, until `q`
    Top {
        /// Seconds between two looks
        #[arg(long, default_value = "5", value_parser = pause, value_name = "SECONDS")]
        every: Duration,
    },
    /// Show what of the fleet is not what was applied
    Drift,
    /// See how a change of the platform reaches the fleet, stop it, or take it back
    Rollout {
        /// What to do
        #[command(subcommand)]
        action: RolloutAction,
    },
    /// Delete a tenant and everything it has
    Delete {
        /// Which
        tenant: TenantId,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
        /// Without an export of its database
        #[arg(long)]
        force: bool,
        /// How long to follow.
        #[command(flatten)]
        follow: FollowArguments,
    },
    /// Let a held plan, or a held deletion, through: exactly the one of this digest, once
    Approve {
        /// Whose
        tenant: TenantId,
        /// As `apply`, `plan` or `get` says it
        digest: Digest,
        /// How long to follow.
        #[command(flatten)]
        follow: FollowArguments,
    },
    /// Bring a deleted tenant back with its last definition; says where the export of its database lies
    Undelete {
        /// Which
        tenant: TenantId,
        /// How long to follow.
        #[command(flatten)]
        follow: FollowArguments,
    },
    /// Show a tenant's operations, newest first
    History {
        /// Whose
        tenant: TenantId,
        /// The generations of its definition instead: what `rollback` can go back to
        #[arg(long)]
        definitions: bool,
        /// At most so many
        #[arg(long, default_value_t = 20, value_name = "NUMBER")]
        limit: usize,
    },
    /// Print an operation's log
    Logs {
        /// Whose
        tenant: TenantId,
        /// Which operation; the latest one if left out
        operation: Option<OperationId>,
        /// Print what is added until the operation ends
        #[arg(short, long)]
        follow: bool,
    },
    /// Make an earlier generation of a tenant's definition the new one
    Rollback {
        /// Whose
        tenant: TenantId,
        /// Which generation: see `history --definitions`
        #[arg(long, value_parser = generation, value_name = "GENERATION")]
        to: Generation,
        /// How long to follow.
        #[command(flatten)]
        follow: FollowArguments,
    },
    /// Install the newest versions of the plugins a tenant wants as `latest`
    UpgradePlugins {
        /// Whose
        tenant: TenantId,
        /// How long to follow.
        #[command(flatten)]
        follow: FollowArguments,
    },
    /// Say which tenants a range of a git repository's history adds, modifies, deletes and renames
    Changed(RangeArguments),
    /// Make the tenants follow a range of a git repository's history: the pipeline's one command
    Sync(SyncArguments),
    /// Print the JSON schema of definitions
    Schema,
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number: u64 = text.parse().map_err(|_| "write a whole number of seconds".to_owned())?;
    Ok(Duration::from_secs(number))
}

/// Between two questions: never none.
fn pause(text: &str) -> Result<Duration, String> {
    let pause = seconds(text)?;
    if pause.is_zero() { Err("at least a second".to_owned()) } else { Ok(pause) }
}

fn generation(text: &str) -> Result<Generation, String> {
    let number = text.parse().ok().and_then(Generation::new);
    number.ok_or_else(|| "a generation is a number above zero".to_owned())
}
