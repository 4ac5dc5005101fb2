//! Progress of several tenants at once: a spinner each on a terminal, a line for each step elsewhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tenancy::tenant::TenantId;

use super::say;

/// Takes what is being done.
#[derive(Debug)]
pub(crate) struct Progress {
    mode: Mode,
    current: Mutex<BTreeMap<TenantId, Current>>,
}

#[derive(Debug)]
enum Mode {
    Silent,
    Lines,
    Spinners(MultiProgress),
}

#[derive(Debug)]
struct Current {
    text: String,
    spinner: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(quiet: bool, watched: bool) -> Self {
        let mode = match (quiet, watched) {
            (true, _) => Mode::Silent,
            (false, true) => Mode::Spinners(MultiProgress::new()),
            (false, false) => Mode::Lines,
        };
        Self { mode, current: Mutex::default() }
    }

    /// What is being done for a tenant now. The same again says nothing.
    pub(crate) fn step(&self, tenant: &TenantId, text: &str) {
        let mut all = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let current =
            all.entry(tenant.clone()).or_insert_with(|| Current { text: String::new(), spinner: self.spinner(tenant) });
        if current.text == text {
            return;
        }
        text.clone_into(&mut current.text);
        match (&self.mode, &current.spinner) {
            (Mode::Spinners(_), Some(spinner)) => spinner.set_message(text.to_owned()),
            (Mode::Lines, _) => say(&format!("{tenant}: {text}\n")),
            _ => {}
        }
    }

    /// A tenant is done with; this is how it ended.
    pub(crate) fn done(&self, tenant: &TenantId, text: &str) {
        self.step(tenant, text);
        let mut all = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spinner) = all.remove(tenant).and_then(|current| current.spinner) {
            spinner.finish_and_clear();
        }
    }

    fn spinner(&self, tenant: &TenantId) -> Option<ProgressBar> {
        let Mode::Spinners(all) = &self.mode else { return None };
        let spinner = all.add(ProgressBar::new_spinner());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {elapsed:>4}  {wide_msg}") {
            spinner.set_style(style);
        }
        spinner.set_prefix(tenant.to_string());
        spinner.enable_steady_tick(Duration::from_millis(120));
        Some(spinner)
    }
}
