//! The pipeline of a definitions repository: the steps of its workflows and builds, run as they stand there, on a real
//! repository with a remote, against a real control plane.

use std::path::{Path, PathBuf};

use end_to_end::{Client, ControlPlane, Finished, GitHub, Options, binary, definition, run};
use serde_yaml::Value;

/// Long enough that git does not take the file for another one renamed.
const UNLIKE_OTHERS: &str = "deletionProtection: true\n  runtime: {scaling: {minInstances: 1, maxInstances: 2}}\n  \
                             customDomains: [www.delta.example, shop.delta.example]";

fn repository_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// A remote, somebody's clone of it, and machines that run the pipeline.
struct World {
    plane: ControlPlane,
    work: Client,
    runs: std::cell::Cell<usize>,
}

impl World {
    async fn new() -> Self {
        // Without events: what a run changed is then what the run says it changed.
        let plane = ControlPlane::start_with(Options { events: false, ..Options::default() }).await;
        let work = Client::of(&plane);
        let world = Self { plane, work, runs: std::cell::Cell::new(0) };
        let remote = world.remote();
        world
            .work
            .git(&["init", "--quiet", "--bare", "--initial-branch=main", remote.trim_start_matches("file://")])
            .await;
        world.work.git(&["init", "--quiet", "--initial-branch=main"]).await;
        world.work.git(&["remote", "add", "origin", &remote]).await;
        world
    }

    fn remote(&self) -> String {
        format!("file://{}", self.plane.folder().join("remote.git").display())
    }

    async fn push(&self) -> String {
        let commit = self.work.commit().await;
        self.work.git(&["push", "--quiet", "--force", "origin", "HEAD"]).await;
        commit
    }

    fn remove(&self, path: &str) {
        std::fs::remove_file(self.work.folder().join(path)).unwrap();
    }

    /// A machine with a fresh clone, at a commit.
    async fn machine(&self, commit: &str, depth: &[&str]) -> Machine<'_> {
        self.runs.set(self.runs.get() + 1);
        let folder = self.plane.folder().join(format!("machine-{}", self.runs.get()));
        let at = folder.to_str().unwrap();
        self.work.git(&[&["clone", "--quiet", "--no-single-branch"], depth, &[&self.remote(), at]].concat()).await;
        self.work.git(&["-C", at, "checkout", "--quiet", commit]).await;
        Machine { world: self, folder }
    }

    /// The step `Sync` of the workflow, on a fresh machine.
    async fn sync(&self, commit: &str, more: &[(&str, &str)]) -> Finished {
        let machine = self.machine(commit, &[]).await;
        machine.step("tenants-sync", "Sync", &[&[("BRANCH", "main")], more].concat()).await
    }

    async fn bookmark(&self) -> String {
        let listed = self.work.git(&["ls-remote", "origin", "refs/tenants/synced"]).await;
        listed.split_whitespace().next().unwrap_or_default().to_owned()
    }

    async fn tenants(&self) -> Vec<String> {
        let listed = self.plane.get("/tenants").await.body;
        listed["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }
}

struct Machine<'a> {
    world: &'a World,
    folder: PathBuf,
}

impl Machine<'_> {
    async fn script(&self, script: &str, more: &[(&str, &str)]) -> Finished {
        let bin = repository_root().join("deploy/pipelines/bin");
        let programs = binary("tenantctl").parent().unwrap().to_owned();
        let usual = run("printenv", &["PATH"], &self.folder, &[]).await.stdout;
        let path = format!("{}:{}:{}", bin.display(), programs.display(), usual.trim());
        let temporary = format!("{}.tmp", self.folder.display());
        std::fs::create_dir_all(&temporary).unwrap();
        let summary = format!("{temporary}/summary");
        let mut environment = vec![
            ("PATH", path.as_str()),
            ("TENANTS_URL", self.world.plane.api.url()),
            ("RUNNER_TEMP", &temporary),
            ("GITHUB_STEP_SUMMARY", &summary),
        ];
        environment.extend(more);
        run("bash", &["-euc", script], &self.folder, &environment).await
    }

    /// A step of a GitHub workflow, by its name, as GitHub runs it.
    async fn step(&self, workflow: &str, name: &str, more: &[(&str, &str)]) -> Finished {
        let file = repository_root().join(format!("deploy/pipelines/github/{workflow}.yaml"));
        let read: Value = serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let jobs = read["jobs"].as_mapping().unwrap();
        let steps = jobs.values().flat_map(|job| job["steps"].as_sequence().unwrap());
        let step = steps.into_iter().find(|step| step["name"] == name).expect(name);
        self.script(step["run"].as_str().unwrap(), more).await
    }

    /// A step of a build, by its id, as Cloud Build runs it: substitutions first, then `$$`.
    async fn build(&self, build: &str, id: &str, substitutions: &[(&str, &str)], more: &[(&str, &str)]) -> Finished {
        let file = repository_root().join(format!("deploy/pipelines/cloudbuild/{build}.yaml"));
        let read: Value = serde_yaml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let steps = read["steps"].as_sequence().unwrap();
        let step = steps.iter().find(|step| step["id"] == id).expect(id);
        let mut script = step["args"][1].as_str().unwrap().to_owned();
        for (name, value) in substitutions {
            script = script.replace(&format!("${name}"), value);
        }
        let script = script.replace("$$", "$").replace("/usr/local/lib/pipelines/", "");
        self.script(&script, more).await
    }
}

fn assert_code(ended: &Finished, code: i32) {
    assert_eq!(ended.code, code, "{}\n{}", ended.stdout, ended.stderr);
}

#[tokio::test]
async fn a_history_of_adds_edits_deletes_renames_and_merges() {
    let world = World::new().await;
    let work = &world.work;
    for id in ["acme", "beta", "same"] {
        work.write(&format!("tenants/{id}.yaml"), &definition(id, ""));
    }
    let first = world.push().await;
    let ended = world.sync(&first, &[]).await;
    assert_code(&ended, 0);
    assert!(ended.stdout.contains("nothing was synced before"), "{}", ended.stdout);
    assert!(ended.stdout.contains("| `acme` | `created` |"), "{}", ended.stdout);
    assert_eq!(
        (world.tenants().await, world.bookmark().await),
        (vec!["acme".into(), "beta".into(), "same".into()], first.clone())
    );

    // Two branches, merged both.
    work.git(&["checkout", "--quiet", "-b", "more"]).await;
    work.write("tenants/eu/delta.yaml", &definition("delta", UNLIKE_OTHERS));
    work.commit().await;
    work.git(&["checkout", "--quiet", "-b", "edit", "main"]).await;
    work.write("tenants/acme.yaml", &definition("acme", "runtime: {scaling: {maxInstances: 7}}"));
    work.commit().await;
    work.git(&["checkout", "--quiet", "main"]).await;
    work.git(&["merge", "--quiet", "--no-ff", "--message", "A merge", "more", "edit"]).await;
    work.write("README.md", "not a definition");
    let merged = world.push().await;
    let ended = world.sync(&merged, &[]).await;
    assert_code(&ended, 0);
    assert!(
        ended.stdout.contains("| `acme` | `updated` |") && ended.stdout.contains("| `delta` | `created` |"),
        "{}",
        ended.stdout
    );
    assert!(!ended.stdout.contains("same"), "{}", ended.stdout);
    let service = world.plane.cloud().read("google_cloud_run_v2_service", "acme");
    assert_eq!(service["template"][0]["scaling"][0]["max_instance_count"], 7);

    // A deletion is done; a rename is refused until somebody means it, and the deletion waits with it.
    world.remove("tenants/beta.yaml");
    work.git(&["mv", "tenants/same.yaml", "tenants/renamed.yaml"]).await;
    work.write("tenants/renamed.yaml", &definition("renamed", ""));
    let renamed = world.push().await;
    let ended = world.sync(&renamed, &[]).await;
    assert_code(&ended, 6);
    assert!(ended.stderr.contains("--allow-rename"), "{}", ended.stderr);
    assert_eq!(world.bookmark().await, merged, "not moved");
    let ended = world.sync(&renamed, &[("ALLOW_RENAME", "true")]).await;
    assert_code(&ended, 0);
    assert_eq!(world.tenants().await, ["acme", "delta", "renamed"]);

    // What a failed run left undone, the next one does, although its own commit is about something else.
    let faults =
        r#"[{"type": "google_sql_database", "op": "create", "name": "late", "error": "googleapi: Error 400: no"}]"#;
    std::fs::write(world.plane.folder().join("cloud/faults.json"), faults).unwrap();
    work.write("tenants/late.yaml", &definition("late", ""));
    let failing = world.push().await;
    assert_code(&world.sync(&failing, &[]).await, 8);
    assert_eq!(world.bookmark().await, renamed);
    std::fs::remove_file(world.plane.folder().join("cloud/faults.json")).unwrap();
    work.write("tenants/acme.yaml", &definition("acme", ""));
    let next = world.push().await;
    let ended = world.sync(&next, &[]).await;
    assert_code(&ended, 0);
    assert!(ended.stdout.contains("`late`") && ended.stdout.contains("`acme`"), "{}", ended.stdout);
    assert_eq!(world.bookmark().await, next);

    // A run that is started again undoes nothing.
    let ended = world.sync(&renamed, &[]).await;
    assert_code(&ended, 0);
    assert!(ended.stdout.contains("nothing to do"), "{}", ended.stdout);
    assert_eq!(world.tenants().await, ["acme", "delta", "late", "renamed"]);
}

#[tokio::test]
async fn a_force_push_that_drops_history_deletes_only_what_somebody_allows() {
    let world = World::new().await;
    let work = &world.work;
    work.write("tenants/acme.yaml", &definition("acme", ""));
    let first = world.push().await;
    work.write("tenants/dropped.yaml", &definition("dropped", ""));
    work.write("tenants/acme.yaml", &definition("acme", "runtime: {scaling: {maxInstances: 7}}"));
    let second = world.push().await;
    assert_code(&world.sync(&second, &[]).await, 0);

    // As if the second commit had never been; then the whole history anew.
    work.git(&["reset", "--quiet", "--hard", &first]).await;
    work.git(&["push", "--quiet", "--force", "origin", "HEAD"]).await;
    let ended = world.sync(&first, &[]).await;
    assert_code(&ended, 6);
    assert!(ended.stdout.contains("a forced push") && ended.stderr.contains("at most 0 allowed: dropped"), "{ended:?}");
    assert_eq!((world.tenants().await, world.bookmark().await), (vec!["acme".into(), "dropped".into()], second));
    let ended = world.sync(&first, &[("MAX_DELETES", "1")]).await;
    assert_code(&ended, 0);
    assert_eq!((world.tenants().await, world.bookmark().await), (vec!["acme".to_owned()], first));
    let service = world.plane.cloud().read("google_cloud_run_v2_service", "acme");
    assert_eq!(service["template"][0]["scaling"][0]["max_instance_count"], 3, "as the branch says now");

    work.git(&["checkout", "--quiet", "--orphan", "anew"]).await;
    work.write("tenants/beta.yaml", &definition("beta", ""));
    work.git(&["branch", "--quiet", "-D", "main"]).await;
    work.git(&["symbolic-ref", "HEAD", "refs/heads/main"]).await;
    let anew = world.push().await;
    let ended = world.sync(&anew, &[]).await;
    assert_code(&ended, 0);
    assert!(ended.stdout.contains("| `beta` | `created` |"), "{}", ended.stdout);
    assert_eq!((world.tenants().await, world.bookmark().await), (vec!["acme".into(), "beta".into()], anew));
}

#[tokio::test]
async fn a_pull_request_is_planned_and_its_comment_rewritten() {
    let world = World::new().await;
    let github = GitHub::start().await;
    let work = &world.work;
    work.write("tenants/acme.yaml", &definition("acme", ""));
    work.write("tenants/gone.yaml", &definition("gone", UNLIKE_OTHERS.replace("true", "false").as_str()));
    let first = world.push().await;
    assert_code(&world.sync(&first, &[]).await, 0);

    work.git(&["checkout", "--quiet", "-b", "change"]).await;
    work.write("tenants/acme.yaml", &definition("acme", "database: {tier: premium}"));
    world.remove("tenants/gone.yaml");
    let change = world.push().await;
    // Main goes on meanwhile: that is not the pull request's doing.
    work.git(&["checkout", "--quiet", "main"]).await;
    work.write("tenants/other.yaml", &definition("other", ""));
    world.push().await;

    let machine = world.machine(&change, &[]).await;
    let (temporary, url) = (format!("{}.tmp", machine.folder.display()), github.url());
    let token = format!("{temporary}/github-token");
    let environment = [
        ("GITHUB_API_URL", url.as_str()),
        ("GITHUB_REPOSITORY", "owner/definitions"),
        ("PULL_REQUEST", "7"),
        ("GITHUB_TOKEN_FILE", token.as_str()),
        ("TOKEN", "a-token"),
        ("BASE", "main"),
    ];
    assert_code(&machine.step("tenants-plan", "Plan", &environment).await, 0);
    assert_code(&machine.step("tenants-plan", "Comment", &environment).await, 0);
    let said = github.comments();
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("- :warning: **gone** (deleted with its data)"), "{}", said[0]);
    assert!(said[0].contains("**Would be held**") && said[0].contains("  - google_sql_database.site"), "{}", said[0]);
    assert!(!said[0].contains("other") && said[0].contains(&change[..10]), "{}", said[0]);
    assert_eq!(world.tenants().await, ["acme", "gone"], "planned only");

    // A definition with problems: the comment says which, and the check fails.
    work.git(&["checkout", "--quiet", "change"]).await;
    work.write("tenants/acme.yaml", &definition("acme", "maxInstance: 3"));
    let broken = world.push().await;
    let machine = world.machine(&broken, &[]).await;
    std::fs::create_dir_all(format!("{}.tmp", machine.folder.display())).unwrap();
    assert_code(&machine.step("tenants-plan", "Plan", &environment).await, 3);
    assert_code(&machine.step("tenants-plan", "Comment", &environment).await, 0);
    let said = github.comments();
    assert_eq!(said.len(), 1, "the same one");
    assert!(said[0].contains("tenants/acme.yaml") && said[0].contains("maxInstance"), "{}", said[0]);
    assert!(github.every_request_had("Bearer a-token"));
}

#[tokio::test]
async fn the_same_through_cloud_build_on_a_shallow_clone_with_the_bookmark_in_a_file() {
    let world = World::new().await;
    let work = &world.work;
    work.write("tenants/acme.yaml", &definition("acme", ""));
    let first = world.push().await;
    let machine = world.machine("main", &["--depth", "1"]).await;
    std::fs::create_dir(machine.folder.join(".pipeline")).unwrap();
    let bookmark = machine.folder.join(".pipeline/bookmark");
    std::fs::write(&bookmark, "").unwrap();
    assert_code(&machine.build("tenants-sync", "sync", &[], &[("BRANCH", "main")]).await, 0);
    assert_eq!(std::fs::read_to_string(&bookmark).unwrap().trim(), first);

    work.write("tenants/beta.yaml", &definition("beta", ""));
    let second = world.push().await;
    let machine = world.machine("main", &["--depth", "1"]).await;
    std::fs::create_dir(machine.folder.join(".pipeline")).unwrap();
    std::fs::copy(&bookmark, machine.folder.join(".pipeline/bookmark")).unwrap();
    let ended = machine.build("tenants-sync", "sync", &[], &[("BRANCH", "main")]).await;
    assert_code(&ended, 0);
    assert!(ended.stdout.contains("`beta`") && !ended.stdout.contains("acme"), "{}", ended.stdout);
    assert_eq!(std::fs::read_to_string(machine.folder.join(".pipeline/bookmark")).unwrap().trim(), second);

    work.git(&["checkout", "--quiet", "-b", "change"]).await;
    work.write("tenants/beta.yaml", &definition("beta", "suspend: 7"));
    let change = world.push().await;
    let machine = world.machine(&change, &[]).await;
    std::fs::create_dir(machine.folder.join(".pipeline")).unwrap();
    let ended = machine.build("tenants-plan", "plan", &[("_BASE_BRANCH", "main")], &[]).await;
    assert_code(&ended, 3);
    assert!(ended.stdout.contains("Definitions have problems") && ended.stdout.contains("suspend"), "{}", ended.stdout);
}

#[tokio::test]
async fn the_example_is_valid_its_hook_refuses_a_mistake_and_its_schema_is_ours() {
    let example = repository_root().join("examples/definitions-repository");
    let schema = std::fs::read_to_string(example.join("tenant.schema.json")).unwrap();
    let ours = std::fs::read_to_string(repository_root().join("shared/schemas/tenant.schema.json")).unwrap();
    assert!(schema == ours, "renew it: tenantctl schema >examples/definitions-repository/tenant.schema.json");
    let client = Client::at("http://127.0.0.1:9");
    let (from, to) = (format!("{}/.", example.display()), client.folder().to_str().unwrap().to_owned());
    assert_code(&run("cp", &["-r", &from, &to], client.folder(), &[]).await, 0);
    client.ends(0, &["validate", "tenants"]).await;
    client.git(&["init", "--quiet", "--initial-branch=main"]).await;
    client.git(&["config", "core.hooksPath", ".githooks"]).await;
    client.git(&["add", "--all"]).await;
    let programs = binary("tenantctl").parent().unwrap().to_owned();
    let usual = run("printenv", &["PATH"], client.folder(), &[]).await.stdout;
    let path = format!("{}:{}", programs.display(), usual.trim());
    let environment = [
        ("PATH", path.as_str()),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "A"),
        ("GIT_AUTHOR_EMAIL", "a@example.com"),
        ("GIT_COMMITTER_NAME", "A"),
        ("GIT_COMMITTER_EMAIL", "a@example.com"),
    ];
    let commit = ["commit", "--quiet", "--message", "A change"];
    assert_code(&run("git", &commit, client.folder(), &environment).await, 0);
    // What is staged counts, not what the work tree has by now.
    let good = std::fs::read_to_string(client.folder().join("tenants/acme.yaml")).unwrap();
    client.write("tenants/acme.yaml", &good.replace("maxInstances", "maxInstance"));
    client.git(&["add", "--all"]).await;
    client.write("tenants/acme.yaml", &good);
    let refused = run("git", &commit, client.folder(), &environment).await;
    assert_code(&refused, 1);
    let said = format!("{}{}", refused.stdout, refused.stderr);
    assert!(said.contains("tenants/acme.yaml:") && said.contains("maxInstances"), "{said}");
}
