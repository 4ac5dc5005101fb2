//! What a run tells while it runs, kept for its journal entry and log.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::provision::{RunEvent, RunObserver};
use crate::store::Generation;

/// A log is cut here; what comes after is counted, not kept.
const MOST_BYTES: usize = 1 << 20;

/// Collects one run's log.
#[derive(Debug, Default)]
pub(super) struct RunLog(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    text: String,
    dropped: usize,
    lock: Option<Generation>,
    /// Bytes of the text that [`RunLog::grown`] has given out.
    told: usize,
    stored: Option<Generation>,
}

impl RunLog {
    /// The log so far, if it has grown since it was last asked for here.
    pub(super) fn grown(&self) -> Option<String> {
        let mut kept = self.kept();
        if kept.text.len() == kept.told {
            return None;
        }
        kept.told = kept.text.len();
        Some(kept.text.clone())
    }

    /// The generation under which it is stored, if a part of it is.
    pub(super) fn stored(&self) -> Option<Generation> {
        self.kept().stored
    }

    /// It was stored as this generation.
    pub(super) fn was_stored(&self, generation: Generation) {
        self.kept().stored = Some(generation);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log so far, and the lock the run held last.
    pub(super) fn take(&self) -> (String, Option<Generation>) {
        let mut kept = self.kept();
        let mut text = std::mem::take(&mut kept.text);
        if kept.dropped > 0 {
            let _ = writeln!(text, "… {} more lines, not kept", kept.dropped);
        }
        (text, kept.lock)
    }
}

impl RunObserver for RunLog {
    fn event(&self, event: RunEvent) {
        let mut kept = self.kept();
        let line = match event {
            RunEvent::Locked { lock } => {
                kept.lock = Some(lock);
                format!("workspace locked ({lock})")
            }
            RunEvent::Unlocked => "workspace unlocked".to_owned(),
            RunEvent::Started(change) => format!("{}: {} …", change.address, change.action),
            RunEvent::Finished { change, elapsed } => {
                format!("{}: {} done in {:.1} s", change.address, change.action, elapsed.as_secs_f64())
            }
            RunEvent::Failed(change) => format!("{}: {} failed", change.address, change.action),
            RunEvent::StateSaved { state } => format!("state saved ({state})"),
            RunEvent::Log(line) => line,
        };
        if kept.text.len() + line.len() > MOST_BYTES {
            kept.dropped += 1;
        } else {
            kept.text.push_str(&line);
            kept.text.push('\n');
        }
    }
}
