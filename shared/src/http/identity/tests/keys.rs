//! How often an issuer is asked, and what happens while it cannot be.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use futures::future::join_all;
use jsonwebtoken::jwk::JwkSet;

use super::super::keys::{KeySource, Keys};
use super::*;

#[tokio::test]
async fn fifty_at_once_on_cold_keys_ask_once() {
    let issuer = LocalIssuer::start().await;
    let router = verified(&issuer, "ada@example.com");
    let token = issuer.elliptic.sign(&claims(&issuer, &json!({})));
    let answers = join_all((0..50).map(|_| ask_with(&router, &token))).await;
    assert!(answers.iter().all(|answered| answered.status == StatusCode::OK));
    assert_eq!(issuer.asked(), 1);

    // Unknown keys: once more at most, however many come.
    let unknown = Signer::elliptic("unknown").sign(&claims(&issuer, &json!({})));
    let answers = join_all((0..50).map(|_| ask_with(&router, &unknown))).await;
    assert!(answers.iter().all(|answered| answered.status == StatusCode::UNAUTHORIZED));
    assert_eq!(issuer.asked(), 1, "the keys are less than a minute old");
}

#[tokio::test]
async fn without_keys_nobody_is_refused_for_good() {
    let issuer = LocalIssuer::start().await;
    issuer.goes_down();
    let router = verified(&issuer, "ada@example.com");
    let token = issuer.elliptic.sign(&claims(&issuer, &json!({})));
    let answers = join_all((0..50).map(|_| ask_with(&router, &token))).await;
    assert!(answers.iter().all(|answered| answered.status == StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(issuer.asked(), 1);
}

/// Answers one after the other; the last one again and again.
#[derive(Clone)]
struct Scripted(Arc<Mutex<Script>>);

struct Script {
    asked: usize,
    answers: VecDeque<Result<JwkSet, String>>,
}

#[async_trait::async_trait]
impl KeySource for Scripted {
    async fn fetch(&self) -> Result<JwkSet, String> {
        let mut script = self.0.lock().unwrap();
        script.asked += 1;
        if script.answers.len() > 1 { script.answers.pop_front().unwrap() } else { script.answers[0].clone() }
    }
}

impl Scripted {
    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }
}

fn script(answers: impl IntoIterator<Item = Result<JwkSet, String>>) -> (Scripted, Keys) {
    let source = Scripted(Arc::new(Mutex::new(Script { asked: 0, answers: answers.into_iter().collect() })));
    (source.clone(), Keys::of(source))
}

#[expect(clippy::unnecessary_wraps, reason = "stands beside `down` in scripts")]
fn set(signers: &[&Signer]) -> Result<JwkSet, String> {
    Ok(JwkSet { keys: signers.iter().map(|signer| signer.public()).collect() })
}

fn down() -> Result<JwkSet, String> {
    Err("no answer".to_owned())
}

async fn later(duration: Duration) {
    tokio::time::advance(duration).await;
}

#[tokio::test(start_paused = true)]
async fn a_new_key_is_found_within_a_minute_and_an_old_one_forgotten() {
    let (old, new) = (Signer::elliptic("old"), Signer::elliptic("new"));
    let (source, keys) = script([set(&[&old]), set(&[&new])]);
    assert!(keys.find("old").await.unwrap().is_some());
    later(Duration::from_secs(59)).await;
    assert!(keys.find("new").await.unwrap().is_none());
    assert_eq!(source.asked(), 1);
    later(Duration::from_secs(2)).await;
    assert!(keys.find("new").await.unwrap().is_some());
    assert!(keys.find("old").await.unwrap().is_none());
    assert_eq!(source.asked(), 2);
    later(Duration::from_hours(1)).await;
    assert!(keys.find("new").await.unwrap().is_some());
    assert_eq!(source.asked(), 3, "they are fetched anew after an hour");
}

#[tokio::test(start_paused = true)]
async fn old_keys_are_used_for_a_day_while_the_issuer_is_down() {
    let key = Signer::elliptic("key");
    let (source, keys) = script([set(&[&key]), down()]);
    assert!(keys.find("key").await.unwrap().is_some());
    for hour in 1..24 {
        later(Duration::from_hours(1)).await;
        assert!(keys.find("key").await.unwrap().is_some(), "after {hour} h");
        assert_eq!(source.asked(), 1 + hour);
    }
    let unknown = keys.find("unknown").await;
    assert!(matches!(unknown, Err(Denied::KeysUnavailable(_))), "it may be a new one");
    later(Duration::from_hours(1)).await;
    assert!(matches!(keys.find("key").await, Err(Denied::KeysUnavailable(_))), "after a day");
}

#[tokio::test(start_paused = true)]
async fn an_issuer_that_comes_back_is_asked_soon() {
    let key = Signer::elliptic("key");
    let (source, keys) = script([down(), down(), set(&[&key])]);
    for seconds in [0, 1, 3] {
        later(Duration::from_secs(seconds)).await;
        assert!(matches!(keys.find("key").await, Err(Denied::KeysUnavailable(_))));
    }
    assert_eq!(source.asked(), 1);
    later(Duration::from_secs(2)).await;
    assert!(matches!(keys.find("key").await, Err(Denied::KeysUnavailable(_))));
    later(Duration::from_secs(6)).await;
    assert!(keys.find("key").await.unwrap().is_some());
    assert_eq!(source.asked(), 3);
}
