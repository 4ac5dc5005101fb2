//! `docs/identities.md`: what each identity may do, made from a plan, and held against it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::resources::{Resource, of};

const INTRODUCTION: &str = "# What each identity may do

Every grant that [`terraform/control-plane`](../terraform/control-plane) makes, read from its plan. A test holds the two
together (`UPDATE=1 cargo test -p sandbox-google-provider control_plane` rewrites this file). The plan is that of a control
plane in `aipress-control` with one tenant project, `aipress-tenants-1`, and events through Eventarc. Callers of the API are
named by the input `callers`; there are none in this plan.

| identity | may | on |
| --- | --- | --- |
";

/// Holds the reference against the plan.
pub(super) fn are_as_in_the_reference(resources: &[Resource]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../docs/identities.md");
    let made = reference(resources);
    if std::env::var("UPDATE").is_ok() {
        fs::write(&path, &made).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(kept, made, "docs/identities.md is not what is planned: run this test with UPDATE=1");
}

fn reference(resources: &[Resource]) -> String {
    let mut rows: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for grant in resources.iter().filter(|resource| resource.kind.ends_with("_iam_member")) {
        rows.entry((identity(grant.text("/member")), role(grant.text("/role")))).or_default().insert(place(grant));
    }
    let mut text = INTRODUCTION.to_owned();
    for ((identity, role), places) in rows {
        let places: Vec<String> = places.into_iter().collect();
        writeln!(text, "| {identity} | {role} | {} |", places.join(", ")).unwrap();
    }
    for custom in of(resources, "google_project_iam_custom_role") {
        let permissions = custom.values["permissions"].as_array().unwrap();
        write!(text, "\n## {}\n\nIn `{}`:\n\n", custom.text("/role_id"), custom.text("/project")).unwrap();
        for permission in permissions {
            writeln!(text, "- `{}`", permission.as_str().unwrap()).unwrap();
        }
    }
    text
}

fn identity(member: &str) -> String {
    let (kind, name) = member.split_once(':').unwrap_or(("", member));
    match name.split_once('@') {
        Some((account, "aipress-control.iam.gserviceaccount.com")) => account
            .strip_prefix("aipress-send-")
            .map_or_else(|| account.trim_start_matches("aipress-").to_owned(), |sender| format!("sender of {sender}")),
        Some((_, "gcp-sa-pubsub.iam.gserviceaccount.com")) => "Pub/Sub itself".to_owned(),
        Some((_, "gcp-sa-cloudasset.iam.gserviceaccount.com")) => "Cloud Asset Inventory itself".to_owned(),
        Some((_, "gcp-sa-cloud-sql.iam.gserviceaccount.com")) => "each shared database instance itself".to_owned(),
        Some((_, "gs-project-accounts.iam.gserviceaccount.com")) => "Cloud Storage itself".to_owned(),
        Some((_, "serverless-robot-prod.iam.gserviceaccount.com")) => "Cloud Run of a tenant project".to_owned(),
        _ if name.ends_with("/type/ServiceAccount") => {
            "every site (each service account of a tenant project)".to_owned()
        }
        _ => format!("{kind}:{name}"),
    }
}

fn role(role: &str) -> String {
    match role.rsplit_once("/roles/") {
        Some((_, custom)) => format!("[`{custom}`](#{})", custom.to_ascii_lowercase()),
        None => format!("`{role}`"),
    }
}

fn place(grant: &Resource) -> String {
    let last = |pointer: &str| grant.text(pointer).rsplit('/').next().unwrap_or_default().to_owned();
    // The condition's only form is a folder of a bucket.
    let folder =
        grant.text("/condition/0/expression").split_once("/objects/").map(|(_, rest)| rest.trim_end_matches("\")"));
    match (grant.kind.as_str(), folder) {
        ("google_storage_bucket_iam_member", Some(folder)) => format!("`{folder}` in bucket `{}`", last("/bucket")),
        ("google_storage_bucket_iam_member", None) => format!("bucket `{}`", last("/bucket")),
        ("google_pubsub_topic_iam_member", _) => format!("topic `{}`", last("/topic")),
        ("google_pubsub_subscription_iam_member", _) => format!("subscription `{}`", last("/subscription")),
        ("google_secret_manager_secret_iam_member", _) => format!("secret `{}`", last("/secret_id")),
        ("google_cloud_run_v2_service_iam_member", _) => format!("function `{}`", last("/name")),
        ("google_cloud_run_v2_job_iam_member", _) => format!("job `{}`", last("/name")),
        ("google_project_iam_member", _) => format!("project `{}`", last("/project")),
        (other, _) => format!("`{other}`"),
    }
}
