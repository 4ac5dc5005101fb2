//! How many may be in this process at a time: for one tenant, and in all. Who is one too many is told so at once, before
//! anything of what it wants is done.
//!
//! The last quarter of the room is kept from a crowd: only who is the first on its tenant, and whose caller takes up less
//! than a quarter, is let in there. So neither many requests on many tenants nor one caller's on very many keep a person
//! from a tenant that nobody else asks for.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::records::Principal;
use crate::tenant::TenantId;

/// How many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    /// For all tenants together.
    pub(super) all: usize,
    /// For one of them.
    pub(super) tenant: usize,
}

/// Why one is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Too many are in for this tenant.
    Crowded,
    /// Too many are in.
    Full,
}

/// Those that are in.
#[derive(Default)]
pub(super) struct Admissions(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    all: usize,
    tenants: HashMap<TenantId, usize>,
    callers: HashMap<Principal, usize>,
}

/// One that is in, until dropped.
pub struct Admitted {
    tenant: TenantId,
    caller: Principal,
    admissions: Admissions,
}

impl Admissions {
    /// Lets one in, or says why not.
    pub(super) fn admit(&self, caller: &Principal, tenant: &TenantId, room: Room) -> Result<Admitted, Refusal> {
        let mut inside = self.inside();
        if let Some(refusal) = inside.refusal(caller, tenant, room) {
            return Err(refusal);
        }
        inside.all += 1;
        *inside.tenants.entry(tenant.clone()).or_default() += 1;
        *inside.callers.entry(caller.clone()).or_default() += 1;
        let admissions = Self(Arc::clone(&self.0));
        Ok(Admitted { tenant: tenant.clone(), caller: caller.clone(), admissions })
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn refusal(&self, caller: &Principal, tenant: &TenantId, room: Room) -> Option<Refusal> {
        let of_tenant = self.tenants.get(tenant).copied().unwrap_or_default();
        if of_tenant >= room.tenant.max(1) {
            return Some(Refusal::Crowded);
        }
        let all = room.all.max(1);
        let quarter = all / 4;
        // Callers that nobody knows are not one caller.
        let known = *caller != Principal::anonymous();
        let of_caller = self.callers.get(caller).copied().filter(|_| known).unwrap_or_default();
        let is_of_a_crowd = of_tenant > 0 || (of_caller > 0 && of_caller >= quarter);
        let open = if is_of_a_crowd { all - quarter } else { all };
        (self.all >= open).then_some(Refusal::Full)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut inside = self.admissions.inside();
        inside.all -= 1;
        one_less(&mut inside.tenants, &self.tenant);
        one_less(&mut inside.callers, &self.caller);
    }
}

/// Nothing is kept of a tenant that nobody asks for, nor of a caller that has gone.
fn one_less<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    match counts.get_mut(key) {
        Some(number) if *number > 1 => *number -= 1,
        _ => _ = counts.remove(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Door {
        admissions: Admissions,
        room: Room,
    }

    impl Door {
        fn with(all: usize, tenant: usize) -> Self {
            Self { admissions: Admissions::default(), room: Room { all, tenant } }
        }

        fn ask(&self, caller: &str, tenant: &str) -> Result<Admitted, Refusal> {
            self.admissions.admit(&Principal(caller.to_owned()), &tenant.parse().unwrap(), self.room)
        }

        /// How many get in of one caller's flood on these tenants, and why the next one does not.
        fn flood(&self, caller: &str, tenants: usize) -> (Vec<Admitted>, Refusal) {
            let mut inside = Vec::new();
            for number in 0.. {
                match self.ask(caller, &format!("flooded-{}", number % tenants)) {
                    Ok(one) => inside.push(one),
                    Err(refusal) => return (inside, refusal),
                }
            }
            unreachable!("there is no end of room")
        }
    }

    fn refusal(asked: Result<Admitted, Refusal>) -> Option<Refusal> {
        asked.err()
    }

    #[test]
    fn one_too_many_on_a_tenant_is_sent_away_and_nobody_else() {
        let door = Door::with(100, 2);
        let first = door.ask("ada", "acme");
        let second = door.ask("eve", "acme");
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(refusal(door.ask("ada", "acme")), Some(Refusal::Crowded));
        let other = door.ask("ada", "globex");
        assert!(other.is_ok());
        drop(first);
        assert!(door.ask("ada", "acme").is_ok(), "one has left");
        drop((second, other));
        let inside = door.admissions.inside();
        assert!(inside.all == 0 && inside.tenants.is_empty() && inside.callers.is_empty());
    }

    #[test]
    fn whatever_floods_there_is_room_for_a_tenant_that_nobody_else_asks_for() {
        for (caller, tenants, taken) in [
            // Several requests on each tenant.
            ("anonymous", 5, 30),
            // One on each of as many tenants as there are.
            ("ci", 1_000, 30),
        ] {
            let door = Door::with(40, 100);
            let (inside, refused) = door.flood(caller, tenants);
            assert_eq!((inside.len(), refused), (taken, Refusal::Full), "{caller}");
            let quiet = door.ask("ada", "quiet");
            assert!(quiet.is_ok(), "{caller}");
            assert_eq!(refusal(door.ask("ada", "quiet")), Some(Refusal::Full), "{caller}: once");
            assert_eq!(refusal(door.ask(caller, "flooded-0")), Some(Refusal::Full), "{caller}");
            drop(inside);
            assert!(door.ask(caller, "flooded-0").is_ok(), "{caller}: they have left");
        }
    }

    #[test]
    fn there_is_an_end_of_room_for_everybody() {
        let door = Door::with(8, 100);
        let inside: Vec<_> =
            (0..8).map(|number| door.ask(&format!("caller-{number}"), &format!("t-{number}"))).collect();
        assert!(inside.iter().all(Result::is_ok));
        assert_eq!(refusal(door.ask("ada", "acme")), Some(Refusal::Full));
        assert!(Door::with(0, 0).ask("ada", "acme").is_ok(), "there is always room for one");
    }
}
