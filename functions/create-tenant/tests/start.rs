//! The program says what keeps it from serving, all of it, and exits with 1.

use std::process::{Command, Output};

fn start(variables: &[(&str, &str)]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the program itself is what is tested")]
    let mut command = Command::new(env!("CARGO_BIN_EXE_create-tenant"));
    command.env_clear().envs(variables.iter().copied()).output().unwrap()
}

#[test]
fn without_its_settings() {
    let output = start(&[("PORT", "eighty")]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    for name in
        ["PORT", "AIPRESS_DEFINITIONS_BUCKET", "AIPRESS_RECORDS_BUCKET", "AIPRESS_STATE_BUCKET", "AIPRESS_PLATFORM"]
    {
        assert!(said.contains(name), "{name}: {said}");
    }
}
