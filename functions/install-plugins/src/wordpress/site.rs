//! One site: its lock, what its database says of plugins, hooks of activation, and how it looks.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use tenancy::clock::{Clock as _, OperationIds as _, SystemClock, UlidIds};
use tenancy::plugins::PluginResult;
use tenancy::redact::Redactor;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use super::php::{Group, Php, Ran};
use super::probe::{Look, Pages};
use super::server::Server;
use super::{SiteError, php};
use crate::bundle::PluginFile;

/// What every question is put to.
const SCRIPT: &str = include_str!("php/site.php");
/// Most characters that are told of what a plugin said.
const MOST_TOLD: usize = 300;
/// A question that loads no plugin is answered by then.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a site is worked on with.
pub(crate) struct SiteSettings {
    /// A WordPress of its own.
    pub(crate) folder: PathBuf,
    /// PHP's program.
    pub(crate) php: PathBuf,
    /// The site's own address.
    pub(crate) home: Option<String>,
    /// What one plugin may take.
    pub(crate) step: Duration,
    /// What one answer may take.
    pub(crate) probe: Duration,
    /// What must not be told of what plugins say.
    pub(crate) redactor: Redactor,
}

/// A site.
pub(crate) struct Site {
    php: Php,
    script: NamedTempFile,
    mark: String,
    pages: Pages,
    step: Duration,
    redactor: Redactor,
}

/// The site is ours until this is dropped.
pub(crate) struct SiteLock {
    _holder: Group,
}

/// What the database says.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct SiteState {
    /// WordPress is installed.
    pub(crate) installed: bool,
    /// In WordPress's order.
    pub(crate) active: Vec<PluginFile>,
    /// What was active before a run that has not ended.
    pub(crate) journal: Option<Vec<PluginFile>>,
}

/// What became of a plugin's own code.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) result: PluginResult,
    pub(crate) message: String,
}

impl Site {
    /// Over a WordPress of its own.
    pub(crate) fn new(settings: SiteSettings) -> Result<Self, SiteError> {
        let SiteSettings { folder, php, home, step, probe, redactor } = settings;
        let program = php.display().to_string();
        let script = NamedTempFile::with_suffix(".php").and_then(|file| {
            std::fs::write(file.path(), SCRIPT)?;
            Ok(file)
        });
        let script = script.map_err(|error| SiteError::NoPhp { program, error })?;
        let names = ["WP_HOME", "WP_SITEURL"].map(str::to_owned);
        let environment = home.iter().flat_map(|home| names.clone().map(|name| (name, home.clone()))).collect();
        let pages = Pages::new(home, probe)?;
        // No plugin knows it beforehand, so none prints it by accident.
        let mark = format!("{}:", UlidIds::default().next(SystemClock.now()));
        Ok(Self { php: Php { program: php, folder, environment }, script, mark, pages, step, redactor })
    }

    /// Waits for the site's lock. It is the database's, and ends with our connection: nobody ever has to break it.
    pub(crate) async fn lock(&self, wait: Duration) -> Result<SiteLock, SiteError> {
        let mut group = self.php.start(&self.arguments("lock", &wait.as_secs().to_string()))?;
        let Some(stdout) = group.child.stdout.take() else {
            return Err(SiteError::NoAnswer("its output is gone".to_owned()));
        };
        let mut lines = BufReader::new(stdout).lines();
        let answer = async {
            while let Ok(Some(line)) = lines.next_line().await {
                if let Some(answer) = self.answer_in(&line) {
                    return Some(answer);
                }
            }
            None
        };
        let answer = tokio::time::timeout(wait + PATIENCE, answer).await.ok().flatten();
        match answer.as_ref().map(|answer| &answer["locked"]) {
            Some(Value::Bool(true)) => Ok(SiteLock { _holder: group }),
            Some(Value::Bool(false)) => Err(SiteError::Busy(wait)),
            _ => Err(SiteError::NoAnswer(
                answer.map_or("no connection to its database".to_owned(), |answer| self.told(&answer.to_string())),
            )),
        }
    }

    /// What the database says, without loading a plugin.
    pub(crate) async fn read(&self) -> Result<SiteState, SiteError> {
        self.plain("read", b"").await
    }

    /// Sets what is active, and the journal, together and without loading a plugin.
    pub(crate) async fn write(
        &self,
        active: &[PluginFile],
        journal: Option<&[PluginFile]>,
    ) -> Result<SiteState, SiteError> {
        self.plain("write", json!({ "active": active, "journal": journal }).to_string().as_bytes()).await
    }

    /// What is active once everything is loaded, in a fresh process.
    pub(crate) async fn active(&self) -> Result<Result<Vec<PluginFile>, Broken>, SiteError> {
        let answer = self.ask("active", "").await?;
        Ok(answer.map(|answer| serde_json::from_value(answer["active"].clone()).unwrap_or_default()))
    }

    /// Activates a plugin, with its hooks.
    pub(crate) async fn activate(&self, plugin: &PluginFile) -> Result<Result<(), Broken>, SiteError> {
        self.hook("activate", plugin).await
    }

    /// Deactivates a plugin, with its hooks.
    pub(crate) async fn deactivate(&self, plugin: &PluginFile) -> Result<Result<(), Broken>, SiteError> {
        self.hook("deactivate", plugin).await
    }

    /// Looks at the site as it would be served from here.
    pub(crate) async fn look(&self, before: Option<&Look>) -> Result<Look, SiteError> {
        let server = Server::start(&self.php).await?;
        let mut look = self.pages.look(&format!("http://{}", server.address), before).await;
        if let Some(error) = server.last_error() {
            let wrong = look.health.probes.iter_mut().find(|probe| !probe.problem.is_empty());
            if let Some(probe) = wrong {
                probe.problem = format!("{}: {}", probe.problem, self.told(&error));
            }
        }
        Ok(look)
    }

    async fn hook(&self, command: &str, plugin: &PluginFile) -> Result<Result<(), Broken>, SiteError> {
        let answer = self.ask(command, &plugin.0).await?;
        Ok(answer.and_then(|answer| match answer["refused"].as_str() {
            Some(why) => Err(Broken { result: PluginResult::ActivationFailed, message: self.told(why) }),
            None => Ok(()),
        }))
    }

    async fn plain<T: serde::de::DeserializeOwned>(&self, command: &str, input: &[u8]) -> Result<T, SiteError> {
        let ran = self.php.run(&self.arguments(command, ""), input, PATIENCE).await?;
        let answer = ran.stdout.lines().find_map(|line| self.answer_in(line));
        let read = answer.and_then(|answer| serde_json::from_value(answer).ok());
        read.ok_or_else(|| SiteError::NoAnswer(self.last_words(&ran)))
    }

    async fn ask(&self, command: &str, argument: &str) -> Result<Result<Value, Broken>, SiteError> {
        let ran = self.php.run(&self.arguments(command, argument), b"", self.step).await?;
        let broken = |result, message| Ok(Err(Broken { result, message }));
        if ran.timed_out {
            return broken(PluginResult::Timeout, format!("it took more than {} s and was ended", self.step.as_secs()));
        }
        let answer = ran.stdout.lines().find_map(|line| self.answer_in(line));
        match answer {
            Some(answer) => match answer["ended"].as_str() {
                None => Ok(Ok(answer)),
                Some("") => broken(PluginResult::ActivationFailed, "it ended the process".to_owned()),
                Some(fatal) => broken(PluginResult::ActivationFailed, self.told(fatal)),
            },
            None => broken(PluginResult::ActivationFailed, format!("PHP died: {}", self.last_words(&ran))),
        }
    }

    fn arguments(&self, command: &str, argument: &str) -> [OsString; 4] {
        [self.script.path().into(), command.into(), self.mark.clone().into(), argument.into()]
    }

    fn answer_in(&self, line: &str) -> Option<Value> {
        serde_json::from_str(line.strip_prefix(&self.mark)?).ok()
    }

    fn last_words(&self, ran: &php::Ran) -> String {
        let Ran { stdout, stderr, timed_out } = ran;
        if *timed_out {
            return "it took too long".to_owned();
        }
        let said = stderr.lines().chain(stdout.lines()).rfind(|line| !line.trim().is_empty());
        self.told(said.unwrap_or("it said nothing"))
    }

    /// The beginning of what a plugin said, without the site's secret: masked first and cut then, for half a secret is not
    /// found.
    fn told(&self, said: &str) -> String {
        self.redactor.redact(said).chars().take(MOST_TOLD).collect()
    }
}
