//! What of the platform goes into a tenant, as a value, and which one a tenant has.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::{DefaultResources, DefaultScaling, Platform};
use crate::tenant::Plugin;

/// What the platform's settings fill in where definitions say nothing. The bucket of plugin bundles is not among it: a
/// bundle does not move with a tenant's variables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Defaults {
    /// Runtime image.
    pub image: String,
    /// CPU and memory.
    pub resources: DefaultResources,
    /// Instances.
    pub scaling: DefaultScaling,
    /// The queue that wakes sites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cron_queue: Option<String>,
    /// Plugins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plugins: Vec<Plugin>,
}

impl Defaults {
    /// What the settings say now.
    pub fn of(platform: &Platform) -> Self {
        Self {
            image: platform.image.clone(),
            resources: platform.resources.clone(),
            scaling: platform.scaling,
            cron_queue: platform.cron_queue.clone(),
            plugins: platform.plugins.clone(),
        }
    }

    /// The settings as a tenant with these defaults has them.
    pub fn over(&self, platform: &Platform) -> Platform {
        let Self { image, resources, scaling, cron_queue, plugins } = self.clone();
        Platform { image, resources, scaling, cron_queue, plugins, ..platform.clone() }
    }
}

/// Everything of the platform that decides what an apply makes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// From its settings.
    #[serde(flatten)]
    pub defaults: Defaults,
    /// The module and the versions of its providers. A worker has one, the one of its own image.
    pub module: Digest,
}

impl Release {
    /// Names it.
    pub fn digest(&self) -> Digest {
        // Plain data with string keys always serialises.
        Digest::of(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// The release that a tenant has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    /// Which, by value: the platform's settings of that time may be gone.
    pub release: Release,
    /// An apply with it succeeded.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub applied: bool,
    /// The rollout that last moved the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<u64>,
    /// What it had before that rollout; absent once it is back there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Release>,
}

/// Which release a tenant is looked at with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Course {
    /// The one it has; a new tenant: the platform's own.
    #[default]
    Stay,
    /// The target of this rollout.
    Forward(u64),
    /// The one before the rollout.
    Back,
}

impl Pin {
    /// What is pinned when work with a release begins. Whoever moves a tenant twice in one rollout leaves what it had before
    /// the first time; what never worked is nothing to go back to.
    #[must_use]
    pub fn begun(known: Option<&Self>, release: Release, course: Course) -> Self {
        let fresh = |release| Self { release, applied: false, rollout: None, before: None };
        let Some(known) = known else { return fresh(release) };
        if known.release == release {
            return known.clone();
        }
        match course {
            Course::Stay => fresh(release),
            Course::Back => Self { rollout: known.rollout, ..fresh(release) },
            Course::Forward(number) => {
                let kept = known.before.clone().filter(|_| known.rollout == Some(number) || !known.applied);
                let before = kept.or_else(|| known.applied.then(|| known.release.clone()));
                // Who never was well does not speak for or against a release.
                let rollout = before.is_some().then_some(number);
                Self { rollout, before, ..fresh(release) }
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::rollout) fn release(image: &str) -> Release {
        let defaults = Defaults {
            image: image.to_owned(),
            resources: DefaultResources::default(),
            scaling: DefaultScaling::default(),
            cron_queue: None,
            plugins: Vec::new(),
        };
        Release { defaults, module: Digest::of(b"module") }
    }

    fn pin(image: &str, applied: bool, rollout: Option<u64>, before: Option<&str>) -> Pin {
        Pin { release: release(image), applied, rollout, before: before.map(release) }
    }

    #[test]
    fn a_tenant_remembers_what_it_goes_back_to() {
        let new = pin("one", false, None, None);
        assert_eq!(Pin::begun(None, release("one"), Course::Stay), new);
        let well = Pin { applied: true, ..new.clone() };
        assert_eq!(Pin::begun(Some(&well), release("one"), Course::Forward(1)), well, "nothing to move");
        let moved = Pin::begun(Some(&well), release("two"), Course::Forward(1));
        assert_eq!(moved, pin("two", false, Some(1), Some("one")));
        let again = Pin::begun(Some(&Pin { applied: true, ..moved.clone() }), release("three"), Course::Forward(1));
        assert_eq!(again, pin("three", false, Some(1), Some("one")), "the rollout got another target");
        let next = Pin::begun(Some(&Pin { applied: true, ..again.clone() }), release("four"), Course::Forward(2));
        assert_eq!(next, pin("four", false, Some(2), Some("three")));
        let over = Pin::begun(Some(&again), release("four"), Course::Forward(2));
        assert_eq!(over, pin("four", false, Some(2), Some("one")), "'three' never worked");
        assert_eq!(Pin::begun(Some(&moved), release("one"), Course::Back), pin("one", false, Some(1), None));
        let never = Pin::begun(Some(&new), release("two"), Course::Forward(1));
        assert_eq!(never, pin("two", false, None, None), "a tenant that never was well speaks for nothing");
    }

    #[test]
    fn a_release_is_named_by_what_it_says() {
        assert_eq!(release("one").digest(), release("one").digest());
        assert_ne!(release("one").digest(), release("two").digest());
        let read: Release = serde_json::from_str(&serde_json::to_string(&release("one")).unwrap()).unwrap();
        assert_eq!(read, release("one"));
    }
}
