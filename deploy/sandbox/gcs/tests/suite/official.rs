//! The official crate as the client: preconditions, listings, versions, buckets.

use google_cloud_gax::error::rpc::Code;
use google_cloud_gax::paginator::ItemPaginator as _;
use google_cloud_storage::Error;

use crate::support::{PLAIN, VERSIONED, control, read, resource, start, storage};

fn http(error: &Error) -> Option<u16> {
    error.http_status_code()
}

fn grpc(error: &Error) -> Option<Code> {
    error.status().map(|status| status.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn preconditions_hold_over_both_protocols() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let control = control(&running.sandbox.endpoint()).await;
    let write = |generation: i64| {
        storage.write_object(resource(PLAIN), "object", "content").set_if_generation_match(generation).send_buffered()
    };
    assert_eq!(http(&write(5).await.unwrap_err()), Some(412), "there is nothing to match 5");
    let first = write(0).await.unwrap();
    assert_eq!(http(&write(0).await.unwrap_err()), Some(412), "it exists");
    let second = write(first.generation).await.unwrap();
    assert!(second.generation > first.generation);
    assert_eq!(http(&write(first.generation).await.unwrap_err()), Some(412), "it is newer");

    let stale = storage.read_object(resource(PLAIN), "object").set_if_generation_match(first.generation).send().await;
    assert_eq!(http(&stale.unwrap_err()), Some(412));
    let known =
        storage.read_object(resource(PLAIN), "object").set_if_generation_not_match(second.generation).send().await;
    assert_eq!(http(&known.unwrap_err()), Some(304));

    let delete = |generation: i64| {
        control
            .delete_object()
            .set_bucket(resource(PLAIN))
            .set_object("object")
            .set_if_generation_match(generation)
            .send()
    };
    assert_eq!(grpc(&delete(first.generation).await.unwrap_err()), Some(Code::FailedPrecondition));
    delete(second.generation).await.unwrap();
    assert_eq!(grpc(&delete(second.generation).await.unwrap_err()), Some(Code::NotFound));
    assert_eq!(http(&read(&storage, PLAIN, "object").await.unwrap_err()), Some(404));
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_come_in_order_and_in_pages() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let control = control(&running.sandbox.endpoint()).await;
    for name in ["b/2", "a", "b/1", "c/x/1", "c/y", "b", "d"] {
        storage.write_object(resource(PLAIN), name, name.to_owned()).send_buffered().await.unwrap();
    }
    let list = || control.list_objects().set_parent(resource(PLAIN));
    let mut items = list().set_page_size(2).by_item();
    let mut names = Vec::new();
    while let Some(item) = items.next().await {
        names.push(item.unwrap().name);
    }
    assert_eq!(names, ["a", "b", "b/1", "b/2", "c/x/1", "c/y", "d"]);

    let (mut names, mut prefixes, mut token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = list().set_page_size(2).set_delimiter("/").set_page_token(&token).send().await.unwrap();
        assert!(page.objects.len() + page.prefixes.len() <= 2);
        names.extend(page.objects.into_iter().map(|object| object.name));
        prefixes.extend(page.prefixes);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!((names, prefixes), (vec!["a".into(), "b".into(), "d".into()], vec!["b/".into(), "c/".into()]));

    let under = list().set_prefix("c/").set_delimiter("/").send().await.unwrap();
    assert_eq!(under.prefixes, ["c/x/"]);
    assert_eq!(under.objects.iter().map(|o| o.name.as_str()).collect::<Vec<_>>(), ["c/y"]);
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_versioned_bucket_keeps_what_was_overwritten_and_deleted() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let control = control(&running.sandbox.endpoint()).await;
    let mut generations = Vec::new();
    for content in ["one", "two"] {
        let written = storage.write_object(resource(VERSIONED), "object", content).send_buffered().await.unwrap();
        generations.push(written.generation);
    }
    let delete = || control.delete_object().set_bucket(resource(VERSIONED)).set_object("object");
    delete().send().await.unwrap();
    let listed = async || {
        let list = control.list_objects().set_parent(resource(VERSIONED)).set_versions(true);
        let objects = list.send().await.unwrap().objects;
        objects.into_iter().map(|o| (o.generation, o.delete_time.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(listed().await, [(generations[0], true), (generations[1], true)]);
    let live = control.list_objects().set_parent(resource(VERSIONED)).send().await.unwrap();
    assert!(live.objects.is_empty());
    assert_eq!(http(&read(&storage, VERSIONED, "object").await.unwrap_err()), Some(404));
    let mut old =
        storage.read_object(resource(VERSIONED), "object").set_generation(generations[0]).send().await.unwrap();
    assert_eq!(old.next().await.unwrap().unwrap(), "one");
    delete().set_generation(generations[0]).send().await.unwrap();
    assert_eq!(listed().await, [(generations[1], true)]);
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_can_be_found_and_made() {
    let running = start().await;
    let control = control(&running.sandbox.endpoint()).await;
    let bucket = control.get_bucket().set_name(resource(VERSIONED)).send().await.unwrap();
    assert!(bucket.versioning.unwrap().enabled);
    let missing = control.get_bucket().set_name(resource("no-such-bucket")).send().await;
    assert_eq!(grpc(&missing.unwrap_err()), Some(Code::NotFound));
    let create = || control.create_bucket().set_parent("projects/_").set_bucket_id("third-bucket");
    create().send().await.unwrap();
    assert_eq!(grpc(&create().send().await.unwrap_err()), Some(Code::AlreadyExists));
    let all = control.list_buckets().set_parent("projects/sandbox").send().await.unwrap().buckets;
    let names: Vec<_> = all.into_iter().map(|bucket| bucket.bucket_id).collect();
    assert_eq!(names, [PLAIN, "third-bucket", VERSIONED]);
    running.sandbox.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_can_be_changed_without_a_new_generation() {
    let running = start().await;
    let storage = storage(&running.sandbox.endpoint()).await;
    let control = control(&running.sandbox.endpoint()).await;
    let written = storage
        .write_object(resource(PLAIN), "object", "content")
        .set_metadata([("a", "1")])
        .set_content_type("text/plain")
        .send_buffered()
        .await
        .unwrap();
    let mut wanted = written.clone();
    wanted.metadata = [("b".to_owned(), "2".to_owned())].into();
    let mask = google_cloud_wkt::FieldMask::default().set_paths(["metadata"]);
    let update = |metageneration: i64| {
        control
            .update_object()
            .set_object(wanted.clone())
            .set_update_mask(mask.clone())
            .set_if_metageneration_match(metageneration)
            .send()
    };
    let updated = update(1).await.unwrap();
    assert_eq!((updated.generation, updated.metageneration), (written.generation, 2));
    assert_eq!(updated.metadata, wanted.metadata);
    assert_eq!(updated.content_type, "text/plain");
    assert_eq!(grpc(&update(1).await.unwrap_err()), Some(Code::FailedPrecondition));
    running.sandbox.stop().await;
}
