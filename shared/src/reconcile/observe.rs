//! What should be and what is, read again each time.

use bytes::Bytes;
use jiff::Timestamp;

use super::decide::{Intended, ListSeen, Situation};
use crate::digest::Digest;
use crate::operation::OperationId;
use crate::platform::Platform;
use crate::provision::Variables;
use crate::records::{DefinitionHead, Definitions, Phase, Status, StatusSummary, Statuses, StoredDefinition};
use crate::render;
use crate::store::{Generation, ObjectName, StoreError, Versioned};
use crate::tenant::{self, Definition, Problems, TenantId};

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
    /// Reads a tenant's definition and status, and renders the one with what is decided in the other.
    pub async fn read(
        definitions: &Definitions,
        statuses: &Statuses,
        platform: &Platform,
        tenant: &TenantId,
    ) -> Result<Self, StoreError> {
        let (read, status) = tokio::try_join!(read_definition(definitions, tenant), statuses.read(tenant))?;
        let decisions = decisions(status.as_ref().map(|status| &status.value));
        let definition = match read {
            Read::Absent => ObservedDefinition::Absent,
            Read::Conflict(names) => ObservedDefinition::Conflict(names),
            Read::Source(stored, source) => judge(stored, &source, platform, &decisions),
        };
        Ok(Self { definition, status })
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
            plugin_list: moment.plugin_list,
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
    /// What is known of the plugin list, where it lies in an object of its own.
    pub plugin_list: ListSeen,
}

/// What was decided for a tenant so far, beside its definition.
pub(crate) fn decisions(status: Option<&Status>) -> render::Decisions {
    let plugins = status.and_then(|status| status.plugins.as_ref()).and_then(|plugins| plugins.bundle);
    render::Decisions { plugins, ..render::Decisions::default() }
}

enum Read {
    Absent,
    Conflict(Vec<ObjectName>),
    Source(StoredDefinition, Bytes),
}

async fn read_definition(definitions: &Definitions, tenant: &TenantId) -> Result<Read, StoreError> {
    let stored = match definitions.head(tenant).await? {
        DefinitionHead::Absent => return Ok(Read::Absent),
        DefinitionHead::Conflict(names) => return Ok(Read::Conflict(names)),
        DefinitionHead::Present(stored) => stored,
    };
    // Replaced or removed between the listing and the reading, and not kept: the event of that change comes too.
    let Some(source) = definitions.source(&stored).await? else {
        return Err(StoreError::Unavailable { reason: format!("'{}' changed while it was read", stored.object.name) });
    };
    Ok(Read::Source(stored, source))
}

fn judge(
    stored: StoredDefinition,
    source: &[u8],
    platform: &Platform,
    decisions: &render::Decisions,
) -> ObservedDefinition {
    let parsed = tenant::parse_named(source, stored.object.format, &stored.object.tenant);
    let rendered = parsed.and_then(|definition| {
        let variables = render::variables(&definition, platform, decisions)?;
        Ok((definition, variables))
    });
    match rendered {
        Ok((definition, variables)) => ObservedDefinition::Valid(Box::new(Wanted { stored, definition, variables })),
        Err(problems) => ObservedDefinition::Invalid(stored, problems),
    }
}

/// Whether two listings alone show that there is nothing to do: no definition is parsed and no status read. Says no
/// whenever in doubt.
pub(super) fn settled(head: &DefinitionHead, summary: Option<&StatusSummary>) -> bool {
    let (DefinitionHead::Present(stored), Some(summary)) = (head, summary) else { return false };
    let decided = summary.observed_generation == Some(stored.generation);
    let quiet = matches!(summary.phase, Phase::Ready | Phase::Suspended | Phase::Invalid);
    decided && quiet && !summary.deletion_requested && summary.plugins_not_before.is_none()
}
