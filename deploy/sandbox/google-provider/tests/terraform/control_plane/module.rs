//! Formatted, valid, and its own tests pass; its inputs are written in one form.

use std::fs;

use sandbox_google_provider::value::Value;
use serde_json::Value as Json;

use crate::workspace::{Workspace, control_plane_module};

#[test]
fn is_formatted_and_valid() {
    let plane = Workspace::control_plane("minimal");
    plane.terraform(&["fmt", "-check", "-recursive", "-diff", control_plane_module().to_str().unwrap()]).ok();
    plane.terraform(&["validate"]).ok();
}

#[test]
fn passes_its_tests() {
    let plane = Workspace::control_plane("minimal");
    let ran = plane.terraform(&["test", "-var-file=tests/inputs/minimal.tfvars.json"]).ok();
    for file in ["apply", "names", "settings", "validation"] {
        assert!(ran.out.contains(&format!("tests/{file}.tftest.hcl... pass")), "{file}: {}", ran.out);
    }
}

#[test]
fn has_inputs_in_one_form() {
    for name in ["minimal", "full"] {
        let text = fs::read_to_string(control_plane_module().join(format!("tests/inputs/{name}.tfvars.json"))).unwrap();
        let inputs = Value::from(serde_json::from_str::<Json>(&text).unwrap());
        // Our maps are sorted, whatever order the file has.
        assert_eq!(format!("{:#}\n", Json::from(&inputs)), text, "{name}");
    }
}
