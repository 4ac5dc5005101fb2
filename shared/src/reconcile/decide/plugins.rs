//! What to do about a tenant's plugins: a pure choice from what is wanted and what came of it so far.
//!
//! What a site runs changes in this order, and each step can be taken again: the bundle is staged and tried on the site's
//! own database (`Install`), rolled out by an apply like any other change, and looked at where visitors are (`Verify`).
//! What is not well there is taken back (`TakeBack`), again by an apply.

use jiff::Timestamp;

use crate::plugins::wanted_digest;
use crate::records::{Phase, PluginsRecord, Status, Trial};
use crate::store::Generation;
use crate::tenant::Plugins;

/// The next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginStep {
    /// Stage and activate; resolve first, where the lock is not the answer to what is wanted.
    Install(Lookup),
    /// See whether the site is well with the bundle that was rolled out.
    Verify,
    /// The site is not: have the bundle before it rolled out again.
    TakeBack,
}

/// Whether the lock has to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// It stands.
    Locked,
    /// What is wanted changed, was never resolved, or is wanted in its newest versions.
    Resolve,
}

/// What is known of a list that lies in an object of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListSeen {
    /// Nobody looked, or nothing was to look at.
    NotLooked,
    /// It is at this generation now; `None`: it is not there.
    At(Option<Generation>),
}

/// Whether a bundle that was rolled out, or was to be, must go back before anything else is tried.
pub(super) fn must_take_back(status: &Status) -> bool {
    let refused = |trial: &Trial| trial.refused.is_some() || roll_failed(status);
    status.plugins.as_ref().and_then(|plugins| plugins.trial.as_ref()).is_some_and(refused)
}

/// A run that was stopped or killed, or that met a cloud or a store that was not there, says nothing of the bundle.
fn roll_failed(status: &Status) -> bool {
    status.phase == Phase::Failed && status.retry.as_ref().is_some_and(|retry| !retry.inconclusive)
}

/// Whether the tenant is `Failed` for its plugins alone: its resources are as defined.
pub(super) fn fails_for_plugins(status: &Status) -> bool {
    let failure = status.plugins.as_ref().and_then(|plugins| plugins.failure.as_ref());
    status.retry.is_none() && failure.is_some_and(|failure| failure.fails_tenant)
}

/// The next step for a tenant whose resources are as defined; `None`: there is none now.
pub(super) fn step(
    status: &Status,
    wanted: &Plugins,
    list: ListSeen,
    now: Timestamp,
    insist: bool,
) -> Option<PluginStep> {
    let Some(known) = &status.plugins else {
        return (!wants_nothing(wanted)).then_some(PluginStep::Install(Lookup::Resolve));
    };
    let waits = known.failure.as_ref().is_some_and(|failure| now < failure.not_before) && !insist;
    if known.trial.is_some() {
        return (!waits).then_some(PluginStep::Verify);
    }
    if status.upgrade.is_some() || changed(known, wanted, list) {
        return Some(PluginStep::Install(Lookup::Resolve));
    }
    if known.is_settled() || waits {
        return None;
    }
    let lookup = if known.lock.is_some() { Lookup::Locked } else { Lookup::Resolve };
    Some(PluginStep::Install(lookup))
}

fn changed(known: &PluginsRecord, wanted: &Plugins, list: ListSeen) -> bool {
    known.digest != wanted_digest(wanted) || matches!(list, ListSeen::At(seen) if seen != known.list)
}

fn wants_nothing(wanted: &Plugins) -> bool {
    matches!(wanted, Plugins::List(list) if list.is_empty())
}
