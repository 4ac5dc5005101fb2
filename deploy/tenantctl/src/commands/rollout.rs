//! `rollout`: how a change of the platform reaches the fleet, a row a wave, with a bar for who is through.

use super::Context;
use super::fleet::Share;
use crate::api::Rollout;
use crate::args::RolloutAction;
use crate::exit::{Exit, Failure};
use crate::output::{Table, Tone};

pub(super) async fn run(action: RolloutAction, context: &Context<'_>) -> Result<Exit, Failure> {
    let rollout = match action {
        RolloutAction::Status => context.api.rollout().await?,
        RolloutAction::Pause => context.api.order_rollout("pause").await?,
        RolloutAction::Resume => context.api.order_rollout("resume").await?,
        RolloutAction::Abort => context.api.order_rollout("abort").await?,
        RolloutAction::Undo => context.api.order_rollout("undo").await?,
    };
    context.output.show(&rollout.raw, || context.output.table(&table(&rollout.value)))?;
    context.output.note(&in_words(&rollout.value));
    Ok(Exit::Ok)
}

fn table(rollout: &Rollout) -> Table {
    let headings = ["WAVE", "TENANTS", "MOVED", "MOVING", "FAILED", "TO MOVE", "WAITING", "SHARE", ""];
    let mut table = Table::new(&headings);
    for (number, wave) in rollout.waves.iter().enumerate() {
        let name = wave.share.map_or_else(|| "canaries".to_owned(), |share| format!("to {:.1} %", share * 100.0));
        let through = wave.there + wave.healthy;
        let tone = match () {
            () if wave.failed > 0 => Tone::Bad,
            () if wave.tenants > 0 && through == wave.tenants => Tone::Good,
            () if number == rollout.wave && rollout.state == "Running" => Tone::Note,
            () => Tone::Plain,
        };
        let share = Share { part: through, whole: wave.tenants };
        let counts = [wave.tenants, through, wave.moving, wave.failed, wave.movable, wave.waiting];
        let [tenants, moved, moving, failed, movable, waiting] = counts.map(|count| count.to_string());
        table.row(tone, [name, tenants, moved, moving, failed, movable, waiting, share.percent(), share.bar()]);
    }
    table
}

/// Which, where to, and why it stands as it does.
fn in_words(rollout: &Rollout) -> String {
    let Rollout { number, state, reason, changed, target, .. } = rollout;
    let by = rollout.by.as_ref().map_or(String::new(), |by| format!(" by {by}"));
    let soaking = rollout
        .soaking
        .as_ref()
        .map_or(String::new(), |since| format!("\nwave {} has to stay well, since {since}", rollout.wave));
    let back = if state == "Undoing" { way_back(rollout) } else { String::new() };
    format!(
        "rollout {number}: {state} since {changed}{by}: {reason}\nto image {} and module {}{soaking}{back}",
        target.image, target.module
    )
}

/// Who goes back, and whose module has to be deployed first.
fn way_back(rollout: &Rollout) -> String {
    let now = format!("\n{} go back now", rollout.undoable);
    match &rollout.before {
        Some(before) if rollout.awaiting > 0 => {
            format!("{now}, {} once workers hold module {}", rollout.awaiting, before.module)
        }
        _ => now,
    }
}
