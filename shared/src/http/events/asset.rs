//! What Cloud Asset Inventory sends through a feed: one changed resource, `TemporalAsset` as JSON
//! (<https://cloud.google.com/asset-inventory/docs/monitor-asset-changes>), pushed by Pub/Sub with its wrapper or without.
//! The resource's labels name the tenant.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::Hint;
use crate::tenant::{TENANT_LABEL, TenantId};

#[derive(Deserialize)]
struct Push {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TemporalAsset {
    asset: Asset,
    /// What a deleted resource was.
    prior_asset: Option<Asset>,
    window: Option<Window>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asset {
    name: String,
    update_time: Option<Timestamp>,
    resource: Option<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(default)]
    data: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Window {
    start_time: Option<Timestamp>,
}

/// Whom a change is about, and when it was made, where the message says so.
pub(in crate::http) fn asset_hint(body: &[u8]) -> (Hint, Option<Timestamp>) {
    let read = unwrapped(body).and_then(|data| serde_json::from_slice::<TemporalAsset>(&data).ok());
    // The first message of every feed is a greeting in plain text.
    let Some(changed) = read else { return (Hint::Ignored("it is no changed asset".to_owned()), None) };
    let TemporalAsset { asset, prior_asset, window } = changed;
    let at = window.and_then(|window| window.start_time).or(asset.update_time);
    let tenant = [Some(&asset), prior_asset.as_ref()].into_iter().flatten().find_map(tenant_of);
    (tenant.map_or_else(|| Hint::Ignored(format!("'{}' is no tenant's", asset.name)), Hint::Tenant), at)
}

fn unwrapped(body: &[u8]) -> Option<Vec<u8>> {
    match serde_json::from_slice::<Push>(body) {
        Ok(push) => STANDARD.decode(push.message.data).ok(),
        Err(_) => Some(body.to_vec()),
    }
}

/// Most resources keep their labels in one place; Cloud Run's v1 API and Cloud SQL's have places of their own.
fn tenant_of(asset: &Asset) -> Option<TenantId> {
    let data = &asset.resource.as_ref()?.data;
    let labels = ["/labels", "/metadata/labels", "/settings/userLabels"];
    labels.iter().find_map(|place| data.pointer(place)?[TENANT_LABEL].as_str()?.parse().ok())
}
