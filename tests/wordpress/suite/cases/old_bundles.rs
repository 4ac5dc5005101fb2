//! Bundles that nobody runs any more are removed as plugins change; none that somebody may still run ever is.

use std::collections::BTreeSet;

use tenancy::plugins::{InstallPhase, InstallRequest, Lock};

use crate::world::{ARTIFACTS, Archive, Site, World};

/// The folders of a site's bundles, by their digests.
async fn bundles(site: &Site) -> BTreeSet<String> {
    let prefix = format!("tenants/{}/plugins/", site.name);
    let names = site.world.storage.list(ARTIFACTS, &prefix).await;
    let folders = names.iter().filter_map(|name| name.strip_prefix(&prefix)?.split('/').next());
    folders.filter(|folder| *folder != "requests").map(str::to_owned).collect()
}

fn folders(locks: &[&Lock]) -> BTreeSet<String> {
    let digests = locks.iter().filter_map(|lock| lock.bundle());
    digests.map(|digest| digest.to_string().trim_start_matches("sha256:").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_the_site_runs_and_what_comes_is_kept() {
    let Some(world) = World::new().await else { return };
    let mut site = world.site("old-bundles").await;
    let [one, two, three, four] =
        ["1.0", "2.0", "3.0", "4.0"].map(|version| site.lock(&[Archive::good("shop", version)]));
    let stage = async |site: &Site, lock: &Lock, settled: bool| {
        let request = InstallRequest { settled, ..site.request(lock) };
        assert_eq!(site.run(InstallPhase::Stage, &request).await.code, 0);
    };
    stage(&site, &one, false).await;
    stage(&site, &two, false).await;
    site.before = two.clone();
    stage(&site, &three, false).await;
    assert_eq!(bundles(&site).await, folders(&[&one, &two, &three]), "on its way to visitors: the site may serve any");

    stage(&site, &four, true).await;
    assert_eq!(bundles(&site).await, folders(&[&two, &four]));
    let prefix = format!("tenants/{}/plugins/requests/", site.name);
    let left = world.storage.list(ARTIFACTS, &prefix).await;
    assert_eq!(left.len(), 2, "the last request and its report: {left:?}");
    let beside = format!("tenants/{}-2/plugins/requests/kept.json", site.name);
    world.storage.upload(ARTIFACTS, &beside, "{}").await;
    stage(&site, &one, true).await;
    assert_eq!(bundles(&site).await, folders(&[&one, &two]), "what was removed is staged anew");
    assert!(world.storage.read(ARTIFACTS, &beside).await.is_some(), "a neighbour's");
}
