//! The same workspaces through Terraform's own gcs backend, run by a person: it sees them, and each side's lock keeps the
//! other out.

use std::path::Path;

use end_to_end::{ControlPlane, Finished, definition, eventually, run};
use reqwest::StatusCode;

const CONFIGURATION: &str = "terraform {\n  backend \"gcs\" {}\n}\n";

/// Terraform as a person runs it, on the sandbox's state bucket.
struct Person<'a> {
    folder: tempfile::TempDir,
    plane: &'a ControlPlane,
}

impl<'a> Person<'a> {
    async fn at(plane: &'a ControlPlane) -> Self {
        let person = Self { folder: tempfile::TempDir::new().unwrap(), plane };
        std::fs::write(person.folder.path().join("main.tf"), CONFIGURATION).unwrap();
        let bucket = "-backend-config=bucket=aipress-sandbox-state";
        let init = person.types(&["init", "-input=false", bucket, "-backend-config=prefix=terraform/tenants"]).await;
        assert_eq!(init.code, 0, "{}{}", init.stdout, init.stderr);
        person
    }

    async fn types(&self, arguments: &[&str]) -> Finished {
        let endpoint = format!("{}/storage/v1/", self.plane.storage.endpoint());
        let (provider, cloud) = (self.plane.folder().join("provider/terraform.rc"), self.plane.folder().join("cloud"));
        let env = [
            ("TF_CLI_CONFIG_FILE", provider.to_str().unwrap()),
            ("SANDBOX_CLOUD_DIR", cloud.to_str().unwrap()),
            ("GOOGLE_OAUTH_ACCESS_TOKEN", "fake"),
            ("GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", endpoint.as_str()),
            ("TF_IN_AUTOMATION", "1"),
            ("CHECKPOINT_DISABLE", "1"),
        ];
        run("terraform", arguments, self.folder.path(), &env).await
    }

    fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

#[tokio::test]
async fn a_person_sees_the_tenants_that_the_functions_made() {
    let plane = ControlPlane::start().await;
    for id in ["acme", "globex"] {
        assert_eq!(plane.create(&definition(id, "")).await.status, StatusCode::CREATED);
    }
    let person = Person::at(&plane).await;
    let workspaces = person.types(&["workspace", "list"]).await.stdout;
    assert!(workspaces.contains("acme") && workspaces.contains("globex"), "{workspaces}");
    assert_eq!(person.types(&["workspace", "select", "acme"]).await.code, 0);
    let state = person.types(&["state", "list"]).await;
    assert!(state.stdout.contains("google_sql_database.site"), "{}{}", state.stdout, state.stderr);
}

/// Something of a person's own that takes until a file says that it may end.
const SLOW: &str = r#"
resource "terraform_data" "mine" {
  provisioner "local-exec" {
    command = "until [ -e go ]; do sleep 0.05; done"
  }
}
"#;

#[tokio::test]
async fn a_lock_held_by_a_person_makes_the_functions_wait() {
    let plane = ControlPlane::start().await;
    plane.create(&definition("acme", "")).await;
    let person = Person::at(&plane).await;
    assert_eq!(person.types(&["workspace", "select", "acme"]).await.code, 0);
    person.write("more.tf", SLOW);
    // Installs the providers that the tenant's state names.
    let init = person.types(&["init", "-input=false"]).await;
    assert_eq!(init.code, 0, "{}{}", init.stdout, init.stderr);
    let mine = ["apply", "-auto-approve", "-input=false", "-target=terraform_data.mine"];
    let change = definition("acme", "runtime: {scaling: {maxInstances: 9}}");
    let lock = || plane.storage.read("aipress-sandbox-state", "terraform/tenants/acme.tflock");
    let (applied, changed, ()) = tokio::join!(
        person.types(&mine),
        async {
            eventually("the person holds the lock", lock).await;
            plane.update("acme", &change).await
        },
        async {
            plane.until_phase("acme", "Applying").await;
            let held = lock().await.expect("the person still holds it");
            assert!(held.contains("OperationTypeApply") && !held.contains("operation "), "{held}");
            let service = plane.cloud().read("google_cloud_run_v2_service", "acme").to_string();
            assert!(!service.contains("\"max_instance_count\":9"), "nothing is changed under a person's lock");
            person.write("go", "");
        }
    );
    assert_eq!(applied.code, 0, "{}{}", applied.stdout, applied.stderr);
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let service = plane.cloud().read("google_cloud_run_v2_service", "acme").to_string();
    assert!(service.contains("\"max_instance_count\":9"), "{service}");
    assert_eq!(lock().await, None, "and it is free again");
}

#[tokio::test]
async fn a_lock_held_by_the_functions_keeps_a_person_out() {
    let plane = ControlPlane::start().await;
    plane.create(&definition("acme", "")).await;
    let person = Person::at(&plane).await;
    person.types(&["workspace", "select", "acme"]).await;
    let faults = r#"[{"type": "google_cloud_run_v2_service", "op": "update", "delayMs": 4000, "times": 1}]"#;
    std::fs::write(plane.folder().join("cloud/faults.json"), faults).unwrap();
    let change = definition("acme", "runtime: {scaling: {maxInstances: 9}}");
    let (changed, ()) = tokio::join!(plane.update("acme", &change), async {
        eventually("the functions hold the lock", || async {
            plane.storage.read("aipress-sandbox-state", "terraform/tenants/acme.tflock").await
        })
        .await;
        person.write("more.tf", "resource \"terraform_data\" \"mine\" {}\n");
        let refused = person.types(&["apply", "-auto-approve", "-input=false", "-lock-timeout=1s"]).await;
        assert_ne!(refused.code, 0, "{} in {}", refused.stdout, person.path().display());
        assert!(refused.stderr.contains("operation"), "it says whose lock it is: {}", refused.stderr);
    });
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
}
