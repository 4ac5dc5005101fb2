//! The choice for a new tenant: weighted rendezvous hashing. Every tenant ranks the projects in an order of its own, by a
//! hash of both names, so that tenants spread by weight, and a project that comes or closes concerns only the tenants it
//! takes or would have taken.

use super::{Asked, Occupancy, POINTER, Placement};
use crate::digest::Digest;
use crate::platform::{Place, Platform, TenantProject};
use crate::tenant::{Problem, Reason, TenantId, unknown_tier};

pub(super) fn choose(
    tenant: &TenantId,
    asked: Asked<'_>,
    platform: &Platform,
    occupancy: &Occupancy,
) -> Result<Placement, Problem> {
    let projects = platform.tenant_projects.iter();
    let offering: Vec<_> = projects.filter_map(|project| Some((project, project.tiers.get(asked.name)?))).collect();
    if offering.is_empty() {
        return Err(unknown_tier(asked.name, &platform.tiers()));
    }
    let open = offering.iter().filter(|(project, _)| takes_tenants(project, occupancy));
    let best = open.max_by(|(one, _), (other, _)| score(tenant, one).total_cmp(&score(tenant, other)));
    best.map(|(project, database)| Placement::at(project, asked, database)).ok_or_else(|| no_room(asked.name))
}

fn takes_tenants(project: &TenantProject, occupancy: &Occupancy) -> bool {
    let there = occupancy.tenants.get(&project.place()).copied().unwrap_or_default();
    !project.closed && project.capacity.is_none_or(|capacity| there < capacity)
}

/// `-weight / ln(h)` with `h` evenly spread over (0, 1): the highest of them is each project's in proportion to its
/// weight (C. Schindelhauer and G. Schomaker, *Weighted distributed hash tables*, 2005).
fn score(tenant: &TenantId, project: &TenantProject) -> f64 {
    let weight = f64::from(project.weight.get());
    -weight / even(tenant, &project.place()).ln()
}

/// A number in (0, 1) that is the tenant's and the place's own.
fn even(tenant: &TenantId, place: &Place) -> f64 {
    let parts = [tenant.as_str(), place.project.as_str(), place.region.as_str()].map(str::as_bytes);
    let digest = Digest::of_parts(parts);
    let [a, b, c, d, ..] = *digest.as_bytes();
    (f64::from(u32::from_be_bytes([a, b, c, d])) + 0.5) / (f64::from(u32::MAX) + 1.0)
}

fn no_room(tier: &str) -> Problem {
    let message = format!("no project takes new tenants of tier {tier} now: each of them is closed or full");
    Problem::new(Reason::NoRoom, POINTER.to_owned(), message)
        .suggesting("ask whoever runs the platform to open or add a project; the tenant is made then")
}
