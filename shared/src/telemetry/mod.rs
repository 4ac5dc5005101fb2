//! What is told of the work while it is done: the log ([`log`]), and the trace it is part of. Each process has one of each,
//! begun once.

mod log;

use tracing::Span;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::LookupSpan as _;

pub use log::begin;

use crate::trace::TraceContext;

/// Makes a span part of what led to it. Says what follows from the span is part of; lines logged within it name that.
pub(crate) fn join(span: &Span, incoming: Option<TraceContext>) -> Option<TraceContext> {
    if let Some(trace) = incoming {
        mark(span, trace);
    }
    incoming
}

fn mark(span: &Span, trace: TraceContext) {
    span.with_subscriber(|(id, dispatch)| {
        if let Some(marked) = dispatch.downcast_ref::<Registry>().and_then(|registry| registry.span(id)) {
            marked.extensions_mut().replace(trace);
        }
    });
}
