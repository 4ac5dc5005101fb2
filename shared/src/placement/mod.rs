//! Where a tenant is: its project and region, and the database instance of its tier. Pure.
//!
//! Chosen once, at the first apply, and recorded on the tenant's status. From then on the record decides, whatever the
//! platform's settings say: another project or instance would be a new, empty site, so a tenant never moves. Only its own
//! definition can take it to another instance, by asking for another tier.

mod choose;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::platform::{Place, Platform, ProjectId, Region, TenantProject, Tier};
use crate::tenant::{Definition, Problem, Reason, unknown_tier};

#[cfg(test)]
mod tests;

/// Where a tenant is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Placement {
    /// The project of its resources.
    pub project: ProjectId,
    /// Their region.
    pub region: Region,
    /// Its database tier.
    pub tier: String,
    /// The definition named no tier: it is the one that was the platform's default then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tier_by_default: bool,
    /// The instance that holds its database.
    pub database: Tier,
}

impl Placement {
    /// Its project and region.
    pub fn place(&self) -> Place {
        Place { project: self.project.clone(), region: self.region.clone() }
    }

    fn at(project: &TenantProject, tier: Asked<'_>, database: &Tier) -> Self {
        Self {
            project: project.project.clone(),
            region: project.region.clone(),
            tier: tier.name.to_owned(),
            tier_by_default: tier.by_default,
            database: database.clone(),
        }
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { project, region, tier, database, .. } = self;
        let Tier { project: of, instance, .. } = database;
        write!(f, "project {project}, region {region}, tier {tier} on instance {instance} of project {of}")
    }
}

/// How many tenants were where when the last whole sweep looked.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Occupancy {
    /// When that was.
    pub at: Timestamp,
    /// Tenants by place; a place that is not here has none.
    pub tenants: BTreeMap<Place, u32>,
}

/// A placement, and what the settings say against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Where the tenant is, or is put.
    pub placement: Placement,
    /// What would move the tenant, and is not followed; `None` where the settings agree.
    pub refused_move: Option<String>,
}

/// A tier that a definition asks for.
#[derive(Clone, Copy)]
struct Asked<'a> {
    name: &'a str,
    by_default: bool,
}

impl<'a> Asked<'a> {
    fn by(definition: &'a Definition, platform: &'a Platform) -> Self {
        let named = definition.spec.database.as_ref().and_then(|database| database.tier.as_deref());
        Self { name: named.unwrap_or(&platform.default_tier), by_default: named.is_none() }
    }

    /// Whether this is the tier that the tenant has: by name, or because it never named one.
    fn is(self, recorded: &Placement) -> bool {
        self.name == recorded.tier || (self.by_default && recorded.tier_by_default)
    }
}

/// Where a tenant is (`recorded`), or where it is put: among the projects that offer its tier and take new tenants, by
/// weight, the same tenant always in the same one. Fails where the settings have no tier or no room for it.
pub fn place(
    definition: &Definition,
    platform: &Platform,
    recorded: Option<&Placement>,
    occupancy: &Occupancy,
) -> Result<Placed, Problem> {
    let asked = Asked::by(definition, platform);
    match recorded {
        Some(recorded) if asked.is(recorded) => Ok(stay(recorded, platform)),
        Some(recorded) => other_tier(asked, platform, recorded),
        None => {
            let placement = choose::choose(&definition.metadata.name, asked, platform, occupancy)?;
            Ok(Placed { placement, refused_move: None })
        }
    }
}

fn stay(recorded: &Placement, platform: &Platform) -> Placed {
    let settings = platform.tenant_projects.iter().find(|project| project.place() == recorded.place());
    let refused_move = match settings.map(|project| project.tiers.get(&recorded.tier)) {
        Some(Some(tier)) if *tier == recorded.database => None,
        Some(Some(tier)) => Some(format!("instance {} of project {}", tier.instance, tier.project)),
        Some(None) => Some(format!("no tier {} there", recorded.tier)),
        None => Some("no such project and region".to_owned()),
    };
    Placed { placement: recorded.clone(), refused_move }
}

/// The definition asks for another tier. The guard holds such a change until somebody approves the loss of the old one.
fn other_tier(asked: Asked<'_>, platform: &Platform, recorded: &Placement) -> Result<Placed, Problem> {
    let here = platform.tenant_projects.iter().find(|project| project.place() == recorded.place());
    let Some(project) = here else {
        let message = format!("the tenant is in {}, where the platform offers no tier any more", recorded.place());
        return Err(Problem::new(Reason::UnknownTier, POINTER.to_owned(), message)
            .suggesting(format!("keep tier {}", recorded.tier)));
    };
    match project.tiers.get(asked.name) {
        Some(database) => Ok(Placed { placement: Placement::at(project, asked, database), refused_move: None }),
        None => Err(unknown_tier(asked.name, &project.tiers.keys().map(String::as_str).collect())),
    }
}

const POINTER: &str = "/spec/database/tier";
