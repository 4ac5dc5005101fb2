//! The lock: which plugins, exactly. What it says of files names an immutable bundle.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::source::Source;
use crate::digest::Digest;

/// A plugin's slug: the name of its folder and of its page in the plugin directory.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PluginName(Arc<str>);

/// An exact version, as the plugin's header writes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PluginVersion(Arc<str>);

/// The text is no plugin's slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no plugin's slug: a-z, 0-9 and hyphens, at most 200, as in the address of its page")]
pub struct InvalidPluginName(String);

/// The text is no exact version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no exact version, such as 9.4.1")]
pub struct InvalidPluginVersion(String);

impl PluginName {
    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PluginVersion {
    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PluginName {
    type Err = InvalidPluginName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = text.len() <= 200
            && text.bytes().all(|b| inner(b) || b == b'-' || b == b'_')
            && text.bytes().next().is_some_and(inner)
            && text.bytes().next_back().is_some_and(inner);
        if fits { Ok(Self(text.into())) } else { Err(InvalidPluginName(text.to_owned())) }
    }
}

impl FromStr for PluginVersion {
    type Err = InvalidPluginVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_digit())
            && text
                .split(['.', '+', '_', '-'])
                .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric()));
        if fits { Ok(Self(text.into())) } else { Err(InvalidPluginVersion(text.to_owned())) }
    }
}

macro_rules! as_text {
    ($kind:ident, $invalid:ident) => {
        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $kind {
            type Error = $invalid;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$kind> for String {
            fn from(text: $kind) -> Self {
                text.0.as_ref().to_owned()
            }
        }
    };
}

as_text!(PluginName, InvalidPluginName);
as_text!(PluginVersion, InvalidPluginVersion);

/// One plugin, exactly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedPlugin {
    /// Its slug.
    pub name: PluginName,
    /// What its header says, too.
    pub version: PluginVersion,
    /// Of its archive.
    pub sha256: Digest,
    /// Where its archive is.
    pub source: Source,
    /// Its failure fails the tenant; otherwise it is taken back and reported.
    #[serde(default)]
    pub required: bool,
}

/// Every plugin of a tenant, each once, in the definition's order: the order of their activation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<LockedPlugin>", into = "Vec<LockedPlugin>")]
pub struct Lock(Vec<LockedPlugin>);

/// A lock names a plugin twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the plugin '{0}' is locked twice")]
pub struct LockedTwice(PluginName);

impl Lock {
    /// The plugins, each once.
    pub fn new(plugins: Vec<LockedPlugin>) -> Result<Self, LockedTwice> {
        let twice =
            plugins.iter().enumerate().find(|(at, plugin)| plugins[..*at].iter().any(|p| p.name == plugin.name));
        match twice {
            Some((_, plugin)) => Err(LockedTwice(plugin.name.clone())),
            None => Ok(Self(plugins)),
        }
    }

    /// In the order of their activation.
    pub fn plugins(&self) -> &[LockedPlugin] {
        &self.0
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The plugin of this name.
    pub fn get(&self, name: &PluginName) -> Option<&LockedPlugin> {
        self.0.iter().find(|plugin| plugin.name == *name)
    }

    /// Names the bundle that holds these plugins; `None` without any. Only what decides the files counts: name, version
    /// and archive, by name. Where an archive was fetched from, the order, and who is required, change no file.
    pub fn bundle(&self) -> Option<Digest> {
        let mut files: Vec<_> = self.0.iter().map(|p| (&p.name, &p.version, &p.sha256)).collect();
        files.sort();
        // Plain texts always serialise.
        (!files.is_empty()).then(|| Digest::of(&serde_json::to_vec(&files).unwrap_or_default()))
    }

    /// Names everything the lock says: another digest is another lock to carry out, be it for the same files.
    pub fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(&self.0).unwrap_or_default())
    }
}

impl TryFrom<Vec<LockedPlugin>> for Lock {
    type Error = LockedTwice;

    fn try_from(plugins: Vec<LockedPlugin>) -> Result<Self, Self::Error> {
        Self::new(plugins)
    }
}

impl From<Lock> for Vec<LockedPlugin> {
    fn from(lock: Lock) -> Self {
        lock.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(name: &str, version: &str, required: bool) -> LockedPlugin {
        LockedPlugin {
            name: name.parse().unwrap(),
            version: version.parse().unwrap(),
            sha256: Digest::of(name.as_bytes()),
            source: format!("https://plugins.example/{name}.zip").parse().unwrap(),
            required,
        }
    }

    #[test]
    fn names_and_versions_that_are_and_are_not() {
        for good in ["woocommerce", "hello-dolly", "a", "2fa", "under_score"] {
            assert_eq!(good.parse::<PluginName>().map(|name| name.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "-a", "a-", "../a", "a/b", "A", "a.b", &"a".repeat(201)] {
            assert!(bad.parse::<PluginName>().is_err(), "{bad}");
        }
        for good in ["1", "9.4.1", "2.0-beta1", "1.0.0+build_2"] {
            assert_eq!(good.parse::<PluginVersion>().map(|version| version.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", "latest", "^9", "1.", "1..2", "1/2", "v1"] {
            assert!(bad.parse::<PluginVersion>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bundle_is_named_by_its_files_alone() {
        let lock = Lock::new(vec![locked("one", "1.0", true), locked("two", "2.0", false)]).unwrap();
        let elsewhere = LockedPlugin { source: "gs://mirror/two.zip".parse().unwrap(), ..locked("two", "2.0", true) };
        let same_files = Lock::new(vec![elsewhere, locked("one", "1.0", false)]).unwrap();
        assert_eq!(lock.bundle(), same_files.bundle());
        assert_ne!(lock.digest(), same_files.digest());

        let other = Lock::new(vec![locked("one", "1.1", true), locked("two", "2.0", false)]).unwrap();
        assert_ne!(lock.bundle(), other.bundle());
        assert_eq!(Lock::default().bundle(), None);
    }

    #[test]
    fn a_plugin_is_locked_once() {
        let twice = serde_json::to_string(&[locked("one", "1.0", true), locked("one", "1.1", true)]).unwrap();
        let error = serde_json::from_str::<Lock>(&twice).unwrap_err().to_string();
        assert!(error.contains("'one' is locked twice"), "{error}");
    }
}
