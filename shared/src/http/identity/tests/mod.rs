//! Tokens of a local issuer with keys made here, at a gate before one route that says who asks.

mod issuing;
mod keys;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use insta::assert_snapshot;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use self::issuing::{LocalIssuer, Signer, claims, now};
use super::*;
use crate::http::router::complete;

/// One route that answers with the caller's name.
fn behind(gate: &Gate) -> Router {
    let who = |Asking { principal, .. }: Asking| async move { principal.0 };
    complete(guarded(Router::new().route("/who", get(who)), gate))
}

struct Answered {
    status: StatusCode,
    challenge: String,
    body: String,
}

async fn ask(router: &Router, headers: &[(&str, &str)]) -> Answered {
    let request = headers.iter().fold(Request::get("/who"), |request, (name, value)| request.header(*name, *value));
    let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let challenge = headers.get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let body = response.into_body().collect().await.unwrap().to_bytes().to_vec();
    Answered { status, challenge: challenge.unwrap_or_default(), body: String::from_utf8(body).unwrap() }
}

async fn ask_with(router: &Router, token: &str) -> Answered {
    ask(router, &[("authorization", &format!("Bearer {token}"))]).await
}

fn detail(answered: &Answered) -> String {
    let problem: Value = serde_json::from_str(&answered.body).unwrap();
    problem["detail"].as_str().unwrap().to_owned()
}

fn verified(issuer: &LocalIssuer, allowed: &str) -> Router {
    let issuer = Issuer::new(&issuer.url).unwrap();
    let verifier = Verifier::new(issuer, vec!["https://tenants.example".to_owned(), "another".to_owned()]);
    behind(&Gate::new(Identity::Verified(Arc::new(verifier)), allowed.parse().unwrap()))
}

#[tokio::test]
async fn a_token_that_holds_lets_its_bearer_in() {
    let issuer = LocalIssuer::start().await;
    let router = verified(&issuer, "ada@example.com, *@partner.example, robot-7");
    for signer in [&issuer.elliptic, &issuer.rsa] {
        let answered = ask_with(&router, &signer.sign(&claims(&issuer, &json!({})))).await;
        assert_eq!((answered.status, answered.body.as_str()), (StatusCode::OK, "ada@example.com"));
    }
    for (case, change, name) in [
        ("one audience of several", json!({"aud": ["elsewhere", "another"]}), "ada@example.com"),
        ("an address in upper case", json!({"email": "Ada@Example.COM"}), "ada@example.com"),
        ("a domain", json!({"email": "bob@partner.example"}), "bob@partner.example"),
        ("a subject", json!({"sub": "robot-7", "email": null}), "robot-7"),
        ("clocks that differ a little", json!({"exp": now() - 10, "nbf": now() + 10}), "ada@example.com"),
    ] {
        let answered = ask_with(&router, &issuer.elliptic.sign(&claims(&issuer, &change))).await;
        assert_eq!((answered.status, answered.body.as_str()), (StatusCode::OK, name), "{case}");
    }
}

#[tokio::test]
async fn a_token_that_does_not_hold_does_not() {
    let issuer = LocalIssuer::start().await;
    let router = verified(&issuer, "ada@example.com");
    let good = claims(&issuer, &json!({}));
    let with = |change: Value| issuer.elliptic.sign(&claims(&issuer, &change));
    let stranger = Signer::elliptic("elliptic");
    let unknown = Signer::elliptic("unknown");
    for (case, token, said) in [
        ("expired", with(json!({"exp": now() - 60})), "it has expired"),
        ("not valid yet", with(json!({"nbf": now() + 60})), "it is not valid yet"),
        ("without an end", with(json!({"exp": null})), "it lacks one of exp, iss, aud and sub"),
        ("another audience", with(json!({"aud": "https://tenants.example.evil"})), "it is meant for another audience"),
        ("no audience", with(json!({"aud": null})), "it lacks one of exp, iss, aud and sub"),
        ("another issuer", with(json!({"iss": "https://accounts.example"})), "another issuer made it"),
        ("another key of that id", stranger.sign(&good), "its signature is not its key's"),
        ("a key nobody knows", unknown.sign(&good), "its issuer has no key of that id"),
        ("no key", issuer.elliptic.sign_as(None, &good), "it names no key"),
        ("a public key as a secret", issuer.rsa.sign_with_public_key(&good), "it is not signed as its key signs"),
        ("another algorithm", issuer.elliptic.sign_as(Some("rsa"), &good), "it is not signed as its key signs"),
    ] {
        let answered = ask_with(&router, &token).await;
        assert_eq!(answered.status, StatusCode::UNAUTHORIZED, "{case}");
        assert_eq!(detail(&answered), format!("the bearer token is not accepted: {said}"), "{case}");
        assert_eq!(answered.challenge, r#"Bearer realm="tenants", error="invalid_token""#, "{case}");
    }
    let signed = issuer.elliptic.sign(&good);
    let (content, _) = signed.rsplit_once('.').unwrap();
    let payload = content.split_once('.').unwrap().1;
    let unsigned = format!("{}.{payload}.", issuing::base64(br#"{"alg":"none","typ":"JWT"}"#));
    for (case, token) in [
        ("unsigned", unsigned.as_str()),
        ("its signature cut off", content),
        ("no token at all", "canary"),
        ("empty", ""),
    ] {
        let answered = ask_with(&router, token).await;
        assert_eq!(answered.status, StatusCode::UNAUTHORIZED, "{case}");
        assert_eq!(answered.challenge, r#"Bearer realm="tenants", error="invalid_token""#, "{case}");
        assert!(!answered.body.contains("canary"), "{case}");
    }
}

#[tokio::test]
async fn who_is_not_named_is_known_and_refused() {
    let issuer = LocalIssuer::start().await;
    let router = verified(&issuer, "ada@example.com, *@partner.example");
    for (case, change) in [
        ("another address", json!({"email": "eve@example.com"})),
        ("a subdomain", json!({"email": "bob@evil.partner.example"})),
        ("a domain that ends so", json!({"email": "bob@notpartner.example"})),
        ("an address nobody verified", json!({"email_verified": false})),
        ("an address as a subject of another", json!({"email": null, "sub": "7"})),
    ] {
        let answered = ask_with(&router, &issuer.elliptic.sign(&claims(&issuer, &change))).await;
        assert_eq!(answered.status, StatusCode::FORBIDDEN, "{case}: {}", answered.body);
        assert_eq!(answered.challenge, "", "{case}");
    }
    let eve = ask_with(&router, &issuer.elliptic.sign(&claims(&issuer, &json!({"email": "eve@example.com"})))).await;
    assert_snapshot!(eve.body, @r#"{"detail":"'eve@example.com' may not do this: the setting AIPRESS_CALLERS of this function does not name it","instance":"/who","principal":"eve@example.com","reason":"FORBIDDEN","retryable":false,"status":403,"title":"The caller may not do this","type":"https://aipress.io/problems/forbidden"}"#);
}

#[tokio::test]
async fn who_says_nothing_is_told_how() {
    let issuer = LocalIssuer::start().await;
    let router = verified(&issuer, "ada@example.com");
    let nothing = ask(&router, &[]).await;
    assert_eq!((nothing.status, nothing.challenge.as_str()), (StatusCode::UNAUTHORIZED, r#"Bearer realm="tenants""#));
    assert_snapshot!(nothing.body, @r#"{"detail":"the request carries no bearer token: send an identity token, Authorization: Bearer …","instance":"/who","reason":"UNAUTHENTICATED","retryable":false,"status":401,"title":"The caller is not known","type":"https://aipress.io/problems/unauthenticated"}"#);

    for other in ["Basic YTpi", "canary"] {
        let answered = ask(&router, &[("authorization", other)]).await;
        assert_eq!((answered.challenge, answered.body), (nothing.challenge.clone(), nothing.body.clone()), "{other}");
    }
    let token = issuer.elliptic.sign(&claims(&issuer, &json!({})));
    let bearer = format!("bearer {token}");
    assert_eq!(ask(&router, &[("authorization", &bearer)]).await.status, StatusCode::OK, "schemes have no case");
    let two = [("authorization", bearer.as_str()), ("authorization", bearer.as_str())];
    assert_eq!(ask(&router, &two).await.status, StatusCode::UNAUTHORIZED);
    let health = Request::get("/healthz").body(Body::empty()).unwrap();
    assert_eq!(router.oneshot(health).await.unwrap().status(), StatusCode::OK, "is asked without a token");
}

/// As Cloud Run hands a request on: the signature is gone.
#[tokio::test]
async fn behind_cloud_run_the_verified_token_says_who_it_is() {
    let issuer = LocalIssuer::start().await;
    let fronted = |allowed: &str| behind(&Gate::new(Identity::Fronted, allowed.parse().unwrap()));
    let stripped = |change: Value| {
        let signed = issuer.rsa.sign(&claims(&issuer, &change));
        format!("Bearer {}.SIGNATURE_REMOVED_BY_GOOGLE", signed.rsplit_once('.').unwrap().0)
    };
    let (ada, robot) = (stripped(json!({})), stripped(json!({"email": "robot@p.iam.gserviceaccount.com"})));
    let anybody = fronted("*");
    let answered = ask(&anybody, &[("authorization", &ada)]).await;
    assert_eq!((answered.status, answered.body.as_str()), (StatusCode::OK, "ada@example.com"));
    // Cloud Run has looked at the other header, and not at this one.
    let both = ask(&anybody, &[("authorization", &ada), ("x-serverless-authorization", &robot)]).await;
    assert_eq!(both.body, "robot@p.iam.gserviceaccount.com");
    for (case, headers) in [
        ("none", &[][..]),
        ("no token", &[("authorization", "Bearer x.y.z")]),
        ("two parts", &[("authorization", "Bearer e30.e30")]),
        ("an empty one", &[("x-serverless-authorization", ""), ("authorization", &ada)]),
    ] {
        assert_eq!(ask(&anybody, headers).await.status, StatusCode::UNAUTHORIZED, "{case}");
    }
    let robots = fronted("robot@p.iam.gserviceaccount.com");
    assert_eq!(ask(&robots, &[("authorization", &robot)]).await.status, StatusCode::OK);
    assert_eq!(ask(&robots, &[("authorization", &ada)]).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn where_nobody_is_asked_nothing_is_believed() {
    let issuer = LocalIssuer::start().await;
    let token = issuer.elliptic.sign(&claims(&issuer, &json!({})));
    let answered = ask_with(&behind(&Gate::open()), &token).await;
    assert_eq!((answered.status, answered.body.as_str()), (StatusCode::OK, "anonymous"));
}

#[test]
fn lists_of_callers() {
    for good in ["*", "ada@example.com", " ada@example.com , *@example.com,", "105428"] {
        assert!(good.parse::<Allowed>().is_ok(), "{good}");
    }
    for bad in ["", " , ", "*@", "*@example", "*@*.example.com", "a*@example.com", "ada@example.com, *"] {
        assert!(bad.parse::<Allowed>().is_err(), "{bad}");
    }
}

#[test]
fn issuers_that_can_be_asked() {
    let names = |name: &str| Issuer::new(name).map(|issuer| issuer.names());
    assert_eq!(names("https://accounts.google.com").unwrap(), ["https://accounts.google.com", "accounts.google.com"]);
    assert_eq!(names("https://issuer.example/").unwrap(), ["https://issuer.example"]);
    for bad in ["http://issuer.example", "issuer.example", "ftp://localhost", ""] {
        assert!(names(bad).is_err(), "{bad}");
    }
}
