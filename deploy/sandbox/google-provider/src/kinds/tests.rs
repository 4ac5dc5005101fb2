use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{Change, Removal, complete, created, generate_password, identify, open_secret, removal};
use crate::cloud::{Cloud, CloudError, Object};
use crate::value::{Fields, Value};

const SECRET: &str = "google_secret_manager_secret";
const VERSION: &str = "google_secret_manager_secret_version";
const SERVICE: &str = "google_cloud_run_v2_service";
const SERVICE_NAME: &str = "projects/p/locations/l/services/wp-acme";

fn cloud() -> (TempDir, Cloud) {
    let folder = TempDir::new().unwrap();
    let cloud = Cloud::open(folder.path().to_owned()).unwrap();
    (folder, cloud)
}

fn fields(json: Json) -> Fields {
    Value::from(json).into_fields()
}

/// One roll-out after another; revision made last, revision that serves, state of the condition.
fn roll_out(cloud: &Cloud, before: Option<&Object>, image: &str, not_ready: Option<&str>) -> Object {
    let after = Object { fields: fields(json!({"template": [{"image": image}]})), ..Object::default() };
    let mut change = Change {
        cloud,
        config: &Value::Null,
        prior: &Value::Null,
        before,
        after,
        not_ready: not_ready.map(str::to_owned),
    };
    complete(SERVICE, SERVICE_NAME, &mut change).unwrap();
    change.after
}

fn revisions(object: &Object) -> [String; 3] {
    let short = |name: &str| {
        object.fields[name]
            .as_str()
            .map(|text| text.replace(&format!("{SERVICE_NAME}/revisions/"), ""))
            .unwrap_or_default()
    };
    let state = object.fields["terminal_condition"].elements()[0].get("state").as_str().unwrap().to_owned();
    [
        short("latest_created_revision")[..13].to_owned(),
        short("latest_ready_revision").chars().take(13).collect(),
        state,
    ]
}

#[test]
fn a_revision_is_made_for_each_template_and_serves_when_it_is_ready() {
    let (_folder, cloud) = cloud();
    let first = roll_out(&cloud, None, "a", None);
    assert_eq!(revisions(&first), ["wp-acme-00001", "wp-acme-00001", "CONDITION_SUCCEEDED"]);
    let same = roll_out(&cloud, Some(&first), "a", None);
    assert_eq!(revisions(&same), revisions(&first));
    assert_eq!(same.fields["generation"], "2".into());
    let broken = roll_out(&cloud, Some(&same), "b", Some("it exited"));
    assert_eq!(revisions(&broken), ["wp-acme-00002", "wp-acme-00001", "CONDITION_FAILED"]);
    assert_eq!(broken.fields["terminal_condition"].elements()[0].get("message"), &"it exited".into());
    assert_eq!(revisions(&roll_out(&cloud, Some(&broken), "b", None)), revisions(&broken), "what failed stays failed");
    assert_eq!(
        revisions(&roll_out(&cloud, Some(&broken), "c", None)),
        ["wp-acme-00003", "wp-acme-00003", "CONDITION_SUCCEEDED"]
    );
}

#[test]
fn a_first_revision_that_is_not_ready_leaves_nothing_serving() {
    let (_folder, cloud) = cloud();
    assert_eq!(revisions(&roll_out(&cloud, None, "a", Some("no"))), ["wp-acme-00001", "", "CONDITION_FAILED"]);
}

/// Makes a version; its unique name.
fn version(cloud: &Cloud, payload: &str) -> Result<String, CloudError> {
    let config = Value::from([("secret_data_wo", payload.into())]);
    let after =
        Object { fields: fields(json!({"secret": "projects/p/secrets/s", "enabled": true})), ..Object::default() };
    let mut change = Change { cloud, config: &config, prior: &Value::Null, before: None, after, not_ready: None };
    identify(VERSION, &mut change)?;
    let name = format!("projects/p/secrets/s/versions/{}", change.after.fields["version"].as_str().unwrap());
    complete(VERSION, &name, &mut change)?;
    cloud.create(VERSION, &name, &change.after)?;
    created(VERSION, &change)?;
    Ok(name)
}

fn payload(cloud: &Cloud, config: Json) -> Result<Value, CloudError> {
    open_secret(cloud, &fields(config), Some("p")).map(|opened| opened["secret_data"].clone())
}

#[test]
fn versions_are_numbered_once_and_read_back() {
    let (_folder, cloud) = cloud();
    assert!(matches!(version(&cloud, "one"), Err(CloudError::NotFound { .. })), "a version needs its secret");
    cloud.create(SECRET, "projects/p/secrets/s", &Object::default()).unwrap();
    assert_eq!(version(&cloud, "one").unwrap(), "projects/p/secrets/s/versions/1");
    let second = version(&cloud, "two").unwrap();
    assert_eq!(payload(&cloud, json!({"secret": "s", "version": "1"})).unwrap(), "one".into());
    assert_eq!(payload(&cloud, json!({"secret": "projects/p/secrets/s"})).unwrap(), "two".into());
    cloud.remove(VERSION, &second).unwrap();
    assert!(matches!(payload(&cloud, json!({"secret": "s"})), Err(CloudError::NotFound { .. })));
    assert_eq!(version(&cloud, "three").unwrap(), "projects/p/secrets/s/versions/3", "no number is given twice");
}

#[test]
fn a_disabled_version_is_not_read() {
    let (_folder, cloud) = cloud();
    cloud.create(SECRET, "projects/p/secrets/s", &Object::default()).unwrap();
    let name = version(&cloud, "one").unwrap();
    let mut object = cloud.read(VERSION, &name).unwrap().unwrap();
    object.fields.insert("enabled".to_owned(), false.into());
    cloud.write(VERSION, &name, &object).unwrap();
    assert!(payload(&cloud, json!({"secret": "s"})).unwrap_err().to_string().contains("is in DISABLED state"));
}

#[test]
fn a_state_may_refuse_its_removal() {
    let (folder, cloud) = cloud();
    std::fs::create_dir_all(folder.path().join("objects/full/file")).unwrap();
    for (kind, state, expected) in [
        ("google_sql_database", json!({}), Ok(Removal::Delete)),
        ("google_sql_database", json!({"deletion_policy": "DELETE"}), Ok(Removal::Delete)),
        ("google_sql_database", json!({"deletion_policy": "ABANDON"}), Ok(Removal::Abandon)),
        (VERSION, json!({"deletion_policy": "DISABLE"}), Ok(Removal::Disable)),
        ("google_sql_database", json!({"deletion_policy": "PREVENT"}), Err("deletion_policy")),
        (SERVICE, json!({"deletion_protection": true}), Err("deletion_protection=false")),
        (SERVICE, json!({"deletion_protection": false}), Ok(Removal::Delete)),
        ("google_storage_bucket", json!({"name": "none"}), Ok(Removal::Delete)),
        ("google_storage_bucket", json!({"name": "full", "force_destroy": false}), Err("containing objects")),
        ("google_storage_bucket", json!({"name": "full", "force_destroy": true}), Ok(Removal::Delete)),
    ] {
        match (removal(kind, &fields(state.clone()), &cloud), expected) {
            (Ok(removal), Ok(expected)) => assert_eq!(removal, expected, "{kind} {state}"),
            (Err(refused), Err(said)) => assert!(refused.to_string().contains(said), "{refused}"),
            (got, _) => panic!("{kind} {state}: {got:?}"),
        }
    }
}

#[test]
fn a_password_has_what_was_asked_for() {
    let generate =
        |config: Json| generate_password(&fields(config)).map(|fields| fields["result"].as_str().unwrap().to_owned());
    let plain = generate(json!({"length": 64, "special": false})).unwrap();
    assert!(plain.len() == 64 && plain.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{plain}");
    assert_ne!(generate(json!({"length": 64})).unwrap(), generate(json!({"length": 64})).unwrap());
    let counted = generate(json!({"length": 8, "lower": false, "upper": false, "min_numeric": 5, "min_special": 3, "override_special": "~"})).unwrap();
    assert_eq!(counted.matches('~').count(), 3);
    assert_eq!(counted.chars().filter(char::is_ascii_digit).count(), 5);
    for impossible in [
        json!({"length": 0}),
        json!({"length": 3, "min_lower": 4}),
        json!({"length": 3, "lower": false, "upper": false, "numeric": false, "special": false}),
    ] {
        assert!(generate(impossible.clone()).is_err(), "{impossible}");
    }
}
