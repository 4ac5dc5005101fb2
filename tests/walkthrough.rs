//! The README's walk-through, typed as written: every block of it by bash, against a control plane that stands where
//! `make run` would, and against functions that are processes of their own.

use std::path::PathBuf;

use end_to_end::{
    Api, Cloud, ControlPlane, Finished, FrontDoor, Options, PubSub, Storage, Wired, binary, definition, eventually, run,
};
use reqwest::{Method, StatusCode};
use serde_json::Value;

/// The blocks of the walk-through, in their order.
fn blocks() -> Vec<String> {
    let readme = include_str!("../README.md");
    let section = readme.split("\n## A walk-through\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// Where what is typed ends up.
struct Stage {
    api: Api,
    /// What starts a sweep.
    sweep: Api,
    storage: Storage,
    definitions: &'static str,
    folder: PathBuf,
    _runs: Box<dyn std::any::Any>,
}

impl Stage {
    /// Everything in one process, as `make run` has it.
    async fn local() -> Self {
        let plane = ControlPlane::start_with(Options { platform: Some(soon_due()), ..Options::default() }).await;
        let (api, storage) = (plane.api.clone(), plane.storage.clone());
        let (sweep, folder) = (api.clone(), plane.folder().to_owned());
        Self { api, sweep, storage, definitions: "aipress-sandbox-definitions", folder, _runs: Box::new(plane) }
    }

    /// Every function a process of its own behind a front door, as in a cloud.
    async fn apart() -> Option<Self> {
        let settings = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(settings.path(), soon_due()).unwrap();
        let platform = ("AIPRESS_PLATFORM", settings.path().to_str().unwrap());
        let wired = Wired::up(&[platform], false).await?;
        let topic = PubSub::topic_name("tasks");
        let pubsub = ("AIPRESS_PUBSUB_ENDPOINT", wired.pubsub.endpoint());
        let other = [platform, pubsub, ("AIPRESS_TASKS_TOPIC", topic.as_str())];
        let (create, update, delete) = tokio::join!(
            wired.cloud.start_with("create-tenant", &other),
            wired.cloud.start_with("update-tenant", &other),
            wired.cloud.start_with("delete-tenant", &other),
        );
        let door = FrontDoor::open(&create, &update, &delete, &wired.get).await;
        let (api, sweep, storage) = (Api::new(door.url.clone()), wired.sweep.api.clone(), wired.cloud.storage.clone());
        let folder = wired.cloud.folder().to_owned();
        let runs = Box::new((wired, create, update, delete, door, settings));
        Some(Self { api, sweep, storage, definitions: "e2e-definitions", folder, _runs: runs })
    }

    fn cloud(&self) -> Cloud {
        Cloud::new(self.folder.join("cloud"))
    }

    async fn phase(&self, id: &str) -> Value {
        self.api.get(&format!("/tenants/{id}")).await.body["status"]["phase"].clone()
    }

    async fn until_phase(&self, id: &str, phase: &str) {
        eventually(&format!("{id} is {phase}"), || async { (self.phase(id).await == phase).then_some(()) }).await;
    }
}

/// A newcomer at a terminal in the repository's folder, or what looks like it.
struct Newcomer {
    stage: Stage,
    folder: tempfile::TempDir,
}

impl Newcomer {
    fn sits_down(stage: Stage) -> Self {
        let folder = tempfile::TempDir::new().unwrap();
        let programs = folder.path().join("target/debug");
        std::fs::create_dir_all(&programs).unwrap();
        std::os::unix::fs::symlink(binary("tenantctl"), programs.join("tenantctl")).unwrap();
        std::os::unix::fs::symlink(&stage.folder, folder.path().join(".local")).unwrap();
        Self { stage, folder }
    }

    /// Types a block. The ports and the bucket are this stage's; an alias works in a script only if that is said.
    async fn types(&self, block: &str) -> Finished {
        let port = |url: &str| url.rsplit_once(':').unwrap().1.to_owned();
        let (api, storage) = (port(self.stage.api.url()), port(self.stage.storage.endpoint()));
        let block = block.replace("127.0.0.1:8080", &format!("127.0.0.1:{api}"));
        let block = block.replace("127.0.0.1:8081", &format!("127.0.0.1:{storage}"));
        let block = block.replace("aipress-sandbox-definitions", self.stage.definitions);
        let script = format!("shopt -s expand_aliases\nalias tenantctl=target/debug/tenantctl\n{block}");
        let server = [("TENANTS_URL", self.stage.api.url())];
        run("bash", &["-c", &script], self.folder.path(), &server).await
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

/// The local settings, with drift checks due after 5 s: nobody waits a minute, and none is under way while others are
/// looked at.
fn soon_due() -> String {
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("intervalSeconds: 60", "intervalSeconds: 5");
    assert_ne!(local, platform);
    platform
}

#[tokio::test]
async fn it_does_what_it_says() {
    does_what_it_says(Stage::local().await).await;
}

#[tokio::test]
async fn it_does_so_where_every_function_is_a_process_of_its_own() {
    if let Some(stage) = Stage::apart().await {
        does_what_it_says(stage).await;
    }
}

#[expect(clippy::panic, reason = "a test fails where it stands")]
async fn does_what_it_says(stage: Stage) {
    let blocks = blocks();
    let [list, write, apply, http, upload, edit, destroy, clean] = blocks.as_slice() else {
        panic!("the walk-through has other blocks than this test knows: {blocks:#?}");
    };
    let newcomer = Newcomer::sits_down(stage);
    let stage = &newcomer.stage;
    stage.api.send(Method::POST, "/tenants", Some(&definition("acme", "")), &[]).await;

    let listed = newcomer.types(list).await;
    assert!(listed.code == 0 && listed.stdout.contains("acme"), "{listed:?}");

    let written = newcomer.types(write).await;
    assert_eq!(written.code, 0, "the mended one is valid: {written:?}");
    assert!(written.stdout.contains("UNKNOWN_FIELD") && written.stdout.contains("maxInstances"), "{written:?}");
    assert!(written.stderr.contains("1 problem") && written.stderr.contains("no problem"), "{written:?}");
    assert!(newcomer.file("my-site.yaml").contains("maxInstances: 3"));

    let made = newcomer.types(apply).await;
    assert_eq!(made.code, 0, "{made:?}");
    for said in ["my-site (new)", "+ google_sql_database.site", "created", "Ready", "Succeeded"] {
        assert!(made.stdout.contains(said), "{said}: {made:?}");
    }

    let spoken = newcomer.types(http).await;
    assert!(spoken.stdout.contains("200 OK") && spoken.stdout.contains("etag: \""), "{spoken:?}");
    assert!(spoken.stdout.contains("\"maxInstances\":5") && spoken.stdout.contains("ALREADY_EXISTS"), "{spoken:?}");

    let uploaded = newcomer.types(upload).await;
    assert!(uploaded.stdout.contains("second-site"), "{uploaded:?}");
    stage.until_phase("second-site", "Ready").await;

    let before = newcomer.types(edit).await;
    assert_eq!(before.code, 0, "{before:?}");
    let drifted = eventually("the drift is listed", || async {
        stage.sweep.send(Method::POST, "/sweep", None, &[]).await;
        let listed = newcomer.types("tenantctl list --drifted").await;
        listed.stdout.contains("second-site").then_some(listed)
    })
    .await;
    assert!(!drifted.stdout.contains("my-site"), "{drifted:?}");

    let held = newcomer.types(destroy).await;
    assert_eq!(held.code, 6, "{held:?}");
    assert!(newcomer.file("my-site.yaml").contains("tier: premium"));
    assert_eq!(stage.phase("my-site").await, "Held");

    let cleaned = newcomer.types(clean).await;
    assert_eq!(cleaned.code, 0, "{cleaned:?}");
    for id in ["my-site", "second-site"] {
        assert_eq!(stage.api.get(&format!("/tenants/{id}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(stage.cloud().resources_of(id), Vec::<std::path::PathBuf>::new());
    }
}
