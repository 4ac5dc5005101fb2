//! A child process from start to end: its output by the line, an interrupt that lets it save, a kill that leaves none
//! of its own children behind.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Longest line of the protocol; the rest of a longer one is dropped. Outputs come on one line.
pub(super) const LONGEST_LINE: usize = 4 << 20;
/// Lines that may wait to be taken; then the process waits.
const WAITING_LINES: usize = 256;
/// How long the output of a process that has ended may still be held open by one of its children.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// What is run. Arguments are seen by every process on the machine: no secret is ever among them.
pub(super) struct Invocation<'a> {
    pub(super) program: &'a Path,
    pub(super) arguments: &'a [&'a str],
    /// The whole environment.
    pub(super) environment: &'a [(String, String)],
    pub(super) folder: &'a Path,
    /// Longest line that is taken whole, in bytes.
    pub(super) longest_line: usize,
}

/// When a process has to stop.
#[derive(Clone, Copy)]
pub(super) struct Stop<'a> {
    pub(super) cancel: &'a CancellationToken,
    pub(super) deadline: Instant,
    /// From the interrupt to the kill.
    pub(super) grace: Duration,
}

impl Stop<'_> {
    /// Waits until it is time to stop.
    pub(super) async fn due(&self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = tokio::time::sleep_until(self.deadline) => {}
        }
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Exit {
    /// With status 0.
    pub(super) success: bool,
    /// It was asked to stop before it ended.
    pub(super) stopped: bool,
    /// A signal ended it.
    pub(super) killed: bool,
}

/// A line of output, without its end.
pub(super) enum Output {
    /// From standard output.
    Out(String),
    /// From standard error.
    Err(String),
}

/// Runs a process to its end. When this future is dropped, the process and its children are killed.
pub(super) async fn run(
    invocation: &Invocation<'_>,
    stop: Stop<'_>,
    mut take: impl FnMut(Output) + Send,
) -> std::io::Result<Exit> {
    let mut group = Group::start(invocation)?;
    let (mut lines, _readers) = group.output(invocation.longest_line);
    let (mut stopped, mut kill_at) = (false, None);
    let status = loop {
        tokio::select! {
            Some(line) = lines.recv() => take(line),
            status = group.child.wait() => break status?,
            () = stop.due(), if !stopped => {
                stopped = true;
                kill_at = Some(Instant::now() + stop.grace);
                group.interrupt();
            }
            () = tokio::time::sleep_until(kill_at.unwrap_or_else(Instant::now)), if kill_at.is_some() => {
                kill_at = None;
                group.kill();
            }
        }
    };
    // It has ended; whatever it started has not always (an interrupted shell's own child, say).
    group.kill();
    group.ended = true;
    let last_words = async {
        while let Some(line) = lines.recv().await {
            take(line);
        }
    };
    // A child that left the group may hold the output open for ever.
    let _ = tokio::time::timeout(LAST_WORDS, last_words).await;
    Ok(Exit { success: status.success(), stopped, killed: status.signal().is_some() })
}

/// A process and everything it starts: one process group.
struct Group {
    child: Child,
    leader: Option<Pid>,
    ended: bool,
}

impl Group {
    fn start(invocation: &Invocation<'_>) -> std::io::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "this is where child processes are started")]
        let mut command = Command::new(invocation.program);
        command
            .args(invocation.arguments)
            .env_clear()
            .envs(invocation.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(invocation.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn()?;
        let leader = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        Ok(Self { child, leader, ended: false })
    }

    /// Lines of both outputs as they come; the readers end with the set.
    fn output(&mut self, longest: usize) -> (mpsc::Receiver<Output>, JoinSet<()>) {
        let (sender, receiver) = mpsc::channel(WAITING_LINES);
        let mut readers = JoinSet::new();
        if let Some(out) = self.child.stdout.take() {
            readers.spawn(read_lines(out, longest, Output::Out, sender.clone()));
        }
        if let Some(err) = self.child.stderr.take() {
            readers.spawn(read_lines(err, longest, Output::Err, sender));
        }
        (receiver, readers)
    }

    /// Asks the leader alone: it stops its own children, providers included, in the right order. A second request
    /// would make it drop its state.
    fn interrupt(&self) {
        if let Some(leader) = self.leader {
            let _ = kill(leader, Signal::SIGINT);
        }
    }

    fn kill(&self) {
        if let Some(leader) = self.leader {
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.ended {
            self.kill();
        }
    }
}

async fn read_lines(
    source: impl AsyncRead + Unpin,
    longest: usize,
    kind: fn(String) -> Output,
    sender: mpsc::Sender<Output>,
) {
    let mut reader = BufReader::with_capacity(1 << 16, source);
    let mut line = Vec::new();
    while let Ok(chunk) = reader.fill_buf().await {
        if chunk.is_empty() {
            break;
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let part = &chunk[..end.unwrap_or(chunk.len())];
        line.extend_from_slice(&part[..part.len().min(longest - line.len())]);
        let used = end.map_or(chunk.len(), |at| at + 1);
        reader.consume(used);
        if end.is_some() && sender.send(kind(text(&mut line))).await.is_err() {
            return;
        }
    }
    if !line.is_empty() {
        let _ = sender.send(kind(text(&mut line))).await;
    }
}

fn text(line: &mut Vec<u8>) -> String {
    String::from_utf8_lossy(&std::mem::take(line)).into_owned()
}
