//! The id of one operation on a tenant.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// A ULID: 26 characters, sortable by the time it was made. Its object name makes a tenant's history one listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OperationId(Ulid);

/// The text is not a ULID in canonical upper case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an operation id is a ULID: 26 characters of Crockford's base 32, upper case")]
pub struct InvalidOperationId;

impl FromStr for OperationId {
    type Err = InvalidOperationId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let id = Ulid::from_string(text).map_err(|_| InvalidOperationId)?;
        // ULID decoding accepts lower case and look-alikes; one id must have one name.
        if id.to_string() == text { Ok(Self(id)) } else { Err(InvalidOperationId) }
    }
}

impl OperationId {
    /// When the operation was asked for, to the millisecond.
    pub fn made(self) -> Timestamp {
        let millisecond = i64::try_from(self.0.timestamp_ms()).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(millisecond).unwrap_or(Timestamp::MAX)
    }
}

impl From<Ulid> for OperationId {
    fn from(id: Ulid) -> Self {
        Self(id)
    }
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl TryFrom<String> for OperationId {
    type Error = InvalidOperationId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<OperationId> for String {
    fn from(id: OperationId) -> Self {
        id.to_string()
    }
}
