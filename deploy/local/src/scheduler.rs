//! What a scheduler does in a cloud: start the sweep, through the front door like everybody else.

use std::time::Duration;

/// Starts a sweep again and again.
pub(crate) async fn sweep(api: String, every: Duration) {
    let client = reqwest::Client::new();
    loop {
        tokio::time::sleep(every).await;
        if let Err(error) = client.post(format!("{api}/sweep")).send().await {
            tracing::warn!(%error, "a sweep was not started; the next one finds the same tenants");
        }
    }
}
