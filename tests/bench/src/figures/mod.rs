//! What is measured, a file a group of figures.

mod apply;
mod bombs;
mod burst;
mod events;
mod fleet;
mod list;
mod parse;
mod start;
mod tenants;

use crate::figure::Line;
use crate::report::progress;
use crate::settings::{Settings, Table};
use crate::world::World;

/// Measures all that is asked for, one group after the other: none takes time from another.
pub(crate) async fn all(settings: &Settings) -> Vec<Line> {
    match settings.table {
        Table::Speed => speed(settings).await,
        Table::Fleet => fleet::all(settings).await,
    }
}

async fn speed(settings: &Settings) -> Vec<Line> {
    let mut lines = Vec::new();
    if settings.wants("parse") {
        progress("parse: one definition, again and again");
        lines.extend(Line::of("parse", parse::measure()));
    }
    if settings.wants("bombs") {
        progress("bombs: documents made to cost, each five times");
        lines.extend(Line::of("bombs", bombs::measure()));
    }
    if settings.wants("list") {
        progress("list: 10,000 tenants");
        lines.extend(Line::of("list", list::measure().await));
    }
    if settings.wants("events") {
        progress("events: tenants that are as defined");
        lines.extend(Line::of("events", events::measure().await));
    }
    let sandbox = ["start", "apply", "burst"];
    if !sandbox.into_iter().any(|group| settings.wants(group)) {
        return lines;
    }
    progress("the sandbox: storage, provider, prepared module");
    match World::make().await {
        Ok(world) => lines.extend(in_sandbox(settings, &world).await),
        Err(error) => {
            lines.extend(sandbox.into_iter().flat_map(|group| Line::of(group, Err(error.to_string().into()))));
        }
    }
    lines
}

async fn in_sandbox(settings: &Settings, world: &World) -> Vec<Line> {
    let mut lines = Vec::new();
    if settings.wants("start") {
        progress(&format!("start: each function {} times", settings.starts));
        lines.extend(Line::of("start", start::measure(world, settings.starts).await));
    }
    if settings.wants("apply") {
        progress(&format!("apply: {} pairs of creates, then of updates", settings.pairs));
        lines.extend(Line::of("apply", apply::measure(world, settings.pairs).await));
    }
    if settings.wants("burst") {
        progress(&format!("burst: twenty creates at once, {} rounds", settings.rounds));
        lines.extend(Line::of("burst", burst::measure(world, settings.rounds).await));
    }
    lines
}
