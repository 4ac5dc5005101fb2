//! What can be asked of the product, free of any transport: commands change a tenant's definition and reconcile it,
//! queries read. `http` translates; the functions assemble.

mod commands;
mod error;
mod fleet;
mod queries;
mod view;

pub use commands::Commands;
pub use error::CommandError;
pub use fleet::{FleetView, HeldTenant, Shares, SlowApply};
pub use queries::{Cursor, OperationLog, Part, Queries};
pub use view::{
    Answer, Caller, DefinitionView, IfMatch, ListFilter, Preview, Submission, TenantDrift, TenantSummary, TenantView,
    Wait,
};
