//! The guide for Google Cloud: what of it can be typed here is typed as written, its variables are the module's, and its sums
//! are right.

use std::path::{Path, PathBuf};

use end_to_end::{ControlPlane, Finished, Options, binary, installed, run};
use serde_json::Value;

const GUIDE: &str = include_str!("../deploy/README.md");

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// The blocks of a language in a section, in their order.
fn blocks(section: &str, language: &str) -> Vec<String> {
    let heading = |line: &str| line.starts_with("## ") || line.starts_with("### ");
    let lines = GUIDE.lines().skip_while(|line| !(heading(line) && line.ends_with(section))).skip(1);
    let text: Vec<&str> = lines.take_while(|line| !heading(line)).collect();
    assert!(!text.is_empty(), "no section {section}");
    let (mut blocks, mut open) = (Vec::new(), None::<(usize, Vec<&str>)>);
    for line in text {
        let indent = line.len() - line.trim_start().len();
        match (line.trim_start().strip_prefix("```"), open.as_mut()) {
            (Some(found), None) if found == language => open = Some((indent, Vec::new())),
            (Some(_), Some(_)) => blocks.extend(open.take().map(|(_, lines)| lines.join("\n"))),
            // What stands in a list is indented with it.
            (None, Some((indent, lines))) => lines.push(line.get(*indent..).unwrap_or_default()),
            _ => {}
        }
    }
    blocks
}

/// Where Google's own program is not installed, curl does what the guide's two commands do.
const GCLOUD: &str = r#"
gcloud() {
    local bucket name
    [ "$1 $2" = "storage ls" ] || [ "$1 $2" = "storage cp" ] || { echo "not here: gcloud $*" >&2; return 1; }
    bucket=${3#gs://} name=${3#gs://*/}
    bucket=${bucket%%/*}
    if [ "$2" = ls ]; then
        curl -fsS "$STORAGE/storage/v1/b/$bucket/o?prefix=${name%%\**}" |
            jq -r --arg end "${name##*\*}" '.items[] | select(.name | endswith($end)) | "gs://\(.bucket)/\(.name)"'
    else
        curl -fsS "$STORAGE/storage/v1/b/$bucket/o/$(jq -rn --arg name "$name" '$name | @uri')?alt=media" -o "$4"
    fi
}
"#;

/// Somebody in the repository's folder, or what looks like it.
struct Operator {
    plane: ControlPlane,
    folder: tempfile::TempDir,
}

impl Operator {
    async fn new() -> Self {
        let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
        let folder = tempfile::TempDir::new().unwrap();
        std::os::unix::fs::symlink(repository().join("terraform"), folder.path().join("terraform")).unwrap();
        Self { plane, folder }
    }

    async fn types(&self, block: &str) -> Finished {
        let programs = binary("tenantctl").parent().unwrap().to_owned();
        let usual = run("printenv", &["PATH"], self.folder.path(), &[]).await.stdout;
        let path = format!("{}:{}", programs.display(), usual.trim());
        let storage = self.plane.storage.endpoint();
        let endpoint = format!("{storage}/storage/v1/");
        let (provider, cloud) = (self.plane.folder().join("provider/terraform.rc"), self.plane.folder().join("cloud"));
        let environment = [
            ("PATH", path.as_str()),
            ("TENANTS_URL", self.plane.api.url()),
            ("STORAGE", storage),
            ("CONTROL", "aipress-sandbox"),
            ("TF_CLI_CONFIG_FILE", provider.to_str().unwrap()),
            ("SANDBOX_CLOUD_DIR", cloud.to_str().unwrap()),
            ("GOOGLE_OAUTH_ACCESS_TOKEN", "fake"),
            ("GOOGLE_BACKEND_STORAGE_CUSTOM_ENDPOINT", endpoint.as_str()),
            ("CHECKPOINT_DISABLE", "1"),
            ("CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE", endpoint.as_str()),
            ("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "true"),
            ("CLOUDSDK_CORE_DISABLE_PROMPTS", "true"),
        ];
        let gcloud = if installed("gcloud") { "" } else { GCLOUD };
        let script = format!("set -euo pipefail\n{gcloud}\n{block}");
        let ended = run("bash", &["-c", &script], self.folder.path(), &environment).await;
        assert_eq!(ended.code, 0, "{block}\n{}\n{}", ended.stdout, ended.stderr);
        ended
    }

    async fn most(&self) -> Value {
        let tenant = self.plane.get("/tenants/acme").await.body;
        tenant["spec"]["runtime"]["scaling"]["maxInstances"].clone()
    }
}

#[tokio::test]
async fn a_tenant_from_its_first_day_to_its_restoration_and_a_person_with_plain_terraform() {
    let operator = Operator::new().await;
    let first = blocks("4. The first tenant", "sh");
    let made = operator.types(&first[1]).await;
    assert!(made.stdout.contains("acme (new)") && made.stdout.contains("created"), "{}", made.stdout);
    assert!(made.stdout.contains(r#""phase": "Ready""#) && made.stdout.contains("https://wp-acme-"), "{}", made.stdout);

    let file = operator.folder.path().join("acme.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("maxInstances: 3", "maxInstances: 5")).unwrap();
    let upgraded = operator.types(&blocks("Upgrade", "sh")[0]).await;
    assert!(upgraded.stdout.contains("1 to update") && upgraded.stdout.contains("updated"), "{}", upgraded.stdout);
    assert_eq!(operator.most().await, 5);
    operator.types(&blocks("Roll back", "sh")[0]).await;
    assert_eq!(operator.most().await, 3);

    let elsewhere = "sed -i 's/^spec:/spec:\\n  database: {tier: premium}/' acme.yaml; ! tenantctl apply acme.yaml";
    let held = operator.types(elsewhere).await;
    assert!(held.stdout.contains("HELD"), "{}", held.stdout);
    operator.types(&blocks("What is held", "sh")[0]).await;
    assert!(operator.plane.cloud().read("google_sql_database", "acme").to_string().contains("premium-1"));

    operator.types("tenantctl delete acme --yes").await;
    assert!(operator.plane.cloud().resources_of("acme").is_empty());
    let restored = operator.types(&blocks("Restore a deleted tenant", "sh")[1]).await;
    assert!(restored.stdout.contains("graveyard/acme/"), "{}", restored.stdout);
    assert_eq!(operator.most().await, 5, "as the file had it that was let through");
    assert!(!operator.plane.cloud().resources_of("acme").is_empty());

    let glass = blocks("Break glass", "sh");
    let planned = operator.types(&glass[0]).await;
    assert!(planned.stdout.contains("No changes."), "{}", planned.stdout);
    operator.types(&glass[1]).await;
}

/// The guide's variables are inputs of the module, every one it needs is among them, and they can be planned.
#[tokio::test]
async fn the_control_plane_can_be_planned_with_the_guides_variables() {
    let folder = tempfile::TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let module = repository().join("terraform/control-plane");
    for entry in std::fs::read_dir(module).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, at(path.file_name().unwrap().to_str().unwrap())).unwrap();
        }
    }
    std::fs::write(at("backend_override.tf"), "terraform {\n  backend \"local\" {}\n}\n").unwrap();
    std::fs::write(at("installation.auto.tfvars.json"), &blocks("3. The control plane", "json")[0]).unwrap();
    let full =
        std::fs::read_to_string(repository().join("terraform/control-plane/tests/inputs/full.tfvars.json")).unwrap();
    let images = serde_json::from_str::<Value>(&full).unwrap()["images"].clone();
    std::fs::write(at("images.auto.tfvars.json"), serde_json::json!({"images": images}).to_string()).unwrap();
    let elsewhere = tempfile::TempDir::new().unwrap();
    let config = sandbox_google_provider::install(&binary("sandbox-google-provider"), elsewhere.path()).unwrap();
    std::fs::create_dir(elsewhere.path().join("cloud")).unwrap();
    let cloud = elsewhere.path().join("cloud");
    let environment =
        [("TF_CLI_CONFIG_FILE", config.to_str().unwrap()), ("SANDBOX_CLOUD_DIR", cloud.to_str().unwrap())];
    for arguments in [&["init", "-input=false"][..], &["plan", "-input=false", "-no-color"]] {
        let ended = run("terraform", arguments, folder.path(), &environment).await;
        assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);
        // A variable the module does not know is only warned of.
        assert!(!ended.stdout.contains("undeclared variable"), "{}", ended.stdout);
        if arguments[0] == "plan" {
            assert!(ended.stdout.contains("api_address"), "the guide points the domain there: {}", ended.stdout);
        }
    }
}

/// `2 × 3 + 4`, products first.
fn value(arithmetic: &str) -> f64 {
    let product = |term: &str| term.split('×').map(|factor| factor.trim().parse::<f64>().unwrap()).product::<f64>();
    arithmetic.split('+').map(product).sum()
}

#[test]
fn its_sums_are_right() {
    let mut checked = 0;
    for line in GUIDE.lines() {
        let [what, arithmetic, result] = line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            continue;
        };
        let is_sum = |text: &str| text.contains(['×', '+']) && text.chars().all(|c| "0123456789.×+ ".contains(c));
        if !is_sum(arithmetic) {
            continue;
        }
        let places = result.split_once('.').map_or(0, |(_, places)| places.len());
        assert_eq!(format!("{:.places$}", value(arithmetic)), result, "{what}");
        checked += 1;
    }
    assert_eq!(checked, 18, "every line of the two tables");
}
