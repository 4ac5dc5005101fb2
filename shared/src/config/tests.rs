use std::collections::BTreeSet;

use super::variables::{ALL, reference};
use super::{AuthConfig, AuthMode, ConfigError, LookoutConfig, PrepareConfig, ReaderConfig, WorkerConfig, load_from};
use crate::http::serve::Bounds;

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn platform() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "{tenantProjects: [{project: tenants-eu, region: europe-west1, tiers: {s: {instance: i, connectionName: c, \
        project: tenants-eu}}}], image: i, defaultTier: s, artifactsBucket: b}";
    std::fs::write(file.path(), text).unwrap();
    file
}

#[test]
fn every_missing_variable_is_named_at_once() {
    let ConfigError(problems) = load_from(Vec::new(), WorkerConfig::read).unwrap_err();
    let names: BTreeSet<&str> = problems.iter().map(|problem| problem.name).collect();
    let expected = [
        "AIPRESS_AUTH",
        "AIPRESS_DEFINITIONS_BUCKET",
        "AIPRESS_MODULE",
        "AIPRESS_PLATFORM",
        "AIPRESS_RECORDS_BUCKET",
        "AIPRESS_STATE_BUCKET",
        "AIPRESS_WORK",
    ];
    assert_eq!(names, expected.into());
    assert_eq!(names.len(), problems.len());
}

#[test]
fn wrong_values_are_named_with_what_is_wrong() {
    let given = variables(&[
        ("PORT", "eighty"),
        ("AIPRESS_HOST", "localhost"),
        ("AIPRESS_AUTH", "basic"),
        ("AIPRESS_DEFINITIONS_BUCKET", ""),
        ("AIPRESS_RECORDS_BUCKET", "records"),
    ]);
    let error = load_from(given, ReaderConfig::read).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"AIPRESS_HOST is 'localhost', which cannot be: invalid IP address syntax (Address to listen on.); PORT is 'eighty', which cannot be: invalid digit found in string (Port to listen on; 0 takes any free one.); AIPRESS_AUTH is 'basic', which is none of iam, oidc and none (How callers are known. `iam`: Cloud Run has verified their token. `oidc`: it is verified here. `none`: nobody is asked; for loopback addresses only.); AIPRESS_DEFINITIONS_BUCKET is not set (Bucket of the definitions; versioned.)");
}

#[test]
fn a_worker_is_read_whole_and_hands_on_only_what_terraform_needs() {
    let platform = platform();
    let given = variables(&[
        ("AIPRESS_HOST", "127.0.0.1"),
        ("AIPRESS_AUTH", "none"),
        ("AIPRESS_DEFINITIONS_BUCKET", "definitions"),
        ("AIPRESS_RECORDS_BUCKET", "records"),
        ("AIPRESS_STATE_BUCKET", "state"),
        ("AIPRESS_PLATFORM", platform.path().to_str().unwrap()),
        ("AIPRESS_MODULE", "terraform/tenant"),
        ("AIPRESS_WORK", "/var/work"),
        ("PATH", "/usr/bin"),
        ("GOOGLE_PROJECT", "p"),
        ("GOOGLE_OAUTH_ACCESS_TOKEN", "canary"),
        ("DATABASE_PASSWORD", "canary"),
    ]);
    let worker = load_from(given, WorkerConfig::read).unwrap();
    assert_eq!(worker.fleet.server.address, Some("127.0.0.1:8080".parse().unwrap()));
    assert_eq!(worker.fleet.server.bounds, Bounds::default());
    assert_eq!(worker.engine.installed.program.to_str(), Some("terraform"));
    assert_eq!(worker.engine.installed.pass_env, variables(&[("PATH", "/usr/bin"), ("GOOGLE_PROJECT", "p")]));
    assert_eq!(worker.engine.installed.secret_env, variables(&[("GOOGLE_OAUTH_ACCESS_TOKEN", "canary")]));
}

#[test]
fn an_image_build_needs_the_module_and_where_to_initialise_it() {
    let ConfigError(problems) = load_from(Vec::new(), PrepareConfig::read).unwrap_err();
    let names: Vec<&str> = problems.iter().map(|problem| problem.name).collect();
    assert_eq!(names, ["AIPRESS_MODULE", "AIPRESS_WORK", "AIPRESS_PREPARED"]);
}

#[test]
fn under_lambda_there_is_no_socket() {
    let given = variables(&[
        ("AIPRESS_DEFINITIONS_BUCKET", "definitions"),
        ("AIPRESS_RECORDS_BUCKET", "records"),
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001"),
        ("AIPRESS_AUTH", "oidc"),
        ("AIPRESS_AUTH_AUDIENCES", "tenants"),
        ("AIPRESS_CALLERS", "*@example.com"),
    ]);
    assert_eq!(load_from(given, ReaderConfig::read).unwrap().server.address, None);
}

/// What a function is told of its callers, and what is wrong with it.
#[test]
fn who_may_call() {
    let read = |more: &[(&str, &str)]| {
        let stores = [("AIPRESS_DEFINITIONS_BUCKET", "definitions"), ("AIPRESS_RECORDS_BUCKET", "records")];
        load_from(variables(&[&stores, more].concat()), ReaderConfig::read)
    };
    let (none, iam, oidc) = (("AIPRESS_AUTH", "none"), ("AIPRESS_AUTH", "iam"), ("AIPRESS_AUTH", "oidc"));
    let (here, run) = (("AIPRESS_HOST", "127.0.0.1"), ("K_SERVICE", "get-tenant"));
    let (audience, everybody) = (("AIPRESS_AUTH_AUDIENCES", " one, two"), ("AIPRESS_CALLERS", "*"));
    let ada = ("AIPRESS_CALLERS", "ada@example.com");
    assert_eq!(read(&[none, here]).unwrap().server.auth, AuthConfig::none());
    assert_eq!(read(&[none, ("AIPRESS_HOST", "::1")]).unwrap().server.auth, AuthConfig::none());
    assert_eq!(read(&[iam, run, everybody]).unwrap().server.auth.mode, AuthMode::Iam);
    let google = AuthMode::Oidc {
        issuer: "https://accounts.google.com".to_owned(),
        audiences: vec!["one".to_owned(), "two".to_owned()],
    };
    assert_eq!(read(&[oidc, audience, ada]).unwrap().server.auth.mode, google);
    for (given, wrong) in [
        (&[here][..], &["AIPRESS_AUTH"][..]),
        (&[none], &["AIPRESS_AUTH"]),
        (&[none, ("AIPRESS_HOST", "192.0.2.1")], &["AIPRESS_AUTH"]),
        (&[none, here, ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")], &["AIPRESS_AUTH"]),
        (&[iam, ada], &["AIPRESS_AUTH"]),
        (&[iam, run], &["AIPRESS_CALLERS"]),
        (&[oidc], &["AIPRESS_AUTH_AUDIENCES", "AIPRESS_CALLERS"]),
        (&[oidc, audience, everybody], &["AIPRESS_CALLERS"]),
        (&[oidc, audience, ("AIPRESS_CALLERS", "*@*")], &["AIPRESS_CALLERS"]),
        (&[oidc, ada, ("AIPRESS_AUTH_AUDIENCES", " , ")], &["AIPRESS_AUTH_AUDIENCES"]),
    ] {
        let ConfigError(problems) = read(given).unwrap_err();
        let mut named: Vec<&str> = problems.iter().map(|problem| problem.name).collect();
        named.sort_unstable();
        assert_eq!(named, wrong, "{given:?}");
    }
}

#[test]
fn who_only_looks_needs_somebody_to_hand_tasks_to() {
    let platform = platform();
    let given = |topic: &str| {
        load_from(
            variables(&[
                ("AIPRESS_HOST", "127.0.0.1"),
                ("AIPRESS_AUTH", "none"),
                ("AIPRESS_DEFINITIONS_BUCKET", "definitions"),
                ("AIPRESS_RECORDS_BUCKET", "records"),
                ("AIPRESS_PLATFORM", platform.path().to_str().unwrap()),
                ("AIPRESS_TASKS_TOPIC", topic),
            ]),
            LookoutConfig::read,
        )
    };
    assert_eq!(given("projects/p/topics/t").unwrap().tasks.topic.as_str(), "projects/p/topics/t");
    for bad in ["", "t", "projects/p/topics/", "projects/p/subscriptions/t", "projects/p/topics/t/x"] {
        let ConfigError(problems) = given(bad).unwrap_err();
        assert_eq!(problems.iter().map(|problem| problem.name).collect::<Vec<_>>(), ["AIPRESS_TASKS_TOPIC"], "{bad}");
    }
}

#[test]
fn a_variable_stands_in_the_list_once() {
    let names: BTreeSet<&str> = ALL.iter().map(|variable| variable.name).collect();
    assert_eq!(names.len(), ALL.len());
}

#[test]
fn the_reference_is_the_list() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    #[expect(clippy::disallowed_methods, reason = "how a person asks for the reference to be rewritten")]
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, reference()).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == reference(), "docs/configuration.md is out of date: run the test with UPDATE=1");
}
