use std::collections::BTreeMap;
use std::fs;
use std::thread;

use serde_json::json;
use tempfile::TempDir;

use super::vault::password_digest;
use super::{Cloud, CloudError, Fault, Object, Operation, Pattern, Sealed, is_password, project_number};
use crate::value::Value;

const KIND: &str = "google_sql_database";

fn cloud() -> (TempDir, Cloud) {
    let folder = TempDir::new().unwrap();
    let cloud = Cloud::open(folder.path().to_owned()).unwrap();
    (folder, cloud)
}

fn object(json: serde_json::Value) -> Object {
    Object { fields: Value::from(json).into_fields(), ..Object::default() }
}

#[test]
fn names_are_rendered_and_read() {
    for (form, name, fields) in [
        ("projects/{p}/secrets/{s}", "projects/a/secrets/b", Some(vec![("p", "a"), ("s", "b")])),
        ("projects/{p}/secrets/{s}", "projects/a/secrets/b/c", None),
        ("projects/{p}/secrets/{s}", "projects//secrets/b", None),
        ("{p}/{i}/{h}/{n}", "a/b/%/c", Some(vec![("p", "a"), ("i", "b"), ("h", "%"), ("n", "c")])),
        ("{s*} {r*} {m}", "a/b roles/x user:c", Some(vec![("s", "a/b"), ("r", "roles/x"), ("m", "user:c")])),
        ("{s*}/versions/{v}", "projects/a/secrets/b/versions/3", Some(vec![("s", "projects/a/secrets/b"), ("v", "3")])),
        ("{n}", "", None),
    ] {
        let pattern = Pattern::new(form);
        let fields = fields.map(|fields| {
            fields.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect::<BTreeMap<_, _>>()
        });
        assert_eq!(pattern.capture(name), fields, "{form} {name}");
        if let Some(fields) = fields {
            assert_eq!(pattern.render(|field| fields.get(field).cloned()).as_deref(), Some(name));
        }
    }
    assert_eq!(Pattern::new("{a}/{b}").render(|field| (field == "a").then(|| "x".to_owned())), None);
}

#[test]
fn an_object_is_made_once_changed_and_removed() {
    let (_folder, cloud) = cloud();
    let name = "projects/p/instances/i/databases/d";
    assert_eq!(cloud.read(KIND, name).unwrap(), None);
    let first = object(json!({"name": "d", "nested": [{"a": 1}]}));
    cloud.create(KIND, name, &first).unwrap();
    assert!(matches!(cloud.create(KIND, name, &first), Err(CloudError::Exists { .. })));
    assert_eq!(cloud.read(KIND, name).unwrap(), Some(first));
    let mut second = object(json!({"name": "other"}));
    second.own.insert("counter".to_owned(), json!(3));
    cloud.write(KIND, name, &second).unwrap();
    assert_eq!(cloud.read(KIND, name).unwrap(), Some(second));
    cloud.remove(KIND, name).unwrap();
    cloud.remove(KIND, name).unwrap();
    assert_eq!(cloud.read(KIND, name).unwrap(), None);
}

#[test]
fn of_many_creations_at_once_one_succeeds() {
    let (folder, cloud) = cloud();
    let created = thread::scope(|scope| {
        let racers: Vec<_> = (0..8)
            .map(|racer| {
                let cloud = &cloud;
                scope.spawn(move || cloud.create(KIND, "d", &object(json!({"racer": racer}))).is_ok())
            })
            .collect();
        racers.into_iter().filter_map(|racer| racer.join().ok()).filter(|created| *created).count()
    });
    assert_eq!(created, 1);
    assert_eq!(fs::read_dir(folder.path().join(KIND)).unwrap().count(), 1, "nothing temporary is left");
}

#[test]
fn a_file_is_made_to_be_edited() {
    let (folder, cloud) = cloud();
    cloud.create(KIND, "a/b", &object(json!({"z": 1, "a": null, "list": [{"x": null, "y": "1"}]}))).unwrap();
    let text = fs::read_to_string(folder.path().join(KIND).join("a%2Fb.json")).unwrap();
    assert_eq!(text, "{\n  \"list\": [\n    {\n      \"y\": \"1\"\n    }\n  ],\n  \"z\": 1\n}\n");
}

#[test]
fn long_names_stay_apart() {
    let (_folder, cloud) = cloud();
    let names = ["a", "b"].map(|end| "x/".repeat(200) + end);
    for name in &names {
        cloud.create(KIND, name, &object(json!({"name": name}))).unwrap();
    }
    for name in &names {
        assert_eq!(cloud.read(KIND, name).unwrap().unwrap().fields["name"], name.as_str().into());
    }
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let (folder, cloud) = cloud();
    fs::create_dir(folder.path().join(KIND)).unwrap();
    for text in ["{", "[]", ""] {
        fs::write(folder.path().join(KIND).join("d.json"), text).unwrap();
        assert!(matches!(cloud.read(KIND, "d"), Err(CloudError::Malformed { .. })), "{text}");
    }
    fs::create_dir(folder.path().join(KIND).join("e.json")).unwrap();
    assert!(matches!(cloud.read(KIND, "e"), Err(CloudError::Io { .. })));
    folder.close().unwrap();
    assert!(matches!(cloud.read(KIND, "d"), Err(CloudError::Io { .. })));
    assert!(matches!(cloud.remove(KIND, "d"), Err(CloudError::Io { .. })));
    assert!(matches!(cloud.create(KIND, "d", &object(json!({}))), Err(CloudError::Io { .. })));
    assert!(matches!(Cloud::open(cloud.root.clone()), Err(CloudError::Io { .. })));
}

#[test]
fn a_payload_opens_for_its_own_object_only() {
    let (folder, cloud) = cloud();
    let sealed = cloud.seal("secret/versions/1", "pa55word").unwrap();
    assert!(!sealed.0.contains("pa55word"));
    assert_ne!(cloud.seal("secret/versions/1", "pa55word").unwrap(), sealed, "a nonce is used once");
    assert_eq!(cloud.unseal("secret/versions/1", &sealed).unwrap(), "pa55word");
    let Sealed(text) = &sealed;
    for (name, text) in [
        ("secret/versions/2", text.as_str()),
        ("secret/versions/1", &text[4..]),
        ("secret/versions/1", "AAAA"),
        ("secret/versions/1", "?"),
    ] {
        assert!(
            matches!(cloud.unseal(name, &Sealed(text.to_owned())), Err(CloudError::Sealed { .. })),
            "{name} {text}"
        );
    }
    fs::write(folder.path().join("vault.key"), [7; 32]).unwrap();
    assert!(cloud.unseal("secret/versions/1", &sealed).is_err());
    fs::write(folder.path().join("vault.key"), [7; 3]).unwrap();
    assert!(matches!(cloud.seal("x", "y"), Err(CloudError::Malformed { .. })));
}

#[test]
fn a_password_is_kept_as_a_salted_digest() {
    let kept = password_digest("pa55word");
    assert!(!kept.contains("pa55word"));
    assert_ne!(password_digest("pa55word"), kept);
    assert!(is_password("pa55word", &kept));
    assert!(!is_password("other", &kept));
    assert!(!is_password("pa55word", "no digest"));
}

#[test]
fn a_fault_is_the_first_rule_that_fits_as_often_as_it_says() {
    let (folder, cloud) = cloud();
    let fault = |op, name| cloud.fault(KIND, op, name).unwrap();
    assert_eq!(fault(Operation::Create, "acme"), Fault::default());
    let rules = json!([
        {"type": KIND, "op": "create", "name": "acme", "times": 2, "error": "first"},
        {"type": KIND, "op": "create", "delayMs": 5, "notReady": "second"},
        {"type": "google_sql_user", "op": "create", "error": "never"},
    ]);
    fs::write(folder.path().join("faults.json"), rules.to_string()).unwrap();
    let first = Fault { error: Some("first".to_owned()), ..Fault::default() };
    let second = Fault { delay_ms: 5, not_ready: Some("second".to_owned()), ..Fault::default() };
    assert_eq!(fault(Operation::Create, "x-acme-y"), first);
    assert_eq!(fault(Operation::Create, "other"), second);
    assert_eq!(fault(Operation::Create, "acme"), first);
    assert_eq!(fault(Operation::Create, "acme"), second);
    assert_eq!(fault(Operation::Delete, "acme"), Fault::default());
    fs::write(folder.path().join("faults.json"), "{}").unwrap();
    assert!(matches!(cloud.fault(KIND, Operation::Read, "acme"), Err(CloudError::Malformed { .. })));
}

#[test]
fn a_projects_number_is_its_own_and_stays() {
    let number = project_number("aipress-sandbox");
    assert_eq!(number, project_number("aipress-sandbox"));
    assert_ne!(number, project_number("aipress-shared"));
    assert_eq!(number.len(), 12);
}
