//! What the service's answers mean, whichever protocol they came by.

use std::fmt;
use std::time::Duration;

use google_cloud_gax::error::rpc::{Code, StatusDetails};
use google_cloud_storage::Error;
use http::header::RETRY_AFTER;

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
    Unavailable {
        /// Why.
        reason: String,
        /// How much later, where the service says so.
        after: Option<Duration>,
    },
}

impl Fault {
    /// Reads an error of the client. JSON errors have an HTTP status, gRPC errors only a code.
    pub(super) fn of(error: &Error) -> Self {
        let (reason, after) = (reason(error), asked_for(error));
        if let Some(status) = error.http_status_code() {
            return Self::of_http(status, reason, after);
        }
        if let Some(status) = error.status() {
            return Self::of_rpc(status.code, reason, after);
        }
        // A request that could not even be written will not be on the second try either. All else (a broken
        // connection, a time-out, a body cut short or with the wrong checksum, no token yet) may be gone by then.
        if error.is_binding() || error.is_serialization() { Self::Refused(reason) } else { Self::silence(reason) }
    }

    /// No answer, and no word when there will be one.
    pub(super) fn silence(reason: String) -> Self {
        Self::Unavailable { reason, after: None }
    }

    /// The client itself could not be made: no credentials where they are looked for, or a malformed endpoint.
    pub(super) fn of_building(error: &impl fmt::Display) -> Self {
        Self::Denied(format!("the client cannot be made: {error}"))
    }

    /// Source: <https://cloud.google.com/storage/docs/json_api/v1/status-codes>.
    fn of_http(status: u16, reason: String, after: Option<Duration>) -> Self {
        match status {
            412 => Self::Precondition,
            404 => Self::NotFound(reason),
            401 | 403 => Self::Denied(reason),
            400 => Self::Invalid(reason),
            408 | 429 | 500..600 => Self::Unavailable { reason, after },
            _ => Self::Refused(reason),
        }
    }

    /// Source: <https://grpc.io/docs/guides/status-codes/> and the storage service's use of them.
    fn of_rpc(code: Code, reason: String, after: Option<Duration>) -> Self {
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
            | Code::Unknown => Self::Unavailable { reason, after },
            _ => Self::Refused(reason),
        }
    }
}

/// Whether a 'not found' was said of the bucket: the service's words are 'The specified bucket does not exist.'
pub(super) fn speaks_of_bucket(reason: &str) -> bool {
    reason.contains("bucket does not exist")
}

/// How long the service asks to be left alone: `Retry-After` in seconds (RFC 9110 §10.2.3), over gRPC `RetryInfo`
/// (<https://google.aip.dev/194>).
fn asked_for(error: &Error) -> Option<Duration> {
    let header = error.http_headers().and_then(|headers| headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok());
    header.map(Duration::from_secs).or_else(|| {
        error.status()?.details.iter().find_map(|detail| match detail {
            StatusDetails::RetryInfo(info) => info.retry_delay.and_then(|delay| delay.try_into().ok()),
            _ => None,
        })
    })
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
    use google_cloud_gax::error::rpc::Status;

    use super::*;

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
            Fault::Unavailable { .. } => "unavailable",
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
    fn how_long_to_stay_away_is_heard_on_both_protocols() {
        let said = |value: &'static str| {
            let headers = [(RETRY_AFTER, http::HeaderValue::from_static(value))].into_iter().collect();
            Error::http(503, headers, bytes::Bytes::new())
        };
        let delay = serde_json::json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "2.5s"});
        let detail: StatusDetails = serde_json::from_value(delay).unwrap();
        let status = Status::default().set_code(Code::ResourceExhausted).set_details([detail]);
        for (error, expected) in [
            (said("7"), Some(Duration::from_secs(7))),
            (said("Wed, 21 Oct 2026 07:28:00 GMT"), None),
            (said("-1"), None),
            (http(429), None),
            (Error::service(status), Some(Duration::from_millis(2_500))),
            (rpc(Code::Unavailable), None),
        ] {
            let Fault::Unavailable { after, .. } = Fault::of(&error) else { panic!("{error:?}") };
            assert_eq!(after, expected, "{error:?}");
        }
    }

    #[test]
    fn a_lost_bucket_is_told_from_a_lost_object() {
        assert!(speaks_of_bucket("The specified bucket does not exist."));
        assert!(!speaks_of_bucket("No such object: my-bucket/tenants/acme.yaml"));
    }
}
