//! A span for each resource that a process changes, from when it says that it begins to when it says how it ended.

use std::collections::HashMap;

use tracing::Span;
use tracing::field::Empty;

use crate::provision::{ResourceAddress, RunEvent};

/// The resources of one process.
pub(super) struct ResourceSpans {
    process: Span,
    open: HashMap<ResourceAddress, Span>,
}

impl ResourceSpans {
    /// Of the process of this span.
    pub(super) fn within(process: &Span) -> Self {
        Self { process: process.clone(), open: HashMap::new() }
    }

    /// Begins and ends spans as the process says.
    pub(super) fn follow(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(change) => {
                let (address, action) = (&change.address, change.action);
                let name = format!("{action} {address}");
                let span = tracing::info_span!(
                    parent: &self.process, "resource", otel.name = name, %address, %action, otel.status_code = Empty,
                );
                self.open.insert(address.clone(), span);
            }
            RunEvent::Finished { change, .. } => drop(self.open.remove(&change.address)),
            RunEvent::Failed(change) => {
                if let Some(span) = self.open.remove(&change.address) {
                    span.record("otel.status_code", "ERROR");
                }
            }
            RunEvent::Locked { .. } | RunEvent::Unlocked | RunEvent::StateSaved { .. } | RunEvent::Log(_) => {}
        }
    }
}
