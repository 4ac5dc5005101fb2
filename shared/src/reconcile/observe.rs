//! What should be and what is, read again each time.

use bytes::Bytes;
use jiff::Timestamp;

use super::decide::{Intended, Situation};
use crate::digest::Digest;
use crate::operation::OperationId;
use crate::platform::Platform;
use crate::provision::Variables;
use crate::records::{DefinitionHead, Definitions, Phase, Status, StatusSummary, Statuses, StoredDefinition};
use crate::render;
use crate::store::{Generation, ObjectName, StoreError, Versioned};
use crate::tenant::{self, Definition, Problems, TenantId};
use crate::tenants::DefinitionView;

/// One tenant as read at one moment.
#[derive(Debug, Clone)]
pub struct Observation {
    /// What the definitions bucket says.
    pub definition: ObservedDefinition,
    /// What is known of the tenant.
    pub status: Option<Versioned<Status>>,
}

/// A definition, read and judged.
#[derive(Debug, Clone)]
pub enum ObservedDefinition {
    /// None.
    Absent,
    /// Several.
    Conflict(Vec<ObjectName>),
    /// One that cannot be used.
    Invalid(StoredDefinition, Problems),
    /// One that can.
    Valid(Box<Wanted>),
}

/// A usable definition and what it renders to.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where it is stored.
    pub stored: StoredDefinition,
    /// As its owner wrote it.
    pub source: Bytes,
    /// What it says.
    pub definition: Definition,
    /// What it renders to.
    pub variables: Variables,
}

impl Wanted {
    /// Names everything that decides what an apply makes: the same digest needs no run.
    pub fn digest(&self, module: Digest) -> Digest {
        Digest::of_parts([self.variables.digest().as_bytes().as_slice(), module.as_bytes().as_slice()])
    }
}

impl Observation {
    /// Reads a tenant's definition and status.
    pub async fn read(
        definitions: &Definitions,
        statuses: &Statuses,
        platform: &Platform,
        tenant: &TenantId,
    ) -> Result<Self, StoreError> {
        Self::read_again(None, definitions, statuses, platform, tenant).await
    }

    /// The same after an earlier look: a generation of a definition never changes, so one that was read is not read again.
    pub async fn read_again(
        before: Option<&Self>,
        definitions: &Definitions,
        statuses: &Statuses,
        platform: &Platform,
        tenant: &TenantId,
    ) -> Result<Self, StoreError> {
        let before = before.map(|before| &before.definition);
        let definition = read_definition(before, definitions, platform, tenant);
        let (definition, status) = tokio::try_join!(definition, statuses.read(tenant))?;
        Ok(Self { definition, status })
    }

    /// The definition as its owner wrote it, if it is one that can be used.
    pub(super) fn view(&self) -> Option<DefinitionView> {
        let ObservedDefinition::Valid(wanted) = &self.definition else { return None };
        let StoredDefinition { object, generation, updated } = &wanted.stored;
        let (format, source) = (object.format, wanted.source.clone());
        Some(DefinitionView { source, format, generation: *generation, updated: *updated })
    }

    /// The definition's generation, if there is exactly one definition.
    pub fn generation(&self) -> Option<Generation> {
        match &self.definition {
            ObservedDefinition::Absent | ObservedDefinition::Conflict(_) => None,
            ObservedDefinition::Invalid(stored, _) => Some(stored.generation),
            ObservedDefinition::Valid(wanted) => Some(wanted.stored.generation),
        }
    }

    /// What to decide on. `module` names the module and its versions, where those are at hand.
    pub fn situation(&self, moment: Moment, module: Option<Digest>) -> Situation<'_> {
        let intended = match &self.definition {
            ObservedDefinition::Absent => Intended::Absent,
            ObservedDefinition::Conflict(names) => Intended::Conflict(names),
            ObservedDefinition::Invalid(stored, problems) => {
                Intended::Invalid { generation: stored.generation, problems }
            }
            ObservedDefinition::Valid(wanted) => Intended::Valid {
                generation: wanted.stored.generation,
                definition: &wanted.definition,
                digest: module.map(|module| wanted.digest(module)),
            },
        };
        Situation {
            intended,
            status: self.status.as_ref().map(|status| &status.value),
            interrupted: moment.interrupted,
            deletions_held: moment.deletions_held,
            insist: moment.insist,
            now: moment.now,
        }
    }
}

/// What a decision hangs on beside the tenant itself.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The time.
    pub now: Timestamp,
    /// An operation whose process lost its lease while it worked here.
    pub interrupted: Option<OperationId>,
    /// The breaker holds deletions.
    pub deletions_held: bool,
    /// Somebody asked for it now.
    pub insist: bool,
}

async fn read_definition(
    before: Option<&ObservedDefinition>,
    definitions: &Definitions,
    platform: &Platform,
    tenant: &TenantId,
) -> Result<ObservedDefinition, StoreError> {
    let stored = match definitions.head(tenant).await? {
        DefinitionHead::Absent => return Ok(ObservedDefinition::Absent),
        DefinitionHead::Conflict(names) => return Ok(ObservedDefinition::Conflict(names)),
        DefinitionHead::Present(stored) => stored,
    };
    match before {
        Some(ObservedDefinition::Valid(wanted)) if wanted.stored == stored => {
            return Ok(ObservedDefinition::Valid(wanted.clone()));
        }
        _ => {}
    }
    // Replaced or removed between the listing and the reading, and not kept: the event of that change comes too.
    let Some(source) = definitions.source(&stored).await? else {
        return Err(StoreError::Unavailable { reason: format!("'{}' changed while it was read", stored.object.name) });
    };
    Ok(judge(stored, source, platform))
}

fn judge(stored: StoredDefinition, source: Bytes, platform: &Platform) -> ObservedDefinition {
    let parsed = tenant::parse_named(&source, stored.object.format, &stored.object.tenant);
    let rendered = parsed.and_then(|definition| {
        let variables = render::variables(&definition, platform, &render::Decisions::default())?;
        Ok((definition, variables))
    });
    match rendered {
        Ok((definition, variables)) => {
            ObservedDefinition::Valid(Box::new(Wanted { stored, source, definition, variables }))
        }
        Err(problems) => ObservedDefinition::Invalid(stored, problems),
    }
}

/// Whether two listings alone show that there is nothing to do: no definition is parsed and no status read. Says no
/// whenever in doubt.
pub(super) fn settled(head: &DefinitionHead, summary: Option<&StatusSummary>) -> bool {
    let (DefinitionHead::Present(stored), Some(summary)) = (head, summary) else { return false };
    let decided = summary.observed_generation == Some(stored.generation);
    let quiet = matches!(summary.phase, Phase::Ready | Phase::Suspended | Phase::Invalid);
    decided && quiet && !summary.deletion_requested
}
