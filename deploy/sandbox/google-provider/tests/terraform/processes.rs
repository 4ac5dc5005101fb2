//! A provider ends with its Terraform, however that ends.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::workspace::Workspace;

const DEADLINE: Duration = Duration::from_secs(20);

/// The running processes whose program is under a folder.
fn running(folder: &Path) -> usize {
    let processes = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    processes
        .filter(|process| fs::read_link(process.path().join("exe")).is_ok_and(|program| program.starts_with(folder)))
        .count()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn none_is_left_after_a_run() {
    let tenant = Workspace::tenant("minimal");
    tenant.apply().ok();
    until("every provider has ended", || running(&tenant.mirror()) == 0);
}

#[test]
fn none_is_left_when_terraform_is_killed() {
    let tenant = Workspace::tenant("minimal");
    tenant.faults(&json!([{"type": "google_sql_database", "op": "create", "delayMs": 600_000, "times": 1}]));
    let mut terraform =
        tenant.command(&["apply", "-auto-approve"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    // The database waits, so the run is in its middle as soon as the rule was used.
    until("the creation began", || tenant.cloud().join("faults.used").exists());
    terraform.kill().unwrap();
    terraform.wait().unwrap();
    until("every provider has ended", || running(&tenant.mirror()) == 0);
    assert!(
        !tenant.objects().iter().any(|path| path.parent().unwrap().ends_with("google_sql_database")),
        "what waited was not made"
    );
}
