//! More than there is room for: a flood on one tenant that is slow, a flood over very many, and bodies that trickle in. Each is
//! cut off with a word when to come back, and everybody else goes on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use end_to_end::{Answer, ControlPlane, Function, Installation, Issuer, Options, definition};
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_on_a_slow_tenant_is_cut_off_and_the_others_go_on() {
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("  runs: 4", "  runs: 2\n  requestsPerTenant: 10\n  waitSeconds: 2");
    assert_ne!(local, platform);
    let plane = Arc::new(ControlPlane::start_with(Options { platform: Some(platform), ..Options::default() }).await);
    let made = plane.create(&definition("slow", "")).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let faults =
        r#"[{"type": "google_cloud_run_v2_service", "op": "update", "name": "slow", "delayMs": 20000, "times": 1}]"#;
    std::fs::write(plane.folder().join("cloud/faults.json"), faults).unwrap();

    let began = Instant::now();
    let mut flood = JoinSet::new();
    for most in 1..=60 {
        let plane = Arc::clone(&plane);
        let change = definition("slow", &format!("runtime: {{scaling: {{maxInstances: {most}}}}}"));
        flood.spawn(async move { plane.update("slow", &change).await });
    }
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    while let Some(answer) = flood.join_next().await {
        let answer = answer.unwrap();
        *answers.entry(answer.status.as_u16()).or_default() += 1;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            assert_eq!(answer.body["reason"], "TENANT_CROWDED", "{}", answer.text);
            assert!(answer.body["retryAfterSeconds"].as_u64() >= Some(1), "{}", answer.text);
        }
        // The first one's run is long; the flood does not make others of the same tenant wait for it.
        if answers.values().sum::<usize>() == 59 {
            for id in ["acme", "globex", "initech"] {
                let made = plane.create(&definition(id, "")).await;
                assert!([201, 202].contains(&made.status.as_u16()), "{}", made.text);
            }
            assert!(began.elapsed() < Duration::from_mins(1), "others waited: {:?}", began.elapsed());
        }
    }
    assert!(answers.keys().all(|status| [200, 202, 429].contains(status)), "{answers:?}");
    assert!(answers[&429] > 0, "{answers:?}");
    for id in ["acme", "globex", "initech"] {
        plane.until_phase(id, "Ready").await;
    }
    // What was taken last is what it is in the end.
    let tenant = plane
        .until("slow", "is as defined", |tenant| {
            tenant["status"]["phase"] == "Ready"
                && tenant["status"]["observedGeneration"] == tenant["metadata"]["generation"]
        })
        .await;
    let service = plane.cloud().read("google_cloud_run_v2_service", "slow");
    let wanted = &tenant["spec"]["runtime"]["scaling"]["maxInstances"];
    assert_eq!(&service["template"][0]["scaling"][0]["max_instance_count"], wanted);
}

/// A program that creates very many tenants at once, each definition larger than they are.
const FLOOD: usize = 150;
const LARGE: usize = 16 * 1024;

async fn create(function: &Function, token: &str, id: &str) -> Answer {
    let definition = format!("{}#{}\n", definition(id, ""), "x".repeat(LARGE));
    let bearer = format!("Bearer {token}");
    function.api.send(Method::POST, "/tenants", Some(&definition), &[("authorization", &bearer)]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_over_very_many_tenants_leaves_room_for_a_person() {
    let (cloud, issuer) = (Installation::new().await, Issuer::start("https://tenants.example.com").await);
    let local = include_str!("../deploy/local/platform.yaml");
    let platform = local.replace("  runs: 4", "  runs: 2\n  requests: 16\n  waitSeconds: 2");
    assert_ne!(local, platform);
    let settings = cloud.folder().join("platform.yaml");
    std::fs::write(&settings, platform).unwrap();
    let environment = [
        ("AIPRESS_AUTH", "iam"),
        ("AIPRESS_CALLERS", "*"),
        ("K_SERVICE", "aipress"),
        ("AIPRESS_PLATFORM", settings.to_str().unwrap()),
    ];
    let function = Arc::new(cloud.start_with("create-tenant", &environment).await);
    let [program, person] = ["ci@example.com", "ada@example.com"].map(|email| issuer.verified_token(email));

    let mut flood = JoinSet::new();
    for number in 0..FLOOD {
        let (function, program) = (Arc::clone(&function), program.clone());
        flood.spawn(async move { create(&function, &program, &format!("flooded-{number}")).await });
    }
    let mut answers: BTreeMap<u16, usize> = BTreeMap::new();
    let mut asked = None;
    while let Some(answer) = flood.join_next().await {
        let answer = answer.unwrap();
        *answers.entry(answer.status.as_u16()).or_default() += 1;
        if answer.status != StatusCode::SERVICE_UNAVAILABLE {
            continue;
        }
        assert_eq!(answer.body["reason"], "BUSY", "{}", answer.text);
        assert!(answer.body["retryAfterSeconds"].as_u64() >= Some(1), "{}", answer.text);
        // There is no room for the flood any more; a person comes now, and only once.
        if asked.is_none() {
            let began = Instant::now();
            let quiet = create(&function, &person, "quiet").await;
            assert!([201, 202].contains(&quiet.status.as_u16()), "{}", quiet.text);
            asked = Some(began.elapsed());
        }
    }
    assert!(answers.keys().all(|status| [201, 202, 503].contains(status)), "{answers:?}");
    assert!(answers[&503] > FLOOD / 2, "{answers:?}");
    assert!(asked.is_some_and(|wait| wait < Duration::from_secs(30)), "a person waited {asked:?}");
    let peak = function.peak_memory();
    assert!(peak < 100, "{peak} MiB");
}

#[tokio::test]
async fn a_body_that_trickles_into_a_function_is_given_up() {
    let cloud = Installation::new().await;
    let changed = cloud.start_with("definition-changed", &[("AIPRESS_BODY_SECONDS", "1")]).await;
    let address = changed.api.url().trim_start_matches("http://");
    let (mut reading, mut writing) = TcpStream::connect(address).await.unwrap().into_split();
    writing.write_all(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n").await.unwrap();
    tokio::spawn(async move {
        while writing.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut answer = Vec::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), reading.read_to_end(&mut answer)).await;
    closed.expect("the connection is still open").unwrap_or_default();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("BODY_TOO_SLOW"), "{answer}");
    assert_eq!(changed.api.get("/healthz").await.status, StatusCode::OK);
}
