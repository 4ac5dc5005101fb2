//! The projects that hold tenants, and what each of them offers.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::InvalidPlatform;
use super::names::{InstanceName, InvalidName, ProjectId, Region};

/// A project, in one region, that holds tenants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TenantProject {
    /// The project.
    pub project: ProjectId,
    /// The region of its tenants.
    pub region: Region,
    /// Database tiers by name.
    pub tiers: BTreeMap<String, Tier>,
    /// So many tenants at most are placed here. Default: as many as there are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// Its share of new tenants, against the weights of the others. Default 1.
    #[serde(default = "one")]
    pub weight: NonZeroU32,
    /// No new tenant is placed here. Default false.
    #[serde(default)]
    pub closed: bool,
}

const fn one() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl TenantProject {
    /// Where it is.
    pub fn place(&self) -> Place {
        Place { project: self.project.clone(), region: self.region.clone() }
    }
}

/// A database tier: one shared instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tier {
    /// The instance's name.
    pub instance: InstanceName,
    /// `PROJECT:REGION:INSTANCE`.
    pub connection_name: String,
    /// The instance's project.
    pub project: ProjectId,
}

/// A project and a region, written `PROJECT/REGION`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Place {
    /// The project.
    pub project: ProjectId,
    /// The region.
    pub region: Region,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.project, self.region)
    }
}

impl FromStr for Place {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (project, region) = text.split_once('/').unwrap_or((text, ""));
        Ok(Self { project: project.parse()?, region: region.parse()? })
    }
}

impl TryFrom<String> for Place {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

/// Whether they can be placed on: at least one, none twice, the default tier offered by one of them.
pub(super) fn check(projects: &[TenantProject], default_tier: &str) -> Result<(), InvalidPlatform> {
    if projects.is_empty() {
        return Err(InvalidPlatform::NoProject);
    }
    for (at, project) in projects.iter().enumerate() {
        if projects.iter().take(at).any(|other| other.place() == project.place()) {
            return Err(InvalidPlatform::SamePlace(project.place()));
        }
    }
    let offered = projects.iter().any(|project| project.tiers.contains_key(default_tier));
    if offered { Ok(()) } else { Err(InvalidPlatform::NoSuchTier(default_tier.to_owned())) }
}
