//! What should be and what is, read again each time.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use super::decide::{Intended, ListSeen, Situation};
use crate::digest::Digest;
use crate::operation::OperationId;
use crate::placement::{Occupancy, Placed, Placement};
use crate::platform::Platform;
use crate::provision::Variables;
use crate::records::{DefinitionHead, Definitions, Phase, Status, StatusSummary, Statuses, StoredDefinition};
use crate::render::{self, Rendered};
use crate::rollout::{Course, Defaults, Release};
use crate::store::{Generation, ObjectName, StoreError, Versioned};
use crate::tenant::{self, Definition, Problems, TenantId};
use crate::tenants::DefinitionView;

/// One tenant as read at one moment.
#[derive(Debug, Clone)]
pub struct Observation {
    /// What the definitions bucket says.
    pub definition: ObservedDefinition,
    /// Where there is none: the newest that the bucket still has of a tenant that is known.
    pub last_definition: Option<Generation>,
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
    /// Where it is, or is put.
    pub placed: Placed,
    /// The runtime image among it.
    pub image: String,
    /// What it renders to.
    pub variables: Variables,
    /// The platform's settings as this tenant has them: its release's defaults, and the rest as it is now.
    pub platform: Arc<Platform>,
    /// The module it is of; `None` where that is not at hand.
    pub module: Option<Digest>,
    /// Whether it is looked at with the release it has.
    pub course: Course,
    /// Its label says that it is among the first that a rollout moves.
    pub canary: bool,
}

/// The platform as this process was deployed with it.
#[derive(Debug, Clone, Copy)]
pub struct Deployed<'a> {
    /// Its settings.
    pub platform: &'a Arc<Platform>,
    /// The module and versions; `None` where those are not at hand.
    pub module: Option<Digest>,
}

impl Wanted {
    /// What of the platform it is rendered with.
    pub fn release(&self) -> Option<Release> {
        self.module.map(|module| Release { defaults: Defaults::of(&self.platform), module })
    }

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
        deployed: Deployed<'_>,
        tenant: &TenantId,
    ) -> Result<Self, StoreError> {
        Self::read_again(None, definitions, statuses, deployed, tenant).await
    }

    /// The same after an earlier look: a generation of a definition never changes, so one that was read is not read again.
    pub async fn read_again(
        before: Option<&Self>,
        definitions: &Definitions,
        statuses: &Statuses,
        deployed: Deployed<'_>,
        tenant: &TenantId,
    ) -> Result<Self, StoreError> {
        let read = before.map(|before| &before.definition);
        let (found, status) = tokio::try_join!(read_definition(read, definitions, tenant), statuses.read(tenant))?;
        let recorded = recorded(status.as_ref());
        let decided = decisions(status.as_ref());
        let pinned = Pinned::of(status.as_ref(), deployed);
        let last_definition = match found {
            Found::Absent if status.is_some() => definitions.last_generation(tenant).await?,
            _ => None,
        };
        let definition = match found {
            Found::Absent => ObservedDefinition::Absent,
            Found::Conflict(names) => ObservedDefinition::Conflict(names),
            // Placed since then, perhaps by other settings, or decided on otherwise: it is rendered as it is now. What a
            // rollout would have done then is no word on what it would have done now.
            Found::Same(wanted)
                if wanted.course != Course::Stay
                    || before.is_none_or(|before| before.differs(status.as_ref(), recorded, &decided)) =>
            {
                let Wanted { stored, source, .. } = *wanted;
                judge(stored, source, pinned, recorded, &Occupancy::default(), &decided)
            }
            Found::Same(wanted) => ObservedDefinition::Valid(wanted),
            Found::Other(stored, source) => {
                let occupancy = occupancy(statuses, &pinned.platform, recorded).await?;
                judge(stored, source, pinned, recorded, &occupancy, &decided)
            }
        };
        Ok(Self { definition, last_definition, status })
    }

    /// Whether it was rendered for another place, with other decisions, or of another release.
    fn differs(
        &self,
        now: Option<&Versioned<Status>>,
        recorded: Option<&Placement>,
        decided: &render::Decisions,
    ) -> bool {
        let status = self.status.as_ref();
        self::recorded(status) != recorded || decisions(status) != *decided || release(status) != release(now)
    }

    /// The same tenant, looked at with another release.
    #[must_use]
    pub(super) fn moved(self, release: &Release, course: Course) -> Self {
        let ObservedDefinition::Valid(wanted) = self.definition else { return self };
        let Wanted { stored, source, platform, .. } = *wanted;
        let platform = Arc::new(release.defaults.over(&platform));
        let pinned = Pinned { platform, module: Some(release.module), course };
        let status = self.status.as_ref();
        let (recorded, decided) = (recorded(status), decisions(status));
        let definition = judge(stored, source, pinned, recorded, &Occupancy::default(), &decided);
        Self { definition, ..self }
    }

    /// Whether it is looked at with another release than it has, as a rollout would have it.
    pub(super) fn is_moved(&self) -> bool {
        matches!(&self.definition, ObservedDefinition::Valid(wanted) if wanted.course != Course::Stay)
    }

    /// The platform's settings as this tenant has them, if its definition can be used.
    pub(super) fn platform(&self) -> Option<&Arc<Platform>> {
        match &self.definition {
            ObservedDefinition::Valid(wanted) => Some(&wanted.platform),
            _ => None,
        }
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

    /// What to decide on. `module` names the module and its versions that this process has, if it has one.
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
                digest: wanted.module.map(|module| wanted.digest(module)),
                move_refused: wanted.placed.refused_move.is_some(),
                repin: wanted.release().is_some_and(|wanted| release(self.status.as_ref()) != Some(&wanted)),
                other_module: wanted.module != module,
            },
        };
        Situation {
            intended,
            last_definition: self.last_definition,
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

/// What the bucket holds, not yet judged.
enum Found {
    Absent,
    Conflict(Vec<ObjectName>),
    /// What was read before.
    Same(Box<Wanted>),
    Other(StoredDefinition, Bytes),
}

async fn read_definition(
    before: Option<&ObservedDefinition>,
    definitions: &Definitions,
    tenant: &TenantId,
) -> Result<Found, StoreError> {
    let stored = match definitions.head(tenant).await? {
        DefinitionHead::Absent if !definitions.is_there(tenant, None).await? => return Ok(Found::Absent),
        DefinitionHead::Absent => {
            return Err(StoreError::Unavailable { reason: format!("the listing does not show '{tenant}' yet") });
        }
        DefinitionHead::Conflict(names) => return Ok(Found::Conflict(names)),
        DefinitionHead::Present(stored) => stored,
    };
    match before {
        Some(ObservedDefinition::Valid(wanted)) if wanted.stored == stored => {
            return Ok(Found::Same(wanted.clone()));
        }
        _ => {}
    }
    // Replaced or removed between the listing and the reading, and not kept: the event of that change comes too.
    match definitions.source(&stored).await? {
        Some(source) => Ok(Found::Other(stored, source)),
        None => Err(StoreError::Unavailable { reason: format!("'{}' changed while it was read", stored.object.name) }),
    }
}

/// The release that a tenant of this status has.
fn release(status: Option<&Versioned<Status>>) -> Option<&Release> {
    status.and_then(|status| status.value.release.as_ref()).map(|pin| &pin.release)
}

/// The platform as one tenant has it.
struct Pinned {
    platform: Arc<Platform>,
    module: Option<Digest>,
    course: Course,
}

impl Pinned {
    /// A tenant without a release gets the one of this process.
    fn of(status: Option<&Versioned<Status>>, deployed: Deployed<'_>) -> Self {
        let module = release(status).map_or(deployed.module, |release| deployed.module.and(Some(release.module)));
        Self { platform: platform_of(status, deployed.platform), module, course: Course::Stay }
    }
}

/// The platform's settings as a tenant of this status has them.
pub(crate) fn platform_of(status: Option<&Versioned<Status>>, platform: &Arc<Platform>) -> Arc<Platform> {
    match release(status) {
        Some(release) if release.defaults != Defaults::of(platform) => Arc::new(release.defaults.over(platform)),
        _ => Arc::clone(platform),
    }
}

/// Where a tenant of this status is.
fn recorded(status: Option<&Versioned<Status>>) -> Option<&Placement> {
    status.and_then(|status| status.value.placement.as_ref())
}

/// What was decided for a tenant so far, beside its definition.
pub(crate) fn decisions(status: Option<&Versioned<Status>>) -> render::Decisions {
    let plugins = status.and_then(|status| status.value.plugins.as_ref()).and_then(|plugins| plugins.bundle);
    render::Decisions { plugins, ..render::Decisions::default() }
}

/// Who is where, read only for a tenant that has no place yet, and only if some project can be full.
pub(crate) async fn occupancy(
    statuses: &Statuses,
    platform: &Platform,
    recorded: Option<&Placement>,
) -> Result<Occupancy, StoreError> {
    let limited = platform.tenant_projects.iter().any(|project| project.capacity.is_some());
    if recorded.is_none() && limited { statuses.occupancy().await } else { Ok(Occupancy::default()) }
}

fn judge(
    stored: StoredDefinition,
    source: Bytes,
    pinned: Pinned,
    recorded: Option<&Placement>,
    occupancy: &Occupancy,
    decided: &render::Decisions,
) -> ObservedDefinition {
    let Pinned { platform, module, course } = pinned;
    let parsed = tenant::parse_named(&source, stored.object.format, &stored.object.tenant);
    let rendered = parsed.and_then(|definition| {
        let rendered = render::render(&definition, &platform, recorded, occupancy, decided)?;
        Ok((definition, rendered))
    });
    match rendered {
        Ok((definition, Rendered { placed, variables })) => {
            let image = render::image(&definition, &platform).to_owned();
            let canary = definition.metadata.labels.contains_key(&platform.rollout.canary_label);
            ObservedDefinition::Valid(Box::new(Wanted {
                stored,
                source,
                definition,
                placed,
                image,
                variables,
                platform,
                module,
                course,
                canary,
            }))
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
    decided
        && quiet
        && !summary.deletion_requested
        && summary.plugins_not_before.is_none()
        && !waits_for_the_platform(summary)
}

/// Whether nothing is wrong with a definition but that the platform's settings cannot serve it: they may by now.
pub(super) fn waits_for_the_platform(summary: &StatusSummary) -> bool {
    summary.phase == Phase::Invalid && summary.reason.as_deref() == Some(NOT_OFFERED)
}

/// Why such a definition is not applied.
pub(super) const NOT_OFFERED: &str = "NotOffered";
