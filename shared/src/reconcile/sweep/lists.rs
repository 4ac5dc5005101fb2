//! Plugin lists that lie in objects of their own: nobody tells when one changes, so the sweep asks for each list's
//! generation, once however many tenants refer to it. The cost is that of the tenants that use such lists, and bounded.

use std::collections::BTreeMap;

use futures::StreamExt as _;
use jiff::Timestamp;

use super::round::Round;
use crate::digest::Digest;
use crate::plugins::{ListAddress, PluginLists};
use crate::records::{PluginListSummary, StatusSummary};
use crate::store::Generation;
use crate::tenant::TenantId;

/// Tenants whose lists one sweep looks at. Among more of them it takes some by lot, so that all have their turn.
const LOOKED_AT: usize = 10_000;
/// Questions to the store at once.
const AT_ONCE: usize = 32;

/// The lists of one sweep.
pub(super) struct Lists {
    now: Timestamp,
    drawn: Round,
    known: BTreeMap<TenantId, PluginListSummary>,
}

impl Lists {
    /// None yet.
    pub(super) fn of(now: Timestamp) -> Self {
        Self { now, drawn: Round::of(LOOKED_AT), known: BTreeMap::new() }
    }

    /// Notes what a tenant refers to, if it does.
    pub(super) fn add(&mut self, tenant: &TenantId, summary: Option<&StatusSummary>) {
        let Some(list) = summary.and_then(|summary| summary.plugin_list.clone()) else { return };
        if let Some(left_out) = self.drawn.add(Some(lot(tenant, self.now)), tenant.clone()) {
            self.known.remove(&left_out);
            if left_out == *tenant {
                return;
            }
        }
        self.known.insert(tenant.clone(), list);
    }

    /// The tenants whose list is not what it was when it was last looked at. A list that cannot be looked at now says
    /// nothing.
    pub(super) async fn changed(self, lists: &PluginLists) -> Vec<TenantId> {
        let mut asked: BTreeMap<ListAddress, Vec<(TenantId, Option<Generation>)>> = BTreeMap::new();
        for (tenant, PluginListSummary { address, generation }) in self.known {
            asked.entry(address).or_default().push((tenant, generation));
        }
        let look = |(address, tenants): (ListAddress, Vec<(TenantId, Option<Generation>)>)| async move {
            match lists.generation(&address).await {
                Ok(now) => tenants.into_iter().filter(|(_, known)| *known != now).map(|(tenant, _)| tenant).collect(),
                Err(error) => {
                    tracing::warn!(list = %address, %error, "a plugin list could not be looked at");
                    Vec::new()
                }
            }
        };
        let changed: Vec<Vec<TenantId>> = futures::stream::iter(asked).map(look).buffered(AT_ONCE).collect().await;
        changed.into_iter().flatten().collect()
    }
}

/// A moment by lot, another in each sweep.
fn lot(tenant: &TenantId, now: Timestamp) -> Timestamp {
    let digest = Digest::of_parts([tenant.as_str().as_bytes(), now.as_nanosecond().to_be_bytes().as_slice()]);
    let second = digest.as_bytes().iter().take(4).fold(0, |second, byte| (second << 8) | i64::from(*byte));
    Timestamp::from_second(second).unwrap_or_default()
}
