//! How a change of the platform reaches the tenants that are there.

use serde::{Deserialize, Serialize};

use super::InvalidPlatform;

/// What surrounds rollouts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Rollout {
    /// Whether a rollout begins by itself; otherwise it waits, paused, until somebody resumes it. Default true.
    pub automatic: bool,
    /// Tenants with this label are the first. Default `canary`.
    pub canary_label: String,
    /// What share of the fleet, 0 to 1, has its turn by the end of each wave after the canaries'; growing, the last 1.
    /// Default 0.02, 0.1, 0.4, 1.
    pub waves: Vec<f64>,
    /// Seconds a wave's tenants have to stay well before the next wave begins. Default 900.
    pub soak_seconds: u64,
    /// Share of the touched tenants, 0 to 1, that may fail. Default 0.02.
    pub failure_share: f64,
    /// Failed tenants that are the most there may be, however many were touched. Default 10.
    pub failure_most: usize,
    /// Tenants one sweep hands out at most. Default 200.
    pub tenants_per_sweep: usize,
}

impl Default for Rollout {
    fn default() -> Self {
        Self {
            automatic: true,
            canary_label: "canary".to_owned(),
            waves: vec![0.02, 0.1, 0.4, 1.0],
            soak_seconds: 900,
            failure_share: 0.02,
            failure_most: 10,
            tenants_per_sweep: 200,
        }
    }
}

/// Whether the waves grow and end with the whole fleet.
pub(super) fn check(rollout: &Rollout) -> Result<(), InvalidPlatform> {
    let mut before = 0.0;
    for share in &rollout.waves {
        if !(*share > before && *share <= 1.0) {
            return Err(InvalidPlatform::Waves);
        }
        before = *share;
    }
    if before < 1.0 { Err(InvalidPlatform::Waves) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_grow_up_to_the_whole_fleet() {
        for (waves, fits) in [
            (vec![1.0], true),
            (vec![0.1, 1.0], true),
            (vec![], false),
            (vec![0.5], false),
            (vec![0.5, 0.5, 1.0], false),
            (vec![0.5, 0.1, 1.0], false),
            (vec![0.0, 1.0], false),
            (vec![0.5, 1.5], false),
            (vec![f64::NAN, 1.0], false),
        ] {
            let rollout = Rollout { waves: waves.clone(), ..Rollout::default() };
            assert_eq!(check(&rollout).is_ok(), fits, "{waves:?}");
        }
    }
}
