//! Requests of any shape at the whole router: never a failure of ours, and never an answer that the `OpenAPI` document does not
//! describe (`World::ask` holds each against it).

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::world::{ACME, World};

type Headers = Vec<(String, Vec<u8>)>;

/// One request, whatever it is.
#[derive(Debug, Clone)]
struct Sent {
    method: &'static str,
    target: String,
    headers: Headers,
    body: Vec<u8>,
}

impl Sent {
    /// `None`: nothing that HTTP's own grammar allows, so it would never reach a route.
    fn request(&self) -> Option<Request<Body>> {
        let mut request = Request::new(Body::from(self.body.clone()));
        *request.method_mut() = self.method.parse::<Method>().ok()?;
        *request.uri_mut() = self.target.parse::<Uri>().ok()?;
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            request.headers_mut().append(name, HeaderValue::from_bytes(value).ok()?);
        }
        Some(request)
    }
}

fn target() -> impl Strategy<Value = String> {
    let id = prop_oneof![
        4 => Just("acme".to_owned()),
        1 => Just("nobody".to_owned()),
        1 => "[a-zA-Z0-9._~%-]{1,30}",
        1 => "(%[0-9a-f]{2}){1,8}",
    ];
    let part = prop_oneof![
        prop::sample::select(vec!["01KDVD2700000000000000000Z", "1", "0", "latest", "18446744073709551616"])
            .prop_map(str::to_owned),
        "[a-zA-Z0-9._~%-]{0,30}",
    ];
    let address = (id, part, 0..16_usize).prop_map(|(id, part, which)| match which {
        0 | 1 => "/tenants".to_owned(),
        2 | 3 => format!("/tenants/{id}"),
        4 => format!("/tenants/{id}/operations"),
        5 => format!("/tenants/{id}/operations/{part}"),
        6 => format!("/tenants/{id}/operations/{part}/log"),
        7 => format!("/tenants/{id}/definitions"),
        8 => format!("/tenants/{id}/definitions/{part}"),
        9 => format!("/tenants/{id}/approvals"),
        10 => format!("/tenants/{id}/undelete"),
        11 => format!("/tenants/{id}/plugins/upgrade"),
        12 => "/events".to_owned(),
        13 => "/tasks".to_owned(),
        14 => "/assets".to_owned(),
        _ => format!("/{id}/{part}"),
    });
    let known = prop::sample::select(vec!["limit", "pageToken", "phase", "drifted", "dryRun", "force", "limiT", ""]);
    let given = prop_oneof![
        prop::sample::select(vec![
            "1",
            "0",
            "1000",
            "1001",
            "-1",
            "true",
            "false",
            "Ready",
            "e30",
            "eyJ2IjoxfQ",
            "%00"
        ])
        .prop_map(str::to_owned),
        "[A-Za-z0-9_%=+.-]{0,40}",
    ];
    let query = prop::collection::vec((known, given).prop_map(|(name, value)| format!("{name}={value}")), 0..3);
    (address, query).prop_map(|(address, query)| match query.as_slice() {
        [] => address,
        query => format!("{address}?{}", query.join("&")),
    })
}

fn headers() -> impl Strategy<Value = Headers> {
    let name = prop::sample::select(vec![
        "content-type",
        "accept",
        "if-match",
        "if-none-match",
        "prefer",
        "content-encoding",
        "content-length",
        "expect",
        "ce-id",
        "ce-type",
        "ce-source",
        "ce-subject",
        "ce-specversion",
        "ce-time",
        "eventType",
        "bucketId",
        "objectId",
        "authorization",
        "x-serverless-authorization",
        "traceparent",
    ]);
    let value = prop_oneof![
        8 => prop::sample::select(vec![
            "application/yaml", "application/json", "application/cloudevents+json", "text/html", "*/*", "*", "\"7\"", "W/\"7\"",
            "\"7\", \"8\"", "respond-async", "gzip", "100-continue", "1.0", "google.cloud.storage.object.v1.finalized",
            "//storage.googleapis.com/projects/_/buckets/definitions", "objects/tenants/acme.yaml", "OBJECT_FINALIZE",
            "definitions", "tenants/acme.yaml", "application/json;q=0.5, application/yaml", "text/yaml; charset=latin1",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        2 => "[ -~]{0,60}".prop_map(String::into_bytes),
        1 => prop::collection::vec(32_u8..=255, 0..20),
    ];
    prop::collection::vec((name.prop_map(str::to_owned), value), 0..7)
}

/// Bodies of every kind that some route reads, whole and spoilt.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let inner = prop_oneof![
        Just(json!({"tenant": "acme"})),
        Just(json!({"tenant": "../acme", "priority": 9})),
        Just(
            json!({"asset": {"name": "x", "resource": {"data": {"labels": {"aipress-tenant": "acme"}}}}, "window": {}})
        ),
        Just(json!({"digest": format!("sha256:{}", "0".repeat(64))})),
        Just(json!({"specversion": "1.0", "id": "1", "type": "google.cloud.storage.object.v1.finalized",
            "source": "//storage.googleapis.com/projects/_/buckets/definitions", "subject": "objects/tenants/acme.yaml"})),
        any::<String>().prop_map(Value::from),
    ];
    let whole = (inner, any::<bool>()).prop_map(|(inner, pushed)| {
        let data = STANDARD.encode(inner.to_string());
        let attributes =
            json!({"eventType": "OBJECT_FINALIZE", "bucketId": "definitions", "objectId": "tenants/acme.yaml"});
        if pushed {
            json!({"message": {"data": data, "attributes": attributes}}).to_string()
        } else {
            inner.to_string()
        }
    });
    let whole = prop_oneof![2 => whole, 2 => Just(ACME.to_owned()), 1 => Just(String::new())];
    let spoilt = (whole, any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..6), any::<bool>());
    prop_oneof![
        4 => spoilt.prop_map(|(whole, at, put, spoil)| {
            let mut bytes = whole.into_bytes();
            if spoil && !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes.splice(at..(at + put.len()).min(bytes.len()), put);
            }
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..120),
    ]
}

fn sent() -> impl Strategy<Value = Sent> {
    let method = prop::sample::select(vec!["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "QUERY"]);
    (method, target(), headers(), body()).prop_map(|(method, target, headers, body)| Sent {
        method,
        target,
        headers,
        body,
    })
}

/// Requests to one world.
const REQUESTS: u32 = 8;

/// As many requests as other properties have inputs.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(REQUESTS), ..usual }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_request_is_answered_as_described(requests in prop::collection::vec(sent(), REQUESTS as usize)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new();
            world.send(Method::POST, "/tenants", ACME).await;
            for sent in &requests {
                let Some(request) = sent.request() else { continue };
                let answered = world.ask(request).await;
                assert!(!answered.status.is_server_error(), "{sent:?}: {}", answered.body);
            }
        });
    }
}
