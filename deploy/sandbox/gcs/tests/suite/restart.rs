//! What survives the end of the process, gentle or not.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Instant;

use google_cloud_storage::client::Storage;
use sandbox_gcs::{Sandbox, StartError};
use tokio::process::{Child, Command};

use crate::receiver::Receiver;
use crate::support::{PLAIN, VERSIONED, control, eventually, read, resource, settings, storage};

#[tokio::test(flavor = "multi_thread")]
async fn objects_versions_and_generations_survive_a_restart() {
    let root = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(settings(root.path())).await.unwrap();
    let client = storage(&sandbox.endpoint()).await;
    let write = |content: &'static str| {
        client.write_object(resource(VERSIONED), "object", content).set_metadata([("k", "v")]).send_buffered()
    };
    let first = write("one").await.unwrap();
    let second = write("two").await.unwrap();
    let again = Sandbox::start(settings(root.path())).await;
    assert!(matches!(again, Err(StartError::InUse(_))));
    sandbox.stop().await;

    let sandbox = Sandbox::start(settings(root.path())).await.unwrap();
    let client = storage(&sandbox.endpoint()).await;
    let control = control(&sandbox.endpoint()).await;
    let list = control.list_objects().set_parent(resource(VERSIONED)).set_versions(true);
    let listed = list.send().await.unwrap().objects;
    assert_eq!(listed.iter().map(|o| o.generation).collect::<Vec<_>>(), [first.generation, second.generation]);
    assert_eq!(listed[1].metadata["k"], "v");
    assert_eq!(read(&client, VERSIONED, "object").await.unwrap(), b"two");
    let third = client.write_object(resource(VERSIONED), "object", "three").send_buffered().await.unwrap();
    assert!(third.generation > second.generation);
    sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_objects_are_served_after_a_restart() {
    let root = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::start(settings(root.path())).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let base = format!("{}/upload/storage/v1/b/{PLAIN}/o?uploadType=media&name=status/", sandbox.endpoint());
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..20 {
        let (client, base) = (client.clone(), base.clone());
        writers.spawn(async move {
            for number in (writer..10_000).step_by(20) {
                let sent = client.post(format!("{base}{number:05}")).body("{}").send().await.unwrap();
                assert_eq!(sent.status(), 200);
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        done.unwrap();
    }
    sandbox.stop().await;
    let since = Instant::now();
    let sandbox = Sandbox::start(settings(root.path())).await.unwrap();
    let control = control(&sandbox.endpoint()).await;
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let list = control.list_objects().set_parent(resource(PLAIN)).set_prefix("status/");
        let page = list.set_page_token(&token).send().await.unwrap();
        names.extend(page.objects.into_iter().map(|object| object.name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    println!("loaded and listed in {:?}", since.elapsed());
    assert_eq!(names.len(), 10_000);
    assert!(names.is_sorted());
    sandbox.stop().await;
}

struct Process {
    child: Child,
    endpoint: String,
}

impl Process {
    async fn start(root: &std::path::Path, listen: &str, url: &str) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_sandbox-gcs"))
            .args(["--root", root.to_str().unwrap(), "--listen", listen])
            .args(["--bucket", &format!("{VERSIONED}+versions"), PLAIN])
            .args(["--subscribe", &format!("{VERSIONED}={url}")])
            .args(["--redelivery-min", "20", "--redelivery-max", "100"])
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let listening = async || tokio::net::TcpStream::connect(listen).await.ok();
        eventually("the server to listen", listening).await;
        Self { child, endpoint: format!("http://{listen}") }
    }

    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Overwrites the object it knows until it gets no answer any more.
async fn overwrite(client: Storage, last: Arc<AtomicI64>, writes: Arc<AtomicUsize>) {
    loop {
        let known = last.load(Ordering::SeqCst);
        let write = client
            .write_object(resource(VERSIONED), "object", format!("content {known}"))
            .set_if_generation_match(known);
        let Ok(object) = write.send_buffered().await else {
            return;
        };
        last.store(object.generation, Ordering::SeqCst);
        writes.fetch_add(1, Ordering::SeqCst);
    }
}

fn free_address() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_survives_kill_9_and_its_event_is_delivered() {
    let root = tempfile::tempdir().unwrap();
    let address = free_address();
    let receiver = Receiver::start(&[503; 20]).await;
    let mut generation = 0;
    for round in 0..3 {
        let server = Process::start(root.path(), &address, &receiver.url()).await;
        let client = storage(&server.endpoint).await;
        // Killed while writes are under way: whatever was answered must be there.
        let answers = Arc::new(AtomicI64::new(generation));
        let writes = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(overwrite(client, Arc::clone(&answers), Arc::clone(&writes)));
        eventually("some writes", async || (writes.load(Ordering::SeqCst) >= 10).then_some(())).await;
        server.kill().await;
        task.await.unwrap();
        let answered = answers.load(Ordering::SeqCst);
        let server = Process::start(root.path(), &address, &receiver.url()).await;
        let control = control(&server.endpoint).await;
        let list = control.list_objects().set_parent(resource(VERSIONED)).set_versions(true);
        let versions = list.send().await.unwrap().objects;
        assert!(versions.iter().any(|o| o.generation == answered), "round {round}");
        let live = versions.into_iter().find(|o| o.delete_time.is_none()).unwrap();
        assert!(live.generation >= answered && answered > generation);
        generation = live.generation;
        let content = read(&storage(&server.endpoint).await, VERSIONED, "object").await.unwrap();
        assert!(content.starts_with(b"content "));
        server.kill().await;
    }
    let server = Process::start(root.path(), &address, &receiver.url()).await;
    let expected = ("finalized".to_owned(), generation.to_string());
    eventually("the event of the last write", async || receiver.events().contains(&expected).then_some(())).await;
    server.kill().await;
}
