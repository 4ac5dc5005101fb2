//! Running the program.

use std::fmt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::server::Server;

/// What the program left behind.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// As a snapshot shows it.
impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exit {}\n--- stdout\n{}--- stderr\n{}", self.code, self.out, self.err)
    }
}

/// A program about to be run, in a folder, with an empty environment.
#[expect(clippy::disallowed_methods, reason = "tests start the program they test")]
fn command(program: &str, folder: &Path) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.current_dir(folder).env_clear().env("PATH", path).env("HOME", folder).stdin(Stdio::null());
    command
}

/// Runs something that must succeed and says what it printed.
pub(crate) fn must(program: &str, folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = command(program, folder).args(arguments).envs(environment.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs `tenantctl` with more environment.
pub(crate) fn with_environment(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let program = env!("CARGO_BIN_EXE_tenantctl");
    let Output { status, stdout, stderr } =
        command(program, folder).args(arguments).envs(environment.iter().copied()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// Runs `tenantctl` offline.
pub(crate) fn offline(folder: &Path, arguments: &[&str]) -> Ran {
    with_environment(folder, arguments, &[])
}

/// Runs `tenantctl` against a server. Its address, new each time, is written as `SERVER`.
pub(crate) fn against(server: &Server, folder: &Path, arguments: &[&str]) -> Ran {
    let mut ran = with_environment(folder, arguments, &[("TENANTS_URL", server.url())]);
    ran.out = ran.out.replace(server.url(), "SERVER");
    ran.err = ran.err.replace(server.url(), "SERVER");
    ran
}

/// A definition, with more lines of its `spec`.
pub(crate) fn definition(name: &str, spec: &str) -> String {
    format!("apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata:\n  name: {name}\nspec: {{{spec}}}\n")
}

/// Writes a file and the folders it is in.
pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let file = folder.join(path);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}
