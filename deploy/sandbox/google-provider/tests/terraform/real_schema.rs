//! Holds every line of our schema files against the real providers' own schema, where that is at hand (`../shared/data` beside the
//! repository): nothing invented, no wrong type, flag, nesting, default or replacement, and nothing required left out.

use std::fs;
use std::path::{Path, PathBuf};

use sandbox_google_provider::schema::{Attribute, Block, Catalogue, NestedBlock, Nesting, ProviderName, Schema};
use serde_json::{Value as Json, json};

use crate::workspace::Workspace;

fn data() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
    if !data.is_dir() {
        println!("skipped: {} is not there", data.display());
        return None;
    }
    Some(data)
}

fn read(path: &Path) -> Json {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn check(name: ProviderName, schema_file: &str, behaviour_file: Option<&str>) {
    let Some(data) = data() else { return };
    let real = read(&data.join(schema_file));
    let behaviour = behaviour_file.map_or(Json::Null, |file| read(&data.join(file)));
    let problems = problems(&Catalogue::load(name).unwrap(), &real, Some(&behaviour));
    assert!(problems.is_empty(), "our schema is not the real one:\n{}", problems.join("\n"));
}

#[test]
fn google_is_a_subset_of_the_real_one() {
    check(ProviderName::Google, "google-7.45.0.json", Some("google-7.45.0-behaviour.json"));
}

#[test]
fn random_is_a_subset_of_the_real_one() {
    check(ProviderName::Random, "random-3.9.0.json", None);
}

/// The check itself must be able to fail: against a schema with one thing changed, it finds that one thing.
#[test]
fn a_difference_is_found() {
    let Some(data) = data() else { return };
    let real = read(&data.join("google-7.45.0.json"));
    let behaviour = read(&data.join("google-7.45.0-behaviour.json"));
    let ours = Catalogue::load(ProviderName::Google).unwrap();
    let user = "/resource_schemas/google_sql_user/block/attributes";
    let changes: [(&str, Json, &str); 6] = [
        (&format!("{user}/host/type"), json!("number"), "google_sql_user.host: type"),
        (&format!("{user}/host"), json!(null), "google_sql_user.host: invented"),
        (&format!("{user}/password_wo/write_only"), json!(false), "google_sql_user.password_wo: write-only"),
        (
            &format!("{user}/iam_email"),
            json!({"type": "string", "required": true}),
            "google_sql_user.iam_email: required, and left out",
        ),
        ("/resource_schemas/google_sql_user/version", json!(9), "google_sql_user: version"),
        (
            "/resource_schemas/google_storage_bucket/block/block_types/versioning/max_items",
            json!(2),
            "google_storage_bucket.versioning: max",
        ),
    ];
    for (pointer, value, found) in changes {
        let mut other = real.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        let problems = problems(&ours, &other, Some(&behaviour));
        assert!(problems.len() == 1 && problems[0].starts_with(found), "{pointer}: {problems:?}");
    }
    for (pointer, value, found) in [
        ("/google_sql_user/host/forceNew", json!(false), "google_sql_user.host: force-new"),
        (
            "/google_cloud_run_v2_service/deletion_protection/default",
            json!(false),
            "google_cloud_run_v2_service.deletion_protection: default",
        ),
    ] {
        let mut other = behaviour.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        let problems = problems(&ours, &real, Some(&other));
        assert!(problems.len() == 1 && problems[0].starts_with(found), "{pointer}: {problems:?}");
    }
}

/// What Terraform is told is what the files say: the same comparison, with Terraform's own account of us as the real one.
#[test]
fn terraform_is_told_what_the_files_say() {
    let workspace = Workspace::small("");
    let told = workspace.terraform(&["providers", "schema", "-json"]).ok().out;
    let told: Json = serde_json::from_str(&told).unwrap();
    for (name, address) in [
        (ProviderName::Google, "registry.terraform.io/hashicorp/google"),
        (ProviderName::Random, "registry.terraform.io/hashicorp/random"),
    ] {
        let ours = Catalogue::load(name).unwrap();
        assert_eq!(problems(&ours, &told["provider_schemas"][address], None), Vec::<String>::new());
    }
}

/// What differs; replacement and defaults are looked at where `behaviour` tells of them, since a schema does not.
fn problems(ours: &Catalogue, real: &Json, behaviour: Option<&Json>) -> Vec<String> {
    let mut found = Found {
        problems: Vec::new(),
        // Of anything but a resource it tells nothing, so nothing else may have any.
        behaviour: behaviour.map(|_| &Json::Null),
    };
    found.schema(&ours.provider, &real["provider"]);
    for (schemas, section) in [(&ours.data, "data_source_schemas"), (&ours.ephemeral, "ephemeral_resource_schemas")] {
        for (name, schema) in schemas {
            found.schema(schema, &real[section][name]);
        }
    }
    for (name, schema) in &ours.resources {
        found.behaviour = behaviour.map(|all| &all[name]);
        found.schema(schema, &real["resource_schemas"][name]);
    }
    found.problems
}

struct Found<'a> {
    problems: Vec<String>,
    behaviour: Option<&'a Json>,
}

impl Found<'_> {
    fn schema(&mut self, ours: &Schema, real: &Json) {
        let at = &ours.name;
        if real.is_null() {
            return self.problems.push(format!("{at}: invented"));
        }
        self.same(at, "version", ours.version, real["version"].as_u64().unwrap_or(0));
        self.block(at, "", &ours.block, &real["block"]);
    }

    fn block(&mut self, at: &str, path: &str, ours: &Block, real: &Json) {
        for (name, attribute) in &ours.attributes {
            self.attribute(&format!("{at}.{name}"), &inside(path, name), attribute, &real["attributes"][name]);
        }
        for (name, nested) in &ours.blocks {
            self.nested(&format!("{at}.{name}"), &inside(path, name), nested, &real["block_types"][name]);
        }
        for (name, attribute) in real["attributes"].as_object().into_iter().flatten() {
            if attribute["required"] == true && !ours.attributes.contains_key(name) {
                self.problems.push(format!("{at}.{name}: required, and left out"));
            }
        }
        for (name, nested) in real["block_types"].as_object().into_iter().flatten() {
            if nested["min_items"].as_u64().unwrap_or(0) > 0 && !ours.blocks.contains_key(name) {
                self.problems.push(format!("{at}.{name}: required, and left out"));
            }
        }
    }

    fn attribute(&mut self, at: &str, path: &str, ours: &Attribute, real: &Json) {
        if real.is_null() {
            return self.problems.push(format!("{at}: invented"));
        }
        self.same(at, "type", &ours.ty.to_json(), &real["type"]);
        let flag = |name: &str| real[name] == true;
        self.same(at, "required", ours.flags.required, flag("required"));
        self.same(at, "optional", ours.flags.optional, flag("optional"));
        self.same(at, "computed", ours.flags.computed, flag("computed"));
        self.same(at, "sensitive", ours.flags.sensitive, flag("sensitive"));
        self.same(at, "write-only", ours.flags.write_only, flag("write_only"));
        if let Some(behaviour) = self.behaviour.map(|all| &all[path]) {
            let default = ours.default.as_ref().map_or(Json::Null, Json::from);
            self.same(at, "force-new", ours.flags.force_new, behaviour["forceNew"] == true);
            self.same(at, "default", &default, &behaviour["default"]);
        }
        // Our own word: the server can only fill in what the schema lets it.
        self.same(at, "server", ours.server.is_some() && !ours.flags.computed, false);
    }

    fn nested(&mut self, at: &str, path: &str, ours: &NestedBlock, real: &Json) {
        if real.is_null() {
            return self.problems.push(format!("{at}: invented"));
        }
        let nesting = match ours.nesting {
            Nesting::Single => "single",
            Nesting::List => "list",
            Nesting::Set => "set",
        };
        self.same(at, "nesting", &json!(nesting), &real["nesting_mode"]);
        self.same(at, "min", ours.min, real["min_items"].as_u64().unwrap_or(0));
        self.same(at, "max", ours.max, real["max_items"].as_u64().unwrap_or(0));
        if let Some(behaviour) = self.behaviour.map(|all| &all[path]) {
            self.same(at, "force-new", ours.force_new, behaviour["forceNew"] == true);
        }
        self.block(at, path, &ours.block, &real["block"]);
    }

    #[expect(clippy::needless_pass_by_value, reason = "the calls compare what they make")]
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, at: &str, what: &str, ours: T, real: T) {
        if ours != real {
            self.problems.push(format!("{at}: {what} is {real:?}, ours is {ours:?}"));
        }
    }
}

fn inside(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
