//! Days go by, and what was kept long enough goes: never what the tenant still needs.

use super::*;
use crate::records::RecordName;

const DAY: u64 = 86_400;

fn world() -> World {
    World::with_platform(&format!("{PLATFORM}retention: {{logDays: 1, auditDays: 3, graveyardDays: 2}}\n"))
}

impl World {
    async fn is_there(&self, name: &crate::store::ObjectName) -> bool {
        self.records.stat(name).await.unwrap().is_some()
    }

    /// A day later, and what its sweep handed out done.
    async fn next_day(&self) -> SweepReport {
        self.later(DAY + 60).await;
        let report = self.sweeper.sweep().await.unwrap();
        self.work_off().await;
        report
    }
}

#[tokio::test(start_paused = true)]
async fn a_destroy_finds_its_variables_however_old_they_are() {
    let world = world();
    world.create(&definition("acme", "")).await.unwrap();
    let (acme, created) = (tenant("acme"), world.status("acme").await.unwrap().variables.unwrap());
    for _ in 0..5 {
        world.next_day().await;
    }
    assert!(!world.is_there(&RecordName::operation_log(&acme, created)).await);
    assert!(world.is_there(&RecordName::operation_variables(&acme, created)).await);
    assert!(world.is_there(&RecordName::operation(&acme, created)).await);
    // Drift was looked for every day; what those checks ran with went.
    let checks = world.operations("acme").await;
    let first = checks.iter().find(|operation| operation.id != created).unwrap();
    assert!(!world.is_there(&RecordName::operation_variables(&acme, first.id)).await);
    world.delete("acme").await.unwrap();
    assert_eq!(world.provisioner.resources(&acme).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_tenant_comes_back_within_its_time_and_not_after_it() {
    let world = world();
    world.create(&definition("acme", "")).await.unwrap();
    world.delete("acme").await.unwrap();
    world.next_day().await;
    world.commands.undelete(&caller(), &tenant("acme"), Wait::ForResult).await.unwrap();
    world.delete("acme").await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.next_day().await.pruned.graveyard, 3, "record, definition and state of one deletion");
    }
    let again = world.commands.undelete(&caller(), &tenant("acme"), Wait::ForResult).await.unwrap_err();
    assert_eq!(
        again.to_string(),
        "no definition of 'acme' is kept: there was no such tenant, or it was deleted more than 2 days ago \
         (retention.graveyardDays). Where the definitions bucket still has an earlier version, write that again"
    );
    assert!(!world.operations("acme").await.is_empty(), "who deleted it is known for longer");
    world.next_day().await;
    assert_eq!(world.operations("acme").await, []);
}
