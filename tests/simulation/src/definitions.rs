//! Definitions that people write in a schedule: good ones, bad ones, and ones that ask for what is dangerous.

use rand::RngExt as _;
use rand::rngs::StdRng;
use tenancy::tenant::TenantId;

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

/// Another definition of a tenant.
pub(crate) fn draw(random: &mut StdRng, tenant: &TenantId) -> String {
    let most = random.random_range(1..9);
    let more = match random.random_range(0..20) {
        0 => "  database: {tier: premium}\n",
        1 => "  suspend: true\n",
        2 => "  deletionProtection: true\n",
        3 => "  deletionPolicy: Retain\n",
        4 | 5 => "  driftPolicy: Correct\n",
        6 | 7 => "  unknown: true\n",
        _ => "",
    };
    format!(
        "apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {{name: {tenant}}}\nspec:\n  runtime: {{scaling: \
         {{maxInstances: {most}}}}}\n{more}"
    )
}
