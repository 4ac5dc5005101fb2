//! Safeguards switched off, by what a process sees of the world: the product itself is the same.

use bytes::Bytes;
use clap::ValueEnum;
use serde_json::{Value, json};
use tenancy::store::{ObjectName, Precondition};

use crate::bucket::Which;

/// A safeguard that a test switches off, to see that its absence is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Broken {
    /// None.
    Nothing,
    /// State is saved whatever generation is there.
    Fence,
    /// Every lease looks as if it had run out.
    Lease,
    /// Every tombstone looks as if its time had come.
    Tombstone,
    /// Definitions are written and deleted whatever generation is there.
    Generation,
}

impl Broken {
    /// What a process reads.
    pub(crate) fn read(self, name: &ObjectName, body: Bytes) -> Bytes {
        let (folder, pointer) = match self {
            Self::Lease => ("leases/", "/holder/expires"),
            Self::Tombstone => ("status/", "/tombstone/destroyAfter"),
            Self::Nothing | Self::Fence | Self::Generation => return body,
        };
        if !name.as_str().starts_with(folder) {
            return body;
        }
        let Ok(mut document) = serde_json::from_slice::<Value>(&body) else { return body };
        if let Some(time) = document.pointer_mut(pointer) {
            *time = json!("1970-01-01T00:00:00Z");
        }
        document.to_string().into()
    }

    /// What becomes of a precondition, where this is there now.
    pub(crate) const fn precondition(self, which: Which, asked: Precondition, now: Precondition) -> Precondition {
        match (self, which) {
            (Self::Generation, Which::Definitions) => now,
            _ => asked,
        }
    }
}
