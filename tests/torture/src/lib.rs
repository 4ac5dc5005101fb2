//! Torture: real functions, real Terraform, the sandbox's provider; killed without a warning, one by one or all at once, at
//! a moment drawn from a seed, while tenants are made, changed, deleted, restored and repaired. After each kill: a restart,
//! at most two sweeps, and every tenant is as its definition says: cloud, state, status and journal.
//!
//! - `tenants`: what is done, and what must come of it.
//! - `victims`: who is killed.
//! - `round`: one kill from the first deed to the verdict.

mod round;
mod tenants;
mod victims;

use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

pub use tenants::Deed;

/// What to do.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Decides deeds, victims and moments.
    pub seed: u64,
    /// Ends after so many killed processes.
    pub kills: usize,
    /// Tenants at once.
    pub tenants: usize,
}

/// What came of it.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Processes killed while something was under way.
    pub kills: usize,
    /// Moments at which they were killed.
    pub rounds: usize,
    /// Of them, with the serving process among the killed.
    pub functions: usize,
    /// What was not as it must be.
    pub failures: Vec<String>,
}

/// Kills until enough is killed, or something is not as it must be.
///
/// # Panics
/// When the control plane does not start.
pub async fn torture(settings: Settings, mut tell: impl FnMut(&str)) -> Tally {
    let mut random = StdRng::seed_from_u64(settings.seed);
    let mut bench = round::Bench::start(settings.tenants).await;
    let mut tally = Tally::default();
    while tally.kills < settings.kills && tally.failures.is_empty() {
        tally.rounds += 1;
        let told = bench.round(&mut random, &mut tally).await;
        tell(&format!("round {:>4}, {:>5} kills: {told}", tally.rounds, tally.kills));
    }
    tally.failures.extend(bench.states().await);
    tally
}

/// A lease's term on the tortured platform: what a dead process keeps its tenants for.
const LEASE: Duration = Duration::from_secs(3);

/// The local settings with short terms, and a breaker that never holds.
fn platform() -> String {
    let local = include_str!("../../../deploy/local/platform.yaml");
    let changes = [
        ("  runs: 4", "  runs: 4\n  leaseSeconds: 3\n  waitSeconds: 5\n  runSeconds: 60"),
        ("  graceSeconds: 60", "  graceSeconds: 2\n  breakerCount: 1000\n  breakerShare: 1.0"),
        ("  intervalSeconds: 60", "  intervalSeconds: 0"),
        ("  firstSeconds: 15", "  firstSeconds: 1"),
        ("  mostSeconds: 120", "  mostSeconds: 2"),
    ];
    changes.iter().fold(local.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "the local platform no longer says '{old}'");
        text.replacen(old, new, 1)
    })
}
