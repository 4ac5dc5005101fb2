//! The time of day, where the cloud notes it.

use jiff::{Timestamp, Unit};

/// Now, as RFC 3339 in UTC with whole seconds.
pub fn now() -> String {
    let now = Timestamp::now();
    now.round(Unit::Second).unwrap_or(now).to_string()
}
