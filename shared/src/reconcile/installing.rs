//! Asking for a tenant's plugins once its list changed.

use super::ports::Ports;
use super::recorder::Saying;
use crate::plugins;
use crate::records::{ConditionKind, Status, Truth};
use crate::store::{StoreError, Versioned};
use crate::tenant::Definition;

/// Starts the installation of what the definition wants, unless that very list was asked for before. The request is
/// started before it is recorded: a crash between the two asks again, and asking twice is asking once.
pub(super) async fn request_plugins(
    ports: &Ports,
    definition: &Definition,
    seen: Versioned<Status>,
) -> Result<Status, StoreError> {
    let now = ports.clock.now();
    let wanted = plugins::wanted(definition, &ports.platform, now);
    let status = &seen.value;
    if status.plugins.as_ref().is_some_and(|known| known.digest == wanted.digest) {
        return Ok(seen.value);
    }
    let tenant = status.tenant.clone();
    ports.installs.start(&tenant, &wanted).await?;
    let asked = |status: &mut Status| {
        let generation = status.observed_generation;
        status.plugins = Some(wanted.clone());
        let mut say = Saying { status, now, generation };
        say.that(ConditionKind::PluginsInstalled, Truth::Unknown, "Requested", "installation was asked for");
    };
    Ok(ports.statuses.update_seen(&tenant, Some(seen), asked).await?.value)
}
