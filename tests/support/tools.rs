//! Programs of this workspace and of others, run to their end; and waiting with a deadline.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A program of this workspace, of the same profile as whoever asks. Built before: `make test` and `make bench` do it.
pub fn binary(name: &str) -> PathBuf {
    let asking = std::env::current_exe().expect("a program knows where it is");
    // Programs are in target/PROFILE, tests in its folder `deps`.
    let found = asking.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|binary| binary.is_file());
    found.unwrap_or_else(|| panic!("'{name}' is not built: run `cargo build --workspace --bins`"))
}

/// Whether a program of somebody else's is on this machine; without it a test that needs it says so.
pub fn installed(program: &str) -> bool {
    #[expect(clippy::disallowed_methods, reason = "where programs are on this machine")]
    let path = std::env::var_os("PATH").unwrap_or_default();
    told(program, std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// The same for a program that the tests' own set-up installs: in CI it must be there.
pub fn needed(program: &str) -> bool {
    required(program, installed(program))
}

/// A Python program of `tests/tools`, as `make tools` installs it; the same holds where it is missing.
pub fn python(program: &str) -> Option<PathBuf> {
    let tools = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../.tools/py");
    let path = tools.join(program).join("bin").join(program);
    required(program, told(program, path.is_file())).then_some(path)
}

#[expect(clippy::print_stderr, reason = "what was not tested is to be seen")]
fn told(program: &str, found: bool) -> bool {
    if !found {
        eprintln!("skipped: '{program}' is not installed");
    }
    found
}

fn required(program: &str, found: bool) -> bool {
    #[expect(clippy::disallowed_methods, reason = "whether this is CI")]
    let ci = std::env::var_os("CI").is_some();
    assert!(found || !ci, "'{program}' is not installed, and in CI nothing is skipped: run `make tools`");
    found
}

/// What a program came to.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; -1 if a signal ended it.
    pub code: i32,
    /// What it printed.
    pub stdout: String,
    /// What it said beside.
    pub stderr: String,
}

/// Runs a program to its end, in a folder, with an environment of its own.
#[expect(clippy::disallowed_methods, reason = "end-to-end tests run real programs")]
pub async fn run(program: &str, arguments: &[&str], folder: &std::path::Path, env: &[(&str, &str)]) -> Finished {
    let output = tokio::process::Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("HOME", folder)
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap_or_else(|error| panic!("'{program}' cannot be run: {error}"));
    Finished {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Asks again until the answer is there, at most 60 s.
pub async fn eventually<T, F>(what: &str, mut ask: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < deadline, "after 60 s still not: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
