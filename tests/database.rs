//! A tenant's database user on a real server: its own database, and nothing of anybody else's. The SQL is the module's own.
//!
//! The server is `MariaDB`. Cloud SQL is `MySQL` 8: there the administrator is no real superuser and lacks FILE, the users' API
//! grants `cloudsqlsuperuser` to a user that is made without roles, and a granted role is in force once it is switched on.
//! What is granted here is granted to the user itself, which both servers treat alike.

use end_to_end::{Database, needed};

const PASSWORD: &str = "a-password";
const ROLE: &str = include_str!("../terraform/tenant/role.sql");

/// As `terraform/tenant/database.tf` renders them.
fn grants(tenant: &str) -> String {
    let name = format!("wp-{tenant}");
    include_str!("../terraform/tenant/grants.sql").replace("${database}", &name).replace("${user}", &name)
}

/// What the API does for `google_sql_user`.
fn user(tenant: &str) -> String {
    format!("CREATE USER 'wp-{tenant}'@'%' IDENTIFIED BY '{PASSWORD}'; GRANT 'aipress_tenant' TO 'wp-{tenant}'@'%';")
}

async fn with_tenants(tenants: &[&str]) -> Database {
    let server = Database::start().await;
    for tenant in tenants {
        server.administrate(&format!("CREATE DATABASE `wp-{tenant}` CHARACTER SET utf8mb4")).await;
        server.administrate(ROLE).await;
        server.administrate(&user(tenant)).await;
        server.administrate(&grants(tenant)).await;
        server
            .administrate(&format!("CREATE TABLE `wp-{tenant}`.wp_users (name TEXT); INSERT INTO `wp-{tenant}`.wp_users VALUES ('of {tenant}')"))
            .await;
    }
    server
}

#[tokio::test]
async fn a_user_reaches_its_own_database_only() {
    if !needed("mariadbd") {
        return;
    }
    // Names that differ in what would be a wildcard.
    let server = with_tenants(&["a-b", "axb", "a-b-c"]).await;
    let ask = |sql: &'static str| server.as_user("wp-a-b", PASSWORD, sql);
    let own = [
        ("SELECT name FROM `wp-a-b`.wp_users", "of a-b\n"),
        ("CREATE TABLE `wp-a-b`.t (i INT); INSERT INTO `wp-a-b`.t VALUES (7); SELECT i FROM `wp-a-b`.t", "7\n"),
        ("ALTER TABLE `wp-a-b`.t ADD COLUMN j INT; DROP TABLE `wp-a-b`.t; SELECT 1", "1\n"),
        ("SHOW DATABASES", "information_schema\nwp-a-b\n"),
        ("SELECT DISTINCT table_schema FROM information_schema.tables WHERE table_schema LIKE 'wp%'", "wp-a-b\n"),
        ("SELECT DISTINCT user FROM information_schema.processlist", "wp-a-b\n"),
    ];
    for (sql, expected) in own {
        let ended = ask(sql).await;
        assert_eq!((ended.code, ended.stdout.as_str()), (0, expected), "{sql}: {}", ended.stderr);
    }
    for sql in [
        "SELECT name FROM `wp-axb`.wp_users",
        "SELECT name FROM `wp-a-b-c`.wp_users",
        "INSERT INTO `wp-axb`.wp_users VALUES ('x')",
        "USE `wp-axb`",
        "SHOW TABLES FROM `wp-axb`",
        "DROP DATABASE `wp-axb`",
        "CREATE DATABASE `wp-new`",
        "SELECT user FROM mysql.user",
        "SELECT * FROM mysql.db",
        "CREATE USER 'other'@'%'",
        "SET PASSWORD FOR 'wp-axb'@'%' = PASSWORD('x')",
        "GRANT SELECT ON `wp-a-b`.* TO 'wp-axb'@'%'",
        "SELECT 1 INTO OUTFILE '/tmp/wp-a-b'",
        "CREATE DEFINER = 'root'@'localhost' VIEW `wp-a-b`.v AS SELECT name FROM `wp-axb`.wp_users",
        "SHUTDOWN",
        "SET GLOBAL max_connections = 1",
    ] {
        let ended = ask(sql).await;
        assert_eq!(ended.code, 1, "allowed: {sql}");
        let refused = ["denied", "Access", "You do not have"].iter().any(|word| ended.stderr.contains(word));
        assert!(refused, "{sql}: {}", ended.stderr);
    }
    let read = ask("SELECT LOAD_FILE('/etc/hostname') IS NULL").await;
    assert_eq!(read.stdout, "1\n", "no file of the server's");
}

#[tokio::test]
async fn a_user_may_do_nothing_before_its_grants_and_is_granted_again_when_it_is_made_again() {
    if !needed("mariadbd") {
        return;
    }
    let server = with_tenants(&["other"]).await;
    server.administrate(&format!("CREATE DATABASE `wp-acme`; {}", user("acme"))).await;
    let reads = || server.as_user("wp-acme", PASSWORD, "USE `wp-acme`; SHOW TABLES");
    assert_eq!(reads().await.code, 1, "made, and not granted yet");
    assert_eq!(server.as_user("wp-acme", PASSWORD, "SHOW DATABASES").await.stdout, "information_schema\n");

    // Every script may run again, at any time.
    for _ in 0..2 {
        server.administrate(ROLE).await;
        server.administrate(&grants("acme")).await;
        assert_eq!(reads().await.code, 0);
    }
    // What was granted goes with the user, and nothing of the tenant stays.
    server.administrate("DROP USER 'wp-acme'@'%'; DROP DATABASE `wp-acme`").await;
    let left = "SELECT COUNT(*) FROM mysql.db WHERE db LIKE '%acme%' OR user LIKE '%acme%'";
    assert_eq!(server.administrate(left).await, "0\n");
    server.administrate(&format!("CREATE DATABASE `wp-acme`; {}", user("acme"))).await;
    assert_eq!(reads().await.code, 1);
    server.administrate(&grants("acme")).await;
    assert_eq!(reads().await.code, 0);
    assert_eq!(server.as_user("wp-acme", PASSWORD, "SELECT * FROM `wp-other`.wp_users").await.code, 1);
}

/// Why databases are not called `wp_acme`.
#[tokio::test]
async fn an_underscore_in_a_grant_would_open_other_databases() {
    if !needed("mariadbd") {
        return;
    }
    let server = with_tenants(&["axb"]).await;
    server.administrate("CREATE DATABASE wp_a_b; CREATE DATABASE wp_axb; CREATE TABLE wp_axb.t (i INT)").await;
    server.administrate(&user("a-b")).await;
    server.administrate(&grants("a-b").replace("`wp-a-b`", "`wp_a_b`")).await;
    let ended = server.as_user("wp-a-b", PASSWORD, "SELECT COUNT(*) FROM wp_axb.t").await;
    assert_eq!((ended.code, ended.stdout.as_str()), (0, "0\n"), "{}", ended.stderr);
    let ours =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../terraform/tenant/database.tf")).unwrap();
    assert!(ours.contains("name    = \"wp-${var.tenant}\""), "{ours}");
}
