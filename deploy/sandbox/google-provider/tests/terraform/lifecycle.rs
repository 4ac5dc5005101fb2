//! The invariant of the production module: apply succeeds, the next plan is empty, destroy leaves nothing.

use std::fs;

use serde_json::json;

use crate::workspace::Workspace;

fn comes_and_goes(inputs: &str, resources: usize) {
    let tenant = Workspace::tenant(inputs);
    tenant.apply().ok();
    assert_eq!(tenant.objects().len(), resources, "{:?}", tenant.objects());
    tenant.plan().ok();
    tenant.destroy().ok();
    assert_eq!(tenant.objects(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn minimal() {
    comes_and_goes("minimal", 14);
}

#[test]
fn full() {
    comes_and_goes("full", 15);
}

#[test]
fn a_bundle_of_plugins_comes_and_goes() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    let revision = tenant.output("latest_created_revision");
    tenant.input("/plugins/digest", json!("0123"));
    tenant.input("/plugins/path", json!("tenants/acme/plugins/0123"));
    tenant.apply().ok();
    tenant.plan().ok();
    assert_ne!(tenant.output("latest_created_revision"), revision);
    assert_eq!(tenant.objects().len(), 14);
    tenant.destroy().ok();
    assert!(tenant.objects().is_empty());
}

#[test]
fn every_change_of_the_template_is_a_revision_and_nothing_else_is() {
    let tenant = Workspace::tenant("full");
    tenant.apply().ok();
    let number = |tenant: &Workspace| {
        let revision = tenant.output("latest_ready_revision").as_str().unwrap().to_owned();
        assert_eq!(tenant.output("latest_created_revision"), revision);
        revision.split("/revisions/").nth(1).unwrap()["wp-acme-shop-eu-".len()..][..5].to_owned()
    };
    assert_eq!(number(&tenant), "00001");
    tenant.input("/labels/team", json!("core"));
    tenant.apply().ok();
    assert_eq!(number(&tenant), "00001", "labels are not in the template");
    tenant.input("/image", json!("wordpress-runtime:6.9"));
    tenant.apply().ok();
    assert_eq!(number(&tenant), "00002");
    tenant.plan().ok();
}

#[test]
fn a_failed_rollout_is_told_although_the_apply_succeeds_and_the_plan_is_empty() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    let serving = tenant.output("latest_ready_revision");
    tenant.faults(
        &json!([{"type": "google_cloud_run_v2_service", "op": "update", "times": 1, "notReady": "container exited"}]),
    );
    tenant.input("/image", json!("wordpress-runtime:broken"));
    tenant.apply().ok();
    tenant.plan().ok();
    assert_eq!(tenant.output("latest_ready_revision"), serving);
    assert_ne!(tenant.output("latest_created_revision"), serving);
    assert_eq!(tenant.output("ready")["state"], "CONDITION_FAILED");
    assert_eq!(tenant.output("ready")["message"], "container exited");

    tenant.input("/image", json!("wordpress-runtime:fixed"));
    tenant.apply().ok();
    assert_eq!(tenant.output("latest_ready_revision"), tenant.output("latest_created_revision"));
    assert_eq!(tenant.output("ready")["state"], "CONDITION_SUCCEEDED");
}

#[test]
fn another_database_instance_is_a_replacement_that_a_guard_refuses() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    let before = tenant.objects();
    tenant.input("/database/instance", json!("premium-1"));
    tenant.input("/database/connection_name", json!("aipress-sandbox:europe-west1:premium-1"));
    let plan = tenant.plan().changes();
    for address in ["google_sql_database.site", "google_sql_user.site"] {
        assert!(plan.contains(&format!("# {address} must be replaced")), "{plan}");
    }
    assert!(plan.contains("# forces replacement"), "{plan}");

    let guard = json!({"resource": {"google_sql_database": {"site": {"lifecycle": {"prevent_destroy": true}}}}});
    tenant.write("guard_override.tf.json", &guard.to_string());
    assert!(tenant.apply().failed().contains("Instance cannot be destroyed"));
    assert_eq!(tenant.objects(), before, "nothing was changed");

    fs::remove_file(tenant.run().join("guard_override.tf.json")).unwrap();
    tenant.apply().ok();
    assert_eq!(tenant.read("google_sql_database")["instance"], "premium-1");
    assert_eq!(tenant.objects().len(), before.len());
}

#[test]
fn what_exists_is_refused_and_then_adopted() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    fs::remove_file(tenant.run().join("terraform.tfstate")).unwrap();

    let refused = tenant.apply().failed();
    assert!(refused.contains("googleapi: Error 409: The resource 'projects/aipress-sandbox/secrets/wp-acme-db' already exists, alreadyExists"), "{refused}");
    assert!(refused.contains("with google_sql_database.site"), "{refused}");

    let (project, account) = ("projects/aipress-sandbox", "wp-acme@aipress-sandbox.iam.gserviceaccount.com");
    let import = json!({"import": [
        {"to": "google_sql_database.site", "id": format!("{project}/instances/shared-1/databases/wp-acme")},
        {"to": "google_sql_user.site", "id": "aipress-sandbox/shared-1/%/wp-acme"},
        {"to": "google_secret_manager_secret.database_password", "id": format!("{project}/secrets/wp-acme-db")},
        {"to": "google_storage_bucket.media", "id": "aipress-sandbox-acme-media"},
        {"to": "google_cloud_run_v2_service.site", "id": format!("{project}/locations/europe-west1/services/wp-acme")},
        {"to": "google_cloud_run_v2_job.plugins", "id": format!("{project}/locations/europe-west1/jobs/wp-acme-plugins")},
        {"to": "google_storage_managed_folder.plugins", "id": "aipress-sandbox-artifacts/tenants/acme/plugins/"},
        {"to": "google_storage_managed_folder.reports", "id": "aipress-sandbox-artifacts/tenants/acme/plugins/requests/"},
        {"to": "google_service_account.site", "id": format!("{project}/serviceAccounts/{account}")},
    ]});
    fs::remove_file(tenant.run().join("terraform.tfstate")).unwrap();
    tenant.write("adopt.tf.json", &import.to_string());
    let adopted = tenant.apply().ok();
    assert!(adopted.out.contains("9 imported"), "{}", adopted.out);
    tenant.plan().ok();
    tenant.destroy().ok();
    // The version that only the lost state knew goes with its secret.
    assert_eq!(tenant.objects(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_user_is_never_a_superuser_and_is_granted_its_own_database_only() {
    let tenant = Workspace::tenant("minimal");
    let own = || {
        let user = tenant.read("google_sql_user");
        (user["_sandbox"]["roles"].clone(), user["_sandbox"]["grants"].clone())
    };
    let expected = (json!(["aipress_tenant"]), json!(["GRANT ALL PRIVILEGES ON `wp-acme`.* TO 'wp-acme'@'%'"]));
    tenant.apply().ok();
    assert_eq!(own(), expected);

    // A user that somebody made anew by hand is a superuser until the next password.
    tenant.edit("google_sql_user", "/_sandbox", json!({"roles": ["aipress_tenant", "cloudsqlsuperuser"]}));
    tenant.input("/password_version", json!(2));
    tenant.apply().ok();
    assert_eq!(own(), expected);
    tenant.plan().ok();
    tenant.destroy().ok();
    assert!(tenant.objects().is_empty());
}

#[test]
fn an_import_of_nothing_is_an_error() {
    let module = r#"
        import {
          to = google_sql_database.site
          id = "projects/aipress-sandbox/instances/shared-1/databases/wp-none"
        }
        resource "google_sql_database" "site" {
          instance = "shared-1"
          name     = "wp-none"
        }"#;
    assert!(Workspace::small(module).plan().failed().contains("Cannot import non-existent remote object"));
}

#[test]
fn two_hundred_resources() {
    let module = r#"
        resource "google_secret_manager_secret" "one" {
          count     = 200
          secret_id = "secret-${count.index}"
          replication {
            auto {}
          }
        }"#;
    let workspace = Workspace::small(module);
    workspace.terraform(&["apply", "-auto-approve", "-parallelism=50"]).ok();
    assert_eq!(workspace.objects().len(), 200);
    workspace.plan().ok();
    workspace.destroy().ok();
    assert!(workspace.objects().is_empty());
}
