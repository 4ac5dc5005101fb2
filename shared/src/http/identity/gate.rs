//! Stands before routes: lets a request in once its caller is known and may, and says who it is.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, header};

use super::{Allowed, Denied, Identity, SERVERLESS};
use crate::http::follow::Following;
use crate::http::problem::{Problem, kinds};
use crate::records::{Principal, Trigger};
use crate::tenants::Caller;
use crate::trace::TraceContext;

/// How callers are told apart, and which of them are let in.
#[derive(Clone)]
pub struct Gate {
    identity: Identity,
    allowed: Arc<Allowed>,
}

impl Gate {
    /// Lets in whom `allowed` names.
    pub fn new(identity: Identity, allowed: Allowed) -> Self {
        Self { identity, allowed: Arc::new(allowed) }
    }

    /// Asks nobody.
    pub fn open() -> Self {
        Self::new(Identity::Anonymous, Allowed::Everybody)
    }

    async fn admit(&self, headers: &HeaderMap) -> Result<Principal, Denied> {
        match self.identity.caller(headers).await? {
            None => Ok(Principal::anonymous()),
            Some(claims) if self.allowed.admits(&claims) => Ok(claims.principal()),
            Some(claims) => Err(Denied::NotAllowed(claims.principal())),
        }
    }
}

/// Routes behind a gate. What they do not know is answered without one.
pub(in crate::http) fn guarded<S: Clone + Send + Sync + 'static>(routes: Router<S>, gate: &Gate) -> Router<S> {
    routes.route_layer(from_fn_with_state(gate.clone(), pass))
}

async fn pass(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    match gate.admit(request.headers()).await {
        Ok(principal) => {
            // The token has done its work: nothing behind the gate can log it or hand it on.
            request.headers_mut().remove(header::AUTHORIZATION);
            request.headers_mut().remove(SERVERLESS);
            request.extensions_mut().insert(principal);
            next.run(request).await
        }
        Err(denied) => {
            tracing::warn!(reason = %denied, "not let in");
            Problem::from(denied).into_response()
        }
    }
}

/// Who asks, and what that is part of, for controllers behind a gate.
pub(in crate::http) struct Asking {
    pub(in crate::http) principal: Principal,
    pub(in crate::http) trace: Option<TraceContext>,
}

impl Asking {
    /// As whoever came through this door.
    pub(in crate::http) fn through(self, door: Trigger) -> Caller {
        Caller::new(self.principal, door).within(self.trace)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Asking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Ok(Following(trace)) = Following::from_request_parts(parts, state).await;
        let known = parts.extensions.get::<Principal>().cloned();
        known
            .map(|principal| Self { principal, trace })
            .ok_or_else(|| Problem::new(kinds::INTERNAL, "nobody asked who the caller is"))
    }
}
