//! The whole chain: a definition goes into the control plane of `make run`, and a visitor of a real site behind it sees what its
//! plugins say.

use reqwest::StatusCode;

use crate::world::{Hosted, World, plugins_condition};

#[tokio::test(flavor = "multi_thread")]
async fn plugins_of_a_definition_are_seen_by_a_visitor() {
    let Some(world) = World::new().await else { return };
    let hosted = Hosted::start(&world, "chain", None).await;
    let (plane, site) = (&hosted.plane, &hosted.site);
    assert_eq!(hosted.first().statuses().await, [200; 3]);

    let dolly = "{name: hello-dolly, version: '1.7.2', required: true}";
    let created = hosted.create(&format!("{{plugins: [{dolly}]}}")).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}\n{}", created.text, plane.log());
    assert_eq!(plugins_condition(&created.body).0, "True", "{}", created.text);
    assert_eq!(site.active().await, ["hello-dolly/hello-dolly.php"]);
    let second = hosted.roll().await;
    assert_eq!(
        (second.plugins_seen().await, second.statuses().await),
        (vec!["hello-dolly 1.7.2".to_owned()], [200; 3])
    );

    // One that breaks the front page is tried beside the site, taken back, and never mounted.
    let before = hosted.mounted();
    let refused = hosted.update(&format!("{{plugins: [{dolly}, {{name: broken-page, required: true}}]}}")).await;
    assert!(refused.status.is_server_error() || refused.status.is_client_error(), "{}", refused.text);
    assert_eq!(hosted.mounted(), before);
    assert_eq!(
        (second.plugins_seen().await, second.statuses().await),
        (vec!["hello-dolly 1.7.2".to_owned()], [200; 3])
    );
    let tenant = plane.get(&format!("/tenants/{}", site.name)).await.body;
    let (truth, reason, message) = plugins_condition(&tenant);
    assert_eq!(
        (truth.as_str(), reason.as_str(), tenant["status"]["phase"].as_str()),
        ("False", "RolledBack", Some("Failed"))
    );
    assert!(message.contains("plugin broken-page 1.0"), "{message}");

    // As an optional one it stops nobody, and latest is what is newest.
    let updated = hosted.update(&format!("{{plugins: [{dolly}, {{name: broken-page}}, {{name: woocommerce}}]}}")).await;
    assert_eq!(updated.status, StatusCode::OK, "{}\n{}", updated.text, plane.log());
    assert_eq!(plugins_condition(&updated.body).1, "OptionalFailed", "{}", updated.text);
    let third = hosted.roll().await;
    assert_eq!(third.plugins_seen().await, ["hello-dolly 1.7.2", "woocommerce 9.4.2"]);
    assert_eq!(third.statuses().await, [200; 3]);
    assert_eq!(second.statuses().await, [200; 3], "the revision before serves whoever it still has");

    let none = hosted.update("{plugins: []}").await;
    assert_eq!(none.status, StatusCode::OK, "{}\n{}", none.text, plane.log());
    let last = hosted.roll().await;
    assert_eq!((last.plugins_seen().await.len(), site.active().await.len(), last.statuses().await), (0, 0, [200; 3]));
}
