//! The tenants that are measured with: what a customer's definition is like.

/// A site with domains, plugins and settings of its own.
pub(super) fn definition(id: &str, most: usize) -> String {
    format!("{}{PLUGINS}", bare_site(id, most))
}

/// The same with no plugins at all: what a bare apply makes too.
pub(super) fn without_plugins(id: &str, most: usize) -> String {
    format!("{}  plugins: []\n", bare_site(id, most))
}

const PLUGINS: &str = "  plugins:
    - name: woocommerce
      version: \"9.4.1\"
      required: true
    - name: wordpress-seo
      version: \"23.8\"
";

fn bare_site(id: &str, most: usize) -> String {
    format!(
        "# A shop: kept warm, its plugins pinned.
apiVersion: aipress.io/v1alpha1
kind: Tenant
metadata:
  name: {id}
  displayName: Bench {id}
  labels:
    team: commerce
    cost-center: c-42
spec:
  runtime:
    environmentVariables:
      SITE_LOCALE: de_DE
      WP_DEBUG: \"false\"
    resources:
      cpu: \"2\"
      memory: 1Gi
    scaling:
      minInstances: 1
      maxInstances: {most}
  database:
    tier: standard
  customDomains:
    - shop.{id}.example
"
    )
}
