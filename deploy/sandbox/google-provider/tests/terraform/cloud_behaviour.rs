//! How the cloud refuses, fails and waits, as Terraform shows it.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::workspace::Workspace;

const BUCKET: &str = r#"
    variable "force" {
      default = false
    }
    resource "google_storage_bucket" "one" {
      name          = "one"
      location      = "EU"
      force_destroy = var.force
    }"#;

#[test]
fn a_bucket_that_holds_something_is_not_removed() {
    let workspace = Workspace::small(BUCKET);
    workspace.apply().ok();
    let held = workspace.cloud().join("objects/one/photo.jpg");
    fs::create_dir_all(held.parent().unwrap()).unwrap();
    fs::write(&held, "…").unwrap();
    assert!(
        workspace
            .destroy()
            .failed()
            .contains("Error trying to delete bucket one containing objects without `force_destroy` set to true")
    );
    // What counts is the state, not the configuration.
    assert!(workspace.terraform(&["destroy", "-auto-approve", "-var=force=true"]).failed().contains("force_destroy"));
    workspace.terraform(&["apply", "-auto-approve", "-var=force=true"]).ok();
    workspace.destroy().ok();
    assert!(!held.exists());
}

#[test]
fn what_the_server_fills_in_is_no_difference() {
    let workspace = Workspace::small(BUCKET);
    workspace.apply().ok();
    let bucket = workspace.read("google_storage_bucket");
    assert_eq!(bucket["storage_class"], "STANDARD");
    assert_eq!(bucket["public_access_prevention"], "inherited");
    assert_eq!(bucket["url"], "gs://one");
    workspace.plan().ok();
}

#[test]
fn protection_refuses_a_removal() {
    for (argument, said) in [
        ("deletion_protection = true", "deletion_protection=false"),
        ("deletion_policy = \"PREVENT\"", "without setting deletion_policy"),
    ] {
        let module = format!(
            "resource \"google_secret_manager_secret\" \"one\" {{\n secret_id = \"one\"\n {argument}\n replication {{\n auto {{}}\n }}\n }}"
        );
        let workspace = Workspace::small(&module);
        workspace.apply().ok();
        assert!(workspace.destroy().failed().contains(said));
        assert_eq!(workspace.objects().len(), 1);
    }
}

#[test]
fn a_service_is_protected_unless_it_says_otherwise() {
    let module = r#"
        resource "google_cloud_run_v2_service" "one" {
          name     = "one"
          location = "europe-west1"
          template {
            containers {
              image = "image:1"
            }
          }
        }"#;
    let workspace = Workspace::small(module);
    workspace.apply().ok();
    workspace.plan().ok();
    assert!(workspace.destroy().failed().contains("deletion_protection=false"));
}

#[test]
fn what_is_abandoned_stays() {
    let module = r#"
        resource "google_sql_database" "one" {
          instance        = "shared-1"
          name            = "one"
          deletion_policy = "ABANDON"
        }"#;
    let workspace = Workspace::small(module);
    workspace.apply().ok();
    workspace.destroy().ok();
    assert_eq!(workspace.read("google_sql_database")["name"], "one");
    assert!(workspace.apply().failed().contains("alreadyExists"));
}

#[test]
fn a_fault_fails_as_often_as_it_is_told_to() {
    let workspace = Workspace::small(BUCKET);
    workspace.faults(&json!([{"type": "google_storage_bucket", "op": "create", "name": "one", "times": 2, "error": "googleapi: Error 429: slow down, rateLimitExceeded"}]));
    for _ in 0..2 {
        let said = workspace.apply().failed();
        assert!(
            said.contains("Error creating StorageBucket: googleapi: Error 429: slow down, rateLimitExceeded"),
            "{said}"
        );
        assert!(workspace.objects().iter().all(|path| path.ends_with("faults.json")));
    }
    workspace.apply().ok();
}

#[test]
fn a_fault_on_reading_is_not_taken_for_gone() {
    let workspace = Workspace::small(BUCKET);
    workspace.apply().ok();
    workspace.faults(
        &json!([{"type": "google_storage_bucket", "op": "read", "error": "googleapi: Error 403: no, forbidden"}]),
    );
    assert!(workspace.plan().failed().contains("Error 403"));
}

#[test]
fn a_secret_that_cannot_be_read_stops_a_plan() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    tenant.faults(&json!([{"type": "google_secret_manager_secret_version", "op": "open", "error": "googleapi: Error 403: no, forbidden"}]));
    assert!(tenant.plan().failed().contains("Error 403"));
}

#[test]
fn what_lives_inside_an_object_goes_with_it() {
    let module = r#"
        variable "children" {
          default = true
        }
        resource "google_secret_manager_secret" "one" {
          secret_id = "one"
          replication {
            auto {}
          }
        }
        resource "google_secret_manager_secret" "other" {
          secret_id = "one-more"
          replication {
            auto {}
          }
        }
        resource "google_secret_manager_secret_version" "one" {
          for_each       = var.children ? { a = google_secret_manager_secret.one.id, b = google_secret_manager_secret.other.id } : {}
          secret         = each.value
          secret_data_wo = "value"
        }"#;
    let workspace = Workspace::small(module);
    workspace.apply().ok();
    assert_eq!(workspace.objects().len(), 4);
    for child in ["a", "b"] {
        let address = format!("google_secret_manager_secret_version.one[\"{child}\"]");
        workspace.terraform(&["state", "rm", &address]).ok();
    }
    let one = "-target=google_secret_manager_secret.one";
    workspace.terraform(&["destroy", "-auto-approve", "-var=children=false", one]).ok();
    assert_eq!(workspace.objects().len(), 2, "the other secret keeps its version");
}

#[test]
fn a_delay_is_waited_for() {
    let workspace = Workspace::small(BUCKET);
    workspace.faults(&json!([{"type": "google_storage_bucket", "op": "create", "delayMs": 700}]));
    let begin = Instant::now();
    workspace.apply().ok();
    assert!(begin.elapsed() >= Duration::from_millis(700));
}

#[test]
fn a_fault_file_with_a_mistake_is_an_error() {
    let workspace = Workspace::small(BUCKET);
    workspace.faults(&json!([{"type": "google_storage_bucket", "op": "explode"}]));
    assert!(workspace.apply().failed().contains("faults.json is not valid"));
}

#[test]
fn a_member_joins_twice_without_a_conflict_and_is_told_apart_by_its_condition() {
    let member = |name: &str, condition: &str| {
        format!(
            "resource \"google_storage_bucket_iam_member\" \"{name}\" {{\n bucket = \"one\"\n role = \"roles/storage.objectViewer\"\n member = \"user:a@example.com\"\n {condition}\n }}\n"
        )
    };
    let condition = "condition {\n title = \"office\"\n expression = \"true\"\n }";
    let workspace = Workspace::small(&[member("a", ""), member("b", ""), member("c", condition)].concat());
    workspace.apply().ok();
    assert_eq!(workspace.objects().len(), 2);
    workspace.plan().ok();
}

#[test]
fn settings_of_the_provider_reach_what_says_nothing() {
    let module = r#"
        data "google_project" "this" {}
        data "google_client_config" "this" {}
        resource "google_sql_database" "one" {
          instance = "shared-1"
          name     = "one"
        }
        output "seen" {
          value = [google_sql_database.one.project, data.google_project.this.project_id, data.google_client_config.this.region]
        }"#;
    let workspace = Workspace::small(module);
    workspace.apply().ok();
    assert_eq!(workspace.output("seen"), json!(["aipress-sandbox", "aipress-sandbox", "europe-west1"]));
}
