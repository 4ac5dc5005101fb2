//! What is kept in buckets, typed: definitions, status records, leases, the journal of operations and what is kept of
//! deleted tenants. Nothing else is
//! true; every process reads these again before it acts.
//!
//! Each kind is a pair: a value type and a repository that knows its object names and preconditions. The repositories that
//! only read take an [`ObjectReader`](crate::store::ObjectReader), so who reads cannot write.

mod condition;
mod definitions;
mod drift;
mod graveyard;
mod journal;
mod leases;
mod names;
mod operation;
mod plugins;
mod retention;
mod status;
mod statuses;
mod summary;

pub use condition::{Condition, ConditionKind, Conditions, Truth};
pub use definitions::{DefinitionHead, DefinitionWriter, Definitions, StoredDefinition};
pub use drift::{CONFIRMED, DriftFinding, DriftRecord, LastLook};
pub use graveyard::{Burial, BuriedDefinition, Graveyard, LastDefinition};
pub use journal::{Entry, Journal};
pub use leases::{Acquired, Holder, Lease, LeaseMark, Leases};
pub(crate) use names::listing_order;
pub use names::{Belonging, DefinitionObject, RecordName};
pub use operation::{Operation, OperationKind, Outcome, Principal, Step, Trigger};
pub use plugins::{PluginsFailure, PluginsRecord, Trial, UpgradeRequest};
pub use retention::RetentionRound;
pub use status::{
    AppliedRecord, Approval, DeletionRequest, DeletionTerms, ExportRecord, Hold, Phase, RestoredRecord, RetryRecord,
    Status, Tombstone,
};
pub use statuses::Statuses;
pub use summary::{PluginListSummary, StatusSummary};
