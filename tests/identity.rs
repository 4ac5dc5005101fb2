//! Who may ask the functions, each a process of its own with the settings that the control plane gives it, and who is written
//! down as having asked.

use end_to_end::{Answer, Function, Installation, Issuer, definition};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const AUDIENCE: &str = "https://tenants.example.com";
const ADA: &str = "ada@example.com";
const EVE: &str = "eve@elsewhere.example";
const DEFINITIONS: &str = "e2e-definitions";

fn sender(of: &str) -> String {
    format!("aipress-send-{of}@aipress-control.iam.gserviceaccount.com")
}

/// Behind Cloud Run, which has verified the token.
fn fronted(callers: &str) -> [(&str, &str); 4] {
    [("AIPRESS_HOST", "0.0.0.0"), ("AIPRESS_AUTH", "iam"), ("AIPRESS_CALLERS", callers), ("K_SERVICE", "aipress")]
}

async fn ask(function: &Function, method: Method, path: &str, body: Option<&str>, token: Option<&str>) -> Answer {
    let bearer = token.map(|token| format!("Bearer {token}"));
    let headers: Vec<(&str, &str)> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
    function.api.send(method, path, body, &headers).await
}

/// The newest operation of a tenant.
async fn newest(get: &Function, tenant: &str, token: &str) -> Value {
    let operations = ask(get, Method::GET, &format!("/tenants/{tenant}/operations"), None, Some(token)).await;
    operations.body["items"][0].clone()
}

#[tokio::test]
async fn behind_cloud_run_callers_are_written_down_and_senders_kept_apart() {
    let (cloud, issuer) = (Installation::new().await, Issuer::start(AUDIENCE).await);
    let [events, tasks, sweep] = ["events", "tasks", "sweep"].map(sender);
    let (api, events_only, tasks_only, sweep_only) = (fronted("*"), fronted(&events), fronted(&tasks), fronted(&sweep));
    let (create, get, changed, reconcile, drift) = tokio::join!(
        cloud.start_with("create-tenant", &api),
        cloud.start_with("get-tenant", &api),
        cloud.start_with("definition-changed", &events_only),
        cloud.start_with("reconcile-tenant", &tasks_only),
        cloud.start_with("check-drift", &sweep_only),
    );
    let token = |email: &str| issuer.verified_token(email);
    let (acme, task) = (definition("acme", ""), r#"{"tenant": "acme"}"#);

    for (function, method, path, body) in [
        (&create, Method::POST, "/tenants", Some(acme.as_str())),
        (&get, Method::GET, "/tenants", None),
        (&changed, Method::POST, "/events", Some("{}")),
        (&changed, Method::POST, "/assets", Some("{}")),
        (&reconcile, Method::POST, "/tasks", Some(task)),
        (&drift, Method::POST, "/sweep", None),
    ] {
        for (case, token) in [("no token", None), ("no token's form", Some("canary"))] {
            let answer = ask(function, method.clone(), path, body, token).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}, {case}: {}", answer.text);
            assert_eq!(answer.body["reason"], "UNAUTHENTICATED", "{path}, {case}");
        }
        assert_eq!(function.api.get("/healthz").await.status, StatusCode::OK, "{path}: it is asked without a token");
    }
    assert_eq!(cloud.storage.list(DEFINITIONS, "").await, Vec::<String>::new(), "nothing of it was done");

    let made = ask(&create, Method::POST, "/tenants", Some(&acme), Some(&token(ADA))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let by_ada = newest(&get, "acme", &token(EVE)).await;
    assert_eq!((&by_ada["principal"], &by_ada["trigger"]), (&ADA.into(), &"Api".into()), "{by_ada}");

    // Each takes its own sender, and neither another one nor a caller of the API.
    for (function, path, body, stranger) in [
        (&changed, "/events", Some("{}"), tasks.as_str()),
        (&changed, "/assets", Some("{}"), ADA),
        (&reconcile, "/tasks", Some(task), events.as_str()),
        (&reconcile, "/tasks", Some(task), ADA),
        (&drift, "/sweep", None, tasks.as_str()),
    ] {
        let answer = ask(function, Method::POST, path, body, Some(&token(stranger))).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} by {stranger}: {}", answer.text);
        assert_eq!(answer.body["principal"], stranger, "{path}");
    }
    for (function, path, body, own, status) in [
        (&changed, "/events", Some("{}"), &events, StatusCode::NO_CONTENT),
        (&changed, "/assets", Some("You have successfully configured a feed"), &events, StatusCode::NO_CONTENT),
        (&drift, "/sweep", None, &sweep, StatusCode::OK),
    ] {
        let answer = ask(function, Method::POST, path, body, Some(&token(own))).await;
        assert_eq!(answer.status, status, "{path} by {own}: {}", answer.text);
    }

    let change = definition("acme", "runtime: {scaling: {maxInstances: 5}}");
    cloud.storage.upload(DEFINITIONS, "tenants/acme.yaml", change).await;
    let done = ask(&reconcile, Method::POST, "/tasks", Some(task), Some(&token(&tasks))).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    let by_sender = newest(&get, "acme", &token(ADA)).await;
    assert_eq!((&by_sender["principal"], &by_sender["trigger"]), (&tasks.into(), &"Task".into()), "{by_sender}");
}

#[tokio::test]
async fn tokens_of_an_issuer_are_verified_by_the_functions() {
    let (cloud, issuer) = (Installation::new().await, Issuer::start(AUDIENCE).await);
    let oidc = [
        ("AIPRESS_HOST", "0.0.0.0"),
        ("AIPRESS_AUTH", "oidc"),
        ("AIPRESS_AUTH_ISSUER", issuer.url()),
        ("AIPRESS_AUTH_AUDIENCES", AUDIENCE),
        ("AIPRESS_CALLERS", "ada@example.com,*@platform.example.com"),
    ];
    let (create, get) = tokio::join!(cloud.start_with("create-tenant", &oidc), cloud.start_with("get-tenant", &oidc));
    let good = issuer.token(ADA, &json!({}));

    // Many at once, and no key at hand yet.
    let many = futures::future::join_all((0..50).map(|_| ask(&get, Method::GET, "/tenants", None, Some(&good)))).await;
    assert!(many.iter().all(|answer| answer.status == StatusCode::OK));
    assert_eq!(issuer.asked(), 1, "and one of them asks for it");

    let impostor = Issuer::start(AUDIENCE).await;
    let acme = definition("acme", "");
    let past = 1_600_000_000;
    for (case, token, status, said) in [
        ("no token", None, 401, "carries no bearer token"),
        ("expired", Some(issuer.token(ADA, &json!({"exp": past}))), 401, "it has expired"),
        ("for others", Some(issuer.token(ADA, &json!({"aud": "https://example.com"}))), 401, "another audience"),
        ("another issuer", Some(impostor.token(ADA, &json!({}))), 401, "signature is not its key's"),
        ("another key", Some(impostor.token(ADA, &json!({"iss": issuer.url()}))), 401, "signature is not its key's"),
        ("a key nobody knows", Some(issuer.token_of_unknown_key(ADA)), 401, "no key of that id"),
        ("another's name", Some(issuer.token(ADA, &json!({"iss": impostor.url()}))), 401, "another issuer made it"),
        ("unsigned", Some(issuer.unsigned_token(ADA)), 401, "that can be read"),
        ("as behind Cloud Run", Some(issuer.verified_token(ADA)), 401, "the bearer token"),
        ("not named", Some(issuer.token(EVE, &json!({}))), 403, "'eve@elsewhere.example' may not do this"),
    ] {
        let answer = ask(&create, Method::POST, "/tenants", Some(&acme), token.as_deref()).await;
        assert_eq!(answer.status, status, "{case}: {}", answer.text);
        assert!(answer.body["detail"].as_str().unwrap().contains(said), "{case}: {}", answer.text);
    }
    assert_eq!(cloud.storage.list(DEFINITIONS, "").await, Vec::<String>::new(), "nothing of it was done");
    assert_eq!(create.api.get("/healthz").await.status, StatusCode::OK);

    let bob = "bob@platform.example.com";
    let made = ask(&create, Method::POST, "/tenants", Some(&acme), Some(&issuer.token(bob, &json!({})))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(newest(&get, "acme", &good).await["principal"], bob);
}

#[tokio::test]
async fn nobody_is_let_in_unasked_from_outside_this_machine() {
    let cloud = Installation::new().await;
    let mut environment = cloud.environment().clone();
    environment.insert("AIPRESS_HOST".to_owned(), "0.0.0.0".to_owned());
    let ended = cloud.refused("get-tenant", &environment).await;
    assert_eq!(ended.code, 1, "{}", ended.log);
    assert!(ended.log.contains("AIPRESS_AUTH is 'none', which is for loopback addresses only"), "{}", ended.log);
}
