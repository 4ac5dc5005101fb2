//! The schema: the one source of what a definition may say. Editors read the file, this room enforces it, and the table in
//! the documentation is made from it.

mod explain;
mod nearest;
mod table;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::problem::{Problem, Problems, Reason};
use super::source::Node;

pub(super) use nearest::nearest;
pub use table::schema_table;

/// The schema of a definition, JSON Schema 2020-12, as text.
pub const SCHEMA: &str = include_str!("../../../schemas/tenant.schema.json");

/// The schema in its two forms: as a value, to look up what a place would have allowed, and compiled. Compiled once: it
/// takes longer than a thousand definitions.
struct Compiled {
    document: Value,
    validator: Validator,
}

static COMPILED: LazyLock<Result<Compiled, String>> = LazyLock::new(|| {
    let document: Value = serde_json::from_str(SCHEMA).map_err(|error| error.to_string())?;
    let validator = jsonschema::options()
        // Without look-around and back-references matching is linear, whatever the text.
        .with_pattern_options(PatternOptions::regex())
        .build(&document)
        .map_err(|error| error.to_string())?;
    Ok(Compiled { document, validator })
});

/// Everything that the schema does not allow.
pub(super) fn check(root: &Node, value: &Value, problems: &mut Vec<Problem>) {
    match &*COMPILED {
        Ok(compiled) => {
            for error in compiled.validator.iter_errors(value) {
                if problems.len() > Problems::MOST {
                    break;
                }
                explain::explain(&compiled.document, root, &error, problems);
            }
        }
        // The schema is part of the program, and a test compiles it.
        Err(error) => problems.push(Problem::whole(Reason::InvalidValue, format!("the schema is broken: {error}"))),
    }
}
