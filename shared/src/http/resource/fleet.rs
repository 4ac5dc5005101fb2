//! The fleet in numbers.

use serde::Serialize;

use crate::tenants::FleetView;

/// The fleet.
#[derive(Debug, Serialize)]
pub struct FleetResource {
    #[serde(flatten)]
    fleet: FleetView,
    links: FleetLinks,
}

#[derive(Debug, Serialize)]
struct FleetLinks {
    #[serde(rename = "self")]
    fleet: &'static str,
    drift: &'static str,
    rollout: &'static str,
    tenants: &'static str,
}

impl From<FleetView> for FleetResource {
    fn from(fleet: FleetView) -> Self {
        Self {
            fleet,
            links: FleetLinks {
                fleet: "/fleet",
                drift: "/fleet/drift",
                rollout: "/fleet/rollout",
                tenants: "/tenants",
            },
        }
    }
}
