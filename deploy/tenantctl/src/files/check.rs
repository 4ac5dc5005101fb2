//! Checks every file, and all of them together. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use tenancy::tenant::{self, Format, Problem, Reason, TenantId};

use super::{DefinitionFile, stem};

/// A file with a valid definition.
#[derive(Debug, Clone)]
pub(crate) struct Defined {
    /// Whose.
    pub(crate) tenant: TenantId,
    /// Where it stands.
    pub(crate) path: String,
    /// How it is written.
    pub(crate) format: Format,
    /// The definition as it was written.
    pub(crate) source: Vec<u8>,
}

/// One problem and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FileProblem {
    /// The file.
    pub(crate) file: String,
    /// What is wrong there.
    #[serde(flatten)]
    pub(crate) problem: Problem,
}

/// `file:line:column: REASON message (suggestion)`: what editors and CI systems make a link of.
impl fmt::Display for FileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Problem { line, column, reason, pointer, message, suggestion } = &self.problem;
        let (line, column) = (line.unwrap_or(1), column.unwrap_or(1));
        let reason = serde_json::to_value(reason).unwrap_or_default();
        write!(f, "{}:{line}:{column}: {} ", self.file, reason.as_str().unwrap_or_default())?;
        if !pointer.is_empty() {
            write!(f, "{pointer}: ")?;
        }
        f.write_str(message)?;
        suggestion.as_ref().map_or(Ok(()), |suggestion| write!(f, " ({suggestion})"))
    }
}

/// The definitions, sorted by tenant, or every problem of every file, in the order of the files.
pub(crate) fn check(files: Vec<DefinitionFile>) -> Result<Vec<Defined>, Vec<FileProblem>> {
    let mut problems = Vec::new();
    let mut defined: BTreeMap<TenantId, Defined> = BTreeMap::new();
    let mut claimed: BTreeMap<TenantId, String> = BTreeMap::new();
    for file in files {
        let tenant: TenantId = match stem(&file.path).parse() {
            Ok(tenant) => tenant,
            Err(error) => {
                problems.push(bad_name(&file, &error));
                problems.extend(of_file(&file.path, tenant::parse(&file.source, file.format).err()));
                continue;
            }
        };
        if let Some(other) = claimed.insert(tenant.clone(), file.path.clone()) {
            problems.push(second_file(&file.path, &other, &tenant));
        }
        match tenant::parse_named(&file.source, file.format, &tenant) {
            Ok(_) => {
                let DefinitionFile { path, format, source } = file;
                defined.insert(tenant.clone(), Defined { tenant, path, format, source });
            }
            Err(found) => problems.extend(of_file(&file.path, Some(found))),
        }
    }
    if problems.is_empty() { Ok(defined.into_values().collect()) } else { Err(problems) }
}

fn of_file(file: &str, found: Option<tenant::Problems>) -> impl Iterator<Item = FileProblem> {
    found.into_iter().flatten().map(move |problem| FileProblem { file: file.to_owned(), problem })
}

fn bad_name(file: &DefinitionFile, error: &tenant::InvalidTenantId) -> FileProblem {
    let message = format!("the file's name must be the tenant's: {error}");
    let problem = Problem::whole(Reason::NameMismatch, message).suggesting("rename the file");
    FileProblem { file: file.path.clone(), problem }
}

fn second_file(file: &str, other: &str, tenant: &TenantId) -> FileProblem {
    let message = format!("'{tenant}' is defined in {other} too");
    let problem = Problem::whole(Reason::NameMismatch, message).suggesting("remove one of the two files");
    FileProblem { file: file.to_owned(), problem }
}
