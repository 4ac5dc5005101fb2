//! Carrying out a plan: no choices but whether what was done holds.

use std::time::Instant;

use tenancy::plugins::{InstallRequest, InstallStatus, PluginName, PluginReport, PluginResult};

use super::plan::{Plan, Step, StepKind};
use super::tree::Tree;
use crate::bundle::PluginFile;
use crate::error::InstallError;
use crate::program::{Outcome, milliseconds};
use crate::wordpress::{Broken, Look, Site};

/// A run under way.
pub(super) struct Run<'a> {
    request: &'a InstallRequest,
    site: &'a Site,
    tree: &'a Tree,
    /// How the site looked before anything was touched.
    before: Look,
    /// What was active then.
    journal: Vec<PluginFile>,
    /// What is active now.
    active: Vec<PluginFile>,
    /// The last look, if nothing was changed since.
    now: Option<Look>,
    told: Vec<PluginReport>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        request: &'a InstallRequest,
        site: &'a Site,
        tree: &'a Tree,
        before: Look,
        active: Vec<PluginFile>,
    ) -> Self {
        Self { request, site, tree, before, journal: active.clone(), active, now: None, told: Vec::new() }
    }

    pub(super) async fn carry_out(mut self, plan: Plan) -> Result<Outcome, InstallError> {
        if plan.is_empty() {
            self.now = Some(self.before.clone());
            for step in &plan.steps {
                self.tell_step(step, PluginResult::Unchanged, String::new(), Instant::now());
            }
            return Ok(self.ended(InstallStatus::Converged, String::new()));
        }
        tracing::info!("step: journal");
        self.site.write(&self.active, Some(&self.journal)).await?;
        let mut removed = Vec::new();
        for file in &plan.remove {
            removed.push(self.remove(file).await?);
        }
        for step in &plan.steps {
            let began = Instant::now();
            let Err(broken) = self.step(step).await? else { continue };
            tracing::warn!(plugin = %step.plugin.name, result = ?broken.result, "{}", broken.message);
            let message = format!("{}: {}", step.plugin.name, broken.message);
            self.tell_step(step, broken.result, broken.message, began);
            if step.plugin.required {
                self.skip_rest(&plan);
                return self.roll_back(&plan, message).await;
            }
            self.take_back(step).await?;
            if !self.look().await?.health.well() {
                self.skip_rest(&plan);
                return self.roll_back(&plan, format!("the site is not well without {}", step.plugin.name)).await;
            }
        }
        self.told.extend(removed);
        self.finish(&plan).await
    }

    /// One wanted plugin, to the point where the site is seen to be well with it.
    async fn step(&mut self, step: &Step) -> Result<Result<(), Broken>, InstallError> {
        let began = Instant::now();
        if step.kind == StepKind::Unchanged {
            self.tell_step(step, PluginResult::Unchanged, String::new(), began);
            return Ok(Ok(()));
        }
        tracing::info!(plugin = %step.plugin.name, version = %step.plugin.version, kind = ?step.kind, "step: place");
        self.tree.place(&step.plugin.name, self.request.lock.bundle())?;
        self.now = None;
        // A version may have another main file: the old one's entry names nothing any more.
        let stale = |file: &PluginFile| file.folder() == step.plugin.name.as_str() && *file != step.main;
        if self.active.iter().any(stale) {
            let active: Vec<_> = self.active.iter().filter(|file| !stale(file)).cloned().collect();
            self.write(&active).await?;
        }
        if step.kind == StepKind::Activate {
            tracing::info!(plugin = %step.plugin.name, "step: activate");
            if let Err(broken) = self.site.activate(&step.main).await? {
                return Ok(Err(broken));
            }
        }
        tracing::info!(plugin = %step.plugin.name, "step: confirm");
        match self.site.active().await? {
            Err(broken) => return Ok(Err(broken)),
            Ok(active) if !active.contains(&step.main) => {
                let message = "it was activated, and is not active in a fresh process".to_owned();
                return Ok(Err(Broken { result: PluginResult::ActivationFailed, message }));
            }
            Ok(active) => self.active = active,
        }
        let health = self.look().await?.health.clone();
        if !health.well() {
            return Ok(Err(Broken { result: PluginResult::UnhealthyReverted, message: health.problems() }));
        }
        self.tell_step(step, PluginResult::Applied, String::new(), began);
        Ok(Ok(()))
    }

    /// An active plugin that is not wanted: its hooks run while its files are still here.
    async fn remove(&mut self, file: &PluginFile) -> Result<PluginReport, InstallError> {
        let began = Instant::now();
        tracing::info!(plugin = %file.0, "step: deactivate");
        let mut message = String::new();
        if self.tree.holds(&file.0) {
            if let Err(broken) = self.site.deactivate(file).await? {
                message = format!("without its hooks: {}", broken.message);
            }
        } else {
            "without its hooks: its files are gone".clone_into(&mut message);
        }
        self.active = self.site.read().await?.active;
        if self.active.contains(file) {
            let active: Vec<_> = self.active.iter().filter(|active| *active != file).cloned().collect();
            self.write(&active).await?;
        }
        self.now = None;
        // A plugin in no folder of its own is none of ours, and has no version that anybody locked.
        let name: Result<PluginName, _> = file.folder().trim_end_matches(".php").parse();
        if let Ok(name) = &name {
            self.tree.remove(name.as_str())?;
        }
        let name = name.or_else(|_| "unknown".parse()).map_err(|e| InstallError::BadInput(format!("{e}")))?;
        Ok(PluginReport {
            from: self.request.before.get(&name).map(|before| before.version.clone()),
            name,
            to: None,
            sha256: None,
            required: false,
            result: PluginResult::Removed,
            message,
            ms: milliseconds(began),
        })
    }

    /// A plugin as it was before its step, without loading any.
    async fn take_back(&mut self, step: &Step) -> Result<(), InstallError> {
        tracing::info!(plugin = %step.plugin.name, "step: take back");
        let name = &step.plugin.name;
        self.tree.place(name, self.request.before.get(name).and(self.request.before.bundle()))?;
        let own = |file: &&PluginFile| file.folder() == name.as_str();
        let others = self.site.read().await?.active.into_iter().filter(|file| !own(&file));
        let mut active: Vec<_> = others.chain(self.journal.iter().filter(own).cloned()).collect();
        active.sort();
        self.write(&active).await?;
        self.now = None;
        Ok(())
    }

    /// Everything as it was before the run.
    async fn roll_back(mut self, plan: &Plan, why: String) -> Result<Outcome, InstallError> {
        tracing::warn!("step: roll back");
        let journal = self.journal.clone();
        self.site.write(&journal, Some(&journal)).await?;
        self.tree.compose(&self.request.before)?;
        let removed = plan.remove.iter().filter(|file| self.tree.holds(&file.0)).cloned();
        for file in removed.collect::<Vec<_>>() {
            // Their hooks of deactivation ran; those of activation put back what these took away. What they say no longer
            // matters: the list is set once more below.
            self.site.write(&without(&journal, &file), Some(&journal)).await?;
            let _ = self.site.activate(&file).await?;
        }
        self.site.write(&journal, None).await?;
        self.active = journal;
        self.now = None;
        let well = self.look().await?.health.well();
        let status = if well { InstallStatus::RolledBack } else { InstallStatus::RollbackFailed };
        Ok(Outcome { rolled_back: true, ..self.ended(status, why) })
    }

    /// Every step held, or was taken back: the last look, and the journal closed.
    async fn finish(mut self, plan: &Plan) -> Result<Outcome, InstallError> {
        let health = self.look().await?.health.clone();
        if !health.well() {
            return self.roll_back(plan, format!("the site is not well: {}", health.problems())).await;
        }
        tracing::info!("step: close");
        self.active = self.site.read().await?.active;
        self.site.write(&self.active, None).await?;
        let failed = self.told.iter().filter(|plugin| !plugin.result.holds() && plugin.result != PluginResult::Removed);
        let names: Vec<_> = failed.map(|plugin| format!("{}: {}", plugin.name, plugin.message)).collect();
        let status = if names.is_empty() { InstallStatus::Converged } else { InstallStatus::OptionalFailed };
        Ok(self.ended(status, names.join("; ")))
    }

    async fn look(&mut self) -> Result<&Look, InstallError> {
        let look = if let Some(look) = self.now.take() {
            look
        } else {
            tracing::info!("step: look");
            self.site.look(Some(&self.before)).await?
        };
        Ok(self.now.insert(look))
    }

    async fn write(&mut self, active: &[PluginFile]) -> Result<(), InstallError> {
        self.active = self.site.write(active, Some(&self.journal)).await?.active;
        Ok(())
    }

    fn skip_rest(&mut self, plan: &Plan) {
        for step in &plan.steps[self.told.len()..] {
            self.tell_step(step, PluginResult::Skipped, String::new(), Instant::now());
        }
    }

    fn tell_step(&mut self, step: &Step, result: PluginResult, message: String, began: Instant) {
        let ms = milliseconds(began);
        self.told.push(PluginReport { message, ms, ..self.request.told(&step.plugin, result) });
    }

    fn ended(self, status: InstallStatus, message: String) -> Outcome {
        Outcome {
            message,
            health_before: Some(self.before.health),
            health_after: self.now.map(|look| look.health),
            ..Outcome::of(status, self.told)
        }
    }
}

fn without(files: &[PluginFile], out: &PluginFile) -> Vec<PluginFile> {
    files.iter().filter(|file| *file != out).cloned().collect()
}
