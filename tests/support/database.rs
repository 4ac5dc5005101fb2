//! A database server of a test's own: in a temporary folder, on a socket, ended with the test.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::tools::{Finished, eventually, run};

/// A `mariadbd`, which stands in for Cloud SQL.
pub struct Database {
    folder: TempDir,
    _process: Child,
}

impl Database {
    /// Starts one without any database or user but its own.
    #[expect(clippy::disallowed_methods, reason = "end-to-end tests run real programs")]
    pub async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        let user = run("id", &["-un"], folder.path(), &[]).await.stdout;
        let user = format!("--user={}", user.trim());
        let data = format!("--datadir={}", data.display());
        let (root, bare) = ("--auth-root-authentication-method=socket", "--skip-test-db");
        let made = run("mariadb-install-db", &["--no-defaults", &user, &data, root, bare], folder.path(), &[]).await;
        assert_eq!(made.code, 0, "{}{}", made.stdout, made.stderr);
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let process = Command::new("mariadbd")
            .args(["--no-defaults", &user, &data, "--skip-networking"])
            .arg(format!("--socket={}", socket(folder.path()).display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let database = Self { folder, _process: process };
        eventually("the database answers", || async {
            (database.ask("", None, "SELECT 1").await.code == 0).then_some(())
        })
        .await;
        database
    }

    /// Runs statements as its administrator, all of which must succeed.
    pub async fn administrate(&self, sql: &str) -> String {
        let ended = self.ask("", None, sql).await;
        assert_eq!(ended.code, 0, "{sql}: {}", ended.stderr);
        ended.stdout
    }

    /// Runs statements as a user.
    pub async fn as_user(&self, user: &str, password: &str, sql: &str) -> Finished {
        self.ask(user, Some(password), sql).await
    }

    async fn ask(&self, user: &str, password: Option<&str>, sql: &str) -> Finished {
        let socket = format!("--socket={}", socket(self.folder.path()).display());
        let user = format!("--user={user}");
        let mut arguments = vec!["--no-defaults", "--batch", "--skip-column-names", &socket];
        if password.is_some() {
            arguments.push(&user);
        }
        arguments.extend(["--execute", sql]);
        let password = [("MYSQL_PWD", password.unwrap_or_default())];
        run("mariadb", &arguments, self.folder.path(), &password).await
    }
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("socket")
}
