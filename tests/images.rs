//! The images, without a container engine: the steps of their build run in a folder laid out as an image's root, on the
//! stand-ins for the providers; then a function starts from that layout with the environment the Dockerfile sets.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use end_to_end::{Installation, binary, definition, run};
use reqwest::{Method, StatusCode};

const DOCKERFILE: &str = include_str!("../deploy/images/Dockerfile");
/// Where an image keeps what is not the function itself.
const ROOT: &str = "/opt/aipress";
const WITHOUT_TERRAFORM: [&str; 4] = ["get-tenant", "definition-changed", "check-drift", "install-plugins"];

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
            // What stands before the first stage is arguments.
            _ => stages.get_mut(&current).into_iter().for_each(|(_, lines)| lines.push(line.to_owned())),
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

/// Archives, laid out and named as `terraform providers mirror` does it.
async fn pack(mirror: &Path, packed: &Path) {
    for (path, _) in tree(mirror) {
        let Some(version) = path.strip_prefix(mirror).unwrap().parent().and_then(Path::parent) else { continue };
        if !path.is_file() {
            continue;
        }
        let kind = version.parent().unwrap();
        let (name, number) =
            (kind.file_name().unwrap().to_str().unwrap(), version.file_name().unwrap().to_str().unwrap());
        let folder = packed.join(kind);
        std::fs::create_dir_all(&folder).unwrap();
        let archive = folder.join(format!("terraform-provider-{name}_{number}_linux_amd64.zip"));
        let arguments = ["-m", "zipfile", "-c", archive.to_str().unwrap(), path.to_str().unwrap()];
        let made = run("python3", &arguments, packed, &[]).await;
        assert_eq!(made.code, 0, "{}", made.stderr);
    }
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
    let steps = repository().join("deploy/images/steps");
    let steps = steps.to_str().unwrap();
    pack(&root.join("build/mirror"), &root.join("build/packed")).await;
    let providers = root.join("providers");
    let paths = [root.join("build/packed"), providers.clone()].map(|path| path.to_str().unwrap().to_owned());
    let unpacked = run(steps, &["unpack", &paths[0], &paths[1]], root, &[]).await;
    assert_eq!(unpacked.code, 0, "{}{}", unpacked.stdout, unpacked.stderr);
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
    let environment = [("PREPARE", prepare.to_str().unwrap())];
    let prepared = run(steps, &["prepare", root.to_str().unwrap()], root, &environment).await;
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

/// What a container engine does for the release, kept in a folder: images by name, their digests once they are pushed.
const DOCKER: &str = r#"#!/bin/sh
set -eu
last() { for argument; do :; done; printf '%s' "$argument"; }
file() { printf '%s/%s' "$IMAGES" "$(printf '%s' "$1" | tr '/:' '__')"; }
case $1 in
    build)
        shift
        target=whole
        while [ $# -gt 0 ]; do
            case $1 in
                --target) target=$2; shift ;;
                --tag) tag=$2; shift ;;
            esac
            shift
        done
        printf '%s' "$target" >"$(file "$tag")"
        ;;
    push) name=$(last "$@"); printf '%s@sha256:%s' "${name%:*}" "$(sha256sum "$(file "$name")" | cut -c1-64)" >"$(file "$name").digest" ;;
    inspect) printf 'elsewhere/image@sha256:0\n%s\n' "$(cat "$(file "$(last "$@")").digest")" ;;
    *) exit 1 ;;
esac
"#;

#[tokio::test]
async fn a_release_names_every_function_by_the_digest_that_was_pushed() {
    let folder = tempfile::tempdir().unwrap();
    let (programs, kept) = (folder.path().join("bin"), folder.path().join("images"));
    std::fs::create_dir(&programs).unwrap();
    std::fs::create_dir(&kept).unwrap();
    std::fs::write(programs.join("docker"), DOCKER).unwrap();
    std::fs::set_permissions(programs.join("docker"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let usual = run("printenv", &["PATH"], folder.path(), &[]).await.stdout;
    let path = format!("{}:{}", programs.display(), usual.trim());
    let environment = [("PATH", path.as_str()), ("IMAGES", kept.to_str().unwrap())];
    let publish = repository().join("deploy/images/publish");
    let file = folder.path().join("images.tfvars.json");
    let arguments = ["registry.example/project/aipress", "a-tag", file.to_str().unwrap()];
    let ended = run(publish.to_str().unwrap(), &arguments, folder.path(), &environment).await;
    assert_eq!(ended.code, 0, "{}{}", ended.stdout, ended.stderr);

    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let images = written["images"].as_object().unwrap();
    let stages = stages();
    let functions: Vec<&String> =
        stages.keys().filter(|name| ancestry(&stages, name).len() > 1 && *name != "worker").collect();
    assert_eq!(images.keys().collect::<Vec<_>>(), functions);
    for (name, image) in images {
        let image = image.as_str().unwrap();
        assert!(image.starts_with(&format!("registry.example/project/aipress/{name}@sha256:")), "{image}");
    }
    assert!(ended.stdout.lines().last().unwrap().contains("/pipeline@sha256:"), "{}", ended.stdout);
}
