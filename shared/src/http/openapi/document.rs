//! The document, put together.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::endpoints::{Answer, Body, Content, Endpoint, GUARDED, endpoints};
use super::schemas;
use crate::http::problem::{Kind, MEDIA_TYPE, kinds};
use crate::tenant::Format;

pub(super) fn document() -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in endpoints() {
        paths.entry(endpoint.path).or_default().insert(endpoint.method.to_owned(), operation(endpoint));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "AIPress tenants",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
            "description": "Tenants as code: a definition goes in, and the cloud is made to match it. Errors are RFC 9457 \
                problem documents; programs branch on `reason`. Unknown query parameters are refused.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas::schemas(),
            "parameters": parameters(),
            "headers": headers(),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let mut responses = Map::new();
    for answer in endpoint.answers {
        responses.insert(answer.status.to_string(), response(answer));
    }
    for (status, kinds) in by_status(endpoint) {
        responses.insert(status.to_string(), problem(&kinds));
    }
    let parameters: Vec<Value> = endpoint.parameters.iter().map(|name| reference("parameters", name)).collect();
    let mut operation = json!({
        "operationId": endpoint.id, "tags": [endpoint.function], "summary": endpoint.summary, "responses": responses,
    });
    if endpoint.is_guarded() {
        // On one machine nobody is asked.
        operation["security"] = json!([{"bearer": []}, {}]);
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = endpoint.body {
        operation["requestBody"] = request_body(body);
    }
    operation
}

fn request_body(body: Body) -> Value {
    match body {
        Body::Definition => {
            json!({"required": true, "description": "A definition, at most 1 MiB of UTF-8.", "content": negotiated("Definition")})
        }
        Body::Json(schema) => json!({"content": {"application/json": {"schema": reference("schemas", schema)}}}),
    }
}

fn response(answer: &Answer) -> Value {
    let content = match answer.content {
        Content::Nothing => None,
        Content::Negotiated(schema) => Some(negotiated(schema)),
        Content::Json(schema) => Some(json!({"application/json": {"schema": reference("schemas", schema)}})),
        Content::Text => Some(json!({"text/plain": {"schema": {"type": "string"}}})),
        // As it was written: it need not be valid by the rules of today.
        Content::Source => Some(json!({"application/yaml": {}, "application/json": {}})),
    };
    let mut response = json!({"description": answer.what});
    if let Some(content) = content {
        response["content"] = content;
    }
    if !answer.headers.is_empty() {
        let headers = answer.headers.iter().map(|name| ((*name).to_owned(), reference("headers", name)));
        response["headers"] = headers.collect::<Map<_, _>>().into();
    }
    response
}

fn by_status(endpoint: &Endpoint) -> BTreeMap<u16, Vec<&'static Kind>> {
    let mut statuses: BTreeMap<u16, Vec<&Kind>> = BTreeMap::new();
    let guarded: &[&Kind] = if endpoint.is_guarded() { GUARDED } else { &[] };
    for kind in endpoint.problems.iter().copied().flatten().chain(guarded) {
        let kinds = statuses.entry(kind.status.as_u16()).or_default();
        if !kinds.contains(kind) {
            kinds.push(kind);
        }
    }
    statuses
}

fn problem(found: &[&'static Kind]) -> Value {
    let said: Vec<String> = found.iter().map(|kind| format!("`{}`: {}.", kind.reason, kind.title)).collect();
    let mut response = json!({
        "description": said.join(" "),
        "content": {MEDIA_TYPE: {"schema": reference("schemas", "Problem")}},
    });
    if found.contains(&kinds::UNAUTHENTICATED) {
        response["headers"] = json!({"WWW-Authenticate": reference("headers", "WWW-Authenticate")});
    }
    if found.iter().any(|kind| kind.comes_back()) {
        response["headers"] = json!({"Retry-After": reference("headers", "Retry-After")});
    }
    response
}

fn negotiated(schema: &str) -> Value {
    let content = [Format::Json, Format::Yaml]
        .map(|format| (format.media_type().to_owned(), json!({"schema": reference("schemas", schema)})));
    Value::Object(content.into_iter().collect())
}

fn reference(kind: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

fn parameters() -> Value {
    let query = |name: &str, what: &str, schema: Value| json!({"name": name, "in": "query", "description": what, "schema": schema});
    let header = |name: &str, what: &str| json!({"name": name, "in": "header", "description": what, "schema": {"type": "string"}});
    let path = |name: &str, what: &str, schema: &str| json!({"name": name, "in": "path", "required": true, "description": what, "schema": reference("schemas", schema)});
    json!({
        "id": path("id", "The tenant's name.", "TenantId"),
        "order": json!({"name": "order", "in": "path", "required": true, "description": "What is asked of the rollout.", "schema": {"type": "string", "enum": ["pause", "resume", "abort", "undo"]}}),
        "operation": path("operation", "The operation's id.", "OperationId"),
        "generation": path("generation", "The definition's generation.", "Generation"),
        "force": query("force", "Without an export of the database, and without a look for what an interrupted run may have left.", json!({"type": "boolean", "default": false})),
        "dryRun": query("dryRun", "Say what would be done, and do nothing.", json!({"type": "boolean", "default": false})),
        "limit": query("limit", "Most items on the page.", json!({"type": "integer", "minimum": 1, "maximum": 1000, "default": 100})),
        "pageToken": query("pageToken", "The `nextPageToken` of the page before, under the same filter.", json!({"type": "string"})),
        "phase": query("phase", "Only tenants in this phase.", reference("schemas", "Phase")),
        "drifted": query("drifted", "Only drifted tenants, or only others.", json!({"type": "boolean"})),
        "ifMatch": header("If-Match", "Only if the definition's entity tag is one of these."),
        "ifNoneMatch": header("If-None-Match", "Only if the entity tag is none of these."),
        "prefer": header("Prefer", "`respond-async`: answer with an operation to follow, at once (RFC 7240)."),
    })
}

fn headers() -> Value {
    let header = |what: &str| json!({"description": what, "schema": {"type": "string"}});
    json!({
        "ETag": header("The definition's generation in quotes. The status beside the definition changes without it."),
        "Location": header("Of the new tenant, or of the operation to follow."),
        "Preference-Applied": header("`respond-async`, where it was asked for (RFC 7240)."),
        "WWW-Authenticate": header("How to say who calls (RFC 6750)."),
        "Retry-After": json!({"description": "Seconds to wait before asking again.", "schema": {"type": "integer", "minimum": 1}}),
    })
}
