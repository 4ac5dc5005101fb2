//! Who asks, and whether they may. Nobody else in the product looks at a token; what leaves this room is a [`Principal`].
//!
//! - [`Gate`]: stands before the routes of one kind of caller, people and programs or the sender of events.
//! - [`Identity`]: how the caller is found out: nobody is asked, the front door has verified the token, or it is verified
//!   here ([`Verifier`], with the issuer's keys in [`keys`]).
//! - [`Allowed`]: who may come through.

mod allowed;
mod claims;
mod denied;
mod gate;
mod issuer;
mod keys;
#[cfg(test)]
mod tests;
mod verifier;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, header};

pub use allowed::{Allowed, InvalidAllowed};
use claims::Claims;
pub use denied::Denied;
pub use gate::Gate;
pub(in crate::http) use gate::{Asking, guarded};
pub use issuer::{InvalidIssuer, Issuer};
pub use verifier::Verifier;

/// How callers are told apart.
#[derive(Clone)]
pub enum Identity {
    /// Whoever reaches the socket is trusted and has no name: on one machine, behind a loopback address.
    Anonymous,
    /// Cloud Run has verified the token and its caller's permission before the request came here. The token says who that
    /// is; its signature is no longer there to be verified.
    Fronted,
    /// The token is verified here.
    Verified(Arc<Verifier>),
}

/// Where Cloud Run looks first; then, what it verified is this token and not the one in `Authorization` (read in its
/// documentation of service-to-service authentication).
const SERVERLESS: HeaderName = HeaderName::from_static("x-serverless-authorization");

impl Identity {
    /// The caller of a request with these headers; `None` where nobody is asked.
    async fn caller(&self, headers: &HeaderMap) -> Result<Option<Claims>, Denied> {
        match self {
            Self::Anonymous => Ok(None),
            Self::Fronted => {
                let name = if headers.contains_key(SERVERLESS) { SERVERLESS } else { header::AUTHORIZATION };
                Claims::unverified(bearer(headers, &name)?).map(Some)
            }
            Self::Verified(verifier) => verifier.verify(bearer(headers, &header::AUTHORIZATION)?).await.map(Some),
        }
    }
}

/// The bearer token in a header (RFC 6750 §2.1). Two of them are none: nobody could say which one counts.
fn bearer<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Denied> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(Denied::NoToken)?.to_str().map_err(|_| Denied::Unreadable)?;
    if values.next().is_some() {
        return Err(Denied::Unreadable);
    }
    let (scheme, token) = value.split_once(' ').ok_or(Denied::NoToken)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Denied::NoToken);
    }
    Ok(token.trim())
}
