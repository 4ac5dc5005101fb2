use super::*;
use crate::tenant::{Format, parse};

const PLATFORM: &str = "
tenantProjects:
  - project: tenants-one
    region: europe-west1
    tiers: &tiers
      standard: {instance: shared-1, connectionName: 'tenants-one:europe-west1:shared-1', project: tenants-one}
      premium: {instance: premium-1, connectionName: 'tenants-one:europe-west1:premium-1', project: tenants-one}
  - {project: tenants-two, region: europe-west4, weight: 3, tiers: *tiers}
  - project: tenants-three
    region: us-east1
    tiers: {standard: {instance: shared-3, connectionName: 'tenants-three:us-east1:shared-3', project: tenants-three}}
image: registry.example/runtime:1
defaultTier: standard
artifactsBucket: artifacts
";

fn platform() -> Platform {
    Platform::parse(PLATFORM).unwrap()
}

fn definition(id: &str, spec: &str) -> Definition {
    let source = format!("apiVersion: aipress.io/v1alpha1\nkind: Tenant\nmetadata: {{name: {id}}}\nspec: {spec}\n");
    parse(source.as_bytes(), Format::Yaml).unwrap()
}

fn new(id: &str, spec: &str, platform: &Platform) -> Result<Placement, Problem> {
    place(&definition(id, spec), platform, None, &Occupancy::default()).map(|placed| placed.placement)
}

/// How many of 5,000 tenants each project gets.
fn spread(platform: &Platform) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for number in 0..5_000 {
        let placement = new(&format!("site-{number}"), "{}", platform).unwrap();
        *found.entry(placement.project.to_string()).or_default() += 1;
    }
    found
}

#[test]
fn tenants_spread_by_weight_and_always_the_same() {
    let found = spread(&platform());
    assert_eq!(found, spread(&platform()));
    for (project, share) in [("tenants-one", 1_000), ("tenants-two", 3_000), ("tenants-three", 1_000)] {
        assert!(found[project].abs_diff(share) < share / 10, "{found:?}");
    }
}

#[test]
fn a_project_that_closes_concerns_only_its_own() {
    let before = platform();
    let mut after = platform();
    after.tenant_projects[2].closed = true;
    for number in 0..1_000 {
        let id = format!("site-{number}");
        let (was, is) = (new(&id, "{}", &before).unwrap(), new(&id, "{}", &after).unwrap());
        assert_ne!(is.project.as_str(), "tenants-three");
        assert!(was == is || was.project.as_str() == "tenants-three", "{id}: {was} → {is}");
    }
}

#[test]
fn what_is_full_or_does_not_offer_the_tier_is_passed_over() {
    let mut platform = platform();
    for number in 0..200 {
        let id = format!("site-{number}");
        assert_ne!(new(&id, "{database: {tier: premium}}", &platform).unwrap().project.as_str(), "tenants-three");
    }
    platform.tenant_projects.iter_mut().for_each(|project| project.capacity = Some(10));
    let counted = |numbers: [u32; 3]| Occupancy {
        tenants: platform.tenant_projects.iter().map(TenantProject::place).zip(numbers).collect(),
        ..Occupancy::default()
    };
    let put = |occupancy: &Occupancy| place(&definition("acme", "{}"), &platform, None, occupancy);
    assert_eq!(put(&counted([10, 9, 10])).unwrap().placement.project.as_str(), "tenants-two");
    assert_eq!(put(&counted([12, 10, 9])).unwrap().placement.project.as_str(), "tenants-three");
    let problem = put(&counted([10, 10, 10])).unwrap_err();
    assert_eq!(problem.reason, Reason::NoRoom);
    insta::assert_snapshot!(problem, @"/spec/database/tier: no project takes new tenants of tier standard now: each of them is closed or full (ask whoever runs the platform to open or add a project; the tenant is made then)");
}

#[test]
fn an_unknown_tier_is_named_with_what_there_is() {
    let said =
        |tier: &str| new("acme", &format!("{{database: {{tier: {tier}}}}}"), &platform()).unwrap_err().to_string();
    insta::assert_snapshot!(said("premum"), @r#"/spec/database/tier: the platform has no tier "premum" (did you mean premium?)"#);
    insta::assert_snapshot!(said("gold"), @r#"/spec/database/tier: the platform has no tier "gold" (one of: premium, standard)"#);
}

/// Settings that would move a tenant that was placed on `tenants-one`, and what is said of each.
#[test]
fn a_tenant_never_moves() {
    let mut first = platform();
    first.tenant_projects.truncate(1);
    let recorded = new("acme", "{}", &first).unwrap();
    let one = |change: fn(&mut Platform)| {
        let mut platform = platform();
        change(&mut platform);
        platform
    };
    for (case, platform, refused) in [
        ("as it was", one(|_| {}), None),
        ("closed", one(|platform| platform.tenant_projects[0].closed = true), None),
        ("full", one(|platform| platform.tenant_projects[0].capacity = Some(0)), None),
        ("gone", one(|platform| drop(platform.tenant_projects.remove(0))), Some("no such project and region")),
        (
            "another region",
            one(|platform| platform.tenant_projects[0].region = "us-west1".parse().unwrap()),
            Some("no such project and region"),
        ),
        (
            "another instance",
            one(|platform| {
                let tier = platform.tenant_projects[0].tiers.get_mut("standard").unwrap();
                tier.instance = "shared-2".parse().unwrap();
            }),
            Some("instance shared-2 of project tenants-one"),
        ),
        (
            "without its tier",
            one(|platform| drop(platform.tenant_projects[0].tiers.remove("standard"))),
            Some("no tier standard there"),
        ),
        ("another default tier", one(|platform| platform.default_tier = "premium".to_owned()), None),
    ] {
        let placed = place(&definition("acme", "{}"), &platform, Some(&recorded), &Occupancy::default()).unwrap();
        assert_eq!(placed.placement, recorded, "{case}");
        assert_eq!(placed.refused_move.as_deref(), refused, "{case}");
    }
}

#[test]
fn another_tier_is_the_one_where_the_tenant_is() {
    let platform = platform();
    let put = |id: &str, spec: &str, recorded: &Placement| {
        place(&definition(id, spec), &platform, Some(recorded), &Occupancy::default())
    };
    let premium = "{database: {tier: premium}}";
    let on = |project: usize| {
        let mut only = platform.clone();
        only.tenant_projects = vec![only.tenant_projects.remove(project)];
        new("acme", "{}", &only).unwrap()
    };
    let placed = put("acme", premium, &on(1)).unwrap().placement;
    assert_eq!((placed.project.as_str(), placed.tier.as_str()), ("tenants-two", "premium"));
    assert_eq!(placed.database.instance.as_str(), "premium-1");
    // Named once, then left out again: the definition goes back to the default.
    assert_eq!(put("acme", "{}", &placed).unwrap().placement, on(1));

    let problem = put("acme", premium, &on(2)).unwrap_err();
    assert_eq!(problem.reason, Reason::UnknownTier);
    let lost = Placement { project: "tenants-four".parse().unwrap(), ..on(1) };
    insta::assert_snapshot!(put("acme", premium, &lost).unwrap_err(), @"/spec/database/tier: the tenant is in tenants-four/europe-west4, where the platform offers no tier any more (keep tier standard)");
}
