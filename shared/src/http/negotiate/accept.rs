//! `Accept` (RFC 9110 §12.5.1): JSON unless YAML is asked for.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::http::problem::{Problem, kinds};
use crate::tenant::Format;

/// The format to answer in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepts(pub Format);

impl<S: Send + Sync> FromRequestParts<S> for Accepts {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        format(&parts.headers).map(Self)
    }
}

impl Accepts {
    /// An answer in this format.
    pub fn reply(self, status: StatusCode, body: impl Serialize) -> Reply {
        // What is answered has string keys and finite numbers: it always serialises, in either format.
        let text = match self.0 {
            Format::Json => serde_json::to_string(&body).unwrap_or_default(),
            Format::Yaml => serde_yaml::to_string(&body).unwrap_or_default(),
        };
        Reply { status, format: self.0, text, headers: HeaderMap::new() }
    }
}

/// An answer on its way out.
#[derive(Debug)]
pub struct Reply {
    status: StatusCode,
    format: Format,
    text: String,
    headers: HeaderMap,
}

impl Reply {
    /// Adds a header of ASCII text.
    #[must_use]
    pub fn with(mut self, name: http::HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }
}

impl IntoResponse for Reply {
    fn into_response(mut self) -> Response {
        self.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.format.media_type()));
        // The same address answers in two formats, and differently in a second.
        self.headers.insert(header::VARY, HeaderValue::from_static("Accept"));
        self.headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
        (self.status, self.headers, self.text).into_response()
    }
}

fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    let values: Vec<&str> = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let ranges: Vec<Range<'_>> = values.iter().flat_map(|value| value.split(',')).filter_map(Range::parse).collect();
    if values.is_empty() {
        return Ok(Format::Json);
    }
    // JSON first: it wins a tie.
    let best = [Format::Json, Format::Yaml]
        .map(|format| (format, quality(format, &ranges)))
        .into_iter()
        .reduce(|best, other| if other.1 > best.1 { other } else { best });
    if let Some((format, 1..)) = best {
        return Ok(format);
    }
    let offered = [Format::Json, Format::Yaml].map(Format::media_type);
    let detail = format!("ask for {} or {}", offered[0], offered[1]);
    Err(Problem::new(kinds::NOT_ACCEPTABLE, detail).with("offered", offered))
}

struct Range<'a> {
    media: &'a str,
    /// Thousandths.
    quality: u16,
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media = parts.next().filter(|media| !media.is_empty())?;
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some(Self { media, quality: weight.map_or(1000, thousandths) })
    }

    /// How exactly this range means a format: 3 by name, 2 by `application/*`, 1 by `*/*`.
    fn fits(&self, format: Format) -> Option<u8> {
        match self.media {
            "*/*" => Some(1),
            "application/*" => Some(2),
            media => (Format::of_media_type(media) == Some(format)).then_some(3),
        }
    }
}

/// The weight of the range that means a format most exactly; 0 where none does.
fn quality(format: Format, ranges: &[Range<'_>]) -> u16 {
    let fitting = ranges.iter().filter_map(|range| Some((range.fits(format)?, range.quality)));
    fitting.max().map_or(0, |(_, quality)| quality)
}

/// `0` to `1` with at most three decimals; anything else counts as 'not at all'.
fn thousandths(weight: &str) -> u16 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let digits = decimals.len() <= 3 && decimals.bytes().all(|b| b.is_ascii_digit());
    match (whole, digits) {
        ("1", true) if decimals.bytes().all(|b| b == b'0') => 1000,
        ("0", true) => format!("{decimals:0<3}").parse().unwrap_or_default(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_format_is_answered() {
        for (accept, expected) in [
            (None, Some(Format::Json)),
            (Some("*/*"), Some(Format::Json)),
            (Some("application/*"), Some(Format::Json)),
            (Some("application/json"), Some(Format::Json)),
            (Some("application/yaml"), Some(Format::Yaml)),
            (Some("text/yaml; q=0.5, application/json;q=0.4"), Some(Format::Yaml)),
            (Some("application/yaml, application/json"), Some(Format::Json)),
            (Some("application/yaml;q=0.3, */*;q=0.2"), Some(Format::Yaml)),
            (Some("application/json;q=0, */*"), Some(Format::Yaml)),
            (Some("text/html,application/xhtml+xml,*/*;q=0.8"), Some(Format::Json)),
            (Some("text/html"), None),
            (Some("application/json;q=0"), None),
            (Some("application/json;q=2"), None),
            (Some("application/yaml;q=0.0001"), None),
            (Some(""), None),
        ] {
            let headers = accept.map(|value| (header::ACCEPT, value.parse().unwrap())).into_iter().collect();
            assert_eq!(format(&headers).ok(), expected, "{accept:?}");
        }
    }
}
