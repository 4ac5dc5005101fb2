//! `create`: a tenant that is not there yet.

use super::super::{Answer, Caller, CommandError, Submission, Wait};
use super::{Commands, Intent, is_known};
use crate::provision::ProvisionError;
use crate::records::{DefinitionHead, OperationKind};
use crate::store::StoreError;
use crate::tenant::TenantId;

impl Commands {
    /// Stores the definition of a new tenant and makes it so. A definition, resources or a workspace of that name are
    /// [`CommandError::AlreadyExists`], and nothing is changed.
    pub async fn create(&self, caller: &Caller, submission: Submission, wait: Wait) -> Result<Answer, CommandError> {
        let definition = Self::read(&submission)?;
        self.rendered(&definition, None).await?;
        let tenant = definition.metadata.name;
        self.must_be_new(&tenant).await?;
        let writer = &self.reconciler.ports().definition_writer;
        let written = writer.create(&tenant, submission.source, submission.format).await;
        let generation = match written {
            Ok(generation) => generation,
            Err(StoreError::PreconditionFailed { .. }) => return Err(CommandError::AlreadyExists(tenant)),
            Err(error) => return Err(error.into()),
        };
        let intent = Intent { kind: OperationKind::Create, generation: Some(generation) };
        self.follow_up(caller, &tenant, wait, intent).await
    }

    pub(super) async fn must_be_new(&self, tenant: &TenantId) -> Result<(), CommandError> {
        let ports = self.reconciler.ports();
        let (head, status) = tokio::try_join!(ports.definitions.head(tenant), ports.statuses.read(tenant))?;
        let workspace = match ports.provisioner.head(tenant).await {
            Ok(workspace) => workspace,
            Err(ProvisionError::Store(error)) => return Err(error.into()),
            Err(error) => return Err(CommandError::Misconfigured(error.to_string())),
        };
        if head == DefinitionHead::Absent && !is_known(status.as_ref()) && workspace.is_none() {
            return Ok(());
        }
        Err(CommandError::AlreadyExists(tenant.clone()))
    }
}
