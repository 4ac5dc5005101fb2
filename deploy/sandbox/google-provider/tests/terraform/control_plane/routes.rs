//! The load balancer sends every method and path of the API to the function that serves it.

use std::fs;
use std::path::Path;

use serde_json::Value as Json;

use super::resources::{Resource, of};

/// Where the load balancer sends a request: the rules in order of their priority, else the default.
fn sent_to(map: &Resource, method: &str, path: &str) -> String {
    let matcher = &map.values["path_matcher"][0];
    let mut rules: Vec<&Json> = matcher["route_rules"].as_array().unwrap().iter().collect();
    rules.sort_by_key(|rule| rule["priority"].as_u64());
    let rule = rules.into_iter().find(|rule| {
        rule["match_rules"].as_array().unwrap().iter().any(|matches| {
            let header = &matches["header_matches"][0];
            assert_eq!(header["header_name"], ":method");
            header["exact_match"] == method && fits(matches["path_template_match"].as_str().unwrap(), path)
        })
    });
    let service = rule.map_or(&matcher["default_service"], |rule| &rule["service"]);
    service.as_str().unwrap().rsplit('/').next().unwrap().trim_start_matches("aipress-").to_owned()
}

/// Whether a path is of a template: `*` is one segment, `**` any number at the end (Google's rule).
fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some("**"), _) | (None, None) => return true,
            (Some("*"), Some(segment)) if !segment.is_empty() => {}
            (Some(literal), Some(segment)) if literal == segment => {}
            _ => return false,
        }
    }
}

/// Every request that the API's document describes.
pub(super) fn every_request_reaches_its_function(resources: &[Resource]) {
    let map = of(resources, "google_compute_url_map").next().unwrap();
    let described = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/openapi.json");
    let described: Json = serde_json::from_str(&fs::read_to_string(described).unwrap()).unwrap();
    let balanced: Vec<&str> = of(resources, "google_compute_backend_service")
        .map(|backend| backend.text("/name").trim_start_matches("aipress-"))
        .collect();
    let mut wrong = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(function) = operation["tags"][0].as_str().filter(|tag| balanced.contains(tag)) else { continue };
            let to = sent_to(map, &method.to_uppercase(), &path.replace(['{', '}'], ""));
            if to != function {
                wrong.push(format!("{method} {path} is {function}'s and goes to {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(sent_to(map, "GET", "/nothing/here"), "get-tenant", "who reads says what is not there");
    assert_eq!(sent_to(map, "POST", "/tasks"), "get-tenant", "and never who works");
}
