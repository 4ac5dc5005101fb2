//! gRPC status codes for failures (<https://grpc.io/docs/guides/status-codes/>).

use axum::response::Response;
use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::frame;
use crate::access::Failure;
use crate::serve::Severed;
use crate::store::Error;

/// Why a call failed.
#[derive(Debug)]
pub(super) struct Status {
    code: u8,
    message: String,
    severed: bool,
}

/// What `grpc-message` escapes.
const MESSAGE: &AsciiSet = &CONTROLS.add(b'%');

const INVALID_ARGUMENT: u8 = 3;
const NOT_FOUND: u8 = 5;
const ALREADY_EXISTS: u8 = 6;
const RESOURCE_EXHAUSTED: u8 = 8;
const FAILED_PRECONDITION: u8 = 9;
const OUT_OF_RANGE: u8 = 11;
const UNIMPLEMENTED: u8 = 12;
const INTERNAL: u8 = 13;
const UNAVAILABLE: u8 = 14;

impl Status {
    /// The request makes no sense.
    pub(super) fn invalid(message: &str) -> Self {
        Self { code: INVALID_ARGUMENT, message: message.to_owned(), severed: false }
    }

    /// This server cannot do that.
    pub(super) fn unimplemented(what: &str) -> Self {
        Self { code: UNIMPLEMENTED, message: format!("This server has no {what}."), severed: false }
    }

    /// A trailers-only response.
    pub(super) fn into_response(self) -> Response {
        if self.severed {
            return Severed::response();
        }
        let mut response = frame::empty();
        let headers = response.headers_mut();
        headers.insert("grpc-status", HeaderValue::from(u16::from(self.code)));
        let message = utf8_percent_encode(&self.message, MESSAGE).to_string();
        if let Ok(message) = HeaderValue::try_from(message) {
            headers.insert("grpc-message", message);
        }
        response
    }
}

impl<E: Into<Failure>> From<E> for Status {
    fn from(failure: E) -> Self {
        let failure = failure.into();
        let code = match &failure {
            Failure::TooManyRequests => RESOURCE_EXHAUSTED,
            Failure::Unavailable | Failure::Later(_) | Failure::Severed | Failure::Stopping => UNAVAILABLE,
            Failure::Store(error) => match error {
                Error::NoSuchBucket(_) | Error::NoSuchObject { .. } | Error::NoSuchUpload(_) => NOT_FOUND,
                Error::BucketExists(_) => ALREADY_EXISTS,
                Error::BucketNotEmpty(_) | Error::PreconditionFailed | Error::NotModified => FAILED_PRECONDITION,
                Error::UnsatisfiableRange { .. } => OUT_OF_RANGE,
                Error::Invalid(_) => INVALID_ARGUMENT,
                Error::Io { .. } => UNAVAILABLE,
                Error::Damaged { .. } => INTERNAL,
            },
        };
        let severed = matches!(failure, Failure::Severed);
        Self { code, message: failure.to_string(), severed }
    }
}
