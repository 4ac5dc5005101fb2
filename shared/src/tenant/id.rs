//! A tenant's id: the name in its definition, its workspace, its URL and its file stem.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`, 3 to 26 characters, so that every cloud name made from it fits its limit
/// (a service account id, 30 characters, is the tightest).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(Arc<str>);

/// Why a text is no tenant id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTenantId {
    /// Shorter than 3 or longer than 26 characters.
    #[error("a tenant name has 3 to 26 characters; this one has {0}")]
    Length(usize),
    /// A character or its place is not allowed.
    #[error(
        "a tenant name starts with a letter a-z, holds a-z, 0-9 and single hyphens, and ends with a letter or digit"
    )]
    Shape,
}

impl TenantId {
    /// Fewest characters.
    pub const MIN_LENGTH: usize = 3;
    /// Most characters.
    pub const MAX_LENGTH: usize = 26;

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = InvalidTenantId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.chars().count();
        if !(Self::MIN_LENGTH..=Self::MAX_LENGTH).contains(&length) {
            return Err(InvalidTenantId::Length(length));
        }
        let starts_with_letter = text.starts_with(|c: char| c.is_ascii_lowercase());
        let parts_hold = text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        if starts_with_letter && parts_hold { Ok(Self(text.into())) } else { Err(InvalidTenantId::Shape) }
    }
}

impl TryFrom<String> for TenantId {
    type Error = InvalidTenantId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<TenantId> for String {
    fn from(id: TenantId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TenantId({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_and_are_not() {
        for good in ["abc", "acme", "a1b", "acme-shop-eu", "abcdefghijklmnopqrstuvwxyz"] {
            assert_eq!(good.parse::<TenantId>().map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for short in ["", "ab", "abcdefghijklmnopqrstuvwxyz1"] {
            assert!(matches!(short.parse::<TenantId>(), Err(InvalidTenantId::Length(_))), "{short}");
        }
        for bad in ["Acme", "1abc", "-abc", "abc-", "a--b", "a_b", "a.b", "../x", "a/b", "äöü", "abc\n"] {
            assert_eq!(bad.parse::<TenantId>(), Err(InvalidTenantId::Shape), "{bad}");
        }
    }
}
