//! The typed definition, schema `aipress.io/v1alpha1`. A value of this type has passed the schema and every semantic
//! check; nothing downstream asks again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TenantId;
use super::drift_ignore::DriftIgnore;

/// The only `apiVersion` so far.
pub const API_VERSION: &str = "aipress.io/v1alpha1";
/// The only `kind`.
pub const KIND: &str = "Tenant";

/// One tenant as its owner wrote it. Absent fields stay absent: defaults are platform settings, applied when the
/// definition is rendered, and never written back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Definition {
    /// Always [`API_VERSION`].
    pub api_version: String,
    /// Always [`KIND`].
    pub kind: String,
    /// Who it is.
    pub metadata: Metadata,
    /// What it should be.
    pub spec: Spec,
}

/// Who the tenant is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Metadata {
    /// The tenant's id.
    pub name: TenantId,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// Labels for the tenant's cloud resources.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// What the tenant should be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Spec {
    /// The container and its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime: Option<Runtime>,
    /// Where its database lives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// Domains; the first is the primary one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub custom_domains: Vec<String>,
    /// Wanted plugins; absent: the platform's default list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugins: Option<Plugins>,
    /// What deleting the tenant does to its resources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Refuse to delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// What to do about drift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift_policy: Option<DriftPolicy>,
    /// Differences that are no drift.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drift_ignore: Vec<DriftIgnore>,
    /// Keep recording, touch nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,
}

/// The container that serves the site.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Runtime {
    /// Container image reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// Plain values; reserved names are refused.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment_variables: BTreeMap<String, String>,
    /// References to secret versions, never values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secret_variables: BTreeMap<String, SecretVersion>,
    /// CPU and memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
    /// Instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
}

/// `projects/P/secrets/S/versions/N`, N a positive number: a pinned reference, so a rotation is a change of definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretVersion {
    /// `projects/P/secrets/S`.
    pub secret: String,
    /// The version's number, as text.
    pub version: String,
}

/// The text is not `projects/P/secrets/S/versions/N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret reference is written projects/PROJECT/secrets/SECRET/versions/NUMBER")]
pub struct InvalidSecretVersion;

impl TryFrom<String> for SecretVersion {
    type Error = InvalidSecretVersion;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["projects", project, "secrets", secret, "versions", version]
                if !project.is_empty()
                    && !secret.is_empty()
                    && version.bytes().all(|b| b.is_ascii_digit())
                    && !version.starts_with('0')
                    && !version.is_empty() =>
            {
                Ok(Self { secret: format!("projects/{project}/secrets/{secret}"), version: (*version).to_owned() })
            }
            _ => Err(InvalidSecretVersion),
        }
    }
}

impl From<SecretVersion> for String {
    fn from(reference: SecretVersion) -> Self {
        format!("{}/versions/{}", reference.secret, reference.version)
    }
}

/// CPU and memory of one instance, in Cloud Run's notation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resources {
    /// `"1"`, `"2"`, `"500m"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu: Option<String>,
    /// `512Mi`, `1Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
}

/// 0 ≤ min ≤ max, max ≥ 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Scaling {
    /// Instances kept warm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_instances: Option<u32>,
    /// Most instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_instances: Option<u32>,
}

/// Where the database lives.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Database {
    /// A tier named in the platform settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<String>,
}

/// Wanted plugins: a list, or a reference to one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Plugins {
    /// Option A: the list itself.
    List(Vec<Plugin>),
    /// Option B: an object that holds the list.
    Reference(PluginsReference),
}

/// Option B of [`Plugins`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PluginsReference {
    /// `gs://BUCKET/OBJECT`, a YAML list of [`Plugin`].
    pub plugins_yaml_gcs_uri: String,
}

/// One wanted plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plugin {
    /// The plugin's slug.
    pub name: String,
    /// An exact version; absent or `latest`: resolved once, then locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// A required plugin that fails fails the tenant; an optional one is reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
}

/// What deleting a tenant does to its resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeletionPolicy {
    /// They are destroyed.
    #[default]
    Delete,
    /// The tenant is forgotten, they stay.
    Retain,
}

/// What to do about drift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DriftPolicy {
    /// Say so on the status.
    #[default]
    Report,
    /// Apply the definition again.
    Correct,
}
