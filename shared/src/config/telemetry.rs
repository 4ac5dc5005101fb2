//! What is told of the work: the log, and spans for whoever collects them.

use super::reader::Reader;
use super::variables as var;
use crate::platform::ProjectId;

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// A level, or directives of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// The project of the traces that lines are part of.
    pub project: Option<ProjectId>,
    /// Where spans are sent to; `None`: nowhere.
    pub traces: Option<TracesConfig>,
}

/// Where spans are sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TracesConfig {
    /// The whole URL.
    pub endpoint: String,
    /// Whose spans they are: the service, and its project.
    pub service: String,
    /// The project they go to, where the collector asks.
    pub project: Option<ProjectId>,
    /// They are sent before a request is answered: the process stands still until the next.
    pub before_answers: bool,
}

impl LogConfig {
    /// Reads it.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        let filter = reader.text(var::LOG);
        let project = match reader.optional(var::PROJECT) {
            None => None,
            Some(_) => Some(reader.parsed(var::PROJECT)?),
        };
        let traces = TracesConfig::read(reader, project.clone());
        Some(Self { filter: filter?, project, traces })
    }
}

impl TracesConfig {
    /// Reads it; `None` if nobody collects.
    fn read(reader: &mut Reader, project: Option<ProjectId>) -> Option<Self> {
        let (whole, base) = (reader.optional(var::OTLP_TRACES), reader.optional(var::OTLP));
        let (endpoint, variable) = match (whole, base) {
            (Some(whole), _) => (whole, var::OTLP_TRACES),
            (None, Some(base)) => (format!("{}/v1/traces", base.trim_end_matches('/')), var::OTLP),
            (None, None) => return None,
        };
        let url = endpoint.parse::<http::Uri>().ok();
        if !url.is_some_and(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some()) {
            reader.problem(variable, "is no http or https URL".to_owned());
            return None;
        }
        let service = reader.optional(var::SERVICE);
        let before_answers = service.is_some() || reader.optional(var::LAMBDA).is_some();
        let service = service.unwrap_or_else(|| "aipress".to_owned());
        Some(Self { endpoint, service, project, before_answers })
    }
}

#[cfg(test)]
mod tests {
    use super::super::load_from;
    use super::*;

    #[test]
    fn where_spans_go() {
        let cloud_run = ("K_SERVICE", "aipress-create-tenant");
        for (variables, expected) in [
            (vec![], Ok(None)),
            (vec![cloud_run], Ok(None)),
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/")], Ok(Some(("http://c:4318/v1/traces", false)))),
            (
                vec![cloud_run, ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c/a")],
                Ok(Some(("https://c/a/v1/traces", true))),
            ),
            (
                vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://d/x")],
                Ok(Some(("http://d/x", false))),
            ),
            (vec![("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318")], Err("OTEL_EXPORTER_OTLP_ENDPOINT")),
            (vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "grpc://c")], Err("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")),
            (vec![("AIPRESS_PROJECT", "No")], Err("AIPRESS_PROJECT")),
        ] {
            let owned = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let read = load_from(owned, LogConfig::read).map(|config| config.traces);
            let found = match &read {
                Ok(traces) => Ok(traces.as_ref().map(|traces| (traces.endpoint.as_str(), traces.before_answers))),
                Err(error) => Err(error.0[0].name),
            };
            assert_eq!(found, expected, "{variables:?}");
        }
    }
}
