//! What is one tenant's is found under no other tenant's name, whatever id, address or page token is tried.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::world::{ACME, World, request};

/// Names of which one is the beginning of another, in a bucket's order and otherwise.
const NAMES: [&str; 4] = ["acme", "acme-2", "acme2", "acm"];

/// What is only one tenant's.
struct Own {
    name: &'static str,
    /// A word of its definition.
    mark: String,
    operations: Vec<String>,
    generation: String,
    /// Of the second page of its operations.
    token: String,
}

async fn fleet() -> (World, Vec<Own>) {
    let world = World::new();
    let mut fleet = Vec::new();
    for name in NAMES {
        let mark = format!("only-of-{name}-x");
        let definition = ACME.replace("name: acme", &format!("name: {name}")).replace("Acme Corp", &mark);
        assert_eq!(world.send(Method::POST, "/tenants", &definition).await.status, 201);
        let changed = definition.replace("maxInstances: 2", "maxInstances: 5");
        assert_eq!(world.send(Method::PUT, &format!("/tenants/{name}"), &changed).await.status, 200);
        let generation = world.get(&format!("/tenants/{name}")).await.json()["metadata"]["generation"].to_string();
        let page = world.get(&format!("/tenants/{name}/operations?limit=1")).await.json();
        let token = page["nextPageToken"].as_str().unwrap().to_owned();
        let operations = ids(&world.get(&format!("/tenants/{name}/operations")).await.json());
        assert_eq!(operations.len(), 2);
        fleet.push(Own { name, mark, operations, generation, token });
    }
    (world, fleet)
}

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn nothing_of_one_tenant_is_found_under_another() {
    let (world, fleet) = fleet().await;
    for (own, other) in fleet.iter().flat_map(|own| fleet.iter().map(move |other| (own, other))) {
        let strangers = own.name != other.name;
        let under = format!("/tenants/{}", other.name);
        for operation in &own.operations {
            for place in [format!("{under}/operations/{operation}"), format!("{under}/operations/{operation}/log")] {
                assert_eq!(world.get(&place).await.status, if strangers { 404 } else { 200 }, "{place}");
            }
        }
        if strangers {
            assert_eq!(world.get(&format!("{under}/definitions/{}", own.generation)).await.status, 404);
            let page = world.get(&format!("{under}/operations?pageToken={}", own.token)).await;
            assert_eq!((page.status.as_u16(), page.reason().as_str()), (400, "INVALID_PAGE_TOKEN"));
        }
        let listed: BTreeSet<String> =
            ids(&world.get(&format!("{under}/operations")).await.json()).into_iter().collect();
        assert_eq!(own.operations.iter().all(|id| !listed.contains(id)), strangers);
    }
}

/// Addresses that mean another tenant's records only to somebody who joins paths.
fn way_around(own: &Own, other: &str) -> Vec<String> {
    let (name, operation) = (own.name, &own.operations[0]);
    let leaps = ["..", "%2e%2e", "%252e%252e"];
    let slashes = ["%2f", "%5c", "%252f", "%c0%af", "%00", ";"];
    let leap = |leap: &str, slash: &str| {
        [
            format!("/tenants/{other}/operations/{leap}{slash}{name}{slash}{operation}"),
            format!("/tenants/{other}/operations/{leap}{slash}{name}{slash}{operation}/log"),
            format!("/tenants/{other}{slash}{leap}{slash}{name}/operations/{operation}"),
            format!("/tenants/{leap}{slash}{name}/operations"),
            format!("/tenants/{other}/definitions/{leap}{slash}{name}"),
            format!("/tenants/{name}{slash}/operations/{operation}"),
            format!("/tenants/{other}/operations/{operation}{slash}log"),
        ]
    };
    leaps.iter().flat_map(|one| slashes.iter().flat_map(move |slash| leap(one, slash))).collect()
}

#[tokio::test]
async fn no_way_around_leads_to_another() {
    let (world, fleet) = fleet().await;
    for own in &fleet {
        for place in way_around(own, "acme-2") {
            for method in [Method::GET, Method::PUT] {
                let definition = ACME.replace("name: acme", &format!("name: {}", own.name));
                let asked = request(method.clone(), &place, &[("content-type", "application/yaml")], definition);
                let answered = world.ask(asked).await;
                assert!([400, 404, 405].contains(&answered.status.as_u16()), "{method} {place}: {}", answered.body);
                assert!(!answered.body.contains(&own.mark), "{method} {place}: {}", answered.body);
            }
        }
    }
}

#[tokio::test]
async fn no_approval_of_one_tenant_lets_another_go_on() {
    let (world, fleet) = fleet().await;
    for own in &fleet {
        let digest = json!({"digest": format!("sha256:{}", "0".repeat(64))}).to_string();
        let before = world.get(&format!("/tenants/{}", own.name)).await.body;
        let answered = world
            .ask(request(
                Method::POST,
                &format!("/tenants/{}/approvals", own.name),
                &[("content-type", "application/json")],
                digest,
            ))
            .await;
        assert!(answered.status.is_client_error(), "{}", answered.body);
        assert_eq!(world.get(&format!("/tenants/{}", own.name)).await.body, before);
    }
}

/// Tokens as somebody would forge them who knows how they are made.
fn forged() -> impl Strategy<Value = String> {
    let list = prop_oneof![
        Just("tenants None None".to_owned()),
        Just("drift".to_owned()),
        prop::sample::select(NAMES.to_vec()).prop_map(|name| format!("operations {name}")),
        "operations [ -~]{0,12}",
    ];
    let text = prop_oneof![
        Just("status/acme.json".to_owned()),
        Just("operations/acme/".to_owned()),
        Just("../leases/".to_owned()),
        any::<String>(),
    ];
    let at = prop_oneof![
        (prop::option::of(text.clone()), prop::option::of(text.clone()))
            .prop_map(|(store, after)| json!({"store": store, "after": after})),
        text.prop_map(Value::from),
        Just(json!("7ZZZZZZZZZZZZZZZZZZZZZZZZZ")),
        Just(json!("00000000000000000000000000")),
    ];
    let token = (0..3_u8, list, at)
        .prop_map(|(v, list, at)| URL_SAFE_NO_PAD.encode(json!({"v": v, "list": list, "at": at}).to_string()));
    prop_oneof![4 => token, 1 => "[A-Za-z0-9_-]{0,80}"]
}

/// Tokens that once were worth a thought: fields twice, left out, of another type, of another list, and what is none.
const SEEDS: [&str; 18] = [
    "",
    "null",
    "{}",
    "[]",
    "1",
    r#"{"v":1,"list":"operations acme","at":"01KDVD2700000000000000000Z"}"#,
    r#"{"v":1,"v":1,"list":"operations acme","list":"operations acm","at":"01KDVD2700000000000000000Z"}"#,
    r#"{"v":2,"list":"operations acme","at":"01KDVD2700000000000000000Z"}"#,
    r#"{"v":1,"list":"operations acme","at":"01KDVD2700000000000000000Z","more":1}"#,
    r#"{"v":1,"list":"operations acme"}"#,
    r#"{"v":"1","list":["operations acme"],"at":{}}"#,
    r#"{"v":1,"list":"operations acme","at":"../acme2/01KDVD2700000000000000000Z"}"#,
    r#"{"v":1,"list":"operations acme-2\u0000","at":"01KDVD2700000000000000000Z"}"#,
    r#"{"v":1,"list":"tenants None None","at":{"store":"status/acme.json","after":"\ud800"}}"#,
    r#"{"v":1,"list":"tenants None None","at":{"store":"","after":""}}"#,
    r#"{"v":1,"list":"drift","at":{"store":"operations/acme/","after":null,"after":"x"}}"#,
    r#"{"v":1,"list":"drift","at":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["#,
    "\u{feff}{\"v\":1}",
];

/// Each as it stands, encoded, with another alphabet, padded, and cut short.
fn seeds() -> impl Iterator<Item = String> {
    SEEDS.into_iter().flat_map(|seed| {
        let (token, padded) = (URL_SAFE_NO_PAD.encode(seed), URL_SAFE.encode(seed));
        let cut = token[..token.len() / 2].to_owned();
        let raw = percent_encode(seed.as_bytes(), NON_ALPHANUMERIC).to_string();
        [raw, token, STANDARD.encode(seed).replace('+', "%2b"), padded, cut]
    })
}

/// A forged token is refused, or leads to a part of the very list that it is sent to.
#[test]
fn a_forged_token_opens_nothing() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (world, fleet) = runtime.block_on(fleet());
    let ask = |token: &str| {
        runtime.block_on(async {
            for own in &fleet {
                let page = world.get(&format!("/tenants/{}/operations?pageToken={token}", own.name)).await;
                assert!([200, 400].contains(&page.status.as_u16()), "{token}: {}", page.body);
                let listed = if page.status == 200 { ids(&page.json()) } else { Vec::new() };
                assert!(listed.iter().all(|id| own.operations.contains(id)), "{token}");
            }
            for list in ["/tenants", "/fleet/drift"] {
                let page = world.get(&format!("{list}?pageToken={token}")).await;
                assert!([200, 400].contains(&page.status.as_u16()), "{list} {token}: {}", page.body);
            }
        });
    };
    for token in seeds() {
        ask(&token);
    }
    let usual = ProptestConfig::default();
    // Each is sent to every list there is.
    let config = ProptestConfig { cases: usual.cases.div_ceil(4), ..usual };
    let tried = TestRunner::new(config).run(&forged(), |token| {
        ask(&token);
        Ok(())
    });
    assert!(tried.is_ok(), "{tried:?}");
}
