//! The images, without a container engine: the steps of their build run in a folder laid out as an image's root, on the
//! stand-ins for the providers; then a function starts from that layout with the environment the Dockerfile sets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use end_to_end::{Installation, binary, definition, run};
use reqwest::{Method, StatusCode};

const DOCKERFILE: &str = include_str!("../deploy/images/Dockerfile");
/// Where an image keeps what is not the function itself.
const ROOT: &str = "/opt/aipress";
const WITHOUT_TERRAFORM: [&str; 3] = ["get-tenant", "definition-changed", "check-drift"];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Its instructions, lines joined, by stage; and what each stage is made from.
fn stages() -> BTreeMap<String, (String, Vec<String>)> {
    let joined = DOCKERFILE.replace("\\\n", " ");
    let mut stages: BTreeMap<String, (String, Vec<String>)> = BTreeMap::new();
    let mut current = String::new();
    for line in joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["FROM", base, "AS", name] => {
                (*name).clone_into(&mut current);
                stages.insert(current.clone(), ((*base).to_owned(), Vec::new()));
            }
            _ => {
                stages.entry(current.clone()).or_default().1.push(line.to_owned());
            }
        }
    }
    stages
}

/// A stage's base and its base's, down to one that is not a stage.
fn ancestry(stages: &BTreeMap<String, (String, Vec<String>)>, name: &str) -> Vec<String> {
    std::iter::successors(stages.get_key_value(name).map(|(name, _)| name.clone()), |name| {
        stages.get(name).map(|(base, _)| base.clone()).filter(|base| stages.contains_key(base))
    })
    .collect()
}

#[test]
fn each_function_has_an_image_and_terraform_is_where_it_is_run() {
    let stages = stages();
    let mut functions: Vec<String> = std::fs::read_dir(repository().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with("-tenant") || WITHOUT_TERRAFORM.contains(&name.as_str()))
        .collect();
    functions.sort();
    assert!(functions.len() >= 7, "{functions:?}");
    for function in functions {
        let from = ancestry(&stages, &function);
        let with_terraform = from.contains(&"worker".to_owned());
        assert_eq!(with_terraform, !WITHOUT_TERRAFORM.contains(&function.as_str()), "{function}: {from:?}");
        assert_eq!(from.last().unwrap(), "reader", "{function}: nobody in particular, no shell");
        assert_eq!(stages[&function].1, [format!("COPY --from=build /out/{function} /function")]);
    }
    assert_eq!(stages["reader"].1, ["USER 65532:65532", r#"ENTRYPOINT ["/function"]"#]);
    let terraform_in: Vec<&String> = stages
        .iter()
        .filter(|(_, (_, lines))| lines.iter().any(|line| line.starts_with("COPY") && line.contains(ROOT)))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(terraform_in, ["terraform", "worker"]);
}

/// What the images that run Terraform set, with another root and another `/tmp`.
fn environment(root: &Path, tmp: &Path) -> Vec<(String, String)> {
    let stages = stages();
    let line = stages["worker"].1.iter().find_map(|line| line.strip_prefix("ENV ")).unwrap();
    let elsewhere = |value: &str| {
        let moved = [(ROOT, root), ("/tmp", tmp)]
            .into_iter()
            .find_map(|(at, to)| value.strip_prefix(at).map(|rest| format!("{}{rest}", to.display())));
        moved.expect("everything is under the root or under /tmp")
    };
    let pairs = line.split_whitespace().map(|pair| pair.split_once('=').unwrap());
    pairs.map(|(name, value)| (name.to_owned(), elsewhere(value))).collect()
}

/// Everything below a folder: paths, sizes, times, where links lead.
fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = std::fs::symlink_metadata(&path).unwrap();
        if meta.is_dir() {
            found.extend(tree(&path));
        }
        let link = std::fs::read_link(&path).ok();
        found.insert(path, format!("{} {:?} {link:?}", meta.len(), meta.modified().unwrap()));
    }
    found
}

/// As the stages `terraform` and `worker` leave it; the providers are the sandbox's, since these steps fetch the real ones.
async fn image(root: &Path) {
    let terraform = run("which", &["terraform"], root, &[]).await.stdout;
    let copied = |from: &Path, to: &str| {
        let to = root.join(to);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    };
    copied(Path::new(terraform.trim()), "bin/terraform");
    for entry in std::fs::read_dir(repository().join("terraform/tenant")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            copied(&path, &format!("module/{}", path.file_name().unwrap().to_str().unwrap()));
        }
    }
    sandbox_google_provider::install(&binary("sandbox-google-provider"), &root.join("build")).unwrap();
    std::fs::rename(root.join("build/mirror"), root.join("providers")).unwrap();
    // What the real build takes from the registry: versions and checksums.
    let scratch = root.join("build/scratch");
    std::fs::create_dir(&scratch).unwrap();
    std::fs::copy(repository().join("terraform/tenant/versions.tf"), scratch.join("versions.tf")).unwrap();
    std::fs::write(scratch.join("variables.tf"), "variable \"project\" {}\nvariable \"region\" {}\n").unwrap();
    let mirror = format!("-fs-mirror={}", root.join("providers").display());
    let locked = run("terraform", &["providers", "lock", &mirror, "-platform=linux_amd64"], &scratch, &[]).await;
    assert_eq!(locked.code, 0, "{}{}", locked.stdout, locked.stderr);
    std::fs::copy(scratch.join(".terraform.lock.hcl"), root.join("providers.lock.hcl")).unwrap();

    let prepare = binary("prepare-terraform");
    let steps = repository().join("deploy/images/steps");
    let environment = [("PREPARE", prepare.to_str().unwrap())];
    let prepared = run(steps.to_str().unwrap(), &["prepare", root.to_str().unwrap()], root, &environment).await;
    assert_eq!(prepared.code, 0, "{}{}", prepared.stdout, prepared.stderr);
    assert!(prepared.stdout.contains("the module is initialised"), "{}", prepared.stdout);
    assert!(!root.join("build").exists(), "nothing of the build stays");
}

#[tokio::test]
async fn a_function_starts_from_its_image_without_init_and_writes_nothing_into_it() {
    let cloud = Installation::new().await;
    let (root, tmp) = (cloud.folder().join("image"), cloud.folder().join("tmp"));
    std::fs::create_dir(&root).unwrap();
    std::fs::create_dir(&tmp).unwrap();
    image(&root).await;
    let before = tree(&root);

    let set = environment(&root, &tmp);
    let set: Vec<(&str, &str)> = set.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let create = cloud.start_with("create-tenant", &set).await;
    let folders = |at: &Path| -> Vec<String> {
        let entries = std::fs::read_dir(at).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(folders(&tmp.join("work")), ["runs"], "the prepared module fits: no init was made");
    let made = create.api.send(Method::POST, "/tenants", Some(&definition("acme", "")), &[]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert!(cloud.cloud().resources_of("acme").len() >= 6);
    create.terminate().await;
    let ended = create.ended().await;
    assert_eq!(ended.code, 0, "{}", ended.log);
    assert_eq!(tree(&root), before, "the root file system may be read-only");
}

#[tokio::test]
async fn a_build_that_lacks_something_says_what_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let prepare = binary("prepare-terraform");
    let ended = run(prepare.to_str().unwrap(), &[], folder.path(), &[]).await;
    assert_eq!(ended.code, 1, "{}", ended.stdout);
    for variable in ["AIPRESS_MODULE", "AIPRESS_WORK", "AIPRESS_PREPARED"] {
        assert!(ended.stdout.contains(&format!("{variable} is not set")), "{}", ended.stdout);
    }
    let steps = repository().join("deploy/images/steps");
    let ended = run(steps.to_str().unwrap(), &["bake"], folder.path(), &[]).await;
    assert_eq!(ended.code, 2, "{}", ended.stdout);
    assert!(ended.stderr.contains("steps prepare ROOT"), "{}", ended.stderr);
}
