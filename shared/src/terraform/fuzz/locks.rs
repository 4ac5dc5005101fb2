//! Locks that somebody else left, whatever they say: held, shown, and never broken.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::json;

use super::super::workspace::{LockAnswer, Workspace};
use super::value;
use crate::clock::SystemClock;
use crate::operation::OperationId;
use crate::provision::Epoch;
use crate::store::memory::MemoryStore;
use crate::store::{NewObject, ObjectName, ObjectStore, Precondition};

const OURS: &str = "5f3a2c1e-0000-4000-8000-000000000001";

/// Locks as Terraform writes them, and as they may be found: torn, doubled, of another version, by another program.
const SEEDS: [&str; 16] = [
    r#"{"ID":"9db590f1-b6fe-c5f2-2678-8804f089deba","Operation":"OperationTypeApply","Info":"","Who":"ann@laptop","Version":"1.15.8","Created":"2026-01-02T03:04:05.678901234Z","Path":"gs://b/terraform/tenants/acme.tflock"}"#,
    r#"{"ID":"","Operation":"","Info":"","Who":"","Version":"","Created":"0001-01-01T00:00:00Z","Path":""}"#,
    r#"{"ID":"a","ID":"b","Who":"ann","Who":"eve"}"#,
    r#"{"ID":7,"Who":{"name":"ann"},"Created":1767322845}"#,
    r#"{"ID":null,"Who":null,"Created":null}"#,
    r#"{"id":"5f3a2c1e-0000-4000-8000-000000000001","who":"ann"}"#,
    r#"{"ID":"9db590f1-b6fe-c5f2-2678-8804f089deba","Who":"ann@lap"#,
    r#"{"Who":"\u0000\u001b[31mann\n\"}{"}"#,
    r#"{"Who":"\ud800"}"#,
    r#"{"Created":"9999-99-99T99:99:99Z"}"#,
    "{}",
    "[]",
    "null",
    "\"ann\"",
    "",
    "\u{feff}{}",
];

/// A lock with these bytes, and what else may be written on it.
async fn is_held(bytes: &[u8], metadata: BTreeMap<String, String>) {
    let store = Arc::new(MemoryStore::new("state", Arc::new(SystemClock)));
    let name = ObjectName::new("terraform/tenants/acme.tflock").unwrap();
    let object = NewObject { body: bytes.to_vec().into(), content_type: None, metadata };
    let theirs = store.write(&name, object, Precondition::Absent).await.unwrap();
    let store: Arc<dyn ObjectStore> = store;
    let workspace = Workspace::of(&store, &"acme".parse().unwrap()).unwrap();
    let operation: OperationId = "01KDVD2700000000000000000Z".parse().unwrap();
    let answer = workspace.lock(&json!({"ID": OURS}), operation, Epoch(7)).await.unwrap();
    let LockAnswer::Held { holder, body } = answer else { panic!("taken: {}", String::from_utf8_lossy(bytes)) };
    assert!(holder.lock == theirs && !holder.who.is_empty() && !holder.since.is_empty(), "{holder:?}");
    // What Terraform shows a person, with the id that unlocks it.
    let shown: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(shown["ID"], theirs.to_string());
    workspace.unlock_of(operation).await.unwrap();
    let left = store.read(&name).await.unwrap().unwrap();
    assert_eq!((left.generation, &left.value[..]), (theirs, bytes), "it is as it was");
}

fn check(bytes: &[u8], metadata: BTreeMap<String, String>) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(is_held(bytes, metadata));
}

#[test]
fn seeds_are_held() {
    for seed in SEEDS {
        for end in (0..=seed.len()).filter(|end| seed.is_char_boundary(*end)) {
            check(&seed.as_bytes()[..end], BTreeMap::new());
        }
        for other in SEEDS {
            check(format!("{seed}{other}").as_bytes(), BTreeMap::new());
        }
    }
}

proptest! {
    #[test]
    fn any_lock_of_somebody_else_is_held(
        whole in prop_oneof![prop::sample::select(SEEDS.to_vec()).prop_map(str::to_owned), value().prop_map(|lock| lock.to_string())],
        at in any::<prop::sample::Index>(),
        put in prop::collection::vec(any::<u8>(), 0..8),
        metadata in prop::collection::btree_map("[a-z-]{1,12}", "[ -~]{0,12}", 0..3),
    ) {
        let mut bytes = whole.into_bytes();
        let at = at.index(bytes.len() + 1);
        bytes.splice(at..(at + put.len()).min(bytes.len()), put);
        check(&bytes, metadata);
    }
}
