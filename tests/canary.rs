//! A secret put through every channel appears nowhere: a search by bytes over everything that is kept, in every form that
//! secrets travel in.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use end_to_end::{
    Answer, ControlPlane, Installation, Kept, Options, base64, definition, forms_of_secret, watch_processes,
};
use reqwest::{Method, StatusCode};
use sandbox_google_provider::cloud::{Cloud, Object, Sealed};
use sandbox_google_provider::kinds::open_secret;

const CANARY: &str = "k4nari-v0gel-9b1c7f20";

#[tokio::test]
async fn a_plain_secret_is_refused_and_never_repeated() {
    let plane = ControlPlane::start().await;
    let with =
        |value: &str| definition("acme", &format!("runtime: {{environmentVariables: {{SMTP_PASSWORD: \"{value}\"}}}}"));
    let refused = plane.create(&with(CANARY)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("secretVariables"), "{}", refused.text);
    assert!(!refused.text.contains(CANARY));
    // Uploaded past the API, it is in the bucket because its owner put it there, and nowhere else.
    plane.upload("acme", &with(CANARY)).await;
    let tenant = plane.until_phase("acme", "Invalid").await;
    assert!(!tenant["status"].to_string().contains(CANARY));
    plane.remove_upload("acme").await;
    plane.until_gone("acme").await;
    let kept = Kept::below(plane.folder());
    let holders = kept.holding(CANARY);
    assert!(
        holders.iter().all(|file| file.starts_with(plane.folder().join("buckets/aipress-sandbox-definitions"))),
        "{holders:?}"
    );
}

/// A tenant's whole life under a control plane, with a secret in everything that is sent to it and said to it.
struct Life {
    plane: ControlPlane,
    /// Everything that was answered.
    heard: String,
}

const IN_HEADER: &str = "k4nari-h3ader-5d0c1e77";
const IN_QUERY: &str = "k4nari-qu3ry-0f4b2a91";
const IN_LIST: &str = "ghp_k4nariL1st00000000000000000000000000";
const IN_LABEL: &str = "AKIAK4NARILABEL00001";
const REFERRED_TO: &str = "k4nari-smtp-2c88b1d3";
const IN_PLACE_OF_A_REFERENCE: &str = "k4nari-pl4in-90ab47e1";
const BY_THE_CLOUD: &str = "k4nari-cl0ud-7e31c6aa";

impl Life {
    async fn begin() -> Self {
        let local = include_str!("../deploy/local/platform.yaml");
        let platform = local.replace("intervalSeconds: 60", "intervalSeconds: 0");
        assert_ne!(local, platform, "a drift check is due at every sweep");
        // Without events: what each request comes to is its own doing.
        let options = Options { events: false, platform: Some(platform), ..Options::default() };
        let plane = ControlPlane::start_with(options).await;
        Self { plane, heard: String::new() }
    }

    async fn ask(&mut self, method: Method, path: &str, body: Option<&str>) -> Answer {
        let (basic, bearer) =
            (format!("Basic {}", base64(format!("ann:{IN_HEADER}").as_bytes())), format!("Bearer {IN_HEADER}"));
        let credentials = if method == Method::GET { basic } else { bearer };
        let headers = [("authorization", credentials.as_str()), ("x-api-key", IN_HEADER), ("cookie", IN_HEADER)];
        let answer = self.plane.send(method, path, body, &headers).await;
        self.heard.push_str(&answer.text);
        answer
    }

    /// The next calls of this kind fail, and what is said of it quotes a request with a secret.
    fn fail(&self, kind: &str, op: &str, error: &str) {
        let faults = serde_json::json!([{"type": kind, "op": op, "times": 1, "error": error}]);
        std::fs::write(self.plane.folder().join("cloud/faults.json"), faults.to_string()).unwrap();
    }

    async fn is(&mut self, method: Method, path: &str, body: Option<&str>, status: u16) {
        let answer = self.ask(method.clone(), path, body).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}: {}", answer.text);
    }

    async fn live(&mut self) {
        let (all, acme) = ("/tenants", "/tenants/acme");
        let changed = |spec: &str| definition("acme", spec);
        self.is(Method::POST, all, Some(&changed("")), 201).await;
        keep_secret(self.plane.folder(), "smtp", REFERRED_TO);
        let referring = |to: &str| changed(&format!("runtime: {{secretVariables: {{SMTP_PASSWORD: \"{to}\"}}}}"));
        self.is(Method::PUT, acme, Some(&referring("projects/aipress-sandbox/secrets/smtp/versions/1")), 200).await;
        self.is(Method::PUT, acme, Some(&referring(IN_PLACE_OF_A_REFERENCE)), 422).await;
        self.is(Method::PUT, acme, Some(&changed("runtime: {scaling: {maxInstances: 4}}")), 200).await;

        self.is(Method::PUT, acme, Some(&changed(&format!("runtime: {{image: \"{IN_LABEL}\"}}"))), 422).await;
        let labelled = changed("").replace("name: acme", &format!("name: acme\n  labels: {{{IN_LABEL}: {IN_LABEL}}}"));
        self.is(Method::PUT, acme, Some(&labelled), 422).await;
        self.is(Method::GET, &format!("{all}?token={IN_QUERY}"), None, 400).await;
        self.is(Method::GET, &format!("{all}?pageToken={IN_QUERY}"), None, 400).await;

        self.plane.cloud().edit("google_cloud_run_v2_service", "acme", |service| {
            *service.pointer_mut("/template/0/scaling/0/max_instance_count").unwrap() = 77.into();
        });
        self.plane.sweep().await;
        let drifted = |tenant: &serde_json::Value| tenant["status"]["drift"]["found"][0]["sightings"] == 1;
        self.heard.push_str(&self.plane.until("acme", "drifted", drifted).await.to_string());

        let quoted = format!(
            "googleapi: Error 400: {{\"password\": \"{BY_THE_CLOUD}\"}}\nPOST /users?access_token={BY_THE_CLOUD}&alt=json\n\
             Authorization: Bearer {BY_THE_CLOUD}\nfrom https://ann:{BY_THE_CLOUD}@cloud.example/v1"
        );
        self.fail("google_cloud_run_v2_service", "update", &quoted);
        let failed = self.ask(Method::PUT, acme, Some(&changed("runtime: {scaling: {maxInstances: 5}}"))).await;
        assert_eq!(failed.body["reason"], "APPLY_FAILED", "{}", failed.text);
        assert!(failed.text.contains("googleapi: Error 400"), "what was said is told: {}", failed.text);

        let list = format!("- name: {IN_LIST}\n- name: hello-dolly\n  version: {IN_LIST}\n");
        self.plane.storage.upload("initech-config", "list.yaml", list).await;
        let by_reference = changed("plugins: {pluginsYamlGcsUri: \"gs://initech-config/list.yaml\"}");
        let refused = self.ask(Method::PUT, acme, Some(&by_reference)).await;
        assert!(!refused.status.is_success(), "{}", refused.text);
        self.is(Method::PUT, acme, Some(&changed("")), 200).await;

        self.is(Method::DELETE, acme, None, 200).await;
        self.is(Method::POST, "/tenants/acme/undelete", None, 200).await;
        for operation in self.plane.ended_operations("acme").await {
            self.heard.push_str(&operation.to_string());
            let log = format!("/tenants/acme/operations/{}/log", operation["id"].as_str().unwrap());
            self.ask(Method::GET, &log, None).await;
        }
        for path in [acme, "/tenants/acme/definitions", "/fleet/drift", all] {
            self.is(Method::GET, path, None, 200).await;
        }
    }
}

#[tokio::test]
async fn a_whole_life_leaves_no_secret_behind() {
    let mut life = Life::begin().await;
    let mut seen = BTreeSet::new();
    tokio::select! {
        () = life.live() => {}
        () = watch_processes(&mut seen, &["cmdline", "environ"]) => unreachable!("they are watched for ever"),
    }
    let Life { plane, heard } = life;
    let password = secret(plane.folder(), "wp-acme-db");
    assert!(password.len() > 16, "there is a password to look for");
    assert_eq!(secret(plane.folder(), "smtp"), REFERRED_TO);
    // Where its owner put it: the list in its bucket, and the cloud's own fault.
    let own = [plane.folder().join("buckets/initech-config"), plane.folder().join("cloud/faults.json")];
    let mut kept = Kept::below(plane.folder());
    kept.forget(|file| own.iter().any(|own| file.starts_with(own)));
    let sent = [IN_HEADER, IN_QUERY, IN_LIST, IN_LABEL, IN_PLACE_OF_A_REFERENCE];
    for secret in sent.into_iter().chain([REFERRED_TO, BY_THE_CLOUD, &password]) {
        for form in forms_of_secret(secret) {
            assert_eq!(kept.holding(&form), Vec::<&PathBuf>::new(), "{form}");
            assert!(!heard.contains(&form), "{form} was answered");
            let told: Vec<&String> = seen.iter().filter(|list| list.contains(&form)).collect();
            assert_eq!(told, Vec::<&String>::new(), "{form} is on an argument list, or in an environment");
        }
    }
}

/// The provider's credentials, quoted by the provider itself in what it says of a failure.
#[tokio::test]
async fn credentials_that_a_provider_repeats_are_kept_nowhere() {
    let cloud = Installation::new().await;
    let key = format!("{{\"type\": \"service_account\", \"private_key\": \"{CANARY}/+=\"}}");
    let environment = [("GOOGLE_OAUTH_ACCESS_TOKEN", CANARY), ("GOOGLE_CREDENTIALS", key.as_str())];
    let create = cloud.start_with("create-tenant", &environment).await;
    let said = forms_of_secret(CANARY).into_iter().chain(forms_of_secret(&key)).collect::<Vec<_>>().join(" then ");
    let faults =
        serde_json::json!([{"type": "google_sql_user", "op": "create", "error": format!("Error 403: {said}")}]);
    std::fs::write(cloud.folder().join("cloud/faults.json"), faults.to_string()).unwrap();
    let failed = create.api.send(Method::POST, "/tenants", Some(&definition("acme", "")), &[]).await;
    assert_eq!(failed.body["reason"], "APPLY_FAILED", "{}", failed.text);
    assert!(failed.text.contains("Error 403"), "{}", failed.text);
    let mut kept = Kept::below(cloud.folder());
    kept.forget(|file| file.ends_with("cloud/faults.json"));
    for form in forms_of_secret(CANARY).into_iter().chain(forms_of_secret(&key)) {
        assert!(!failed.text.contains(&form), "{form}: {}", failed.text);
        assert_eq!(kept.holding(&form), Vec::<&PathBuf>::new(), "{form}");
    }
}

const PROJECT: &str = "aipress-sandbox";

/// What the sandbox's cloud keeps sealed.
fn secret(folder: &Path, name: &str) -> String {
    let cloud = Cloud::open(folder.join("cloud")).unwrap();
    let fields = [("project", PROJECT), ("secret", name)].map(|(name, value)| (name.to_owned(), value.into()));
    let opened = open_secret(&cloud, &fields.into_iter().collect(), None).unwrap();
    opened["secret_data"].as_str().unwrap().to_owned()
}

/// Keeps a secret there, as somebody would before a definition refers to it.
fn keep_secret(folder: &Path, name: &str, payload: &str) {
    let cloud = Cloud::open(folder.join("cloud")).unwrap();
    let parent = format!("projects/{PROJECT}/secrets/{name}");
    let version = format!("{parent}/versions/1");
    let Sealed(sealed) = cloud.seal(&version, payload).unwrap();
    let own = |name: &str, value: serde_json::Value| Object {
        own: [(name.to_owned(), value)].into_iter().collect(),
        ..Object::default()
    };
    cloud.create("google_secret_manager_secret", &parent, &own("versions", 1.into())).unwrap();
    cloud.create("google_secret_manager_secret_version", &version, &own("payload", sealed.into())).unwrap();
}

#[tokio::test]
async fn an_address_with_a_password_is_refused_and_not_repeated() {
    let cloud = Installation::new().await;
    let mut environment = cloud.environment().clone();
    environment.insert("AIPRESS_PLUGIN_DOWNLOADS".to_owned(), format!("https://ann:{CANARY}@mirror.example"));
    let ended = cloud.refused("create-tenant", &environment).await;
    assert_ne!(ended.code, 0);
    assert!(ended.log.contains("AIPRESS_PLUGIN_DOWNLOADS") && !ended.log.contains(CANARY), "{}", ended.log);
}

#[tokio::test]
async fn no_secret_is_on_the_argument_list_of_any_process() {
    let cloud = Installation::new().await;
    let environment = [("GOOGLE_OAUTH_ACCESS_TOKEN", CANARY)];
    let create = cloud.start_with("create-tenant", &environment).await;
    let slowly = r#"[{"type": "google_sql_user", "op": "create", "delayMs": 1500, "times": 1}]"#;
    std::fs::write(cloud.folder().join("cloud/faults.json"), slowly).unwrap();
    let acme = definition("acme", "");
    let mut seen = BTreeSet::new();
    let made = tokio::select! {
        made = create.api.send(Method::POST, "/tenants", Some(&acme), &[]) => made,
        () = watch_processes(&mut seen, &["cmdline"]) => unreachable!("they are watched for ever"),
    };
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    for program in ["terraform apply", "terraform-provider-google"] {
        assert!(seen.iter().any(|list| list.contains(program)), "'{program}' was not seen: {seen:?}");
    }
    let password = secret(cloud.folder(), "wp-acme-db");
    for secret in [CANARY, &password] {
        let holders: Vec<&String> = seen.iter().filter(|list| list.contains(secret)).collect();
        assert_eq!(holders, Vec::<&String>::new());
    }
}
