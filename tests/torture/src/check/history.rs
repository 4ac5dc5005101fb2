//! Every state that the bucket ever held for a tenant, in order: who should not have saved would be seen here.

use std::collections::BTreeSet;

use end_to_end::ControlPlane;
use serde_json::Value;

use super::{STATE, journal};
use crate::tally::Tally;

/// One version of a state.
struct Saved {
    generation: u64,
    epoch: u64,
    content: String,
}

/// What a tenant's history shows that must not be.
pub(crate) async fn history(plane: &ControlPlane, id: &str, tally: &mut Tally) -> Vec<String> {
    let looked = async {
        let entries = journal::entries(plane, id).await?;
        let versions = versions(plane, id).await?;
        tally.entries += entries.len();
        tally.states += versions.len();
        let epochs: BTreeSet<u64> = entries.iter().filter_map(|entry| entry["epoch"].as_u64()).collect();
        in_order(plane, id, &versions, &epochs).await
    };
    looked.await.unwrap_or_else(|failure| vec![failure])
}

/// Epochs never fall; within a lineage serials never fall, and one that was followed by another never comes back; and what
/// changed a state was an operation that the journal knows.
async fn in_order(
    plane: &ControlPlane,
    id: &str,
    versions: &[Saved],
    epochs: &BTreeSet<u64>,
) -> Result<Vec<String>, String> {
    let mut failures = Vec::new();
    let (mut before, mut over) = (None::<(&Saved, String, u64)>, BTreeSet::new());
    for saved in versions {
        let name = format!("terraform/tenants/{id}.tfstate");
        let url = format!("{}/storage/v1/b/{STATE}/o/{}", plane.storage.endpoint(), name.replace('/', "%2F"));
        let query = [("alt", "media"), ("generation", &saved.generation.to_string())];
        let state = get(&url, &query).await?;
        let at = format!("{id}: state {} of epoch {}", saved.generation, saved.epoch);
        let lineage = state["lineage"].as_str().ok_or_else(|| format!("{at} has no lineage"))?.to_owned();
        let serial = state["serial"].as_u64().ok_or_else(|| format!("{at} has no serial"))?;
        if over.contains(&lineage) {
            failures.push(format!("{at}: lineage {lineage} came back"));
        }
        if let Some((older, older_lineage, older_serial)) = before {
            if older.epoch > saved.epoch {
                failures.push(format!("{at}: saved after epoch {}", older.epoch));
            }
            if older_lineage == lineage && older_serial > serial {
                failures.push(format!("{at}: serial {serial} after {older_serial}"));
            }
            let changed = older.content != saved.content;
            if changed && !epochs.contains(&saved.epoch) {
                failures.push(format!("{at}: changed by an operation that the journal does not know"));
            }
            if older_lineage != lineage {
                over.insert(older_lineage);
            }
        }
        before = Some((saved, lineage, serial));
    }
    Ok(failures)
}

async fn versions(plane: &ControlPlane, id: &str) -> Result<Vec<Saved>, String> {
    let url = format!("{}/storage/v1/b/{STATE}/o", plane.storage.endpoint());
    let prefix = format!("terraform/tenants/{id}.tfstate");
    let (mut versions, mut page) = (Vec::new(), String::new());
    loop {
        let query = [("versions", "true"), ("prefix", prefix.as_str()), ("pageToken", page.as_str())];
        let listed = get(&url, &query).await?;
        for item in listed["items"].as_array().into_iter().flatten() {
            let number = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
            let saved = (number(&item["generation"]), number(&item["metadata"]["epoch"]), item["md5Hash"].as_str());
            let (Some(generation), Some(epoch), Some(content)) = saved else {
                return Err(format!("{id}: a state that no run of ours saved: {item}"));
            };
            versions.push(Saved { generation, epoch, content: content.to_owned() });
        }
        match listed["nextPageToken"].as_str() {
            Some(next) => next.clone_into(&mut page),
            None => break,
        }
    }
    versions.sort_by_key(|saved| saved.generation);
    Ok(versions)
}

async fn get(url: &str, query: &[(&str, &str)]) -> Result<Value, String> {
    let query = query.iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
    let answer = reqwest::Client::new().get(url).query(&query).send().await;
    let answer = answer.and_then(reqwest::Response::error_for_status).map_err(|error| error.to_string())?;
    answer.json().await.map_err(|error| format!("{url}: {error}"))
}
