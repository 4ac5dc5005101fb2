//! Rendered variables, byte for byte, against the module's test inputs.

use std::fs;
use std::path::Path;

use super::*;
use crate::tenant::{Format, Reason, parse};

fn platform() -> Platform {
    Platform::parse(include_str!("testdata/platform.yaml")).unwrap()
}

fn definition(source: &str) -> Definition {
    parse(source.as_bytes(), Format::Yaml).unwrap()
}

/// Of a new tenant.
fn variables(definition: &Definition, platform: &Platform, decisions: &Decisions) -> Result<Variables, Problems> {
    render(definition, platform, None, &Occupancy::default(), decisions).map(|rendered| rendered.variables)
}

const MINIMAL: &str = include_str!("testdata/minimal.yaml");
const FULL: &str = include_str!("testdata/full.yaml");

/// `UPDATE=1` rewrites the module's inputs.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test's own switch")]
fn the_modules_inputs_are_what_is_rendered() {
    for (name, source) in [("minimal", MINIMAL), ("full", FULL)] {
        let rendered = variables(&definition(source), &platform(), &Decisions::default()).unwrap();
        let file = format!("../terraform/tenant/tests/inputs/{name}.tfvars.json");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
        if std::env::var("UPDATE").is_ok() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, rendered.as_json()).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(kept, rendered.as_json(), "{file} is not what is rendered: run this test with UPDATE=1");
    }
}

#[test]
fn a_plugin_bundle_is_named_by_its_digest() {
    let decisions = Decisions { password_version: 2, plugins: Some(Digest::of(b"bundle")) };
    let rendered = variables(&definition(MINIMAL), &platform(), &decisions).unwrap();
    let json: Value = serde_json::from_str(rendered.as_json()).unwrap();
    assert_eq!(json["password_version"], 2);
    assert_eq!(json["plugins"]["digest"], Digest::of(b"bundle").to_string());
    let path = json["plugins"]["path"].as_str().unwrap();
    assert!(path.starts_with("tenants/acme/plugins/") && !path.contains(':') && path.len() == 85, "{path}");
}

/// What must not change a tenant, and what must.
#[test]
fn the_digest_follows_the_meaning() {
    let digest = |source: &str, platform: &Platform| {
        variables(&definition(source), platform, &Decisions::default()).unwrap().digest()
    };
    let before = digest(FULL, &platform());
    let limits = Platform { limits: crate::platform::Limits { runs: 1, ..Default::default() }, ..platform() };
    assert_eq!(digest(FULL, &limits), before);
    assert_eq!(digest(&FULL.replace("www.acme.example", "WWW.acme.example"), &platform()), before);
    assert_eq!(digest(&format!("{FULL}  suspend: true\n"), &platform()), before);
    assert_ne!(digest(&FULL.replace("de_DE", "en_US"), &platform()), before);
    let image = Platform { image: "registry.example/other:1".to_owned(), ..platform() };
    assert_eq!(digest(FULL, &image), before);
    assert_ne!(digest(MINIMAL, &image), digest(MINIMAL, &platform()));
}

#[test]
fn a_tenant_is_rendered_where_it_was_placed() {
    let rendered = |platform: &Platform, recorded: Option<&Placement>| {
        render(&definition(FULL), platform, recorded, &Occupancy::default(), &Decisions::default()).unwrap()
    };
    let before = rendered(&platform(), None);
    let mut moved = platform();
    moved.tenant_projects[0].region = "us-east1".parse().unwrap();
    let after = rendered(&moved, Some(&before.placed.placement));
    assert_eq!(after.variables, before.variables);
    assert!(after.placed.refused_move.is_some());
    assert_ne!(rendered(&moved, None).variables, before.variables);
}

#[test]
fn every_problem_is_told_at_once() {
    let mut platform = platform();
    platform.tenant_projects[0].tiers.remove("premium");
    platform.scaling.max_instances = 0;
    let source = FULL.replace("      maxInstances: 10\n", "");
    let problems = variables(&definition(&source), &platform, &Decisions::default()).unwrap_err();
    let reasons: Vec<_> = problems.iter().map(|problem| problem.reason).collect();
    assert_eq!(reasons, [Reason::MinAboveMax, Reason::UnknownTier]);
}
