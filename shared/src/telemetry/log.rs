//! The log: one JSON object a line on standard output, in the fields Cloud Logging knows (`severity`, `message`,
//! `httpRequest`, `logging.googleapis.com/trace` and `/spanId`; read in its documentation of structured logging).
//!
//! A line names the tenant and the operation it is about, and the trace it is part of, wherever one is known: they are on
//! the spans it is logged in.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};
use tracing_subscriber::{EnvFilter, Layer, Registry};

use super::is_our_span;
use crate::config::LogConfig;
use crate::platform::ProjectId;
use crate::trace::TraceContext;

/// The log of a function.
pub(super) fn lines(config: &LogConfig) -> impl Layer<Registry> + Send + Sync + 'static {
    // Directives that cannot be read must not keep a program from saying what else is wrong.
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    layer(config.project.clone(), std::io::stdout).with_filter(filter.or(filter_fn(is_our_span)))
}

fn layer<S, W>(project: Option<ProjectId>, writer: W) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let format = CloudLogging { project };
    tracing_subscriber::fmt::layer().with_writer(writer).fmt_fields(JsonFields::new()).event_format(format)
}

/// Fields of spans that are said of every line within them.
const OF_SPANS: [&str; 2] = ["tenant", "operation"];

struct CloudLogging {
    /// Whose traces the lines are part of.
    project: Option<ProjectId>,
}

impl<S, N> FormatEvent<S, N> for CloudLogging
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut entry = Entry(Map::new());
        for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
            let extensions = span.extensions();
            if let Some(fields) = extensions.get::<FormattedFields<N>>() {
                entry.take(fields, OF_SPANS);
            }
            if let Some(trace) = extensions.get::<TraceContext>() {
                self.name(*trace, &mut entry);
            }
        }
        event.record(&mut entry);
        entry.0.insert("severity".to_owned(), severity(*event.metadata().level()).into());
        entry.0.insert("time".to_owned(), jiff::Timestamp::now().to_string().into());
        entry.0.insert("target".to_owned(), event.metadata().target().into());
        writeln!(writer, "{}", Value::Object(entry.0))
    }
}

impl CloudLogging {
    fn name(&self, TraceContext { trace, span, sampled }: TraceContext, entry: &mut Entry) {
        let trace = match &self.project {
            Some(project) => format!("projects/{project}/traces/{trace}"),
            None => trace.to_string(),
        };
        let mut put = |name: &str, value| entry.0.insert(format!("logging.googleapis.com/{name}"), value);
        put("trace", trace.into());
        put("spanId", span.to_string().into());
        put("trace_sampled", sampled.into());
    }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::ERROR => "ERROR",
        Level::WARN => "WARNING",
        Level::INFO => "INFO",
        Level::DEBUG | Level::TRACE => "DEBUG",
    }
}

struct Entry(Map<String, Value>);

impl Entry {
    /// Takes these of a span's fields, which are kept as one JSON object.
    fn take(&mut self, fields: &str, names: [&str; 2]) {
        let mut fields = serde_json::from_str::<Map<String, Value>>(fields).unwrap_or_default();
        self.0.extend(names.into_iter().filter_map(|name| fields.remove_entry(name)));
    }

    fn put(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            // Fields are flat where they are written; this one is an object where it is read.
            ("http_request", Value::String(text)) => {
                let request = serde_json::from_str(&text).unwrap_or(Value::String(text));
                self.0.insert("httpRequest".to_owned(), request);
            }
            (_, Value::String(text)) if text.is_empty() => {}
            (name, value) => {
                self.0.insert(name.to_owned(), value);
            }
        }
    }
}

impl Visit for Entry {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::layer::SubscriberExt as _;

    use super::*;
    use crate::reconcile::{HoldReason, SweepReport};
    use crate::records::{Operation, OperationKind, Outcome};
    use crate::signals;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Lines {
        fn subscriber(&self, project: Option<&str>) -> impl Subscriber + Send + Sync + 'static {
            let (writer, project) = (self.clone(), project.map(|project| project.parse().unwrap()));
            Registry::default().with(layer(project, move || writer.clone()))
        }

        /// What was written, without the times.
        fn entries(&self) -> Value {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            let entries = text.lines().map(|line| {
                let mut entry: Map<String, Value> = serde_json::from_str(line).unwrap();
                assert!(entry.remove("time").is_some(), "{line}");
                Value::Object(entry)
            });
            Value::Array(entries.collect())
        }
    }

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// Metrics and alerts are made of these lines: their fields are on the wire.
    #[test]
    fn each_signal_is_one_line_with_the_fields_that_are_counted() {
        let lines = Lines::default();
        let subscriber = lines.subscriber(None);
        let tenant: crate::tenant::TenantId = "acme".parse().unwrap();
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap();
        let mut operation = Operation::new(id, tenant.clone(), OperationKind::Update, jiff::Timestamp::UNIX_EPOCH);
        tracing::subscriber::with_default(subscriber, || {
            operation.outcome = Outcome::Succeeded;
            operation.message = "applied: 1 changed".to_owned();
            signals::operation_ended(&operation);
            operation.outcome = Outcome::Failed;
            operation.reason = Some("APPLY_FAILED".to_owned());
            operation.message = "the run failed".to_owned();
            signals::operation_ended(&operation);
            signals::deletion_held(&tenant, HoldReason::Breaker);
            signals::drift_found(&tenant, 2);
            signals::sweep_ended(&SweepReport { definitions: 3, tenants: 2, ..SweepReport::default() });
        });
        let entries = lines.entries();
        let ended = |severity: &str, outcome: &str| {
            serde_json::json!({
                "severity": severity, "target": "tenancy::signals", "event": "operation_ended", "tenant": "acme",
                "operation": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "kind": "Update", "outcome": outcome, "trigger": "Api",
            })
        };
        let mut expected = serde_json::json!([
            ended("INFO", "Succeeded"),
            ended("WARNING", "Failed"),
            {
                "severity": "WARNING", "target": "tenancy::signals", "event": "deletion_held", "tenant": "acme",
                "reason": "TooManyDeletions", "message": "the deletion is held",
            },
            {
                "severity": "WARNING", "target": "tenancy::signals", "event": "drift_found", "tenant": "acme",
                "resources": 2, "message": "the cloud is not what was applied",
            },
            {
                "severity": "INFO", "target": "tenancy::signals", "event": "sweep_ended", "definitions": 3, "tenants": 2,
                "vanished": 0, "deletions_held": false, "behind": 0, "postponed": 0, "not_handed_on": 0,
                "pruned": 0, "message": "the fleet was looked at",
            },
        ]);
        expected[0]["message"] = "applied: 1 changed".into();
        expected[1]["message"] = "the run failed".into();
        expected[1]["reason"] = "APPLY_FAILED".into();
        assert_eq!(entries, expected);
    }

    #[test]
    fn a_line_says_whose_work_it_is_and_which_trace_it_is_part_of() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().ok();
        let other = "00-4bf92f3577b34da6a3ce929d0e0e4736-00000000000000aa-00".parse().ok();
        for (project, named) in [
            (None, "4bf92f3577b34da6a3ce929d0e0e4736"),
            (Some("control-eu"), "projects/control-eu/traces/4bf92f3577b34da6a3ce929d0e0e4736"),
        ] {
            let lines = Lines::default();
            tracing::subscriber::with_default(lines.subscriber(project), || {
                tracing::info!("alone");
                let request = tracing::info_span!("request", http.route = "/tasks");
                super::super::join(&request, trace);
                let _request = request.entered();
                let _reconcile = tracing::info_span!("reconcile", tenant = "acme").entered();
                let operation = tracing::info_span!("operation", operation = "one");
                operation.in_scope(|| tracing::info!(operation = "another", "within"));
                super::super::join(&operation, other);
                operation.in_scope(|| tracing::info!("deeper"));
            });
            let within = |message: &str, operation: &str, span: &str, sampled: bool| {
                serde_json::json!({
                    "severity": "INFO", "target": "tenancy::telemetry::log::tests", "message": message, "tenant": "acme",
                    "operation": operation, "logging.googleapis.com/trace": named,
                    "logging.googleapis.com/spanId": span, "logging.googleapis.com/trace_sampled": sampled,
                })
            };
            let expected = serde_json::json!([
                {"severity": "INFO", "target": "tenancy::telemetry::log::tests", "message": "alone"},
                within("within", "another", "00f067aa0ba902b7", true),
                within("deeper", "one", "00000000000000aa", false),
            ]);
            assert_eq!(lines.entries(), expected);
        }
    }
}
