//! What the service's answers mean, whichever protocol they came by.

use std::fmt;

use google_cloud_gax::error::rpc::Code;
use google_cloud_storage::Error;

/// Why one call did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The generation is another.
    Precondition,
    /// No such object, or no such bucket.
    NotFound(String),
    /// Not with this identity.
    Denied(String),
    /// An argument is not one the service takes; in a listing, the page token.
    Invalid(String),
    /// An answer, but none that repeating the call could change.
    Refused(String),
    /// What is stored is not what we write.
    Unreadable(String),
    /// No answer, or 'later'.
    Unavailable(String),
}

impl Fault {
    /// Reads an error of the client. JSON errors have an HTTP status, gRPC errors only a code.
    pub(super) fn of(error: &Error) -> Self {
        let reason = reason(error);
        if let Some(status) = error.http_status_code() {
            return Self::of_http(status, reason);
        }
        if let Some(status) = error.status() {
            return Self::of_rpc(status.code, reason);
        }
        // A request that could not even be written will not be on the second try either. All else (a broken
        // connection, a time-out, a body cut short or with the wrong checksum, no token yet) may be gone by then.
        if error.is_binding() || error.is_serialization() { Self::Refused(reason) } else { Self::Unavailable(reason) }
    }

    /// The client itself could not be made: no credentials where they are looked for, or a malformed endpoint.
    pub(super) fn of_building(error: &impl fmt::Display) -> Self {
        Self::Denied(format!("the client cannot be made: {error}"))
    }

    /// Source: <https://cloud.google.com/storage/docs/json_api/v1/status-codes>.
    fn of_http(status: u16, reason: String) -> Self {
        match status {
            412 => Self::Precondition,
            404 => Self::NotFound(reason),
            401 | 403 => Self::Denied(reason),
            400 => Self::Invalid(reason),
            408 | 429 | 500..600 => Self::Unavailable(reason),
            _ => Self::Refused(reason),
        }
    }

    /// Source: <https://grpc.io/docs/guides/status-codes/> and the storage service's use of them.
    fn of_rpc(code: Code, reason: String) -> Self {
        match code {
            Code::FailedPrecondition => Self::Precondition,
            Code::NotFound => Self::NotFound(reason),
            Code::PermissionDenied | Code::Unauthenticated => Self::Denied(reason),
            Code::InvalidArgument | Code::OutOfRange => Self::Invalid(reason),
            Code::ResourceExhausted
            | Code::Internal
            | Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Aborted
            | Code::Cancelled
            | Code::Unknown => Self::Unavailable(reason),
            _ => Self::Refused(reason),
        }
    }
}

/// Whether a 'not found' was said of the bucket: the service's words are 'The specified bucket does not exist.'
pub(super) fn speaks_of_bucket(reason: &str) -> bool {
    reason.contains("bucket does not exist")
}

/// The service's own message where it sent one, without the client's wrapping.
fn reason(error: &Error) -> String {
    match error.status() {
        Some(status) if !status.message.is_empty() => status.message.clone(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use google_cloud_gax::error::rpc::{Code, Status};
    use google_cloud_storage::Error;

    use super::{Fault, speaks_of_bucket};

    fn http(status: u16) -> Error {
        Error::http(status, http::HeaderMap::new(), bytes::Bytes::from_static(b"said"))
    }

    fn rpc(code: Code) -> Error {
        Error::service(Status::default().set_code(code).set_message("said"))
    }

    fn kind(error: &Error) -> &'static str {
        match Fault::of(error) {
            Fault::Precondition => "precondition",
            Fault::NotFound(_) => "not found",
            Fault::Denied(_) => "denied",
            Fault::Invalid(_) => "invalid",
            Fault::Refused(_) => "refused",
            Fault::Unreadable(_) => "unreadable",
            Fault::Unavailable(_) => "unavailable",
        }
    }

    #[test]
    fn both_protocols_mean_the_same() {
        let pairs = [
            (http(412), rpc(Code::FailedPrecondition), "precondition"),
            (http(404), rpc(Code::NotFound), "not found"),
            (http(403), rpc(Code::PermissionDenied), "denied"),
            (http(401), rpc(Code::Unauthenticated), "denied"),
            (http(400), rpc(Code::InvalidArgument), "invalid"),
            (http(429), rpc(Code::ResourceExhausted), "unavailable"),
            (http(500), rpc(Code::Internal), "unavailable"),
            (http(503), rpc(Code::Unavailable), "unavailable"),
            (http(504), rpc(Code::DeadlineExceeded), "unavailable"),
            (http(409), rpc(Code::AlreadyExists), "refused"),
        ];
        for (json, grpc, expected) in pairs {
            assert_eq!(kind(&json), expected, "{json:?}");
            assert_eq!(kind(&grpc), expected, "{grpc:?}");
        }
    }

    #[test]
    fn what_never_reached_the_service_may_next_time() {
        for error in [Error::io("reset"), Error::timeout("slow"), Error::connect("refused"), Error::deser("cut short")]
        {
            assert_eq!(kind(&error), "unavailable", "{error:?}");
        }
        assert_eq!(kind(&Error::binding("bucket name")), "refused");
    }

    #[test]
    fn a_lost_bucket_is_told_from_a_lost_object() {
        assert!(speaks_of_bucket("The specified bucket does not exist."));
        assert!(!speaks_of_bucket("No such object: my-bucket/tenants/acme.yaml"));
    }
}
