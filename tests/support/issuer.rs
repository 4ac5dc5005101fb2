//! An issuer of identity tokens on this machine, and tokens as it makes them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value, json};

const KEY: &str = "key";

/// A running issuer with one key.
pub struct Issuer {
    url: String,
    audience: String,
    key: EncodingKey,
    asked: Arc<AtomicUsize>,
}

impl Issuer {
    /// Starts one whose tokens are for this audience.
    pub async fn start(audience: &str) -> Self {
        let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let key = EncodingKey::from_ec_der(pair.as_ref());
        let mut public = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
        public.common.key_id = Some(KEY.to_owned());
        let keys = JwkSet { keys: vec![public] };
        let asked = Arc::<AtomicUsize>::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let discovery = json!({"issuer": url, "jwks_uri": format!("{url}/keys")});
        let counted = Arc::clone(&asked);
        let hand_out_keys = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            std::future::ready(Json(keys.clone()))
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(move || std::future::ready(Json(discovery.clone()))))
            .route("/keys", get(hand_out_keys));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, audience: audience.to_owned(), key, asked }
    }

    /// Its name, and where it is asked for its keys.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// How often it was asked for its keys.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    /// A token of somebody, with some claims otherwise; `null` leaves one out.
    pub fn token(&self, email: &str, change: &Value) -> String {
        let now = jsonwebtoken::get_current_timestamp();
        let mut claims = json!({
            "iss": self.url, "aud": self.audience, "exp": now + 600, "iat": now, "sub": format!("subject of {email}"),
            "email": email, "email_verified": true,
        });
        let claims = claims.as_object_mut().unwrap();
        claims.extend(change.as_object().unwrap().clone());
        claims.retain(|_, value| !value.is_null());
        self.sign(KEY, claims)
    }

    /// A token of somebody under the id of a key that it never showed.
    pub fn token_of_unknown_key(&self, email: &str) -> String {
        let signed = self.token(email, &json!({}));
        let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap()).unwrap();
        self.sign("another key", &serde_json::from_slice(&claims).unwrap())
    }

    fn sign(&self, key: &str, claims: &Map<String, Value>) -> String {
        encode(&Header { kid: Some(key.to_owned()), ..Header::new(Algorithm::ES256) }, claims, &self.key).unwrap()
    }

    /// The same as Cloud Run hands it on once it has verified it: its signature is gone.
    pub fn verified_token(&self, email: &str) -> String {
        let signed = self.token(email, &json!({}));
        format!("{}.SIGNATURE_REMOVED_BY_GOOGLE", signed.rsplit_once('.').unwrap().0)
    }

    /// The same as somebody writes it who has no key.
    pub fn unsigned_token(&self, email: &str) -> String {
        let signed = self.token(email, &json!({}));
        let claims = signed.split('.').nth(1).unwrap();
        format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(br#"{"alg":"none","typ":"JWT"}"#))
    }
}
