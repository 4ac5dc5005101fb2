//! A folder to run Terraform in, with a cloud of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sandbox_google_provider::install;
use serde_json::Value as Json;
use tempfile::TempDir;

/// The settings every small module begins with.
const PREAMBLE: &str = r#"
terraform {
  required_providers {
    google = { source = "hashicorp/google", version = "7.45.0" }
    random = { source = "hashicorp/random", version = "3.9.0" }
  }
}
provider "google" {
  project                         = "aipress-sandbox"
  region                          = "europe-west1"
  add_terraform_attribution_label = false
}
"#;

/// Terraform's folder, the installed provider, and the cloud.
pub(crate) struct Workspace {
    folder: TempDir,
}

/// How a run ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
}

impl Ran {
    /// The run, when it succeeded.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.out);
        self
    }

    /// What the run said, when it failed.
    pub(crate) fn failed(self) -> String {
        assert_eq!(self.code, 1, "{}", self.out);
        // Terraform breaks long lines and frames them.
        self.out.replace(['│', '╷', '╵', '\n'], " ").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What the run said, when it found changes.
    pub(crate) fn changes(self) -> String {
        assert_eq!(self.code, 2, "{}", self.out);
        self.out
    }
}

impl Workspace {
    /// A small module.
    pub(crate) fn small(module: &str) -> Self {
        let workspace = Self::empty();
        workspace.write("main.tf", &format!("{PREAMBLE}{module}"));
        workspace.terraform(&["init"]).ok();
        workspace
    }

    /// The production module, with the inputs of that name.
    pub(crate) fn tenant(inputs: &str) -> Self {
        Self::of(&tenant_module(), inputs)
    }

    /// The control plane's module, with the inputs of that name.
    pub(crate) fn control_plane(inputs: &str) -> Self {
        Self::of(&control_plane_module(), inputs)
    }

    fn of(module: &Path, inputs: &str) -> Self {
        let workspace = Self::empty();
        copy(module, &workspace.run());
        workspace.write("backend_override.tf", "terraform {\n  backend \"local\" {}\n}\n");
        let inputs = workspace.run().join(format!("tests/inputs/{inputs}.tfvars.json"));
        fs::copy(inputs, workspace.run().join("terraform.tfvars.json")).unwrap();
        workspace.terraform(&["init"]).ok();
        workspace
    }

    fn empty() -> Self {
        let workspace = Self { folder: TempDir::new().unwrap() };
        for folder in [workspace.run(), workspace.cloud()] {
            fs::create_dir(folder).unwrap();
        }
        install(Path::new(env!("CARGO_BIN_EXE_sandbox-google-provider")), workspace.folder.path()).unwrap();
        workspace
    }

    pub(crate) fn run(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    pub(crate) fn cloud(&self) -> PathBuf {
        self.folder.path().join("cloud")
    }

    pub(crate) fn mirror(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("mirror")
    }

    /// Terraform with these arguments, ready to be started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(std::env::var_os("TERRAFORM_BIN").unwrap_or_else(|| "terraform".into()));
        command
            .args(arguments)
            .current_dir(self.run())
            .env("TF_CLI_CONFIG_FILE", self.folder.path().join("terraform.rc"))
            .env("SANDBOX_CLOUD_DIR", self.cloud())
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_CLI_ARGS", "-no-color")
            .stdin(std::process::Stdio::null());
        command
    }

    pub(crate) fn terraform(&self, arguments: &[&str]) -> Ran {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let out = [stdout, stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        Ran { code: status.code().unwrap_or(-1), out }
    }

    pub(crate) fn apply(&self) -> Ran {
        self.terraform(&["apply", "-auto-approve", "-input=false"])
    }

    pub(crate) fn destroy(&self) -> Ran {
        self.terraform(&["destroy", "-auto-approve", "-input=false"])
    }

    /// Exit code 0 no changes, 1 failed, 2 changes.
    pub(crate) fn plan(&self) -> Ran {
        self.terraform(&["plan", "-detailed-exitcode", "-input=false"])
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.run().join(name), text).unwrap();
    }

    pub(crate) fn faults(&self, rules: &Json) {
        fs::write(self.cloud().join("faults.json"), rules.to_string()).unwrap();
    }

    /// Every object's file, by type and name.
    pub(crate) fn objects(&self) -> Vec<PathBuf> {
        let mut objects: Vec<PathBuf> =
            files(&self.cloud()).into_iter().filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
        objects.sort();
        objects
    }

    /// The one object of that type.
    pub(crate) fn object(&self, kind: &str) -> PathBuf {
        let found: Vec<_> = self.objects().into_iter().filter(|path| path.parent().unwrap().ends_with(kind)).collect();
        let [path] = found.as_slice() else { panic!("{kind}: {found:?}") };
        path.clone()
    }

    pub(crate) fn read(&self, kind: &str) -> Json {
        serde_json::from_str(&fs::read_to_string(self.object(kind)).unwrap()).unwrap()
    }

    /// Changes the one object of that type, as a hand would.
    pub(crate) fn edit(&self, kind: &str, pointer: &str, value: Json) {
        let mut object = self.read(kind);
        *object.pointer_mut(pointer).unwrap() = value;
        fs::write(self.object(kind), object.to_string()).unwrap();
    }

    pub(crate) fn output(&self, name: &str) -> Json {
        let ran = self.terraform(&["output", "-json", name]).ok();
        serde_json::from_str(&ran.out).unwrap()
    }

    /// Changes one input of the module.
    pub(crate) fn input(&self, pointer: &str, value: Json) {
        let path = self.run().join("terraform.tfvars.json");
        let mut inputs: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        *inputs.pointer_mut(pointer).unwrap() = value;
        fs::write(path, inputs.to_string()).unwrap();
    }
}

/// Where the production module is.
pub(crate) fn tenant_module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../terraform/tenant")
}

/// Where the control plane's module is.
pub(crate) fn control_plane_module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../terraform/control-plane")
}

/// Every file under a folder; links are not followed, since `.terraform` links the provider's own folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files(&entry.path()));
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    found
}

/// Copies a module, without what runs may have left in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), target).unwrap();
        } else if !entry.file_name().to_string_lossy().starts_with('.') {
            copy(&entry.path(), &target);
        }
    }
}
