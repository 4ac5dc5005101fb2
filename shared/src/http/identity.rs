//! Who asks. The one place that decides it; the controllers only pass it on.

use http::HeaderMap;

use crate::records::{Principal, Trigger};
use crate::tenants::Caller;

/// How callers are told apart. There is one way so far: whoever reaches the socket is trusted and has no name, which is
/// right behind a front door that lets only known callers through, and on a developer's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Identity;

impl Identity {
    /// The caller of a request with these headers. Nothing in them is believed: anybody can write a header.
    pub fn caller(self, _headers: &HeaderMap, trigger: Trigger) -> Caller {
        Caller { principal: Principal("anonymous".to_owned()), trigger }
    }
}
