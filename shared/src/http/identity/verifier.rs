//! Verifies identity tokens: signed by a key of the issuer, issued by it, for this audience, now.

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Validation, decode, decode_header};

use super::claims::Claims;
use super::issuer::Issuer;
use super::keys::Keys;
use super::{Denied, keys::Key};

/// Clocks may differ by so many seconds.
const LEEWAY: u64 = 30;

/// Verifies the tokens of one issuer.
pub struct Verifier {
    issuers: Vec<String>,
    audiences: Vec<String>,
    keys: Keys,
}

impl Verifier {
    /// Accepts tokens of an issuer that are meant for one of the audiences. Its keys are fetched when the first token
    /// comes.
    pub fn new(issuer: Issuer, audiences: Vec<String>) -> Self {
        Self { issuers: issuer.names(), audiences, keys: Keys::of(issuer) }
    }

    pub(super) async fn verify(&self, token: &str) -> Result<Claims, Denied> {
        let header = decode_header(token).map_err(|_| Denied::Unreadable)?;
        let id = header.kid.ok_or(Denied::Invalid("it names no key"))?;
        let key = self.keys.find(&id).await?.ok_or(Denied::Invalid("its issuer has no key of that id"))?;
        // The key decides how it is used, never the token: a public key is no secret to sign with.
        if header.alg != key.algorithm {
            return Err(Denied::Invalid("it is not signed as its key signs"));
        }
        let verified = decode(token, &key.key, &self.validation(&key));
        verified.map(|data| data.claims).map_err(|error| denied(error.kind()))
    }

    fn validation(&self, key: &Key) -> Validation {
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_issuer(&self.issuers);
        validation.set_audience(&self.audiences);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation
    }
}

fn denied(error: &ErrorKind) -> Denied {
    match error {
        ErrorKind::InvalidSignature => Denied::Invalid("its signature is not its key's"),
        ErrorKind::ExpiredSignature => Denied::Invalid("it has expired"),
        ErrorKind::ImmatureSignature => Denied::Invalid("it is not valid yet"),
        ErrorKind::InvalidIssuer => Denied::Invalid("another issuer made it"),
        ErrorKind::InvalidAudience => Denied::Invalid("it is meant for another audience"),
        ErrorKind::MissingRequiredClaim(_) => Denied::Invalid("it lacks one of exp, iss, aud and sub"),
        _ => Denied::Unreadable,
    }
}
