//! Names the cloud gives meaning to, checked once, when the settings are read.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text is not a name of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no {kind}: {rule}")]
pub struct InvalidName {
    text: String,
    kind: &'static str,
    rule: &'static str,
}

macro_rules! names {
    ($($(#[$about:meta])* $name:ident $kind:literal $rule:literal $fits:ident;)*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.to_owned().try_into()
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                if $fits(&text) { Ok(Self(text)) } else { Err(InvalidName { text, kind: $kind, rule: $rule }) }
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

names! {
    /// A project's id (Google's rule).
    ProjectId "project id" "6 to 30 of a-z, 0-9 and hyphens, a letter first, no hyphen last" is_project;
    /// A region, such as `europe-west1`.
    Region "region" "it looks like europe-west1" is_region;
    /// A database instance within its project. Also the name of a folder in the records bucket.
    InstanceName "database instance" "1 to 98 of a-z, 0-9 and hyphens, a letter first" is_instance;
}

fn is_project(text: &str) -> bool {
    (6..=30).contains(&text.len()) && is_instance(text) && !text.ends_with('-')
}

fn is_region(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| c.is_ascii_lowercase() || c == '-');
    let (words, numbered) = text.split_at(text.len() - digits.len());
    let whole = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let parts: Vec<&str> = words.split('-').collect();
    parts.len() == 2
        && parts.into_iter().all(whole)
        && !numbered.is_empty()
        && numbered.bytes().all(|b| b.is_ascii_digit())
}

fn is_instance(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.len() <= 98
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_texts_are_names() {
        for (text, project, region, instance) in [
            ("tenants-eu", true, false, true),
            ("europe-west1", true, true, true),
            ("us-east14", true, true, true),
            ("europe-west", true, false, true),
            ("europe1", true, false, true),
            ("europe--west1", true, false, true),
            ("northamerica-northeast1", true, true, true),
            ("tenants-", false, false, true),
            ("short", false, false, true),
            ("1-tenants", false, false, false),
            ("Tenants", false, false, false),
            ("../tenants", false, false, false),
            ("", false, false, false),
        ] {
            let found = (
                text.parse::<ProjectId>().is_ok(),
                text.parse::<Region>().is_ok(),
                text.parse::<InstanceName>().is_ok(),
            );
            assert_eq!(found, (project, region, instance), "{text}");
        }
    }
}
