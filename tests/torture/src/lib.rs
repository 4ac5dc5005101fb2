//! Torture: real functions, real Terraform, the sandbox's provider; killed without a warning, one by one or all at once, at
//! a moment drawn from a seed, while tenants are made, changed, given other plugins, deleted, restored and repaired. After
//! each kill: a restart, at most two sweeps, and every tenant is as its definition says: cloud, state, status and journal.
//!
//! The seed draws deeds, victims and moments; what the machine has come to at a moment is the machine's, so a second run of
//! a seed tries the same again rather than repeats it.
//!
//! - `deeds`: what is done; `wanted`: what must come of it.
//! - `victims`: who is killed.
//! - `round`: from the first deed to the verdict.
//! - `check`: the verdict, tenant by tenant: cloud, state, plugins, journal.
//! - `tally`: what was killed where.

mod check;
mod deeds;
mod plane;
mod round;
mod tally;
mod victims;
mod wanted;

use rand::SeedableRng as _;
use rand::rngs::StdRng;

pub use tally::Tally;

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

/// Kills until enough is killed, or something is not as it must be.
///
/// # Panics
/// When the control plane does not start.
pub async fn torture(settings: Settings, mut tell: impl FnMut(&str)) -> Tally {
    let mut random = StdRng::seed_from_u64(settings.seed);
    let mut tally = Tally::default();
    let mut bench = match round::Bench::start(settings.tenants).await {
        Ok(bench) => bench,
        Err(error) => {
            tally.failures.push(format!("nothing was begun: {error}"));
            return tally;
        }
    };
    while tally.kills() < settings.kills && tally.failures.is_empty() {
        let told = bench.round(&mut random, &mut tally).await;
        tell(&format!("moment {:>4}, {:>5} kills: {told}", tally.moments, tally.kills()));
    }
    bench.last_words(&mut tally).await;
    tally
}
