//! Every way this program ends: one mapping from what went wrong to an exit code, and what to do next.

use std::fmt;
use std::process::ExitCode;

use crate::api::{ApiError, Problem};
use crate::files::FileProblem;
use crate::git::GitError;

/// How the program ends. The numbers are part of the contract with scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0
    Ok,
    /// 1
    Failed,
    /// 2, also what clap ends with
    Usage,
    /// 3
    InvalidDefinition,
    /// 4
    NotFound,
    /// 5
    Conflict,
    /// 6
    Refused,
    /// 7
    Unavailable,
    /// 8
    Partial,
}

impl Exit {
    /// Every code, ascending.
    pub(crate) const ALL: [Self; 9] = [
        Self::Ok,
        Self::Failed,
        Self::Usage,
        Self::InvalidDefinition,
        Self::NotFound,
        Self::Conflict,
        Self::Refused,
        Self::Unavailable,
        Self::Partial,
    ];

    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::InvalidDefinition => 3,
            Self::NotFound => 4,
            Self::Conflict => 5,
            Self::Refused => 6,
            Self::Unavailable => 7,
            Self::Partial => 8,
        }
    }

    /// What the number means, for the help text.
    pub(crate) const fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "done, or nothing to do",
            Self::Failed => "it failed, and trying again unchanged will not help",
            Self::Usage => "the command line is wrong",
            Self::InvalidDefinition => "a definition has problems; nothing was changed",
            Self::NotFound => "no such tenant, operation, generation or file",
            Self::Conflict => "it exists, or somebody else changed it meanwhile",
            Self::Refused => "held or protected: somebody has to approve or allow it",
            Self::Unavailable => "the API cannot do it now: try again later",
            Self::Partial => "several tenants were worked on and some failed",
        }
    }

    /// What a problem of the API ends the program with, by its reason and, for one this client is too old to know, by
    /// its status code.
    pub(crate) fn of_problem(problem: &Problem) -> Self {
        match problem.reason.as_str() {
            "INVALID_DEFINITION" | "MALFORMED_DEFINITION" | "NAME_MISMATCH" | "BODY_TOO_LARGE" => {
                Self::InvalidDefinition
            }
            "TENANT_NOT_FOUND"
            | "OPERATION_NOT_FOUND"
            | "LOG_NOT_FOUND"
            | "LOG_NOT_KEPT"
            | "GENERATION_NOT_FOUND"
            | "NOTHING_KEPT" => Self::NotFound,
            "ALREADY_EXISTS" | "CONFLICTING_DEFINITIONS" | "PRECONDITION_FAILED" => Self::Conflict,
            "HELD" | "DELETION_PROTECTED" => Self::Refused,
            "WORKSPACE_LOCKED" | "INTERRUPTED" | "TENANT_CROWDED" | "BUSY" | "STORE_UNAVAILABLE" => Self::Unavailable,
            "INVALID_PARAMETER" => Self::Usage,
            "APPLY_FAILED" => Self::Failed,
            _ => match problem.status {
                404 => Self::NotFound,
                409 | 412 => Self::Conflict,
                422 => Self::InvalidDefinition,
                408 | 429 | 502..=504 => Self::Unavailable,
                _ => Self::Failed,
            },
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The table of the help text.
pub(crate) fn table() -> String {
    let lines: Vec<String> = Exit::ALL.iter().map(|exit| format!("  {}  {}", exit.code(), exit.meaning())).collect();
    format!("Exit codes:\n{}", lines.join("\n"))
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Definitions have problems.
    #[error("{} in {} of {files} definition files; nothing was changed", count(problems.len(), "problem"), bad_files(problems))]
    Definitions {
        /// All of them.
        problems: Vec<FileProblem>,
        /// Files that were looked at.
        files: usize,
    },
    /// The API said no, or nothing.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The repository could not be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// We refuse, before anything is changed.
    #[error("{what}")]
    Refused {
        /// What is refused and why.
        what: String,
        /// What allows it.
        next: String,
    },
    /// What was named is not there.
    #[error("{what}")]
    NotFound {
        /// What is not there.
        what: String,
        /// What to do.
        next: String,
    },
    /// The command line cannot be meant.
    #[error("{what}")]
    Usage {
        /// What is wrong with it.
        what: String,
        /// What to write.
        next: String,
    },
    /// Writing the result failed.
    #[error("the result could not be written: {0}")]
    Output(#[from] std::io::Error),
}

impl Failure {
    /// What the program ends with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Definitions { .. } => Exit::InvalidDefinition,
            Self::Api(error) => error.exit(),
            Self::Git(_) | Self::Output(_) => Exit::Failed,
            Self::Refused { .. } => Exit::Refused,
            Self::NotFound { .. } => Exit::NotFound,
            Self::Usage { .. } => Exit::Usage,
        }
    }

    /// For programs, `UPPER_SNAKE`.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Definitions { .. } => "INVALID_DEFINITION",
            Self::Api(error) => error.reason(),
            Self::Git(_) => "GIT_FAILED",
            Self::Refused { .. } => "REFUSED",
            Self::NotFound { .. } => "NOT_FOUND",
            Self::Usage { .. } => "USAGE",
            Self::Output(_) => "OUTPUT_FAILED",
        }
    }

    /// What to do next, where there is something to say.
    pub(crate) fn next(&self) -> Option<String> {
        match self {
            Self::Definitions { .. } => Some("correct the files and run the command again".to_owned()),
            Self::Api(error) => error.next(),
            Self::Git(error) => Some(error.next()),
            Self::Refused { next, .. } | Self::NotFound { next, .. } | Self::Usage { next, .. } => Some(next.clone()),
            Self::Output(_) => None,
        }
    }
}

/// `1 problem`, `2 problems`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

fn bad_files(problems: &[FileProblem]) -> impl fmt::Display + use<> {
    let mut files: Vec<&str> = problems.iter().map(|problem| problem.file.as_str()).collect();
    files.sort_unstable();
    files.dedup();
    files.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_the_table() {
        let manual = include_str!("../README.md");
        for exit in Exit::ALL {
            let row = format!("| {} | {} |", exit.code(), exit.meaning());
            assert!(manual.contains(&row), "README.md lacks: {row}");
        }
    }

    #[test]
    fn problems_by_reason_then_by_status() {
        for (reason, status, expected) in [
            ("HELD", 409, Exit::Refused),
            ("DELETION_PROTECTED", 409, Exit::Refused),
            ("ALREADY_EXISTS", 409, Exit::Conflict),
            ("PRECONDITION_FAILED", 412, Exit::Conflict),
            ("TENANT_NOT_FOUND", 404, Exit::NotFound),
            ("APPLY_FAILED", 502, Exit::Failed),
            ("TENANT_CROWDED", 429, Exit::Unavailable),
            ("BUSY", 503, Exit::Unavailable),
            ("OF_A_LATER_VERSION", 409, Exit::Conflict),
            ("OF_A_LATER_VERSION", 429, Exit::Unavailable),
            ("OF_A_LATER_VERSION", 418, Exit::Failed),
        ] {
            let problem = Problem { reason: reason.to_owned(), status, ..Problem::default() };
            assert_eq!(Exit::of_problem(&problem), expected, "{reason} {status}");
        }
    }
}
