//! The catalogue: every kind of problem a client can be told of, with its status code.

use http::StatusCode;

/// A kind of problem. Its reason and its URI never change once published: programs branch on them.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// For programs, `UPPER_SNAKE`.
    pub reason: &'static str,
    /// The status code.
    pub status: StatusCode,
    /// For people, the same for every problem of the kind.
    pub title: &'static str,
}

impl Kind {
    /// `https://aipress.io/problems/` and the reason in kebab case. An identifier; nothing has to be there.
    pub fn uri(&self) -> String {
        format!("https://aipress.io/problems/{}", self.reason.to_ascii_lowercase().replace('_', "-"))
    }

    /// Whether who is told so is told when to come back too.
    pub fn comes_back(&self) -> bool {
        [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE].contains(&self.status)
    }
}

macro_rules! catalogue {
    ($($name:ident $status:ident $title:literal,)*) => {
        /// The kinds, by name.
        pub mod kinds {
            use super::{Kind, StatusCode};
            $(
                #[doc = concat!($title, ".")]
                pub const $name: &Kind =
                    &Kind { reason: stringify!($name), status: StatusCode::$status, title: $title };
            )*
        }

        /// Every kind, in the order of the catalogue.
        pub const ALL: &[&Kind] = &[$(kinds::$name),*];
    };
}

catalogue! {
    // The request itself.
    MALFORMED_DEFINITION BAD_REQUEST "The definition cannot be read",
    MALFORMED_BODY BAD_REQUEST "The body cannot be read",
    INVALID_TENANT_ID BAD_REQUEST "The address names no possible tenant",
    INVALID_OPERATION_ID BAD_REQUEST "The address names no possible operation",
    INVALID_GENERATION BAD_REQUEST "The address names no possible generation",
    INVALID_PARAMETER BAD_REQUEST "A query parameter cannot be used",
    INVALID_PAGE_TOKEN BAD_REQUEST "The page token cannot be used",
    INVALID_PRECONDITION BAD_REQUEST "The If-Match header cannot be read",
    ROUTE_NOT_FOUND NOT_FOUND "Nothing is at this address",
    METHOD_NOT_ALLOWED METHOD_NOT_ALLOWED "The address does not take this method",
    NOT_ACCEPTABLE NOT_ACCEPTABLE "None of the accepted media types can be answered",
    UNSUPPORTED_MEDIA_TYPE UNSUPPORTED_MEDIA_TYPE "The body's media type is not supported",
    BODY_TOO_LARGE PAYLOAD_TOO_LARGE "The body is too large",
    BODY_TOO_SLOW REQUEST_TIMEOUT "The body did not come in time",
    // Who sends it.
    UNAUTHENTICATED UNAUTHORIZED "The caller is not known",
    FORBIDDEN FORBIDDEN "The caller may not do this",
    TENANT_CROWDED TOO_MANY_REQUESTS "Too many requests on one tenant are under way",
    // What it asks for.
    TENANT_NOT_FOUND NOT_FOUND "There is no such tenant",
    OPERATION_NOT_FOUND NOT_FOUND "There is no such operation",
    LOG_NOT_FOUND NOT_FOUND "The operation has no log",
    LOG_NOT_KEPT NOT_FOUND "The operation's log is no longer kept",
    NOTHING_KEPT NOT_FOUND "Nothing is kept of the tenant",
    GENERATION_NOT_FOUND NOT_FOUND "The generation is not kept",
    ALREADY_EXISTS CONFLICT "The tenant exists",
    CONFLICTING_DEFINITIONS CONFLICT "Several objects define the tenant",
    DELETION_PROTECTED CONFLICT "The tenant is protected from deletion",
    HELD CONFLICT "The change is held until it is approved",
    NOT_HELD CONFLICT "What was approved does not wait for an approval",
    PRECONDITION_FAILED PRECONDITION_FAILED "The definition was changed meanwhile",
    INVALID_DEFINITION UNPROCESSABLE_ENTITY "The definition has problems",
    NAME_MISMATCH UNPROCESSABLE_ENTITY "The definition names another tenant",
    // What came of it.
    INTERNAL INTERNAL_SERVER_ERROR "Something failed that should not",
    MISCONFIGURED INTERNAL_SERVER_ERROR "The installation is not set up correctly",
    STORE_UNUSABLE INTERNAL_SERVER_ERROR "A bucket cannot be used",
    RECORD_CORRUPT INTERNAL_SERVER_ERROR "A stored record cannot be read",
    APPLY_FAILED BAD_GATEWAY "The run on the tenant's resources failed",
    WORKSPACE_LOCKED SERVICE_UNAVAILABLE "Somebody else holds the tenant's workspace",
    INTERRUPTED SERVICE_UNAVAILABLE "The run was interrupted",
    DEPENDENCY_FAILED SERVICE_UNAVAILABLE "Something this depends on failed",
    BUSY SERVICE_UNAVAILABLE "Too much is under way",
    STORE_UNAVAILABLE SERVICE_UNAVAILABLE "The store did not answer in time",
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_is_an_error_with_a_reason_of_its_own() {
        let reasons: BTreeSet<_> = ALL.iter().map(|kind| kind.reason).collect();
        assert_eq!(reasons.len(), ALL.len());
        for kind in ALL {
            assert!(kind.status.is_client_error() || kind.status.is_server_error(), "{kind:?}");
            assert!(!kind.title.ends_with('.'), "{kind:?}");
        }
    }

    #[test]
    fn a_uri_is_made_of_the_reason() {
        assert_eq!(kinds::NAME_MISMATCH.uri(), "https://aipress.io/problems/name-mismatch");
    }
}
