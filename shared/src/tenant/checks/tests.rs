//! What looks like a secret and what does not; what only the platform can tell.

use super::secrets::{kind_of, shown};
use super::*;
use crate::platform::Platform;
use crate::tenant::{Format, Problems, locate, parse};

#[test]
fn secrets_and_what_only_resembles_them() {
    let long = "Ab1".repeat(15);
    for secret in [
        format!("ghp_{long}"),
        format!("token=ghp_{long}"),
        format!("AIza{long}"),
        "AKIAIOSFODNN7EXAMPLE".to_owned(),
        "-----BEGIN PRIVATE KEY-----".to_owned(),
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc".to_owned(),
        r#"{"type": "service_account", "private_key": "x"}"#.to_owned(),
        format!("eyJ{long}.{long}.{long}"),
        "https://user:pass@acme.example/".to_owned(),
        "redis://:pass@10.0.0.1".to_owned(),
        "https://user:p@ss@acme.example".to_owned(),
    ] {
        assert!(kind_of(&secret).is_some(), "{secret}");
        assert!(!shown(&secret).contains(&secret), "{secret}");
    }
    for harmless in [
        "",
        "false",
        "ghp_short",
        "eyJust a sentence that goes on and on, dots. And more. Of them.",
        "https://acme.example/a:b@c",
        "https://user@acme.example",
        "https://user:@acme.example",
        "mailto:ann@acme.example",
        "NAKIAIOSFODNN7EXAMPLE",
        "-----BEGIN CERTIFICATE-----",
        "europe-west1-docker.pkg.dev/p/r/wordpress-runtime:6.8",
        "projects/p/secrets/sk/versions/1",
    ] {
        assert_eq!(kind_of(harmless), None, "{harmless}");
    }
}

fn checked(spec: &str) -> Result<(), Problems> {
    let platform = Platform::parse(
        "{tenantProjects: [{project: tenants-eu, region: europe-west1, tiers: {
           standard: {instance: shared-1, connectionName: 'tenants-eu:europe-west1:shared-1', project: tenants-eu}}}],
          image: i, artifactsBucket: b, defaultTier: standard, scaling: {minInstances: 1, maxInstances: 3}}",
    )
    .unwrap();
    let source = format!("apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {{name: acme}}\nspec: {spec}\n");
    let definition = parse(source.as_bytes(), Format::Yaml).unwrap();
    check_against(&definition, &platform).map_err(|problems| locate(problems, source.as_bytes(), Format::Yaml))
}

#[test]
fn the_platform_has_the_last_word() {
    for fine in ["{}", "{database: {tier: gold}}", "{runtime: {scaling: {minInstances: 3}}}"] {
        assert_eq!(checked(fine), Ok(()), "{fine}");
    }
    let said = checked("{runtime: {scaling: {minInstances: 4}}}").unwrap_err().to_string();
    insta::assert_snapshot!(said, @"4:42: /spec/runtime/scaling/minInstances: minInstances is 4, which is more than maxInstances, 3 (raise maxInstances or lower minInstances)");
}

#[test]
fn a_container_takes_so_many_variables() {
    let list = |prefix: &str, count: usize, value: &str| {
        let entries: Vec<String> = (0..count).map(|n| format!("\"{prefix}{n}\": \"{value}\"")).collect();
        format!("{{{}}}", entries.join(", "))
    };
    let with = |plain: usize, secret: usize| {
        let source = format!(
            "apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {{name: acme}}\nspec: {{runtime: {{environmentVariables: {}, secretVariables: {}}}}}\n",
            list("A", plain, "x"),
            list("B", secret, "projects/p/secrets/s/versions/1"),
        );
        parse(source.as_bytes(), Format::Yaml)
    };
    assert!(with(600, 400).is_ok());
    let problems = with(600, 401).unwrap_err();
    assert_eq!(problems.iter().map(|problem| problem.reason).collect::<Vec<_>>(), [Reason::InvalidValue]);
}
