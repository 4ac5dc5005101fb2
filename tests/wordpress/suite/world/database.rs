//! One `MariaDB` server, with a database and a user for each site, as on a shared instance.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use end_to_end::eventually;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin};

use super::here::{command, runtime, wordpress};

/// What Cloud SQL calls an instance: its socket's name.
const CONNECTION: &str = "acme-project:europe-west1:shared";
/// A site that was installed once, to be copied.
const TEMPLATE: &str = "template";

/// A running server; it ends, and its folder goes, when this process does, however that is.
pub(super) struct Database {
    folder: PathBuf,
    _server: Child,
    /// Closed with this process.
    _leash: ChildStdin,
}

/// Runs the server until standard input ends.
const LEASHED: &str = r#"
mariadbd --no-defaults --user="$(id -un)" --datadir="$1/data" --socket="$1/$2" --pid-file="$1/pid" --skip-networking \
    --skip-log-bin --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=64M >"$1/log" 2>&1 &
server=$!
cat >/dev/null
kill -9 $server 2>/dev/null
wait
rm -rf "$1"
"#;

impl Database {
    pub(super) async fn start() -> Self {
        let folder = TempDir::new_in("/tmp").unwrap().keep();
        let text = folder.to_str().unwrap();
        let user = command("id").arg("-un").output().await.unwrap();
        let made = command("mariadb-install-db")
            .arg("--no-defaults")
            .arg(format!("--user={}", String::from_utf8_lossy(&user.stdout).trim()))
            .arg(format!("--datadir={text}/data"))
            .args(["--auth-root-authentication-method=socket", "--skip-test-db"])
            .output()
            .await
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut server = command("sh")
            .args(["-c", LEASHED, "sh", text, CONNECTION])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // The folder has to go too: not killed, but let go.
            .kill_on_drop(false)
            .spawn()
            .unwrap();
        let leash = server.stdin.take().unwrap();
        let database = Self { folder, _server: server, _leash: leash };
        eventually("the database answers", || async { database.try_sql("SELECT 1").await.ok() }).await;
        database.create(TEMPLATE, false).await;
        database.install().await;
        database
    }

    /// The socket's path.
    pub(super) fn socket(&self) -> PathBuf {
        self.folder.join(CONNECTION)
    }

    /// The file with a site's secret.
    pub(super) fn secret(&self, site: &str) -> PathBuf {
        self.folder.join(format!("{site}.secret"))
    }

    /// What the runtime gets to reach a site's database.
    pub(super) fn environment(&self, site: &str) -> Vec<(String, String)> {
        [
            ("AIPRESS_TENANT", site.to_owned()),
            ("AIPRESS_SECRET_FILE", self.secret(site).display().to_string()),
            ("WORDPRESS_DB_HOST", format!("localhost:{}", self.socket().display())),
            ("WORDPRESS_DB_NAME", name(site)),
            ("WORDPRESS_DB_USER", format!("wp-{site}")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// A database and a user that may reach nothing else; installed if it is to be.
    pub(super) async fn create(&self, site: &str, installed: bool) {
        let (database, password) = (name(site), format!("password of {site}"));
        std::fs::write(self.secret(site), &password).unwrap();
        let mut sql = format!(
            "CREATE DATABASE {database} CHARACTER SET utf8mb4; CREATE USER 'wp-{site}'@'localhost' IDENTIFIED BY '{password}'; \
             GRANT ALL ON {database}.* TO 'wp-{site}'@'localhost';"
        );
        if installed {
            let template = name(TEMPLATE);
            let tables = self.sql(&format!("SHOW TABLES IN {template}")).await;
            for table in tables.lines() {
                let copy = [
                    format!("CREATE TABLE {database}.{table} LIKE {template}.{table};"),
                    format!("INSERT INTO {database}.{table} SELECT * FROM {template}.{table};"),
                ];
                sql.extend(copy);
            }
        }
        self.sql(&sql).await;
    }

    /// Rows of a site's database, a line each.
    pub(super) async fn query(&self, site: &str, sql: &str) -> String {
        self.sql(&format!("USE {}; {sql}", name(site))).await
    }

    async fn install(&self) {
        let folder = self.folder.join("template");
        site_folder(&folder).await;
        let prepared = command("php")
            .arg(runtime().join("lib/prepare.php"))
            .current_dir(&folder)
            .envs(self.environment(TEMPLATE))
            .output()
            .await
            .unwrap();
        assert!(prepared.status.success(), "{}", String::from_utf8_lossy(&prepared.stderr));
    }

    async fn sql(&self, sql: &str) -> String {
        self.try_sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    async fn try_sql(&self, sql: &str) -> Result<String, String> {
        let mut client = command("mariadb")
            .args(["--no-defaults", "--batch", "--skip-column-names", "--socket"])
            .arg(self.socket())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A client that finds no server reads nothing, and says so as it ends.
        let _ = client.stdin.take().unwrap().write_all(sql.as_bytes()).await;
        let output = client.wait_with_output().await.unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }
}

fn name(site: &str) -> String {
    format!("wp_{}", site.replace('-', "_"))
}

/// A WordPress of its own in a folder, with the platform's part of the image: links where the disk has them, for speed.
pub(super) async fn site_folder(folder: &Path) {
    let linked = command("cp").arg("-al").arg(wordpress()).arg(folder).output().await.unwrap();
    if !linked.status.success() {
        let _ = std::fs::remove_dir_all(folder);
        let copied = command("cp").arg("-a").arg(wordpress()).arg(folder).output().await.unwrap();
        assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    }
    let copied = command("cp").arg("-r").arg(runtime().join("html/.")).arg(folder).output().await.unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
}
