//! `Prefer` (RFC 7240): `respond-async` is honoured, anything else is ignored, as the RFC asks.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;

use crate::tenants::Wait;

/// What the caller would like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// What to answer with.
    pub wait: Wait,
}

impl<S: Send + Sync> FromRequestParts<S> for Preferences {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { wait: wait(&parts.headers) })
    }
}

fn wait(headers: &HeaderMap) -> Wait {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut preferences = values.flat_map(|value| value.split(',')).filter_map(|text| text.split(';').next());
    if preferences.any(|name| name.trim().eq_ignore_ascii_case("respond-async")) { Wait::No } else { Wait::ForResult }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn respond_async_among_others() {
        for (value, expected) in [
            ("respond-async", Wait::No),
            ("return=minimal, Respond-Async; x=1", Wait::No),
            ("wait=10", Wait::ForResult),
            ("respond-asynchronously", Wait::ForResult),
        ] {
            assert_eq!(wait(&[("prefer".parse().unwrap(), value.parse().unwrap())].into_iter().collect()), expected);
        }
    }
}
