//! From bytes to a [`Definition`], or to everything that is wrong with them.

use super::problem::{Problem, Problems, Reason};
use super::source::{self, Node, Source, quoted};
use super::{Definition, Format, TenantId, checks, schema};

/// Most bytes of a definition: 1 MiB.
pub const MAX_BYTES: usize = 1024 * 1024;

/// Reads and checks a definition: syntax, schema, and what a schema cannot say. All problems are reported at once, in
/// document order, each with its place in the source.
pub fn parse(source: &[u8], format: Format) -> Result<Definition, Problems> {
    understand(source, format, None)
}

/// [`parse`], and `metadata.name` must be the id that the file stem or the URL gives: [`Reason::NameMismatch`] otherwise.
pub fn parse_named(source: &[u8], format: Format, expected: &TenantId) -> Result<Definition, Problems> {
    understand(source, format, Some(expected))
}

/// Adds lines and columns to problems that were found without the source, such as those of
/// [`check_against`](super::check_against).
#[must_use]
pub fn locate(problems: Problems, source: &[u8], format: Format) -> Problems {
    let Source { root: Some(root), .. } = source::read(source, format) else { return problems };
    let located: Vec<Problem> = problems
        .into_iter()
        .map(|problem| match root.find(&problem.pointer) {
            Some(node) if problem.line.is_none() => problem.at(node.at),
            _ => problem,
        })
        .collect();
    Problems::sorted(located)
}

fn understand(source: &[u8], format: Format, expected: Option<&TenantId>) -> Result<Definition, Problems> {
    let Source { root, mut problems } = source::read(source, format);
    let Some(root) = root else { return Err(Problems::sorted(problems)) };
    let value = root.to_json();
    schema::check(&root, &value, &mut problems);
    checks::check(&root, &mut problems);
    problems.extend(expected.and_then(|expected| mismatch(&root, expected)));
    if let Some(problems) = Problems::in_document_order(problems) {
        return Err(problems);
    }
    // The schema allows nothing that the type refuses; a test holds the two together.
    serde_json::from_value(value).map_err(|error| {
        Problem::whole(Reason::InvalidValue, format!("does not fit the definition: {error}")).into()
    })
}

fn mismatch(root: &Node, expected: &TenantId) -> Option<Problem> {
    let name = root.find("/metadata/name")?;
    let given = name.text().filter(|given| *given != expected.as_str())?;
    let message = format!("the name is {}, but the file or the address says {expected}", quoted(given));
    let problem = Problem::new(Reason::NameMismatch, "/metadata/name".to_owned(), message);
    Some(problem.at(name.at).suggesting(format!("write name: {expected}, or rename the file; a tenant keeps its name")))
}
