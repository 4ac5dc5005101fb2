//! Where something stands among what led to it: the trace context of the W3C (<https://www.w3.org/TR/trace-context/>), as
//! requests, messages and tasks carry it. Pure; what is seen of it is the business of `telemetry`.

use std::fmt;
use std::num::{NonZeroU64, NonZeroU128};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A trace: everything that follows from one cause. 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceId(pub NonZeroU128);

/// A step within a trace. 16 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub NonZeroU64);

/// A step, and the trace it is part of; written as a `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TraceContext {
    /// The trace.
    pub trace: TraceId,
    /// The step.
    pub span: SpanId,
    /// Whoever began it records it.
    pub sampled: bool,
}

/// The text is no trace context.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a trace context is VERSION-TRACE-SPAN-FLAGS in lower-case hexadecimal digits")]
pub struct InvalidTrace;

impl TraceContext {
    /// What the header `X-Cloud-Trace-Context` says: `TRACE/SPAN;o=FLAG`, the span in decimal digits. Older than the
    /// W3C's, and what Google's front ends still send beside it.
    pub fn from_cloud_header(text: &str) -> Option<Self> {
        let (trace, rest) = text.split_once('/')?;
        let (span, options) = rest.split_once(';').unwrap_or((rest, ""));
        let span = span.parse().ok().and_then(NonZeroU64::new)?;
        Some(Self { trace: trace.parse().ok()?, span: SpanId(span), sampled: options == "o=1" })
    }
}

/// Digits of one length, lower case as the specification has them.
fn hexadecimal(text: &str, digits: usize) -> Option<u128> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let fits = text.len() == digits && text.bytes().all(is_digit);
    fits.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

impl FromStr for TraceId {
    type Err = InvalidTrace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hexadecimal(text, 32).and_then(NonZeroU128::new).map(Self).ok_or(InvalidTrace)
    }
}

impl FromStr for SpanId {
    type Err = InvalidTrace;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let span = hexadecimal(text, 16).and_then(|span| u64::try_from(span).ok());
        span.and_then(NonZeroU64::new).map(Self).ok_or(InvalidTrace)
    }
}

impl FromStr for TraceContext {
    type Err = InvalidTrace;

    /// Of a later version than 00 the first four fields are read, as the specification asks for.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut fields = text.split('-');
        let mut field = || fields.next().ok_or(InvalidTrace);
        let (version, trace, span, flags) = (field()?, field()?, field()?, field()?);
        let version = hexadecimal(version, 2).filter(|version| *version != 0xff).ok_or(InvalidTrace)?;
        if version == 0 && fields.next().is_some() {
            return Err(InvalidTrace);
        }
        let sampled = hexadecimal(flags, 2).ok_or(InvalidTrace)? & 1 == 1;
        Ok(Self { trace: trace.parse()?, span: span.parse()?, sampled })
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{}-{}-{:02x}", self.trace, self.span, u8::from(self.sampled))
    }
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl TryFrom<String> for $name {
            type Error = InvalidTrace;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}

as_text! { TraceId TraceContext }

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn which_texts_are_trace_contexts() {
        for (text, expected) in [
            (SAMPLED, Some(SAMPLED)),
            (
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
                Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"),
            ),
            // Other flags than the first are nobody's yet.
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03", Some(SAMPLED)),
            // A version to come may say more.
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", Some(SAMPLED)),
            ("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", Some(SAMPLED)),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", None),
            ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", None),
            ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", None),
            ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", None),
            ("00-4bf92f3577b34da6a3ce929d0e0e4736-+0f067aa0ba902b7-01", None),
            ("00-ä", None),
            ("", None),
        ] {
            let found = text.parse::<TraceContext>().ok().map(|context| context.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn which_headers_of_googles_are_trace_contexts() {
        for (text, expected) in [
            (format!("{TRACE}/67667974448284343;o=1"), Some(SAMPLED)),
            (format!("{TRACE}/67667974448284343;o=0"), Some(&*SAMPLED.replace("-01", "-00"))),
            (format!("{TRACE}/67667974448284343"), Some(&*SAMPLED.replace("-01", "-00"))),
            (format!("{TRACE}/0;o=1"), None),
            (format!("{TRACE};o=1"), None),
            (format!("{TRACE}/18446744073709551616"), None),
            (TRACE.to_owned(), None),
            (String::new(), None),
        ] {
            let found = TraceContext::from_cloud_header(&text).map(|context| context.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn they_are_stored_as_they_are_written() {
        let context: TraceContext = serde_json::from_str(&format!("\"{SAMPLED}\"")).unwrap();
        assert_eq!(serde_json::to_string(&context).unwrap(), format!("\"{SAMPLED}\""));
        assert_eq!(serde_json::to_string(&context.trace).unwrap(), format!("\"{TRACE}\""));
        assert!(serde_json::from_str::<TraceId>("\"acme\"").is_err());
    }
}
