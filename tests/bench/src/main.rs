//! `make bench`: each figure of the README's speed table, measured side by side in one run on this machine. Ratios pair
//! what the product does with the same work done by hand; a missed target is printed, not hidden.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot be made ends the run")]

mod applies;
mod bare;
mod events;
mod figure;
mod list;
mod parse;
mod starts;
mod throughput;

use std::io::Write as _;

use figure::{Figure, progress, table};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut figures: Vec<Figure> = Vec::new();
    progress("parse and validate");
    figures.push(parse::measure());
    progress("list of 10,000 tenants");
    figures.push(list::measure().await);
    progress("events");
    figures.push(events::measure().await);
    progress("starts");
    figures.extend(starts::measure().await);
    progress("creates and updates against bare applies");
    figures.extend(applies::measure().await);
    progress("20 creates at once against 20 bare applies");
    figures.push(throughput::measure().await);
    std::fs::write("target/bench.json", serde_json::to_vec_pretty(&figures)?)?;
    writeln!(std::io::stdout(), "{}\nFor programs: target/bench.json", table(&figures))
}
