//! One run from its folder to its end: processes over a session of the state gateway, and what must be done after them
//! whatever happened.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::Instant;
use tracing::{Instrument as _, Span};

use super::Engine;
use super::folder::RunFolder;
use super::gateway::OpenSession;
use super::outcome::Aftermath;
use super::planfile::PlanFile;
use super::process::{self, Exit, Invocation, LONGEST_LINE, Output, Stop};
use super::sensitive::{texts_of_plan, without_sensitive};
use super::session::{Access, Facts, Session};
use super::spans::ResourceSpans;
use super::transcript::Transcript;
use super::workspace::Workspace;
use crate::provision::{ChangeSummary, ProvisionError, Run, RunEvent, RunObserver};
use crate::redact::Redactor;
use crate::store::{NewObject, ObjectName, ObjectStore, Precondition, StoreError};
use crate::tenant::TenantId;

/// A plan as JSON is one line; a tenant's has some 100 KiB.
const LONGEST_PLAN: usize = 64 << 20;
/// Stands for a deadline beyond what the clock can hold.
const LONGEST_RUN: Duration = Duration::from_hours(24);
/// Leftovers of one operation that are kept beside each other.
const LEFTOVERS: usize = 9;

/// A run under way.
pub(super) struct Attempt<'a> {
    engine: &'a Engine,
    run: &'a Run,
    observer: &'a dyn RunObserver,
    folder: RunFolder,
    open: OpenSession,
    events: UnboundedReceiver<RunEvent>,
    environment: Vec<(String, String)>,
    redactor: Redactor,
    deadline: Instant,
    /// One of the processes that may run at once.
    _permit: tokio::sync::SemaphorePermit<'a>,
}

impl<'a> Attempt<'a> {
    /// Waits for its turn, then makes the folder and opens the session.
    pub(super) async fn begin(
        engine: &'a Engine,
        run: &'a Run,
        access: Access,
        observer: &'a dyn RunObserver,
    ) -> Result<Self, ProvisionError> {
        let now = Instant::now();
        let deadline = now.checked_add(run.deadline).unwrap_or(now + LONGEST_RUN);
        let interrupted = || ProvisionError::Interrupted { changes: ChangeSummary::default() };
        let stop = Stop { cancel: &run.cancel, deadline, grace: engine.stop_grace };
        let permit = tokio::select! {
            biased;
            () = stop.due() => return Err(interrupted()),
            permit = engine.permits.acquire() => permit.map_err(|_| interrupted())?,
        };
        let guard = match &access {
            Access::Change { guarded_by: Some(module) } => module.guard(),
            _ => None,
        };
        let folder = RunFolder::make(&engine.runs, run, &engine.module, &engine.init, guard.as_deref())
            .map_err(|error| ProvisionError::Misconfigured(format!("no run folder can be made: {error}")))?;
        let (sender, events) = unbounded_channel();
        let workspace = Workspace::of(&engine.state, &run.tenant)?;
        let redactor = engine.program.redactor.apart();
        let session = Session::new(workspace, run, access, sender, redactor.clone());
        let open = engine.gateway.serve(session);
        redactor.learn([open.password.as_str()]);
        let environment = [engine.program.environment.clone(), backend_environment(&open)].concat();
        Ok(Self { engine, run, observer, folder, open, events, environment, redactor, deadline, _permit: permit })
    }

    /// Runs one process of the protocol.
    pub(super) async fn converse(&mut self, arguments: &[&str]) -> Result<(Exit, Transcript), ProvisionError> {
        let mut transcript = Transcript::new(self.redactor.clone());
        let observer = self.observer;
        let span = process_span(arguments);
        let mut resources = ResourceSpans::within(&span);
        let exit = self
            .process(arguments, LONGEST_LINE, |line| {
                let events = match line {
                    Output::Out(line) => transcript.line(&line),
                    Output::Err(line) => transcript.noise(&line),
                };
                for event in events {
                    resources.follow(&event);
                    observer.event(event);
                }
            })
            .instrument(span)
            .await?;
        Ok((exit, transcript))
    }

    /// Runs one process and takes its output as one text.
    pub(super) async fn read(&mut self, arguments: &[&str]) -> Result<(Exit, String, Transcript), ProvisionError> {
        let mut transcript = Transcript::new(self.redactor.clone());
        let mut text = String::new();
        let exit = self
            .process(arguments, LONGEST_PLAN, |line| match line {
                Output::Out(line) => text.push_str(&line),
                Output::Err(line) => drop(transcript.noise(&line)),
            })
            .instrument(process_span(arguments))
            .await?;
        Ok((exit, text, transcript))
    }

    async fn process(
        &mut self,
        arguments: &[&str],
        longest_line: usize,
        take: impl FnMut(Output) + Send,
    ) -> Result<Exit, ProvisionError> {
        let invocation = Invocation {
            program: &self.engine.program.path,
            arguments,
            environment: &self.environment,
            folder: self.folder.path(),
            longest_line,
        };
        let stop = Stop { cancel: &self.run.cancel, deadline: self.deadline, grace: self.engine.stop_grace };
        let (events, observer) = (&mut self.events, self.observer);
        let forward = async {
            while let Some(event) = events.recv().await {
                observer.event(event);
            }
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            ended = process::run(&invocation, stop, take) => ended,
            () = forward => return Err(ProvisionError::Misconfigured("the state gateway is gone".to_owned())),
        };
        let program = self.engine.program.path.display();
        ended.map_err(|error| ProvisionError::Misconfigured(format!("'{program}' cannot be run: {error}")))
    }

    /// Adds a file to the run's configuration, or replaces it.
    pub(super) fn write_file(&self, name: &str, text: &str) -> Result<(), ProvisionError> {
        std::fs::write(self.folder.path().join(name), text)
            .map_err(|error| ProvisionError::Misconfigured(format!("the run's folder cannot be written: {error}")))
    }

    /// Masks from now on what a plan marks as sensitive.
    pub(super) fn learn(&self, plan: &PlanFile) {
        self.redactor.learn(texts_of_plan(plan).iter().map(String::as_str));
    }

    /// Whose run it is.
    pub(super) const fn tenant(&self) -> &TenantId {
        &self.run.tenant
    }

    /// Adds a line to the log.
    pub(super) fn tell(&self, line: &str) {
        self.observer.event(RunEvent::Log(line.to_owned()));
    }

    /// Deletes the workspace's state under its lock, as the last step of a destroy.
    pub(super) async fn delete_state(&mut self) -> Result<(), ProvisionError> {
        let deleted = self.open.session.lock().await.delete_state().await;
        deleted.map_err(|error| match error {
            StoreError::PreconditionFailed { .. } => ProvisionError::Fenced { operation: self.run.operation },
            error => ProvisionError::Store(error),
        })
    }

    /// Brings home what the process left: an unsaved state, the lock. Never fails: the run's own outcome counts.
    pub(super) async fn conclude(mut self) -> (Facts, Aftermath) {
        let mut aftermath = Aftermath::default();
        let mut lost = false;
        let mut session = self.open.session.lock().await;
        if let Some(unsaved) = self.folder.unsaved_state() {
            aftermath.rescued = session.rescue(&unsaved).await;
            if !aftermath.rescued {
                lost = !self.keep_leftover(without_sensitive(unsaved)).await;
            }
        }
        if let Err(error) = session.release().await {
            tracing::warn!(tenant = %self.run.tenant, %error, "the workspace's lock could not be released");
        }
        let facts = session.facts();
        drop(session);
        while let Ok(event) = self.events.try_recv() {
            self.observer.event(event);
        }
        if lost {
            let folder = self.folder.keep();
            tracing::error!(tenant = %self.run.tenant, operation = %self.run.operation, folder = %folder.display(),
                "the state of a refused run could not be stored; it is kept in its folder");
            let text = format!("this run's state could not be stored; it is kept in '{}'", folder.display());
            self.observer.event(RunEvent::Log(text));
        }
        (facts, aftermath)
    }

    /// Keeps the state beside the operation, where more may read it than the state bucket. Says whether it is kept.
    async fn keep_leftover(&self, body: Bytes) -> bool {
        let (tenant, operation) = (&self.run.tenant, self.run.operation);
        for number in 1..=LEFTOVERS {
            let suffix = if number == 1 { String::new() } else { format!("-{number}") };
            let name = format!("operations/{tenant}/{operation}.errored{suffix}.tfstate");
            let Ok(name) = ObjectName::new(&name) else { return false };
            match keep(&*self.engine.records, &name, &body).await {
                Ok(true) => {
                    self.observer.event(RunEvent::Log(format!("this run's state is kept as '{name}'")));
                    return true;
                }
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%name, %error, "a refused run's state could not be stored");
                    return false;
                }
            }
        }
        false
    }
}

/// Writes an object that must not be there. Says whether it is there now, with this content.
async fn keep(records: &dyn ObjectStore, name: &ObjectName, body: &Bytes) -> Result<bool, StoreError> {
    let object =
        NewObject { body: body.clone(), content_type: Some("application/json".to_owned()), ..NewObject::default() };
    match records.write(name, object, Precondition::Absent).await {
        Ok(_) => Ok(true),
        Err(StoreError::PreconditionFailed { .. } | StoreError::Unavailable { .. }) => {
            Ok(records.read(name).await?.is_some_and(|found| found.value == *body))
        }
        Err(error) => Err(error),
    }
}

/// The process by its command; what else it is told may name files.
fn process_span(arguments: &[&str]) -> Span {
    let command = arguments.first().copied().unwrap_or_default();
    tracing::info_span!("terraform", otel.name = format!("terraform {command}"))
}

fn backend_environment(open: &OpenSession) -> Vec<(String, String)> {
    let variables = [
        ("TF_HTTP_ADDRESS", open.url.as_str()),
        ("TF_HTTP_LOCK_ADDRESS", &open.url),
        ("TF_HTTP_UNLOCK_ADDRESS", &open.url),
        ("TF_HTTP_USERNAME", open.user),
        ("TF_HTTP_PASSWORD", &open.password),
        // The gateway answers 503 when the store does not answer: worth some tries, as state is at stake.
        ("TF_HTTP_RETRY_MAX", "4"),
        ("TF_HTTP_RETRY_WAIT_MIN", "1"),
        ("TF_HTTP_RETRY_WAIT_MAX", "8"),
    ];
    variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
