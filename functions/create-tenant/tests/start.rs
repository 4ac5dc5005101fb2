//! The program says what keeps it from serving, all of it, and exits with 1.

use std::process::{Command, Output};

#[expect(clippy::panic, reason = "a test's helper fails its test")]
fn start(variables: &[(&str, &str)]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_create-tenant"));
    let output = command.env_clear().envs(variables.iter().copied()).output();
    output.unwrap_or_else(|error| panic!("it cannot be run: {error}"))
}

#[test]
fn without_its_settings() {
    let output = start(&[("PORT", "eighty")]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for name in
        ["PORT", "AIPRESS_DEFINITIONS_BUCKET", "AIPRESS_RECORDS_BUCKET", "AIPRESS_STATE_BUCKET", "AIPRESS_PLATFORM"]
    {
        assert!(said.contains(name), "{name}: {said}");
    }
}
