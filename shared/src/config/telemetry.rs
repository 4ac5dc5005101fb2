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
        let traces = TracesConfig::read(reader, project.clone())?;
        Some(Self { filter: filter?, project, traces })
    }
}

impl TracesConfig {
    /// Reads it. `Some(None)`: nobody collects.
    fn read(reader: &mut Reader, project: Option<ProjectId>) -> Option<Option<Self>> {
        let (whole, base) = (reader.optional(var::OTLP_TRACES), reader.optional(var::OTLP));
        let (endpoint, variable) = match (whole, base) {
            (Some(whole), _) => (whole, var::OTLP_TRACES),
            (None, Some(base)) => (format!("{}/v1/traces", base.trim_end_matches('/')), var::OTLP),
            (None, None) => return Some(None),
        };
        let url = endpoint.parse::<http::Uri>().ok();
        if !url.is_some_and(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some()) {
            reader.problem(variable, "is no http or https URL".to_owned());
            return None;
        }
        let service = reader.optional(var::SERVICE);
        let before_answers = service.is_some() || reader.optional(var::LAMBDA).is_some();
        let service = service.unwrap_or_else(|| "aipress".to_owned());
        Some(Some(Self { endpoint, service, project, before_answers }))
    }
}
