//! Lists that are not in the definition: the platform's, and one in a bucket of the tenant's own. Each ends with what a visitor
//! of the real site gets.

use reqwest::StatusCode;

use crate::world::{BUNDLES, Hosted, World, plugins_condition};

const PLATFORM: &str = include_str!("../../../../deploy/local/platform.yaml");
const DEFAULT: &str = "plugins: [{name: akismet}, {name: hello-dolly, version: '1.7.2'}]\n";
const LIST: &str = "team/plugins.yaml";

#[tokio::test(flavor = "multi_thread")]
async fn who_names_none_gets_the_platforms_list() {
    let Some(world) = World::new().await else { return };
    let hosted = Hosted::start(&world, "default-list", Some(format!("{PLATFORM}{DEFAULT}"))).await;
    let created = hosted.create("{}").await;
    assert_eq!(created.status, StatusCode::CREATED, "{}\n{}", created.text, hosted.plane.log());
    assert_eq!(plugins_condition(&created.body).0, "True", "{}", created.text);
    let revision = hosted.roll().await;
    assert_eq!((revision.plugins_seen().await.len(), revision.statuses().await), (2, [200; 3]));
    assert_eq!(hosted.site.active().await, ["akismet/akismet.php", "hello-dolly/hello-dolly.php"]);

    let none = hosted.update("{plugins: []}").await;
    assert_eq!(none.status, StatusCode::OK, "{}\n{}", none.text, hosted.plane.log());
    let revision = hosted.roll().await;
    let (seen, active) = (revision.plugins_seen().await, hosted.site.active().await);
    assert_eq!((seen.len(), active.len(), revision.statuses().await), (0, 0, [200; 3]), "an empty list is a list");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_a_bucket_is_followed_and_a_broken_one_changes_nothing() {
    let Some(world) = World::new().await else { return };
    let hosted = Hosted::start(&world, "own-list", None).await;
    let (plane, name) = (&hosted.plane, &hosted.site.name);
    plane.storage.upload(BUNDLES, LIST, "- name: hello-dolly\n  version: '1.7.2'\n").await;
    let created = hosted.create(&format!("{{plugins: {{pluginsYamlGcsUri: 'gs://{BUNDLES}/{LIST}'}}}}")).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}\n{}", created.text, plane.log());
    let first = hosted.roll().await;
    assert_eq!((first.plugins_seen().await, first.statuses().await), (vec!["hello-dolly 1.7.2".to_owned()], [200; 3]));

    let mounted = hosted.mounted();
    plane.storage.upload(BUNDLES, LIST, "- name: hello-dolly\n  version: ^2\n- nam: akismet\n").await;
    plane.sweep().await;
    let failed = plane.until(name, "has a broken list", |tenant| plugins_condition(tenant).1 == "InvalidList").await;
    let (_, _, message) = plugins_condition(&failed);
    assert!(message.contains("/0/version") && message.contains("/1/nam"), "every problem at once: {message}");
    assert_eq!(
        (hosted.mounted(), hosted.site.active().await),
        (mounted, vec!["hello-dolly/hello-dolly.php".to_owned()])
    );
    assert_eq!((first.plugins_seen().await, first.statuses().await), (vec!["hello-dolly 1.7.2".to_owned()], [200; 3]));

    plane.storage.upload(BUNDLES, LIST, "- name: woocommerce\n  version: '9.4.1'\n").await;
    plane.sweep().await;
    plane.until(name, "has the new list", |tenant| plugins_condition(tenant).0 == "True").await;
    let second = hosted.roll().await;
    assert_eq!(
        (second.plugins_seen().await, second.statuses().await),
        (vec!["woocommerce 9.4.1".to_owned()], [200; 3])
    );
    assert_eq!(hosted.site.active().await, ["woocommerce/woocommerce.php"]);
}
