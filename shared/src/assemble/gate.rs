//! Who is let in, from its settings.

use std::sync::Arc;

use crate::config::{AuthConfig, AuthMode};
use crate::http::identity::{Gate, Identity, InvalidIssuer, Issuer, Verifier};

/// The gate before a function's routes.
pub(super) fn gate(config: &AuthConfig) -> Result<Gate, InvalidIssuer> {
    let identity = match &config.mode {
        AuthMode::None => Identity::Anonymous,
        AuthMode::Iam => Identity::Fronted,
        AuthMode::Oidc { issuer, audiences } => {
            Identity::Verified(Arc::new(Verifier::new(Issuer::new(issuer)?, audiences.clone())))
        }
    };
    Ok(Gate::new(identity, config.callers.clone()))
}
