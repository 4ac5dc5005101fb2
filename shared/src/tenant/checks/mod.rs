//! What a schema cannot say: relations between values, names that are taken, texts that look like secrets. Each check looks
//! at the tree and passes over what has a wrong type, since that is already a problem; so both kinds come in one list.

mod duplicates;
mod labels;
mod platform;
mod scaling;
pub(super) mod secrets;
mod variables;

#[cfg(test)]
mod tests;

use super::problem::{Problem, Reason};
use super::source::{Node, child};

pub use labels::TENANT_LABEL;
pub use platform::{check_against, unknown_tier};
#[cfg(feature = "server")]
pub(crate) use secrets::issued;

/// Everything that is wrong beyond the schema.
pub(super) fn check(root: &Node, problems: &mut Vec<Problem>) {
    labels::check(root, problems);
    variables::check(root, problems);
    scaling::check(root, problems);
    duplicates::domains(root, problems);
    duplicates::plugins(root, problems);
    secrets::check(root, problems);
}

const ENVIRONMENT: &str = "/spec/runtime/environmentVariables";
const SECRETS: &str = "/spec/runtime/secretVariables";
