//! Cron without a clock: one task is ordered for the next due event, and no other until that changes.

use crate::world::{Revision, TaskQueue, World};

const QUEUE: &str = "projects/p/locations/r/queues/cron";

#[tokio::test(flavor = "multi_thread")]
async fn a_site_orders_its_own_waking() {
    let Some(world) = World::new().await else { return };
    let site = world.site("cron").await;
    let queue = TaskQueue::start().await;
    let endpoint = format!("http://{}", queue.address);
    let more =
        [("AIPRESS_CRON_QUEUE", QUEUE), ("GCE_METADATA_HOST", &queue.address), ("AIPRESS_CRON_ENDPOINT", &endpoint)];
    let revision = Revision::start(&site, None, &more).await.unwrap();
    for _ in 0..3 {
        assert_eq!(revision.get("/").await.0, 200);
    }
    let taken = queue.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let (request, body) = &taken[0];
    assert_eq!(request, &format!("POST /v2/{QUEUE}/tasks HTTP/1.1"));
    let task = &body["task"];
    assert_eq!(task["httpRequest"]["url"], format!("{}/wp-cron.php?doing_wp_cron", revision.address()));
    assert!(task["name"].as_str().unwrap().starts_with(&format!("{QUEUE}/tasks/cron-")), "{task}");
    assert!(task["scheduleTime"].as_str().unwrap().ends_with('Z'), "{task}");

    // What was ordered is long past, and nobody came: the next visit orders again.
    site.sql("UPDATE wp_options SET option_value = '1000000000' WHERE option_name = 'aipress_cron_ordered'").await;
    assert_eq!(revision.get("/").await.0, 200);
    assert_eq!(queue.taken().len(), 2);

    // The queue is gone: visitors are served all the same, and the second one waits for nothing.
    let nowhere = [
        ("AIPRESS_CRON_QUEUE", QUEUE),
        ("AIPRESS_CRON_ENDPOINT", "http://127.0.0.1:9"),
        ("GCE_METADATA_HOST", "127.0.0.1:9"),
    ];
    let revision = Revision::start(&site, None, &nowhere).await.unwrap();
    assert_eq!(revision.statuses().await, [200; 3]);
    let events = site.option("cron").await;
    assert!(
        !events.contains("wp_version_check") && !events.contains("\"hourly\"") && !events.contains("twicedaily"),
        "{events}"
    );
}
