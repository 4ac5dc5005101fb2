//! A definition in a request's body: `Content-Type` says how it is written, and it is read up to a limit and a deadline.

use axum::extract::{FromRequest, Request};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::BodyExt as _;

use crate::http::body_deadline::{TooSlow, too_slow};
use crate::http::problem::{Problem, kinds};
use crate::tenant::{Format, MAX_BYTES};
use crate::tenants::Submission;

/// Most bytes of a body: as many as a definition may have.
pub const MAX_BODY: usize = MAX_BYTES;

/// The definition that came with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubmittedDefinition(pub Submission);

impl<S: Send + Sync> FromRequest<S> for SubmittedDefinition {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let format = format(request.headers())?;
        let source = read(request).await?;
        Ok(Self(Submission { source, format }))
    }
}

/// Reads a body, at most [`MAX_BODY`] bytes of it. Nothing is kept of a longer one.
pub(in crate::http) async fn read(request: Request) -> Result<Bytes, Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let mut body = request.into_body();
    if announced.is_some_and(|length: u64| length > MAX_BODY as u64) {
        return Err(too_large());
    }
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > MAX_BODY {
            return Err(too_large());
        }
        read.extend_from_slice(&data);
    }
    Ok(read.freeze())
}

fn broken(error: &axum::Error) -> Problem {
    match too_slow(error) {
        // What is still sent is nothing anybody waits for: the connection ends with the answer (RFC 9110 §15.5.9).
        Some(TooSlow(deadline)) => {
            let detail = format!("a body must be there within {} s of its request's head", deadline.as_secs_f32());
            let problem = Problem::new(kinds::BODY_TOO_SLOW, detail).retryable(true);
            problem.with_header(header::CONNECTION, HeaderValue::from_static("close"))
        }
        None => Problem::new(kinds::MALFORMED_BODY, "the connection ended before the body did"),
    }
}

fn too_large() -> Problem {
    let detail = format!("a body has at most {MAX_BODY} bytes");
    Problem::new(kinds::BODY_TOO_LARGE, detail).with("maxBytes", MAX_BODY)
}

fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(unsupported("a body is sent as it is: leave out Content-Encoding"));
    }
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let Some(value) = value else { return Err(unsupported("say what the body is with Content-Type")) };
    let format = Format::of_media_type(value).ok_or_else(|| unsupported("the body is neither YAML nor JSON"))?;
    let mut parameters = value.split(';').skip(1).filter_map(|parameter| parameter.trim().split_once('='));
    let charset = parameters.find(|(name, _)| name.eq_ignore_ascii_case("charset"));
    if charset.is_some_and(|(_, charset)| !charset.trim_matches('"').eq_ignore_ascii_case("utf-8")) {
        return Err(unsupported("the body must be UTF-8"));
    }
    Ok(format)
}

fn unsupported(detail: &str) -> Problem {
    let supported = [Format::Yaml, Format::Json].map(Format::media_type);
    Problem::new(kinds::UNSUPPORTED_MEDIA_TYPE, detail).with("supported", supported)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_content_types_are_read() {
        for (value, expected) in [
            ("application/yaml", Some(Format::Yaml)),
            ("application/json; charset=UTF-8", Some(Format::Json)),
            ("text/yaml; charset=\"utf-8\"", Some(Format::Yaml)),
            ("application/json; charset=latin1", None),
            ("text/plain", None),
            ("application/x-www-form-urlencoded", None),
            ("", None),
        ] {
            let headers = [(header::CONTENT_TYPE, value.parse().unwrap())].into_iter().collect();
            assert_eq!(format(&headers).ok(), expected, "{value:?}");
        }
        assert!(format(&HeaderMap::new()).is_err());
    }
}
