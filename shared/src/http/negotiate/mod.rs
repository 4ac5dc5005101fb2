//! What a request says of itself, parsed once, each part an extractor whose refusal is a problem document.

mod accept;
mod body;
mod etag;
mod parameters;
mod path;
mod prefer;

pub use accept::{Accepts, Reply};
pub(in crate::http) use body::read as read_body;
pub use body::{MAX_BODY, SubmittedDefinition};
pub use etag::{Expected, entity_tag, none_match};
pub use parameters::{
    DeleteParameters, DriftParameters, DryRun, ListParameters, NoParameters, OperationsParameters, PageMark, page_token,
};
pub use path::{DefinitionPath, OperationPath, TenantPath};
pub use prefer::Preferences;
