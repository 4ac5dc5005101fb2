//! An API that behaves like the real one and keeps its tenants in memory: what was sent is what is answered, an operation
//! takes two looks to end, and a test can make it fail.

mod answer;
mod routes;
mod state;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::routing::any;
use tokio::runtime::Runtime;

pub(crate) use state::Fault;
use state::State;

/// A running server. It ends with its test.
pub(crate) struct Server {
    url: String,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

impl Server {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let listener = runtime.block_on(tokio::net::TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(any(routes::handle)).with_state(state.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, state, _runtime: runtime }
    }

    /// With these tenants, as if they had been there before.
    pub(crate) fn with(names: &[&str]) -> Self {
        let server = Self::start();
        for name in names {
            server.state().store(name, crate::ctl::definition(name, ""), "application/yaml", "Create");
        }
        server
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The next write of a tenant meets this.
    pub(crate) fn fault(&self, tenant: &str, fault: Fault) {
        self.state().faults.entry(tenant.to_owned()).or_default().push_back(fault);
    }

    /// Requests that change something, in the order they came.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.state().requests.iter().filter(|request| !request.starts_with("GET")).cloned().collect()
    }
}
