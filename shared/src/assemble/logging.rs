//! The log: one JSON object a line on standard output, in the fields Cloud Logging knows (`severity`, `message`,
//! `httpRequest`; read in its documentation of structured logging).

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::LogConfig;

/// Begins logging. A second call changes nothing: a process has one log.
pub fn begin(config: &LogConfig) {
    // Directives that cannot be read must not keep a program from saying what else is wrong.
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).event_format(CloudLogging).finish();
    let _ = tracing::subscriber::set_global_default(subscriber);
}

struct CloudLogging;

impl<S, N> FormatEvent<S, N> for CloudLogging
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut entry = Entry(Map::new());
        event.record(&mut entry);
        entry.0.insert("severity".to_owned(), severity(*event.metadata().level()).into());
        entry.0.insert("time".to_owned(), jiff::Timestamp::now().to_string().into());
        entry.0.insert("target".to_owned(), event.metadata().target().into());
        writeln!(writer, "{}", Value::Object(entry.0))
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

    use super::*;
    use crate::reconcile::{HoldReason, SweepReport};
    use crate::records::{Operation, OperationKind, Outcome};
    use crate::signals;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

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
        let writer = lines.clone();
        let subscriber =
            tracing_subscriber::fmt().with_writer(move || writer.clone()).event_format(CloudLogging).finish();
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
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let entries = text.lines().map(|line| {
            let mut entry: Map<String, Value> = serde_json::from_str(line).unwrap();
            assert!(entry.remove("time").is_some(), "{line}");
            entry
        });
        let entries = Value::Array(entries.map(Value::Object).collect());
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
}
