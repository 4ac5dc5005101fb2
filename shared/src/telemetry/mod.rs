//! What is told of the work while it is done: the log ([`log`]), and the trace it is part of, which is sent to whoever
//! collects ([`traces`]). Each process has one of each, begun once.

mod log;
mod traces;

use tracing::{Metadata, Span};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan as _;
use tracing_subscriber::{Layer, Registry};

use crate::config::{LogConfig, TracesConfig};
use crate::trace::TraceContext;

/// Begins both. A second call changes nothing.
pub fn begin(config: &LogConfig) {
    begin_with(log::lines(config), config.traces.as_ref());
}

/// Begins both, with a log of one's own.
pub fn begin_with(lines: impl Layer<Registry> + Send + Sync + 'static, traces: Option<&TracesConfig>) {
    let traces = traces::layer(traces).map(|layer| layer.with_filter(filter_fn(is_our_span)));
    let _ = tracing::subscriber::set_global_default(Registry::default().with(lines).with(traces));
}

/// Sends what has not been sent yet, before the process ends.
pub async fn end() {
    traces::end().await;
}

/// Sends what has not been sent yet, where nothing goes on once a request is answered.
pub(crate) async fn flush() {
    traces::flush().await;
}

/// Spans say whose work it is, of an error too where nothing less is logged.
fn is_our_span(of: &Metadata<'_>) -> bool {
    of.is_span() && of.target().starts_with("tenancy")
}

/// Makes a span part of what led to it. Says what follows from the span is part of; lines logged within it name that.
pub(crate) fn join(span: &Span, incoming: Option<TraceContext>) -> Option<TraceContext> {
    let trace = if traces::are_on() { traces::join(span, incoming) } else { incoming };
    if let Some(trace) = trace {
        mark(span, trace);
    }
    trace
}

fn mark(span: &Span, trace: TraceContext) {
    span.with_subscriber(|(id, dispatch)| {
        if let Some(marked) = dispatch.downcast_ref::<Registry>().and_then(|registry| registry.span(id)) {
            marked.extensions_mut().replace(trace);
        }
    });
}
