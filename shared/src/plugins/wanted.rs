//! Which plugins a tenant should have, before anything is resolved.

use crate::digest::Digest;
use crate::platform::Platform;
use crate::tenant::{Definition, Plugins};

/// The plugins a tenant should have: its definition's, else the platform's default list.
pub fn wanted(definition: &Definition, platform: &Platform) -> Plugins {
    definition.spec.plugins.clone().unwrap_or_else(|| Plugins::List(platform.plugins.clone()))
}

/// Names what is wanted. Where that is a reference, the generation of the object it names is no part of it.
pub fn wanted_digest(wanted: &Plugins) -> Digest {
    // Plain data with string keys always serialises.
    Digest::of(&serde_json::to_vec(wanted).unwrap_or_default())
}
