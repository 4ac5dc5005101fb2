//! The planned fleet: what a sweep over it costs where nothing is to be done, beside a loop that reads each tenant; a rollout;
//! and, with real Terraform, what a drift check costs as the fleet grows, and a thousand tenants that are changed at once.

mod changes;
mod checks;
mod rollout;
mod settled;
mod sweep;
mod terraform;

use crate::buckets::Buckets;
use crate::figure::Line;
use crate::report::progress;
use crate::settings::Settings;

/// Tenants of the rollout.
const ROLLED: usize = 500;

/// Measures all that is asked for.
pub(super) async fn all(settings: &Settings) -> Vec<Line> {
    let mut lines = Vec::new();
    if settings.wants("memory") {
        progress(&format!("memory: {} tenants", settings.tenants));
        lines.extend(Line::of("memory", sweep::in_memory(settings.tenants).await));
        progress(&format!("memory: a rollout over {ROLLED} tenants"));
        lines.extend(Line::of("memory", rollout::measure(ROLLED).await));
    }
    if settings.wants("storage") {
        progress(&format!("storage: {} tenants, two objects each", settings.tenants));
        let measured = match Buckets::make().await {
            Ok(buckets) => sweep::over_storage(&buckets, settings.tenants).await,
            Err(error) => Err(error),
        };
        lines.extend(Line::of("storage", measured));
    }
    if settings.wants("terraform") {
        progress(&format!("terraform: drift checks, and {} tenants changed at once", settings.changed));
        lines.extend(Line::of("terraform", terraform::measure(usize::from(settings.changed)).await));
    }
    lines
}
