//! `top`: the fleet in numbers on a terminal, drawn over itself at every look.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use tokio::sync::mpsc;

use super::{Context, fleet};
use crate::exit::{Exit, Failure};
use crate::output::{Screen, wants_to_leave};

/// Characters of a value: with them a row fits into the usual eighty columns.
const LONGEST: usize = 32;

pub(super) async fn run(every: Duration, context: &Context<'_>) -> Result<Exit, Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let what = "top draws on a terminal, and there is none".to_owned();
        return Err(Failure::Usage { what, next: "for a program or a file: `tenantctl fleet`".to_owned() });
    }
    let mut keys = keys();
    let screen = Screen::open()?;
    loop {
        let text = tokio::select! {
            fleet = context.api.fleet() => match fleet {
                Ok(fleet) => {
                    let head = format!("{} tenants, every {} s; q leaves\n\n", fleet.value.tenants, every.as_secs());
                    head + &context.output.table(&fleet::table(&fleet.value, LONGEST))
                }
                // It may answer again: whoever watches wants to see that too.
                Err(error) => format!("{error}\n\nAsked again every {} s; q leaves\n", every.as_secs()),
            },
            _ = keys.recv() => return Ok(Exit::Ok),
        };
        screen.draw(&text)?;
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = keys.recv() => return Ok(Exit::Ok),
        }
    }
}

/// Says once that somebody wants to leave. Reading a key blocks and cannot be called off, so a thread of its own does, that
/// nobody waits for.
fn keys() -> mpsc::Receiver<()> {
    let (leave, keys) = mpsc::channel(1);
    std::thread::spawn(move || {
        while !wants_to_leave() {}
        let _ = leave.blocking_send(());
    });
    keys
}
