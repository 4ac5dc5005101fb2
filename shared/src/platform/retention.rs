//! For how long is kept what nobody works with any more.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::InvalidPlatform;

/// Ten years: longer than anybody must prove who did what, and short enough to count with.
const MOST_DAYS: u32 = 3_660;

/// Days for which is kept what nobody works with any more, from when it was last written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Retention {
    /// Of each operation: its log, its variables, and the state that it could not save. Default 90.
    pub log_days: u32,
    /// Of each operation: its record, which says who did what. At least `log_days`. Default 400.
    pub audit_days: u32,
    /// Of a deleted tenant: the record of what went, its last definition and state. Default 90.
    pub graveyard_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { log_days: 90, audit_days: 400, graveyard_days: 90 }
    }
}

impl Retention {
    /// Of an operation, all but its record.
    pub fn logs(&self) -> SignedDuration {
        days(self.log_days)
    }

    /// Of an operation, its record.
    pub fn audit(&self) -> SignedDuration {
        days(self.audit_days)
    }

    /// Of a deleted tenant.
    pub fn graveyard(&self) -> SignedDuration {
        days(self.graveyard_days)
    }

    /// Whether each is some time, and who did what is known for at least as long as what was said meanwhile.
    pub(super) fn check(&self) -> Result<(), InvalidPlatform> {
        let Self { log_days, audit_days, graveyard_days } = *self;
        for (setting, days) in [("logDays", log_days), ("auditDays", audit_days), ("graveyardDays", graveyard_days)] {
            if !(1..=MOST_DAYS).contains(&days) {
                return Err(InvalidPlatform::Retention { setting, days });
            }
        }
        if audit_days < log_days { Err(InvalidPlatform::AuditBeforeLog { log_days, audit_days }) } else { Ok(()) }
    }
}

fn days(days: u32) -> SignedDuration {
    SignedDuration::from_hours(i64::from(days) * 24)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_set() {
        let check = |log_days, audit_days, graveyard_days| {
            Retention { log_days, audit_days, graveyard_days }.check().map_err(|error| error.to_string())
        };
        assert_eq!(Retention::default().check().map_err(|error| error.to_string()), Ok(()));
        assert_eq!(check(1, 1, 1), Ok(()));
        assert_eq!(check(3_660, 3_660, 3_660), Ok(()));
        assert_eq!(check(0, 1, 1), Err("retention.logDays is 0: a whole number of days, from 1 to 3660".to_owned()));
        assert_eq!(
            check(1, 3_661, 1).unwrap_err(),
            "retention.auditDays is 3661: a whole number of days, from 1 to 3660"
        );
        assert_eq!(check(1, 1, 0).unwrap_err(), "retention.graveyardDays is 0: a whole number of days, from 1 to 3660");
        assert_eq!(
            check(91, 90, 1).unwrap_err(),
            "retention.auditDays is 90 and retention.logDays is 91: the record of who did what is kept at least as long as \
             the log"
        );
    }
}
