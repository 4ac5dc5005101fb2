//! What a message that was delivered is part of. A message has a trace of its own, from whoever published it; the request
//! that brings it has another, from whoever delivers.

use std::collections::HashMap;

use http::HeaderMap;
use serde::Deserialize;
use tracing::Span;

use crate::telemetry;
use crate::trace::TraceContext;

/// A message's own name for its trace: what Google's clients write, and what the extension of `CloudEvents` is called
/// (<https://github.com/cloudevents/spec/blob/main/cloudevents/extensions/distributed-tracing.md>).
const NAMES: [&str; 2] = ["googclient_traceparent", "traceparent"];
/// The same as headers, of a push without its wrapper and of an event in binary mode.
const HEADERS: [&str; 2] = ["googclient_traceparent", "ce-traceparent"];

/// A structured event or a plain task has it as a member; a pushed message among its attributes.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    traceparent: Option<String>,
    message: Message,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    attributes: HashMap<String, String>,
}

/// The span that a message is worked on in, and what follows from it: of the message's own trace where it names one,
/// otherwise the request's.
pub(in crate::http) fn begin(
    name: &'static str,
    request: Option<TraceContext>,
    headers: &HeaderMap,
    body: &[u8],
) -> (Span, Option<TraceContext>) {
    let Some(own) = of_message(headers, body) else { return (Span::current(), request) };
    let span = tracing::info_span!("delivery", otel.name = name, otel.kind = "consumer");
    let trace = telemetry::join(&span, Some(own));
    (span, trace)
}

fn of_message(headers: &HeaderMap, body: &[u8]) -> Option<TraceContext> {
    let read = |text: &str| text.parse().ok();
    let in_headers = HEADERS.iter().find_map(|name| read(headers.get(*name)?.to_str().ok()?));
    in_headers.or_else(|| {
        let Body { traceparent, message } = serde_json::from_slice(body).ok()?;
        let attribute = || NAMES.iter().find_map(|name| read(message.attributes.get(*name)?));
        traceparent.as_deref().and_then(read).or_else(attribute)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_messages_name_a_trace() {
        let (one, two) = (
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-00f067aa0ba902b7-00",
        );
        for (header, body, expected) in [
            (Some(("ce-traceparent", one)), String::new(), Some(one)),
            (Some(("googclient_traceparent", one)), "not JSON".to_owned(), Some(one)),
            (Some(("ce-traceparent", "00-no")), format!(r#"{{"traceparent": "{two}"}}"#), Some(two)),
            (None, format!(r#"{{"specversion": "1.0", "traceparent": "{one}"}}"#), Some(one)),
            (None, format!(r#"{{"tenant": "acme", "traceparent": "{one}"}}"#), Some(one)),
            (
                None,
                format!(r#"{{"message": {{"data": "", "attributes": {{"googclient_traceparent": "{one}"}}}}}}"#),
                Some(one),
            ),
            (
                None,
                format!(r#"{{"message": {{"attributes": {{"traceparent": "{one}", "eventType": "X"}}}}}}"#),
                Some(one),
            ),
            // The request's own, which is another trace.
            (Some(("traceparent", one)), String::new(), None),
            (None, r#"{"message": {"attributes": {"traceparent": 7}}}"#.to_owned(), None),
            (None, String::new(), None),
        ] {
            let headers = header.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            let headers: HeaderMap = headers.into_iter().collect();
            let found = of_message(&headers, body.as_bytes()).map(|trace| trace.to_string());
            assert_eq!(found.as_deref(), expected, "{header:?} {body}");
        }
    }
}
