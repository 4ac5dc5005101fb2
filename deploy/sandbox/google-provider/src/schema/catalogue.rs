//! Every schema file, built into the binary.

use std::collections::BTreeMap;

use super::Schema;
use super::parse::BadSchema;

/// Which provider we answer as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderName {
    /// hashicorp/google.
    Google,
    /// hashicorp/random.
    Random,
}

/// A provider's schemas by type name.
#[derive(Debug)]
pub struct Catalogue {
    /// Whose they are.
    pub of: ProviderName,
    /// The provider's own configuration.
    pub provider: Schema,
    /// Resources.
    pub resources: BTreeMap<String, Schema>,
    /// Data sources.
    pub data: BTreeMap<String, Schema>,
    /// Ephemeral resources.
    pub ephemeral: BTreeMap<String, Schema>,
}

type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($folder:literal: $($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../schema/", $folder, "/", $name, ".json")))),*]
    };
}

const GOOGLE_PROVIDER: Files = files!("google": "provider");
const GOOGLE_RESOURCES: Files = files!("google/resources":
    "google_cloud_asset_project_feed",
    "google_cloud_run_v2_job",
    "google_cloud_run_v2_job_iam_member",
    "google_cloud_run_v2_service",
    "google_cloud_run_v2_service_iam_member",
    "google_cloud_scheduler_job",
    "google_cloud_tasks_queue",
    "google_compute_backend_service",
    "google_compute_global_address",
    "google_compute_global_forwarding_rule",
    "google_compute_managed_ssl_certificate",
    "google_compute_region_network_endpoint_group",
    "google_compute_target_https_proxy",
    "google_compute_url_map",
    "google_eventarc_trigger",
    "google_logging_metric",
    "google_monitoring_alert_policy",
    "google_monitoring_dashboard",
    "google_project_iam_custom_role",
    "google_project_iam_member",
    "google_project_service",
    "google_pubsub_subscription",
    "google_pubsub_subscription_iam_member",
    "google_pubsub_topic",
    "google_pubsub_topic_iam_member",
    "google_secret_manager_secret",
    "google_secret_manager_secret_iam_member",
    "google_secret_manager_secret_version",
    "google_service_account",
    "google_sql_database",
    "google_sql_provision_script",
    "google_sql_user",
    "google_storage_bucket",
    "google_storage_bucket_iam_member",
    "google_storage_managed_folder",
    "google_storage_managed_folder_iam_member",
    "google_storage_notification",
);
const GOOGLE_DATA: Files = files!("google/data":
    "google_client_config", "google_project", "google_sql_database_instance", "google_storage_project_service_account",
);
const GOOGLE_EPHEMERAL: Files = files!("google/ephemeral": "google_secret_manager_secret_version");
const RANDOM_PROVIDER: Files = files!("random": "provider");
const RANDOM_EPHEMERAL: Files = files!("random/ephemeral": "random_password");

impl Catalogue {
    /// Reads the built-in files of one provider. The unit tests hold that they can be read.
    pub fn load(of: ProviderName) -> Result<Self, BadSchema> {
        let (provider, resources, data, ephemeral) = match of {
            ProviderName::Google => (GOOGLE_PROVIDER, GOOGLE_RESOURCES, GOOGLE_DATA, GOOGLE_EPHEMERAL),
            ProviderName::Random => (RANDOM_PROVIDER, &[][..], &[][..], RANDOM_EPHEMERAL),
        };
        let (name, text) = provider[0];
        Ok(Self {
            of,
            provider: Schema::parse(name, text)?,
            resources: read(resources)?,
            data: read(data)?,
            ephemeral: read(ephemeral)?,
        })
    }
}

fn read(files: Files) -> Result<BTreeMap<String, Schema>, BadSchema> {
    files.iter().map(|(name, text)| Ok(((*name).to_owned(), Schema::parse(name, text)?))).collect()
}
