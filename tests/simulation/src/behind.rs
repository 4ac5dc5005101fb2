//! Listings that are behind: for a while after a change they may show what was there before.

use std::collections::BTreeMap;

use rand::RngExt as _;
use tenancy::store::{ObjectMeta, ObjectName, Page, PageToken};

use crate::bucket::Which;
use crate::tally::Happening;
use crate::world::State;

/// For so many effects after a change a listing may be behind it.
const EFFECTS: u64 = 200;

/// The latest change of each object.
#[derive(Default)]
pub(crate) struct Behind(BTreeMap<(Which, ObjectName), Change>);

struct Change {
    step: u64,
    /// What was there; `None` if nothing was.
    before: Option<ObjectMeta>,
}

impl State {
    /// An object is about to change from what it is.
    pub(crate) fn changes(&mut self, which: Which, name: &ObjectName, before: Option<ObjectMeta>) {
        let step = self.step;
        self.behind.0.insert((which, name.clone()), Change { step, before });
    }

    /// What a listing shows of what is there; sometimes some of the latest changes are missing.
    pub(crate) fn shown(&mut self, which: Which, prefix: &str, live: Vec<ObjectMeta>) -> Vec<ObjectMeta> {
        let stale = self.faults.stale;
        if stale == 0 || !self.chance(stale) {
            return live;
        }
        let mut shown: BTreeMap<ObjectName, ObjectMeta> =
            live.into_iter().map(|meta| (meta.name.clone(), meta)).collect();
        let mut missing = false;
        for ((bucket, name), change) in &self.behind.0 {
            let late = *bucket == which && name.as_str().starts_with(prefix) && change.step + EFFECTS > self.step;
            if late && self.random.random_bool(0.5) {
                missing = true;
                match &change.before {
                    Some(before) => drop(shown.insert(name.clone(), before.clone())),
                    None => drop(shown.remove(name)),
                }
            }
        }
        if missing {
            self.happened(Happening::StaleListing);
            self.tell(format_args!("a listing of {prefix} is behind"));
        }
        shown.into_values().collect()
    }
}

/// The one object after the page that went before: with pages so small a listing is never one moment's, not even one
/// tenant's.
pub(crate) fn page(shown: Vec<ObjectMeta>, after: Option<&PageToken>) -> Page<ObjectMeta> {
    let mut rest =
        shown.into_iter().skip_while(|meta| after.is_some_and(|after| meta.name.as_str() <= after.0.as_str()));
    let items: Vec<ObjectMeta> = rest.next().into_iter().collect();
    let next = rest.next().and(items.last()).map(|last| PageToken(last.name.to_string()));
    Page { items, next }
}
