//! `create`: a tenant that is not there yet.

use super::super::{Answer, Caller, CommandError, Submission, Wait};
use super::{Commands, Intent, is_known};
use crate::provision::ProvisionError;
use crate::records::{DefinitionHead, OperationKind};
use crate::store::StoreError;
use crate::tenant::{Format, TenantId};

impl Commands {
    /// Stores the definition of a new tenant and makes it so. A definition, resources or a workspace of that name are
    /// [`CommandError::AlreadyExists`], and nothing is changed.
    pub async fn create(&self, caller: &Caller, submission: Submission, wait: Wait) -> Result<Answer, CommandError> {
        let definition = Self::read(&submission)?;
        self.rendered(&definition, None).await?;
        let source = Self::text(&submission, &definition, Format::Yaml)?;
        let tenant = definition.metadata.name;
        let _admitted = self.reconciler.admit(caller, &tenant)?;
        self.must_be_new(&tenant).await?;
        let writer = &self.reconciler.ports().definition_writer;
        let written = writer.create(&tenant, source).await;
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
        let workspace = async {
            ports.provisioner.head(tenant).await.map_err(|error| match error {
                ProvisionError::Store(error) => error.into(),
                error => CommandError::Misconfigured(error.to_string()),
            })
        };
        let definition = async { Ok(ports.definitions.head(tenant).await?) };
        let status = async { Ok(ports.statuses.read(tenant).await?) };
        let (head, status, workspace) = tokio::try_join!(definition, status, workspace)?;
        if head == DefinitionHead::Absent && !is_known(status.as_ref()) && workspace.is_none() {
            return Ok(());
        }
        Err(CommandError::AlreadyExists(tenant.clone()))
    }
}
