//! Definitions that people write in a schedule: good ones, bad ones, and ones that ask for what is dangerous.

use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::json;
use tenancy::tenant::{Format, TenantId};

/// The platform of every schedule: short terms, so that everything can happen within one.
pub(crate) const PLATFORM: &str = "
tenantProjects:
  - project: simulated
    region: europe-west1
    tiers:
      standard: {instance: shared-1, connectionName: 'simulated:europe-west1:shared-1', project: simulated}
      premium: {instance: premium-1, connectionName: 'simulated:europe-west1:premium-1', project: simulated}
image: registry.example/wordpress-runtime:6.8
defaultTier: standard
artifactsBucket: simulated-artifacts
limits: {waitSeconds: 2, leaseSeconds: 30, runsPerInstance: 2}
retry: {firstSeconds: 10, mostSeconds: 60}
deletion: {graceSeconds: 600}
drift: {intervalSeconds: 3600}
";

/// Another definition of a tenant. Its text is JSON, and so YAML too: a format is a matter of the object it is put into.
pub(crate) fn draw(random: &mut StdRng, tenant: &TenantId) -> String {
    let most: u32 = random.random_range(1..9);
    let mut spec = json!({"runtime": {"scaling": {"maxInstances": most}}});
    let more = match random.random_range(0..20) {
        0 | 1 => Some(("database", json!({"tier": "premium"}))),
        2 => Some(("suspend", json!(true))),
        3 => Some(("deletionProtection", json!(true))),
        4 => Some(("deletionPolicy", json!("Retain"))),
        5 | 6 => Some(("driftPolicy", json!("Correct"))),
        7 | 8 => Some(("unknown", json!(true))),
        _ => None,
    };
    if let (Some((key, value)), Some(spec)) = (more, spec.as_object_mut()) {
        spec.insert(key.to_owned(), value);
    }
    json!({"apiVersion": "aipress.io/v1alpha1", "kind": "Tenant", "metadata": {"name": tenant.as_str()}, "spec": spec})
        .to_string()
}

/// Mostly YAML.
pub(crate) fn draw_format(random: &mut StdRng) -> Format {
    if random.random_range(0..6) == 0 { Format::Json } else { Format::Yaml }
}
