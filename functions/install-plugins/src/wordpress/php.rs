//! PHP processes. Each is the leader of a group and dies with this process, whatever ends it: a plugin's code never runs on
//! after the run that started it, and never beside the next one.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use super::SiteError;

/// As much of what a plugin prints is kept.
const PRINTED: u64 = 1 << 20;

/// The program, and what each of its processes gets.
pub(crate) struct Php {
    pub(crate) program: PathBuf,
    /// The site's folder.
    pub(crate) folder: PathBuf,
    /// Set beside what this process has.
    pub(crate) environment: Vec<(String, String)>,
}

/// How a process ended.
pub(crate) struct Ran {
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
    /// It took too long and was killed.
    pub(crate) timed_out: bool,
}

/// A process and everything it starts; killed when dropped.
pub(crate) struct Group {
    pub(crate) child: Child,
}

impl Drop for Group {
    fn drop(&mut self) {
        // Of a process that has ended and was waited for there is no id, and nothing left to kill.
        if let Some(leader) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            let _ = killpg(Pid::from_raw(leader), Signal::SIGKILL);
        }
    }
}

impl Php {
    /// Starts a process with pipes on all three ends.
    pub(crate) fn start(&self, arguments: &[OsString]) -> Result<Group, SiteError> {
        // Errors are answers to us, never to a visitor; caches would serve the files that were there before.
        const SETTINGS: [&str; 6] = [
            "display_errors=0",
            "log_errors=1",
            "html_errors=0",
            "opcache.enable=0",
            "error_log=",
            "memory_limit=512M",
        ];
        #[expect(clippy::disallowed_methods, reason = "this is where WordPress is run")]
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).arg(&self.program);
        for setting in SETTINGS {
            command.args(["-d", setting]);
        }
        command
            .args(arguments)
            .current_dir(&self.folder)
            // The bundle is composed here, not mounted.
            .env_remove("AIPRESS_PLUGINS_DIGEST")
            .env("AIPRESS_REHEARSAL", "1")
            // A look at the site is no visit: it starts no scheduled event.
            .env("DISABLE_WP_CRON", "1")
            .env_remove("AIPRESS_CRON_QUEUE")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let program = format!("setpriv {}", self.program.display());
        command.spawn().map(|child| Group { child }).map_err(|error| SiteError::NoPhp { program, error })
    }

    /// Runs a script to its end.
    pub(crate) async fn run(&self, arguments: &[OsString], input: &[u8], within: Duration) -> Result<Ran, SiteError> {
        let mut group = self.start(arguments)?;
        let (stdin, stdout, stderr) = (group.child.stdin.take(), group.child.stdout.take(), group.child.stderr.take());
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let whole = async {
            let write = async {
                if let Some(mut stdin) = stdin {
                    // A process that ends without reading has its reasons.
                    let _ = stdin.write_all(input).await;
                }
            };
            let read_out = async {
                if let Some(stdout) = stdout {
                    let _ = stdout.take(PRINTED).read_to_end(&mut out).await;
                }
            };
            let read_err = async {
                if let Some(stderr) = stderr {
                    let _ = stderr.take(PRINTED).read_to_end(&mut err).await;
                }
            };
            tokio::join!(write, read_out, read_err);
            let _ = group.child.wait().await;
        };
        let timed_out = tokio::time::timeout(within, whole).await.is_err();
        drop(group);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok(Ran { stdout: text(&out), stderr: text(&err), timed_out })
    }
}
