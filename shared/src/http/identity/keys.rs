//! An issuer's public keys, kept: fetched by one request at a time however many wait for them, again when they are old or
//! when a token names a key that is not among them, and used for a while when the issuer cannot be asked.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Denied;

/// Keys are fetched again after that.
const FRESH: Duration = Duration::from_hours(1);
/// And used no longer than that, when they cannot be fetched.
const USABLE: Duration = Duration::from_hours(24);
/// Tokens that name unknown keys make one request in that time at most.
const BETWEEN_FETCHES: Duration = Duration::from_mins(1);
/// After a request that failed.
const PAUSE: Duration = Duration::from_secs(5);

/// Where keys come from.
#[async_trait]
pub(super) trait KeySource: Send + Sync + 'static {
    /// The keys there are now, or why they cannot be had.
    async fn fetch(&self) -> Result<JwkSet, String>;
}

/// A key and the one algorithm it is used with.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// The keys of one issuer.
pub(super) struct Keys {
    source: Box<dyn KeySource>,
    kept: RwLock<Kept>,
    fetching: Mutex<()>,
}

#[derive(Default)]
struct Kept {
    keys: HashMap<String, Arc<Key>>,
    /// When they were fetched.
    fetched: Option<Instant>,
    /// When that was tried last, and what came of it.
    tried: Option<(Instant, Result<(), String>)>,
}

/// What is known of a key.
enum Look {
    Known(Arc<Key>),
    /// It can be used, and should be fetched again.
    Old(Arc<Key>),
    /// The issuer has no such key.
    Unknown,
    /// Ask the issuer.
    Fetch,
    /// The issuer could not be asked.
    Unavailable(String),
}

impl Keys {
    pub(super) fn of(source: impl KeySource) -> Self {
        Self { source: Box::new(source), kept: RwLock::default(), fetching: Mutex::default() }
    }

    /// The key of this id; `None` if the issuer has none.
    pub(super) async fn find(&self, id: &str) -> Result<Option<Arc<Key>>, Denied> {
        let _one_at_a_time = match self.look(id) {
            // Somebody fetches already: this one is good enough meanwhile.
            Look::Old(key) => match self.fetching.try_lock() {
                Ok(turn) => turn,
                Err(_) => return Ok(Some(key)),
            },
            Look::Fetch => self.fetching.lock().await,
            found => return found.answer(),
        };
        match self.look(id) {
            // Nobody has fetched while this one waited for its turn.
            Look::Fetch | Look::Old(_) => self.fetch().await,
            found => return found.answer(),
        }
        self.look(id).answer()
    }

    fn look(&self, id: &str) -> Look {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).look(id, Instant::now())
    }

    async fn fetch(&self) {
        let fetched = self.source.fetch().await;
        if let Err(reason) = &fetched {
            tracing::warn!(reason, "an issuer's keys could not be fetched");
        }
        self.kept.write().unwrap_or_else(PoisonError::into_inner).settle(fetched, Instant::now());
    }
}

impl Kept {
    fn look(&self, id: &str, now: Instant) -> Look {
        let age = self.fetched.map(|fetched| now.duration_since(fetched));
        let usable = age.is_some_and(|age| age < USABLE);
        let key = self.keys.get(id).filter(|_| usable);
        let may_fetch = match &self.tried {
            None => true,
            Some((tried, Ok(()))) => now.duration_since(*tried) >= BETWEEN_FETCHES,
            Some((tried, Err(_))) => now.duration_since(*tried) >= PAUSE,
        };
        match (key, &self.tried) {
            (Some(key), _) if may_fetch && age.is_none_or(|age| age >= FRESH) => Look::Old(Arc::clone(key)),
            (Some(key), _) => Look::Known(Arc::clone(key)),
            (None, _) if may_fetch => Look::Fetch,
            (None, Some((_, Err(reason)))) => Look::Unavailable(reason.clone()),
            (None, _) => Look::Unknown,
        }
    }

    fn settle(&mut self, fetched: Result<JwkSet, String>, now: Instant) {
        match fetched {
            Ok(set) => {
                self.keys = set.keys.iter().filter_map(usable).collect();
                self.fetched = Some(now);
                self.tried = Some((now, Ok(())));
            }
            Err(reason) => self.tried = Some((now, Err(reason))),
        }
    }
}

impl Look {
    fn answer(self) -> Result<Option<Arc<Key>>, Denied> {
        match self {
            Self::Known(key) | Self::Old(key) => Ok(Some(key)),
            Self::Unknown => Ok(None),
            Self::Unavailable(reason) => Err(Denied::KeysUnavailable(reason)),
            Self::Fetch => Err(Denied::KeysUnavailable("they were fetched and are old already".to_owned())),
        }
    }
}

/// A key for signatures of a kind that is accepted, with its id: what else a set may hold is passed over.
fn usable(jwk: &Jwk) -> Option<(String, Arc<Key>)> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let signs = jwk.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let named = jwk.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
    let key = DecodingKey::from_jwk(jwk).ok().filter(|_| signs && named)?;
    Some((jwk.common.key_id.clone()?, Arc::new(Key { algorithm, key })))
}
