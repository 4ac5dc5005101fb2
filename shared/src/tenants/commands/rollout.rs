//! `rollout`: what somebody asks of the rollout under way.

use super::super::{Caller, CommandError};
use super::Commands;
use crate::rollout::{Order, Rollout};
use crate::signals;

impl Commands {
    /// Writes down what is asked; the next sweep goes by it, and every worker at once. What the rollout cannot do as it stands
    /// is [`CommandError::Rollout`], and changes nothing.
    pub async fn rollout(&self, caller: &Caller, order: Order) -> Result<Rollout, CommandError> {
        let ports = self.reconciler.ports();
        let (module, now) = (ports.provisioner.platform_digest(), ports.clock.now());
        let ordered = |rollout: &Rollout| rollout.ordered(order, &caller.principal, module, now);
        let rollout = ports.rollouts.update(ordered).await??;
        if rollout.changed == now {
            signals::rollout_changed(&rollout);
        }
        Ok(rollout)
    }
}
