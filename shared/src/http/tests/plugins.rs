//! Plugins as a caller sees them.

use http::{Method, StatusCode};
use insta::assert_snapshot;

use super::world::{World, request};

const SHOP: &str = "apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata:\n  name: shop\nspec:\n  plugins:\n    \
    - {name: hello-dolly, required: true}\n    - {name: gone, version: '1.0'}\n";

#[tokio::test]
async fn the_lock_and_what_came_of_each_plugin_are_on_the_status() {
    let world = World::new();
    let created = world.send(Method::POST, "/tenants", SHOP).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    assert_snapshot!("plugins_of_a_tenant", format!("{:#}", created.json()["status"]["plugins"]));
}

#[tokio::test]
async fn newer_plugins_are_asked_for() {
    let world = World::new();
    let unknown = world.ask(request(Method::POST, "/tenants/shop/plugins/upgrade", &[], "")).await;
    assert_eq!((unknown.status, unknown.reason()), (StatusCode::NOT_FOUND, "TENANT_NOT_FOUND".to_owned()));
    world.send(Method::POST, "/tenants", SHOP).await;
    let upgraded = world.ask(request(Method::POST, "/tenants/shop/plugins/upgrade", &[], "")).await;
    assert_eq!(upgraded.status, StatusCode::OK, "{}", upgraded.body);
    let later = [("prefer", "respond-async")];
    let accepted = world.ask(request(Method::POST, "/tenants/shop/plugins/upgrade", &later, "")).await;
    assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.body);
}
