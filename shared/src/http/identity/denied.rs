//! Why somebody is not let in, and what is answered.

use std::time::Duration;

use http::{HeaderValue, header};

use crate::http::problem::{Problem, kinds};
use crate::records::Principal;

/// When to come back after an issuer's keys could not be had.
const SOON: Duration = Duration::from_secs(5);

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// It says nothing of who asks.
    #[error("the request carries no bearer token: send an identity token, Authorization: Bearer …")]
    NoToken,
    /// What it says cannot be read.
    #[error("the bearer token is no identity token that can be read")]
    Unreadable,
    /// The token does not hold; why.
    #[error("the bearer token is not accepted: {0}")]
    Invalid(&'static str),
    /// Known, and not among those who may.
    #[error("'{}' may not do this: the setting AIPRESS_CALLERS of this function does not name it", .0.0)]
    NotAllowed(Principal),
    /// The issuer's keys could not be had, so nothing can be said of the token.
    #[error("the token's issuer cannot be asked for its keys: {0}")]
    KeysUnavailable(String),
}

impl Denied {
    /// Whether the same request may be let in later.
    pub const fn retryable(&self) -> bool {
        match self {
            Self::KeysUnavailable(_) => true,
            Self::NoToken | Self::Unreadable | Self::Invalid(_) | Self::NotAllowed(_) => false,
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let detail = denied.to_string();
        match denied {
            Denied::NoToken => unauthenticated(detail, r#"Bearer realm="tenants""#),
            Denied::Unreadable | Denied::Invalid(_) => {
                unauthenticated(detail, r#"Bearer realm="tenants", error="invalid_token""#)
            }
            Denied::NotAllowed(principal) => Self::new(kinds::FORBIDDEN, detail).with("principal", principal),
            Denied::KeysUnavailable(_) => Self::new(kinds::DEPENDENCY_FAILED, detail).retry_after(SOON),
        }
    }
}

/// 401 says how to authenticate (RFC 9110 §11.6.1, RFC 6750 §3).
fn unauthenticated(detail: String, challenge: &'static str) -> Problem {
    Problem::new(kinds::UNAUTHENTICATED, detail)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
}
