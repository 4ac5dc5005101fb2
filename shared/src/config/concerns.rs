//! One struct a concern. Every field is read before any is given up on, so that every problem is seen.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::auth::AuthConfig;
use super::reader::Reader;
use super::variables as var;
use super::variables::Variable;
use crate::http::serve::Bounds;
use crate::platform::Platform;
use crate::plugins::{DirectorySettings, JobName, ProcessSettings, names_a_user};
use crate::tasks::TopicName;
use crate::terraform::Installed;

/// Where requests come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerConfig {
    /// The socket; `None`: the Lambda runtime API.
    pub address: Option<SocketAddr>,
    /// What requests under way have after a signal.
    pub grace: Duration,
    /// What they have once their runs are interrupted.
    pub drain: Duration,
    /// What is held of connections.
    pub bounds: Bounds,
    /// Who may send them.
    pub auth: AuthConfig,
}

impl ServerConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let (host, port): (Option<IpAddr>, Option<u16>) = (reader.parsed(var::HOST), reader.parsed(var::PORT));
        let [grace, drain, head, body] = [var::GRACE, var::DRAIN, var::HEAD, var::BODY]
            .map(|variable| reader.parsed(variable).map(Duration::from_secs));
        let connections: Option<NonZeroUsize> = reader.parsed(var::CONNECTIONS);
        let lambda = reader.optional(var::LAMBDA).is_some();
        // An address that cannot be read is a problem of its own.
        let auth = AuthConfig::read(reader, !lambda && host.is_none_or(|host| host.is_loopback()));
        let address = SocketAddr::new(host?, port?);
        let bounds = Bounds { connections: connections?.get(), head: head?, body: body? };
        Some(Self { address: (!lambda).then_some(address), grace: grace?, drain: drain?, bounds, auth: auth? })
    }
}

/// The buckets that every function reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreConfig {
    /// Bucket of the definitions.
    pub definitions: String,
    /// Bucket of the records.
    pub records: String,
    /// A sandbox's URL; `None`: Google.
    pub endpoint: Option<String>,
}

impl StoreConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let (definitions, records) = (reader.text(var::DEFINITIONS), reader.text(var::RECORDS));
        let endpoint = reader.optional(var::ENDPOINT);
        Some(Self { definitions: definitions?, records: records?, endpoint })
    }
}

/// How Terraform is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineConfig {
    /// Bucket of its state.
    pub state: String,
    /// The program, its module and its environment.
    pub installed: Installed,
    /// An initialised folder.
    pub prepared: Option<PathBuf>,
}

impl EngineConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let (state, installed) = (reader.text(var::STATE), read_installed(reader));
        let prepared = reader.optional(var::PREPARED).map(PathBuf::from);
        Some(Self { state: state?, installed: installed?, prepared })
    }
}

/// What an image build needs to initialise the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrepareConfig {
    /// The program, its module and its environment.
    pub installed: Installed,
    /// The folder to initialise, which is replaced.
    pub prepared: PathBuf,
}

impl PrepareConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let (installed, prepared) = (read_installed(reader), reader.optional(var::PREPARED));
        if prepared.is_none() {
            reader.problem(var::PREPARED, "is not set".to_owned());
        }
        Some(Self { installed: installed?, prepared: prepared?.into() })
    }
}

/// Who knows plugins, and who installs them.
#[derive(Debug, Clone)]
pub struct PluginsConfig {
    /// The plugin directory.
    pub directory: DirectorySettings,
    /// Who installs.
    pub installer: InstallerConfig,
}

/// Who installs plugins.
#[derive(Debug, Clone)]
pub enum InstallerConfig {
    /// Nobody: a tenant that wants plugins says so.
    Nobody,
    /// Cloud Run jobs: this one stages.
    Jobs(JobName),
    /// Child processes of this machine.
    Processes(ProcessSettings),
}

impl PluginsConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let [api, downloads] = [var::DIRECTORY, var::DOWNLOADS].map(|variable| public_url(reader, variable));
        let installer = match reader.optional(var::STAGE_JOB) {
            None => Some(InstallerConfig::Nobody),
            Some(_) => reader.parsed(var::STAGE_JOB).map(InstallerConfig::Jobs),
        };
        Some(Self { directory: DirectorySettings { api: api?, downloads: downloads? }, installer: installer? })
    }
}

/// An address that is kept and shown with every lock that comes of it.
fn public_url(reader: &mut Reader, variable: &'static Variable) -> Option<String> {
    let url = reader.text(variable)?;
    if names_a_user(&url) {
        let why = "names a user: archives' addresses are kept with locks and shown, so there can be no password in it";
        reader.problem(variable, why.to_owned());
        return None;
    }
    Some(url.trim_end_matches('/').to_owned())
}

/// What `get-tenant` needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderConfig {
    /// Where requests come from.
    pub server: ServerConfig,
    /// The buckets.
    pub stores: StoreConfig,
}

impl ReaderConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let (server, stores) = (ServerConfig::read(reader), StoreConfig::read(reader));
        Some(Self { server: server?, stores: stores? })
    }
}

/// Where tasks are handed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TasksConfig {
    /// The topic.
    pub topic: TopicName,
    /// An emulator's URL; `None`: Google.
    pub endpoint: Option<String>,
}

impl TasksConfig {
    /// Reads it; `None` if no topic is named.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let endpoint = reader.optional(var::PUBSUB_ENDPOINT);
        Some(Self { topic: reader.parsed(var::TASKS_TOPIC)?, endpoint })
    }

    /// Reads it for a program that is of no use without.
    fn needed(reader: &mut Reader) -> Option<Self> {
        if reader.optional(var::TASKS_TOPIC).is_none() {
            reader.problem(var::TASKS_TOPIC, "is not set, and this function carries nothing out itself".to_owned());
        }
        Self::read(reader)
    }
}

/// What the functions that know of the fleet need.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetConfig {
    /// Where requests come from.
    pub server: ServerConfig,
    /// The buckets.
    pub stores: StoreConfig,
    /// The platform's settings.
    pub platform: Platform,
    /// Names this process where a lease says who holds it.
    pub process: String,
}

impl FleetConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let (server, stores) = (ServerConfig::read(reader), StoreConfig::read(reader));
        let (platform, process) = (read_platform(reader), reader.text(var::PROCESS));
        Some(Self { server: server?, stores: stores?, platform: platform?, process: process? })
    }
}

/// What `definition-changed` and `check-drift` need: they look, and hand on what is to be done.
#[derive(Debug, Clone, PartialEq)]
pub struct LookoutConfig {
    /// What those that run Terraform need too.
    pub fleet: FleetConfig,
    /// Where they hand tasks to.
    pub tasks: TasksConfig,
}

impl LookoutConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let (fleet, tasks) = (FleetConfig::read(reader), TasksConfig::needed(reader));
        Some(Self { fleet: fleet?, tasks: tasks? })
    }
}

/// What the functions that run Terraform need.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// What those that do not run it need too.
    pub fleet: FleetConfig,
    /// How Terraform is run.
    pub engine: EngineConfig,
    /// Who knows and installs plugins.
    pub plugins: PluginsConfig,
    /// Where tasks are handed to; `None`: a queue in this process.
    pub tasks: Option<TasksConfig>,
}

impl WorkerConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let (fleet, engine) = (FleetConfig::read(reader), EngineConfig::read(reader));
        let (plugins, tasks) = (PluginsConfig::read(reader), TasksConfig::read(reader));
        Some(Self { fleet: fleet?, engine: engine?, plugins: plugins?, tasks })
    }
}

fn read_installed(reader: &mut Reader) -> Option<Installed> {
    let program = reader.text(var::TERRAFORM);
    let [module, work] = [var::MODULE, var::WORK].map(|variable| reader.text(variable).map(PathBuf::from));
    let [cli_config, lock_file] =
        [var::CLI_CONFIG, var::LOCK_FILE].map(|variable| reader.optional(variable).map(PathBuf::from));
    let own = [var::PATH, var::HOME, var::TMPDIR].map(|variable| (variable.name.to_owned(), reader.optional(variable)));
    let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
    let passed = var::PASSED.into_iter().flat_map(|prefix| reader.beginning(prefix));
    let (secret_env, pass_env) = own.chain(passed).partition(|(name, _)| var::SECRET.contains(&name.as_str()));
    let (program, module, work) = (PathBuf::from(program?), module?, work?);
    Some(Installed { program, module, work, cli_config, lock_file, pass_env, secret_env })
}

fn read_platform(reader: &mut Reader) -> Option<Platform> {
    let path = reader.text(var::PLATFORM)?;
    let platform = std::fs::read_to_string(&path)
        .map_err(|error| format!("is '{path}', which cannot be read: {error}"))
        .and_then(|source| Platform::parse(&source).map_err(|error| format!("is '{path}': {error}")));
    platform.map_err(|why| reader.problem(var::PLATFORM, why)).ok()
}
