//! What must hold over everything the module makes, whatever the inputs. Each policy reads the resources of a plan and says
//! what breaks it; each is shown to find what it is for.

use serde_json::{Value as Json, json};

use super::resources::{Resource, of};

type Policy = fn(&[Resource]) -> Vec<String>;

const POLICIES: [(&str, Policy); 12] = [
    ("the public may nothing, but show a token to who verifies it", no_public_member),
    ("nobody has a basic role", no_basic_role),
    ("a function has no role on its own project", no_role_on_own_project),
    ("who provisions cannot become another identity of the control plane", no_impersonation),
    ("only workers provision", only_workers_provision),
    ("get-tenant can write nothing", get_tenant_reads),
    ("every bucket is private, and what is kept is kept", buckets_are_private),
    ("every delivery is signed, waits long enough and ends somewhere", deliveries_are_signed),
    ("every dead letter is kept", dead_letters_are_kept),
    ("every function runs as itself, from a digest", functions_run_as_themselves),
    ("a database instance reaches exports and no bundle", instances_reach_exports_only),
    ("check-drift deletes what was kept long enough, and no status or lease", the_sweep_deletes_what_was_kept),
];

/// What breaks which policy.
pub(super) fn violations(resources: &[Resource]) -> Vec<String> {
    let broken = POLICIES
        .iter()
        .flat_map(|(policy, check)| check(resources).into_iter().map(move |found| format!("{policy}: {found}")));
    broken.collect()
}

fn grants(resources: &[Resource]) -> impl Iterator<Item = &Resource> {
    resources.iter().filter(|resource| resource.kind.ends_with("_iam_member"))
}

fn addresses<'a>(found: impl Iterator<Item = &'a Resource>) -> Vec<String> {
    found.map(|resource| resource.address.clone()).collect()
}

fn no_public_member(resources: &[Resource]) -> Vec<String> {
    let public = |resource: &&Resource| ["allUsers", "allAuthenticatedUsers"].contains(&resource.text("/member"));
    let verifies = |service: &Resource| {
        let env = service.values.pointer("/template/0/containers/0/env").and_then(Json::as_array);
        env.into_iter().flatten().any(|env| env["name"] == "AIPRESS_AUTH" && env["value"] == "oidc")
    };
    let open = of(resources, "google_cloud_run_v2_service")
        .filter(|service| service.values["invoker_iam_disabled"] == true && !verifies(service));
    addresses(grants(resources).filter(public).chain(open))
}

fn no_basic_role(resources: &[Resource]) -> Vec<String> {
    let basic = ["roles/owner", "roles/editor", "roles/viewer"];
    addresses(grants(resources).filter(|grant| basic.contains(&grant.text("/role"))))
}

fn control_project(resources: &[Resource]) -> String {
    let mut topics = of(resources, "google_pubsub_topic");
    topics.next().map(|topic| topic.text("/project").to_owned()).unwrap_or_default()
}

/// But for the two that Eventarc asks for, and the agents of tenant projects that pull images.
fn no_role_on_own_project(resources: &[Resource]) -> Vec<String> {
    let project = control_project(resources);
    let needed = ["roles/eventarc.eventReceiver", "roles/pubsub.publisher", "roles/artifactregistry.reader"];
    addresses(of(resources, "google_project_iam_member").filter(|grant| {
        let function = functions(resources).any(|(_, member)| member == grant.text("/member"));
        grant.text("/project") == project && (function || !needed.contains(&grant.text("/role")))
    }))
}

fn permissions(role: &Resource) -> Vec<&str> {
    role.values["permissions"].as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

fn no_impersonation(resources: &[Resource]) -> Vec<String> {
    let project = control_project(resources);
    let roles = of(resources, "google_project_iam_custom_role").filter(|role| {
        let here = role.text("/project") == project;
        permissions(role).iter().any(|permission| {
            permission.starts_with("resourcemanager.projects.set")
                || permission.contains("getAccessToken")
                || (here && (permission.starts_with("iam.") || permission.starts_with("run.")))
        })
    });
    let accounts = of(resources, "google_service_account_iam_member");
    addresses(roles.chain(accounts))
}

/// Function and member.
fn functions(resources: &[Resource]) -> impl Iterator<Item = (&str, &str)> {
    of(resources, "google_service_account")
        .filter(|account| account.address.starts_with("google_service_account.function["))
        .map(|account| (account.text("/account_id").trim_start_matches("aipress-"), account.text("/member")))
}

const WORKERS: [&str; 4] = ["create-tenant", "delete-tenant", "reconcile-tenant", "update-tenant"];

fn only_workers_provision(resources: &[Resource]) -> Vec<String> {
    let project = control_project(resources);
    let workers: Vec<&str> =
        functions(resources).filter(|(function, _)| WORKERS.contains(function)).map(|(_, member)| member).collect();
    let provisioning = |grant: &&Resource| {
        let outside = !grant.text("/project").is_empty() && grant.text("/project") != project;
        let of_sites = ["roles/cloudsql.client", "roles/cloudtasks.enqueuer"].contains(&grant.text("/role"));
        outside && !of_sites && !workers.contains(&grant.text("/member"))
    };
    addresses(grants(resources).filter(provisioning))
}

fn get_tenant_reads(resources: &[Resource]) -> Vec<String> {
    let member = functions(resources).find(|(function, _)| *function == "get-tenant").map_or("", |(_, member)| member);
    let mine = grants(resources).filter(|grant| grant.text("/member") == member);
    addresses(mine.filter(|grant| grant.text("/role") != "roles/storage.objectViewer"))
}

fn buckets_are_private(resources: &[Resource]) -> Vec<String> {
    let loose = |bucket: &&Resource| {
        let name = bucket.text("/name");
        let versioned = name.ends_with("-definitions") || name.ends_with("-state");
        bucket.text("/public_access_prevention") != "enforced"
            || bucket.values["uniform_bucket_level_access"] != true
            || (versioned && bucket.values.pointer("/versioning/0/enabled") != Some(&Json::Bool(true)))
            || bucket.values.pointer("/soft_delete_policy/0/retention_duration_seconds").and_then(Json::as_u64)
                < Some(604_800)
            // Protected and emptied by the way is not protected.
            || (bucket.text("/deletion_policy") == "PREVENT") == (bucket.values["force_destroy"] == true)
    };
    addresses(of(resources, "google_storage_bucket").filter(loose))
}

fn seconds(text: &str) -> u64 {
    text.trim_end_matches('s').parse().unwrap_or_default()
}

fn deliveries_are_signed(resources: &[Resource]) -> Vec<String> {
    let signed = |resource: &Resource, at: &str| {
        let account = resource.text(&format!("{at}/oidc_token/0/service_account_email"));
        // An audience with a path is not the one Cloud Run expects.
        let audience = resource.text(&format!("{at}/oidc_token/0/audience"));
        account.starts_with("aipress-send-") && audience.starts_with("https://") && audience.matches('/').count() == 2
    };
    let subscriptions = of(resources, "google_pubsub_subscription").filter(|subscription| {
        let values = &subscription.values;
        let pushes = values["push_config"].as_array().is_some_and(|push| !push.is_empty());
        let tasks = subscription.text("/name").contains("-tasks-");
        let never_expires = values.pointer("/expiration_policy/0/ttl").and_then(Json::as_str) == Some("");
        !never_expires
            || seconds(subscription.text("/message_retention_duration")) < 86_400
            || (tasks && values["ack_deadline_seconds"] != 600)
            || (pushes
                && (!signed(subscription, "/push_config/0")
                    || subscription.text("/dead_letter_policy/0/dead_letter_topic").is_empty()))
    });
    let jobs = of(resources, "google_cloud_scheduler_job").filter(|job| !signed(job, "/http_target/0"));
    let triggers = of(resources, "google_eventarc_trigger")
        .filter(|trigger| !trigger.text("/service_account").starts_with("aipress-send-events@"));
    addresses(subscriptions.chain(jobs).chain(triggers))
}

fn dead_letters_are_kept(resources: &[Resource]) -> Vec<String> {
    let subscribed = |topic: &str| of(resources, "google_pubsub_subscription").any(|it| it.text("/topic") == topic);
    let granted = |kind: &str, pointer: &str, name: &str| {
        of(resources, kind).any(|grant| {
            grant.text(pointer) == name && grant.text("/member").ends_with("@gcp-sa-pubsub.iam.gserviceaccount.com")
        })
    };
    let lost = of(resources, "google_pubsub_subscription").filter(|subscription| {
        let topic = subscription.text("/dead_letter_policy/0/dead_letter_topic");
        let name = topic.rsplit('/').next().unwrap_or_default();
        let kept = subscribed(topic)
            && granted("google_pubsub_topic_iam_member", "/topic", name)
            && granted("google_pubsub_subscription_iam_member", "/subscription", subscription.text("/name"));
        !topic.is_empty() && !kept
    });
    addresses(lost)
}

fn functions_run_as_themselves(resources: &[Resource]) -> Vec<String> {
    let wrong = |name: &str, account: &str, image: &str| {
        !account.starts_with(&format!("{name}@"))
            || !image.contains("@sha256:")
            || !image.contains(&name["aipress-".len()..])
    };
    let services = of(resources, "google_cloud_run_v2_service").filter(|it| {
        wrong(it.text("/name"), it.text("/template/0/service_account"), it.text("/template/0/containers/0/image"))
    });
    let jobs = of(resources, "google_cloud_run_v2_job").filter(|it| {
        let template = "/template/0/template/0";
        let [account, image] = ["service_account", "containers/0/image"].map(|at| it.text(&format!("{template}/{at}")));
        wrong(it.text("/name"), account, image)
    });
    addresses(services.chain(jobs))
}

fn instances_reach_exports_only(resources: &[Resource]) -> Vec<String> {
    let of_instances = |grant: &&Resource| grant.text("/member").ends_with("@gcp-sa-cloud-sql.iam.gserviceaccount.com");
    addresses(grants(resources).filter(of_instances).filter(|grant| {
        let exports = grant.text("/condition/0/expression").ends_with("/objects/graveyard/\")");
        !exports || !["roles/storage.objectCreator", "roles/storage.objectViewer"].contains(&grant.text("/role"))
    }))
}

fn the_sweep_deletes_what_was_kept(resources: &[Resource]) -> Vec<String> {
    let member = functions(resources).find(|(function, _)| *function == "check-drift").map_or("", |(_, member)| member);
    let mine = of(resources, "google_storage_bucket_iam_member").filter(|grant| grant.text("/member") == member);
    addresses(mine.filter(|grant| {
        let folder = |folder: &str| grant.text("/condition/0/expression").ends_with(&format!("/objects/{folder}/\")"));
        match grant.text("/role") {
            "roles/storage.objectViewer" => false,
            "roles/storage.objectUser" => !folder("fleet"),
            role => !role.ends_with("/aipressRetention") || !(folder("operations") || folder("graveyard")),
        }
    }))
}

/// A resource, a place in it, another value there, and the policy that breaks.
fn breaches() -> Vec<(&'static str, &'static str, Json, &'static str)> {
    let invoker = "google_cloud_run_v2_service_iam_member.sender[\"tasks\"]";
    let tasks = "google_pubsub_subscription.tasks[\"changes\"]";
    let bucket = "google_storage_bucket.store[\"definitions\"]";
    let role = "google_project_iam_custom_role.bundle_folders";
    let receiver = "google_project_iam_member.event_receiver[0]";
    let provisioner = "google_project_iam_member.tenants[\"aipress-tenants-1/create-tenant\"]";
    let reader = "google_storage_bucket_iam_member.function[\"get-tenant/records\"]";
    let sweep = "google_cloud_scheduler_job.sweep";
    let sweeps = "google_storage_bucket_iam_member.sweep[\"operations/\"]";
    let counts = "google_storage_bucket_iam_member.sweep[\"fleet/\"]";
    let export = "google_storage_bucket_iam_member.exports[\"aipress-tenants-1/shared-1/storage.objectViewer\"]";
    let changed = "serviceAccount:aipress-definition-changed@aipress-control.iam.gserviceaccount.com";
    vec![
        (invoker, "/member", json!("allUsers"), POLICIES[0].0),
        ("google_cloud_run_v2_service.function[\"get-tenant\"]", "/invoker_iam_disabled", json!(true), POLICIES[0].0),
        (reader, "/role", json!("roles/editor"), POLICIES[1].0),
        (receiver, "/role", json!("roles/run.admin"), POLICIES[2].0),
        (receiver, "/member", json!(changed), POLICIES[2].0),
        (role, "/permissions", json!(["iam.serviceAccounts.actAs"]), POLICIES[3].0),
        (provisioner, "/member", json!(changed), POLICIES[4].0),
        (reader, "/role", json!("roles/storage.objectUser"), POLICIES[5].0),
        (bucket, "/public_access_prevention", json!("inherited"), POLICIES[6].0),
        (bucket, "/versioning/0/enabled", json!(false), POLICIES[6].0),
        (bucket, "/force_destroy", json!(true), POLICIES[6].0),
        (tasks, "/push_config/0/oidc_token", json!([]), POLICIES[7].0),
        (tasks, "/ack_deadline_seconds", json!(60), POLICIES[7].0),
        (tasks, "/expiration_policy", json!([]), POLICIES[7].0),
        (sweep, "/http_target/0/oidc_token/0/audience", json!("https://x.run.app/sweep"), POLICIES[7].0),
        (tasks, "/dead_letter_policy/0/dead_letter_topic", json!("projects/p/topics/nowhere"), POLICIES[8].0),
        (
            "google_cloud_run_v2_service.function[\"get-tenant\"]",
            "/template/0/service_account",
            json!("aipress-create-tenant@aipress-control.iam.gserviceaccount.com"),
            POLICIES[9].0,
        ),
        (sweeps, "/condition", json!([]), POLICIES[11].0),
        (sweeps, "/role", json!("roles/storage.objectUser"), POLICIES[11].0),
        (counts, "/condition", json!([]), POLICIES[11].0),
        (export, "/condition", json!([]), POLICIES[10].0),
        (export, "/role", json!("roles/storage.objectUser"), POLICIES[10].0),
    ]
}

/// Each policy, shown the resources with one thing changed.
pub(super) fn each_finds_what_it_is_for(resources: &[Resource]) {
    for (address, pointer, value, policy) in breaches() {
        let mut other = resources.to_vec();
        let resource = other.iter_mut().find(|it| it.address == address).unwrap_or_else(|| panic!("{address}"));
        *resource.values.pointer_mut(pointer).unwrap_or_else(|| panic!("{address}{pointer}")) = value;
        let found = violations(&other);
        assert!(
            found.iter().any(|it| it.starts_with(&format!("{policy}: {address}"))),
            "{address}{pointer}: {found:?}"
        );
    }
}
