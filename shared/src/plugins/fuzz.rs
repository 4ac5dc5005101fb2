//! Locks, reports and addresses as they may come back from buckets and from programs that ran plugins' code: whatever they are,
//! what is read is itself again when written.

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::*;

fn word() -> impl Strategy<Value = String> {
    let known = [
        "name",
        "version",
        "sha256",
        "source",
        "required",
        "woocommerce",
        "9.4.1",
        "latest",
        "https://a.example/one.zip",
        "gs://bucket/one.zip",
        "file:///one.zip",
        "tenant",
        "acme",
        "operation",
        "01KDVD2700000000000000000Z",
        "lock",
        "before",
        "artifactsBucket",
        "siteUrl",
        "generation",
        "status",
        "plugins",
        "result",
        "phase",
        "health",
        "bundle",
        "Converged",
        "stage",
        "sha256:0000000000000000000000000000000000000000000000000000000000000000",
    ];
    prop_oneof![5 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        4 => word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            2 => prop::collection::vec((word(), inner), 0..8)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// One plugin of a lock, one of whose parts may be anything.
fn locked() -> impl Strategy<Value = Value> {
    let field = prop::sample::select(vec!["name", "version", "sha256", "source", "required", "more"]);
    (prop::option::weighted(0.3, (field, value())), "[a-z]{1,3}").prop_map(|(other, name)| {
        let digest = format!("sha256:{}", "0".repeat(64));
        let source = format!("https://a.example/{name}.zip");
        let mut plugin = json!({"name": name, "version": "1.0", "sha256": digest, "source": source, "required": true});
        if let Some((field, value)) = other {
            plugin[field] = value;
        }
        plugin
    })
}

/// Read from these bytes, if it can be, it is the same when it is written and read again.
fn stands<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<T>(bytes) {
        let written = serde_json::to_vec(&read).unwrap();
        assert_eq!(serde_json::from_slice::<T>(&written).unwrap(), read);
    }
}

fn all_stand(bytes: &[u8]) {
    stands::<Lock>(bytes);
    stands::<InstallRequest>(bytes);
    stands::<Report>(bytes);
    stands::<Source>(bytes);
    stands::<ListAddress>(bytes);
}

/// Hand-made locks, requests and reports: whole, with fields twice, left out, of another type, and torn.
const SEEDS: [&str; 14] = [
    "[]",
    "null",
    r#"[{"name":"woocommerce","version":"9.4.1","sha256":"sha256:0000000000000000000000000000000000000000000000000000000000000000","source":"https://a.example/one.zip","required":true}]"#,
    r#"[{"name":"a","name":"b","version":"1","version":"2","sha256":"sha256:0000000000000000000000000000000000000000000000000000000000000000","source":"https://a.example/one.zip","required":true,"required":false}]"#,
    r#"[{"name":"a","version":"1.0","sha256":"sha256:00","source":"https://a.example/one.zip","required":true}]"#,
    r#"[{"name":"a","version":"1.0","sha256":"SHA256:0000000000000000000000000000000000000000000000000000000000000000","source":"https://ann:b@a.example/one.zip","required":"true"}]"#,
    r#"[{"name":"../a","version":"","sha256":"sha256:0000000000000000000000000000000000000000000000000000000000000000","source":"gs://b/../one.zip","required":true}]"#,
    r#"[{"name":"a","version":"1.0","sha256":"sha256:0000000000000000000000000000000000000000000000000000000000000000","source":"https://a.example/one.zip","required":true},{"name":"a","version":"1.0","sha256":"sha256:0000000000000000000000000000000000000000000000000000000000000000","source":"https://a.example/one.zip","required":true}]"#,
    r#"[{"name":"\ud800","version":1e400}]"#,
    r#"{"tenant":"acme","operation":"01KDVD2700000000000000000Z","lock":[],"before":null,"artifactsBucket":"b","siteUrl":"https://acme.example","phase":"stage"}"#,
    r#"{"phase":"stage","result":"Converged","plugins":[{"name":"a","status":7}],"health":{"status":-1}}"#,
    r#"{"uri":"gs://bucket/list.yaml","generation":18446744073709551616}"#,
    "\"gs://bucket/one.zip#7\"",
    "\"https://a.example/one.zip?\\u0000\"",
];

#[test]
fn seeds_are_read_or_refused() {
    for seed in SEEDS {
        for end in 0..=seed.len() {
            all_stand(&seed.as_bytes()[..end]);
        }
        for other in SEEDS {
            all_stand(format!("[{seed},{other}]").as_bytes());
        }
        if let Ok(lock) = serde_json::from_str::<Lock>(seed) {
            assert_eq!(lock.bundle().is_none(), lock.is_empty(), "{seed}");
        }
    }
}

proptest! {
    #[test]
    fn any_lock_is_read_or_refused(plugins in prop::collection::vec(locked(), 0..6), at in 0..9_usize) {
        let lock = Value::from(plugins).to_string().into_bytes();
        all_stand(&lock);
        if let Ok(lock) = serde_json::from_slice::<Lock>(&lock) {
            prop_assert_eq!(lock.bundle().is_none(), lock.is_empty());
            prop_assert_eq!(lock.digest(), lock.clone().digest());
        }
        all_stand(&lock[..lock.len().saturating_sub(at)]);
    }

    #[test]
    fn any_value_is_read_or_refused(value in value(), bytes in prop::collection::vec(any::<u8>(), 0..100)) {
        all_stand(value.to_string().as_bytes());
        all_stand(&bytes);
    }

    #[test]
    fn any_address_is_read_or_refused(text in "(https|http|gs|file|ftp)?(://)?[ -~é]{0,40}", any in any::<String>()) {
        for text in [text, any] {
            if let Ok(source) = text.parse::<Source>() {
                prop_assert_eq!(source.to_string(), text);
            }
        }
    }
}
