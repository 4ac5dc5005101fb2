//! The production module by Terraform's own measures: formatted, valid, and its tests pass.

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
