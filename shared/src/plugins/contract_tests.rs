use super::*;
use crate::plugins::LockedPlugin;

fn locked(name: &str, version: &str, required: bool) -> LockedPlugin {
    LockedPlugin {
        name: name.parse().unwrap(),
        version: version.parse().unwrap(),
        sha256: Digest::of(format!("{name} {version}").as_bytes()),
        source: format!("https://plugins.example/{name}.{version}.zip").parse().unwrap(),
        required,
    }
}

fn lock(plugins: &[(&str, &str)]) -> Lock {
    Lock::new(plugins.iter().map(|(name, version)| locked(name, version, false)).collect()).unwrap()
}

fn request(before: Lock, wanted: Lock) -> InstallRequest {
    InstallRequest {
        tenant: "acme".parse().unwrap(),
        generation: Generation::new(7),
        operation: "01J9ZQ4Y3T8V5W6X7Y8Z9A0B1C".parse().unwrap(),
        artifacts_bucket: "artifacts".to_owned(),
        before,
        lock: wanted,
        settled: true,
        site_url: Some("https://acme.example".to_owned()),
    }
}

fn outcome(name: &str, result: PluginResult) -> PluginReport {
    PluginReport {
        name: name.parse().unwrap(),
        from: None,
        to: Some("2.0".parse().unwrap()),
        sha256: None,
        required: false,
        result,
        message: String::new(),
        ms: 12,
    }
}

#[test]
fn a_request_on_the_wire() {
    let wanted = Lock::new(vec![locked("woocommerce", "9.4.1", true), locked("hello-dolly", "1.7.2", false)]).unwrap();
    let request = request(lock(&[("woocommerce", "9.4.0")]), wanted);
    insta::assert_json_snapshot!("request", request);
    let again: InstallRequest = serde_json::from_value(serde_json::to_value(&request).unwrap()).unwrap();
    assert_eq!(again, request);
}

#[test]
fn a_report_on_the_wire() {
    let request = request(lock(&[("one", "1.0")]), lock(&[("one", "1.0"), ("two", "2.0")]));
    let probes = vec![
        Probe { path: "/".to_owned(), status: Some(500), problem: "answers 500".to_owned() },
        Probe { path: "/wp-login.php".to_owned(), status: Some(200), problem: String::new() },
    ];
    let two = PluginReport {
        sha256: request.lock.get(&"two".parse().unwrap()).map(|two| two.sha256),
        message: "/ answers 500".to_owned(),
        ..outcome("two", PluginResult::UnhealthyReverted)
    };
    let plugins = vec![outcome("one", PluginResult::Unchanged), two];
    let status = InstallStatus::OptionalFailed;
    let report = Report {
        tenant: request.tenant.clone(),
        generation: request.generation,
        operation: request.operation,
        phase: InstallPhase::Activate,
        digest_from: request.before.bundle(),
        digest_to: request.lock.bundle(),
        bundle: effective(&request, status, &plugins).bundle(),
        status,
        message: "two was taken back".to_owned(),
        health_before: Some(Health::default()),
        health_after: Some(Health { probes }),
        rolled_back: false,
        plugins,
        ms: 1234,
    };
    insta::assert_json_snapshot!("report", report);
    let again: Report = serde_json::from_value(serde_json::to_value(&report).unwrap()).unwrap();
    assert_eq!(again, report);
    assert_eq!(report.health_after.unwrap().problems(), "/ answers 500");
}

#[test]
fn what_holds_after_a_phase() {
    use PluginResult::{Applied, ChecksumMismatch, Removed, Skipped, Unchanged, UnhealthyReverted};
    let before = lock(&[("one", "1.0"), ("two", "1.0"), ("gone", "1.0")]);
    let request = request(before.clone(), lock(&[("one", "2.0"), ("two", "1.0"), ("new", "2.0")]));
    let all = |one, two, new| [outcome("one", one), outcome("two", two), outcome("new", new), outcome("gone", Removed)];
    for (outcomes, expected) in [
        (all(Applied, Unchanged, Applied), lock(&[("one", "2.0"), ("two", "1.0"), ("new", "2.0")])),
        (all(UnhealthyReverted, Unchanged, Applied), lock(&[("one", "1.0"), ("two", "1.0"), ("new", "2.0")])),
        (all(Applied, Unchanged, ChecksumMismatch), lock(&[("one", "2.0"), ("two", "1.0")])),
    ] {
        assert_eq!(effective(&request, InstallStatus::OptionalFailed, &outcomes), expected, "{outcomes:?}");
    }
    for stays in [InstallStatus::RolledBack, InstallStatus::UnhealthyBefore, InstallStatus::TryAgain] {
        assert_eq!(effective(&request, stays, &all(Applied, Unchanged, Skipped)), before);
    }
}

#[test]
fn exit_codes_and_back() {
    let codes = InstallStatus::ALL.map(InstallStatus::exit_code);
    assert_eq!(codes, [0, 2, 3, 4, 5, 64, 65, 75]);
    for status in InstallStatus::ALL {
        assert_eq!(InstallStatus::of_exit_code(status.exit_code().into()), Some(status));
    }
    assert_eq!(InstallStatus::of_exit_code(1), None);
}

#[test]
fn a_report_lies_beside_its_request() {
    let operation: OperationId = "01J9ZQ4Y3T8V5W6X7Y8Z9A0B1C".parse().unwrap();
    let name = InstallRequest::object_name(&"acme".parse().unwrap(), operation);
    for (request, expected) in [
        (
            format!("gs://artifacts/{name}"),
            format!("gs://artifacts/tenants/acme/plugins/requests/{operation}.stage.json"),
        ),
        ("file:///tmp/request".to_owned(), "file:///tmp/request.stage.json".to_owned()),
    ] {
        let report = InstallRequest::report_source(&request.parse().unwrap(), InstallPhase::Stage);
        assert_eq!(report.to_string(), expected);
    }
}
