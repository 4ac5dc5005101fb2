//! A collector of spans: OTLP over HTTP, as far as somebody sends to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use prost::Message as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// A span that was collected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collected {
    /// Its trace, in hexadecimal digits.
    pub trace: String,
    /// Its id.
    pub id: String,
    /// What it is part of; empty: of nothing.
    pub parent: String,
    /// Its name.
    pub name: String,
    /// What it says, numbers as text.
    pub attributes: BTreeMap<String, String>,
    /// Nanoseconds.
    pub took: u64,
    /// How many lines of a log are in it.
    pub events: usize,
}

/// Collects until dropped.
pub struct Collector {
    /// Where spans are sent to.
    pub endpoint: String,
    spans: Arc<Mutex<Vec<Collected>>>,
    server: JoinHandle<()>,
}

impl Collector {
    /// On any free port.
    pub async fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    /// On a socket that is open.
    pub fn on(listener: TcpListener) -> Self {
        let spans = Arc::default();
        let routes = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&spans));
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        Self { endpoint, spans, server }
    }

    /// What was sent so far.
    pub fn spans(&self) -> Vec<Collected> {
        self.spans.lock().unwrap().clone()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(State(spans): State<Arc<Mutex<Vec<Collected>>>>, body: Bytes) {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let scopes = request.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
    let read = scopes.flat_map(|scope| scope.spans).map(|span| Collected {
        trace: hexadecimal(&span.trace_id),
        id: hexadecimal(&span.span_id),
        parent: hexadecimal(&span.parent_span_id),
        name: span.name,
        attributes: span
            .attributes
            .into_iter()
            .map(|pair| (pair.key, text(pair.value.and_then(|it| it.value))))
            .collect(),
        took: span.end_time_unix_nano - span.start_time_unix_nano,
        events: span.events.len(),
    });
    spans.lock().unwrap().extend(read);
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn text(value: Option<Value>) -> String {
    match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        other => format!("{other:?}"),
    }
}
