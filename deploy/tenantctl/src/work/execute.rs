//! Does jobs: a few at once, each tried again while the API says 'later', each followed to its end.

use std::time::{Duration, Instant};

use futures::{StreamExt as _, stream};
use tenancy::records::{Operation, Outcome as Ended};
use tenancy::tenant::TenantId;

use super::outcome::{Outcome, Verdict};
use super::{Job, Probably, Source, What};
use crate::api::{Api, ApiError, Submitted, follow, next_wait};
use crate::args::FollowArguments;
use crate::output::Progress;

/// Who does jobs.
pub(crate) struct Worker<'a> {
    /// Through which API.
    pub(crate) api: &'a Api,
    /// How patiently.
    pub(crate) follow: &'a FollowArguments,
    /// Where progress is told.
    pub(crate) progress: Progress,
}

impl Worker<'_> {
    /// Does all of them; one that fails stops no other.
    pub(crate) async fn work(&self, jobs: Vec<Job>) -> Vec<Outcome> {
        let at_once = usize::from(self.follow.parallel);
        stream::iter(jobs).map(|job| self.one(job)).buffer_unordered(at_once).collect().await
    }

    async fn one(&self, job: Job) -> Outcome {
        let started = Instant::now();
        let mut attempt = 1;
        loop {
            let outcome = match self.attempt(&job).await {
                Ok(outcome) => outcome,
                Err(error) => match self.wait_for_another(&error, attempt, started.elapsed()) {
                    Some(wait) => {
                        self.progress.step(&job.tenant, &format!("{error}; again in {} s", wait.as_secs().max(1)));
                        tokio::time::sleep(wait).await;
                        attempt += 1;
                        continue;
                    }
                    None => Outcome::new(job.tenant.clone(), job.file.clone(), Verdict::Failed).refused(&error),
                },
            };
            self.progress.done(&job.tenant, outcome.result.word());
            return outcome;
        }
    }

    fn wait_for_another(&self, error: &ApiError, attempt: u32, spent: Duration) -> Option<Duration> {
        if !error.retryable() {
            return None;
        }
        next_wait(attempt, error.retry_after(), spent, self.follow.retry_for)
    }

    async fn attempt(&self, job: &Job) -> Result<Outcome, ApiError> {
        let tenant = &job.tenant;
        let (submitted, done) = match &job.what {
            What::Put { definition, probably } => self.put(tenant, definition, *probably).await?,
            What::PutOver { definition, over } => {
                self.progress.step(tenant, "updating");
                let sent = self.api.update(tenant, &definition.bytes, definition.format, Some(*over)).await?;
                (sent, Verdict::Updated)
            }
            What::UpgradePlugins => {
                self.progress.step(tenant, "upgrading its plugins");
                (self.api.upgrade_plugins(tenant).await?, Verdict::Upgraded)
            }
            What::Approve { digest } => {
                self.progress.step(tenant, "approving");
                (self.api.approve(tenant, *digest).await?, Verdict::Updated)
            }
            What::Undelete => {
                self.progress.step(tenant, "bringing back");
                (self.api.undelete(tenant).await?, Verdict::Created)
            }
            What::Delete { may_be_absent, force } => {
                self.progress.step(tenant, "deleting");
                match self.api.delete(tenant, *force).await {
                    Err(error) if *may_be_absent && error.is("TENANT_NOT_FOUND") => {
                        return Ok(Outcome::new(tenant.clone(), job.file.clone(), Verdict::Absent));
                    }
                    sent => (sent?, Verdict::Deleted),
                }
            }
        };
        self.outcome(job, &submitted, done).await
    }

    /// Create or update, whichever it is: when the guess was wrong, the other one.
    async fn put(&self, tenant: &TenantId, new: &Source, probably: Probably) -> Result<(Submitted, Verdict), ApiError> {
        match probably {
            Probably::New => match self.create(tenant, new).await {
                Err(error) if error.is("ALREADY_EXISTS") => self.update(tenant, new).await,
                sent => sent,
            },
            Probably::There => match self.update(tenant, new).await {
                Err(error) if error.is("TENANT_NOT_FOUND") => self.create(tenant, new).await,
                sent => sent,
            },
        }
    }

    async fn create(&self, tenant: &TenantId, new: &Source) -> Result<(Submitted, Verdict), ApiError> {
        self.progress.step(tenant, "creating");
        Ok((self.api.create(&new.bytes, new.format).await?, Verdict::Created))
    }

    async fn update(&self, tenant: &TenantId, new: &Source) -> Result<(Submitted, Verdict), ApiError> {
        self.progress.step(tenant, "updating");
        Ok((self.api.update(tenant, &new.bytes, new.format, None).await?, Verdict::Updated))
    }

    async fn outcome(&self, job: &Job, submitted: &Submitted, done: Verdict) -> Result<Outcome, ApiError> {
        let outcome = |verdict| Outcome::new(job.tenant.clone(), job.file.clone(), verdict);
        let Some(operation) = submitted.operation else {
            // An update that needed no operation found the tenant as defined.
            return Ok(outcome(if done == Verdict::Updated { Verdict::Unchanged } else { done }));
        };
        if self.follow.no_wait {
            return Ok(outcome(Verdict::Started).by(Some(operation)));
        }
        let watch = |seen: &Operation| self.progress.step(&job.tenant, &in_words(seen));
        match follow(self.api, &job.tenant, operation, self.follow.wait_timeout, watch).await {
            Ok(ended) => Ok(outcome(done).ended(&ended.value)),
            // The work is under way: sending it again would start it again.
            Err(error) => Ok(outcome(done).by(Some(operation)).refused(&error)),
        }
    }
}

fn in_words(operation: &Operation) -> String {
    match operation.outcome {
        Ended::Queued => "waiting for its turn".to_owned(),
        _ => operation.steps.last().map_or_else(|| "under way".to_owned(), |step| step.what.clone()),
    }
}
