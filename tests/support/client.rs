//! `tenantctl`, as people and pipelines run it: the program, in a folder, against a control plane.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::control_plane::ControlPlane;
use crate::tools::{Finished, binary, run};

/// Somebody with a folder and the client.
pub struct Client {
    folder: TempDir,
    server: String,
}

impl Client {
    /// Of a control plane.
    pub fn of(plane: &ControlPlane) -> Self {
        Self::at(plane.api.url())
    }

    /// Of whatever is at a URL.
    pub fn at(server: &str) -> Self {
        Self { folder: TempDir::new().unwrap(), server: server.to_owned() }
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let file = self.folder().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, text).unwrap();
        file
    }

    /// Types a command.
    pub async fn types(&self, arguments: &[&str]) -> Finished {
        let program = binary("tenantctl");
        run(program.to_str().unwrap(), arguments, self.folder(), &[("TENANTS_URL", &self.server)]).await
    }

    /// Types a command that must end with this code, and says what it printed.
    pub async fn ends(&self, code: i32, arguments: &[&str]) -> Finished {
        let ended = self.types(arguments).await;
        assert_eq!(ended.code, code, "tenantctl {arguments:?}\n{}\n{}", ended.stdout, ended.stderr);
        ended
    }

    /// The same with `-o json`: the result, read.
    pub async fn json(&self, code: i32, arguments: &[&str]) -> Value {
        let ended = self.ends(code, &[arguments, &["-o", "json"]].concat()).await;
        let text = if ended.stdout.is_empty() { &ended.stderr } else { &ended.stdout };
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
    }

    /// Runs git in the folder, which must succeed.
    pub async fn git(&self, arguments: &[&str]) -> String {
        let who = [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_AUTHOR_NAME", "A"),
            ("GIT_AUTHOR_EMAIL", "a@example.com"),
            ("GIT_COMMITTER_NAME", "A"),
            ("GIT_COMMITTER_EMAIL", "a@example.com"),
        ];
        let ended = run("git", arguments, self.folder(), &who).await;
        assert_eq!(ended.code, 0, "git {arguments:?}: {}", ended.stderr);
        ended.stdout.trim().to_owned()
    }

    /// Commits everything and says which commit it is.
    pub async fn commit(&self) -> String {
        self.git(&["add", "--all"]).await;
        self.git(&["commit", "--quiet", "--message", "A change"]).await;
        self.git(&["rev-parse", "HEAD"]).await
    }
}
