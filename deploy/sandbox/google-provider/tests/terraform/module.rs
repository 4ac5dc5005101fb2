//! The production module by Terraform's own measures: formatted, valid, and its tests pass.

use std::collections::BTreeSet;
use std::fs;

use sandbox_google_provider::value::Value;
use serde_json::Value as Json;

use crate::workspace::{Workspace, tenant_module};

#[test]
fn is_formatted() {
    let tenant = Workspace::tenant("minimal");
    let module = tenant_module();
    tenant.terraform(&["fmt", "-check", "-recursive", "-diff", module.to_str().unwrap()]).ok();
}

#[test]
fn is_valid() {
    Workspace::tenant("minimal").terraform(&["validate"]).ok();
}

#[test]
fn passes_its_tests() {
    let tenant = Workspace::tenant("minimal");
    let ran = tenant.terraform(&["test", "-var-file=tests/inputs/minimal.tfvars.json"]).ok();
    assert!(ran.out.contains("tests/environment.tftest.hcl... pass"), "{}", ran.out);
    assert!(ran.out.contains("tests/names.tftest.hcl... pass"), "{}", ran.out);
    assert!(ran.out.contains("tests/validation.tftest.hcl... pass"), "{}", ran.out);
    assert!(tenant.objects().is_empty(), "plans make nothing");
}

/// The platform renders these files, and holds its rendering against them byte by byte.
#[test]
fn has_inputs_that_are_canonical_and_complete() {
    let variables = fs::read_to_string(tenant_module().join("variables.tf")).unwrap();
    let declared: BTreeSet<_> = variables
        .lines()
        .filter_map(|line| line.strip_prefix("variable \"")?.strip_suffix("\" {"))
        .map(str::to_owned)
        .collect();
    for name in ["minimal", "full"] {
        let path = tenant_module().join(format!("tests/inputs/{name}.tfvars.json"));
        let text = fs::read_to_string(path).unwrap();
        let inputs = Value::from(serde_json::from_str::<Json>(&text).unwrap());
        let given: BTreeSet<_> = inputs.fields().unwrap().keys().cloned().collect();
        assert_eq!(given, declared, "{name}");
        // Our maps are sorted, whatever order the file has.
        assert_eq!(format!("{:#}\n", Json::from(&inputs)), text, "{name}");
    }
}
