//! A control plane comes, stays as it is, holds to the policies, and goes.

use serde_json::{Value as Json, json};

use super::policies::{each_finds_what_it_is_for, violations};
use super::resources::{Resource, applied, normalised, of};
use super::{contract, identities, routes};
use crate::workspace::Workspace;

/// Applied; the second plan is empty, no policy is broken, and everything is as it was last time.
fn lives(plane: &Workspace, inputs: &str) -> Vec<Resource> {
    plane.apply().ok();
    let resources = applied(plane);
    let broken = violations(&resources);
    assert!(broken.is_empty(), "{inputs}:\n{}", broken.join("\n"));
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_json_snapshot!(format!("plan_{inputs}"), normalised(&resources));
    });
    resources
}

/// Destroyed; only what is switched on stays on.
fn goes(plane: &Workspace) {
    plane.destroy().ok();
    let left = plane.objects();
    let left: Vec<_> =
        left.iter().filter(|object| !object.parent().unwrap().ends_with("google_project_service")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_minimal_one_is_protected_until_it_is_said_otherwise() {
    let plane = Workspace::control_plane("minimal");
    let resources = lives(&plane, "minimal");
    identities::are_as_in_the_reference(&resources);
    contract::every_function_has_its_variables_and_no_others(&resources);
    contract::every_function_can_start_with_its_variables(&plane, &resources);
    contract::the_metrics_count_what_is_logged(&resources);
    each_finds_what_it_is_for(&resources);
    let refused = plane.destroy().failed();
    assert!(refused.contains("cannot destroy google_storage_bucket without setting deletion_policy"), "{refused}");
    plane.write("unprotected.auto.tfvars.json", &json!({"protect": false}).to_string());
    plane.apply().ok();
    goes(&plane);
}

#[test]
fn one_with_everything_comes_and_goes() {
    let plane = Workspace::control_plane("full");
    let resources = lives(&plane, "full");
    contract::every_function_has_its_variables_and_no_others(&resources);
    contract::every_function_can_start_with_its_variables(&plane, &resources);
    routes::every_request_reaches_its_function(&resources);
    goes(&plane);
}

/// Tokens of another issuer: the functions of the API verify them, and all else stays closed.
#[test]
fn one_that_verifies_tokens_itself_holds_to_the_same_policies() {
    let plane = Workspace::control_plane("minimal");
    let oidc = json!({"issuer": "https://login.example.com", "audiences": ["tenants"], "callers": ["*@example.com"]});
    plane.write("oidc.auto.tfvars.json", &json!({"oidc": oidc, "protect": false}).to_string());
    plane.apply().ok();
    let resources = applied(&plane);
    assert_eq!(violations(&resources), Vec::<String>::new());
    contract::every_function_has_its_variables_and_no_others(&resources);
    contract::every_function_can_start_with_its_variables(&plane, &resources);
    goes(&plane);
}

/// Buckets do not move: what would make them anew fails, and they are as they were.
#[test]
fn a_protected_bucket_is_not_replaced() {
    let plane = Workspace::control_plane("minimal");
    plane.apply().ok();
    let buckets =
        |resources: &[Resource]| normalised(&of(resources, "google_storage_bucket").cloned().collect::<Vec<_>>());
    let before = buckets(&applied(&plane));
    plane.input("/region", Json::from("europe-west4"));
    plane.apply().failed();
    plane.input("/region", Json::from("europe-west1"));
    plane.apply().ok();
    assert_eq!(buckets(&applied(&plane)), before);
}
