//! Observe and decide: what every reconcile does before it does anything, and does again under its lease.

use super::decide::{Action, ListSeen, decide};
use super::observe::{Deployed, Moment, Observation, ObservedDefinition};
use super::ports::Ports;
use super::reconciler::Insist;
use super::rolling;
use crate::operation::OperationId;
use crate::plugins;
use crate::tenant::TenantId;
use crate::tenants::CommandError;

/// Reads a tenant and chooses what to do about it: with the release it has, unless a rollout would have it moved now.
pub(super) async fn look(
    ports: &Ports,
    tenant: &TenantId,
    before: Option<&Observation>,
    interrupted: Option<OperationId>,
    insist: Insist,
) -> Result<(Observation, Action), CommandError> {
    let module = ports.provisioner.platform_digest();
    let deployed = Deployed { platform: &ports.platform, module: Some(module) };
    let observation = Observation::read_again(before, &ports.definitions, &ports.statuses, deployed, tenant).await?;
    let tombstoned = observation.status.as_ref().is_some_and(|status| status.value.tombstone.is_some());
    let now = ports.clock.now();
    let deletions_held = tombstoned && ports.breaker.holds(tenant, &ports.platform.deletion, now).await?;
    let asked = observation.status.as_ref().is_some_and(|status| status.value.queued.is_some());
    let insist = insist == Insist::Yes || asked;
    let plugin_list = look_at_list(ports, &observation).await;
    let moment = Moment { now: ports.clock.now(), interrupted, deletions_held, insist, plugin_list };
    let choose = |observation: &Observation| {
        let platform = observation.platform().unwrap_or(&ports.platform);
        decide(&observation.situation(moment, Some(module)), platform)
    };
    let action = choose(&observation);
    // Who asks for something now asks for a change of their own.
    let moved = if insist { None } else { rolling::moved(ports, &observation, &action, deployed).await? };
    let (observation, action) = match moved {
        Some((release, course)) => {
            let moved = observation.moved(&release, course);
            let action = choose(&moved);
            (moved, action)
        }
        None => (observation, action),
    };
    tracing::debug!(?action, "decided");
    Ok((observation, action))
}

/// What is known of the list of plugins, where it lies in an object of its own. One that cannot be looked at now says
/// nothing.
async fn look_at_list(ports: &Ports, observation: &Observation) -> ListSeen {
    let ObservedDefinition::Valid(wanted) = &observation.definition else { return ListSeen::NotLooked };
    match ports.plugins.resolver.look(&plugins::wanted(&wanted.definition, &wanted.platform)).await {
        Ok(seen) => seen.map_or(ListSeen::NotLooked, ListSeen::At),
        Err(error) => {
            tracing::warn!(%error, "the plugin list could not be looked at");
            ListSeen::NotLooked
        }
    }
}
