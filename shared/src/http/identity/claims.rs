//! What a token says of its bearer.

use serde::Deserialize;

use super::Denied;
use crate::records::Principal;

/// The claims that matter here (`OpenID` Connect Core §2, §5.1).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Claims {
    sub: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    email_verified: bool,
}

impl Claims {
    /// Of a token that somebody else has verified.
    pub(super) fn unverified(token: &str) -> Result<Self, Denied> {
        // Exactly three parts: what else has a payload is no signed token (RFC 7515 §7.1).
        if token.split('.').count() != 3 {
            return Err(Denied::Unreadable);
        }
        jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| Denied::Unreadable)
    }

    /// The e-mail address, in lower case, if the issuer says that it is the bearer's.
    pub(super) fn email(&self) -> Option<String> {
        self.email.as_ref().filter(|_| self.email_verified).map(|email| email.to_ascii_lowercase())
    }

    /// What the bearer is within its issuer.
    pub(super) fn subject(&self) -> &str {
        &self.sub
    }

    /// As whom the bearer stands in records.
    pub(super) fn principal(&self) -> Principal {
        Principal(self.email().unwrap_or_else(|| self.sub.clone()))
    }
}
