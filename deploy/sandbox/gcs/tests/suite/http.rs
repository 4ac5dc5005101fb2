//! Plain HTTP, as curl sends it, and what no client above looks at.

use reqwest::{Client, Response};
use serde_json::Value;

use crate::support::{PLAIN, start};

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

async fn json(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_can_upload_and_read() {
    let running = start().await;
    let endpoint = running.sandbox.endpoint();
    let upload = format!("{endpoint}/upload/storage/v1/b/{PLAIN}/o?uploadType=media&name=tenants%2Facme.yaml");
    let response = client().post(&upload).header("content-type", "text/plain").body("hello").send().await;
    let (status, object) = json(response.unwrap()).await;
    assert_eq!((status, object["name"].as_str()), (200, Some("tenants/acme.yaml")));
    for path in [
        format!("storage/v1/b/{PLAIN}/o/tenants%2Facme.yaml?alt=media"),
        format!("download/storage/v1/b/{PLAIN}/o/tenants%2Facme.yaml?alt=media"),
        format!("{PLAIN}/tenants/acme.yaml"),
        format!("{PLAIN}/tenants%2Facme.yaml"),
    ] {
        let response = client().get(format!("{endpoint}/{path}")).send().await.unwrap();
        assert_eq!(response.headers()["x-goog-generation"], object["generation"].as_str().unwrap());
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert_eq!(response.text().await.unwrap(), "hello", "{path}");
    }
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_checksums_and_stale_preconditions_store_nothing() {
    let running = start().await;
    let endpoint = running.sandbox.endpoint();
    let upload = format!("{endpoint}/upload/storage/v1/b/{PLAIN}/o?uploadType=media&name=object");
    for (name, value) in [
        ("x-goog-hash", "crc32c=AAAAAA=="),
        ("x-goog-hash", "md5=AAAAAAAAAAAAAAAAAAAAAA=="),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
        ("x-goog-hash", "crc32c=nonsense"),
    ] {
        let response = client().post(&upload).header(name, value).body("hello").send().await.unwrap();
        let (status, body) = json(response).await;
        assert_eq!((status, body["error"]["errors"][0]["reason"].as_str()), (400, Some("invalid")), "{value}");
    }
    let stale = client().post(format!("{upload}&ifGenerationMatch=1")).body("hello").send().await.unwrap();
    let (status, body) = json(stale).await;
    assert_eq!((status, body["error"]["code"].as_u64()), (412, Some(412)));
    let (status, body) =
        json(client().get(format!("{endpoint}/storage/v1/b/{PLAIN}/o/object")).send().await.unwrap()).await;
    assert_eq!(status, 404);
    let message = format!("No such object: {PLAIN}/object");
    let detail = serde_json::json!({"message": message, "domain": "global", "reason": "notFound"});
    assert_eq!(body, serde_json::json!({"error": {"code": 404, "message": message, "errors": [detail]}}));
    let xml = client().get(format!("{endpoint}/{PLAIN}/object")).send().await.unwrap();
    assert_eq!(xml.status(), 404);
    assert!(xml.text().await.unwrap().contains("<Code>NoSuchKey</Code>"));
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resumable_upload_tells_how_far_it_is_and_that_it_is_done() {
    let running = start().await;
    let start = format!("{}/upload/storage/v1/b/{PLAIN}/o?uploadType=resumable&name=a%2Fb", running.sandbox.endpoint());
    let session = client().post(&start).body(r#"{"contentType":"text/plain"}"#).send().await.unwrap();
    let session = session.headers()["location"].to_str().unwrap().to_owned();
    let put = async |range: &'static str, body: &'static str| {
        let response = client().put(&session).header("content-range", range).body(body).send().await.unwrap();
        let stored = response.headers().get("range").map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), stored)
    };
    let so_far = |range: &str| (308, Some(range.to_owned()));
    assert_eq!(put("bytes */*", "").await, (308, None));
    assert_eq!(put("bytes 0-3/*", "0123").await, so_far("bytes=0-3"));
    assert_eq!(put("bytes */*", "").await, so_far("bytes=0-3"));
    assert_eq!(put("bytes 2-5/*", "2345").await, so_far("bytes=0-5"), "an overlap is no harm");
    assert_eq!(put("bytes 9-9/10", "9").await.0, 400, "a gap is");
    assert_eq!(put("bytes 6-9/10", "6789").await.0, 200);
    assert_eq!(put("bytes */*", "").await.0, 200, "asked again, it is still done");
    let content = client().get(format!("{}/{PLAIN}/a/b", running.sandbox.endpoint())).send().await.unwrap();
    assert_eq!(content.headers()["content-type"], "text/plain");
    assert_eq!(content.text().await.unwrap(), "0123456789");
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_are_patched_field_by_field() {
    let running = start().await;
    let endpoint = running.sandbox.endpoint();
    let upload = format!("{endpoint}/upload/storage/v1/b/{PLAIN}/o?uploadType=media&name=object");
    client().post(&upload).header("content-type", "text/plain").body("hello").send().await.unwrap();
    let object = format!("{endpoint}/storage/v1/b/{PLAIN}/o/object");
    let patch = async |body: &'static str| {
        let (status, object) = json(client().patch(&object).body(body).send().await.unwrap()).await;
        assert_eq!(status, 200, "{object}");
        (object["metageneration"].clone(), object["metadata"].clone(), object["contentType"].clone())
    };
    let expected = |metageneration: &str, metadata: Value, content_type: Value| {
        (Value::from(metageneration), metadata, content_type)
    };
    assert_eq!(
        patch(r#"{"metadata":{"a":"1","b":"2"}}"#).await,
        expected("2", serde_json::json!({"a": "1", "b": "2"}), "text/plain".into())
    );
    assert_eq!(
        patch(r#"{"metadata":{"a":null},"contentType":null}"#).await,
        expected("3", serde_json::json!({"b": "2"}), Value::Null)
    );
    running.sandbox.stop().await;
}
