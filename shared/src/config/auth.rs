//! How callers are known, and which of them may come.

use super::reader::Reader;
use super::variables as var;
use crate::http::identity::Allowed;

/// Who may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthConfig {
    /// How callers are known.
    pub mode: AuthMode,
    /// Which of them may.
    pub callers: Allowed,
}

/// How callers are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthMode {
    /// They are not.
    None,
    /// By a token that Cloud Run has verified.
    Iam,
    /// By a token that is verified here.
    Oidc {
        /// Who made it.
        issuer: String,
        /// For whom; at least one.
        audiences: Vec<String>,
    },
}

impl AuthConfig {
    /// Nobody is asked.
    pub const fn none() -> Self {
        Self { mode: AuthMode::None, callers: Allowed::Everybody }
    }

    /// Reads it for a program that only this machine reaches (`loopback`), or not only.
    pub(super) fn read(reader: &mut Reader, loopback: bool) -> Option<Self> {
        match reader.text(var::AUTH)?.as_str() {
            "none" if loopback => Some(Self::none()),
            "none" => {
                let why = "is 'none', which is for loopback addresses only: set AIPRESS_HOST to one, or ask who calls";
                reader.problem(var::AUTH, why.to_owned());
                None
            }
            "iam" => iam(reader),
            "oidc" => oidc(reader),
            other => {
                reader.problem(var::AUTH, format!("is '{other}', which is none of iam, oidc and none"));
                None
            }
        }
    }
}

fn iam(reader: &mut Reader) -> Option<AuthConfig> {
    let callers = callers(reader);
    if reader.optional(var::SERVICE).is_none() {
        let why = "is 'iam', which relies on what Cloud Run has verified, and K_SERVICE says nothing of it";
        reader.problem(var::AUTH, why.to_owned());
        return None;
    }
    Some(AuthConfig { mode: AuthMode::Iam, callers: callers? })
}

fn oidc(reader: &mut Reader) -> Option<AuthConfig> {
    let (issuer, callers) = (reader.text(var::ISSUER), callers(reader));
    let given = reader.optional(var::AUDIENCES).unwrap_or_default();
    let audiences = given.split(',').map(str::trim).filter(|audience| !audience.is_empty()).map(str::to_owned);
    let audiences: Vec<String> = audiences.collect();
    if audiences.is_empty() {
        reader.problem(var::AUDIENCES, "names no audience, and AIPRESS_AUTH is 'oidc'".to_owned());
    }
    if callers == Some(Allowed::Everybody) {
        let why = "is '*': whoever has a token of the issuer; name who may, such as *@DOMAIN";
        reader.problem(var::CALLERS, why.to_owned());
    }
    Some(AuthConfig { mode: AuthMode::Oidc { issuer: issuer?, audiences }, callers: callers? })
}

fn callers(reader: &mut Reader) -> Option<Allowed> {
    let given = reader.optional(var::CALLERS).unwrap_or_default();
    given.parse().map_err(|error| reader.problem(var::CALLERS, format!("is '{given}': {error}"))).ok()
}
