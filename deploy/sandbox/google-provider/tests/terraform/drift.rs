//! Objects changed by hand: a plan names the resource and the attribute, an apply repairs it.

use std::fs;

use serde_json::{Value as Json, json};

use crate::workspace::Workspace;

fn found_and_repaired(kind: &str, pointer: &str, by_hand: Json, said: &str) {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    let before = tenant.read(kind).pointer(pointer).unwrap().clone();
    tenant.edit(kind, pointer, by_hand);
    let plan = tenant.plan().changes();
    assert!(plan.contains(&format!("# {kind}.")) && plan.contains(said), "{said}: {plan}");
    tenant.apply().ok();
    assert_eq!(*tenant.read(kind).pointer(pointer).unwrap(), before);
    tenant.plan().ok();
}

#[test]
fn scaling() {
    found_and_repaired(
        "google_cloud_run_v2_service",
        "/template/0/scaling/0/max_instance_count",
        json!(50),
        "~ max_instance_count = 50 -> 3",
    );
}

#[test]
fn traffic() {
    found_and_repaired("google_cloud_run_v2_service", "/traffic/0/percent", json!(10), "~ percent");
}

#[test]
fn an_environment_variable() {
    found_and_repaired(
        "google_cloud_run_v2_service",
        "/template/0/containers/0/env/0/value",
        json!("other"),
        "\"other\"",
    );
}

#[test]
fn ingress() {
    found_and_repaired("google_cloud_run_v2_service", "/ingress", json!("INGRESS_TRAFFIC_INTERNAL_ONLY"), "~ ingress");
}

#[test]
fn public_access() {
    found_and_repaired(
        "google_storage_bucket",
        "/public_access_prevention",
        json!("inherited"),
        "\"inherited\" -> \"enforced\"",
    );
}

#[test]
fn versioning() {
    found_and_repaired("google_storage_bucket", "/versioning/0/enabled", json!(true), "~ enabled = true -> false");
}

#[test]
fn soft_delete() {
    found_and_repaired(
        "google_storage_bucket",
        "/soft_delete_policy/0/retention_duration_seconds",
        json!(0),
        "~ retention_duration_seconds = 0 -> 604800",
    );
}

#[test]
fn a_label() {
    found_and_repaired(
        "google_secret_manager_secret",
        "/labels/aipress-tenant",
        json!("other"),
        "\"other\" -> \"acme\"",
    );
}

#[test]
fn a_name_for_people() {
    found_and_repaired("google_service_account", "/display_name", json!("someone"), "\"someone\" -> \"acme\"");
}

#[test]
fn a_label_of_somebody_else_is_no_drift_and_stays() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    tenant.edit(
        "google_storage_bucket",
        "/labels",
        json!({"aipress-tenant": "acme", "managed-by": "aipress", "finance": "yes"}),
    );
    tenant.plan().ok();
    tenant.input("/labels", json!({"team": "growth"}));
    tenant.apply().ok();
    assert_eq!(
        tenant.read("google_storage_bucket")["labels"],
        json!({"aipress-tenant": "acme", "managed-by": "aipress", "finance": "yes", "team": "growth"})
    );
}

#[test]
fn a_removed_object_is_made_again() {
    for kind in ["google_storage_bucket_iam_member", "google_sql_database"] {
        let tenant = Workspace::tenant("minimal");
        tenant.apply().ok();
        fs::remove_file(tenant.object(kind)).unwrap();
        assert!(tenant.plan().changes().contains(&format!("# {kind}.")));
        tenant.apply().ok();
        tenant.object(kind);
        tenant.plan().ok();
    }
}

#[test]
fn what_cannot_be_read_is_not_gone() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    let cloud = tenant.cloud();

    let database = tenant.object("google_sql_database");
    let whole = fs::read_to_string(&database).unwrap();
    fs::write(&database, &whole[..whole.len() / 2]).unwrap();
    assert!(tenant.plan().failed().contains("is not valid"));
    fs::write(&database, whole).unwrap();

    let aside = cloud.with_extension("aside");
    fs::rename(&cloud, &aside).unwrap();
    assert!(tenant.plan().failed().contains("the sandbox cloud cannot be used"));
    assert!(tenant.apply().failed().contains("the sandbox cloud cannot be used"));
    assert!(!cloud.exists(), "a lost cloud is not begun anew");
    fs::rename(&aside, &cloud).unwrap();
    tenant.plan().ok();
}
