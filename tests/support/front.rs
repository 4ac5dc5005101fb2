//! The load balancer before the functions of the API: sends each method and path to the function that answers it.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::installation::Function;

/// A front door; closed when dropped.
pub struct FrontDoor {
    /// `http://HOST:PORT`.
    pub url: String,
    serving: tokio::task::JoinHandle<()>,
}

struct Behind {
    create: String,
    update: String,
    delete: String,
    get: String,
    client: reqwest::Client,
}

impl FrontDoor {
    /// Opens one before these functions.
    pub async fn open(create: &Function, update: &Function, delete: &Function, get: &Function) -> Self {
        let [create, update, delete, get] = [create, update, delete, get].map(|function| function.api.url().to_owned());
        let behind = Arc::new(Behind { create, update, delete, get, client: reqwest::Client::new() });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(behind);
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, serving }
    }
}

impl Drop for FrontDoor {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn forward(
    State(behind): State<Arc<Behind>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let function = match method {
        Method::POST if uri.path() == "/tenants" => &behind.create,
        Method::POST | Method::PUT => &behind.update,
        Method::DELETE => &behind.delete,
        _ => &behind.get,
    };
    let mut headers = headers;
    headers.remove(header::HOST);
    let request = behind.client.request(method, format!("{function}{uri}")).headers(headers).body(body);
    let Ok(answer) = request.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    match answer.bytes().await {
        Ok(body) => (status, headers, body).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
