//! What the module and the programs must agree on: variables, the platform settings, events of the log, permissions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;

use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use tenancy::config::variables::{ALL, Absent};
use tenancy::config::{LookoutConfig, ReaderConfig, WorkerConfig, load_from};
use tenancy::platform::Platform;
use tenancy::signals;

use super::resources::{Resource, of};
use crate::workspace::{Workspace, tenant_module};

/// What an image says itself, since it is in the image.
const OF_THE_IMAGE: [&str; 2] = ["AIPRESS_MODULE", "AIPRESS_WORK"];

/// By the wording of the reference.
fn is_for(used_by: &str, function: &str) -> bool {
    match used_by {
        "every function" => true,
        "every function but get-tenant" => function != "get-tenant",
        "create-, update-, delete- and reconcile-tenant" => {
            ["create-tenant", "update-tenant", "delete-tenant", "reconcile-tenant"].contains(&function)
        }
        listed => listed.contains(function),
    }
}

/// Those it does not start without, and none it does not read.
pub(super) fn every_function_has_its_variables_and_no_others(resources: &[Resource]) {
    for service in of(resources, "google_cloud_run_v2_service") {
        let function = service.text("/name").trim_start_matches("aipress-");
        let env = service.values.pointer("/template/0/containers/0/env").and_then(Json::as_array).unwrap();
        let given: BTreeSet<&str> = env.iter().filter_map(|env| env["name"].as_str()).collect();
        let known: BTreeSet<&str> =
            ALL.iter().filter(|variable| is_for(variable.used_by, function)).map(|variable| variable.name).collect();
        let needed: BTreeSet<&str> = ALL
            .iter()
            .filter(|variable| variable.default == Absent::Refused && is_for(variable.used_by, function))
            .map(|variable| variable.name)
            .filter(|name| !OF_THE_IMAGE.contains(name))
            .collect();
        assert!(given.is_subset(&known), "{function} does not read {:?}", given.difference(&known));
        assert!(needed.is_subset(&given), "{function} lacks {:?}", needed.difference(&given));
    }
}

/// With the values that are given, too: what Cloud Run and the image add is added, the mounted settings lie elsewhere.
pub(super) fn every_function_can_start_with_its_variables(plane: &Workspace, resources: &[Resource]) {
    let settings = plane.run().join("settings.yaml");
    fs::write(&settings, plane.output("platform").as_str().unwrap()).unwrap();
    for service in of(resources, "google_cloud_run_v2_service") {
        let function = service.text("/name").trim_start_matches("aipress-");
        let env = service.values.pointer("/template/0/containers/0/env").and_then(Json::as_array).unwrap();
        let given = env.iter().map(|env| match (env["name"].as_str().unwrap(), env["value"].as_str().unwrap()) {
            (name @ "AIPRESS_PLATFORM", _) => (name, settings.to_str().unwrap()),
            other => other,
        });
        let there = OF_THE_IMAGE.map(|name| (name, "/opt/aipress")).into_iter().chain([("K_SERVICE", function)]);
        let variables = given.chain(there).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let read = match function {
            "get-tenant" => load_from(variables, ReaderConfig::read).map(drop),
            "check-drift" | "definition-changed" => load_from(variables, LookoutConfig::read).map(drop),
            _ => load_from(variables, WorkerConfig::read).map(drop),
        };
        assert!(read.is_ok(), "{function}: {}", read.unwrap_err());
    }
}

#[test]
fn the_settings_are_what_the_programs_read() {
    for inputs in ["minimal", "full"] {
        let plane = Workspace::control_plane(inputs);
        plane.terraform(&["apply", "-auto-approve", "-input=false", "-target=google_storage_bucket.store"]).ok();
        let written = plane.output("platform");
        let platform = Platform::parse(written.as_str().unwrap()).unwrap();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_yaml_snapshot!(format!("platform_{inputs}"), platform);
        });
    }
}

/// Each event has its metric, and each metric its event.
pub(super) fn the_metrics_count_what_is_logged(resources: &[Resource]) {
    let counted: BTreeSet<&str> = of(resources, "google_logging_metric")
        .map(|metric| metric.text("/filter").rsplit_once("jsonPayload.event=").unwrap().1.trim_matches('"'))
        .collect();
    assert_eq!(counted, BTreeSet::from(signals::ALL));
}

/// Types of resources and data that the tenant's module names.
fn types_of_the_tenants_module() -> BTreeSet<String> {
    let files = fs::read_dir(tenant_module()).unwrap().map(|entry| entry.unwrap().path());
    let texts = files.filter(|path| path.extension().is_some_and(|end| end == "tf"));
    let texts: Vec<String> = texts.map(|path| fs::read_to_string(path).unwrap()).collect();
    let blocks = texts.iter().flat_map(|text| text.lines()).filter_map(|line| {
        let rest = line.strip_prefix("resource \"").or_else(|| line.strip_prefix("data \""))?;
        Some(rest.split_once('"')?.0.to_owned())
    });
    blocks.collect()
}

/// What an expression is within the module.
fn known<T: DeserializeOwned>(expression: &str) -> T {
    let plane = Workspace::control_plane("minimal");
    let mut console = plane.command(&["console"]);
    let mut console = console.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let asked = format!("jsonencode({expression})");
    std::io::Write::write_all(&mut console.stdin.take().unwrap(), asked.as_bytes()).unwrap();
    let answer = String::from_utf8(console.wait_with_output().unwrap().stdout).unwrap();
    // The console prints a string: JSON within JSON.
    let answer: String = serde_json::from_str(answer.trim()).unwrap();
    serde_json::from_str(&answer).unwrap()
}

#[test]
fn who_provisions_has_permissions_for_the_tenants_resource_types_and_no_others() {
    let listed: BTreeSet<String> =
        known("keys(merge(local.tenant_permissions, local.database_permissions, local.bundle_permissions))");
    assert_eq!(listed, types_of_the_tenants_module());
}

/// What is called beside Terraform: an installer's job is started, followed and stopped, a database exported.
#[test]
fn who_calls_the_cloud_itself_has_permissions_for_its_calls() {
    for (granted, calls) in [
        (
            "flatten(values(local.tenant_permissions))",
            &["run.jobs.run", "run.jobs.runWithOverrides", "run.executions.get", "run.executions.cancel"][..],
        ),
        ("local.export_permissions", &["cloudsql.instances.export", "cloudsql.instances.get"]),
    ] {
        let granted: BTreeSet<String> = known(granted);
        for call in calls {
            assert!(granted.contains(*call), "{call}");
        }
    }
}

/// The programs' own default, and the month longer that they keep what stands in for an export.
#[test]
fn exports_stay_a_month_longer_than_the_record_that_names_them() {
    let days: u32 = known("local.export_days");
    assert_eq!(days, tenancy::platform::Retention::default().graveyard_days + 30);
}

/// Every section with every field, and none that the programs would not start with.
#[test]
fn the_settings_that_may_be_given_are_those_the_programs_know() {
    let may: BTreeMap<String, BTreeMap<String, String>> = known("local.setting_fields");
    let may: BTreeMap<String, BTreeSet<String>> =
        may.into_iter().map(|(section, fields)| (section, fields.into_keys().collect())).collect();
    let platform = Platform::parse(include_str!("../../../../../local/platform.yaml")).unwrap();
    let platform = serde_json::to_value(platform).unwrap();
    // These two are inputs of their own.
    let sections =
        platform.as_object().unwrap().iter().filter(|(name, _)| !["resources", "scaling"].contains(&name.as_str()));
    let known: BTreeMap<String, BTreeSet<String>> = sections
        .filter_map(|(name, fields)| Some((name.clone(), fields.as_object()?.keys().cloned().collect())))
        .collect();
    assert_eq!(may, known);
}
