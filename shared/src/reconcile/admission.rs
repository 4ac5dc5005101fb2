//! How many there may be for one tenant at a time in this process. Who is one too many is told so at once, before anything
//! of what it wants is done; whoever asks for another tenant notices nothing of it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::tenant::TenantId;

/// Those that are in, by tenant.
#[derive(Default)]
pub(super) struct Admissions(Arc<Mutex<HashMap<TenantId, usize>>>);

/// One that is in, until dropped.
pub struct Admitted {
    tenant: TenantId,
    admissions: Admissions,
}

impl Admissions {
    /// Lets one in, unless `most` are in for this tenant.
    pub(super) fn admit(&self, tenant: &TenantId, most: usize) -> Option<Admitted> {
        let mut inside = self.inside();
        let number = inside.get(tenant).copied().unwrap_or_default();
        if number >= most.max(1) {
            return None;
        }
        inside.insert(tenant.clone(), number + 1);
        Some(Admitted { tenant: tenant.clone(), admissions: Self(Arc::clone(&self.0)) })
    }

    fn inside(&self) -> MutexGuard<'_, HashMap<TenantId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut inside = self.admissions.inside();
        match inside.get_mut(&self.tenant) {
            Some(number) if *number > 1 => *number -= 1,
            // Nothing is kept of a tenant that nobody asks for.
            _ => _ = inside.remove(&self.tenant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_too_many_is_sent_away_and_nobody_else() {
        let (acme, globex): (TenantId, TenantId) = ("acme".parse().unwrap(), "globex".parse().unwrap());
        let admissions = Admissions::default();
        let first = admissions.admit(&acme, 2);
        let second = admissions.admit(&acme, 2);
        assert!(first.is_some() && second.is_some() && admissions.admit(&acme, 2).is_none());
        let other = admissions.admit(&globex, 2);
        assert!(other.is_some());
        drop(first);
        assert!(admissions.admit(&acme, 2).is_some(), "one has left");
        drop((second, other));
        assert!(admissions.inside().is_empty());
    }
}
