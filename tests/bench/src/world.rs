//! The sandbox that both sides are measured in: one storage server as a process of its own, one cloud, one provider, one
//! program that counts how often it is started.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tenancy::placement::Occupancy;
use tenancy::platform::Platform;
use tenancy::render::{Decisions, render};
use tenancy::tenant::{Format, parse};
use tenancy::terraform::{Engine, Installed, STATEFUL_TYPES};

use crate::Failure;
use crate::buckets::Buckets;

/// Everything that is there before a measurement begins. Gone when dropped.
pub(crate) struct World {
    folder: TempDir,
    /// The storage server.
    pub(crate) buckets: Buckets,
    /// Terraform's own configuration: where the provider is installed from.
    pub(crate) cli_config: PathBuf,
    /// The provider's cloud.
    pub(crate) cloud: PathBuf,
    /// The module, initialised, as an image build leaves it.
    pub(crate) prepared: PathBuf,
    /// The platform's settings.
    pub(crate) platform_file: PathBuf,
    platform: Platform,
}

/// What a world stands on.
pub(crate) struct Surroundings {
    /// The storage server.
    pub(crate) buckets: Buckets,
    /// The provider's cloud.
    pub(crate) cloud: PathBuf,
    /// The platform's settings.
    pub(crate) platform_file: PathBuf,
}

/// Terraform behind a script that writes down each start. Both sides run it, so that its millisecond is on both.
#[derive(Debug, Clone)]
pub(crate) struct Counted {
    /// What is run.
    pub(crate) program: PathBuf,
    starts: PathBuf,
}

impl World {
    /// One of its own.
    pub(crate) async fn make() -> Result<Self, Failure> {
        let folder = TempDir::new()?;
        let cloud = folder.path().join("cloud");
        std::fs::create_dir_all(&cloud)?;
        let platform_file = repository().join("deploy/local/platform.yaml");
        Self::over(folder, Surroundings { buckets: Buckets::make().await?, cloud, platform_file }).await
    }

    /// One whose storage and cloud are a control plane's.
    pub(crate) async fn around(surroundings: Surroundings) -> Result<Self, Failure> {
        Self::over(TempDir::new()?, surroundings).await
    }

    async fn over(folder: TempDir, surroundings: Surroundings) -> Result<Self, Failure> {
        let Surroundings { buckets, cloud, platform_file } = surroundings;
        let provider = folder.path().join("provider");
        let cli_config = sandbox_google_provider::install(&binary("sandbox-google-provider")?, &provider)?;
        let platform = Platform::parse(&std::fs::read_to_string(&platform_file)?)?;
        let prepared = folder.path().join("prepared");
        let world = Self { folder, buckets, cli_config, cloud, prepared, platform_file, platform };
        let installed = world.installed(world.counted("product")?.program);
        Engine::prepare(&installed, &STATEFUL_TYPES.map(str::to_owned).into(), &world.prepared).await?;
        Ok(world)
    }

    /// A folder of its own for somebody.
    pub(crate) fn folder(&self, name: &str) -> Result<PathBuf, Failure> {
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    /// What both sides' Terraform finds in its environment.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_string_lossy().into_owned();
        vec![
            ("PATH".to_owned(), variable("PATH")),
            ("HOME".to_owned(), text(self.folder.path())),
            ("SANDBOX_CLOUD_DIR".to_owned(), text(&self.cloud)),
            ("TF_CLI_CONFIG_FILE".to_owned(), text(&self.cli_config)),
        ]
    }

    /// Terraform, counted for one side.
    pub(crate) fn counted(&self, side: &str) -> Result<Counted, Failure> {
        let folder = self.folder(&format!("terraform-{side}"))?;
        let counted = Counted { program: folder.join("terraform"), starts: folder.join("starts") };
        if !counted.program.exists() {
            let terraform = find("terraform")?;
            let (starts, terraform) = (counted.starts.display(), terraform.display());
            let script = format!("#!/bin/sh\necho \"$1\" >> '{starts}'\nexec '{terraform}' \"$@\"\n");
            std::fs::write(&counted.program, script)?;
            std::fs::set_permissions(&counted.program, std::fs::Permissions::from_mode(0o755))?;
        }
        Ok(counted)
    }

    /// The variables that a definition renders to: what a bare apply is given.
    pub(crate) fn variables(&self, definition: &str) -> Result<String, Failure> {
        let definition = parse(definition.as_bytes(), Format::Yaml)?;
        let rendered = render(&definition, &self.platform, None, &Occupancy::default(), &Decisions::default())?;
        Ok(rendered.variables.as_json().to_owned())
    }

    fn installed(&self, program: PathBuf) -> Installed {
        Installed {
            program,
            module: repository().join("terraform/tenant"),
            work: self.folder.path().join("prepare"),
            cli_config: Some(self.cli_config.clone()),
            lock_file: None,
            pass_env: self.environment(),
            secret_env: Vec::new(),
        }
    }
}

impl Counted {
    /// How often it was started since the last time it was asked.
    pub(crate) fn take(&self) -> Result<usize, Failure> {
        let starts = std::fs::read_to_string(&self.starts).unwrap_or_default().lines().count();
        std::fs::write(&self.starts, "")?;
        Ok(starts)
    }
}

/// The repository this program was built from: the module, the platform's settings and the examples are there.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A program of this workspace, built as this one was.
pub(crate) fn binary(name: &str) -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()?.with_file_name(name);
    if program.exists() {
        return Ok(program);
    }
    Err(format!("'{}' is not there: run `make bench`, which builds it", program.display()).into())
}

/// A program as Terraform's callers find it.
fn find(name: &str) -> Result<PathBuf, Failure> {
    let path = variable("PATH");
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file());
    found.ok_or_else(|| format!("'{name}' is in no folder of PATH").into())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a measuring program's own environment; the product reads its in `config`"
)]
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
