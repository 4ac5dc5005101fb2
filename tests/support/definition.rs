//! Definitions, written as people write them.

/// A tenant's definition with these lines under `spec` (two spaces in front of each).
pub fn definition(id: &str, spec: &str) -> String {
    let head = format!("apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata:\n  name: {id}\n");
    if spec.is_empty() { format!("{head}spec: {{}}\n") } else { format!("{head}spec:\n  {spec}\n") }
}
