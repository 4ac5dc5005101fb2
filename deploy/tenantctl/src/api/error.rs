//! Why the API did not do what was asked, and what to do next.

use std::time::Duration;

use tenancy::operation::OperationId;
use tenancy::tenant::TenantId;

use super::wire::Problem;
use crate::exit::Exit;

/// Why the API did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The address is none.
    #[error("'{server}' is no address of an API: {why}")]
    Address {
        /// As it was given.
        server: String,
        /// What is wrong with it.
        why: String,
    },
    /// The token cannot stand in a header.
    #[error("the token holds characters that no token has")]
    Token,
    /// No connection.
    #[error("{server} cannot be reached: {why}")]
    Unreachable {
        /// Where.
        server: String,
        /// What happened.
        why: String,
    },
    /// No answer in time.
    #[error("{server} did not answer within {} s", .after.as_secs())]
    TimedOut {
        /// Where.
        server: String,
        /// How long we waited.
        after: Duration,
    },
    /// The front door does not know us.
    #[error("{server} refused the caller ({status})")]
    Unauthorized {
        /// Where.
        server: String,
        /// 401 or 403.
        status: u16,
    },
    /// The front door, not the API, says that it failed or that it is too busy.
    #[error("{server} is not available ({status})")]
    FrontDoor {
        /// Where.
        server: String,
        /// 429 or 5xx.
        status: u16,
        /// When to ask again.
        retry_after: Option<Duration>,
    },
    /// Somebody else answered.
    #[error("{server} answered {status}, but not as the tenants API does")]
    NotTheApi {
        /// Where.
        server: String,
        /// What it answered.
        status: u16,
    },
    /// An answer we cannot read.
    #[error("the answer to {request} cannot be read: {why}")]
    Unreadable {
        /// Which request.
        request: String,
        /// What is wrong.
        why: String,
    },
    /// The API says what is wrong.
    #[error("{}", if .0.detail.is_empty() { &.0.title } else { &.0.detail })]
    Problem(Box<Problem>),
    /// An operation that outlasts our patience.
    #[error("operation {operation} on {tenant} is still under way")]
    StillRunning {
        /// On whom.
        tenant: TenantId,
        /// Which.
        operation: OperationId,
    },
}

impl ApiError {
    /// What the program ends with.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Address { .. } | Self::Token => Exit::Usage,
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::FrontDoor { .. } | Self::StillRunning { .. } => {
                Exit::Unavailable
            }
            Self::Unauthorized { .. } | Self::NotTheApi { .. } | Self::Unreadable { .. } => Exit::Failed,
            Self::Problem(problem) => Exit::of_problem(problem),
        }
    }

    /// For programs.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Address { .. } | Self::Token => "USAGE",
            Self::Unreachable { .. } => "UNREACHABLE",
            Self::TimedOut { .. } => "TIMED_OUT",
            Self::Unauthorized { .. } => "UNAUTHORIZED",
            Self::FrontDoor { .. } => "UNAVAILABLE",
            Self::NotTheApi { .. } => "NOT_THE_API",
            Self::Unreadable { .. } => "UNREADABLE_ANSWER",
            Self::Problem(problem) => &problem.reason,
            Self::StillRunning { .. } => "STILL_RUNNING",
        }
    }

    /// Whether the API answered with this reason.
    pub(crate) fn is(&self, reason: &str) -> bool {
        matches!(self, Self::Problem(problem) if problem.reason == reason)
    }

    /// Whether the same request may succeed soon, unchanged. A run that failed or was interrupted is not: its definition is
    /// stored, and the sweep tries it again by itself.
    pub(crate) fn retryable(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::TimedOut { .. } | Self::FrontDoor { .. } => true,
            Self::Problem(problem) => {
                problem.retryable && !matches!(problem.reason.as_str(), "APPLY_FAILED" | "INTERRUPTED")
            }
            Self::Address { .. }
            | Self::Token
            | Self::Unauthorized { .. }
            | Self::NotTheApi { .. }
            | Self::Unreadable { .. }
            | Self::StillRunning { .. } => false,
        }
    }

    /// When the API wants to be asked again.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::FrontDoor { retry_after, .. } => *retry_after,
            Self::Problem(problem) => problem.retry_after_seconds.map(Duration::from_secs),
            _ => None,
        }
    }

    /// What to do next. `<TENANT>` stands for the tenant it is about.
    pub(crate) fn next(&self) -> Option<String> {
        let next = match self {
            Self::Address { .. } => "name the API with --server or TENANTS_URL, such as https://tenants.example".into(),
            Self::Token => "put nothing but the token into TENANTS_TOKEN or the token file".into(),
            Self::Unreachable { .. } => "check --server (TENANTS_URL) and that the API is running: `make run`".into(),
            Self::TimedOut { .. } => {
                "see with `tenantctl list` what came of it, or wait longer: --request-timeout".into()
            }
            Self::Unauthorized { .. } => {
                "say who you are: --token-command 'gcloud auth print-identity-token', or a token in TENANTS_TOKEN"
                    .into()
            }
            Self::FrontDoor { .. } => "try again later".into(),
            Self::NotTheApi { .. } => "check --server (TENANTS_URL): it must be the address before /tenants".into(),
            Self::Unreadable { .. } => "check that this program is of the API's version: tenantctl --version".into(),
            Self::StillRunning { tenant, operation } => {
                format!("follow it with `tenantctl logs {tenant} {operation} --follow`")
            }
            Self::Problem(problem) => return next_after(problem),
        };
        Some(next)
    }
}

fn next_after(problem: &Problem) -> Option<String> {
    let next = match problem.reason.as_str() {
        "UNAUTHENTICATED" => {
            "say who you are: --token-command 'gcloud auth print-identity-token', or a token in TENANTS_TOKEN"
                .to_owned()
        }
        "FORBIDDEN" => "ask whoever runs the platform to let you in".to_owned(),
        "TENANT_NOT_FOUND" => "see the tenants that there are with `tenantctl list`".to_owned(),
        "OPERATION_NOT_FOUND" => "see the operations that there are with `tenantctl history <TENANT>`".to_owned(),
        "GENERATION_NOT_FOUND" => {
            "see the generations that are kept with `tenantctl history <TENANT> --definitions`".to_owned()
        }
        "NOTHING_KEPT" => {
            "see the definitions that are kept with `tenantctl history <TENANT> --definitions`".to_owned()
        }
        "LOG_NOT_FOUND" | "LOG_NOT_KEPT" => "see how the operation stands with `tenantctl history <TENANT>`".to_owned(),
        "DELETION_PROTECTED" => "set spec.deletionProtection to false, apply that, and delete then".to_owned(),
        "HELD" => "have the change approved, or apply the definition as it was before".to_owned(),
        "PRECONDITION_FAILED" => {
            "look at what is there now with `tenantctl get <TENANT>`, then run this again".to_owned()
        }
        "INVALID_DEFINITION" | "MALFORMED_DEFINITION" => "correct the definition and run this again".to_owned(),
        "APPLY_FAILED" => "read why with `tenantctl logs <TENANT>`".to_owned(),
        "INTERRUPTED" => "see with `tenantctl get <TENANT>` how it goes on".to_owned(),
        _ if problem.retryable => match problem.retry_after_seconds {
            Some(seconds) => format!("try again in {seconds} s"),
            None => "try again later".to_owned(),
        },
        _ => return None,
    };
    Some(next)
}
