//! What looking for drift came to: not one look, but what several looks in a row saw.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::provision::DriftItem;

/// Sightings of one finding before anybody is alarmed: a single one may be somebody's change under way.
pub const CONFIRMED: u32 = 2;

/// What the last drift check found, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftRecord {
    /// When it looked.
    pub checked: Timestamp,
    /// What differs; empty when nothing does.
    #[serde(default)]
    pub found: Vec<DriftFinding>,
    /// The last check that found nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_clean: Option<Timestamp>,
}

/// One resource that is not what was applied, over all checks that saw it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DriftFinding {
    /// Which, and in which attributes, as the last check saw it.
    #[serde(flatten)]
    pub item: DriftItem,
    /// The first check that saw this resource differ.
    pub first_seen: Timestamp,
    /// Checks in a row that saw it.
    pub sightings: u32,
}

impl DriftFinding {
    /// Whether it was seen often enough to be told to people.
    pub const fn is_confirmed(&self) -> bool {
        self.sightings >= CONFIRMED
    }
}

impl DriftRecord {
    /// What is known after a look that found this.
    pub fn after(before: Option<&Self>, found: Vec<DriftItem>, now: Timestamp) -> Self {
        let clean = found.is_empty().then_some(now);
        let last_clean = clean.or_else(|| before.and_then(|record| record.last_clean));
        let seen_again = |item: DriftItem| {
            let known = before.and_then(|record| record.found.iter().find(|known| known.item.address == item.address));
            let (first_seen, sightings) = known.map_or((now, 0), |known| (known.first_seen, known.sightings));
            DriftFinding { item, first_seen, sightings: sightings.saturating_add(1) }
        };
        Self { checked: now, found: found.into_iter().map(seen_again).collect(), last_clean }
    }

    /// How many findings are confirmed.
    pub fn confirmed(&self) -> usize {
        self.found.iter().filter(|finding| finding.is_confirmed()).count()
    }
}

/// What decides when to look next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastLook {
    /// When the cloud was last looked at: an apply looks at everything too. `None`: never.
    pub at: Option<Timestamp>,
    /// It found something that is not confirmed yet.
    pub unconfirmed: bool,
    /// Something outside says that the cloud changed then.
    pub suspected: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::provision::{ChangeAction, ResourceAddress};

    fn item(address: &str, attribute: &str) -> DriftItem {
        let attributes = BTreeSet::from([attribute.to_owned()]);
        DriftItem { address: ResourceAddress::new(address), action: ChangeAction::Update, attributes }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_finding_is_followed_from_look_to_look() {
        let clean = DriftRecord::after(None, vec![], at(10));
        assert_eq!((clean.last_clean, clean.confirmed()), (Some(at(10)), 0));
        let once = DriftRecord::after(Some(&clean), vec![item("service.site", "scaling")], at(20));
        assert_eq!((once.last_clean, once.confirmed()), (Some(at(10)), 0));
        let found = vec![item("bucket.media", "labels"), item("service.site", "image")];
        let twice = DriftRecord::after(Some(&once), found, at(30));
        let told: Vec<_> = twice.found.iter().map(|finding| (finding.first_seen, finding.sightings)).collect();
        assert_eq!(told, [(at(30), 1), (at(20), 2)]);
        assert_eq!((twice.last_clean, twice.confirmed()), (Some(at(10)), 1));
        let mended = DriftRecord::after(Some(&twice), vec![], at(40));
        assert_eq!((mended.found.len(), mended.last_clean), (0, Some(at(40))));
        let back = DriftRecord::after(Some(&mended), vec![item("service.site", "image")], at(50));
        assert_eq!((back.found[0].first_seen, back.found[0].sightings), (at(50), 1), "a new story");
    }
}
