//! A revision of a site: the runtime's own start, then a server that visitors reach.

use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;

use end_to_end::eventually;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Client, redirect};
use tenancy::digest::Digest;
use tokio::process::Child;

use super::database::site_folder;
use super::here::{command, runtime};
use super::site::Site;
use super::{ARTIFACTS, World};

/// What visitors look at.
const LOOKED_AT: [&str; 3] = ["/", "/wp-login.php", "/?rest_route=/"];

/// A revision that serves; killed when dropped.
pub(crate) struct Revision {
    _server: Child,
    address: String,
    client: Client,
    /// What the site asked a browser to keep.
    cookies: Mutex<Vec<String>>,
}

impl Revision {
    /// Mounts a bundle, runs what runs before a container listens, and serves. Fails with what the start said.
    pub(crate) async fn start(site: &Site, bundle: Option<Digest>, more: &[(&str, &str)]) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("revision").tempdir_in(&site.folder).unwrap().keep();
        std::fs::remove_dir(&folder).unwrap();
        site_folder(&folder).await;
        let mut environment = site.environment();
        environment.push(("WP_HOME".to_owned(), String::new()));
        if let Some(bundle) = bundle {
            mount(&site.world, &site.name, bundle, &folder.join("wp-content/plugins")).await;
            environment.push(("AIPRESS_PLUGINS_DIGEST".to_owned(), bundle.to_string()));
        }
        environment.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        Self::start_in(&folder, &environment).await
    }

    async fn start_in(folder: &Path, environment: &[(String, String)]) -> Result<Self, String> {
        let environment: Vec<_> = environment.iter().filter(|(_, value)| !value.is_empty()).cloned().collect();
        let prepared = command("php")
            .arg(runtime().join("lib/prepare.php"))
            .current_dir(folder)
            .envs(environment.iter().cloned())
            .output()
            .await
            .unwrap();
        if !prepared.status.success() {
            return Err(String::from_utf8_lossy(&prepared.stderr).into_owned());
        }
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let server = command("php")
            .args(["-d", "display_errors=0", "-S", &free.to_string(), "-t"])
            .arg(folder)
            .current_dir(folder)
            .envs(environment.iter().cloned())
            .env("PHP_CLI_SERVER_WORKERS", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("../server.log")).unwrap())
            .spawn()
            .unwrap();
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        let revision = Self { _server: server, address: format!("http://{free}"), client, cookies: Mutex::default() };
        eventually("the revision listens", || async { tokio::net::TcpStream::connect(free).await.ok() }).await;
        Ok(revision)
    }

    /// Its address, without a slash at its end.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// What a visitor gets: status and body.
    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let cookies = self.cookies.lock().unwrap().join("; ");
        let asked = self.client.get(format!("{}{path}", self.address)).header(COOKIE, cookies);
        let answer = asked.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// What a form sent there comes to.
    pub(crate) async fn post(&self, path: &str, form: &[(&str, &str)]) -> u16 {
        let form = form.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        let asked = self.client.post(format!("{}{path}", self.address)).body(form);
        let asked = asked.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = asked.header(COOKIE, "wordpress_test_cookie=WP%20Cookie%20check").send().await.unwrap();
        let kept = answer.headers().get_all(SET_COOKIE).iter().filter_map(|set| set.to_str().ok()?.split(';').next());
        self.cookies.lock().unwrap().extend(kept.map(str::to_owned));
        answer.status().as_u16()
    }

    /// The statuses of everything a visitor looks at.
    pub(crate) async fn statuses(&self) -> [u16; 3] {
        let mut statuses = [0; 3];
        for (status, path) in statuses.iter_mut().zip(LOOKED_AT) {
            *status = self.get(path).await.0;
        }
        statuses
    }

    /// Which plugins say on the front page that they are there, with their versions.
    pub(crate) async fn plugins_seen(&self) -> Vec<String> {
        let (_, page) = self.get("/").await;
        let comments = page.split("<!-- ").skip(1).filter_map(|rest| rest.split_once(" -->"));
        comments.map(|(comment, _)| comment.to_owned()).filter(|comment| comment.split(' ').count() == 2).collect()
    }
}

/// What a read-only mount of a bundle's folder shows.
async fn mount(world: &World, site: &str, bundle: Digest, to: &Path) {
    let prefix = format!("tenants/{site}/plugins/{}/", bundle.to_string().trim_start_matches("sha256:"));
    for name in world.storage.list(ARTIFACTS, &prefix).await {
        let file = to.join(name.strip_prefix(&prefix).unwrap());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, world.storage.read(ARTIFACTS, &name).await.unwrap()).unwrap();
    }
}
