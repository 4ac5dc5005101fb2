//! Who may come through a gate.

use std::collections::BTreeSet;
use std::str::FromStr;

use super::claims::Claims;

/// Callers that are let in, once they are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Whoever is known.
    Everybody,
    /// Those named.
    Named {
        /// E-mail addresses, in lower case, and subjects.
        principals: BTreeSet<String>,
        /// Domains of e-mail addresses, in lower case.
        domains: BTreeSet<String>,
    },
}

/// The list names nobody, or holds what is no caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAllowed {
    /// Empty.
    #[error("nobody is named: e-mail addresses, subjects or *@DOMAIN, separated by commas")]
    Nobody,
    /// One of its parts.
    #[error("'{0}' is no caller: write an e-mail address, a subject or *@DOMAIN")]
    NoCaller(String),
}

impl Allowed {
    pub(super) fn admits(&self, claims: &Claims) -> bool {
        match self {
            Self::Everybody => true,
            Self::Named { principals, domains } => {
                let email = claims.email();
                let domain = email.as_ref().and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
                principals.contains(claims.subject())
                    || email.as_ref().is_some_and(|email| principals.contains(email))
                    || domain.is_some_and(|domain| domains.contains(domain))
            }
        }
    }
}

impl FromStr for Allowed {
    type Err = InvalidAllowed;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim() == "*" {
            return Ok(Self::Everybody);
        }
        let (mut principals, mut domains) = (BTreeSet::new(), BTreeSet::new());
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.strip_prefix("*@") {
                Some(domain) if domain.contains('.') && !domain.contains(['*', '@']) => {
                    domains.insert(domain.to_ascii_lowercase());
                }
                Some(_) => return Err(InvalidAllowed::NoCaller(part.to_owned())),
                None if part.contains('*') => return Err(InvalidAllowed::NoCaller(part.to_owned())),
                // Upper and lower case are the same in an address, and not in a subject.
                None if part.contains('@') => {
                    principals.insert(part.to_ascii_lowercase());
                }
                None => {
                    principals.insert(part.to_owned());
                }
            }
        }
        if principals.is_empty() && domains.is_empty() {
            return Err(InvalidAllowed::Nobody);
        }
        Ok(Self::Named { principals, domains })
    }
}
