//! Where tenants go, and that they stay there.

use super::*;
use crate::records::{ConditionKind, StatusSummary};

/// The settings, with other tenant projects.
fn platform(projects: &str) -> String {
    let rest = PLATFORM.split_once("image:").unwrap().1;
    format!("tenantProjects: [{projects}]\nimage:{rest}")
}

fn project(name: &str, more: &str) -> String {
    let tier = format!("{{instance: shared-1, connectionName: '{name}:europe-west1:shared-1', project: {name}}}");
    format!("{{project: {name}, region: europe-west1, tiers: {{standard: {tier}}}{more}}}")
}

#[tokio::test(start_paused = true)]
async fn a_tenant_stays_where_it_was_placed() {
    let world = World::with_platform(&platform(&project("tenants-one", "")));
    world.create(&definition("acme", "")).await.unwrap();
    let before = world.status("acme").await.unwrap();
    let placement = before.placement.clone().unwrap();
    assert_eq!(placement.project.as_str(), "tenants-one");
    assert_eq!(before.conditions.get(ConditionKind::Placed).unwrap().reason, "Placed");
    assert_eq!(StatusSummary::from(&before).place, Some(placement.place()));

    // The settings would have it elsewhere: said on its status, and nothing is run.
    let moved = world.another_process_with("later", &platform(&project("tenants-two", "")));
    let reconcile = |id: &str| {
        let (moved, id) = (moved.clone(), tenant(id));
        async move { moved.reconcile(&caller(), &id, Insist::No).await.unwrap() }
    };
    assert_eq!(reconcile("acme").await.action, Action::Acknowledge);
    assert_eq!(reconcile("acme").await.action, Action::Noop(Idle::AsDefined));
    assert_eq!(world.provisioner.runs(), 1);
    let placed = world.status("acme").await.unwrap().conditions.get(ConditionKind::Placed).unwrap().clone();
    insta::assert_snapshot!(placed.message, @"it stays where it is (project tenants-one, region europe-west1, tier standard on instance shared-1 of project tenants-one), although the platform's settings say otherwise (no such project and region): a tenant never moves. Change the settings back, or delete the tenant and create it again");
    assert_eq!((placed.reason.as_str(), placed.status), ("MoveRefused", crate::records::Truth::True));

    // A change of its definition is made where it is; a new tenant goes to the new place.
    world.upload("acme", &definition("acme", "runtime: {scaling: {maxInstances: 7}}")).await;
    world.upload("globex", &definition("globex", "")).await;
    reconcile("acme").await;
    reconcile("globex").await;
    let service = &world.provisioner.resources(&tenant("acme"))["memory_service.site"];
    assert_eq!((&service["project"], &service["scaling"]["max_instances"]), (&"tenants-one".into(), &7.into()));
    assert_eq!(world.status("acme").await.unwrap().placement, Some(placement));
    assert_eq!(world.status("globex").await.unwrap().placement.unwrap().project.as_str(), "tenants-two");

    // The settings are changed back.
    world.reconcile("acme").await.unwrap();
    let placed = world.status("acme").await.unwrap().conditions.get(ConditionKind::Placed).unwrap().clone();
    assert_eq!(placed.reason, "Placed");
}

#[tokio::test(start_paused = true)]
async fn a_place_is_recorded_before_anything_is_made_there() {
    let world = World::with_platform(&platform(&project("tenants-one", "")));
    world.provisioner.fail_next(crate::provision::memory::Fault::Refused);
    world.create(&definition("acme", "")).await.unwrap_err();
    let moved = world.another_process_with("later", &platform(&project("tenants-two", "")));
    moved.reconcile(&caller(), &tenant("acme"), Insist::Yes).await.unwrap();
    let status = world.status("acme").await.unwrap();
    assert_eq!((status.phase, status.placement.unwrap().project.as_str()), (Phase::Ready, "tenants-one"));
}

#[tokio::test(start_paused = true)]
async fn a_tenant_waits_for_room() {
    let world = World::with_platform(&platform(&project("tenants-one", ", capacity: 1")));
    world.create(&definition("acme", "")).await.unwrap();
    world.sweeper.sweep().await.unwrap();
    let refused = world.create(&definition("globex", "")).await;
    assert!(matches!(refused, Err(CommandError::Invalid(_))), "{refused:?}");

    world.upload("globex", &definition("globex", "")).await;
    world.reconcile("globex").await.unwrap();
    let status = world.status("globex").await.unwrap();
    assert_eq!(status.conditions.get(ConditionKind::Ready).unwrap().reason, "NotOffered");
    assert_eq!((status.phase, status.placement), (Phase::Invalid, None));

    let report = world.sweeper.sweep().await.unwrap();
    assert_eq!(report.due, [(tenant("globex"), Due::Retry)]);
    assert_eq!(world.reconcile("globex").await.unwrap().action, Action::Noop(Idle::Rejected), "nothing changed");
    let two = format!("{}, {}", project("tenants-one", ", capacity: 1"), project("tenants-two", ""));
    let roomy = world.another_process_with("later", &platform(&two));
    roomy.reconcile(&caller(), &tenant("globex"), Insist::No).await.unwrap();
    let status = world.status("globex").await.unwrap();
    assert_eq!((status.phase, status.placement.unwrap().project.as_str()), (Phase::Ready, "tenants-two"));
    // What is defined wrongly is not tried again.
    world.upload("initech", &definition("initech", "nonsense: 1")).await;
    world.reconcile("initech").await.unwrap();
    assert_eq!(world.sweeper.sweep().await.unwrap().due, []);
}
