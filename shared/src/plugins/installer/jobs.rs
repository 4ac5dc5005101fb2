//! Phases as executions of Cloud Run jobs: started with their arguments, followed to their end, their report read back.
//!
//! One job stages for every tenant: it sees archives and bundles, no database and no secret. What runs plugins' code is
//! a job of the tenant's own, with the identity, the database and the secret of its site and nothing of anybody else's.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use google_cloud_auth::credentials::{Credentials, anonymous};
use google_cloud_gax::error::Error;
use google_cloud_gax::retry_policy::NeverRetry;
use google_cloud_run_v2::client::{Executions, Jobs};
use google_cloud_run_v2::model::run_job_request::Overrides;
use google_cloud_run_v2::model::run_job_request::overrides::ContainerOverride;
use google_cloud_run_v2::model::{Execution, condition};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::exchange::{Asked, Exchange};
use super::{InstallError, InstallRun, PluginInstaller, arguments};
use crate::plugins::contract::{InstallPhase, Report};

/// Between two looks at an execution. It takes seconds to begin.
const POLL: Duration = Duration::from_secs(2);
/// Looks in a row that may fail before an execution counts as lost.
const LOST_AFTER: u32 = 10;
/// For one call.
const CALL: Duration = Duration::from_secs(30);

/// `projects/P/locations/R/jobs/J`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobName(String);

/// The text names no job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no job: projects/PROJECT/locations/REGION/jobs/JOB")]
pub struct InvalidJobName(String);

impl FromStr for JobName {
    type Err = InvalidJobName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let plain =
            |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-:.".contains(&b));
        match text.split('/').collect::<Vec<_>>().as_slice() {
            ["projects", project, "locations", region, "jobs", job]
                if [project, region, job].into_iter().all(|part| plain(part)) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(InvalidJobName(text.to_owned())),
        }
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where jobs are.
#[derive(Debug, Clone)]
pub struct JobsSettings {
    /// Stages bundles.
    pub stage: JobName,
    /// The URL of a stand-in, which is spoken to without credentials. `None`: Google, as the identity this process has.
    pub endpoint: Option<String>,
}

/// Jobs that install plugins. Making this touches neither disk nor network.
pub struct CloudRunJobs {
    settings: JobsSettings,
    exchange: Exchange,
    clients: OnceCell<Clients>,
    poll: Duration,
}

struct Clients {
    jobs: Jobs,
    executions: Executions,
}

/// How an execution ended.
struct Ended {
    said: String,
}

impl CloudRunJobs {
    /// Over the artifacts bucket.
    pub fn new(settings: JobsSettings, exchange: Exchange) -> Self {
        Self { settings, exchange, clients: OnceCell::new(), poll: POLL }
    }

    async fn clients(&self) -> Result<&Clients, InstallError> {
        self.clients.get_or_try_init(|| build(&self.settings)).await
    }

    fn job(&self, run: &InstallRun) -> Result<JobName, InstallError> {
        match (run.phase, &run.site) {
            (InstallPhase::Stage, _) => Ok(self.settings.stage.clone()),
            (InstallPhase::Activate | InstallPhase::Verify, Some(job)) => {
                job.parse().map_err(|error: InvalidJobName| InstallError::Misconfigured(error.to_string()))
            }
            (InstallPhase::Activate | InstallPhase::Verify, None) => {
                Err(InstallError::NoSite("the module has no output installer_job".to_owned()))
            }
        }
    }

    /// Starts an execution. It may have begun although nobody said so: a second one waits for the first.
    async fn start(&self, clients: &Clients, run: &InstallRun, asked: &Asked) -> Result<String, InstallError> {
        let container = ContainerOverride::new().set_args(arguments(run.phase, &asked.request));
        let timeout = google_cloud_run_v2::model::run_job_request::Overrides::new()
            .set_container_overrides([container])
            .set_or_clear_timeout(seconds(run.deadline));
        let overrides: Overrides = timeout;
        let job = self.job(run)?.to_string();
        let started = clients.jobs.run_job().set_name(job).set_overrides(overrides).send();
        let operation = timely(started).await?;
        let execution = operation.metadata.and_then(|any| any.to_msg::<Execution>().ok());
        let name = execution.map(|execution| execution.name).filter(|name| !name.is_empty());
        name.ok_or_else(|| InstallError::Unavailable("the job was started and its execution not named".to_owned()))
    }

    async fn follow(&self, clients: &Clients, execution: &str) -> Result<Ended, InstallError> {
        let mut lost = 0;
        loop {
            tokio::time::sleep(self.poll).await;
            let look = clients.executions.get_execution().set_name(execution).send();
            match timely(look).await {
                Ok(execution) => {
                    lost = 0;
                    if execution.completion_time.is_some() {
                        return Ok(Ended { said: said(&execution) });
                    }
                }
                Err(error) if error.retryable() && lost < LOST_AFTER => lost += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Stops an execution that nobody waits for any more. Where that fails, its own time-out ends it.
    async fn stop(&self, clients: &Clients, execution: &str) {
        if let Err(error) = timely(clients.executions.cancel_execution().set_name(execution).send()).await {
            tracing::warn!(execution, %error, "an execution could not be stopped; its own time-out ends it");
        }
    }
}

#[async_trait]
impl PluginInstaller for CloudRunJobs {
    async fn run(&self, run: &InstallRun) -> Result<Report, InstallError> {
        self.job(run)?;
        let asked = self.exchange.ask(run).await?;
        let clients = self.clients().await?;
        let deadline = Instant::now() + run.deadline;
        let execution = self.start(clients, run, &asked).await?;
        let ended = tokio::select! {
            ended = self.follow(clients, &execution) => ended?,
            () = run.cancel.cancelled() => {
                self.stop(clients, &execution).await;
                return Err(InstallError::Interrupted(run.phase));
            }
            () = tokio::time::sleep_until(deadline) => {
                self.stop(clients, &execution).await;
                return Err(InstallError::TimedOut { phase: run.phase, after: run.deadline });
            }
        };
        self.exchange.report(run, &asked, &ended.said).await
    }
}

async fn build(settings: &JobsSettings) -> Result<Clients, InstallError> {
    let credentials: Option<Credentials> = settings.endpoint.as_ref().map(|_| anonymous::Builder::new().build());
    let (mut jobs, mut executions) =
        (Jobs::builder().with_retry_policy(NeverRetry), Executions::builder().with_retry_policy(NeverRetry));
    if let (Some(endpoint), Some(credentials)) = (&settings.endpoint, credentials) {
        jobs = jobs.with_endpoint(endpoint).with_credentials(credentials.clone());
        executions = executions.with_endpoint(endpoint).with_credentials(credentials);
    }
    let broken = |error: &dyn fmt::Display| InstallError::Misconfigured(format!("the client cannot be made: {error}"));
    let jobs = jobs.build().await.map_err(|error| broken(&error))?;
    let executions = executions.build().await.map_err(|error| broken(&error))?;
    Ok(Clients { jobs, executions })
}

fn seconds(duration: Duration) -> Option<google_cloud_wkt::Duration> {
    i64::try_from(duration.as_secs()).ok().and_then(|seconds| google_cloud_wkt::Duration::new(seconds, 0).ok())
}

async fn timely<T>(call: impl Future<Output = Result<T, Error>>) -> Result<T, InstallError> {
    match tokio::time::timeout(CALL, call).await {
        Ok(answer) => answer.map_err(|error| refused(&error)),
        Err(_) => Err(InstallError::Unavailable(format!("no answer within {} s", CALL.as_secs()))),
    }
}

/// Source: <https://cloud.google.com/apis/design/errors>. What says 'not so' will say so again.
fn refused(error: &Error) -> InstallError {
    let said = match error.status() {
        Some(status) if !status.message.is_empty() => status.message.clone(),
        _ => error.to_string(),
    };
    match error.http_status_code() {
        Some(400 | 401 | 403 | 404) => InstallError::Misconfigured(said),
        _ => InstallError::Unavailable(said),
    }
}

/// What an execution says of its end.
fn said(execution: &Execution) -> String {
    let failed = |condition: &&google_cloud_run_v2::model::Condition| {
        condition.state == condition::State::ConditionFailed && !condition.message.is_empty()
    };
    let message = execution.conditions.iter().find(failed).map(|condition| condition.message.clone());
    message.unwrap_or_else(|| format!("{} of {} tasks succeeded", execution.succeeded_count, execution.task_count))
}

#[cfg(test)]
#[path = "jobs_tests.rs"]
mod tests;
