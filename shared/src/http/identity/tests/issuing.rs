//! An issuer on this machine, and keys made for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RsaKeyPair};
use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Somebody who signs tokens.
pub(super) struct Signer {
    id: String,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    pub(super) fn elliptic(id: &str) -> Self {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self { id: id.to_owned(), algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(pair.as_ref()) }
    }

    fn rsa(id: &str) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
        // PKCS #8 is the key of PKCS #1 behind 26 bytes that say what it is.
        Self { id: id.to_owned(), algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_der(&pair.as_ref()[26..]) }
    }

    pub(super) fn public(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.clone());
        jwk
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_as(Some(&self.id), claims)
    }

    /// With this key, under another key's id.
    pub(super) fn sign_as(&self, id: Option<&str>, claims: &Value) -> String {
        let header = Header { kid: id.map(str::to_owned), ..Header::new(self.algorithm) };
        encode(&header, claims, &self.key).unwrap()
    }

    /// What somebody can sign who knows only what everybody knows.
    pub(super) fn sign_with_public_key(&self, claims: &Value) -> String {
        let AlgorithmParameters::RSA(public) = self.public().algorithm else { panic!("no RSA key") };
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::HS256) };
        encode(&header, claims, &EncodingKey::from_secret(public.n.as_bytes())).unwrap()
    }
}

/// An issuer that counts how often it is asked for its keys.
pub(super) struct LocalIssuer {
    pub(super) url: String,
    pub(super) elliptic: Signer,
    pub(super) rsa: Signer,
    pub(super) asked: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
}

impl LocalIssuer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (elliptic, rsa) = (Signer::elliptic("elliptic"), Signer::rsa("rsa"));
        let (asked, down) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let keys = JwkSet { keys: vec![elliptic.public(), rsa.public()] };
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let state = (keys, Arc::clone(&asked), Arc::clone(&down));
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(move || std::future::ready(Json(discovery.clone()))))
            .route("/keys", get(keys_asked_for))
            .with_state(state);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, elliptic, rsa, asked, down }
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn goes_down(&self) {
        self.down.store(true, Ordering::Relaxed);
    }
}

type Keys = (JwkSet, Arc<AtomicUsize>, Arc<AtomicBool>);

/// Slow enough for many to ask meanwhile.
async fn keys_asked_for(State((keys, asked, down)): State<Keys>) -> Result<Json<JwkSet>, StatusCode> {
    asked.fetch_add(1, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(100)).await;
    if down.load(Ordering::Relaxed) { Err(StatusCode::SERVICE_UNAVAILABLE) } else { Ok(Json(keys)) }
}

/// What a token says by default, with some of it otherwise; `null` leaves a claim out.
pub(super) fn claims(issuer: &LocalIssuer, change: &Value) -> Value {
    let mut claims = json!({
        "iss": issuer.url, "aud": "https://tenants.example", "exp": now() + 600, "iat": now(), "sub": "105428",
        "email": "ada@example.com", "email_verified": true,
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

pub(super) fn now() -> u64 {
    jsonwebtoken::get_current_timestamp()
}

pub(super) fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
