//! What people and programs ask for through the API.

use std::sync::Arc;

use bytes::Bytes;
use rand::RngExt as _;
use tenancy::digest::Digest;
use tenancy::records::{Principal, RecordName, Status, Trigger};
use tenancy::store::document;
use tenancy::store::memory::MemoryStore;
use tenancy::tenant::TenantId;
use tenancy::tenants::{Caller, CommandError, Commands, IfMatch, Submission, Wait};

use crate::definitions;
use crate::schedule::now_or_never;
use crate::witness::Invariant;
use crate::world::{State, World};

/// One request.
pub(crate) enum Request {
    Create(Submission),
    Update(Submission),
    Delete { force: bool },
    Approve(Digest),
    Undelete,
}

impl Request {
    /// Any of them; an approval is of what waits, as its person sees it now.
    pub(crate) fn draw(world: &mut State, records: &MemoryStore, tenant: &TenantId) -> Self {
        match world.random.random_range(0..20) {
            0..4 => Self::Create(submission(world, tenant)),
            4..11 => Self::Update(submission(world, tenant)),
            11..15 => Self::Delete { force: world.chance(200) },
            15..18 => Self::Approve(waiting(records, tenant).unwrap_or_else(|| Digest::of(b"nothing"))),
            _ => Self::Undelete,
        }
    }

    pub(crate) const fn verb(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Update(_) => "update",
            Self::Delete { .. } => "delete",
            Self::Approve(_) => "approve",
            Self::Undelete => "undelete",
        }
    }

    /// What the witness must know of before it is asked for; what it returns stands until it is answered.
    pub(crate) fn announce(&self, world: &Arc<World>, tenant: &TenantId) -> Option<Deleting> {
        match self {
            Self::Delete { force } => {
                world.lock().deletion_asked(tenant, *force);
                Some(Deleting { world: Arc::clone(world), tenant: tenant.clone() })
            }
            Self::Approve(digest) => {
                world.lock().approved(tenant, *digest);
                None
            }
            Self::Create(_) | Self::Update(_) | Self::Undelete => None,
        }
    }

    /// Asks for it.
    pub(crate) async fn ask(self, commands: &Commands, tenant: &TenantId, wait: Wait) -> Option<CommandError> {
        let caller = &caller(Trigger::Api);
        let answer = match self {
            Self::Create(submission) => commands.create(caller, submission, wait).await,
            Self::Update(submission) => commands.update(caller, tenant, submission, IfMatch::Any, wait).await,
            Self::Delete { force } => commands.delete(caller, tenant, IfMatch::Any, force, wait).await,
            Self::Approve(digest) => commands.approve(caller, tenant, digest, wait).await,
            Self::Undelete => commands.undelete(caller, tenant, wait).await,
        };
        answer.err()
    }
}

/// A deletion somebody asks for, until it is answered or its process dies.
pub(crate) struct Deleting {
    world: Arc<World>,
    tenant: TenantId,
}

impl Drop for Deleting {
    fn drop(&mut self) {
        self.world.lock().deletion_answered(&self.tenant);
    }
}

pub(crate) fn caller(trigger: Trigger) -> Caller {
    Caller::new(Principal("ada@example.com".to_owned()), trigger)
}

/// Any refusal is an answer; an installation said to be broken is not.
pub(crate) fn answered(world: &World, what: &str, error: Option<CommandError>) {
    let mut world = world.lock();
    match &error {
        Some(error) => world.tell(format_args!("{what}: {error}")),
        None => world.tell(format_args!("{what}: done")),
    }
    if let Some(CommandError::Misconfigured(reason)) = error {
        world.breach(Invariant::NothingBreaks, format!("{what}: {reason}"));
    }
}

fn submission(world: &mut State, tenant: &TenantId) -> Submission {
    let source = Bytes::from(definitions::draw(&mut world.random, tenant));
    Submission { source, format: definitions::draw_format(&mut world.random) }
}

/// What an approval would have to name.
fn waiting(records: &MemoryStore, tenant: &TenantId) -> Option<Digest> {
    let status = now_or_never(document::read_json::<Status>(records, &RecordName::status(tenant))).flatten()?.value;
    let plan = status.hold.map(|hold| hold.digest);
    plan.or_else(|| status.tombstone.map(|tombstone| tombstone.digest(tenant)))
}
