//! From a definition and the platform's settings to the variables that the provisioning module takes. Pure: the same
//! definition, settings and decisions give the same bytes, so the variables' digest says whether anything changed.
//!
//! The snapshots of this room's tests are the test inputs of `terraform/tenant`: a change on either side breaks a test on
//! the other.

use serde_json::{Value, json};

use crate::digest::Digest;
use crate::placement::{Occupancy, Placed, Placement, place};
use crate::platform::Platform;
use crate::provision::Variables;
use crate::tenant::{Definition, Problems, Runtime, TenantId, check_against};

#[cfg(test)]
mod tests;

/// What is decided for a tenant outside its definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decisions {
    /// Counts the passwords of the tenant's database user, from 1: raising it makes a new one.
    pub password_version: u32,
    /// The staged plugin bundle; `None` until there is one.
    pub plugins: Option<Digest>,
}

impl Default for Decisions {
    fn default() -> Self {
        Self { password_version: 1, plugins: None }
    }
}

/// The folder of a plugin bundle in the artifacts bucket, without a slash at the end: `tenants/ID/plugins/HEX`. The
/// digest stands without its `sha256:`, since a colon has a meaning in mount options.
pub fn bundle_path(tenant: &TenantId, bundle: &Digest) -> String {
    let digest = bundle.to_string();
    format!("tenants/{tenant}/plugins/{}", digest.trim_start_matches("sha256:"))
}

/// A definition as it is provisioned.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// Where.
    pub placed: Placed,
    /// With what.
    pub variables: Variables,
}

/// Places a tenant and renders its variables. `recorded` is where it is already. Fails where the settings cannot serve the
/// definition, with every reason: they may have changed since the definition was accepted.
pub fn render(
    definition: &Definition,
    platform: &Platform,
    recorded: Option<&Placement>,
    occupancy: &Occupancy,
    decisions: &Decisions,
) -> Result<Rendered, Problems> {
    match (place(definition, platform, recorded, occupancy), check_against(definition, platform)) {
        (Ok(placed), Ok(())) => {
            let variables = variables(definition, platform, &placed.placement, decisions);
            Ok(Rendered { placed, variables })
        }
        (Err(problem), Ok(())) => Err(problem.into()),
        (Ok(_), Err(problems)) => Err(problems),
        (Err(problem), Err(problems)) => Err(problems.and(problem)),
    }
}

/// The runtime image: the definition's, or else the platform's.
pub fn image<'a>(definition: &'a Definition, platform: &'a Platform) -> &'a str {
    let own = definition.spec.runtime.as_ref().and_then(|runtime| runtime.image.as_deref());
    own.unwrap_or(&platform.image)
}

/// One tenant's variables. Defaults of the platform fill what the definition leaves out; domains become lower case.
fn variables(definition: &Definition, platform: &Platform, placement: &Placement, decisions: &Decisions) -> Variables {
    let (metadata, spec) = (&definition.metadata, &definition.spec);
    let none = Runtime::default();
    let runtime = spec.runtime.as_ref().unwrap_or(&none);
    let domains: Vec<String> = spec.custom_domains.iter().map(|domain| domain.to_ascii_lowercase()).collect();
    let (project, region) = (&placement.project, &placement.region);
    let cron = platform.cron_queue.as_ref();
    // In the order of the alphabet, as the module's tests have them, whatever map type JSON objects use.
    Variables::from_json(&json!({
        "cron_queue": cron.map(|queue| format!("projects/{project}/locations/{region}/queues/{queue}")),
        "database": {
            "connection_name": placement.database.connection_name,
            "instance": placement.database.instance,
            "project": placement.database.project,
        },
        "display_name": metadata.display_name,
        "domains": domains,
        "environment": runtime.environment_variables,
        "image": image(definition, platform),
        "labels": metadata.labels,
        "password_version": decisions.password_version,
        "plugins": {
            "bucket": platform.artifacts_bucket,
            "digest": decisions.plugins,
            "path": decisions.plugins.as_ref().map(|bundle| bundle_path(&metadata.name, bundle)),
        },
        "project": placement.project,
        "region": placement.region,
        "resources": resources(runtime, platform),
        "scaling": scaling(runtime, platform),
        "secret_environment": secrets(runtime),
        "tenant": metadata.name,
    }))
}

fn resources(runtime: &Runtime, platform: &Platform) -> Value {
    let given = runtime.resources.clone().unwrap_or_default();
    json!({
        "cpu": given.cpu.as_ref().unwrap_or(&platform.resources.cpu),
        "memory": given.memory.as_ref().unwrap_or(&platform.resources.memory),
    })
}

fn scaling(runtime: &Runtime, platform: &Platform) -> Value {
    let given = runtime.scaling.unwrap_or_default();
    json!({
        "max_instances": given.max_instances.unwrap_or(platform.scaling.max_instances),
        "min_instances": given.min_instances.unwrap_or(platform.scaling.min_instances),
    })
}

fn secrets(runtime: &Runtime) -> Value {
    let references = runtime.secret_variables.iter();
    references
        .map(|(name, reference)| (name.clone(), json!({ "secret": reference.secret, "version": reference.version })))
        .collect()
}
