//! Plugins: what a tenant is told, what its site runs, and in which order that changes.

use super::*;
use crate::plugins::{InstallError, InstallPhase};
use crate::provision::memory::Fault;
use crate::records::{Condition, ConditionKind, OperationKind, Outcome, PluginsRecord, Truth};

const SHOP: &str = "plugins: [{name: shop, version: '1.0', required: true}]";

impl World {
    async fn plugins(&self, id: &str) -> PluginsRecord {
        self.status(id).await.unwrap().plugins.unwrap()
    }

    async fn said(&self, id: &str) -> Condition {
        self.status(id).await.unwrap().conditions.get(ConditionKind::PluginsInstalled).unwrap().clone()
    }

    fn mounted(&self, id: &str) -> Option<String> {
        let resources = self.provisioner.resources(&tenant(id));
        resources["memory_service.site"]["plugins"]["digest"].as_str().map(str::to_owned)
    }

    async fn list(&self, text: &str) {
        let name = crate::store::ObjectName::new("plugins.yaml").unwrap();
        let when = match self.lists.stat(&name).await.unwrap() {
            Some(meta) => Precondition::Matches(meta.generation),
            None => Precondition::Absent,
        };
        let body = Bytes::from(text.to_owned());
        self.lists.write(&name, NewObject { body, ..NewObject::default() }, when).await.unwrap();
    }
}

fn with_shops() -> World {
    let world = World::new();
    for (plugin, version) in [("shop", "1.0"), ("shop", "2.0"), ("mail", "5.1")] {
        world.directory.publish(plugin, version);
    }
    world
}

#[tokio::test(start_paused = true)]
async fn plugins_are_resolved_tried_rolled_out_and_looked_at() {
    let world = with_shops();
    world.create(&definition("acme", SHOP)).await.unwrap();
    let plugins = world.plugins("acme").await;
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
    assert_eq!(world.mounted("acme"), plugins.bundle.map(|bundle| bundle.to_string()));
    assert_eq!(plugins.lock_digest, plugins.lock.as_ref().map(crate::plugins::Lock::digest));
    assert_eq!((plugins.trial.as_ref(), plugins.is_settled()), (None, true));
    assert_eq!((world.said("acme").await.status, world.phase("acme").await), (Truth::True, Some(Phase::Ready)));
    assert_eq!(world.installer.runs(), [InstallPhase::Stage, InstallPhase::Activate, InstallPhase::Verify]);
    let kinds: Vec<_> = world.operations("acme").await.into_iter().map(|op| (op.kind, op.outcome)).collect();
    let done = Outcome::Succeeded;
    assert_eq!(
        kinds,
        [
            (OperationKind::Create, done),
            (OperationKind::InstallPlugins, done),
            (OperationKind::Update, done),
            (OperationKind::InstallPlugins, done),
        ]
    );
    // Settled: nothing is asked of anybody again.
    let asked = world.directory.asked();
    world.reconcile("acme").await.unwrap();
    world.update("acme", &definition("acme", &format!("{SHOP}\n  suspend: false"))).await.unwrap();
    assert_eq!((world.directory.asked(), world.installer.runs().len()), (asked, 3));
    assert_eq!(world.sweeper.sweep().await.unwrap().due, []);
}

#[tokio::test(start_paused = true)]
async fn removing_the_last_plugin_is_a_roll_without_a_bundle() {
    let world = with_shops();
    world.create(&definition("acme", SHOP)).await.unwrap();
    world.update("acme", &definition("acme", "plugins: []")).await.unwrap();
    assert_eq!(world.installer.active(&tenant("acme")), Vec::<String>::new());
    assert_eq!(world.mounted("acme"), None);
    assert_eq!(world.said("acme").await.status, Truth::True);
}

#[tokio::test(start_paused = true)]
async fn bundles_go_when_the_site_is_known_to_run_another() {
    let world = with_shops();
    let bundle = async || world.plugins("acme").await.bundle.unwrap();
    let is_there = |bundle| world.installer.has_bundle(&tenant("acme"), bundle);
    let shop = |version: &str| definition("acme", &format!("plugins: [{{name: shop, version: '{version}'}}]"));
    world.create(&shop("1.0")).await.unwrap();
    let first = bundle().await;
    world.update("acme", &shop("2.0")).await.unwrap();
    let second = bundle().await;
    assert!(is_there(first) && is_there(second), "a revision of before may still serve");
    world.update("acme", &definition("acme", "plugins: [{name: mail, version: '5.1'}]")).await.unwrap();
    assert!(!is_there(first) && is_there(second) && is_there(bundle().await));

    for cut in 0..3 {
        let phase = [InstallPhase::Stage, InstallPhase::Activate, InstallPhase::Verify][cut];
        for (step, version) in ["1.0", "2.0"].into_iter().enumerate() {
            world.upload("acme", &shop(version)).await;
            if step == 0 {
                world.installer.fail_after(cut, InstallError::Interrupted(phase));
            }
            let _ = world.reconcile("acme").await;
            let served = world.mounted("acme").unwrap();
            assert!(is_there(served.parse().unwrap()), "what visitors are served is there, cut at {phase:?}");
        }
        world.sweeper.sweep().await.unwrap();
        world.work_off().await;
        assert_eq!(world.installer.active(&tenant("acme")), ["shop 2.0"]);
    }
}

#[tokio::test(start_paused = true)]
async fn latest_is_resolved_once_and_moves_when_the_list_changes_or_somebody_asks() {
    let world = with_shops();
    let latest = "plugins: [{name: shop}]";
    world.create(&definition("acme", latest)).await.unwrap();
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 2.0"]);
    world.directory.publish("shop", "3.0");
    world.reconcile("acme").await.unwrap();
    let other = format!("{latest}\n  runtime: {{scaling: {{maxInstances: 7}}}}");
    world.update("acme", &definition("acme", &other)).await.unwrap();
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 2.0"], "locked");
    world.commands.upgrade_plugins(&caller(), &tenant("acme"), Wait::ForResult).await.unwrap();
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 3.0"]);
    assert_eq!(world.status("acme").await.unwrap().upgrade, None);
    world.directory.publish("shop", "4.0");
    world.update("acme", &definition("acme", "plugins: [{name: shop}, {name: mail}]")).await.unwrap();
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 4.0", "mail 5.1"]);
}

#[tokio::test(start_paused = true)]
async fn an_upgrade_without_anything_newer_runs_nothing() {
    let world = with_shops();
    world.create(&definition("acme", "plugins: [{name: shop}]")).await.unwrap();
    let (runs, phases) = (world.provisioner.runs(), world.installer.runs().len());
    world.commands.upgrade_plugins(&caller(), &tenant("acme"), Wait::ForResult).await.unwrap();
    assert_eq!((world.provisioner.runs(), world.installer.runs().len()), (runs, phases));
    assert_eq!(world.said("acme").await.status, Truth::True);
    let unknown = world.commands.upgrade_plugins(&caller(), &tenant("globex"), Wait::ForResult).await;
    assert!(matches!(unknown, Err(CommandError::NotFound(_))));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_resolved_is_said_and_what_ran_goes_on() {
    let world = with_shops();
    world.create(&definition("acme", SHOP)).await.unwrap();
    let mounted = world.mounted("acme");
    let unknown = definition("acme", "plugins: [{name: shop, version: '9.9', required: true}]");
    let refused = world.update("acme", &unknown).await;
    assert!(matches!(refused, Err(CommandError::Failed { retried: false, .. })));
    let said = world.said("acme").await;
    assert_eq!((said.status, said.reason.as_str()), (Truth::False, "NoSuchVersion"));
    assert!(said.message.contains("plugin shop: the plugin directory has no version 9.9"), "{}", said.message);
    assert_eq!((world.mounted("acme"), world.phase("acme").await), (mounted, Some(Phase::Failed)));
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
    // Not at each sweep.
    let asked = world.directory.asked();
    world.later(600).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, []);
    assert_eq!(world.directory.asked(), asked);
    world.update("acme", &definition("acme", SHOP)).await.unwrap();
    assert_eq!((world.said("acme").await.status, world.phase("acme").await), (Truth::True, Some(Phase::Ready)));
}

#[tokio::test(start_paused = true)]
async fn a_directory_that_is_away_is_asked_again() {
    let world = with_shops();
    world.directory.is_away(true);
    let failed = world.create(&definition("acme", SHOP)).await;
    assert!(matches!(failed, Err(CommandError::Failed { retried: true, .. })));
    assert_eq!(world.sweeper.sweep().await.unwrap().due, []);
    world.directory.is_away(false);
    world.later(61).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::Plugins)]);
    world.work_off().await;
    assert_eq!((world.said("acme").await.status, world.phase("acme").await), (Truth::True, Some(Phase::Ready)));
}

#[tokio::test(start_paused = true)]
async fn an_optional_plugin_that_fails_stops_nobody() {
    let world = with_shops();
    world.installer.breaks("mail", "5.1");
    let list = "plugins: [{name: gone}, {name: mail}, {name: shop, version: '1.0', required: true}]";
    world.create(&definition("acme", list)).await.unwrap();
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
    let (plugins, said) = (world.plugins("acme").await, world.said("acme").await);
    assert_eq!((said.status, said.reason.as_str()), (Truth::False, "OptionalFailed"));
    for part in ["plugin mail 5.1: unhealthy-reverted: / answers 500", "plugin gone: not-found"] {
        assert!(said.message.contains(part), "{}", said.message);
    }
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));
    assert_eq!(world.mounted("acme"), plugins.bundle.map(|bundle| bundle.to_string()));
    assert!(world.installer.has_bundle(&tenant("acme"), plugins.bundle.unwrap()), "what is left is a bundle too");
    world.later(100).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [], "settled");
}

#[tokio::test(start_paused = true)]
async fn a_required_plugin_that_fails_never_reaches_a_visitor() {
    let world = with_shops();
    world.create(&definition("acme", SHOP)).await.unwrap();
    let (mounted, runs) = (world.mounted("acme"), world.provisioner.runs());
    world.installer.breaks("shop", "2.0");
    let two = definition("acme", "plugins: [{name: shop, version: '2.0', required: true}]");
    assert!(matches!(world.update("acme", &two).await, Err(CommandError::Failed { .. })));
    assert_eq!((world.mounted("acme"), world.provisioner.runs()), (mounted, runs));
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
    let status = world.status("acme").await.unwrap();
    assert_eq!(status.conditions.get(ConditionKind::Ready).unwrap().reason, "PluginsFailed");
    assert!(world.said("acme").await.message.contains("plugin shop 2.0: unhealthy-reverted"));
    // A change of something else is made, and says nothing else of the plugins.
    let seven = two.replace("spec:\n", "spec:\n  runtime: {scaling: {maxInstances: 7}}\n");
    let phases = world.installer.runs().len();
    world.upload("acme", &seven).await;
    world.reconcile("acme").await.unwrap();
    assert_eq!((world.phase("acme").await, world.installer.runs().len()), (Some(Phase::Failed), phases));
    assert_eq!(world.provisioner.runs(), runs + 1);
    // Somebody who asks for the very same again is taken at their word.
    world.installer.breaks_no_more();
    world.update("acme", &seven).await.unwrap();
    assert_eq!((world.phase("acme").await, world.said("acme").await.status), (Some(Phase::Ready), Truth::True));
}

#[tokio::test(start_paused = true)]
async fn a_revision_that_is_never_ready_goes_back_to_the_bundle_before() {
    let world = with_shops();
    world.create(&definition("acme", SHOP)).await.unwrap();
    let before = world.plugins("acme").await;
    world.provisioner.fail_next(Fault::NotServing);
    let two = definition("acme", "plugins: [{name: shop, version: '2.0', required: true}]");
    assert!(matches!(world.update("acme", &two).await, Err(CommandError::Failed { .. })));
    let plugins = world.plugins("acme").await;
    assert_eq!((plugins.bundle, plugins.trial.as_ref()), (before.bundle, None));
    assert_eq!(world.mounted("acme"), before.bundle.map(|bundle| bundle.to_string()));
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
    let status = world.status("acme").await.unwrap();
    assert_eq!((status.in_doubt, status.retry), (false, None));
    assert_eq!((world.said("acme").await.reason.as_str(), status.phase), ("RolledBack", Phase::Failed));
}

#[tokio::test(start_paused = true)]
async fn a_roll_out_that_was_cut_off_says_nothing_of_the_plugins() {
    let world = with_shops();
    world.create(&definition("acme", SHOP)).await.unwrap();
    // A cloud that says 'later', or a Terraform that was killed.
    world.provisioner.fail_next(Fault::Refused);
    let two = definition("acme", "plugins: [{name: shop, version: '2.0', required: true}]");
    let _ = world.update("acme", &two).await;
    let status = world.status("acme").await.unwrap();
    assert!(status.retry.is_some_and(|retry| retry.inconclusive));
    assert!(status.plugins.is_some_and(|plugins| plugins.trial.is_some()), "still on its way");
    world.later(61).await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::Retry)]);
    world.work_off().await;
    assert_eq!((world.said("acme").await.status, world.phase("acme").await), (Truth::True, Some(Phase::Ready)));
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 2.0"]);
    assert_eq!(world.mounted("acme"), world.plugins("acme").await.bundle.map(|bundle| bundle.to_string()));
}

#[tokio::test(start_paused = true)]
async fn a_site_that_is_not_well_with_its_plugins_goes_back() {
    let world = with_shops();
    world.create(&definition("acme", SHOP)).await.unwrap();
    let before = world.plugins("acme").await;
    world.installer.sites_are_unwell(true);
    let two = definition("acme", "plugins: [{name: shop, version: '2.0', required: true}]");
    world.update("acme", &two).await.unwrap_err();
    assert_eq!(world.mounted("acme"), before.bundle.map(|bundle| bundle.to_string()));
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
    assert_eq!(world.said("acme").await.reason, "RolledBack");
}

#[tokio::test(start_paused = true)]
async fn without_a_site_a_bundle_is_staged_and_that_is_said() {
    let world = with_shops();
    world.installer.has_no_sites();
    world.create(&definition("acme", SHOP)).await.unwrap();
    let said = world.said("acme").await;
    assert_eq!((said.status, said.reason.as_str()), (Truth::Unknown, "NoSite"));
    assert_eq!((world.phase("acme").await, world.mounted("acme")), (Some(Phase::Ready), None));
    assert_eq!(world.installer.runs(), [InstallPhase::Stage, InstallPhase::Activate]);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_its_own_is_held_to_the_same_rules_and_its_changes_are_noticed() {
    let world = with_shops();
    let acme = definition("acme", "plugins: {pluginsYamlGcsUri: 'gs://team/plugins.yaml'}");
    world.create(&acme).await.unwrap_err();
    assert_eq!(world.said("acme").await.reason, "NoSuchList");
    world.list("- name: shop\n  version: '1.0'\n").await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::PluginList)]);
    world.work_off().await;
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
    assert_eq!(world.phase("acme").await, Some(Phase::Ready));

    world.list("- name: shop\n  version: ^2\n- nam: mail\n").await;
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::PluginList)]);
    world.work_off().await;
    let said = world.said("acme").await;
    assert_eq!(said.reason, "InvalidList");
    for part in ["/0/version", "/1/nam"] {
        assert!(said.message.contains(part), "{}", said.message);
    }
    assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
    assert_eq!(world.sweeper.sweep().await.unwrap().due, [], "said once");

    world.list("- name: mail\n").await;
    world.sweeper.sweep().await.unwrap();
    world.work_off().await;
    assert_eq!(world.installer.active(&tenant("acme")), ["mail 5.1"]);
}

#[tokio::test(start_paused = true)]
async fn the_platforms_list_is_for_who_names_none() {
    let world = World::with_platform(&format!("{PLATFORM}plugins: [{{name: mail, version: '5.1'}}]\n"));
    world.directory.publish("mail", "5.1");
    world.create(&definition("acme", "")).await.unwrap();
    world.create(&definition("globex", "plugins: []")).await.unwrap();
    assert_eq!(world.installer.active(&tenant("acme")), ["mail 5.1"]);
    assert_eq!(world.status("globex").await.unwrap().plugins, None);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_was_cut_off_is_taken_again() {
    for cut in 0..3 {
        let world = with_shops();
        world.create(&definition("acme", "")).await.unwrap();
        world.upload("acme", &definition("acme", SHOP)).await;
        let phase = [InstallPhase::Stage, InstallPhase::Activate, InstallPhase::Verify][cut];
        world.installer.fail_after(cut, InstallError::Interrupted(phase));
        // Where something was done already, that is what is told, and the rest is left to the sweep.
        let _ = world.reconcile("acme").await;
        assert!(world.operations("acme").await.iter().any(|op| op.outcome == Outcome::Interrupted));
        assert_eq!(world.sweeper.sweep().await.unwrap().due, [(tenant("acme"), Due::Plugins)], "{phase:?}");
        world.work_off().await;
        assert_eq!(world.installer.active(&tenant("acme")), ["shop 1.0"]);
        assert_eq!((world.said("acme").await.status, world.phase("acme").await), (Truth::True, Some(Phase::Ready)));
    }
}
