//! The program that is run: where it is, which version, in which environment.

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::process::{self, Exit, Invocation, LONGEST_LINE, Output, Stop};
use super::settings::{Installed, StartError};
use crate::redact::Redactor;

/// Write-only arguments, which keep passwords out of state, came with 1.11.
const OLDEST: (u64, u64) = (1, 11);
/// Start-up calls that take longer hang.
const PATIENCE: Duration = Duration::from_mins(5);

/// The program, found.
pub(super) struct Program {
    /// Where.
    pub(super) path: PathBuf,
    /// Its whole environment, but for what is a run's own.
    pub(super) environment: Vec<(String, String)>,
    /// Knows the environment's secrets.
    pub(super) redactor: Redactor,
    work: PathBuf,
}

/// What `version -json` says, of which `OpenTofu` keeps the names.
#[derive(Deserialize)]
struct Said {
    terraform_version: String,
}

/// What tells one installed program from another without running it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Identity {
    size: u64,
    /// Seconds since 1970, as image layers keep it.
    modified: u64,
}

impl Program {
    /// Finds the program and settles its environment.
    pub(super) fn find(installed: &Installed) -> Result<Self, StartError> {
        let path = find(&installed.program, &installed.pass_env)?;
        let secrets = installed.secret_env.iter().map(|(_, value)| value.as_str());
        let fixed = [
            ("TF_IN_AUTOMATION", "1"),
            ("TF_INPUT", "0"),
            ("CHECKPOINT_DISABLE", "1"),
            ("LANG", "C.UTF-8"),
            ("LC_ALL", "C.UTF-8"),
        ];
        let mut environment: Vec<(String, String)> = Vec::new();
        environment.extend(installed.pass_env.iter().cloned());
        environment.extend(installed.secret_env.iter().cloned());
        environment.extend(fixed.map(|(name, value)| (name.to_owned(), value.to_owned())));
        if let Some(config) = &installed.cli_config {
            let config = std::path::absolute(config).unwrap_or_else(|_| config.clone());
            environment.push(("TF_CLI_CONFIG_FILE".to_owned(), config.to_string_lossy().into_owned()));
        }
        let redactor = Redactor::new(secrets);
        Ok(Self { path, environment, redactor, work: installed.work.clone() })
    }

    /// What tells this program from another.
    pub(super) fn identity(&self) -> Result<Identity, StartError> {
        let meta = std::fs::metadata(&self.path).map_err(|error| self.broken(error.to_string()))?;
        let modified = meta.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        Ok(Identity { size: meta.len(), modified: modified.map_or(0, |since| since.as_secs()) })
    }

    /// Asks for the version and checks it.
    pub(super) async fn version(&self) -> Result<String, StartError> {
        let (exit, out, err) = self.ask(&self.work, &["version", "-json"], &[]).await?;
        let said = exit.success.then(|| serde_json::from_str::<Said>(&out).ok()).flatten();
        let Some(Said { terraform_version: version }) = said else {
            let said = self.redactor.redact(if err.trim().is_empty() { &out } else { &err });
            let said: String = said.trim().chars().take(500).collect();
            return Err(self.broken(format!("'version -json' gave no version: {said}")));
        };
        if is_new_enough(&version) {
            Ok(version)
        } else {
            Err(StartError::Version { program: self.path.clone(), found: version })
        }
    }

    /// Runs it once at start and takes what it says.
    pub(super) async fn ask(
        &self,
        folder: &Path,
        arguments: &[&str],
        more: &[(String, String)],
    ) -> Result<(Exit, String, String), StartError> {
        let environment = [self.environment.as_slice(), more].concat();
        let invocation = Invocation {
            program: &self.path,
            arguments,
            environment: &environment,
            folder,
            longest_line: LONGEST_LINE,
        };
        let cancel = CancellationToken::new();
        let stop = Stop { cancel: &cancel, deadline: Instant::now() + PATIENCE, grace: Duration::from_secs(1) };
        let (mut out, mut err) = (String::new(), String::new());
        let exit = process::run(&invocation, stop, |line| {
            let (text, line) = match line {
                Output::Out(line) => (&mut out, line),
                Output::Err(line) => (&mut err, line),
            };
            text.push_str(&line);
            text.push('\n');
        })
        .await
        .map_err(|error| self.broken(error.to_string()))?;
        Ok((exit, out, err))
    }

    fn broken(&self, reason: String) -> StartError {
        StartError::Program { program: self.path.clone(), reason }
    }
}

/// A path as it is; a bare name by the `PATH` the child gets.
fn find(program: &Path, environment: &[(String, String)]) -> Result<PathBuf, StartError> {
    let missing = |reason: &str| StartError::Program { program: program.to_owned(), reason: reason.to_owned() };
    if program.components().count() > 1 {
        let path = std::path::absolute(program).map_err(|error| missing(&error.to_string()))?;
        return if path.is_file() { Ok(path) } else { Err(missing("there is no such file")) };
    }
    let (_, places) = environment
        .iter()
        .find(|(name, _)| name == "PATH")
        .ok_or_else(|| missing("it is given no PATH to be found in"))?;
    let found = std::env::split_paths(places).map(|place| place.join(program)).find(|path| path.is_file());
    found.ok_or_else(|| missing("it is in no folder of PATH"))
}

fn is_new_enough(version: &str) -> bool {
    let mut numbers = version.split(['.', '-']).map(|part| part.parse::<u64>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) => (major, minor) >= OLDEST,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_will_do() {
        for (version, enough) in [
            ("1.11.0", true),
            ("1.11.4", true),
            ("1.12.0-beta1", true),
            ("2.0.0", true),
            ("1.10.9", false),
            ("0.15.5", false),
            ("", false),
            ("new", false),
        ] {
            assert_eq!(is_new_enough(version), enough, "{version}");
        }
    }
}
