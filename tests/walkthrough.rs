//! The README's walk-through, typed as written: every block of it by bash, against a control plane that stands where
//! `make run` would.

use end_to_end::{ControlPlane, Finished, Options, binary, definition, eventually, run};

/// The blocks of the walk-through, in their order.
fn blocks() -> Vec<String> {
    let readme = include_str!("../README.md");
    let section = readme.split("\n## A walk-through\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let blocks = section.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned());
    blocks.collect()
}

/// A newcomer at a terminal in the repository's folder, or what looks like it.
struct Newcomer {
    plane: ControlPlane,
    folder: tempfile::TempDir,
}

impl Newcomer {
    async fn sits_down() -> Self {
        let plane = ControlPlane::start_with(soon_due()).await;
        let folder = tempfile::TempDir::new().unwrap();
        let programs = folder.path().join("target/debug");
        std::fs::create_dir_all(&programs).unwrap();
        std::os::unix::fs::symlink(binary("tenantctl"), programs.join("tenantctl")).unwrap();
        std::os::unix::fs::symlink(plane.folder(), folder.path().join(".local")).unwrap();
        Self { plane, folder }
    }

    /// Types a block. The ports are this plane's; an alias works in a script only if that is said.
    async fn types(&self, block: &str) -> Finished {
        let port = |url: &str| url.rsplit_once(':').unwrap().1.to_owned();
        let (api, storage) = (port(self.plane.api.url()), port(self.plane.storage.endpoint()));
        let block = block.replace("127.0.0.1:8080", &format!("127.0.0.1:{api}"));
        let block = block.replace("127.0.0.1:8081", &format!("127.0.0.1:{storage}"));
        let script = format!("shopt -s expand_aliases\nalias tenantctl=target/debug/tenantctl\n{block}");
        let server = [("TENANTS_URL", self.plane.api.url())];
        run("bash", &["-c", &script], self.folder.path(), &server).await
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

/// The local settings, with drift checks due after 5 s: nobody waits a minute, and none is under way while others are
/// looked at.
fn soon_due() -> Options {
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("intervalSeconds: 60", "intervalSeconds: 5");
    assert_ne!(local, platform);
    Options { platform: Some(platform), ..Options::default() }
}

#[tokio::test]
async fn it_does_what_it_says() {
    let blocks = blocks();
    let [list, write, apply, http, upload, edit, destroy, clean] = blocks.as_slice() else {
        panic!("the walk-through has other blocks than this test knows: {blocks:#?}");
    };
    let newcomer = Newcomer::sits_down().await;
    newcomer.plane.create(&definition("acme", "")).await;

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
    newcomer.plane.until_phase("second-site", "Ready").await;

    let before = newcomer.types(edit).await;
    assert_eq!(before.code, 0, "{before:?}");
    let drifted = eventually("the drift is listed", || async {
        newcomer.plane.sweep().await;
        let listed = newcomer.types("tenantctl list --drifted").await;
        listed.stdout.contains("second-site").then_some(listed)
    })
    .await;
    assert!(!drifted.stdout.contains("my-site"), "{drifted:?}");

    let held = newcomer.types(destroy).await;
    assert_eq!(held.code, 6, "{held:?}");
    assert!(newcomer.file("my-site.yaml").contains("tier: premium"));
    assert_eq!(newcomer.plane.get("/tenants/my-site").await.body["status"]["phase"], "Held");

    let cleaned = newcomer.types(clean).await;
    assert_eq!(cleaned.code, 0, "{cleaned:?}");
    for id in ["my-site", "second-site"] {
        newcomer.plane.until_gone(id).await;
        assert_eq!(newcomer.plane.cloud().resources_of(id), Vec::<std::path::PathBuf>::new());
    }
}
