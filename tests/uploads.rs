//! The bucket as the front door: a file put there, changed and taken away is followed, whatever becomes of its events.

use end_to_end::{ControlPlane, Options, definition};
use reqwest::{Method, StatusCode};

const BUCKET: &str = "aipress-sandbox-definitions";

#[tokio::test]
async fn a_file_is_followed_from_upload_to_tombstone_and_back() {
    let plane = ControlPlane::start().await;
    plane.upload("acme", &definition("acme", "")).await;
    plane.until_phase("acme", "Ready").await;

    plane.upload("acme", &definition("acme", "runtime: {scaling: {maxInstances: 9}}")).await;
    plane
        .until("acme", "is changed", |tenant| {
            tenant["status"]["phase"] == "Ready"
                && tenant["spec"]["runtime"]["scaling"]["maxInstances"] == 9
                && tenant["status"]["observedGeneration"] == tenant["metadata"]["generation"]
        })
        .await;

    plane.remove_upload("acme").await;
    plane.until_phase("acme", "Tombstoned").await;
    assert!(!plane.cloud().resources_of("acme").is_empty(), "not destroyed");

    plane.upload("acme", &definition("acme", "")).await;
    plane.until_phase("acme", "Ready").await;
}

#[tokio::test]
async fn a_bad_file_is_said_on_the_status_and_what_ran_still_runs() {
    let plane = ControlPlane::start().await;
    plane.upload("acme", &definition("acme", "")).await;
    plane.until_phase("acme", "Ready").await;
    plane.upload("acme", &definition("acme", "maxInstance: 3")).await;
    let tenant = plane.until_phase("acme", "Invalid").await;
    assert!(tenant["status"]["conditions"].to_string().contains("maxInstance"), "{tenant}");
    assert!(!plane.cloud().resources_of("acme").is_empty());
}

/// What becomes of the events of a change on their way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// Each comes twice, the second time at once with the first.
    Doubled,
    /// The latest comes first, and those of earlier changes come again behind it.
    Reversed,
    /// None comes; a sweep looks.
    Dropped,
}

/// A control plane whose bucket's events the test delivers itself.
struct Course {
    plane: ControlPlane,
    way: Way,
    sent: Vec<&'static str>,
}

impl Course {
    async fn begin(way: Way) -> Self {
        let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
        Self { plane, way, sent: Vec::new() }
    }

    /// Something was done to the file, of which the bucket would send these.
    async fn happened(&mut self, events: &[&'static str]) {
        let name = "tenants/acme.yaml";
        self.sent.extend(events);
        match self.way {
            Way::Doubled => {
                for kind in events {
                    let (first, second) = tokio::join!(event(&self.plane, kind, name), event(&self.plane, kind, name));
                    assert_acknowledged(first);
                    assert_acknowledged(second);
                }
            }
            Way::Reversed => {
                for kind in self.sent.iter().rev() {
                    assert_acknowledged(event(&self.plane, kind, name).await);
                }
            }
            Way::Dropped => {
                let report = self.plane.sweep().await;
                assert_eq!(report["due"][0]["tenant"], "acme", "{report}");
            }
        }
    }

    async fn as_defined(&self) {
        let as_defined = |tenant: &serde_json::Value| {
            tenant["status"]["phase"] == "Ready"
                && tenant["status"]["applied"]["generation"] == tenant["metadata"]["generation"]
        };
        self.plane.until("acme", "is as defined", as_defined).await;
    }

    /// Operations that ran Terraform, oldest first, once nothing is under way any more.
    async fn runs(&self) -> Vec<String> {
        let operations = self.plane.ended_operations("acme").await;
        let one = |operation: &serde_json::Value| format!("{} {}", operation["kind"], operation["outcome"]);
        operations.iter().rev().map(one).map(|text| text.replace('"', "")).collect()
    }
}

async fn from_upload_to_tombstone_and_back(way: Way) {
    let mut course = Course::begin(way).await;
    course.plane.upload("acme", &definition("acme", "")).await;
    course.happened(&["finalized"]).await;
    course.as_defined().await;

    course.plane.upload("acme", &definition("acme", "runtime: {scaling: {maxInstances: 9}}")).await;
    course.happened(&["archived", "finalized"]).await;
    course.as_defined().await;
    let service = course.plane.cloud().read("google_cloud_run_v2_service", "acme");
    assert_eq!(service["template"][0]["scaling"][0]["max_instance_count"], 9, "{way:?}: {service}");

    course.plane.remove_upload("acme").await;
    course.happened(&["archived"]).await;
    course.plane.until_phase("acme", "Tombstoned").await;
    assert!(!course.plane.cloud().resources_of("acme").is_empty(), "not destroyed");

    course.plane.upload("acme", &definition("acme", "runtime: {scaling: {maxInstances: 9}}")).await;
    course.happened(&["finalized"]).await;
    course.plane.until_phase("acme", "Ready").await;
    assert_eq!(course.runs().await, ["Create Succeeded", "Update Succeeded"], "{way:?}: one run a change, no more");
}

#[tokio::test]
async fn with_every_event_doubled() {
    from_upload_to_tombstone_and_back(Way::Doubled).await;
}

#[tokio::test]
async fn with_every_event_reversed() {
    from_upload_to_tombstone_and_back(Way::Reversed).await;
}

#[tokio::test]
async fn with_every_event_dropped_and_healed_by_the_sweep() {
    from_upload_to_tombstone_and_back(Way::Dropped).await;
}

/// Only these make an event's sender stop sending it.
fn assert_acknowledged(status: StatusCode) {
    assert!([200, 201, 202, 204].contains(&status.as_u16()), "{status}");
}

async fn event(plane: &ControlPlane, kind: &str, name: &str) -> StatusCode {
    let headers = [
        ("ce-id", "1"),
        ("ce-specversion", "1.0"),
        ("ce-type", &format!("google.cloud.storage.object.v1.{kind}")),
        ("ce-source", &format!("//storage.googleapis.com/projects/_/buckets/{BUCKET}")),
        ("ce-subject", &format!("objects/{name}")),
        ("content-type", "application/json"),
    ];
    let body = format!("{{\"bucket\": \"{BUCKET}\", \"name\": \"{name}\", \"generation\": \"1\"}}");
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, *value)).collect();
    plane.post_event(&headers, body).await.status
}

#[tokio::test]
async fn a_malformed_event_is_acknowledged_since_no_retry_can_mend_it() {
    let plane = ControlPlane::start().await;
    let answer = plane.send(Method::POST, "/events", Some("{"), &[("ce-id", "1")]).await;
    assert_acknowledged(answer.status);
}
