//! Spans over OTLP/HTTP (<https://opentelemetry.io/docs/specs/otlp/>), where somebody collects them. Off otherwise: then
//! nothing here is made, and no thread is started.
//!
//! A span says whose work it is, what is done and how long it takes: ids, addresses, kinds. Lines of the log are not part of
//! it.

mod courier;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::registry::LookupSpan;

use self::courier::Courier;
use crate::config::TracesConfig;
use crate::trace::TraceContext;

/// Sending one batch, the tries included.
const SENDING: Duration = Duration::from_secs(2);
/// How long an answer waits for the spans before it to be sent.
const FLUSH: Duration = Duration::from_secs(1);
/// How long nobody waits for a collector that did not answer.
const AWAY: Duration = Duration::from_mins(1);
/// What is left of a stop for the last spans.
const LAST: Duration = Duration::from_millis(500);

static EXPORTING: OnceLock<Exporting> = OnceLock::new();

struct Exporting {
    provider: SdkTracerProvider,
    /// Nothing goes on between requests: what is not sent before an answer may be sent hours later, or never.
    flushes: bool,
    away_until: Mutex<Option<Instant>>,
}

/// Takes spans to a collector, from now on. `None`: there is none, or none that could be spoken to.
pub(super) fn layer<S>(config: Option<&TracesConfig>) -> Option<impl tracing_subscriber::Layer<S>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let config = config?;
    let provider = provider(config)?;
    let tracer = provider.tracer("tenancy");
    let exporting = Exporting { provider, flushes: config.before_answers, away_until: Mutex::default() };
    EXPORTING.set(exporting).ok()?;
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    Some(layer.with_location(false).with_target(false).with_threads(false).with_tracked_inactivity(false))
}

fn provider(config: &TracesConfig) -> Option<SdkTracerProvider> {
    // Outside a runtime there is nobody to send anything.
    let courier = Courier::new(&config.endpoint, Handle::try_current().ok()?);
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(courier)
        .with_endpoint(&config.endpoint)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(SENDING)
        .build()
        .ok()?;
    let project = config.project.as_ref().map(|project| KeyValue::new("gcp.project_id", project.to_string()));
    let service = KeyValue::new("service.name", config.service.clone());
    let resource = Resource::builder_empty().with_attributes([service].into_iter().chain(project)).build();
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        // Who collects decides what is kept: Google's front ends mark hardly a request.
        .with_sampler(Sampler::AlwaysOn)
        .with_resource(resource);
    Some(provider.build())
}

/// Whether spans are sent anywhere.
pub(super) fn are_on() -> bool {
    EXPORTING.get().is_some()
}

/// Makes a span part of what led to it, and says what it is itself.
pub(super) fn join(span: &Span, incoming: Option<TraceContext>) -> Option<TraceContext> {
    if let Some(TraceContext { trace, span: parent, sampled }) = incoming {
        let (trace, parent) = (TraceId::from(trace.0.get()), SpanId::from(parent.0.get()));
        let flags = TraceFlags::default().with_sampled(sampled);
        let remote = SpanContext::new(trace, parent, flags, true, TraceState::default());
        // A span that nobody records has no parent to be told of.
        let _ = span.set_parent(Context::new().with_remote_span_context(remote));
    }
    let context = span.context();
    let own = context.span().span_context().clone();
    let (trace, step) = (own.trace_id().to_bytes(), own.span_id().to_bytes());
    let sampled = own.is_sampled();
    let (trace, step) = (u128::from_be_bytes(trace).try_into().ok()?, u64::from_be_bytes(step).try_into().ok()?);
    Some(TraceContext { trace: crate::trace::TraceId(trace), span: crate::trace::SpanId(step), sampled })
}

/// Sends what is not sent yet, where nothing goes on after an answer; waits a moment at most.
pub(super) async fn flush() {
    let Some(exporting) = EXPORTING.get().filter(|exporting| exporting.flushes) else { return };
    if exporting.is_away() {
        return;
    }
    let sending = tokio::task::spawn_blocking(|| exporting.provider.force_flush());
    if !matches!(tokio::time::timeout(FLUSH, sending).await, Ok(Ok(Ok(())))) {
        exporting.went_away();
        tracing::warn!("spans could not be sent; no answer waits for that during the next minute");
    }
}

/// Sends the last of them. To be called before the process ends.
pub(super) async fn end() {
    let Some(exporting) = EXPORTING.get() else { return };
    let sending = tokio::task::spawn_blocking(|| exporting.provider.shutdown_with_timeout(LAST));
    if !matches!(tokio::time::timeout(LAST, sending).await, Ok(Ok(Ok(())))) {
        tracing::warn!("the last spans could not be sent");
    }
}

impl Exporting {
    fn is_away(&self) -> bool {
        self.away_until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }

    fn went_away(&self) {
        *self.away_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + AWAY);
    }
}
