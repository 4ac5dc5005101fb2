//! The sandbox's buckets, over plain HTTP as curl speaks it: one more client that is not ours.

use reqwest::{Client, StatusCode};
use serde_json::Value;

/// The storage server.
#[derive(Clone)]
pub struct Storage {
    endpoint: String,
    client: Client,
}

impl Storage {
    /// At `http://HOST:PORT`.
    pub fn new(endpoint: String) -> Self {
        Self { endpoint, client: Client::new() }
    }

    /// `http://HOST:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Makes a bucket.
    pub async fn make_bucket(&self, name: &str) {
        let url = format!("{}/storage/v1/b?project=p", self.endpoint);
        let made = self.client.post(url).body(serde_json::json!({"name": name}).to_string()).send().await.unwrap();
        assert!(made.status().is_success(), "bucket {name}: {}", made.status());
    }

    /// Writes an object, whatever is there.
    pub async fn upload(&self, bucket: &str, name: &str, body: impl Into<String>) {
        let url = format!("{}/upload/storage/v1/b/{bucket}/o", self.endpoint);
        let query = [("uploadType", "media"), ("name", name)];
        let answer = self.client.post(url).query(&query).body(body.into()).send().await.unwrap();
        assert!(answer.status().is_success(), "upload of {name}: {}", answer.status());
    }

    /// The same to a server that may die meanwhile.
    pub async fn try_upload(&self, bucket: &str, name: &str, body: impl Into<String>) {
        let url = format!("{}/upload/storage/v1/b/{bucket}/o", self.endpoint);
        let query = [("uploadType", "media"), ("name", name)];
        let _ = self.client.post(url).query(&query).body(body.into()).send().await;
    }

    /// Deletes an object, if it is there, from a server that may die meanwhile.
    pub async fn try_delete(&self, bucket: &str, name: &str) {
        let _ = self.client.delete(self.object(bucket, name)).send().await;
    }

    /// Deletes an object.
    pub async fn delete(&self, bucket: &str, name: &str) {
        let answer = self.client.delete(self.object(bucket, name)).send().await.unwrap();
        assert!(answer.status().is_success(), "deletion of {name}: {}", answer.status());
    }

    /// An object's content; `None` if there is none.
    pub async fn read(&self, bucket: &str, name: &str) -> Option<String> {
        let answer = self.client.get(self.object(bucket, name)).query(&[("alt", "media")]).send().await.unwrap();
        if answer.status() == StatusCode::NOT_FOUND {
            return None;
        }
        assert!(answer.status().is_success(), "reading of {name}: {}", answer.status());
        Some(answer.text().await.unwrap())
    }

    /// Names of objects under a prefix.
    pub async fn list(&self, bucket: &str, prefix: &str) -> Vec<String> {
        let url = format!("{}/storage/v1/b/{bucket}/o", self.endpoint);
        let answer = self.client.get(url).query(&[("prefix", prefix)]).send().await.unwrap();
        let listed: Value = answer.json().await.unwrap();
        let items = listed["items"].as_array().cloned().unwrap_or_default();
        items.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)).collect()
    }

    fn object(&self, bucket: &str, name: &str) -> String {
        format!("{}/storage/v1/b/{bucket}/o/{}", self.endpoint, name.replace('/', "%2F"))
    }
}
