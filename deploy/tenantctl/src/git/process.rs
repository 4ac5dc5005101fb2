//! Git as a child process: every flag in one place.

use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::{GitError, Repository};

/// What git left behind.
pub(super) struct Ended {
    pub(super) success: bool,
    pub(super) stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Repository {
    /// Runs git with nothing to read and says how it ended, whatever that is.
    pub(super) async fn try_git(&self, arguments: &[&str]) -> Result<Ended, GitError> {
        self.git_with_input(arguments, Vec::new()).await
    }

    /// Runs git and wants success.
    pub(super) async fn git(&self, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        let ended = self.try_git(arguments).await?;
        self.wanted(arguments, ended)
    }

    /// Runs git with something to read and wants success.
    pub(super) async fn git_reading(&self, arguments: &[&str], input: Vec<u8>) -> Result<Vec<u8>, GitError> {
        let ended = self.git_with_input(arguments, input).await?;
        self.wanted(arguments, ended)
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where this program starts git")]
    async fn git_with_input(&self, arguments: &[&str], input: Vec<u8>) -> Result<Ended, GitError> {
        let mut child = Command::new("git")
            .arg("-C")
            .arg(&self.folder)
            .args(["--no-pager", "-c", "core.quotePath=false", "-c", "color.ui=false"])
            .args(arguments)
            // Messages are parsed by nobody, but shown: in one language, and never as a question.
            .env("LC_ALL", "C")
            .env("GIT_TERMINAL_PROMPT", "0")
            // Reading must not write an index that another git is working on.
            .env("GIT_OPTIONAL_LOCKS", "0")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(GitError::NotStarted)?;
        let stdin = child.stdin.take();
        let feed = async move {
            if let Some(mut stdin) = stdin {
                // Git that ended early says why itself.
                let _ = stdin.write_all(&input).await;
            }
        };
        // At the same time: git answers while it still reads, and a full pipe would stop both.
        let ((), output) = tokio::join!(feed, child.wait_with_output());
        let output = output.map_err(GitError::NotStarted)?;
        Ok(Ended { success: output.status.success(), stdout: output.stdout, stderr: output.stderr })
    }

    fn wanted(&self, arguments: &[&str], ended: Ended) -> Result<Vec<u8>, GitError> {
        if ended.success {
            return Ok(ended.stdout);
        }
        let said = String::from_utf8_lossy(&ended.stderr).trim().replace('\n', "; ");
        let command = arguments.first().copied().unwrap_or_default().to_owned();
        Err(GitError::Failed { command, repository: self.folder.clone(), said })
    }
}
