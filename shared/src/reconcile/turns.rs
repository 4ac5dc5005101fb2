//! Turns within this process: who works on a tenant here waits in memory, not by asking the store again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use crate::tenant::TenantId;

/// One turn a tenant at a time.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<TenantId, Weak<Turn<()>>>>);

impl Turns {
    /// Waits for a tenant's turn, first come first served; dropping the guard ends it.
    pub(super) async fn take(&self, tenant: &TenantId) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let found = turns.get(tenant).and_then(Weak::upgrade);
            found.unwrap_or_else(|| {
                turns.retain(|_, turn| turn.strong_count() > 0);
                let turn = Arc::new(Turn::new(()));
                turns.insert(tenant.clone(), Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }
}
